//! Compares the checkpoint of a receipt with those that the witnesses of the user's policy hold now.
//!
//! An operator that shows different histories to different people must show one to the witnesses. So a receipt whose checkpoint
//! is not of the history that a witness cosigned is evidence against the holder of the ledger key.
//!
//! # Invariants
//!
//! A witness's checkpoint counts only if that witness cosigned it and a trusted key of the ledger signed it. Consistency is
//! verified here. A missing proof counts against the ledger only if the node has both trees.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::client::comparison::{Comparison, compare};
use crate::client::ledger_client::LedgerClient;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::sha256;
use crate::ledger::key::Name;
use crate::ledger::policy::{Policy, PolicyWitness};
use crate::ledger::verify::attestation::{MemberCheck, MemberCheckpoint};
use crate::ledger::verify::reasons::{LedgerFault, SkipReason};
use crate::ledger::verify::trust::LedgerTrust;
use crate::ledger::verify::witnesses::{MemberOf, held_by};

/// The timeout of a witness's answer: a verification never waits longer for a slow witness.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// What the comparison needs besides the receipt's checkpoint.
#[derive(Clone, Copy)]
pub struct MemberQuestion<'a> {
    /// The user's policy for the ledger.
    pub policy: &'a Policy,
    /// The ledger keys that are trusted, and the key history of the receipt. If a witness's checkpoint is signed by a key that
    /// does not follow from them, a longer history is requested from the nodes.
    pub trust: &'a LedgerTrust,
    /// Names the organisations.
    pub member_of: MemberOf<'a>,
    /// Nodes of the ledger from which consistency proofs are requested, in this order; then the witnesses, which may be mirrors.
    pub nodes: &'a [LedgerClient],
}

/// The path below a witness's address at which it serves its latest checkpoint of a ledger (c2sp.org/tlog-witness).
#[must_use]
pub fn checkpoint_path(origin: &Name) -> String {
    format!("/{}/checkpoint", sha256(origin.as_str().as_bytes()))
}

/// Compares `held`, which has been verified, with the checkpoints of all witnesses.
pub async fn check(held: &SignedCheckpoint, question: MemberQuestion<'_>) -> MemberCheck {
    let witnesses = question.policy.witnesses();
    if witnesses.is_empty() {
        return MemberCheck::NotPerformed(SkipReason::NoWitnesses);
    }
    if witnesses.iter().all(|witness| witness.url.is_none()) {
        return MemberCheck::NotPerformed(SkipReason::NoWitnessAddress);
    }
    let origin = &held.checkpoint().origin;
    let fetched = fetch_all(witnesses, origin).await;
    let mirrors: Vec<LedgerClient> = fetched.iter().map(|(_, client, _)| client.clone()).collect();
    let mut trust = question.trust.clone();
    if fetched.iter().any(|(_, _, checkpoint)| trust.verify(checkpoint).is_err()) {
        follow_keys(&mut trust, question.nodes.iter().chain(&mirrors)).await;
    }
    let question = MemberQuestion { trust: &trust, ..question };
    let (mut agreeing, mut without_proof) = (Vec::new(), false);
    for (witness, _, checkpoint) in &fetched {
        let is_signed = question.trust.verify(checkpoint).is_ok();
        let Ok(member) = held_by(witness, checkpoint, question.member_of) else { continue };
        if !is_signed {
            continue;
        }
        match compare_with(held, checkpoint, question, &mirrors).await {
            Some(Ok(())) => agreeing.push(member),
            Some(Err(fault)) => return MemberCheck::Contradicted { by: member, fault },
            None => without_proof = true,
        }
    }
    result(agreeing, without_proof)
}

fn result(agreeing: Vec<MemberCheckpoint>, without_proof: bool) -> MemberCheck {
    match (agreeing.is_empty(), without_proof) {
        (false, _) => MemberCheck::Agrees(agreeing),
        (true, true) => MemberCheck::NotPerformed(SkipReason::NoConsistencyProof),
        (true, false) => MemberCheck::NotPerformed(SkipReason::NoWitnessCheckpoint),
    }
}

/// Adds the key histories that these nodes prove. One that does not answer adds nothing.
async fn follow_keys(trust: &mut LedgerTrust, nodes: impl Iterator<Item = &LedgerClient>) {
    for node in nodes {
        let shown = timeout(ANSWER_TIMEOUT, node.keys()).await.ok().and_then(Result::ok);
        if let Some((history, _)) = shown.and_then(|shown| shown.proven()) {
            trust.add_shown(history);
        }
    }
}

/// The checkpoints that witnesses return, unverified, in the policy's order.
async fn fetch_all<'p>(
    witnesses: &'p [PolicyWitness],
    origin: &Name,
) -> Vec<(&'p PolicyWitness, LedgerClient, SignedCheckpoint)> {
    let path = checkpoint_path(origin);
    let mut tasks = JoinSet::new();
    for (at, witness) in witnesses.iter().enumerate() {
        let Some(client) = witness.url.as_deref().and_then(|url| LedgerClient::new(url).ok()) else { continue };
        let path = path.clone();
        tasks.spawn(async move {
            let answer = timeout(ANSWER_TIMEOUT, client.checkpoint_at(&path)).await;
            answer.ok().and_then(Result::ok).map(|checkpoint| (at, client, checkpoint))
        });
    }
    let mut found: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    found.sort_by_key(|(at, _, _)| *at);
    let named = found.into_iter().filter_map(|(at, client, checkpoint)| Some((witnesses.get(at)?, client, checkpoint)));
    named.collect()
}

/// Whether both are of one history; `None` if no node gave a proof. A mirror that gives no proof is no evidence against the ledger.
async fn compare_with(
    held: &SignedCheckpoint,
    other: &SignedCheckpoint,
    question: MemberQuestion<'_>,
    mirrors: &[LedgerClient],
) -> Option<Result<(), LedgerFault>> {
    let mut unproven = None;
    let nodes = question.nodes.iter().map(|client| (client, true));
    for (client, is_node) in nodes.chain(mirrors.iter().map(|client| (client, false))) {
        let compared = timeout(ANSWER_TIMEOUT, compare(client, held, other)).await;
        match compared {
            Ok(Ok(Comparison::Consistent)) => return Some(Ok(())),
            Ok(Ok(Comparison::Contradiction(_))) => return Some(Err(LedgerFault::Forked)),
            Ok(Ok(Comparison::NotProven)) if is_node => {
                let larger = held.checkpoint().size.max(other.checkpoint().size);
                let own = timeout(ANSWER_TIMEOUT, client.checkpoint()).await.ok().and_then(Result::ok);
                let is_larger = |own: &SignedCheckpoint| own.checkpoint().size >= larger;
                let has_both = own.is_some_and(|own| question.trust.verify(&own).is_ok() && is_larger(&own));
                // Another node may still have the proof.
                unproven = unproven.or(has_both.then_some(Err(LedgerFault::WitnessDisagrees)));
            }
            Ok(Ok(Comparison::NotProven) | Err(_)) | Err(_) => {}
        }
    }
    unproven
}
