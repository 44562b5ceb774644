//! Pulling the log of a node into a local store: complete copies, growth, breaks, and sources and operators that cheat.

use std::ops::ControlFlow;
use std::sync::Arc;

use tiezheng::audit::walk::{Options, walk};
use tiezheng::client::ledger_client::LedgerClient;
use tiezheng::client::pull::pull_error::PullError;
use tiezheng::client::pull::puller::{LogSource, Pulled, Puller, pull};
use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::hash::leaf_hash;
use tiezheng::ledger::key::{Signer, VerifierKey};
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::{LedgerReader, LogReader as _, LogStore, Published};

use crate::support::depositor::{ledger_key, origin};
use crate::support::operator::Operator;
use crate::support::stores::{Bench, Memory, Rocks};
use crate::support::test_node::{NodeConfig, TestNode};

async fn ledger(deposits: u64) -> Arc<MemoryStore> {
    tokio::task::spawn_blocking(move || crate::support::ledger::grow(deposits).0).await.unwrap()
}

/// A node that answers from `reader`.
async fn node(store: &Arc<MemoryStore>, reader: Arc<dyn LedgerReader>) -> TestNode {
    TestNode::over(Arc::clone(store), NodeConfig { reader: Some(reader), ..NodeConfig::default() }).await
}

fn source(node: &TestNode) -> LogSource {
    LogSource::new(LedgerClient::new(&node.url("")).unwrap())
}

fn trusted() -> Vec<VerifierKey> {
    vec![ledger_key().verifier().clone()]
}

fn pull_all(node: &TestNode, store: &dyn LogStore, until: &Published) -> Result<Pulled, PullError> {
    let source = source(node);
    let go_on = &mut |_| ControlFlow::Continue(());
    tokio::task::block_in_place(|| pull(&source, store, &trusted(), &until.checkpoint, go_on))
}

fn audit(store: &dyn LedgerReader) {
    let options = Options { pinned: Some(ledger_key().verifier().clone()), ..Options::default() };
    let report = walk(store, &options, |_| {}).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
}

/// A pull from a source whose operator has done `change`; the store that was pulled into, and the result.
async fn pull_from_dishonest(deposits: u64, change: impl FnOnce(&mut Operator)) -> (Memory, PullError) {
    let honest = ledger(deposits).await;
    let mut operator = Operator::of(&*honest);
    change(&mut operator);
    let until = operator.published().unwrap();
    let node = node(&honest, Arc::new(operator)).await;
    let bench = Memory::begin();
    let error = pull_all(&node, bench.store(), &until).unwrap_err();
    assert_eq!(bench.store().published(), None, "{error}");
    (bench, error)
}

async fn a_copy_is_complete<B: Bench>() {
    let store = ledger(550).await;
    let node = node(&store, Arc::clone(&store) as Arc<dyn LedgerReader>).await;
    let mut bench = B::begin();
    let until = store.published().unwrap();
    let pulled = pull_all(&node, bench.store(), &until).unwrap();
    assert_eq!((pulled.appended, &pulled.published), (until.size().0, &until));
    // A second pull has nothing to do.
    assert_eq!(pull_all(&node, bench.store(), &until).unwrap().appended, 0);
    bench.reopen();
    assert_eq!(bench.store().published().unwrap(), until);
    audit(bench.store());
    let size = until.size().0;
    assert_eq!(bench.store().leaves(LeafIndex(0), size), store.leaves(LeafIndex(0), size));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_in_memory_is_complete() {
    a_copy_is_complete::<Memory>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_in_rocksdb_is_complete() {
    a_copy_is_complete::<Rocks>().await;
}

/// A checkpoint of `store` for the tree after the block at this height.
fn checkpoint_at(store: &MemoryStore, height: u64) -> SignedCheckpoint {
    use tiezheng::ledger::block::Height;
    use tiezheng::ledger::checkpoint::Checkpoint;
    use tiezheng::ledger::merkle::list::root_of;
    use tiezheng::store::traits::Index as _;
    let size = store.find_block(Height(height)).unwrap().unwrap().size_after();
    let hashes: Vec<_> = store.leaves(LeafIndex(0), size.0).unwrap().iter().map(|bytes| leaf_hash(bytes)).collect();
    Checkpoint { origin: origin(), size, root: root_of(&hashes) }.sign(&ledger_key()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_grows_from_checkpoint_to_checkpoint_and_after_a_break() {
    let store = ledger(3_000).await;
    let node = node(&store, Arc::clone(&store) as Arc<dyn LedgerReader>).await;
    let (source, mut bench) = (source(&node), Rocks::begin());
    let last = store.published().unwrap();
    let heights = [0, 1, last.height.0 / 3, last.height.0 / 2];
    for height in heights {
        let until = checkpoint_at(&store, height);
        // Signatures of others neither matter nor are kept.
        let with_more = format!("{}— witness.example/w AAAAAAEC\n", until.note());
        let with_more = SignedCheckpoint::parse(with_more.as_bytes()).unwrap();
        let pulled = tokio::task::block_in_place(|| {
            let mut puller = Puller::of(bench.store()).unwrap();
            puller.pull(&source, bench.store(), &trusted(), &with_more, &mut |_| ControlFlow::Continue(())).unwrap()
        });
        assert_eq!(pulled.published.checkpoint, until);
        bench.reopen();
    }
    // A break after the first part: what was proven is kept, and nothing of it is shown.
    let before = bench.store().published().unwrap();
    let interrupted = tokio::task::block_in_place(|| {
        pull(&source, bench.store(), &trusted(), &last.checkpoint, &mut |_| ControlFlow::Break(()))
    });
    assert!(matches!(interrupted, Err(PullError::Interrupted)), "{interrupted:?}");
    bench.reopen();
    assert_eq!(bench.store().published().unwrap(), before);
    assert!(bench.store().tip().unwrap().size() > before.size());
    pull_all(&node, bench.store(), &last).unwrap();
    audit(bench.store());
    // An older checkpoint is compared, and changes nothing.
    let older = tokio::task::block_in_place(|| {
        pull(&source, bench.store(), &trusted(), &checkpoint_at(&store, 1), &mut |_| ControlFlow::Continue(()))
    });
    assert_eq!(older.unwrap().published, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_alters_never_reaches_the_store() {
    // One record is altered under the honest checkpoint; with honest tiles, and with tiles that fit.
    for fitting_tiles in [false, true] {
        let (bench, error) = pull_from_dishonest(550, |operator| {
            let at = operator.deposit(300);
            let honest = operator.leaves.iter().map(|bytes| leaf_hash(bytes)).collect();
            operator.rewrite(at, "size ", "size 1");
            operator.tiles = if fitting_tiles { None } else { Some(honest) };
        })
        .await;
        let index = match error {
            PullError::Altered { first, .. } => first,
            other => panic!("{other}"),
        };
        assert!(index <= LeafIndex(560), "{index}");
        assert_eq!(bench.store().tip().unwrap().size(), TreeSize(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_record_of_an_honest_tree_is_the_operators_fault_and_an_altered_one_is_not() {
    let garbage = |operator: &mut Operator| {
        let at = operator.deposit(300);
        operator.leaves[at] = b"tiezheng entry v9\n".to_vec();
    };
    let (_, error) = pull_from_dishonest(550, |operator| {
        let honest = operator.leaves.iter().map(|bytes| leaf_hash(bytes)).collect();
        operator.tiles = Some(honest);
        garbage(operator);
    })
    .await;
    assert!(matches!(error, PullError::Altered { .. }), "{error}");
    let (_, error) = pull_from_dishonest(550, |operator| {
        garbage(operator);
        operator.reseal_honestly();
    })
    .await;
    assert!(matches!(error, PullError::Block(_)) && error.is_finding(), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_forges_a_depositors_statement_is_found_out() {
    let (bench, error) = pull_from_dishonest(550, |operator| {
        let at = operator.deposit(300);
        operator.rewrite(at, "size ", "size 1");
        operator.reseal_honestly();
    })
    .await;
    assert!(matches!(error, PullError::DepositorSignature { .. }), "{error}");
    assert_eq!(bench.store().tip().unwrap().size(), TreeSize(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_history_is_not_appended_to_the_first() {
    let store = ledger(550).await;
    let honest = node(&store, Arc::clone(&store) as Arc<dyn LedgerReader>).await;
    let bench = Memory::begin();
    let until = checkpoint_at(&store, 2);
    let (first, go_on) = (source(&honest), &mut |_| ControlFlow::Continue(()));
    tokio::task::block_in_place(|| pull(&first, bench.store(), &trusted(), &until, go_on)).unwrap();
    let size = bench.store().tip().unwrap().size();
    // Another ledger under the same key, of other deposits.
    let other = ledger(600).await;
    let forked = node(&other, Arc::clone(&other) as Arc<dyn LedgerReader>).await;
    let error = pull_all(&forked, bench.store(), &other.published().unwrap()).unwrap_err();
    assert!(matches!(error, PullError::Inconsistent { local, .. } if local == size), "{error}");
    assert_eq!(bench.store().tip().unwrap().size(), size);
    // Also a smaller checkpoint of it.
    let error = pull_all(
        &forked,
        bench.store(),
        &Published { checkpoint: checkpoint_at(&other, 1), ..(*other.published().unwrap()).clone() },
    );
    assert!(matches!(error, Err(PullError::Inconsistent { .. })), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_needs_a_trusted_signature() {
    let store = ledger(20).await;
    let node = node(&store, Arc::clone(&store) as Arc<dyn LedgerReader>).await;
    let (source, bench) = (source(&node), Memory::begin());
    let until = store.published().unwrap().checkpoint.clone();
    let stranger = Signer::new(origin(), &[9; 32]).unwrap().verifier().clone();
    let attempt = |keys: &[VerifierKey], until: &SignedCheckpoint| {
        let go_on = &mut |_| ControlFlow::Continue(());
        tokio::task::block_in_place(|| pull(&source, bench.store(), keys, until, go_on)).unwrap_err()
    };
    assert!(matches!(attempt(std::slice::from_ref(&stranger), &until), PullError::Checkpoint { .. }));
    assert!(matches!(attempt(&[], &until), PullError::Checkpoint { .. }));
    let forged = until.note().to_string().replacen(&format!("\n{}\n", until.checkpoint().size), "\n9\n", 1);
    let forged = SignedCheckpoint::parse(forged.as_bytes()).unwrap();
    assert!(matches!(attempt(&trusted(), &forged), PullError::Checkpoint { .. }));
    // Trusted, and not the key that the chain names.
    let by_stranger = until.checkpoint().clone().sign(&Signer::new(origin(), &[9; 32]).unwrap()).unwrap();
    assert!(matches!(attempt(&[stranger], &by_stranger), PullError::KeyNotInForce { .. }));
    assert_eq!(bench.store().published(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_fails_is_no_finding() {
    let store = ledger(550).await;
    let mut operator = Operator::of(&*store);
    operator.unreadable.push(300);
    let node = node(&store, Arc::new(operator)).await;
    let bench = Memory::begin();
    let error = pull_all(&node, bench.store(), &store.published().unwrap()).unwrap_err();
    assert!(matches!(error, PullError::Source(_)) && !error.is_finding(), "{error}");
}

/// A ledger whose key was replaced between deposits, so that only the new key signs its checkpoint.
async fn rotated_ledger() -> Arc<MemoryStore> {
    use tiezheng::sequencer::clock::ManualClock;
    use tiezheng::sequencer::ledger_keys::LedgerKeys;
    use tiezheng::sequencer::rotation::{Rotation, rotate};
    let store = ledger(300).await;
    let [new, after] = [2, 3].map(|n| Signer::new(origin(), &[n; 32]).unwrap());
    let clock = ManualClock::at(store.published().unwrap().block_time);
    let new_key = new.verifier().clone();
    let rotation = Rotation { new: &new_key, next: after.verifier().commitment() };
    let keys = LedgerKeys::new(new, vec![ledger_key()]);
    keys.previous_key().retire();
    rotate(&*store, &keys, &rotation, clock.share(), true).unwrap();
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_with_the_old_pin_follows_the_notices_in_the_log() {
    let store = rotated_ledger().await;
    // The node has no private key of this ledger: it only serves its log.
    let node = node(&ledger(1).await, Arc::clone(&store) as Arc<dyn LedgerReader>).await;
    let until = store.published().unwrap();
    assert!(until.checkpoint.verified_by(&trusted()).is_err(), "the pinned key does not sign any more");
    let bench = Memory::begin();
    let pulled = pull_all(&node, bench.store(), &until).unwrap();
    assert_eq!(pulled.published, until);
    audit(bench.store());
    // A key to which the notices do not lead is not accepted, and nothing is appended.
    let stranger = Signer::new(origin(), &[99; 32]).unwrap();
    let forged = until.checkpoint.checkpoint().clone().sign(&stranger).unwrap();
    let bench = Memory::begin();
    let (source, go_on) = (source(&node), &mut |_| ControlFlow::Continue(()));
    let refused = tokio::task::block_in_place(|| pull(&source, bench.store(), &trusted(), &forged, go_on));
    assert!(matches!(refused, Err(PullError::Checkpoint { .. })), "{refused:?}");
    assert!(bench.store().tip().unwrap().size().is_empty());
}
