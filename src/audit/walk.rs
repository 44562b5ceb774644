//! The audit of a whole ledger: reads every leaf up to the published checkpoint, recomputes all derived data, and compares it
//! with the stored data.
//!
//! It checks block roots, links between blocks, tiles, the tree root and the checkpoint. It also checks depositors'
//! signatures, the order of times, deposit numbers, streams, links between deposits, index rows and the acts of cases.
//! It trusts no statement of the store about itself.
//!
//! # Invariants
//!
//! A fault of the ledger is a finding; an error means that the audit could not be performed. Memory grows by some
//! hundred bytes per stream (`subject`), notice and original, and by some kilobytes per case (`cases`).

use std::ops::{ControlFlow, Range};

use crate::audit::chain_checks::ChainChecker;
use crate::audit::leaves::{ExaminedTile, Examiner, Inspect, LeafContent, RANGE};
use crate::audit::parallel::in_order;
use crate::audit::position::{AuditCounts, AuditPosition, AuditStart, Stream};
use crate::audit::recording_reader::RecordingReader;
use crate::audit::report::{
    AuditReport, CourtReport, Fault, Finding, LABELS_NOT_COUNTED, ORIGINALS_NOT_CHECKED, TIMESTAMPS_NOT_CHECKED,
    WITNESSES_NOT_CHECKED,
};
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::merkle::frontier::{Frontier, FullTile};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::TILE_WIDTH;
use crate::ledger::statement::keys::KeyCache;
use crate::query::records;
use crate::store::traits::index_rows::IndexRows;
use crate::store::traits::{LedgerReader, Published, ReadError};

/// Options of an audit.
#[derive(Debug, Clone)]
pub struct Options {
    /// The trusted ledger key. Without one, the audit uses the key that the ledger's own notices name.
    pub pinned: Option<VerifierKey>,
    /// Whether to verify depositors' signatures, by far the slowest part. Default true.
    pub signatures: bool,
    /// Whether to check index rows, links and private content, and to replay all cases. Default true; a remote log has none.
    pub indexes: bool,
    /// Whether to leave deposits unparsed, and check the structure only: leaf hashes, tiles, the root and the
    /// checkpoint; block headers with their roots, links and times; notices and keys. Then `signatures` and `indexes`
    /// have no effect, and a position of [`walk_on`] has no streams: it must not be stored. Default false.
    pub structure_only: bool,
}

impl Options {
    /// These options, without signatures and indexes for an audit of the structure.
    fn effective(&self) -> Self {
        let deposits = !self.structure_only;
        Self { signatures: self.signatures && deposits, indexes: self.indexes && deposits, ..self.clone() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { pinned: None, signatures: true, indexes: true, structure_only: false }
    }
}

/// Audits the published ledger in `store`. `progress` is called with the number of checked leaves.
///
/// # Errors
///
/// [`ReadError`] if there is no ledger; [`ReadError::Unavailable`] after the first read that fails for another cause
/// than damage. Then the audit is incomplete: repeat it after the disk, the machine or the connection is repaired.
pub fn walk(
    store: &dyn LedgerReader,
    options: &Options,
    mut progress: impl FnMut(u64),
) -> Result<AuditReport, ReadError> {
    let options = &options.effective();
    let store = &RecordingReader::new(store);
    let published = records::published(store)?;
    let origin = published.checkpoint.checkpoint().origin.clone();
    let checker = ChainChecker::new(store, &origin, options.indexes);
    let report = empty_report(&published, &origin, options);
    let mut state = WalkState { checker, report, frontier: Frontier::new() };
    let _ = state.read(store, (&published, &origin), options, None, &mut |part| {
        progress(part.state.frontier.size().0);
        ControlFlow::Continue(())
    });
    state.finish(store, &published, options)
}

/// Audits the log in `store`, without index rows and cases, from `start` on. The caller has checked that the published
/// tree begins with the tree of `start`. `inspect` is called with every deposit. `observe` is called after each range
/// of leaves, in order, and may stop the walk: then the report covers the leaves so far, without the comparisons of the
/// whole tree.
///
/// # Errors
///
/// As [`walk`].
pub fn walk_on(
    store: &dyn LedgerReader,
    options: &Options,
    start: AuditStart,
    inspect: Option<&Inspect<'_>>,
    observe: &mut dyn FnMut(&mut dyn WalkPart) -> ControlFlow<()>,
) -> Result<AuditReport, ReadError> {
    let options = &Options { indexes: false, ..options.effective() };
    let store = &RecordingReader::new(store);
    let published = records::published(store)?;
    let origin = published.checkpoint.checkpoint().origin.clone();
    let AuditStart { position, streams } = start;
    let report = position.counts.report(empty_report(&published, &origin, options));
    let checker = ChainChecker::resume(store, &origin, position.chain, streams);
    let mut state = WalkState { checker, report, frontier: position.frontier };
    let ended = state.read(store, (&published, &origin), options, inspect, &mut |part| observe(part));
    if ended.is_break() && store.failure().is_none() {
        state.report.height = state.checker.last_height();
        return Ok(state.report);
    }
    state.finish(store, &published, options)
}

/// The state of a walk after some leaves.
struct WalkState<'a, R: ?Sized> {
    checker: ChainChecker<'a, R>,
    report: AuditReport,
    frontier: Frontier,
}

/// The state of a walk after a range of leaves, for the observer of [`walk_on`].
pub trait WalkPart {
    /// The number of leaves checked.
    fn size(&self) -> TreeSize;
    /// The tiles that this range completed.
    fn full_tiles(&self) -> &[FullTile];
    /// The position from which an audit can be resumed, without its streams.
    fn position(&self) -> AuditPosition;
    /// The streams that grew since the previous call.
    fn take_changes(&mut self) -> Vec<(Digest, Stream)>;
}

/// A range of leaves that was checked.
struct Part<'s, 'a, R: ?Sized> {
    state: &'s mut WalkState<'a, R>,
    tiles: &'s [FullTile],
}

impl<R: LedgerReader + ?Sized> WalkPart for Part<'_, '_, R> {
    fn size(&self) -> TreeSize {
        self.state.frontier.size()
    }

    fn full_tiles(&self) -> &[FullTile] {
        self.tiles
    }

    fn position(&self) -> AuditPosition {
        AuditPosition {
            frontier: self.state.frontier.clone(),
            chain: self.state.checker.position(),
            counts: AuditCounts::of(&self.state.report),
        }
    }

    fn take_changes(&mut self) -> Vec<(Digest, Stream)> {
        self.state.checker.take_changes()
    }
}

impl<'a> WalkState<'a, RecordingReader<'a>> {
    /// Reads and checks the leaves from the frontier on. Returns `Break` if `observe` stopped the walk or a read
    /// failed.
    fn read<'o>(
        &mut self,
        store: &RecordingReader<'_>,
        (published, origin): (&Published, &Name),
        options: &Options,
        inspect: Option<&'o Inspect<'o>>,
        observe: &mut dyn FnMut(&mut Part<'_, 'a, RecordingReader<'a>>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let (start, size) = (self.frontier.size().0, published.size().0);
        let Options { structure_only, signatures, indexes, .. } = *options;
        let examiner =
            || Examiner { store, origin, structure_only, signatures, indexes, keys: KeyCache::new(), inspect };
        let examine = |examiner: &mut Examiner<'_, RecordingReader<'_>>, range: u64| {
            let Range { start: first, end } = range_of(range, start, size);
            examiner.examine(LeafIndex(first), end - first)
        };
        let (mut full, mut ended) = (Vec::new(), ControlFlow::Continue(()));
        let ranges = size.div_ceil(RANGE).saturating_sub(start / RANGE);
        in_order(ranges, examiner, examine, |_, tiles| {
            for ExaminedTile { leaves, full: tile } in tiles {
                match tile {
                    Some(tile) => self.frontier.append_tile(tile, &mut full),
                    None => leaves.iter().for_each(|leaf| self.frontier.append(leaf.hash, &mut full)),
                }
                for leaf in leaves {
                    let is_deposit = matches!(leaf.leaf, Ok(LeafContent::Deposit(_)));
                    self.report.signatures += u64::from(options.signatures && is_deposit);
                    self.checker.check(leaf, &mut self.report);
                }
            }
            for tile in &full {
                compare_tile(store, tile, &mut self.report);
            }
            let seen = if store.failure().is_some() {
                ControlFlow::Break(())
            } else {
                observe(&mut Part { state: self, tiles: &full })
            };
            full.clear();
            ended = seen;
            seen
        });
        ended
    }

    /// Compares the whole tree with its checkpoint.
    fn finish(
        self,
        store: &RecordingReader<'_>,
        published: &Published,
        options: &Options,
    ) -> Result<AuditReport, ReadError> {
        let Self { checker, mut report, frontier } = self;
        report.height = checker.last_height();
        if !checker.ended_in_header() || report.height != published.height {
            report
                .find(ledger_finding(Fault::BlockLink, "the signed tree does not end in the last block header".into()));
        }
        checker.compute_periods(&mut report.court);
        checker.count_open_hand_overs(&mut report.court);
        if !report.court.originals.is_empty() {
            report.not_checked.push(ORIGINALS_NOT_CHECKED);
        }
        compare_root(&mut report, published, &frontier);
        compare_key(&mut report, published, &checker, options);
        if options.indexes {
            report.court.service = checker.service_coverage();
            // An unreadable leaf may be a notice; the leaf is a finding already.
            if checker.expected_rows().is_some() {
                compare_key_notices(store, checker.key_notice_indexes(), &mut report);
            }
            compare_index_rows(store, checker.expected_rows(), checker.label_rows(), &mut report);
        }
        store.failure().cloned().map_or(Ok(report), Err)
    }
}

/// The leaves of range number `range` of a walk that begins at `start`: ranges end at multiples of [`RANGE`].
fn range_of(range: u64, start: u64, size: u64) -> Range<u64> {
    let first = (start / RANGE + range) * RANGE;
    first.max(start)..size.min(first + RANGE)
}

/// Compares the number of rows of each index with the expected number. The audit has already looked up every expected row, so
/// equal numbers mean that the index has no other rows.
fn compare_index_rows<R: LedgerReader + ?Sized>(
    store: &R,
    expected_rows: Option<IndexRows>,
    labels: Option<u64>,
    report: &mut AuditReport,
) {
    // The rows of an unreadable leaf are unknown; the leaf is a finding already.
    let Some(expected_rows) = expected_rows else { return };
    match store.index_rows() {
        Ok(None) => {}
        Ok(Some(found)) => {
            if labels.is_none() && report.court.acts > 0 {
                report.not_checked.push(LABELS_NOT_COUNTED);
            }
            let expected_rows = IndexRows { labels: labels.unwrap_or(found.labels), ..expected_rows };
            for ((index, expected), (_, found)) in expected_rows.named().into_iter().zip(found.named()) {
                if expected != found {
                    let detail = format!("the index `{index}` has {found} rows, the log yields {expected}");
                    report.find(ledger_finding(Fault::Index, detail));
                }
            }
        }
        Err(error) => report.find(ledger_finding(Fault::Index, error.to_string())),
    }
}

/// The report before the first leaf, with the checks that the options exclude.
fn empty_report(published: &Published, origin: &Name, options: &Options) -> AuditReport {
    let mut not_checked = vec![WITNESSES_NOT_CHECKED, TIMESTAMPS_NOT_CHECKED];
    if options.pinned.is_none() {
        not_checked
            .push(("账本密钥是否可信（未指定密钥）", "whether the ledger's key is the right one: no key was pinned"));
    }
    if options.structure_only {
        not_checked.push(("存证的格式、编号、提交时间与主题序列", "deposits: their form, numbers, times and subjects"));
    }
    if !options.signatures {
        not_checked.push(("存证人签名", "depositors' signatures"));
    }
    if !options.indexes {
        not_checked.push(("索引、关联与非公开内容", "index rows, links and private content"));
        not_checked.push(("案件、账号与访问日志", "cases, accounts and access logs"));
        not_checked.push(("托管原文", "originals in custody"));
    }
    AuditReport {
        origin: origin.to_string(),
        mode: None,
        size: published.size(),
        height: published.height,
        root: Digest::ZERO,
        checkpoint: published.checkpoint.note().to_string(),
        keys: Vec::new(),
        entries: 0,
        notices: 0,
        blocks: 0,
        signatures: 0,
        tiles: 0,
        index_rows: 0,
        court: CourtReport::default(),
        findings: Vec::new(),
        findings_total: 0,
        not_checked,
    }
}

/// A finding about the whole ledger, not about one leaf.
fn ledger_finding(fault: Fault, detail: String) -> Finding {
    Finding { fault, index: None, height: None, number: None, detail }
}

/// Compares a recomputed full tile with the stored one, and its root with the stored item of the level above.
fn compare_tile<R: LedgerReader + ?Sized>(store: &R, tile: &FullTile, report: &mut AuditReport) {
    report.tiles += 1;
    let first = tile.index * u64::from(TILE_WIDTH);
    let same = store.tile_hashes(tile.level, first, TILE_WIDTH).map(|stored| stored == tile.hashes);
    let above = store.tile_hashes(tile.level + 1, tile.index, 1).map(|root| root == [tile.root]);
    let detail = match (same, above) {
        (Ok(true), Ok(true)) => return,
        (Ok(false), _) => "hashes differ".to_owned(),
        (_, Ok(false)) => "root differs".to_owned(),
        (Err(error), _) | (_, Err(error)) => error.to_string(),
    };
    report.find(ledger_finding(Fault::Tile, format!("tile {}/{}: {detail}", tile.level, tile.index)));
}

/// Compares the recomputed root with the root of the checkpoint.
fn compare_root(report: &mut AuditReport, published: &Published, frontier: &Frontier) {
    report.root = frontier.root();
    let expected = published.checkpoint.checkpoint().root;
    if report.root != expected {
        report
            .find(ledger_finding(Fault::TreeRoot, format!("computed {}, the checkpoint has {expected}", report.root)));
    }
}

/// Follows the ledger's keys from the trusted one, and verifies that the key in force at its size signed the checkpoint.
fn compare_key<R: LedgerReader + ?Sized>(
    report: &mut AuditReport,
    published: &Published,
    checker: &ChainChecker<'_, R>,
    options: &Options,
) {
    let mut find = |detail| report.find(ledger_finding(Fault::Checkpoint, detail));
    let Some(history) = checker.key_history() else { return find("the chain names no ledger key".into()) };
    if let Some(pinned) = &options.pinned
        && history.extends_pinned(std::slice::from_ref(pinned)).is_none()
    {
        find(format!("the chain's key is {}, the trusted one {pinned}", history.current().key));
    }
    if let Err(error) = history.verify(&published.checkpoint) {
        find(error.to_string());
    }
    let keys = history.periods().map(|period| (period.key.clone(), period.index));
    report.keys = keys.collect();
}

/// Compares the index row of the `key` notices with the `key` notices of the chain.
fn compare_key_notices<R: LedgerReader + ?Sized>(store: &R, expected: &[LeafIndex], report: &mut AuditReport) {
    match store.key_notices() {
        Ok(found) if found == expected => {}
        Ok(found) => {
            let detail = format!("the row of key notices names {}, the log has {}", found.len(), expected.len());
            report.find(ledger_finding(Fault::Index, detail));
        }
        Err(error) => report.find(ledger_finding(Fault::Index, error.to_string())),
    }
}
