//! One deposit of a statement, under the node's policy and limits: what every route does on which statements arrive.

use std::time::Duration;

use crate::http::node::Node;
use crate::http::problem::Failure;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::statement::signed::{SignedStatement, StatementNote};
use crate::sequencer::handle::{DepositError, DepositReply};
use crate::store::contract::PrivateContent;

/// How a deposit finds its place in the sequencer's pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// At once, or not at all.
    None,
    /// Within this time.
    Within(Duration),
}

/// Deposits a statement under the node's policy and limits. Every route on which statements arrive calls this.
///
/// # Errors
///
/// `key_not_enrolled`, `deposit_by_token_only`, `rate_limited`; those of the sequencer.
pub async fn deposit(
    node: &Node,
    statement: StatementNote,
    private: Option<PrivateMetadata>,
    patience: Patience,
) -> Result<DepositReply, Failure> {
    let (admission, desk) = (node.admission(), node.desk().ok().map(|desk| &**desk));
    admission.check_keys(desk, statement.statement())?;
    let sequencer = node.sequencer();
    let private = private.map(PrivateContent::from).unwrap_or_default();
    let max_wait = match patience {
        Patience::None => Duration::ZERO,
        Patience::Within(time) => time,
    };
    if !admission.charges() {
        return Ok(sequencer.deposit_within(statement, private, max_wait).await?);
    }
    let statement: SignedStatement = statement.verify().map_err(DepositError::from)?;
    let charges = admission.charge(desk, statement.statement())?;
    let deposited = sequencer.deposit_verified(statement, private, max_wait).await;
    if !matches!(deposited, Ok(DepositReply { fresh: true, .. })) {
        admission.refund(&charges);
    }
    Ok(deposited?)
}
