//! Damaged, exchanged and missing files.

use std::fs;
use std::path::{Path, PathBuf};

use tiezheng::audit::report::Fault;
use tiezheng::audit::walk::{Options, walk};
use tiezheng::ledger::block::Height;
use tiezheng::ledger::checkpoint::Checkpoint;
use tiezheng::ledger::hash::{Digest, leaf_hash};
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::query::proofs;
use tiezheng::store::rocks::checkpoint_file::{CheckpointFile, CheckpointState};
use tiezheng::store::rocks::format::{FORMAT_VERSION, OLDEST_REBUILT_VERSION};
use tiezheng::store::rocks::open_error::OpenError;
use tiezheng::store::rocks::schema::TABLES;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::rocks::tuning::Options as Settings;
use tiezheng::store::traits::Index as _;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::{LedgerReader, LogStore, PrivatePiece, ReadError};

use super::{SAMPLE, copy, database_files, files, sample};
use crate::support::chain::{
    Draft, append_with, checkpoint_of, everywhere, found, number, private, published_of, seal,
};
use crate::support::depositor::{ledger_key, origin};
use crate::support::stores::{Bench, Rocks, small};

/// Damages a copy of the sample, and sees it refused in this way by a node and by an audit, and left as it is.
#[track_caller]
pub(super) fn refused(name: &str, is_right: fn(&OpenError) -> bool, damage: impl FnOnce(&Path)) {
    refused_with(&small(), name, is_right, damage);
}

/// The same under other settings of the database.
#[track_caller]
fn refused_with(settings: &Settings, name: &str, is_right: fn(&OpenError) -> bool, damage: impl FnOnce(&Path)) {
    let (_root, folder) = sample();
    damage(&folder);
    let before = files(&folder);
    let error = RocksStore::open(&folder, settings).err().unwrap_or_else(|| panic!("{name}: was opened"));
    assert!(is_right(&error), "{name}: {error:?}");
    assert_eq!(files(&folder), before, "{name}: a node has changed it");
    let error = RocksStore::open_read_only(&folder, settings).err().unwrap_or_else(|| panic!("{name}: was read"));
    assert!(is_right(&error), "{name}: {error:?}");
    assert_eq!(files(&folder), before, "{name}: an audit has changed it");
}

/// Opens the database of a ledger behind the ledger's back.
pub(crate) fn tamper(folder: &Path, change: impl FnOnce(&mut rocksdb::DB)) {
    let mut options = rocksdb::Options::default();
    options.set_track_and_verify_wals_in_manifest(true);
    let tables = TABLES.iter().map(|(name, _)| (*name, rocksdb::Options::default()));
    change(&mut rocksdb::DB::open_cf_with_opts(&options, folder.join("db"), tables).unwrap());
}

fn put(folder: &Path, table: &str, key: &[u8], value: &[u8]) {
    tamper(folder, |db| db.put_cf(db.cf_handle(table).unwrap(), key, value).unwrap());
}

pub(super) fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

fn size() -> u64 {
    SAMPLE.blocks.last().unwrap().tip.size().0
}

#[test]
fn a_mark_that_is_missing_or_damaged_is_refused() {
    refused("no mark", |e| matches!(e, OpenError::CheckpointFileMissing), |f| fs::remove_file(f.join("mark")).unwrap());
    let damaged = |e: &OpenError| matches!(e, OpenError::CheckpointFileDamaged);
    refused("zeroed mark", damaged, |f| fs::write(f.join("mark"), vec![0; 131_072]).unwrap());
    let empty =
        |e: &OpenError| matches!(e, OpenError::CheckpointFileLength { found: 0 }) && e.to_string().contains("is empty");
    refused("empty mark", empty, |f| fs::write(f.join("mark"), "").unwrap());
    let short = |e: &OpenError| {
        matches!(e, OpenError::CheckpointFileLength { found: 131_071 }) && e.to_string().contains("cut off")
    };
    refused("short mark", short, |f| {
        fs::write(f.join("mark"), &fs::read(f.join("mark")).unwrap()[..131_071]).unwrap();
    });
    let long = |e: &OpenError| {
        matches!(e, OpenError::CheckpointFileLength { found: 131_073 }) && e.to_string().contains("appended")
    };
    refused("long mark", long, |f| {
        fs::write(f.join("mark"), [&fs::read(f.join("mark")).unwrap()[..], b"x"].concat()).unwrap();
    });
    refused("both slots", damaged, |f| [30, 65_566].iter().for_each(|at| flip(&f.join("mark"), *at)));
}

#[test]
fn one_damaged_slot_falls_back_to_the_other() {
    let last = &SAMPLE.blocks[SAMPLE.blocks.len() - 1];
    let before = &SAMPLE.blocks[SAMPLE.blocks.len() - 2];
    let mut found = Vec::new();
    for slot in [0, 65_536] {
        let (_root, folder) = sample();
        flip(&folder.join("mark"), slot + 30);
        let store = RocksStore::open(&folder, &small()).unwrap();
        found.push(store.published().unwrap().size());
        // The database is ahead of the mark now; the sequencer signs again and goes on.
        assert_eq!(store.tip().unwrap().size(), last.tip.size());
        if store.published().unwrap().size() < last.tip.size() {
            store.publish(published_of(last)).unwrap();
        }
        seal(&store, vec![Draft::nth(9_000).waiting(9_000)]);
    }
    found.sort();
    // A clean end writes the checkpoint once more where the MANIFEST has grown since: then both slots have the last one.
    assert_eq!(found[1], last.tip.size());
    assert!([before.tip.size(), last.tip.size()].contains(&found[0]), "{found:?}");
}

#[test]
fn a_database_that_is_missing_behind_or_another_is_refused() {
    let whole = |e: &OpenError| matches!(e, OpenError::DatabaseMissing { .. });
    refused("no database", whole, |f| fs::remove_dir_all(f.join("db")).unwrap());
    let behind = |e: &OpenError| matches!(e, OpenError::Behind { .. });
    refused("older database", behind, |f| {
        fs::remove_dir_all(f.join("db")).unwrap();
        copy(&SAMPLE.halfway.join("db"), &f.join("db"));
    });
    refused("empty database", behind, |f| replace_by(f, &origin(), 0, 0));
    let other = Name::parse("other.example").unwrap();
    refused("another ledger", |e| matches!(e, OpenError::AnotherLedger { .. }), |f| replace_by(f, &other, 0, 0));
    refused(
        "another history",
        |e| matches!(e, OpenError::Different { .. }),
        |f| replace_by(f, &origin(), 1_700, 5_000),
    );
    refused("mark ahead", behind, |f| {
        let ahead = Checkpoint { origin: origin(), size: TreeSize(size() + 1), root: leaf_hash(b"") };
        write_checkpoint_file(f, ahead);
    });
    refused(
        "mark of no block",
        |e| matches!(e, OpenError::NoBlockAtCheckpoint { .. }),
        |f| {
            let store = RocksStore::open_read_only(f, &small()).unwrap();
            let size = TreeSize(size() - 1);
            let root = proofs::root(&store, size).unwrap();
            drop(store);
            write_checkpoint_file(f, Checkpoint { origin: origin(), size, root });
        },
    );
}

fn write_checkpoint_file(folder: &Path, checkpoint: Checkpoint) {
    let path = folder.join("mark");
    let mut file = CheckpointFile::open(&path, &CheckpointState::read(&path).unwrap()).unwrap();
    file.write(&checkpoint.sign(&ledger_key()).unwrap(), None).unwrap();
}

/// Puts another database in the place of the sample's: of this origin, with so many deposits from number `first` on.
fn replace_by(folder: &Path, origin: &Name, deposits: u64, first: u64) {
    let root = tempfile::tempdir().unwrap();
    let other = root.path().join("other");
    let store = RocksStore::create(&other, origin, &small()).unwrap();
    if deposits > 0 {
        found(&store);
        seal(&store, (first..first + deposits).map(|n| Draft::nth(n).waiting(n)).collect());
    }
    drop(store);
    fs::remove_dir_all(folder.join("db")).unwrap();
    copy(&other.join("db"), &folder.join("db"));
}

#[test]
fn a_log_that_is_cut_off_zeroed_or_missing_is_refused() {
    let lost = |e: &OpenError| matches!(e, OpenError::Behind { .. } | OpenError::DatabaseDamaged { .. });
    let log = |f: &Path| database_files(f, ".log").pop().unwrap();
    let length = SAMPLE.logged;
    assert!(length > 10_000, "the last blocks are in the log: {length} bytes");
    refused("no log", lost, |f| fs::remove_file(log(f)).unwrap());
    // Not all of the last nine bytes are zeros by themselves.
    for kept in [0, 1, length / 2, length - 9] {
        refused(&format!("{kept} bytes of log"), lost, |f| {
            let bytes = fs::read(log(f)).unwrap();
            fs::write(log(f), &bytes[..kept]).unwrap();
        });
        refused(&format!("zeros after {kept} bytes of log"), lost, |f| {
            let mut bytes = fs::read(log(f)).unwrap();
            bytes[kept..].fill(0);
            fs::write(log(f), bytes).unwrap();
        });
    }
    for at in (0..length).step_by(length / 20) {
        refused(&format!("bit in byte {at} of the log"), lost, |f| flip(&log(f), at));
    }
}

/// Behind the last block the log holds index rows only, which are made again.
#[test]
fn a_log_that_is_damaged_behind_its_last_block_loses_nothing() {
    let log = |f: &Path| database_files(f, ".log").pop().unwrap();
    let whole = fs::read(log(&SAMPLE.folder)).unwrap().len();
    for kept in [SAMPLE.logged, SAMPLE.logged + 1, usize::midpoint(SAMPLE.logged, whole), whole - 1] {
        for cut in [true, false] {
            let (_root, folder) = sample();
            let mut bytes = fs::read(log(&folder)).unwrap();
            if cut {
                bytes.truncate(kept);
            } else {
                bytes[kept] ^= 0x10;
            }
            fs::write(log(&folder), bytes).unwrap();
            let store = RocksStore::open(&folder, &small()).unwrap();
            assert_eq!(store.tip().unwrap().size().0, size());
            for entry in SAMPLE.blocks.iter().flat_map(|block| &block.leaves).filter_map(|leaf| leaf.entry.as_ref()) {
                assert!(store.index_of_number(&entry.number).unwrap().is_some(), "{kept} {cut}");
            }
            assert_eq!(store.count_rows().unwrap().iter().find(|(name, _)| *name == "numbers").unwrap().1, 1_500);
        }
    }
}

#[test]
fn a_missing_file_of_the_database_is_refused() {
    let damaged = |e: &OpenError| matches!(e, OpenError::DatabaseDamaged { .. });
    let tables = database_files(&SAMPLE.folder, ".sst");
    assert!(tables.len() >= 8, "rows are written out to files: {}", tables.len());
    let named = |f: &Path, path: &Path| f.join("db").join(path.file_name().unwrap());
    // Holding few files open, RocksDB looks at most of them only when they are read.
    for settings in [small(), Settings { open_files: 20, ..small() }] {
        for path in &tables {
            let name = |what: &str| format!("{what} {}, {} files open", path.display(), settings.open_files);
            refused_with(&settings, &name("no"), damaged, |f| fs::remove_file(named(f, path)).unwrap());
            refused_with(&settings, &name("short"), damaged, |f| {
                let bytes = fs::read(named(f, path)).unwrap();
                fs::write(named(f, path), &bytes[..bytes.len() - 1]).unwrap();
            });
        }
    }
    refused("no CURRENT", damaged, |f| fs::remove_file(f.join("db/CURRENT")).unwrap());
    let manifest = |f: &Path| -> PathBuf {
        let all = fs::read_dir(f.join("db")).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.to_string_lossy().contains("MANIFEST")).max().unwrap()
    };
    refused("no manifest", damaged, |f| fs::remove_file(manifest(f)).unwrap());
    refused("empty manifest", damaged, |f| fs::write(manifest(f), "").unwrap());
}

#[test]
fn a_database_of_another_format_is_refused() {
    let format = |version: u32| move |f: &Path| put(f, "meta", b"format", &version.to_be_bytes());
    let newer: fn(&OpenError) -> bool =
        |e| matches!(e, OpenError::UnknownFormat { found } if *found == FORMAT_VERSION + 1);
    refused("newer", newer, format(FORMAT_VERSION + 1));
    let older: fn(&OpenError) -> bool =
        |e| matches!(e, OpenError::OlderFormat { found } if *found == OLDEST_REBUILT_VERSION);
    refused("older", older, format(OLDEST_REBUILT_VERSION));
    let too_old: fn(&OpenError) -> bool = |e| matches!(e, OpenError::UnknownFormat { found: 3 });
    refused("older than any that is rebuilt", too_old, format(OLDEST_REBUILT_VERSION - 1));
    refused("zero", |e| matches!(e, OpenError::UnknownFormat { found: 0 }), format(0));
    let damaged = |e: &OpenError| matches!(e, OpenError::DatabaseDamaged { .. });
    refused("malformed", damaged, |f| put(f, "meta", b"format", b"1"));
    refused("no origin", damaged, |f| put(f, "meta", b"origin", b""));
    refused("no version", damaged, |f| tamper(f, |db| db.delete_cf(db.cf_handle("meta").unwrap(), "format").unwrap()));
    for (table, _) in TABLES {
        refused(table, damaged, |f| tamper(f, |db| db.drop_cf(table).unwrap()));
    }
}

#[test]
fn changed_rows_that_opening_reads_are_refused() {
    let record = |e: &OpenError| matches!(e, OpenError::RecordDamaged(ReadError::Damaged { .. }));
    let (last, delete) = (size() - 1, |f: &Path, table: &'static str, key: Vec<u8>| {
        tamper(f, |db| db.delete_cf(db.cf_handle(table).unwrap(), key).unwrap());
    });
    refused("no last leaf", record, |f| delete(f, "leaves", last.to_be_bytes().to_vec()));
    refused("a leaf too many", record, |f| put(f, "leaves", &(last + 1).to_be_bytes(), b"x"));
    refused("a hole in the last tile", record, |f| delete(f, "leaves", (last - 5).to_be_bytes().to_vec()));
    refused(
        "an edge of other leaves",
        |e| matches!(e, OpenError::Different { .. }),
        |f| {
            put(f, "leaves", &(last - 5).to_be_bytes(), b"x");
        },
    );
    let height = SAMPLE.blocks.last().unwrap().header.height.0;
    refused("no last block", record, |f| delete(f, "blocks", height.to_be_bytes().to_vec()));
    refused("a block too many", record, |f| put(f, "blocks", &(height + 1).to_be_bytes(), &last.to_be_bytes()));
    refused("no row of a subject", record, |f| {
        let subject =
            SAMPLE.blocks.last().unwrap().leaves[0].entry.as_ref().unwrap().statement.statement().subject.unwrap();
        delete(f, "subjects", [&subject.id.0[..], &subject.sequence.to_be_bytes()].concat());
    });
    let tile = |index: u64| [&[0][..], &index.to_be_bytes()].concat();
    refused("no tile", record, |f| delete(f, "tiles", tile(2)));
    refused("a tile that is none", record, |f| put(f, "tiles", &tile(2), b"x"));
    refused("a tile of zeros", record, |f| put(f, "tiles", &tile(2), &[0; 257 * 32]));
    refused("a tile without its root", record, |f| put(f, "tiles", &tile(2), &[7; 257 * 32]));
}

#[test]
fn a_changed_leaf_is_never_served() {
    let (_root, folder) = sample();
    let store = RocksStore::open_read_only(&folder, &small()).unwrap();
    let other = store.leaf(LeafIndex(10)).unwrap();
    drop(store);
    put(&folder, "leaves", &11_u64.to_be_bytes(), &other);
    let private = |f: &Path| put(f, "leaves", &12_u64.to_be_bytes(), b"\xff");
    private(&folder);
    let store = RocksStore::open(&folder, &small()).unwrap();
    for at in [11, 12] {
        assert!(
            matches!(store.leaf(LeafIndex(at)), Err(ReadError::Damaged { what: "leaf", at: found, .. }) if found == at.to_string())
        );
        assert!(store.leaves(LeafIndex(at - 1), 3).is_err());
        assert!(store.private(LeafIndex(at)).is_err());
    }
    assert!(store.leaf(LeafIndex(13)).is_ok());
}

/// An audit of a damaged database names the records that the damage hit, and none beside them.
#[test]
fn an_audit_pins_changed_and_missing_leaves_to_their_records() {
    let (_root, folder) = sample();
    let found = |folder: &Path| {
        let store = RocksStore::open_read_only(folder, &small()).unwrap();
        let options = Options { signatures: false, indexes: false, ..Options::default() };
        let findings = walk(&store, &options, |_| {}).unwrap().findings;
        findings.into_iter().map(|f| (f.fault, f.index.unwrap().0, f.detail)).collect::<Vec<_>>()
    };
    assert_eq!(found(&folder), []);
    let other = RocksStore::open_read_only(&folder, &small()).unwrap().leaf(LeafIndex(1_300)).unwrap();
    put(&folder, "leaves", &11_u64.to_be_bytes(), &other);
    let store = RocksStore::open_read_only(&folder, &small()).unwrap();
    let mut seen = Vec::new();
    store.scan(LeafIndex(10), 3, &mut |leaf| seen.push(leaf == other)).unwrap();
    assert_eq!(seen, [false, true, false], "a scan shows what stands there");
    drop(store);
    tamper(&folder, |db| db.delete_cf(db.cf_handle("leaves").unwrap(), 1_234_u64.to_be_bytes()).unwrap());
    let store = RocksStore::open_read_only(&folder, &small()).unwrap();
    let hole = store.scan(LeafIndex(1_230), 10, &mut |_| {});
    assert!(matches!(hole, Err(ReadError::Damaged { what: "leaf", at, .. }) if at == "1234"));
    drop(store);
    let all = found(&folder);
    // Each leaves a hole in the stream that all deposits here are of, which shows in the next.
    let [
        (Fault::Damaged, 11, changed),
        (Fault::Subject, 12, _),
        (Fault::Damaged, 1_234, missing),
        (Fault::Subject, 1_235, _),
    ] = &all[..]
    else {
        panic!("{all:?}");
    };
    assert!(changed.contains("the tree holds") && missing.contains("missing"), "{changed}, {missing}");
}

/// What must be there and is not, is damage and never "not found".
#[test]
fn a_missing_row_is_no_answer() {
    let (_root, folder) = sample();
    let subject = |sequence: u64| [&[7; 32][..], &sequence.to_be_bytes()].concat();
    tamper(&folder, |db| {
        db.delete_cf(db.cf_handle("blocks").unwrap(), 5_u64.to_be_bytes()).unwrap();
        db.delete_cf(db.cf_handle("subjects").unwrap(), subject(3)).unwrap();
    });
    let store = RocksStore::open(&folder, &small()).unwrap();
    let damaged =
        |error: Option<ReadError>, table: &str| matches!(error, Some(ReadError::Damaged { what, .. }) if what == table);
    assert!(damaged(store.find_block(Height(5)).err(), "block"));
    assert!(store.find_block(Height(6)).unwrap().is_some());
    assert!(damaged(store.find_subject(&Digest([7; 32]), 3).err(), "subject"));
    assert_eq!(store.find_subject(&Digest([7; 32]), 1_501), Ok(None));
}

/// Private content is held against what the statement commits to, each time.
#[test]
fn a_changed_or_missing_row_of_the_vault_is_damage() {
    let mut bench = Rocks::begin();
    found(bench.store());
    let deposits = (1..4).map(|n| Draft::nth(n.into()).meta(&private(n)).waiting(n.into())).collect();
    let held = (1..4).map(|n| (u64::from(n) - 1, private(n))).collect();
    let block = append_with(bench.store(), deposits, &held).unwrap();
    bench.store().publish(published_of(&block)).unwrap();
    bench.close();
    tamper(&bench.folder(), |db| {
        let vault = db.cf_handle("vault").unwrap();
        let other = db.get_cf(vault, 4_u64.to_be_bytes()).unwrap().unwrap();
        db.put_cf(vault, 2_u64.to_be_bytes(), other).unwrap();
    });
    bench.reopen();
    assert!(matches!(bench.store().private(LeafIndex(2)), Err(ReadError::Damaged { what: "vault", .. })));
    assert_eq!(bench.store().private(LeafIndex(4)), Ok(PrivatePiece::Held(private(3))));
    bench.close();
    // One of the last leaves: already the opening looks for its row.
    tamper(&bench.folder(), |db| db.delete_cf(db.cf_handle("vault").unwrap(), 3_u64.to_be_bytes()).unwrap());
    let refused = bench.try_open().unwrap_err();
    assert!(matches!(refused, OpenError::RecordDamaged(ReadError::Damaged { what: "vault", .. })), "{refused:?}");
}

/// A bit flipped anywhere in the files: refused at once, or every read is right or an error.
#[test]
fn a_flipped_bit_is_never_served() {
    let mut noticed = [0, 0];
    for path in database_files(&SAMPLE.folder, ".sst") {
        let length = fs::read(&path).unwrap().len();
        for at in [0, 1, 2, 3, 4, 5, 6, 7, 8].map(|part| part * (length - 1) / 8) {
            let (_root, folder) = sample();
            flip(&folder.join("db").join(path.file_name().unwrap()), at);
            match RocksStore::open_read_only(&folder, &small()) {
                Err(_) => noticed[0] += 1,
                Ok(store) => noticed[1] += read_all(&store),
            }
        }
    }
    assert!(noticed.iter().all(|count| *count > 0), "{noticed:?}");
}

/// Reads everything of the sample; gives 1 if anything could not be read.
fn read_all(store: &impl LedgerReader) -> usize {
    let mut damaged = 0;
    for block in &SAMPLE.blocks {
        let header = &block.header;
        damaged |= check(store.find_block(header.height), &Some(header.index()));
        damaged |= check(store.find_record(&block.hash), &Some(header.index()));
        for (index, leaf) in (header.first.0..).map(LeafIndex).zip(&block.leaves) {
            damaged |= check(store.leaf(index), &leaf.bytes);
            damaged |= check(store.find_record(&leaf.hash), &Some(index));
            damaged |= check(store.tile_hashes(0, index.0, 1), &vec![leaf.hash]);
            let Some(entry) = &leaf.entry else { continue };
            let (id, statement) = (entry.statement.id(), entry.statement.statement());
            damaged |= check(store.index_of_number(&entry.number), &Some(index));
            damaged |= check(store.find_statement(&id), &Some(index));
            let subject = statement.subject.unwrap();
            damaged |= check(store.find_subject(&subject.id, subject.sequence), &Some(index));
            for (algorithm, digest) in statement.content.unwrap().digests() {
                damaged |= check(store.find_digest(algorithm, &digest, everywhere(), 9), &vec![index]);
            }
        }
    }
    damaged
}

#[track_caller]
fn check<T: PartialEq + std::fmt::Debug>(read: Result<T, ReadError>, right: &T) -> usize {
    match read {
        Ok(value) => {
            assert_eq!(value, *right);
            0
        }
        Err(error) => {
            assert!(matches!(error, ReadError::Damaged { .. }), "{error:?}");
            1
        }
    }
}

#[test]
fn the_sample_itself_is_sound() {
    let (_root, folder) = sample();
    let store = RocksStore::open(&folder, &small()).unwrap();
    assert_eq!(read_all(&store), 0);
    assert_eq!(store.index_of_number(&number(1_499)).unwrap(), Some(LeafIndex(size() - 2)));
    let signer = Signer::new(origin(), &[9; 32]).unwrap();
    assert!(checkpoint_of(&SAMPLE.blocks[SAMPLE.half]).verified_by(&[signer.verifier().clone()]).is_err());
}
