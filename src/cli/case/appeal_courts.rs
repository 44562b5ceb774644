//! `tiezheng case appeal-court`: which court hears appeals from which. Configuration by the operator.

use serde_json::{Value, json};

use crate::cli::case::case_screen::erasable_text;
use crate::cli::case::connection::{CourtConnection, encoded, text};
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::screen::Screen;

/// Courts of appeal: which court hears appeals from which | 上诉法院：受理某法院上诉案件的法院
#[derive(Debug, Clone, clap::Subcommand)]
pub enum AppealCourtCommand {
    /// Set a court of appeal, from a day on | 登记上诉法院，自所载之日起
    Set(PairArgs),
    /// End a court of appeal, from a day on | 终止上诉法院登记，自所载之日起
    End(PairArgs),
    /// Those that hear or heard appeals from a court | 受理该院上诉案件的法院（含已终止的）
    List {
        /// The court appealed from, like 粤0192 | 原审法院代字
        court: String,
    },
}

/// A pair of courts.
#[derive(Debug, Clone, clap::Args)]
pub struct PairArgs {
    /// The court appealed from, like 粤0192 | 原审法院代字
    court: String,
    /// The court of appeal | 上诉法院代字
    #[arg(long, value_name = "CODE")]
    hears: String,
    /// The first day, like 2025-11-01; of an end, the first day on which it no longer hears them | 起始日（终止时为终止之日）
    #[arg(long, value_name = "DAY")]
    from: String,
    /// The source that says so | 依据
    #[arg(long, value_name = "TEXT")]
    source: String,
}

/// Runs it.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn run(command: &AppealCourtCommand, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let path = |court: &str, rest: &str| format!("/v1/courts/{}/appeal-courts{rest}", encoded(court));
    let body = |pair: &PairArgs| json!({ "hears": pair.hears, "from": pair.from, "source": pair.source });
    match command {
        AppealCourtCommand::Set(pair) => {
            connection.act(&path(&pair.court, ""), &body(pair)).await?;
        }
        AppealCourtCommand::End(pair) => {
            connection.act(&path(&pair.court, "/removal"), &body(pair)).await?;
        }
        AppealCourtCommand::List { court } => {
            let answer = connection.client.get(&path(court, "")).await.map_err(CliError::from)?;
            connection.screen.document(&answer)?;
            let items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
            connection.screen.table(&items.map(|pair| row(connection.screen, pair)).collect::<Vec<_>>())?;
        }
    }
    Ok(ExitStatus::Good)
}

/// A pair: the court, its days, its source.
fn row(screen: &Screen, pair: &Value) -> Vec<String> {
    let field = |pointer: &str| text(pair, pointer).unwrap_or_default();
    let since = format!("{} {}", screen.pick("自", "from"), field("/from"));
    let until = text(pair, "/until").map(|day| format!("{} {day}", screen.pick("至（不含）", "until before")));
    vec![field("/hears"), since, until.unwrap_or_default(), erasable_text(screen, pair.get("source"))]
}
