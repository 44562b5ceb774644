//! When a deposit is acknowledged: when it is sealed, or when its checkpoint has its quorum of witnesses.
//!
//! # Invariants
//!
//! A deposit that is not acknowledged in time is durable nevertheless. The same statement gets its receipt later.

use crate::cosigning::cosigning_state::{Cosigning, QuorumTimeout};
use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::http::problem::ApiError;
use crate::ledger::block::BlockHeader;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::policy::Policy;
use crate::ledger::receipt::Receipt;
use crate::query::attested_checkpoint::AttestedCheckpoint;
use crate::query::receipts;
use crate::sequencer::handle::DepositReply;
use crate::store::traits::{ProofLevel, damaged};
use crate::wire::facts::ProofView;

/// Waits, if the node is configured so, until the checkpoint of a sealed deposit has its quorum. Returns its receipt then.
///
/// # Errors
///
/// `quorum_timeout`; those of a read.
pub async fn acknowledged(state: &AppState, reply: DepositReply) -> Result<DepositReply, ApiError> {
    let receipt = acknowledged_receipt(state, reply.receipt).await?;
    Ok(DepositReply { receipt, ..reply })
}

/// As [`acknowledged`], for the receipt of a sealed deposit.
///
/// # Errors
///
/// As [`acknowledged`].
pub async fn acknowledged_receipt(state: &AppState, receipt: Receipt) -> Result<Receipt, ApiError> {
    let Some(Cosigning { state: cosigning, wait: Some(limit) }) = state.cosigning() else { return Ok(receipt) };
    let index = receipt.index;
    let header = BlockHeader::parse(receipt.header.as_bytes());
    let header = header.map_err(|error| damaged("block", index, error.to_string()))?;
    match cosigning.wait_for_quorum(header.index().size_after(), *limit).await {
        Ok(()) => state.read(move |reader| Ok(receipts::receipt(reader, index)?)).await,
        Err(timeout) => Err(not_in_time(&receipt, index, timeout)),
    }
}

fn not_in_time(receipt: &Receipt, index: LeafIndex, timeout: QuorumTimeout) -> ApiError {
    let number = receipt.entry.lines().nth(1).and_then(|line| line.strip_prefix("number "));
    let number = number.map_or_else(|| index.to_string(), str::to_owned);
    let QuorumTimeout { collected, required } = timeout;
    let detail =
        format!("the deposit {number} is on the chain; {timeout}. Send the same statement again for its receipt");
    let failure = ApiError::new(ErrorCode::QuorumTimeout, detail);
    let zh = format!(
        "存证 {number} 已上链；时限内收到 {collected} 份见证签名，须有 {required} 份。请重新提交同一声明以取得回执"
    );
    failure.in_chinese(zh).without_quorum(collected, required, number)
}

/// How far a deposit is proven under `checkpoint`, by the node's policy.
#[must_use]
pub fn proof_view(checkpoint: &AttestedCheckpoint, policy: Option<&Policy>) -> ProofView {
    let level = match checkpoint.level {
        None => "sealed",
        Some(ProofLevel::Witnessed) => "witnessed",
        Some(ProofLevel::Timestamped) => "timestamped",
    };
    let lines = &checkpoint.cosignatures;
    let Some(policy) = policy else {
        return ProofView { level, cosignatures: lines.len(), witnesses: None, quorum_reached: false, time: None };
    };
    // Stored lines were verified before they were stored.
    let cosignatures =
        policy.counted_witnesses().filter(|witness| lines.iter().any(|line| witness.key.is_named_by(line))).count();
    let quorum_reached =
        policy.requires_witnesses() && policy.is_reached(&|key| lines.iter().any(|line| key.is_named_by(line)));
    ProofView { level, cosignatures, witnesses: Some(policy.counted_witnesses().count()), quorum_reached, time: None }
}
