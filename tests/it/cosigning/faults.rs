//! Witnesses that fail or lie, and this node's own faults while it collects.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tiezheng::cosigning::collector::{Collector, CollectorError, CollectorParts};
use tiezheng::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::key::Signer;
use tiezheng::ledger::merkle::shape::TreeSize;
use tiezheng::query::service::QueryService;
use tiezheng::sequencer::ledger_keys::PreviousKey;
use tiezheng::sequencer::state::{Halt, StopReason};
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::{
    AnnotatedCheckpoint, Annotation, AnnotationReader, Annotations, AppendError, LogReader as _, ProofLevel, ReadError,
};

use super::{TIMEOUTS, Witnessed, policy, witnesses};
use crate::support::depositor::{ledger_key, note, origin};
use crate::support::fake_witness::Behaviour;
use crate::support::test_node::{NodeConfig, TestNode};
use crate::support::waiting::eventually;

/// A checkpoint that `signer` signed.
fn forged(signer: &Signer, size: u64) -> SignedCheckpoint {
    let checkpoint = Checkpoint { origin: origin(), size: TreeSize(size), root: Digest([3; 32]) };
    checkpoint.sign(signer).unwrap()
}

/// Each way to fail or to lie, and the code under which it is reported.
const FAULTS: [(Behaviour, &str); 9] = [
    (Behaviour::Silent, "timeout"),
    (Behaviour::Down, "unavailable"),
    (Behaviour::Garbage, "malformed_answer"),
    (Behaviour::Flood, "answer_too_long"),
    (Behaviour::WrongKey, "other_key"),
    (Behaviour::OtherCheckpoint, "bad_cosignature"),
    (Behaviour::Smaller, "conflict"),
    (Behaviour::Larger, "conflict"),
    (Behaviour::Inconsistent, "inconsistent"),
];

#[tokio::test]
async fn a_witness_that_fails_or_lies_is_reported_and_stops_nothing() {
    let witnesses: [_; 10] = witnesses().await;
    let stranger = Signer::new(origin(), &[66; 32]).unwrap();
    for (witness, (behaviour, _)) in witnesses.iter().zip(FAULTS) {
        witness.behave(behaviour);
        // A claim of a larger size, or of another history, proves nothing without the signature of this ledger's key.
        witness.hold(Some(forged(&stranger, 1 << 40)));
    }
    let policy = policy(&witnesses, "group q all w1 w2 w3 w4 w5 w6 w7 w8 w9\nquorum q\n");
    let Witnessed { node, store, _stop } = Witnessed::start(policy, None).await;
    let mut n = 0;
    let listed = eventually("all faults are reported", async || {
        n += 1;
        assert_eq!(node.post_deposit(&note(n)).await.status, 201);
        let listed = node.get("/v1/ledger/witnesses").await.json();
        let reported = |at: usize| listed["items"][at]["error"] == FAULTS[at].1;
        let all = (0..FAULTS.len()).all(reported) && listed["items"][9]["state"] == "cosigning";
        all.then_some(listed)
    })
    .await;
    // Of those that do not cosign nothing is stored.
    let last = listed["items"][9]["last_size"].as_u64().unwrap();
    let stored = store.annotated(TreeSize(last)).unwrap().unwrap().annotations;
    assert!(stored.iter().all(|one| one.bytes.starts_with("— witness-10.example ".as_bytes())), "{stored:?}");
    assert_eq!(store.first_reached(ProofLevel::Witnessed, TreeSize(0)), Ok(None));
    // A witness that is honest again counts again.
    witnesses[7].hold(None);
    witnesses[7].behave(Behaviour::Honest);
    eventually("it cosigns", async || {
        let listed = node.get("/v1/ledger/witnesses").await.json();
        (listed["items"][7]["state"] == "cosigning").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_larger_checkpoint_of_the_ledgers_own_key_stops_writing() {
    let witnesses: [_; 1] = witnesses().await;
    let policy = policy(&witnesses, "quorum w1\n");
    witnesses[0].hold(Some(forged(&ledger_key(), 1_000)));
    let Witnessed { node, _stop, .. } = Witnessed::start(policy, None).await;
    eventually("writing is stopped", async || match node.sequencer.health().writing {
        Err(Halt::Stopped(reason)) => {
            assert!(matches!(&reason, StopReason::ForeignCheckpoint { size: 1_000, .. }), "{reason}");
            assert_eq!(reason.code(), "foreign_checkpoint");
            Some(())
        }
        _ => None,
    })
    .await;
    assert_eq!(node.post_deposit(&note(1)).await.problem(), (503, "writing_stopped".into()));
}

#[tokio::test]
async fn another_history_under_the_ledgers_own_key_stops_writing() {
    let witnesses: [_; 1] = witnesses().await;
    let policy = policy(&witnesses, "quorum w1\n");
    witnesses[0].hold(Some(forged(&ledger_key(), 2)));
    let Witnessed { node, _stop, .. } = Witnessed::start(policy, None).await;
    eventually("writing is stopped", async || {
        matches!(node.sequencer.health().writing, Err(Halt::Stopped(StopReason::ForeignCheckpoint { .. })))
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn annotations_that_cannot_be_read_are_no_fault_of_a_witness() {
    let witnesses: [_; 1] = witnesses().await;
    let policy = policy(&witnesses, "quorum w1\n");
    let store = Arc::new(MemoryStore::new(origin()));
    let unreadable = Arc::new(Losing { inner: Arc::clone(&store), asked: AtomicUsize::new(0), is_unreadable: true });
    let node = TestNode::over(Arc::clone(&store), NodeConfig::default()).await;
    let parts = CollectorParts {
        queries: Arc::new(QueryService::new(store, 16)),
        store: unreadable,
        sequencer: node.sequencer.clone(),
        keys: vec![ledger_key().verifier().clone()],
        previous_key: PreviousKey::default(),
        remove_previous_key: Arc::new(|| Ok(false)),
        policy,
        timeouts: TIMEOUTS,
    };
    let made = Collector::new(parts).map(|_| ());
    assert_eq!(made, Err(CollectorError::Store(ReadError::Unavailable("on purpose".into()))));
}

/// Annotations that are lost the first time, as in a crash before the write.
struct Losing {
    inner: Arc<MemoryStore>,
    asked: AtomicUsize,
    /// Whether no level can be read.
    is_unreadable: bool,
}

impl AnnotationReader for Losing {
    fn annotated(&self, size: TreeSize) -> Result<Option<AnnotatedCheckpoint>, ReadError> {
        self.inner.annotated(size)
    }

    fn last_annotated(&self, until: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        self.inner.last_annotated(until)
    }

    fn first_reached(&self, level: ProofLevel, from: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        self.inner.first_reached(level, from)
    }

    fn last_reached(&self, level: ProofLevel, until: TreeSize) -> Result<Option<TreeSize>, ReadError> {
        if self.is_unreadable {
            return Err(ReadError::Unavailable("on purpose".into()));
        }
        self.inner.last_reached(level, until)
    }
}

impl Annotations for Losing {
    fn annotate(
        &self,
        checkpoint: &SignedCheckpoint,
        annotations: &[Annotation],
        reached: &[ProofLevel],
    ) -> Result<(), AppendError> {
        if self.asked.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err(AppendError::Read(ReadError::Unavailable("on purpose".into())));
        }
        self.inner.annotate(checkpoint, annotations, reached)
    }
}

#[tokio::test]
async fn a_cosignature_that_was_not_stored_is_asked_for_again_and_so_it_is_after_a_restart() {
    let witnesses: [_; 1] = witnesses().await;
    let policy = policy(&witnesses, "quorum w1\n");
    let store = Arc::new(MemoryStore::new(origin()));
    let losing = Arc::new(Losing { inner: Arc::clone(&store), asked: AtomicUsize::new(0), is_unreadable: false });
    let first = Witnessed::keeping(Arc::clone(&store), losing, policy.clone(), None).await;
    first.node.deposit(&note(1)).await;
    let size = store.published().unwrap().size();
    eventually("the quorum", async || {
        (store.last_reached(ProofLevel::Witnessed, TreeSize::MAX) == Ok(Some(size))).then_some(())
    })
    .await;
    drop(first);
    // The new process does not know what the witness has, and learns it from its answer.
    let second = Witnessed::over(Arc::clone(&store), policy, None).await;
    second.node.deposit(&note(2)).await;
    let size = store.published().unwrap().size();
    eventually("the quorum", async || {
        (store.last_reached(ProofLevel::Witnessed, TreeSize::MAX) == Ok(Some(size))).then_some(())
    })
    .await;
    assert_eq!(witnesses[0].size(), size.0);
}
