//! `tiezheng case identity-provider`: the providers of identity checks (实名核验), and checks of one's own identity.

use serde_json::{Value, json};

use crate::cli::case::connection::{CourtConnection, bilingual, encoded, text};
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::terminal::escaped_name;

/// Providers of identity checks | 实名核验机构
#[derive(Debug, Clone, clap::Subcommand)]
pub enum IdentityCheckProviderCommand {
    /// Register one; its key is shown once | 登记实名核验机构（密钥仅显示一次）
    Add {
        /// What pages call it | 名称
        name: String,
        /// The https address that a browser opens | 核验地址
        url: String,
        /// alipay, wechat, face, lawyer-system, certificate, court-system, other | 核验方式
        #[arg(long, value_name = "WORD")]
        method: String,
        /// How far its checks go at most: basic, substantial, high | 最高核验级别
        #[arg(long, value_name = "WORD")]
        level: String,
    },
    /// List them | 列出实名核验机构
    List,
    /// Remove one; what it checked stays | 取消实名核验机构登记
    Remove {
        /// Its id | 机构编号
        id: String,
    },
    /// Begin a check of one's own identity: shows the address to open in a browser. Its result is confirmed on the page of the account |
    /// 发起本人实名核验，结果在“我的账号”确认
    Begin {
        /// The id of the provider | 机构编号
        id: String,
    },
}

/// Runs it.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn run(
    command: &IdentityCheckProviderCommand,
    connection: &CourtConnection<'_>,
) -> anyhow::Result<ExitStatus> {
    let screen = connection.screen;
    let field = |value: &Value, pointer: &str| text(value, pointer).unwrap_or_default();
    match command {
        IdentityCheckProviderCommand::Add { name, url, method, level } => {
            let body = json!({ "name": name, "url": url, "method": method, "level": level });
            let answer = connection.act("/v1/identity-providers", &body).await?;
            let mut rows = vec![vec![screen.pick("机构编号", "provider").to_owned(), field(&answer, "/id")]];
            if let Some(secret) = text(&answer, "/secret") {
                rows.push(vec![screen.pick("密钥（仅此一次）", "key (shown once)").to_owned(), secret]);
            }
            screen.table(&rows)?;
        }
        IdentityCheckProviderCommand::List => {
            let answer = connection.client.get("/v1/identity-providers").await.map_err(CliError::from)?;
            screen.document(&answer)?;
            let row = |one: &Value| {
                let said = ["method_label", "level_label"].map(|name| bilingual(screen, one.get(name)));
                vec![field(one, "/id"), escaped_name(&field(one, "/name")), said.join(screen.pick("，", ", "))]
            };
            let items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
            screen.table(&items.map(row).collect::<Vec<_>>())?;
        }
        IdentityCheckProviderCommand::Remove { id } => {
            connection.act(&format!("/v1/identity-providers/{}/removal", encoded(id)), &json!({})).await?;
        }
        IdentityCheckProviderCommand::Begin { id } => {
            let me = connection.client.get("/v1/me").await.map_err(CliError::from)?;
            let path = format!("/v1/accounts/{}/identity-verifications", encoded(&field(&me, "/account")));
            let answer = connection.act(&path, &json!({ "provider": id })).await?;
            screen.table(&[vec![
                screen.pick("请在浏览器中打开", "open in a browser").to_owned(),
                field(&answer, "/url"),
            ]])?;
        }
    }
    Ok(ExitStatus::Good)
}
