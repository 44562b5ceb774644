//! Every byte on disk after three fixed blocks.
//!
//! A change here is a change of the disk format. If it is meant: raise `FORMAT_VERSION` where its doc says so, write the
//! change into its history and into `chain-data/README.md`, then accept the new snapshot (`INSTA_UPDATE=always`).

use std::fmt::Write as _;

use tiezheng::ledger::chain::Waiting;
use tiezheng::ledger::statement::text::LinkKind;
use tiezheng::store::contract::{AppendLedger, ReadLedger};
use tiezheng::store::rocks::schema::TABLES;

use crate::support::chain::{Draft, append_with, found, notice, number, private, published_of, seal};
use crate::support::stores::{Bench, Rocks};

/// Genesis; a block with one row in every table; a block that completes the first tile.
fn three_blocks() -> Rocks {
    let bench = Rocks::begin();
    let store = bench.store();
    found(store);
    let second = append_with(
        store,
        vec![
            Draft::nth(1).subject(7, 1).meta(&private(1)).waiting(1),
            Draft::nth(2).salted().link(LinkKind::Corrects, number(1)).meta(&private(2)).waiting(2),
        ],
        &[(0, private(1))].into(),
    );
    store.publish(published_of(&second.unwrap())).unwrap();
    seal(store, (0..250).map(|n| Waiting::Notice(notice(n))).chain([Draft::nth(3).waiting(3)]).collect());
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
    let mark = std::fs::read(bench.folder().join("mark")).unwrap();
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
    let expected = [257, 1, 3, 3, 3, 257, 6, 1, 1, 2, 2];
    assert_eq!(counts.iter().map(|(_, count)| *count).collect::<Vec<_>>(), expected);
    assert_eq!(bench.store().tip().unwrap().size().0, 257);
}
