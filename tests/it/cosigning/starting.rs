//! The check before the first signature after a start.

use std::time::Duration;

use tiezheng::cosigning::start_check::{StartCheckError, StartCheckOptions, check_witnesses};
use tiezheng::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::key::Signer;
use tiezheng::ledger::merkle::shape::TreeSize;
use tiezheng::query::proofs;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::LogReader as _;

use super::{TIMEOUTS, policy, witnesses};
use crate::support::chain::{Draft, found, seal};
use crate::support::depositor::{ledger_key, origin};

fn signed(signer: &Signer, size: u64, root: Digest) -> SignedCheckpoint {
    Checkpoint { origin: origin(), size: TreeSize(size), root }.sign(signer).unwrap()
}

#[tokio::test]
async fn only_a_checkpoint_of_the_own_key_that_is_not_of_the_history_keeps_a_node_from_signing() {
    let store = MemoryStore::new(origin());
    found(&store);
    for n in 1..=3 {
        seal(&store, vec![Draft::nth(n).waiting(n)]);
    }
    let size = store.published().unwrap().size().0;
    let root = |size: u64| proofs::root(&store, TreeSize(size)).unwrap();
    let all: [_; 1] = witnesses().await;
    let policy = policy(&all, "quorum w1\n");
    let keys = [ledger_key().verifier().clone()];
    let limits = StartCheckOptions { limit: Duration::from_mins(2), all_required: true, timeouts: TIMEOUTS };
    let check = async |held: Option<SignedCheckpoint>, all_required: bool| {
        all[0].hold(held);
        check_witnesses(&store, &keys, &policy, &StartCheckOptions { all_required, ..limits }).await
    };
    let (own, stranger) = (ledger_key(), Signer::new(origin(), &[66; 32]).unwrap());
    let (w1, other) = ("w1".to_owned(), Digest([9; 32]));
    for good in [
        None,
        Some(signed(&own, size, root(size))),
        Some(signed(&own, size - 2, root(size - 2))),
        Some(signed(&own, 2, root(2))),
    ] {
        assert_eq!(check(good, true).await, Ok(()));
    }
    let rolled_back =
        StartCheckError::RolledBack { witness: w1.clone(), theirs: TreeSize(size + 2), ours: TreeSize(size) };
    assert_eq!(check(Some(signed(&own, size + 2, other)), false).await, Err(rolled_back));
    for size in [size, size - 2, 1] {
        let another = StartCheckError::OtherHistory { witness: w1.clone(), size: TreeSize(size) };
        assert_eq!(check(Some(signed(&own, size, other)), false).await, Err(another));
    }
    // A stranger's signature proves nothing, whatever the size. It is no answer either.
    assert_eq!(check(Some(signed(&stranger, size + 2, other)), false).await, Ok(()));
    let refused = check(Some(signed(&stranger, size + 2, other)), true).await;
    assert!(matches!(refused, Err(StartCheckError::NotAsked { .. })), "{refused:?}");
    // An empty folder with the key of a ledger that witnesses know.
    let empty = MemoryStore::new(origin());
    all[0].hold(Some(signed(&own, 2, root(2))));
    let refused = check_witnesses(&empty, &keys, &policy, &limits).await;
    assert!(matches!(refused, Err(StartCheckError::RolledBack { ours: TreeSize(0), .. })), "{refused:?}");
}

#[tokio::test]
async fn an_unreachable_witness_is_skipped_unless_all_are_required() {
    let store = MemoryStore::new(origin());
    found(&store);
    let all: [_; 2] = witnesses().await;
    let policy = policy(&all, "group q any w1 w2\nquorum q\n");
    let keys = [ledger_key().verifier().clone()];
    let [gone, honest] = all;
    drop(gone);
    let options = StartCheckOptions { limit: Duration::from_millis(50), all_required: false, timeouts: TIMEOUTS };
    assert_eq!(check_witnesses(&store, &keys, &policy, &options).await, Ok(()));
    let required = StartCheckOptions { all_required: true, ..options };
    let refused = check_witnesses(&store, &keys, &policy, &required).await;
    assert!(matches!(&refused, Err(StartCheckError::NotAsked { witness, .. }) if witness == "w1"), "{refused:?}");
    drop(honest);
}
