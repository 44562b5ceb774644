//! Other implementations read this program's output and reject what they must: the crates `signed_note` and `tlog_tiles`,
//! and Go's own packages `sumdb/note` and `sumdb/tlog` (from Debian's golang-golang-x-mod-dev).

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::Digest as _;
use tiezheng::ledger::hash::{Digest, leaf_hash};
use tiezheng::ledger::key::VerifierKey;
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::ledger::merkle::tile::{TILE_WIDTH, encode_hashes, new_tiles};
use tiezheng::ledger::receipt::Receipt;
use tiezheng::store::contract::ReadLedger;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::reading;

use crate::support::depositor::{depositor, ledger_key};
use crate::support::ledger::grow;

/// Enough for two levels of tiles, the second partial.
const DEPOSITS: u64 = 700;

/// Sizes of the tree to prove from: around tile and power-of-two borders.
fn older_sizes(size: u64) -> Vec<u64> {
    (1..=size).filter(|old| old % 97 == 0 || (old % 256) < 2 || old.is_power_of_two() || size - old < 2).collect()
}

/// Every note that a ledger prints: genesis, checkpoint, a statement; with the key that signed it.
fn notes(store: &MemoryStore, receipt: &Receipt) -> Vec<(VerifierKey, String)> {
    let genesis = String::from_utf8(store.leaf(LeafIndex(0)).unwrap()).unwrap();
    let statement = receipt.entry.split_once("\n\n").unwrap().1.to_owned();
    let ledger = ledger_key().verifier().clone();
    vec![(ledger.clone(), genesis), (ledger, receipt.checkpoint.clone()), (depositor(1).verifier().clone(), statement)]
}

fn changed(note: &str, at: usize) -> String {
    let mut bytes = note.as_bytes().to_vec();
    bytes[at] ^= 1;
    String::from_utf8_lossy(&bytes).into_owned()
}

fn flipped(hashes: &[Digest]) -> Vec<Digest> {
    let mut hashes = hashes.to_vec();
    if let Some(first) = hashes.first_mut() {
        first.0[0] ^= 1;
    }
    hashes
}

#[test]
fn signed_note_verifies_our_notes_and_refuses_changed_ones() {
    use signed_note::{Note, StandardVerifier, VerifierList};
    let (store, receipts) = grow(3);
    for (key, text) in notes(&store, &receipts[0]) {
        let verifies = |text: &str| {
            let known = VerifierList::new(vec![Box::new(StandardVerifier::new(&key.to_string()).unwrap())]);
            Note::from_bytes(text.as_bytes()).is_ok_and(|note| note.verify(&known).is_ok())
        };
        assert!(verifies(&text), "{text}");
        for at in 0..text.len() {
            assert!(!verifies(&changed(&text, at)), "byte {at} of {text}");
        }
    }
}

/// A store as `tlog_tiles` reads it: tiles by their paths.
struct Tiles<'a>(&'a MemoryStore);

impl tlog_tiles::TileReader for Tiles<'_> {
    fn height(&self) -> u8 {
        8
    }
    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::tlog::Error> {
        let read = |tile: &tlog_tiles::Tile| {
            let first = tile.level_index() * u64::from(TILE_WIDTH);
            encode_hashes(&self.0.tile_hashes(tile.level(), first, u16::try_from(tile.width()).unwrap()).unwrap())
        };
        Ok(tiles.iter().map(read).collect())
    }
    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

fn theirs(hash: &Digest) -> tlog_tiles::Hash {
    tlog_tiles::Hash(hash.0)
}

fn all_theirs(hashes: &[Digest]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().map(theirs).collect()
}

#[test]
fn tlog_tiles_builds_the_same_proofs_from_our_tiles_and_accepts_ours() {
    let (store, _) = grow(DEPOSITS);
    let size = store.published().unwrap().size();
    let root = reading::root(&*store, size).unwrap();
    let tiles = Tiles(&store);
    let reader = tlog_tiles::TileHashReader::new(size.0, theirs(&root), &tiles);
    for index in 0..size.0 {
        let leaf = leaf_hash(&store.leaf(LeafIndex(index)).unwrap());
        let ours = reading::inclusion(&*store, LeafIndex(index), size).unwrap();
        assert_eq!(tlog_tiles::prove_record(size.0, index, &reader).unwrap(), all_theirs(ours.hashes()));
        let check = |path: &[Digest], index, leaf: &Digest| {
            tlog_tiles::check_record(&all_theirs(path), size.0, theirs(&root), index, theirs(leaf))
        };
        assert!(check(ours.hashes(), index, &leaf).is_ok());
        assert!(check(&flipped(ours.hashes()), index, &leaf).is_err());
        assert!(check(ours.hashes(), (index + 1) % size.0, &leaf).is_err());
        assert!(check(ours.hashes(), index, &Digest([7; 32])).is_err());
    }
    for old in older_sizes(size.0) {
        let old_root = reading::root(&*store, TreeSize(old)).unwrap();
        let ours = reading::consistency(&*store, TreeSize(old), size).unwrap();
        let check = |path: &[Digest], old_root: &Digest| {
            tlog_tiles::check_tree(&all_theirs(path), size.0, theirs(&root), old, theirs(old_root))
        };
        assert!(check(ours.hashes(), &old_root).is_ok(), "{old}");
        assert!(check(ours.hashes(), &Digest([7; 32])).is_err(), "{old}");
    }
}

/// Builds the Go program beside this file's folder, outside any module, against Debian's package.
fn build_go() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/sumdb");
    let binary = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sumdb");
    let go = Command::new("go")
        .args(["build", "-o"])
        .arg(&binary)
        .arg(".")
        .current_dir(source)
        .envs([("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode"), ("GOFLAGS", "")])
        .output()
        .expect("this test needs Go: `make setup` installs it");
    assert!(
        go.status.success(),
        "`make setup` installs golang-golang-x-mod-dev: {}",
        String::from_utf8_lossy(&go.stderr)
    );
    binary
}

fn ask_go(questions: &[Value]) -> Vec<String> {
    let mut go = Command::new(build_go()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = go.stdin.take().unwrap();
    let lines: Vec<String> = questions.iter().map(ToString::to_string).collect();
    let lines = lines.join("\n");
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = go.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let answers: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), questions.len());
    answers
}

fn base64(hash: &Digest) -> String {
    BASE64_STANDARD.encode(hash.as_bytes())
}

fn all_base64(hashes: &[Digest]) -> Vec<String> {
    hashes.iter().map(base64).collect()
}

#[test]
fn go_verifies_our_notes_and_proofs_and_refuses_changed_ones() {
    let (store, receipts) = grow(DEPOSITS);
    let size = store.published().unwrap().size();
    let root = reading::root(&*store, size).unwrap();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (key, text) in notes(&store, &receipts[0]) {
        let question = |text: &str| json!({ "do": "note", "vkey": key.to_string(), "note": text });
        good.push(question(&text));
        // Go reads base64 leniently: of the character before the padding it ignores the lowest bits.
        let told = |at: &usize| text.as_bytes().get(at + 1) != Some(&b'=');
        bad.extend((0..text.len()).step_by(7).filter(told).map(|at| question(&changed(&text, at))));
    }
    for index in (0..size.0).step_by(11) {
        let leaf = leaf_hash(&store.leaf(LeafIndex(index)).unwrap());
        let path = reading::inclusion(&*store, LeafIndex(index), size).unwrap();
        let question = |path: &[Digest], leaf: &Digest| json!({ "do": "record", "size": size.0, "root": base64(&root), "index": index, "leaf": base64(leaf), "path": all_base64(path) });
        good.push(question(path.hashes(), &leaf));
        bad.push(question(&flipped(path.hashes()), &leaf));
        bad.push(question(&path.hashes()[1..], &leaf));
        bad.push(question(path.hashes(), &Digest([7; 32])));
    }
    for old in older_sizes(size.0) {
        let old_root = reading::root(&*store, TreeSize(old)).unwrap();
        let path = reading::consistency(&*store, TreeSize(old), size).unwrap();
        let question = |old_root: &Digest| json!({ "do": "tree", "size": size.0, "root": base64(&root), "old": old, "oldRoot": base64(old_root), "path": all_base64(path.hashes()) });
        good.push(question(&old_root));
        bad.push(question(&Digest([7; 32])));
    }
    for (answer, question) in ask_go(&good).iter().zip(&good) {
        assert_eq!(answer, "ok", "{question}");
    }
    for (answer, question) in ask_go(&bad).iter().zip(&bad) {
        assert!(answer.starts_with("refused"), "{question}");
    }
}

#[test]
fn go_builds_the_same_proofs_from_our_tiles() {
    let (store, _) = grow(DEPOSITS);
    let size = store.published().unwrap().size();
    let root = reading::root(&*store, size).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for tile in new_tiles(TreeSize(0), size) {
        let path = folder.path().join(tile.path());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let hashes = store.tile_hashes(tile.level, tile.index * u64::from(TILE_WIDTH), tile.width).unwrap();
        std::fs::write(path, encode_hashes(&hashes)).unwrap();
    }
    let mut sum = sha2::Sha256::new();
    for index in 0..size.0 {
        for hash in reading::inclusion(&*store, LeafIndex(index), size).unwrap().hashes() {
            sum.update(hash.as_bytes());
        }
    }
    let question = |root: &Digest| json!({ "do": "tiles", "dir": folder.path(), "size": size.0, "root": base64(root) });
    let answers = ask_go(&[question(&root), question(&Digest([7; 32]))]);
    assert_eq!(answers[0], format!("ok {}", hex::encode(sum.finalize())));
    assert!(answers[1].starts_with("refused"));
}
