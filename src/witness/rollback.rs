//! Detects that a witness's folder was restored from an older copy, by a cosignature of its own that is later than its state.
//!
//! A witness whose state is older than its last cosignature could cosign another history from there on. The folder alone does not
//! show this, but a later cosignature of its own does. So before it signs, a starting witness asks the node of each ledger for
//! two checkpoints. One is the newest; the other is the last one that this witness has cosigned (`GET /v1/ledger/witnesses`),
//! since under load the newest one has no cosignatures yet. A mirror checks each checkpoint that it fetches. If there is a later
//! cosignature, the witness stops cosigning the ledger.
//!
//! Not detected: a restored folder whose ledger's node does not answer, or does not show the cosignature.

use std::time::Duration;

use tokio::time::timeout;

use crate::client::ledger_client::LedgerClient;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::cosignature::CosignerKey;
use crate::witness::service::FollowedLedger;

/// How long a start waits for the nodes of its ledgers.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// Asks the node of `ledger` for its checkpoint, and compares.
pub async fn check(own: &CosignerKey, ledger: &FollowedLedger) {
    let Ok(client) = LedgerClient::new(ledger.url()) else { return };
    let shown = async { tokio::join!(client.checkpoint(), client.witnesses()) };
    match timeout(ANSWER_MAX, shown).await {
        Ok((Ok(signed), witnesses)) => {
            compare(own, ledger, &signed);
            // Only nodes of this program list their witnesses; the node may not have this one in its policy.
            let named =
                witnesses.ok().and_then(|listed| listed.items.into_iter().find(|one| one.key == own.to_string()));
            let last = named.and_then(|named| named.last_checkpoint);
            let last = last.and_then(|note| SignedCheckpoint::parse(note.as_bytes()).ok());
            if let Some(signed) = last {
                compare(own, ledger, &signed);
            }
        }
        Ok((Err(error), _)) => {
            tracing::warn!(url = ledger.url(), %error, "the state was not compared with the ledger's checkpoint");
        }
        Err(_) => tracing::warn!(
            url = ledger.url(),
            "the node did not answer; the state was not compared with its checkpoint"
        ),
    }
}

/// Stops cosigning `ledger` if `signed` has a cosignature by `own` that is later than the state: of a larger tree, or at a later
/// time than the state's cosignature. Lines that do not verify are ignored.
pub fn compare(own: &CosignerKey, ledger: &FollowedLedger, signed: &SignedCheckpoint) {
    let (state, note) = (ledger.state(), signed.note());
    if signed.checkpoint().origin != state.origin {
        return;
    }
    let lines = note.signatures().iter().filter(|line| own.is_named_by(line));
    let Some(latest) = lines.filter_map(|line| own.verify(line, note.text()).ok()).map(|own| own.time).max() else {
        return;
    };
    let (size, known) = (signed.checkpoint().size, state.size());
    let is_later = size > known || state.latest.as_ref().is_none_or(|known| known.time < latest);
    if is_later {
        tracing::error!(
            ledger = %state.origin, %size, %known, cosigned = %latest,
            "the state of this witness is older than a cosignature of its own: its folder was restored from an older copy"
        );
        ledger.stop(format!(
            "this witness cosigned size {size} at {latest}, and its state is of size {known}: its folder was restored from an \
             older copy"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::cosignature::Cosigner;
    use crate::ledger::hash::Digest;
    use crate::ledger::key::{Name, Signer};
    use crate::ledger::merkle::shape::TreeSize;
    use crate::ledger::time::Timestamp;
    use crate::witness::state::{LatestCheckpoint, LedgerState};

    fn cosigned(size: u64, seconds: u64) -> (Cosigner, LatestCheckpoint, LedgerState) {
        let signer = Signer::new(Name::parse("example.org/log").unwrap(), &[1; 32]).unwrap();
        let cosigner = Cosigner::new(Name::parse("w").unwrap(), &[7; 32]).unwrap();
        let origin = signer.verifier().name().clone();
        let checkpoint = Checkpoint { origin, size: TreeSize(size), root: Digest([1; 32]) };
        let time = Timestamp::from_millis(1_767_139_200_000 + seconds * 1_000).unwrap();
        let line = cosigner.cosign(&checkpoint, time);
        let note = format!("{}{line}\n", checkpoint.sign(&signer).unwrap().note());
        let signed = SignedCheckpoint::parse(note.as_bytes()).unwrap();
        (cosigner, LatestCheckpoint { signed, time }, LedgerState::new(signer.verifier().clone()))
    }

    #[test]
    fn a_later_cosignature_of_its_own_stops_a_witness_and_no_other_line_does() {
        let (cosigner, known, empty) = cosigned(9, 10);
        let state = LedgerState { latest: Some(known.clone().into()), ..empty };
        let stops = |signed: &SignedCheckpoint, own: &CosignerKey| {
            let ledger = FollowedLedger::new(state.clone(), String::new(), None);
            compare(own, &ledger, signed);
            ledger.stopped().is_some()
        };
        let own = cosigner.key();
        assert!(!stops(&known.signed, own), "the one that it knows");
        assert!(!stops(&cosigned(5, 3).1.signed, own), "an earlier one");
        assert!(stops(&cosigned(9, 11).1.signed, own), "the same tree, later");
        assert!(stops(&cosigned(12, 11).1.signed, own), "a larger tree");
        let stranger = Cosigner::new(Name::parse("x").unwrap(), &[7; 32]).unwrap();
        assert!(!stops(&cosigned(12, 11).1.signed, stranger.key()), "of another witness");
        let forged = cosigned(12, 11).1.signed.note().as_str().replace("example.org/log\n12", "example.org/log\n13");
        assert!(!stops(&SignedCheckpoint::parse(forged.as_bytes()).unwrap(), own), "a line that does not verify");
    }
}
