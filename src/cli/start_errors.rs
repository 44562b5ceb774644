//! Errors of a ledger that does not start, with what to do.

use crate::cli::exit::CliError;
use crate::sequencer::recovery::StartError;

/// The error of a ledger that was opened and whose sequencer does not start: damage is a finding.
#[must_use]
pub fn cannot_start(error: &StartError) -> CliError {
    let text = error.to_string();
    let code = match error {
        StartError::OtherKey { .. } => "other_key",
        StartError::Clock(_) => {
            let zh = "时钟早于最后区块，或晚于最后区块超过一天，可能有误，节点未启动。确认时钟无误后，请加 --confirm-clock-gap 启动；\
                      时钟在节点启动前已由 NTP 校正的，可设置 ledger.confirm_clock_gap = true";
            let en = format!(
                "{text}. If the clock is right: --confirm-clock-gap, or ledger.confirm_clock_gap = true where NTP sets the clock \
                 before the node starts"
            );
            return CliError::unable("clock", zh, en);
        }
        StartError::NoGenesis(_) | StartError::CheckpointForged(_) | StartError::ReadBack(_) => {
            return CliError::finding("chain_fault", text.clone(), text);
        }
        _ => "cannot_start",
    };
    CliError::unable(code, text.clone(), text)
}
