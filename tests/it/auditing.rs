//! The audit finds every manipulation that is possible with the ledger's key, and reports its place.

use std::sync::Arc;

use tiezheng::audit::report::{AuditReport, Fault, Finding};
use tiezheng::audit::walk::{Options, walk};
use tiezheng::ledger::entry::Entry;
use tiezheng::ledger::hash::{Digest, leaf_hash};
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::ledger::leaf::Leaf;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::notice::{ErasedPiece, Notice, NoticeKind, Piece};
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::text::{Link, LinkKind, Statement, Subject};
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::delegate::{Delegate, DelegatePrivate};
use tiezheng::store::traits::{LedgerReader, LogReader, PrivatePiece, Published, ReadError};

use crate::support::depositor::{ledger_key, origin, statement_with};
use crate::support::ledger::grow;
use crate::support::operator::Operator;

/// Small, since the operator's store looks everything up by reading all of it.
fn honest() -> Arc<MemoryStore> {
    grow(40).0
}

fn audit(operator: &Operator) -> AuditReport {
    let pinned = Some(ledger_key().verifier().clone());
    let options = Options { pinned, ..Options::default() };
    let report = walk(operator, &options, |_| {}).unwrap();
    let structure = walk(operator, &Options { structure_only: true, ..options }, |_| {}).unwrap();
    assert_eq!((structure.size, structure.root, structure.tiles), (report.size, report.root, report.tiles));
    assert_eq!((structure.signatures, structure.index_rows), (0, 0));
    // Deposits have no times in the structure, so where times run back may differ.
    let found = structure.findings.iter().filter(|finding| finding.fault != Fault::TimeOrder);
    let expected = report.findings.iter().filter(|finding| shows_in_structure(operator, finding));
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    report
}

/// Whether an audit that parses no deposit has this finding.
fn shows_in_structure(operator: &Operator, finding: &Finding) -> bool {
    use Fault::{BlockLink, BlockRoot, Checkpoint, Damaged, Malformed, NoticeSignature, OtherLedger, Tile, TreeRoot};
    let leaf = finding.index.and_then(|index| operator.leaves.get(usize::try_from(index.0).unwrap()));
    let is_deposit = leaf.is_some_and(|leaf| Leaf::is_entry(leaf));
    match finding.fault {
        Damaged | BlockRoot | BlockLink | NoticeSignature | Tile | TreeRoot | Checkpoint => true,
        Malformed | OtherLedger => !is_deposit,
        _ => false,
    }
}

fn faults(report: &AuditReport) -> Vec<Fault> {
    let mut faults: Vec<Fault> = report.findings.iter().map(|finding| finding.fault).collect();
    faults.dedup();
    faults
}

/// The honest ledger after `change`, made to fit again by the operator, shows exactly `fault` at the changed deposit.
fn resealed(n: usize, fault: &[Fault], change: impl FnOnce(&mut Operator, usize)) {
    let mut operator = Operator::of(&*honest());
    let index = operator.deposit(n);
    change(&mut operator, index);
    operator.reseal_honestly();
    let report = audit(&operator);
    assert_eq!(faults(&report), fault, "{:#?}", report.findings);
    assert_eq!(report.findings[0].index, Some(LeafIndex(index as u64)));
    let Some(height) = report.findings[0].height else { panic!("no block named") };
    let header = tiezheng::query::records::sealing_block(&operator, LeafIndex(index as u64)).unwrap();
    assert_eq!(header.height, height);
    assert_eq!(by_form_alone(&operator), report.findings.into_iter().filter(shows_in_form).collect::<Vec<_>>());
}

/// What an audit finds that looks at no signature and no row.
fn by_form_alone(operator: &Operator) -> Vec<Finding> {
    let pinned = Some(ledger_key().verifier().clone());
    walk(operator, &Options { pinned, signatures: false, indexes: false, ..Options::default() }, |_| {})
        .unwrap()
        .findings
}

fn shows_in_form(finding: &Finding) -> bool {
    use Fault::{DepositorSignature, Erasure, Index, Link, Private, Twice};
    !matches!(finding.fault, DepositorSignature | Twice | Link | Index | Private | Erasure)
}

/// Puts another statement into a deposit's entry.
fn restate(operator: &mut Operator, index: usize, change: impl FnOnce(&mut Statement)) {
    let entry = Entry::parse(&operator.leaves[index]).unwrap();
    let statement = statement_with(1, 1_000_000, change);
    operator.leaves[index] = Entry { statement: statement.note().clone(), ..entry }.to_string().into_bytes();
}

#[test]
fn an_honest_ledger_is_clean_and_counted() {
    let report = audit(&Operator::of(&*honest()));
    assert!(report.is_clean(), "{:#?}", report.findings);
    assert_eq!((report.entries, report.signatures, report.notices), (40, 40, 1));
    assert_eq!(report.size.0, report.entries + report.notices + report.blocks);
}

#[test]
fn a_changed_deposit_breaks_its_depositors_signature_however_well_the_rest_is_made_to_fit() {
    resealed(15, &[Fault::DepositorSignature], |operator, index| operator.rewrite(index, "size ", "size 1"));
}

#[test]
fn a_wrong_number_is_named() {
    resealed(7, &[Fault::Number], |operator, index| {
        let live = (0..).find_map(|r| DepositNumber::draw(false, 20_261_122, r)).unwrap();
        let entry = Entry::parse(&operator.leaves[index]).unwrap();
        operator.rewrite(index, &entry.number.to_string(), &live.to_string());
    });
    resealed(7, &[Fault::Number], |operator, index| {
        let other_day = (0..).find_map(|r| DepositNumber::draw(true, 20_261_123, r)).unwrap();
        let entry = Entry::parse(&operator.leaves[index]).unwrap();
        operator.rewrite(index, &entry.number.to_string(), &other_day.to_string());
    });
}

#[test]
fn a_deposit_that_stands_twice_is_named() {
    resealed(9, &[Fault::Twice, Fault::Index], |operator, index| {
        let twin = operator.leaves[operator.deposit(3)].clone();
        operator.leaves[index] = twin;
    });
}

#[test]
fn a_time_that_runs_back_is_named() {
    resealed(20, &[Fault::TimeOrder], |operator, index| {
        operator.rewrite(index, "received 2026-11-22T12", "received 2026-11-22T11");
    });
}

#[test]
fn broken_streams_links_and_ledgers_are_named() {
    let stream = |sequence| Some(Subject { id: Digest([4; 32]), sequence });
    resealed(5, &[Fault::Subject], |operator, index| restate(operator, index, |s| s.subject = stream(2)));
    let nowhere = DepositNumber::parse("T20261122-0K7M-X9QT-3D5W-MP").unwrap();
    resealed(5, &[Fault::Link], |operator, index| {
        restate(operator, index, |s| s.links = vec![Link { kind: LinkKind::Refers, number: nowhere }]);
    });
    resealed(5, &[Fault::Link], |operator, index| {
        let later = Entry::parse(&operator.leaves[operator.deposit(30)]).unwrap().number;
        restate(operator, index, |s| s.links = vec![Link { kind: LinkKind::Refers, number: later }]);
    });
    let elsewhere = Name::parse("elsewhere.example").unwrap();
    resealed(5, &[Fault::OtherLedger], |operator, index| restate(operator, index, |s| s.ledger = elsewhere));
}

#[test]
fn the_structure_has_the_times_of_blocks_and_no_time_of_a_deposit() {
    let structure =
        |operator: &Operator| walk(operator, &Options { structure_only: true, ..Options::default() }, |_| {}).unwrap();
    let mut operator = Operator::of(&*honest());
    let index = operator.deposit(20);
    operator.rewrite(index, "received 2026-11-22T12", "received 2026-11-22T11");
    operator.reseal_honestly();
    let report = structure(&operator);
    assert!(report.is_clean(), "{:#?}", report.findings);
    assert_eq!((report.entries, report.notices, report.signatures), (40, 1, 0));
    assert!(report.not_checked.iter().any(|(_, en)| en.starts_with("deposits: their form, numbers, times")));
    let header = operator.leaves.len() - 1;
    operator.rewrite(header, "time 2026-11-22T12", "time 2026-11-22T11");
    operator.sign(&ledger_key());
    let report = structure(&operator);
    assert_eq!(faults(&report), [Fault::TimeOrder], "{:#?}", report.findings);
    assert_eq!(report.findings[0].index, Some(LeafIndex(header as u64)));
}

#[test]
fn bytes_that_are_no_record_are_named() {
    resealed(11, &[Fault::Malformed], |operator, index| operator.rewrite(index, "entry v1", "entry v2"));
}

/// Each byte of a deposit changed in turn, and all made to fit again: what is no record any more is named as such, the same
/// with and without a look at signatures and rows.
#[test]
fn no_changed_byte_of_a_deposit_makes_an_unnoticed_record() {
    let honest = honest();
    let index = Operator::of(&*honest).deposit(5);
    let length = Operator::of(&*honest).leaves[index].len();
    let mut malformed = 0;
    for at in (0..length).step_by(7) {
        let mut operator = Operator::of(&*honest);
        operator.leaves[index][at] ^= 1;
        operator.reseal_honestly();
        let report = audit(&operator);
        // The hole that it leaves in its stream, or a later time, shows where the ledger goes on.
        let here = |f: &Finding| f.index == Some(LeafIndex(index as u64));
        let named = |f: &Finding| here(f) || matches!(f.fault, Fault::Subject | Fault::TimeOrder);
        assert!(!report.is_clean() && report.findings.iter().all(named), "{at}: {:?}", report.findings);
        malformed += usize::from(report.findings[0].fault == Fault::Malformed);
        assert_eq!(by_form_alone(&operator), report.findings.into_iter().filter(shows_in_form).collect::<Vec<_>>());
    }
    assert!((1..length / 7).contains(&malformed), "{malformed}");
}

#[test]
fn headers_that_do_not_fit_are_named() {
    let last = |operator: &Operator| operator.leaves.len() - 1;
    for (from, to, fault) in [("root ", "root 0000", Fault::Malformed), ("previous ", "previous x", Fault::Malformed)] {
        let mut operator = Operator::of(&*honest());
        let index = last(&operator);
        operator.rewrite(index, from, to);
        let report = walk(&operator, &Options::default(), |_| {}).unwrap();
        assert!(faults(&report).contains(&fault), "{:#?}", report.findings);
    }
    let edit = |change: &dyn Fn(&mut tiezheng::ledger::block::BlockHeader)| {
        let mut operator = Operator::of(&*honest());
        let index = last(&operator);
        let Ok(Leaf::Block(mut header)) = Leaf::parse(&operator.leaves[index]) else { panic!("no header") };
        change(&mut header);
        operator.leaves[index] = header.to_string().into_bytes();
        operator.sign(&ledger_key());
        faults(&audit(&operator))
    };
    assert_eq!(edit(&|header| header.root = Digest([1; 32])), [Fault::BlockRoot]);
    assert_eq!(edit(&|header| header.previous = Digest([1; 32])), [Fault::BlockLink]);
    assert_eq!(edit(&|header| header.count += 1), [Fault::BlockRoot]);
    assert!(edit(&|header| header.height.0 += 1).contains(&Fault::BlockLink));
}

#[test]
fn a_damaged_leaf_is_pinned_to_its_entry_and_block_and_the_walk_goes_on() {
    let mut operator = Operator::of(&*honest());
    let index = operator.deposit(23) as u64;
    operator.unreadable = vec![index];
    let report = audit(&operator);
    assert_eq!(faults(&report), [Fault::Damaged], "{:#?}", report.findings);
    assert_eq!(report.findings[0].index, Some(LeafIndex(index)));
    assert_eq!(report.entries, 39);
}

#[test]
fn a_damaged_header_is_pinned_to_its_block_and_the_entries_behind_it_to_theirs() {
    let mut operator = Operator::of(&*honest());
    let headers: Vec<u64> = (0..operator.leaves.len())
        .filter(|i| operator.leaves[*i].starts_with(b"tiezheng block"))
        .map(|i| i as u64)
        .collect();
    let (lost, behind) = (headers[0], headers[0] + 1);
    operator.unreadable = vec![lost, behind];
    let found: Vec<_> =
        audit(&operator).findings.iter().map(|f| (f.fault, f.index.unwrap().0, f.height.unwrap().0)).collect();
    assert_eq!(found, [(Fault::Damaged, lost, 0), (Fault::Damaged, behind, 1)]);
}

#[test]
fn tiles_that_are_not_what_the_leaves_hash_to_are_named() {
    let mut operator = Operator::of(&*grow(300).0);
    let mut hashes: Vec<Digest> = operator.leaves.iter().map(|bytes| leaf_hash(bytes)).collect();
    hashes[17] = Digest([1; 32]);
    operator.tiles = Some(hashes);
    for structure_only in [false, true] {
        let options = Options { indexes: false, structure_only, ..Options::default() };
        assert_eq!(faults(&walk(&operator, &options, |_| {}).unwrap()), [Fault::Tile]);
    }
}

#[test]
fn a_checkpoint_of_another_tree_or_key_is_named() {
    let mut operator = Operator::of(&*honest());
    let index = operator.deposit(0);
    operator.rewrite(index, "size ", "size 1");
    let found = faults(&audit(&operator));
    assert!(found.contains(&Fault::TreeRoot) && found.contains(&Fault::BlockRoot), "{found:?}");

    let mut operator = Operator::of(&*honest());
    operator.sign(&Signer::new(origin(), &[66; 32]).unwrap());
    assert_eq!(faults(&audit(&operator)), [Fault::Checkpoint]);

    let pinned = Some(Signer::new(origin(), &[66; 32]).unwrap().verifier().clone());
    let report = walk(&*honest(), &Options { pinned, ..Options::default() }, |_| {}).unwrap();
    assert_eq!(faults(&report), [Fault::Checkpoint]);
}

#[test]
fn missing_index_rows_are_named() {
    let mut operator = Operator::of(&*honest());
    operator.no_numbers = true;
    let report = audit(&operator);
    assert_eq!(faults(&report), [Fault::Index]);
    assert_eq!(report.findings_total, 40);
}

/// A ledger whose operator put an `erased` notice, signed by `signer`, in front of the last deposit's block. Where the
/// notice stands, and the deposit that it names.
fn with_erased(signer: &Signer) -> (Operator, u64, u64) {
    let mut operator = Operator::of(&*honest());
    let (named, last) = (operator.deposit(3) as u64, operator.deposit(39));
    let Ok(Leaf::Entry(entry)) = Leaf::parse(&operator.leaves[last]) else { panic!("no entry") };
    let pieces = vec![ErasedPiece { index: LeafIndex(named), piece: Piece::Metadata }];
    let notice = Notice { ledger: origin(), received: entry.received, kind: NoticeKind::Erased { pieces } };
    operator.leaves.insert(last, notice.sign(&[signer]).unwrap().to_string().into_bytes());
    operator.reseal_honestly();
    (operator, last as u64, named)
}

#[test]
fn an_erasure_is_signed_by_the_key_in_force_and_agrees_with_its_tombstone() {
    let (mut operator, notice, named) = with_erased(&ledger_key());
    // Nothing was erased.
    let report = audit(&operator);
    assert_eq!(faults(&report), [Fault::Erasure]);
    assert_eq!(report.findings[0].index, Some(LeafIndex(notice)));
    operator.private.insert(named, PrivatePiece::Erased(LeafIndex(notice)));
    assert!(audit(&operator).is_clean());
    // A tombstone that no notice names.
    let other = operator.deposit(4) as u64;
    operator.private.insert(other, PrivatePiece::Erased(LeafIndex(notice)));
    let report = audit(&operator);
    assert_eq!(faults(&report), [Fault::Erasure]);
    assert_eq!(report.findings[0].index, Some(LeafIndex(other)));
    // A tombstone that leads elsewhere: found at both ends.
    operator.private = [(named, PrivatePiece::Erased(LeafIndex(0)))].into();
    let places: Vec<_> = audit(&operator).findings.iter().map(|f| (f.fault, f.index.unwrap().0)).collect();
    assert_eq!(places, [(Fault::Erasure, named), (Fault::Erasure, notice)]);

    let (mut operator, notice, named) = with_erased(&Signer::new(origin(), &[66; 32]).unwrap());
    operator.private.insert(named, PrivatePiece::Erased(LeafIndex(notice)));
    assert_eq!(faults(&audit(&operator)), [Fault::NoticeSignature]);
}

/// A ledger whose disk fails at one method of the index, or at one leaf.
struct FailingDisk {
    inner: Arc<MemoryStore>,
    method: &'static str,
    leaf: Option<u64>,
}

impl Delegate for FailingDisk {
    fn delegate<T>(
        &self,
        method: &'static str,
        read: impl FnOnce(&dyn LedgerReader) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        if method == self.method { Err(ReadError::Unavailable("EIO".into())) } else { read(&*self.inner) }
    }
}

impl DelegatePrivate for FailingDisk {}

impl LedgerReader for FailingDisk {}

impl LogReader for FailingDisk {
    fn published(&self) -> Option<Arc<Published>> {
        self.inner.published()
    }
    fn leaves(&self, first: LeafIndex, count: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        match self.leaf {
            Some(leaf) if (first.0..first.0 + count).contains(&leaf) => Err(ReadError::Unavailable("EIO".into())),
            _ => self.inner.leaves(first, count),
        }
    }
    fn tile_hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ReadError> {
        self.inner.tile_hashes(level, first, count)
    }
}

#[test]
fn a_disk_that_fails_is_no_finding_about_the_ledger() {
    let disk = |method, leaf| FailingDisk { inner: honest(), method, leaf };
    assert!(walk(&disk("", None), &Options::default(), |_| {}).unwrap().is_clean());
    let failing =
        ["find_number", "find_statements", "find_digest", "private_of", "index_rows"].map(|name| disk(name, None));
    for disk in failing.into_iter().chain([disk("", Some(17))]) {
        let ended = walk(&disk, &Options::default(), |_| {});
        let failed = Err(ReadError::Unavailable("EIO".into()));
        assert_eq!(ended.map(|report| report.findings), failed, "{} {:?}", disk.method, disk.leaf);
    }
}
