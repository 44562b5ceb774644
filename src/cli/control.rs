//! `control`: commands to a running node through the control socket in its folder.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};

use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::screen::{GOOD, Screen, WARNING};
use crate::filing::deposit_policy::DepositPolicy;
use crate::ledger::time::Timestamp;
use crate::store::factory::CONTROL_SOCKET;

const EXAMPLES: &str = "\
Examples:
  tiezheng control --data /var/lib/tiezheng status
  tiezheng control --data /var/lib/tiezheng reload
  tiezheng control --data /var/lib/tiezheng deposits accounts

The commands go through DATA/control.sock, which only the node's user can open.
|
示例：
  tiezheng control --data /var/lib/tiezheng status
  tiezheng control --data /var/lib/tiezheng reload
  tiezheng control --data /var/lib/tiezheng deposits accounts

命令经由 DATA/control.sock 传给节点，只有节点的运行用户可以打开。";

/// Command a running node | 控制运行中的节点
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ControlArgs {
    /// The ledger's folder | 账本文件夹
    #[arg(long, value_name = "DIR", default_value = "chain-data", global = true)]
    data: PathBuf,
    #[command(subcommand)]
    command: ControlCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum ControlCommand {
    /// Show whether it writes deposits, its size and its version | 显示运行状态
    Status,
    /// Reload the certificate | 重新读取证书
    Reload,
    /// Change who may deposit, at once; and for later starts unless the configuration sets it | 更改存证策略，立即生效；配置未另行指定时，对以后的启动同样有效
    Deposits {
        /// open, enrolled or accounts | 存证策略
        policy: DepositPolicy,
    },
}

/// A connection to the control socket of a node.
#[derive(Debug)]
pub struct ControlClient {
    client: reqwest::Client,
    socket: PathBuf,
}

impl ControlClient {
    /// The client of the node on `data`; `None` if no node listens there.
    ///
    /// # Errors
    ///
    /// [`CliError`]: the client cannot be set up.
    pub fn of(data: &Path) -> Result<Option<Self>, CliError> {
        let socket = data.join(CONTROL_SOCKET);
        if std::os::unix::net::UnixStream::connect(&socket).is_err() {
            return Ok(None);
        }
        // Of several clients in one process, the first installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().unix_socket(socket.clone()).build();
        let client = client.map_err(|error| failed(&socket, &error))?;
        Ok(Some(Self { client, socket }))
    }

    /// Sends a command, and returns the answer.
    ///
    /// # Errors
    ///
    /// [`CliError`]: the node refuses, or does not answer.
    pub async fn send(&self, method: reqwest::Method, path: &str, body: String) -> Result<Value, CliError> {
        let failed = |error: &reqwest::Error| failed(&self.socket, error);
        let request = self.client.request(method, format!("http://localhost{path}")).body(body);
        let answer = request.send().await.map_err(|error| failed(&error))?;
        let is_good = answer.status().is_success();
        let answer: Value = answer.json().await.map_err(|error| failed(&error))?;
        if is_good {
            return Ok(answer);
        }
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let en = format!("the node refuses: {}", text("detail"));
        Err(CliError::unable(text("code"), format!("节点未执行：{}", text("detail_zh")), en))
    }
}

/// The error of a folder on which no node listens.
#[must_use]
pub fn no_node(data: &Path) -> CliError {
    let data = data.display();
    let en = format!("no node runs on {data}, or its {CONTROL_SOCKET} belongs to another user");
    let zh = format!("{data} 上没有运行中的节点，或其 {CONTROL_SOCKET} 属于其他用户");
    CliError::unable("no_node", zh, en)
}

fn failed(socket: &Path, error: &dyn std::fmt::Display) -> CliError {
    let socket = socket.display();
    CliError::unable("control_failed", format!("{socket}：{error}"), format!("{socket}: {error}"))
}

/// Runs it.
///
/// # Errors
///
/// No node runs on the folder, or it refuses.
pub async fn run(args: &ControlArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let client = ControlClient::of(&args.data)?.ok_or_else(|| no_node(&args.data))?;
    let answer = match &args.command {
        ControlCommand::Status => client.send(reqwest::Method::GET, "/status", String::new()).await?,
        ControlCommand::Reload => client.send(reqwest::Method::POST, "/certificate", String::new()).await?,
        ControlCommand::Deposits { policy } => {
            client.send(reqwest::Method::PUT, "/deposit-policy", policy.word().to_owned()).await?
        }
    };
    screen.document(&json!(answer))?;
    let mut rows = Vec::new();
    for (name, (zh, en)) in &LABELS {
        let name = if *name == "reason" { screen.pick("reason_zh", "reason") } else { name };
        let value = match answer.get(name) {
            None | Some(Value::Null) => continue,
            Some(Value::Bool(true)) => screen.paint(GOOD, screen.pick("是", "yes")),
            Some(Value::Bool(false)) => screen.paint(WARNING, screen.pick("否", "no")),
            // Times of the node are UTC.
            Some(Value::String(text)) => match Timestamp::parse(text) {
                Some(time) => screen.pick(&format!("北京时间 {}", time.beijing()), text).to_owned(),
                None => text.clone(),
            },
            Some(other) => other.to_string(),
        };
        rows.push(vec![screen.pick(zh, en).to_owned(), value]);
    }
    screen.table(&rows)?;
    Ok(ExitStatus::Good)
}

/// The fields of answers, in the order in which they are shown.
const LABELS: [(&str, (&str, &str)); 10] = [
    ("version", ("程序版本", "version")),
    ("started", ("启动时间", "started")),
    ("size", ("记录数", "records")),
    ("block_height", ("区块高度", "block height")),
    ("writing", ("正在写入存证", "deposits are written")),
    ("reason", ("原因", "reason")),
    ("waiting", ("等待写入", "waiting deposits")),
    ("connections", ("连接数", "connections")),
    ("deposits", ("存证策略", "deposit policy")),
    ("certificate_valid_until", ("证书有效期至", "certificate valid until")),
];
