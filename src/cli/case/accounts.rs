//! `tiezheng case account`: accounts, roles, tokens, keys, lists, webhooks.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::case::account_screen;
use crate::cli::case::connection::{CourtConnection, encoded, object, text};
use crate::cli::case::{keys, logins};
use crate::cli::durable;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::output::{self, Replace, must_be_new};
use crate::cli::public_key::read_key;
use crate::cli::screen::WARNING;

/// Accounts, roles and tokens | 账号、角色与令牌
#[derive(Debug, Clone, clap::Subcommand)]
pub enum AccountCommand {
    /// The account of the token | 当前令牌所属账号
    Me,
    /// Open an account | 开立账号
    Open {
        /// natural-person, legal-person, other-organisation, court-system, platform | 主体类型
        #[arg(long, value_name = "WORD", default_value = "natural-person")]
        subject: String,
        /// The name, kept off the chain | 姓名或名称（不上链）
        #[arg(long)]
        name: Option<String>,
    },
    /// Show an account; that it was seen is recorded | 查看账号（查看将被记录）
    Show {
        /// The account | 账号
        account: String,
    },
    /// Record an identity check made elsewhere or at the court | 记录实名核验
    Identity {
        /// The account | 账号
        account: String,
        /// alipay, wechat, face, court-offline, lawyer-system, certificate, court-system, other | 核验方式
        #[arg(long, value_name = "WORD")]
        method: String,
        /// basic, substantial, high | 核验级别
        #[arg(long, value_name = "WORD")]
        level: String,
        /// What the check can be found by, kept off the chain | 核验凭据（不上链）
        #[arg(long)]
        reference: Option<String>,
    },
    /// Grant a role | 授予角色
    Grant {
        /// The account | 账号
        account: String,
        /// lawyer, clerk, judge, judge-assistant, court-administrator, auditor, … | 角色
        role: String,
        /// The court, for a role of a court, like 粤0192 | 法院代字
        #[arg(long, value_name = "CODE")]
        court: Option<String>,
    },
    /// Accept a role that a court administrator has granted to the own account | 接受法院管理员授予本人的角色
    AcceptRole {
        /// The own account | 本人账号
        account: String,
        /// The role | 角色
        role: String,
        /// The court, like 粤0192 | 法院代字
        #[arg(long, value_name = "CODE")]
        court: Option<String>,
    },
    /// Revoke a role, or withdraw a grant that is not accepted | 撤销角色，或者撤回尚未接受的授予
    Revoke {
        /// The account | 账号
        account: String,
        /// The role | 角色
        role: String,
        /// The court | 法院代字
        #[arg(long, value_name = "CODE")]
        court: Option<String>,
    },
    /// Link an account to a login of its court's identity provider, as the operator | 关联统一身份认证登录（平台管理员）
    LinkLogin {
        /// The account | 账号
        account: String,
        /// The subject (sub) of the person at the provider | 登录标识
        subject: String,
        /// The court | 法院代字
        #[arg(long, value_name = "CODE")]
        court: String,
    },
    /// End the link of an account to a login | 解除统一身份认证关联
    UnlinkLogin {
        /// The account | 账号
        account: String,
        /// The court | 法院代字
        #[arg(long, value_name = "CODE")]
        court: String,
    },
    /// Issue a code with which the holder sets a new password: it is shown once | 签发密码重置码（仅显示一次）
    ResetCode {
        /// The account | 账号
        account: String,
        /// Write it into this new file, mode 0600, instead of showing it | 写入新文件而不显示
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
    },
    /// Unlock the login of an account after failed logins | 解除登录锁定
    Unlock {
        /// The account | 账号
        account: String,
    },
    /// Issue a token: it is shown once | 签发令牌（仅显示一次）
    Token {
        /// The account | 账号
        account: String,
        /// deposit, read, case, court, manage, feed; several times | 权限范围，可多次指定
        #[arg(long = "scope", value_name = "WORD", required = true)]
        scopes: Vec<String>,
        /// For how many days | 有效天数
        #[arg(long, value_name = "N", default_value_t = 30)]
        days: u64,
        /// Write it into this new file, mode 0600, instead of showing it | 写入新文件而不显示
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
    },
    /// Revoke a token by its id, and all tokens that were issued with it | 撤销令牌及由其签发的令牌
    RevokeToken {
        /// Its id | 令牌标识
        id: String,
        /// Keep the tokens that it issued to other accounts | 保留已签发给其他账号的令牌
        #[arg(long)]
        keep_issued: bool,
    },
    /// Enrol a key: its statements are then accepted under the deposit policy `enrolled` | 登记存证公钥
    AddKey {
        /// The public key (vkey), as `tiezheng key new` shows it | 公钥
        #[arg(value_name = "VKEY")]
        key: String,
    },
    /// The keys that this account has enrolled | 已登记的公钥
    Keys,
    /// Remove an enrolled key | 删除登记的公钥
    RemoveKey {
        /// The public key, or its name | 公钥或其名称
        #[arg(value_name = "VKEY")]
        key: String,
    },
    /// Let a court accept deposits of another ledger | 法院认可其他存证账本
    TrustLedger {
        /// The court | 法院代字
        court: String,
        /// The ledger's key | 账本密钥
        ledger_key: String,
        /// Remove it from the list | 移出名单
        #[arg(long)]
        remove: bool,
    },
    /// Load the State Council's holidays of a year | 载入年度节假日安排
    Calendar {
        /// The year | 年份
        year: u16,
        /// Holidays, as YYYY-MM-DD, several times | 放假日
        #[arg(long = "holiday", value_name = "DAY")]
        holidays: Vec<String>,
        /// Make-up working days, likewise | 调休上班日
        #[arg(long = "workday", value_name = "DAY")]
        workdays: Vec<String>,
    },
    /// Send the events of a court to a URL, signed | 登记事件推送
    Webhook {
        /// The court | 法院代字
        court: String,
        /// Where to | 接收地址
        url: String,
    },
    /// Stop a webhook | 取消事件推送
    RemoveWebhook {
        /// Its id | 推送标识
        id: String,
    },
}

/// Runs it.
///
/// # Errors
///
/// [`CliError`].
pub async fn run(command: &AccountCommand, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    match command {
        AccountCommand::Me => show(connection, "/v1/me").await?,
        AccountCommand::Show { account } => show(connection, &format!("/v1/accounts/{}", encoded(account))).await?,
        AccountCommand::Token { account, scopes, days, save } => {
            let body = json!({ "scopes": scopes, "days": days });
            let path = format!("/v1/accounts/{}/tokens", encoded(account));
            token(connection, &path, &body, save.as_ref()).await?;
        }
        AccountCommand::ResetCode { account, save } => logins::reset_code(connection, account, save.as_ref()).await?,
        AccountCommand::Unlock { account } => logins::unlock(connection, account).await?,
        AccountCommand::Webhook { court, url } => webhook(connection, court, url).await?,
        AccountCommand::RevokeToken { id, keep_issued } => keys::revoke_token(connection, id, *keep_issued).await?,
        AccountCommand::AddKey { key } => keys::add(connection, key).await?,
        AccountCommand::Keys => keys::list(connection).await?,
        AccountCommand::RemoveKey { key } => keys::remove(connection, key).await?,
        other => {
            if let AccountCommand::TrustLedger { ledger_key, .. } = other {
                read_key(ledger_key)?;
            }
            let (path, body) = request(other);
            connection.act(&path, &body).await?;
        }
    }
    Ok(ExitStatus::Good)
}

fn request(command: &AccountCommand) -> (String, Value) {
    let of = |account: &str, rest: &str| format!("/v1/accounts/{}/{rest}", encoded(account));
    match command {
        AccountCommand::Open { subject, name } => (
            "/v1/accounts".into(),
            object([("subject", Some(json!(subject))), ("name", name.as_ref().map(|n| json!(n)))]),
        ),
        AccountCommand::Identity { account, method, level, reference } => {
            let reference = reference.as_ref().map(|text| json!(text));
            let body =
                object([("method", Some(json!(method))), ("level", Some(json!(level))), ("reference", reference)]);
            (of(account, "identity-checks"), body)
        }
        AccountCommand::Grant { account, role, court } => (of(account, "roles"), role_json(role, court.as_ref())),
        AccountCommand::AcceptRole { account, role, court } => {
            (of(account, "roles/acceptance"), role_json(role, court.as_ref()))
        }
        AccountCommand::Revoke { account, role, court } => {
            (of(account, "roles/revocation"), role_json(role, court.as_ref()))
        }
        AccountCommand::LinkLogin { account, subject, court } => {
            (of(account, "login-links"), json!({ "court": court, "subject": subject }))
        }
        AccountCommand::UnlinkLogin { account, court } => {
            (of(account, "login-links/removal"), json!({ "court": court }))
        }
        AccountCommand::TrustLedger { court, ledger_key, remove } => {
            let rest = if *remove { "ledgers/removal" } else { "ledgers" };
            (format!("/v1/courts/{}/{rest}", encoded(court)), json!({ "key": ledger_key.trim() }))
        }
        AccountCommand::Calendar { year, holidays, workdays } => {
            ("/v1/calendars".into(), json!({ "year": year, "holidays": holidays, "working_days": workdays }))
        }
        AccountCommand::RemoveWebhook { id } => (format!("/v1/webhooks/{}/removal", encoded(id)), json!({})),
        AccountCommand::Me
        | AccountCommand::Show { .. }
        | AccountCommand::ResetCode { .. }
        | AccountCommand::Unlock { .. }
        | AccountCommand::Token { .. }
        | AccountCommand::RevokeToken { .. }
        | AccountCommand::AddKey { .. }
        | AccountCommand::Keys
        | AccountCommand::RemoveKey { .. }
        | AccountCommand::Webhook { .. } => (String::new(), Value::Null),
    }
}

fn role_json(role: &str, court: Option<&String>) -> Value {
    object([("role", Some(json!(role))), ("court", court.map(|court| json!(court)))])
}

async fn show(connection: &CourtConnection<'_>, path: &str) -> anyhow::Result<()> {
    let answer = connection.client.get(path).await.map_err(CliError::from)?;
    connection.screen.document(&answer)?;
    account_screen::show(connection.screen, &answer)
}

async fn token(
    connection: &CourtConnection<'_>,
    path: &str,
    body: &Value,
    save: Option<&PathBuf>,
) -> anyhow::Result<()> {
    if let Some(file) = save {
        // Checked before the token is issued, since it could not be stored otherwise.
        must_be_new(file)?;
        durable::probe(file).map_err(|error| CliError::io(file, &error))?;
    }
    let mut answer = connection.post(path, body).await?;
    let id = text(&answer, "/id").unwrap_or_default();
    let Some(token) = text(&answer, "/token") else {
        let zh = format!("该请求此前已签发令牌 {id}，令牌仅在首次应答中显示。如已遗失，请撤销后另行签发");
        let en = format!(
            "the same request issued token {id} before, and a token is shown once only. If it is lost, revoke it and issue \
             another"
        );
        return Err(CliError::unable("token_shown_before", zh, en).into());
    };
    if let Some(file) = save {
        output::write(file, format!("{token}\n").as_bytes(), 0o600, Replace::Never)?;
        if let Some(fields) = answer.as_object_mut() {
            fields.remove("token");
            fields.insert("saved".into(), json!(file.display().to_string()));
        }
    }
    connection.print_act(&answer)?;
    let screen = connection.screen;
    screen.line(format!("  {}  {id}", screen.pick("标识（撤销时用）", "id, to revoke it by")))?;
    if let Some(file) = save {
        screen.line(format!("  {} {}", screen.pick("令牌已写入", "the token is in"), file.display()))?;
    } else {
        screen.line(format!("  {token}"))?;
        screen.line(
            screen.paint(WARNING, screen.pick("  令牌仅显示这一次，请妥善保管", "  shown this once only: keep it")),
        )?;
    }
    Ok(())
}

async fn webhook(connection: &CourtConnection<'_>, court: &str, url: &str) -> anyhow::Result<()> {
    let path = format!("/v1/courts/{}/webhooks", encoded(court));
    let answer = connection.act(&path, &json!({ "url": url })).await?;
    for (pointer, zh, en) in [("/id", "标识", "id"), ("/secret", "密钥（仅显示一次）", "secret, shown once")]
    {
        let value = text(&answer, pointer).unwrap_or_default();
        connection.screen.line(format!("  {}  {value}", connection.screen.pick(zh, en)))?;
    }
    Ok(())
}
