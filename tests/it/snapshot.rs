//! Every byte on disk after three fixed blocks.
//!
//! A change here is a change of the disk format. If it is meant: raise `FORMAT_VERSION` where its doc says so, write the
//! change into its history and into `chain-data/README.md`, then accept the new snapshot (`INSTA_UPDATE=always`).

use std::fmt::Write as _;

use tiezheng::ledger::chain::PendingLeaf;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::statement::text::LinkKind;
use tiezheng::store::rocks::checkpoint_file::{CheckpointFile, CheckpointState};
use tiezheng::store::rocks::manifest::Extent;
use tiezheng::store::rocks::schema::TABLES;
use tiezheng::store::traits::CursorStore as _;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::{LogStore, PrivateContent};

use crate::support::chain::{
    Draft, annex_at, append_erasing, erased, found, metadata_at, notice, number, private, published_of,
};
use crate::support::stores::{Bench, Rocks};

/// Genesis; a block with one row or more in every table of the chain; a block that completes the first tile and erases
/// what one deposit brought.
fn three_blocks() -> Rocks {
    let bench = Rocks::begin();
    let store = bench.store();
    found(store);
    let content = |metadata, annexes: &[u8], label| PrivateContent {
        metadata,
        annexes: annexes.iter().map(|n| private(*n)).collect(),
        labels: vec![Digest([label; 32])],
    };
    let second = append_erasing(
        store,
        vec![
            Draft::nth(1).subject(7, 1).meta(&private(1)).waiting(1),
            Draft::nth(2).salted().link(LinkKind::Corrects, number(1)).meta(&private(2)).waiting(2),
            Draft::nth(4).meta(&private(4)).waiting(4),
        ],
        &[(0, content(Some(private(1)), &[11], 0xa1)), (2, content(Some(private(4)), &[14, 15], 0xa2))].into(),
        &[],
    );
    store.publish(published_of(&second.unwrap())).unwrap();
    let mut pieces = [metadata_at(4), annex_at(4, &private(14))];
    pieces.sort_unstable();
    let waiting = (0..248).map(|n| PendingLeaf::Notice(notice(n))).chain([Draft::nth(3).waiting(3), erased(&pieces)]);
    let third = append_erasing(store, waiting.collect(), &[].into(), &pieces);
    store.publish(published_of(&third.unwrap())).unwrap();
    store.set_cursor(&Digest([0xb1; 32]), 0x0102).unwrap();
    bench
}

/// `hex of the key: hex of the value`, table by table. Of many rows of one kind it shows the first and the last and the
/// digest of all; of a tile, its root, its first hash and the digest of all.
fn dump(bench: &Rocks) -> String {
    let rows: Vec<_> = bench.store().rows().map(Result::unwrap).collect();
    let mut text = String::new();
    for (table, _) in TABLES {
        let lines = rows.iter().filter(|row| row.table == table);
        let lines: Vec<String> = lines.map(|row| format!("{}: {}", hex::encode(&row.key), value(&row.value))).collect();
        writeln!(text, "{table} ({} rows)", lines.len()).unwrap();
        if let [first @ .., last] = lines.as_slice()
            && lines.len() > 12
        {
            let all = tiezheng::ledger::hash::sha256(lines.join("\n").as_bytes());
            writeln!(text, "  {}\n  … sha-256 of all these lines: {all}\n  {last}", first[..8].join("\n  ")).unwrap();
        } else {
            for line in &lines {
                writeln!(text, "  {line}").unwrap();
            }
        }
    }
    text
}

fn value(bytes: &[u8]) -> String {
    let Some((first, _)) = bytes.split_at_checked(4_000) else { return hex::encode(bytes) };
    let (length, all) = (bytes.len(), tiezheng::ledger::hash::sha256(bytes));
    format!("{} … {length} bytes, sha-256 of all: {all}", hex::encode(&first[..64]))
}

#[test]
fn every_row_of_every_column_family_is_as_it_was() {
    let bench = three_blocks();
    assert_eq!(bench.store().published().unwrap().size().0, 257);
    insta::assert_snapshot!("column_families", dump(&bench));
}

#[test]
fn the_mark_is_as_it_was() {
    let bench = three_blocks();
    let path = bench.folder().join("mark");
    let mark = CheckpointState::read(&path).unwrap();
    // How long the MANIFEST is, is RocksDB's matter: written anew with a length of ours.
    let mut file = CheckpointFile::open(&path, &mark).unwrap();
    for length in [1_000, 1_500] {
        file.write(mark.checkpoint.as_ref().unwrap(), Some(Extent { number: 12, length })).unwrap();
    }
    let mark = std::fs::read(&path).unwrap();
    assert_eq!(mark.len(), 131_072);
    let slots = mark.chunks(65_536).map(|slot| {
        let used = slot.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        slot[..used].chunks(32).map(hex::encode).collect::<Vec<_>>().join("\n")
    });
    insta::assert_snapshot!("mark", slots.collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn counts_of_rows_follow_from_the_leaves() {
    let bench = three_blocks();
    let counts = bench.store().count_rows().unwrap();
    let expected = [257, 1, 3, 4, 4, 257, 8, 1, 1, 1, 0, 0, 3, 3, 2, 2, 1, 3];
    assert_eq!(counts.iter().map(|(_, count)| *count).collect::<Vec<_>>(), expected);
    assert_eq!(bench.store().tip().unwrap().size().0, 257);
}
