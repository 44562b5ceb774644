//! `clock`: confirms the clock of a running node.

use serde_json::json;

use crate::cli::case::connection::{ConnectionArgs, text};
use crate::cli::exit::ExitStatus;
use crate::cli::screen::{GOOD, Screen};

const EXAMPLES: &str = "\
Examples:
  curl -s http://127.0.0.1:7654/health/ready           says clock_jumped, and by how much
  tiezheng clock accept --token-file operator.token    the clock is right: deposits resume

A node pauses deposits when its wall clock ran ahead of the time that has passed since the last
block. If the clock is wrong, set it right: deposits resume by themselves. If it is right now (it
was set, or a virtual machine was paused), confirm it. A clock behind the last block cannot be
confirmed: times on the chain never decrease.
|
示例：
  curl -s http://127.0.0.1:7654/health/ready           显示 clock_jumped 及跳变幅度
  tiezheng clock accept --token-file operator.token    确认时钟无误，恢复存证

节点时钟的走时超过距上一区块实际经过的时间时，存证暂停。时钟有误时请先校正，存证将自动恢复；时钟
确实无误（刚经校时，或虚拟机曾暂停）时方可确认。早于最后区块的时钟不能确认：链上时间只增不减。";

/// The clock of a running node | 节点时钟
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ClockArgs {
    #[command(flatten)]
    filing: ConnectionArgs,
    #[command(subcommand)]
    command: ClockCommand,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum ClockCommand {
    /// Confirm that a clock that jumped ahead is right; an operator's token is needed | 确认跳变后的时钟无误（须平台管理员令牌）
    Accept,
}

/// Runs it.
///
/// # Errors
///
/// [`crate::cli::exit::CliError`].
pub async fn run(args: &ClockArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let filing = args.filing.open(screen)?;
    let ClockCommand::Accept = args.command;
    let answer = filing.post("/v1/operator/clock", &json!({})).await?;
    screen.document(&answer)?;
    let now = text(&answer, "/now").unwrap_or_default();
    let ahead = text(&answer, "/ahead_ms").unwrap_or_default();
    let confirmed = screen.paint(GOOD, screen.pick("已确认时钟", "clock confirmed"));
    let more = match screen.pick("zh", "en") {
        "zh" => format!("{now}，比预计快 {ahead} 毫秒；存证已恢复"),
        _ => format!("{now}, {ahead} ms ahead; deposits are sealed again"),
    };
    screen.line(format!("{confirmed} {more}"))?;
    Ok(ExitStatus::Good)
}
