//! A log whose key the tests have, and submissions of its checkpoints to a witness.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tiezheng::ledger::checkpoint::Checkpoint;
use tiezheng::ledger::hash::{Digest, leaf_hash};
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::ledger::merkle::list::root_of;
use tiezheng::ledger::merkle::shape::TreeSize;

/// The log's key.
pub(crate) fn log_signer() -> Signer {
    Signer::new(Name::parse("example.org/log").unwrap(), &[1; 32]).unwrap()
}

/// PROOF(m, D\[n\]) as RFC 6962 §2.1.2 defines it.
fn proof(m: usize, d: &[Digest], is_whole: bool) -> Vec<Digest> {
    if m == d.len() {
        return if is_whole { Vec::new() } else { vec![root_of(d)] };
    }
    let (left, right) = d.split_at(d.len().next_power_of_two() / 2);
    if m <= left.len() {
        [proof(m, left, is_whole), vec![root_of(right)]].concat()
    } else {
        [proof(m - left.len(), right, false), vec![root_of(left)]].concat()
    }
}

/// A submission of the checkpoint of `size` leaves, of which those from `fork` on are of another history.
pub(crate) fn submission_of(old: usize, size: u64, fork: u64) -> String {
    let leaf = |index: u64| leaf_hash(format!("{index} {}", if index < fork { 0 } else { fork + 1 }).as_bytes());
    let leaves: Vec<Digest> = (0..size).map(leaf).collect();
    let hashes = if old == 0 { Vec::new() } else { proof(old, &leaves, true) };
    let lines: String = hashes.iter().map(|hash| BASE64_STANDARD.encode(hash.as_bytes()) + "\n").collect();
    let origin = log_signer().verifier().name().clone();
    let note = Checkpoint { origin, size: TreeSize(size), root: root_of(&leaves) }.sign(&log_signer()).unwrap();
    format!("old {old}\n{lines}\n{}", note.note())
}

/// A submission of the log's own history.
pub(crate) fn submission(old: usize, size: u64) -> String {
    submission_of(old, size, u64::MAX)
}
