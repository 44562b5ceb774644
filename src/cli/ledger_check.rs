//! Compares a local receipt with a node's ledger: whether that ledger continues the receipt's, whether it has the deposit, and the later
//! history of the deposit.
//!
//! A node that does not answer, or that serves another ledger, is not an error: the report says that the ledger was not queried.

use crate::cli::exit::CliError;
use crate::cli::key_following::trusted_checkpoint;
use crate::cli::record::{Record, history};
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::verify::continuity::continues;
use crate::ledger::verify::history::History;
use crate::ledger::verify::report::{LedgerFault, SkipReason};
use crate::ledger::verify::trust::Trust;

/// The result of the comparison.
#[derive(Debug)]
pub struct LedgerCheck {
    /// The history of the deposit; `None` if the ledger was not queried or did not answer.
    pub history: Option<History>,
    /// Why there is no history.
    pub without_history: SkipReason,
    /// How the ledger contradicts the receipt.
    pub fault: Option<LedgerFault>,
    /// Whether a node of the receipt's ledger answered.
    pub answered: bool,
}

impl LedgerCheck {
    /// The ledger was not queried, for this reason.
    #[must_use]
    pub const fn not_asked(why: SkipReason) -> Self {
        Self { history: None, without_history: why, fault: None, answered: false }
    }

    const fn contradicted(fault: LedgerFault) -> Self {
        Self { history: None, without_history: SkipReason::NoRecord, fault: Some(fault), answered: true }
    }
}

/// Compares the receipt of `record`, of deposit `number`, with the ledger of the node of `client`.
///
/// # Errors
///
/// [`CliError`]: an answer about the deposit's history is malformed.
pub async fn check(
    client: &LedgerClient,
    record: &Record,
    number: &DepositNumber,
    trust: &Trust,
) -> Result<LedgerCheck, CliError> {
    let Ok(held) = SignedCheckpoint::parse(record.receipt.checkpoint.as_bytes()) else {
        return Ok(LedgerCheck::not_asked(SkipReason::DamagedReceipt));
    };
    let held = held.checkpoint();
    let shown = match client.ledger().await {
        Ok(reported) => trusted_checkpoint(client, &reported.checkpoint, trust, &held.origin).await,
        Err(_) => return Ok(LedgerCheck::not_asked(SkipReason::Unreachable)),
    };
    let Some(shown) = shown else { return Ok(LedgerCheck::not_asked(SkipReason::OtherLedger)) };
    let shown = shown.checkpoint();
    let reported = match client.facts(number).await {
        Ok(reported) => Some(reported),
        Err(ClientError::Problem { status: 404, .. }) => None,
        Err(_) => return Ok(LedgerCheck::not_asked(SkipReason::Unreachable)),
    };
    match continuity(client, held, shown).await {
        None => return Ok(LedgerCheck::not_asked(SkipReason::Unreachable)),
        Some(Err(fault)) => return Ok(LedgerCheck::contradicted(fault)),
        Some(Ok(())) => {}
    }
    let Some(reported) = reported else { return Ok(LedgerCheck::contradicted(LedgerFault::Denied)) };
    match client.receipt(number).await {
        Ok(own) if is_same_record(&own, &record.receipt) => {}
        Ok(_) => return Ok(LedgerCheck::contradicted(LedgerFault::OtherRecord)),
        Err(_) => return Ok(LedgerCheck::not_asked(SkipReason::Unreachable)),
    }
    let reported = Record { receipt: record.receipt.clone(), item: None, reported: Some(reported) };
    let history = history(client, &reported, trust).await?;
    Ok(LedgerCheck { history, without_history: SkipReason::DamagedReceipt, fault: None, answered: true })
}

/// Checks that the node's ledger continues the receipt's; `None` if the node did not answer.
async fn continuity(client: &LedgerClient, held: &Checkpoint, shown: &Checkpoint) -> Option<Result<(), LedgerFault>> {
    if shown.size <= held.size {
        return Some(continues(held, shown, None));
    }
    let proof = match client.consistency(held.size, shown.size).await {
        Ok(proof) => Some(proof),
        // A negative answer contradicts the receipt; a node that could not perform the request (5xx) does not.
        Err(ClientError::Problem { status, .. }) if status < 500 => None,
        Err(ClientError::Malformed { .. }) => None,
        Err(_) => return None,
    };
    Some(continues(held, shown, proof.as_ref()))
}

/// Whether both receipts are of the same record. Their checkpoints may differ.
fn is_same_record(one: &Receipt, other: &Receipt) -> bool {
    one.entry == other.entry && one.index == other.index && one.header == other.header
}
