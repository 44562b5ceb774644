//! A mirror in the process of the test: catching up, block times, and an operator or a network that alters what it serves.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::cosignature::Cosigner;
use tiezheng::ledger::hash::leaf_hash;
use tiezheng::ledger::key::Name;
use tiezheng::ledger::merkle::shape::TreeSize;
use tiezheng::ledger::note::NoteSignature;
use tiezheng::ledger::time::Timestamp;
use tiezheng::query::proofs;
use tiezheng::sequencer::clock::ManualClock;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::{LedgerReader, LogReader as _, LogStore};
use tiezheng::witness::add_checkpoint::{Rejection, Submission};
use tiezheng::witness::bounds::BoundsError;
use tiezheng::witness::mirror::{MirrorCopy, follow};
use tiezheng::witness::service::{FollowedLedger, LedgerCopy, Witness};
use tiezheng::witness::state_folder::StateFolder;
use tokio::task::JoinHandle;

use crate::support::depositor::{ledger_key, note, origin};
use crate::support::operator::Operator;
use crate::support::test_node::{NodeConfig, TestNode};

/// A mirror that follows a node.
struct Mirror {
    witness: Arc<Witness>,
    copy: Arc<MirrorCopy>,
    store: Arc<MemoryStore>,
    clock: ManualClock,
    following: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Mirror {
    fn of(url: &str, clock: ManualClock, store: Arc<MemoryStore>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cosigner = Cosigner::new(Name::parse("mirror.example.org").unwrap(), &[7; 32]).unwrap();
        let states = StateFolder::create(folder.path()).unwrap();
        let state = states.states_of(&[ledger_key().verifier().clone()], cosigner.key()).unwrap().remove(0);
        let copy = MirrorCopy::new(Arc::clone(&store) as Arc<dyn LogStore>);
        let ledger = FollowedLedger::new(state, url.to_owned(), Some(Arc::clone(&copy) as Arc<dyn LedgerCopy>));
        let witness = Arc::new(Witness::new(cosigner, states, Box::new(clock.share()), vec![ledger]));
        let following = tokio::spawn(follow(Arc::clone(&witness), 0, Arc::clone(&copy)));
        Self { witness, copy, store, clock, following, _folder: folder }
    }

    fn new(url: &str, clock: ManualClock) -> Self {
        Self::of(url, clock, Arc::new(MemoryStore::new(origin())))
    }

    async fn holds(&self, size: TreeSize) {
        self.copy.wait_for(size).await;
    }

    /// Submits `checkpoint`, with a proof from the latest one by `tree`.
    fn submit(&self, tree: &dyn LedgerReader, checkpoint: &SignedCheckpoint) -> Result<NoteSignature, Rejection> {
        let (old, new) = (self.witness.ledgers()[0].state().size(), checkpoint.checkpoint().size);
        let proof = if old.is_empty() || old == new {
            Vec::new()
        } else {
            proofs::consistency(tree, old, new).unwrap().hashes().to_vec()
        };
        let lines: Vec<String> = proof.iter().map(|hash| BASE64_STANDARD.encode(hash.as_bytes()) + "\n").collect();
        let body = format!("old {old}\n{}\n{}", lines.concat(), checkpoint.note());
        self.witness.cosign(&Submission::parse(body.as_bytes())?)
    }

    async fn end(self) {
        self.copy.stop();
        self.following.await.unwrap();
    }
}

fn noon() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap()
}

async fn grown(deposits: u64) -> Arc<MemoryStore> {
    tokio::task::spawn_blocking(move || crate::support::ledger::grow(deposits).0).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_catches_up_and_cosigns_what_it_holds() {
    let ledger = grown(1_200).await;
    let node = TestNode::over(Arc::clone(&ledger), NodeConfig::default()).await;
    let mirror = Mirror::new(&node.url(""), ManualClock::at(noon()));
    let published = ledger.published().unwrap();
    // Before it holds the leaves it does not cosign.
    if mirror.copy.held() < published.size() {
        let early = mirror.submit(&*ledger, &published.checkpoint);
        assert!(matches!(early, Err(Rejection::NotHeld { .. }) | Ok(_)), "{early:?}");
    }
    mirror.holds(published.size()).await;
    mirror.submit(&*ledger, &published.checkpoint).unwrap();
    let held = mirror.store.published().unwrap();
    assert_eq!(held.checkpoint, published.checkpoint);
    // The ledger grows, and the mirror follows.
    node.deposit(&note(5_000)).await;
    let grown = ledger.published().unwrap();
    mirror.holds(grown.size()).await;
    mirror.submit(&*ledger, &grown.checkpoint).unwrap();
    mirror.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backdated_block_and_one_from_the_future_are_not_cosigned() {
    let ledger = grown(20).await;
    let node = TestNode::over(Arc::clone(&ledger), NodeConfig::default()).await;
    let mirror = Mirror::new(&node.url(""), ManualClock::at(noon()));
    let first = ledger.published().unwrap();
    mirror.holds(first.size()).await;
    mirror.submit(&*ledger, &first.checkpoint).unwrap();
    // An hour later the ledger is still complete, says the mirror. A block that is new then is not an hour old.
    mirror.clock.shift(3_600_000, Duration::ZERO);
    mirror.submit(&*ledger, &first.checkpoint).unwrap();
    node.deposit(&note(5_000)).await;
    let backdated = ledger.published().unwrap();
    mirror.holds(backdated.size()).await;
    let refused = mirror.submit(&*ledger, &backdated.checkpoint).unwrap_err();
    assert!(matches!(refused, Rejection::BlockTime(BoundsError::Backdated { .. })), "{refused}");
    assert_eq!(refused.code().status(), 422);
    assert_eq!(mirror.witness.ledgers()[0].state().size(), first.size());
    mirror.end().await;

    // Another mirror, whose clock is ten seconds behind the ledger's.
    let mirror = Mirror::new(&node.url(""), ManualClock::at(noon()));
    mirror.clock.shift(-10_000, Duration::ZERO);
    mirror.holds(backdated.size()).await;
    let refused = mirror.submit(&*ledger, &backdated.checkpoint).unwrap_err();
    assert!(matches!(refused, Rejection::BlockTime(BoundsError::Ahead { .. })), "{refused}");
    // Its time comes.
    mirror.clock.shift(5_000, Duration::ZERO);
    mirror.submit(&*ledger, &backdated.checkpoint).unwrap();
    mirror.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_bytes_never_reach_the_copy() {
    let honest = grown(550).await;
    let mut operator = Operator::of(&*honest);
    let at = operator.deposit(300);
    let tiles = operator.leaves.iter().map(|bytes| leaf_hash(bytes)).collect();
    operator.rewrite(at, "size ", "size 1");
    operator.tiles = Some(tiles);
    let config = NodeConfig { reader: Some(Arc::new(operator)), ..NodeConfig::default() };
    let node = TestNode::over(Arc::clone(&honest), config).await;
    let mirror = Mirror::new(&node.url(""), ManualClock::at(noon()));
    let published = honest.published().unwrap();
    // Two rounds, so that the first has ended.
    for _ in 0..2 {
        let waited = tokio::time::timeout(Duration::from_millis(1_500), mirror.holds(published.size())).await;
        assert!(waited.is_err());
    }
    let refused = mirror.submit(&*honest, &published.checkpoint).unwrap_err();
    assert!(matches!(refused, Rejection::NotHeld { .. }), "{refused}");
    assert_eq!(mirror.store.tip().unwrap().size(), TreeSize::EMPTY);
    assert!(mirror.witness.ledgers()[0].stopped().is_none(), "an altered answer proves nothing about the ledger");
    mirror.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_history_under_the_same_key_stops_a_mirror() {
    let (first, second) = (grown(300).await, grown(100).await);
    let node = TestNode::over(Arc::clone(&first), NodeConfig::default()).await;
    let mirror = Mirror::new(&node.url(""), ManualClock::at(noon()));
    let published = first.published().unwrap();
    mirror.holds(published.size()).await;
    mirror.submit(&*first, &published.checkpoint).unwrap();
    let store = Arc::clone(&mirror.store);
    mirror.end().await;
    // The same mirror's copy, and a node that shows another, shorter history.
    let other = TestNode::over(Arc::clone(&second), NodeConfig::default()).await;
    let mirror = Mirror::of(&other.url(""), ManualClock::at(noon()), store);
    crate::support::waiting::until("it stops", || mirror.witness.ledgers()[0].stopped().is_some()).await;
    let refused = mirror.submit(&*second, &second.published().unwrap().checkpoint).unwrap_err();
    assert!(matches!(refused, Rejection::Stopped(_)), "{refused}");
    mirror.end().await;
}
