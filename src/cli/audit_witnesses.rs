//! The quorum of an audited log: the cosignatures on its checkpoint, and those on the checkpoints that the witnesses themselves show.
//!
//! The newest checkpoint of a busy node has no cosignatures yet, and a mirror has only its own. So the audit asks the witnesses
//! of the policy, too. One that has cosigned an earlier checkpoint of the audited tree attests as many leaves.
//!
//! # Invariants
//!
//! Only checkpoints count that the ledger's key and the witness signed, and whose tree is the beginning of the audited one.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::client::comparison::Comparison;
use crate::client::contradiction::Contradiction;
use crate::client::http_log::HttpLogReader;
use crate::client::tile_comparison::compare;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::cosignature::{CosignatureError, CosignerKey, cosignatures};
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::policy::{Policy, PolicyWitness, QuorumState};
use crate::ledger::verify::attestation::Cosignature;
use crate::monitor::witnesses::client_of;

/// The checkpoints that the witnesses of a policy show.
pub struct WitnessCheckpoints(Vec<(PolicyWitness, SignedCheckpoint)>);

/// Asks all witnesses that have an address. Those that do not answer attest nothing. To be called before the log's own checkpoint is
/// fetched, so that theirs are not larger.
pub async fn ask(policy: &Policy) -> WitnessCheckpoints {
    let mut origins: Vec<&Name> = policy.logs().iter().map(|log| log.key.name()).collect();
    origins.sort_unstable_by_key(|origin| origin.as_str());
    origins.dedup();
    let questions = origins.into_iter().flat_map(|origin| {
        policy.witnesses().iter().filter_map(move |witness| {
            let client = client_of(witness.url.as_deref()?, origin).ok()?;
            Some(async move { Some((witness.clone(), client.checkpoint().await.ok()?)) })
        })
    });
    WitnessCheckpoints(join_all(questions).await.into_iter().flatten().collect())
}

/// How far witnesses attest the audited log.
pub struct WitnessCoverage {
    /// The cosignatures that count, and whether they are a quorum.
    pub quorum: QuorumState,
    /// The number of leaves that the quorum attests.
    pub size: TreeSize,
    /// The faults found.
    pub faults: Vec<WitnessFault>,
}

/// A finding about a witness, or about the log that it contradicts.
pub enum WitnessFault {
    /// A line in its name does not verify.
    Forged(String, CosignatureError),
    /// The ledger's key signed another history for it.
    Contradiction(String, Box<Contradiction>),
    /// The log's tiles are not those of its checkpoint.
    AlteredTiles,
}

/// The attestation of one witness.
struct WitnessAttestation {
    size: TreeSize,
    cosignature: Cosignature,
}

/// Counts the cosignatures on `checkpoint`, whose tree `reader` reads, and on what the witnesses have shown. Blocks the thread.
/// The reader records a failed read.
pub fn count(
    policy: &Policy,
    checkpoint: &SignedCheckpoint,
    reader: &HttpLogReader,
    keys: &[VerifierKey],
    shown: &WitnessCheckpoints,
) -> WitnessCoverage {
    let (own, mut faults) = (checkpoint.checkpoint(), Vec::new());
    let mut attested: BTreeMap<&str, WitnessAttestation> = BTreeMap::new();
    let on_it = policy.witnesses().iter().map(|witness| (witness, checkpoint));
    let of_it = |(_, shown): &&(PolicyWitness, SignedCheckpoint)| {
        shown.checkpoint().origin == own.origin && shown.verified_by(keys).is_ok()
    };
    let of_others = shown.0.iter().filter(of_it).map(|(witness, shown)| (witness, shown));
    for (witness, cosigned) in on_it.chain(of_others) {
        let cosignature = match cosignatures(cosigned, [&witness.key]) {
            Ok(found) => found.into_iter().next().map(|(_, cosignature)| cosignature),
            Err(error) => {
                faults.push(WitnessFault::Forged(witness.name.clone(), error));
                None
            }
        };
        let (Some(cosignature), size) = (cosignature, cosigned.checkpoint().size) else { continue };
        // A later checkpoint attests nothing about this tree.
        if size > own.size {
            continue;
        }
        match compare(reader, cosigned, checkpoint) {
            Ok(Comparison::Consistent) => {}
            Ok(Comparison::Contradiction(found)) => {
                faults.push(WitnessFault::Contradiction(witness.name.clone(), found));
                continue;
            }
            Ok(Comparison::NotProven) => {
                faults.push(WitnessFault::AlteredTiles);
                continue;
            }
            Err(_) => continue,
        }
        let known = attested.get(witness.key.name().as_str()).is_some_and(|known| known.size >= size);
        if !known {
            attested.insert(witness.key.name().as_str(), WitnessAttestation { size, cosignature });
        }
    }
    quorum(policy, own.size, &attested, faults)
}

/// The largest size that a quorum attests.
fn quorum(
    policy: &Policy,
    own: TreeSize,
    attested: &BTreeMap<&str, WitnessAttestation>,
    faults: Vec<WitnessFault>,
) -> WitnessCoverage {
    let has = |key: &CosignerKey, size: TreeSize| {
        attested.get(key.name().as_str()).is_some_and(|attested| attested.size >= size)
    };
    let mut sizes: Vec<TreeSize> = attested.values().map(|attested| attested.size).chain([own]).collect();
    sizes.sort_unstable();
    let reached = sizes.into_iter().rev().find(|size| policy.is_reached(&|key| has(key, *size)));
    let size = reached.unwrap_or(TreeSize::EMPTY);
    let counted = policy.counted_witnesses().filter_map(|witness| attested.get(witness.key.name().as_str()));
    let cosignatures =
        counted.filter(|attested| attested.size >= size).map(|attested| attested.cosignature.clone()).collect();
    let (witnesses, required) = (policy.counted_witnesses().count(), policy.required());
    WitnessCoverage {
        quorum: QuorumState { cosignatures, witnesses, required, reached: reached.is_some() },
        size,
        faults,
    }
}
