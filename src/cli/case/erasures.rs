//! `tiezheng case erase` and `erasure`: request an erasure, and wait for its confirmation.

use serde_json::{Value, json};

use crate::cli::case::connection::{CourtConnection, bilingual, object, text};
use crate::cli::compose::read_number;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::progress::Progress;
use crate::cli::screen::{BAD, FAINT, GOOD, WARNING};

/// Seconds that one request waits for the erasure to be settled: short, so that the progress bar moves.
const WAIT_S: u64 = 1;

/// Erase private content of a deposit or an account, for good | 删除非公开信息（不可恢复）
#[derive(Debug, Clone, clap::Args)]
pub struct EraseArgs {
    /// The deposit number | 存证编号
    #[arg(long, value_name = "NUMBER", required_unless_present = "account")]
    deposit: Option<String>,
    /// The account | 账号
    #[arg(long, value_name = "ID", conflicts_with = "deposit")]
    account: Option<String>,
    /// The case whose court ordered it | 法院准许删除所在的案件
    #[arg(long, value_name = "CASE")]
    order: Option<String>,
    /// Do not wait until the node's files are cleared | 不等待文件清除完成
    #[arg(long)]
    no_wait: bool,
}

/// The state of an erasure | 查询删除进度
#[derive(Debug, Clone, clap::Args)]
pub struct ErasureArgs {
    /// Its id: the deposit number of its act; or the number of the deposit whose content was erased | 删除行为或者被删除存证的编号
    id: String,
    /// Do not wait until the node's files are cleared | 不等待文件清除完成
    #[arg(long)]
    no_wait: bool,
}

/// Requests an erasure, and waits for its confirmation.
///
/// # Errors
///
/// [`CliError`].
pub async fn erase(args: &EraseArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let number = args.deposit.as_ref().map(|number| read_number(number)).transpose()?;
    let body = object([
        ("deposit_number", number.map(|number| json!(number.to_string()))),
        ("account", args.account.as_ref().map(|account| json!(account))),
        ("order", args.order.as_ref().map(|case| json!(case))),
    ]);
    let requested = connection.post("/v1/erasures", &body).await?;
    wait_and_show(requested, args.no_wait, connection).await
}

/// Shows an erasure, and waits for its confirmation.
///
/// # Errors
///
/// [`CliError`].
pub async fn show(args: &ErasureArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let id = read_number(&args.id)?;
    let erasure = connection.client.get(&format!("/v1/erasures/{id}")).await.map_err(CliError::from)?;
    wait_and_show(erasure, args.no_wait, connection).await
}

/// Waits until an erasure is confirmed or has failed, unless `no_wait`; then prints it.
async fn wait_and_show(
    mut erasure: Value,
    no_wait: bool,
    connection: &CourtConnection<'_>,
) -> anyhow::Result<ExitStatus> {
    let id = text(&erasure, "/id").unwrap_or_default();
    let fresh = erasure.pointer("/act/fresh").cloned();
    let path = format!("/v1/erasures/{id}?wait={WAIT_S}");
    if !no_wait {
        let progress = Progress::of_bytes(connection.screen, 0);
        while !is_settled(&erasure) {
            erasure = connection.client.get(&path).await.map_err(CliError::from)?;
            let bytes = |pointer: &str| erasure.pointer(pointer).and_then(Value::as_u64);
            if let Some((searched, total)) = bytes("/progress/searched_bytes").zip(bytes("/progress/total_bytes")) {
                progress.set(searched, total);
            }
        }
    }
    if let (Some(at), Some(fresh)) = (erasure.pointer_mut("/act/fresh"), fresh) {
        // Only the first answer says whether this request made the erasure.
        *at = fresh;
    }
    print_erasure(&erasure, connection)
}

fn is_settled(erasure: &Value) -> bool {
    // An answer without a state counts as settled, to avoid an endless wait.
    text(erasure, "/state/code").is_none_or(|code| matches!(code.as_str(), "confirmed" | "failed"))
}

fn print_erasure(erasure: &Value, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    connection.print_act(erasure)?;
    let screen = connection.screen;
    let code = text(erasure, "/state/code").unwrap_or_default();
    let colour = match code.as_str() {
        "confirmed" => GOOD,
        "failed" => BAD,
        _ => WARNING,
    };
    let state = bilingual(screen, erasure.get("state"));
    screen.line(format!("{}{}", screen.pick("删除状态：", "erasure: "), screen.paint(colour, &state)))?;
    if let Some(reason) = text(erasure, "/failure/reason") {
        screen.line(format!("  {}", screen.paint(BAD, &reason)))?;
    }
    screen.line(format!("  {}", screen.paint(FAINT, &bilingual(screen, erasure.get("text")))))?;
    if code != "confirmed" {
        let id = text(erasure, "/id").unwrap_or_default();
        let follow = screen.pick("查询进度：", "follow it with ");
        screen.line(format!("  {follow}tiezheng case erasure {id}"))?;
    }
    Ok(if code == "failed" { ExitStatus::Unable } else { ExitStatus::Good })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_with_a_settled_state_and_with_an_answer_that_has_none() {
        for (code, settled) in
            [("tombstoned", false), ("compacting", false), ("searching", false), ("confirmed", true), ("failed", true)]
        {
            assert_eq!(is_settled(&json!({ "state": { "code": code } })), settled, "{code}");
        }
        assert!(is_settled(&json!({})));
    }
}
