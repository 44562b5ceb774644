//! A receipt in hand, compared with the ledger that a node shows: whether that ledger continues the receipt's, whether it
//! knows the deposit, and what it says of the deposit since.
//!
//! A node that does not answer, or that serves another ledger, is no error: the report says that it was not asked.

use crate::cli::exit::CliError;
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

/// What a node shows about a receipt.
#[derive(Debug)]
pub struct LedgerCheck {
    /// What the ledger says of later and earlier deposits; `None` where it was not asked or cannot tell.
    pub history: Option<History>,
    /// Why there is no history.
    pub without_history: SkipReason,
    /// How the ledger contradicts the receipt.
    pub fault: Option<LedgerFault>,
    /// Whether a node of the receipt's ledger answered.
    pub answered: bool,
}

impl LedgerCheck {
    /// The ledger was not asked, for this reason.
    #[must_use]
    pub const fn not_asked(why: SkipReason) -> Self {
        Self { history: None, without_history: why, fault: None, answered: false }
    }

    const fn contradicted(fault: LedgerFault) -> Self {
        Self { history: None, without_history: SkipReason::NoRecord, fault: Some(fault), answered: true }
    }
}

/// Compares the receipt of `record`, which is of `number`, with the ledger that the node behind `client` shows.
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
        Ok(told) => trusted(&told.checkpoint, held, trust),
        Err(_) => return Ok(LedgerCheck::not_asked(SkipReason::Unreachable)),
    };
    let Some(shown) = shown else { return Ok(LedgerCheck::not_asked(SkipReason::OtherLedger)) };
    let told = match client.facts(number).await {
        Ok(told) => Some(told),
        Err(ClientError::Problem { status: 404, .. }) => None,
        Err(_) => return Ok(LedgerCheck::not_asked(SkipReason::Unreachable)),
    };
    match continuity(client, held, &shown).await {
        None => return Ok(LedgerCheck::not_asked(SkipReason::Unreachable)),
        Some(Err(fault)) => return Ok(LedgerCheck::contradicted(fault)),
        Some(Ok(())) => {}
    }
    let Some(told) = told else { return Ok(LedgerCheck::contradicted(LedgerFault::Denied)) };
    match client.receipt(number).await {
        Ok(own) if is_same_record(&own, &record.receipt) => {}
        Ok(_) => return Ok(LedgerCheck::contradicted(LedgerFault::OtherRecord)),
        Err(_) => return Ok(LedgerCheck::not_asked(SkipReason::Unreachable)),
    }
    let told = Record { receipt: record.receipt.clone(), item: None, told: Some(told) };
    let history = history(client, &told, trust).await?;
    Ok(LedgerCheck { history, without_history: SkipReason::DamagedReceipt, fault: None, answered: true })
}

/// The checkpoint that a node shows, where a trusted key of the receipt's ledger signed it.
fn trusted(text: &str, held: &Checkpoint, trust: &Trust) -> Option<Checkpoint> {
    let shown = SignedCheckpoint::parse(text.as_bytes()).ok()?;
    shown.verified_by(&trust.keys_of(&held.origin)).ok()?;
    Some(shown.checkpoint().clone())
}

/// Whether the shown ledger continues the held one; `None` where the node did not answer.
async fn continuity(client: &LedgerClient, held: &Checkpoint, shown: &Checkpoint) -> Option<Result<(), LedgerFault>> {
    if shown.size <= held.size {
        return Some(continues(held, shown, None));
    }
    let proof = match client.consistency(held.size, shown.size).await {
        Ok(proof) => Some(proof),
        // It looked, and gave no proof: that it could not look (5xx) says nothing.
        Err(ClientError::Problem { status, .. }) if status < 500 => None,
        Err(ClientError::Malformed { .. }) => None,
        Err(_) => return None,
    };
    Some(continues(held, shown, proof.as_ref()))
}

/// Whether both receipts are of the same record: their checkpoints may differ, since those only grow.
fn is_same_record(one: &Receipt, other: &Receipt) -> bool {
    one.entry == other.entry && one.index == other.index && one.header == other.header
}
