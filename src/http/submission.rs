//! Submission of a statement to the sequencer, under the node's deposit policy and limits. All routes that accept statements use it.

use std::time::Duration;

use crate::http::acknowledgement::acknowledged;
use crate::http::app_state::AppState;
use crate::http::problem::ApiError;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::statement::signed::{SignedStatement, StatementNote};
use crate::query::receipts;
use crate::query::records;
use crate::sequencer::handle::{DepositError, DepositReply};
use crate::store::traits::PrivateContent;

/// How long a deposit may wait for a place in the sequencer's queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueWait {
    /// Not at all: a full queue is an error.
    None,
    /// Up to this time.
    Within(Duration),
}

/// The receipt of a statement that is already on the chain.
async fn existing(state: &AppState, statement: &SignedStatement) -> Result<Option<DepositReply>, ApiError> {
    let id = statement.note().id();
    state
        .read(move |reader| {
            let Some(index) = reader.find_statement(&id)? else { return Ok(None) };
            // Readers see a block only after it is published.
            if index.0 >= records::published(reader)?.size().0 {
                return Ok(None);
            }
            Ok(Some(DepositReply { receipt: receipts::receipt(reader, index)?, fresh: false }))
        })
        .await
}

/// Deposits a statement under the node's policy and limits. Every route on which statements arrive calls this. A statement
/// that is on the chain already is answered with its receipt and charged to nobody, also where the limit is used up.
///
/// # Errors
///
/// `key_not_enrolled`, `deposit_by_token_only`, `rate_limited`; those of the sequencer; `quorum_timeout`.
pub async fn deposit(
    state: &AppState,
    statement: StatementNote,
    private: Option<PrivateMetadata>,
    patience: QueueWait,
) -> Result<DepositReply, ApiError> {
    let sequencer = state.sequencer()?;
    let (admission, filing) = (state.admission(), state.filing().ok().map(|filing| &**filing));
    admission.check_keys(filing, statement.statement())?;
    let private = private.map(PrivateContent::from).unwrap_or_default();
    let max_wait = match patience {
        QueueWait::None => Duration::ZERO,
        QueueWait::Within(time) => time,
    };
    if !admission.charges() {
        return acknowledged(state, sequencer.deposit_within(statement, private, max_wait).await?).await;
    }
    let statement: SignedStatement = statement.verify().map_err(DepositError::from)?;
    let charges = match admission.charge(filing, statement.statement()) {
        Ok(charges) => charges,
        // A repeated statement is not charged to its key, since its client may not have received the receipt. Its signatures and
        // the limit of its address are still checked.
        Err(limited) => {
            let existing = existing(state, &statement).await?.ok_or(limited)?;
            return acknowledged(state, existing).await;
        }
    };
    let deposited = sequencer.deposit_verified(statement, private, max_wait).await;
    if !matches!(deposited, Ok(DepositReply { fresh: true, .. })) {
        admission.refund(&charges);
    }
    acknowledged(state, deposited?).await
}
