//! The audit of a running node over HTTP finds what the audit of its folder finds, and takes no broken request for damage.

use std::ops::ControlFlow;
use std::sync::Arc;

use tiezheng::audit::position::{AuditCounts, AuditPosition, AuditStart, Streams};
use tiezheng::audit::report::{AuditReport, Fault};
use tiezheng::audit::walk::{Options, walk, walk_on};
use tiezheng::client::http_log::HttpLogReader;
use tiezheng::client::ledger_client::LedgerClient;
use tiezheng::filing::service::FilingStore;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::store::traits::{LedgerReader, LogReader as _, ReadError};

use crate::support::counting_store::CountingStore;
use crate::support::depositor::ledger_key;
use crate::support::operator::Operator;
use crate::support::served_log::ServedLog;
use crate::support::test_node::{NodeConfig, TestNode};

/// A running node whose answers come from `reader` where there is one, over a ledger of some 600 leaves.
fn ledger() -> Arc<tiezheng::store::memory::MemoryStore> {
    // Three bundles, the last of them partial.
    crate::support::ledger::grow(550).0
}

async fn node(store: Arc<tiezheng::store::memory::MemoryStore>, reader: Option<Arc<dyn LedgerReader>>) -> TestNode {
    TestNode::over(store, NodeConfig { reader, ..NodeConfig::default() }).await
}

async fn reader(node_under_audit: &TestNode) -> HttpLogReader {
    HttpLogReader::connect(LedgerClient::new(&node_under_audit.url("")).unwrap()).await.unwrap()
}

fn audit(reader: &dyn LedgerReader, indexes: bool) -> AuditReport {
    let pinned = Some(ledger_key().verifier().clone());
    tokio::task::block_in_place(|| walk(reader, &Options { pinned, indexes, ..Options::default() }, |_| {}).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_node_is_audited_as_its_folder_is() {
    let store = tokio::task::spawn_blocking(ledger).await.unwrap();
    let node_under_audit = node(Arc::clone(&store), None).await;
    let remote = reader(&node_under_audit).await;
    assert_eq!(remote.published().unwrap().size(), store.published().unwrap().size());
    let (over_http, local) = (audit(&remote, false), audit(&*store, true));
    assert!(over_http.is_clean() && local.is_clean(), "{:?} {:?}", over_http.findings, local.findings);
    assert_eq!(over_http.entries, 550);
    let figures = |report: &AuditReport| (report.size, report.entries, report.blocks, report.signatures, report.root);
    assert_eq!(figures(&over_http), figures(&local));
    // What a node does not publish is said to be unchecked.
    assert!(over_http.not_checked.len() > local.not_checked.len());
    assert!(remote.failure().is_none());
    // Reads across the edges of bundles, and beyond the end.
    let size = store.published().unwrap().size().0;
    for (first, count) in [(0, 1), (255, 2), (200, 300), (size - 1, 1), (256, 256)] {
        let leaves = tokio::task::block_in_place(|| remote.leaves(LeafIndex(first), count));
        assert_eq!(leaves, store.leaves(LeafIndex(first), count), "{first} {count}");
    }
    let beyond = tokio::task::block_in_place(|| remote.leaves(LeafIndex(size - 1), 2));
    assert!(matches!(beyond, Err(ReadError::Beyond { .. })), "{beyond:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_serves_another_record_is_found_out() {
    let store = tokio::task::spawn_blocking(ledger).await.unwrap();
    let mut operator = Operator::of(&*store);
    // The tiles are the honest ones; one record is not.
    let hashes = operator.leaves.iter().map(|bytes| tiezheng::ledger::hash::leaf_hash(bytes)).collect();
    operator.tiles = Some(hashes);
    let at = operator.deposit(300);
    let forged = String::from_utf8(operator.leaves[at].clone()).unwrap().replacen("size ", "size 1", 1);
    assert_ne!(operator.leaves[at], forged.as_bytes());
    operator.leaves[at] = forged.into_bytes();
    let node_under_audit = node(store, Some(Arc::new(operator))).await;
    let remote = reader(&node_under_audit).await;
    let report = audit(&remote, false);
    let found: Vec<_> = report.findings.iter().map(|finding| (finding.fault, finding.index)).collect();
    assert_eq!(found, [(Fault::Damaged, Some(LeafIndex(at as u64)))], "{:?}", report.findings);
    assert!(remote.failure().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_fails_is_no_finding() {
    let store = tokio::task::spawn_blocking(ledger).await.unwrap();
    let mut operator = Operator::of(&*store);
    operator.unreadable.push(300);
    let node_under_audit = node(store, Some(Arc::new(operator))).await;
    let remote = reader(&node_under_audit).await;
    let first = tokio::task::block_in_place(|| remote.leaves(LeafIndex(0), 256));
    assert_eq!(first.map(|leaves| leaves.len()), Ok(256));
    let broken = tokio::task::block_in_place(|| remote.leaves(LeafIndex(256), 256));
    assert!(matches!(broken, Err(ReadError::Unavailable(_))), "{broken:?}");
    assert!(remote.failure().is_some());
    // From then on nothing is read: a report over half a ledger would accuse its operator.
    let after = tokio::task::block_in_place(|| remote.leaves(LeafIndex(0), 256));
    assert!(matches!(after, Err(ReadError::Unavailable(_))), "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_ends_with_the_first_request_that_fails() {
    let store = tokio::task::spawn_blocking(|| crate::support::ledger::grow(3_000).0).await.unwrap();
    let mut operator = Operator::of(&*store);
    operator.unreadable.push(300);
    let node_under_audit = node(store, Some(Arc::new(operator))).await;
    let remote = reader(&node_under_audit).await;
    let size = remote.published().unwrap().size().0;
    let mut reached = 0;
    let options = Options { pinned: Some(ledger_key().verifier().clone()), indexes: false, ..Options::default() };
    let ended = tokio::task::block_in_place(|| walk(&remote, &options, |done| reached = done));
    assert!(matches!(ended, Err(ReadError::Unavailable(_))) && reached < size, "{ended:?} {reached} of {size}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_record_costs_no_further_requests() {
    let store = tokio::task::spawn_blocking(ledger).await.unwrap();
    let counting = Arc::new(CountingStore::over(Arc::clone(&store) as Arc<dyn FilingStore>));
    let node_under_audit = node(Arc::clone(&store), Some(Arc::clone(&counting) as Arc<dyn LedgerReader>)).await;
    let requests_of_audit = async |findings: usize| {
        let remote = reader(&node_under_audit).await;
        counting.take_reads();
        let report = audit(&remote, false);
        assert_eq!(report.findings_total, findings as u64, "{:?}", report.findings);
        let reads = counting.take_reads();
        (reads.get("leaves").copied(), reads.get("tile_hashes").copied())
    };
    let honest = requests_of_audit(0).await;
    // A deposit: an altered block header would cause findings about its neighbours as well.
    let mut operator = Operator::of(&*store);
    let at = operator.deposit(300);
    operator.rewrite(at, "size ", "size 1");
    counting.forge(LeafIndex(at as u64), operator.leaves[at].clone());
    assert_eq!(requests_of_audit(1).await, honest);
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_files_that_were_removed_are_read_from_the_full_ones() {
    let store = tokio::task::spawn_blocking(ledger).await.unwrap();
    let mut operator = Operator::of(&*store);
    let log = ServedLog::of(&operator);
    // An older checkpoint, whose last bundle and tiles have become full since.
    let is_header = |index: &usize| operator.leaves[*index].starts_with(b"tiezheng block");
    let last = (0..500).rfind(is_header).unwrap();
    operator.leaves.truncate(last + 1);
    operator.sign(&ledger_key());
    log.remove_partials();
    let checkpoint = operator.published().unwrap().checkpoint.clone();
    let remote = HttpLogReader::up_to(LedgerClient::new(&log.url).unwrap(), checkpoint).await.unwrap();
    let report = audit(&remote, false);
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.size.0, last as u64 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_node_is_asked_again_and_no_file_is_fetched_twice() {
    let store = tokio::task::spawn_blocking(ledger).await.unwrap();
    let log = ServedLog::of(&Operator::of(&*store));
    let remote = reader_of(&log).await.reading_ahead();
    log.take_requests();
    log.be_busy(3);
    let report = audit(&remote, false);
    assert!(report.is_clean() && remote.failure().is_none(), "{:?}", report.findings);
    // Bundles, tiles of level 0 and one of level 1; and those that were refused. The last bundle is fetched with the checkpoint.
    let bundles = usize::try_from(report.size.0.div_ceil(256)).unwrap();
    assert_eq!(log.take_requests(), 2 * bundles + 1 + 3);
}

async fn reader_of(log: &ServedLog) -> HttpLogReader {
    HttpLogReader::connect(LedgerClient::new(&log.url).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_goes_on_at_any_leaf_and_finds_the_same() {
    let store = tokio::task::spawn_blocking(ledger).await.unwrap();
    let mut operator = Operator::of(&*store);
    let late = operator.deposit(520);
    operator.rewrite(late, "received 2026-11-22T12", "received 2026-11-22T11");
    operator.reseal_honestly();
    let whole = audit(&operator, false);
    assert_eq!(whole.findings_total, 1, "{:?}", whole.findings);
    let options = Options { pinned: Some(ledger_key().verifier().clone()), indexes: false, ..Options::default() };
    // Positions inside blocks, at the edges of tiles, and behind them.
    for stop in [1, 255, 256, 257, 300, 511, 512] {
        let (mut part, mut streams) = (None, Streams::new());
        let mut first = Operator::of(&operator);
        first.leaves.truncate(stop);
        first.sign_as_it_is(&ledger_key());
        tokio::task::block_in_place(|| {
            walk_on(&first, &options, AuditStart::default(), None, &mut |seen| {
                streams.extend(seen.take_changes());
                part = Some(seen.position());
                ControlFlow::Continue(())
            })
        })
        .unwrap();
        let position = part.unwrap();
        assert_eq!(position.frontier.size().0, stop as u64);
        let start = AuditStart {
            position: AuditPosition {
                counts: AuditCounts { findings: vec![], findings_total: 0, ..position.counts.clone() },
                ..position
            },
            streams,
        };
        let rest = tokio::task::block_in_place(|| {
            walk_on(&operator, &options, start, None, &mut |_| ControlFlow::Continue(()))
        });
        let rest = rest.unwrap();
        assert_eq!(rest.findings, whole.findings, "{stop}");
        let figures =
            |report: &AuditReport| (report.size, report.entries, report.blocks, report.signatures, report.root);
        assert_eq!(figures(&rest), figures(&whole));
    }
}
