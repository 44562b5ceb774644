//! `timestamp`: stamps the newest checkpoint of a running node now, or renews its timestamps, through the control socket.

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use serde_json::Value;

use crate::cli::control::{ControlClient, no_node};
use crate::cli::exit::ExitStatus;
use crate::cli::screen::{GOOD, Screen, WARNING};
use crate::cli::serve_timestamps::days;

const EXAMPLES: &str = "\
Examples:
  tiezheng timestamp now --data /var/lib/tiezheng
  tiezheng timestamp renew --data /var/lib/tiezheng --within 365

The node must be running, with --tsa. It stamps every --tsa-interval, and once a day renews the timestamps that become weak
within --tsa-renew-before; these commands do the same at once, for example before a certificate of the authority expires early.

`now` asks every authority for a token on the newest checkpoint that has its quorum. `renew` asks for one more token for each
checkpoint of which all tokens become weak: a certificate of the authority expires, or an RSA key is too short from 2031 on.

Exit codes: 0 done; 2 no authority gave a token, or timestamps that need a renewal were not all renewed.
|
示例：
  tiezheng timestamp now --data /var/lib/tiezheng
  tiezheng timestamp renew --data /var/lib/tiezheng --within 365

节点须在运行中，并已设置 --tsa。节点每隔 --tsa-interval 盖一次时间戳，每日续签将在 --tsa-renew-before 内失去效力的时间戳；
本命令立即执行，例如时间戳机构的证书将提前失效时。

now 就已达法定见证数的最新检查点，向各机构请求令牌。renew 对全部令牌均将失去效力（机构证书到期，或 RSA 密钥自 2031 年起
长度不足）的各检查点，再请求一个令牌。

退出码：0 已完成；2 没有机构给出令牌，或须续签的时间戳未能全部续签。";

/// Stamp a running node's newest checkpoint now, or renew its timestamps | 立即为检查点盖时间戳，或续签时间戳
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct TimestampCommandArgs {
    /// The ledger's folder | 账本文件夹
    #[arg(long, value_name = "DIR", default_value = "chain-data", global = true)]
    data: PathBuf,
    #[command(subcommand)]
    command: TimestampCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum TimestampCommand {
    /// Stamp the newest checkpoint | 为最新检查点盖时间戳
    Now,
    /// Renew the timestamps that become weak | 续签将失去效力的时间戳
    Renew {
        /// Those that become weak within this many days | 将在多少天内失去效力
        #[arg(long, value_name = "DAYS", default_value = "90", value_parser = days)]
        within: Duration,
    },
}

/// Runs it.
///
/// # Errors
///
/// No node runs on the folder, it has no timestamp authority, or it cannot read or write its ledger.
pub async fn run(args: &TimestampCommandArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let client = ControlClient::of(&args.data)?.ok_or_else(|| no_node(&args.data))?;
    let post = reqwest::Method::POST;
    match &args.command {
        TimestampCommand::Now => {
            let answer = client.send(post, "/timestamp", String::new()).await?;
            show_stamped(&answer, screen)
        }
        TimestampCommand::Renew { within } => {
            let answer = client.send(post, "/timestamp-renewal", within.as_secs().to_string()).await?;
            show_renewed(&answer, screen)
        }
    }
}

fn show_stamped(answer: &Value, screen: &Screen) -> anyhow::Result<ExitStatus> {
    screen.document(answer)?;
    let size = answer.get("size").and_then(Value::as_u64).unwrap_or_default();
    let (zh, en) = (format!("检查点：{size} 条记录"), format!("the checkpoint of {size} records"));
    screen.line(screen.pick(&zh, &en))?;
    let mut is_stamped = false;
    for outcome in answer.get("authorities").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| outcome.get(name).and_then(Value::as_str);
        let authority = text("authority").unwrap_or_default();
        let line = if let Some(time) = text("time") {
            is_stamped = true;
            format!("{}  {authority}  {time}", screen.paint(GOOD, screen.pick("已盖时间戳", "stamped")))
        } else {
            let failed = screen.paint(WARNING, screen.pick("未取得", "no token"));
            format!("{failed}  {authority}  {}", text("detail").unwrap_or_default())
        };
        screen.line(format!("  {line}"))?;
    }
    Ok(if is_stamped { ExitStatus::Good } else { ExitStatus::Unable })
}

fn show_renewed(answer: &Value, screen: &Screen) -> anyhow::Result<ExitStatus> {
    screen.document(answer)?;
    let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or_default();
    let (examined, needed, renewed) = (count("examined"), count("needed"), count("renewed"));
    let zh = format!("有时间戳的检查点 {examined} 个，须续签 {needed} 个，已续签 {renewed} 个");
    let en = format!("{examined} checkpoints with timestamps; {needed} need a renewal; {renewed} were renewed");
    screen.line(screen.pick(&zh, &en))?;
    if renewed >= needed {
        return Ok(ExitStatus::Good);
    }
    screen.line(screen.paint(
        WARNING,
        screen.pick(
            "其余未续签：机构未应答，或其令牌效力不长于原有令牌（见日志）。请增设证书有效期更长的时间戳机构",
            "the others were not renewed: no authority answered, or none gave a token that holds longer (see the log). Configure an \
             authority with a later certificate",
        ),
    ))?;
    Ok(ExitStatus::Unable)
}
