//! `tiezheng case gateway`: the gateway that sends a court's messages, and its reports.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::case::connection::{ConnectionArgs, CourtConnection, encoded, text};
use crate::cli::durable;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::input;
use crate::cli::output::{self, Replace, must_be_new};
use crate::cli::screen::{GOOD, Screen, WARNING};
use crate::client::gateway_client;
use crate::sequencer::clock::{Clock as _, SystemClock};
use crate::wire::court::accounts::read_time;
use crate::wire::court::gateway::GatewayReportRequest;
use crate::wire::facts::beijing_time;
use crate::wire::json;
use crate::wire::webhook_call::WebhookSecret;

/// The gateway that sends a court's messages | 法院的送达通道
#[derive(Debug, Clone, clap::Subcommand)]
pub enum GatewayCommand {
    /// Register it; its key is shown once | 登记送达通道（密钥仅显示一次）
    Add {
        /// The court | 法院代字
        court: String,
        /// Its https address | https 地址
        url: String,
        /// Write its key into this new file, mode 0600, instead of showing it | 密钥写入新文件而不显示
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
    },
    /// Show it | 查看送达通道
    List {
        /// The court | 法院代字
        court: String,
    },
    /// Remove it | 取消送达通道
    Remove {
        /// Its id | 通道编号
        id: String,
    },
    /// Report on a message as the gateway, signed with its key; no token is needed | 以送达通道身份签名回报（无须令牌）
    Report(ReportArgs),
}

/// A report of a gateway.
#[derive(Debug, Clone, clap::Args)]
pub struct ReportArgs {
    /// The id of the gateway | 通道编号
    id: String,
    /// The message, as it was sent | 消息编号
    message: String,
    /// sent, arrived, failed, read, downloaded, replied | 送达状态：已发送、已到达、发送失败等
    status: String,
    /// A file that holds the key of the gateway | 存放通道密钥的文件
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// When it happened, like 2026-11-22T09:04:11.123+08:00; default: now | 发生时间，默认当前时间
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Why it failed: lower-case letters and underscores | 失败原因代码
    #[arg(long, value_name = "CODE")]
    cause: Option<String>,
}

fn field(value: &Value, pointer: &str) -> String {
    text(value, pointer).unwrap_or_default()
}

/// Registers, lists or removes the gateway of a court.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn run(command: &GatewayCommand, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    match command {
        GatewayCommand::Add { court, url, save } => add(court, url, save.as_ref(), connection).await?,
        GatewayCommand::List { court } => {
            let path = format!("/v1/courts/{}/gateways", encoded(court));
            let answer = connection.client.get(&path).await.map_err(CliError::from)?;
            connection.screen.document(&answer)?;
            let items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
            let row = |one: &Value| vec![field(one, "/id"), field(one, "/registered_at")];
            connection.screen.table(&items.map(row).collect::<Vec<_>>())?;
        }
        GatewayCommand::Remove { id } => {
            connection.act(&format!("/v1/gateways/{}/removal", encoded(id)), &json!({})).await?;
        }
        GatewayCommand::Report(args) => return report(args, &connection.server, connection.screen).await,
    }
    Ok(ExitStatus::Good)
}

async fn add(court: &str, url: &str, save: Option<&PathBuf>, connection: &CourtConnection<'_>) -> anyhow::Result<()> {
    if let Some(file) = save {
        // Checked before the gateway is registered, since its key could not be stored otherwise.
        must_be_new(file)?;
        durable::probe(file).map_err(|error| CliError::io(file, &error))?;
    }
    let path = format!("/v1/courts/{}/gateways", encoded(court));
    let mut answer = connection.post(&path, &json!({ "url": url })).await?;
    let (id, secret) = (field(&answer, "/id"), text(&answer, "/secret"));
    if let (Some(file), Some(secret)) = (save, &secret) {
        output::write(file, format!("{secret}\n").as_bytes(), 0o600, Replace::Never)?;
        if let Some(fields) = answer.as_object_mut() {
            fields.remove("secret");
            fields.insert("saved".into(), json!(file.display().to_string()));
        }
    }
    connection.print_act(&answer)?;
    let screen = connection.screen;
    screen.line(format!("  {}  {id}", screen.pick("通道编号", "gateway")))?;
    match (save, secret) {
        (Some(file), Some(_)) => {
            screen.line(format!("  {} {}", screen.pick("密钥已写入", "its key is in"), file.display()))?;
        }
        (None, Some(secret)) => {
            let label = screen.pick("密钥（仅显示一次，请妥善保管）", "its key, shown once: keep it");
            screen.line(format!("  {}  {secret}", screen.paint(WARNING, label)))?;
        }
        (_, None) => {
            let zh = "该请求此前已登记此通道，密钥仅在首次应答中显示。如已遗失，请取消后重新登记";
            let en = "the same request registered it before, and its key is shown once. If it is lost, remove it and register another";
            screen.line(format!("  {}", screen.paint(WARNING, screen.pick(zh, en))))?;
        }
    }
    Ok(())
}

/// Sends a report of a gateway.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn report(args: &ReportArgs, server: &str, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let text = input::secret(&args.secret_file)?;
    let secret = WebhookSecret::parse(text.trim()).ok_or_else(|| {
        let file = args.secret_file.display();
        let zh = format!("{file}：不是送达通道的密钥，应以 whsec_ 开头");
        CliError::usage("bad_secret", zh, format!("{file}: not the key of a gateway, which begins with whsec_"))
    })?;
    let now = SystemClock::new().read().wall;
    let at = match &args.at {
        None => now,
        Some(text) => read_time(text).ok_or_else(|| {
            let en = format!("`{text}` is not a time like 2026-11-22T09:04:11.123+08:00");
            CliError::usage("bad_time", format!("“{text}”应写作 2026-11-22T09:04:11.123+08:00"), en)
        })?,
    };
    let request = GatewayReportRequest {
        message: args.message.clone(),
        status: args.status.clone(),
        at: beijing_time(at),
        cause: args.cause.clone(),
    };
    let body = json::line(&request).trim_end().as_bytes().to_vec();
    // The same report has the same id, so that it is recorded once however often it is sent.
    let id = format!("report_{}", crate::ledger::hash::sha256(&body));
    let gateway = encoded(&args.id);
    let sent = gateway_client::report((server, &gateway), &secret, (&id, now.as_millis() / 1000), body);
    let answer = sent.await.map_err(CliError::from)?;
    screen.document(&answer)?;
    let is_recorded = answer.get("recorded").and_then(Value::as_bool) == Some(true);
    let said = if is_recorded {
        screen.paint(GOOD, screen.pick("已上链", "on the chain"))
    } else {
        screen.pick("该状态此前已回报", "this step was reported before").to_owned()
    };
    screen.line(format!("{said}  {}", field(&answer, "/deposit_number")))?;
    Ok(ExitStatus::Good)
}

impl GatewayCommand {
    /// Runs a command that the gateway itself gives, which needs no token; `None` for one of the court or the operator.
    ///
    /// # Errors
    ///
    /// As [`report`].
    pub async fn run_as_gateway(
        &self,
        connection: &ConnectionArgs,
        screen: &Screen,
    ) -> anyhow::Result<Option<ExitStatus>> {
        match self {
            Self::Report(args) => report(args, connection.server(), screen).await.map(Some),
            _ => Ok(None),
        }
    }
}
