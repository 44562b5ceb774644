//! Erased content is removed from every file despite interruptions; other content is still served.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tiezheng::audit::walk::{Options, walk};
use tiezheng::ledger::hash::sha256;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::metadata::PrivateMetadata;
use tiezheng::ledger::notice::ErasedPiece;
use tiezheng::store::traits::PrivateReader as _;
use tiezheng::store::traits::private_store::{CompletedErasures, ErasureError, PrivateStore};
use tiezheng::store::traits::{LedgerReader, LogStore, PrivateContent, PrivatePiece};

use super::copy;
use crate::support::chain::{Draft, annex_at, append_erasing, erase, found, metadata_at, published_of};
use crate::support::stores::{Bench, Rocks};

/// Piece `n`: salt and text are like no other bytes.
fn piece(n: u64) -> PrivateMetadata {
    let salt = sha256(format!("salt {n}").as_bytes()).0;
    PrivateMetadata { salt, json: format!(r#"{{"name":"distinctive name {n} 甲乙丙丁"}}"#) }
}

/// Seals deposits `from .. to` in one block: deposit `n` brings metadata `10 n`, annexes `10 n + 1` and `10 n + 2`.
fn grow(bench: &Rocks, from: u64, to: u64) {
    let deposits = (from..to).map(|n| Draft::nth(n).meta(&piece(10 * n)).waiting(n)).collect();
    let content = |n: u64| PrivateContent {
        metadata: Some(piece(10 * n)),
        annexes: vec![piece(10 * n + 1), piece(10 * n + 2)],
        labels: vec![],
    };
    let held: BTreeMap<u64, _> = (from..to).map(|n| (n - from, content(n))).collect();
    let block = append_erasing(bench.store(), deposits, &held, &[]).unwrap();
    bench.store().publish(published_of(&block)).unwrap();
}

/// Blocks of 100 deposits each, so many that some lie in files and were compacted. Deposit `n` stands at `place(n)`.
fn grown() -> Rocks {
    let bench = Rocks::begin();
    found(bench.store());
    for n in 0..12 {
        grow(&bench, 100 * n, 100 * (n + 1));
    }
    bench
}

const fn place(n: u64) -> u64 {
    2 + n + n / 100
}

/// Files of the whole folder that hold these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            // The database may remove a file between the listing and the look: that one holds nothing any more.
            } else if read_if_there(&path).windows(bytes.len()).any(|window| window == bytes) {
                found.push(path);
            }
        }
    }
    found
}

fn read_if_there(path: &Path) -> Vec<u8> {
    match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// How many of the salt and the text lie in any file.
fn traces(folder: &Path, n: u64) -> usize {
    let found = |bytes: &[u8]| usize::from(!holding(folder, bytes).is_empty());
    found(&piece(n).salt) + found(piece(n).json.as_bytes())
}

fn audit(store: &impl LedgerReader) {
    let report = walk(store, &Options::default(), |_| {}).unwrap();
    assert!(report.is_clean(), "{:#?}", report.findings);
}

/// One piece from the first block, one annex from the middle, all of a deposit that is still in the log alone.
fn chosen() -> [(ErasedPiece, u64); 5] {
    let annex = |n: u64, which: u64| (annex_at(place(n), &piece(10 * n + which)), 10 * n + which);
    let metadata = |n: u64| (metadata_at(place(n)), 10 * n);
    let mut chosen = [metadata(3), annex(650, 2), metadata(1_199), annex(1_199, 1), annex(1_199, 2)];
    chosen.sort_unstable();
    chosen
}

fn served(bench: &Rocks) {
    let store = bench.store();
    let annex = |n: u64, which: u64| store.annex(LeafIndex(place(n)), &piece(10 * n + which).commitment()).unwrap();
    for n in [2, 4, 650, 1_198] {
        assert_eq!(store.private(LeafIndex(place(n))), Ok(PrivatePiece::Held(piece(10 * n))));
    }
    for (n, which) in [(3, 1), (3, 2), (650, 1), (1_198, 2)] {
        assert_eq!(annex(n, which), PrivatePiece::Held(piece(10 * n + which)));
    }
    for n in [3, 1_199] {
        assert!(matches!(store.private(LeafIndex(place(n))), Ok(PrivatePiece::Erased(_))));
    }
    assert!(matches!(annex(650, 2), PrivatePiece::Erased(_)));
    audit(store);
}

#[test]
fn no_file_holds_what_was_purged_and_all_else_is_served() {
    let mut bench = grown();
    let folder = bench.folder();
    let pieces = chosen().map(|(piece, _)| piece);
    for (_, n) in chosen() {
        assert_eq!(traces(&folder, n), 2, "{n}");
    }
    erase(bench.store(), &pieces);
    // A tombstone alone removes no byte: this is what the purge is for.
    assert_eq!(chosen().map(|(_, n)| traces(&folder, n)), [2; 5]);
    assert_eq!(bench.store().complete_all_erasures(), Ok(CompletedErasures { pieces: pieces.to_vec() }));
    for _ in 0..2 {
        assert_eq!(chosen().map(|(_, n)| traces(&folder, n)), [0; 5]);
        assert_eq!(traces(&folder, 10 * 2), 2);
        served(&bench);
        bench.reopen();
    }
    grow(&bench, 1_200, 1_210);
    audit(bench.store());
}

/// As after a crash: the folder as it lay on disk right after the append, which another process then opens.
#[test]
fn a_purge_that_a_crash_cut_off_is_finished_by_the_next() {
    let bench = grown();
    let pieces = chosen().map(|(piece, _)| piece);
    erase(bench.store(), &pieces);
    let mut after = Rocks::begin();
    after.close();
    fs::remove_dir_all(after.folder()).unwrap();
    copy(&bench.folder(), &after.folder());
    after.reopen();
    assert_eq!(after.store().pending_erasures(), Ok(pieces.to_vec()));
    assert_eq!(after.store().complete_all_erasures(), Ok(CompletedErasures { pieces: pieces.to_vec() }));
    assert_eq!(chosen().map(|(_, n)| traces(&after.folder(), n)), [0; 5]);
    assert_eq!(after.store().complete_all_erasures(), Ok(CompletedErasures::default()));
    served(&after);
}

#[test]
fn nothing_is_confirmed_while_a_file_still_holds_it() {
    let mut bench = grown();
    let (target, n) = chosen()[0];
    erase(bench.store(), &[target]);
    // A copy in the data folder, wherever it comes from.
    let stray = bench.folder().join("db").join("stray");
    fs::write(&stray, [b"before".as_slice(), &piece(n).salt, b"behind"].concat()).unwrap();
    assert_eq!(bench.store().complete_all_erasures(), Err(ErasureError::StillHeld { file: "db/stray".into() }));
    assert_eq!(bench.store().pending_erasures(), Ok(vec![target]));
    bench.reopen();
    fs::remove_file(&stray).unwrap();
    assert_eq!(bench.store().complete_all_erasures(), Ok(CompletedErasures { pieces: vec![target] }));
    assert_eq!(traces(&bench.folder(), n), 0);
}

/// Files that somebody still reads stay on disk.
#[test]
fn a_reader_that_began_before_keeps_a_purge_from_being_confirmed() {
    let mut bench = grown();
    let (target, n) = chosen()[0];
    // So that the row lies in a file.
    bench.reopen();
    let mut reader = bench.store().rows();
    // The files of the table `vault` are held from here on.
    while reader.next().unwrap().unwrap().table != "vault" {}
    erase(bench.store(), &[target]);
    assert!(matches!(bench.store().complete_all_erasures(), Err(ErasureError::StillHeld { .. })));
    drop(reader);
    assert_eq!(bench.store().complete_all_erasures(), Ok(CompletedErasures { pieces: vec![target] }));
    assert_eq!(traces(&bench.folder(), n), 0);
}

/// Somebody used one salt twice, or brought the same piece with two deposits: the other is not taken for what is erased.
#[test]
fn a_piece_that_another_deposit_brought_too_is_purged_and_kept_there() {
    let bench = Rocks::begin();
    found(bench.store());
    let deposits = (0..2).map(|n| Draft::nth(n).meta(&piece(7)).waiting(n)).collect();
    let held = (0..2).map(|n| (n, piece(7).into())).collect();
    let block = append_erasing(bench.store(), deposits, &held, &[]).unwrap();
    bench.store().publish(published_of(&block)).unwrap();
    let (one, two) = (metadata_at(2), metadata_at(3));
    erase(bench.store(), &[one]);
    assert_eq!(bench.store().complete_all_erasures(), Ok(CompletedErasures { pieces: vec![one] }));
    assert_eq!(bench.store().private(LeafIndex(3)), Ok(PrivatePiece::Held(piece(7))));
    assert_eq!(traces(&bench.folder(), 7), 2);
    erase(bench.store(), &[two]);
    assert_eq!(bench.store().complete_all_erasures(), Ok(CompletedErasures { pieces: vec![two] }));
    assert_eq!(traces(&bench.folder(), 7), 0);
    assert_eq!(bench.store().tip().unwrap().next_height.0, 4);
}
