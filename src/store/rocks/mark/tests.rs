//! Tests of the mark: written in turn, read by the higher number, and whole or not at all.

use super::*;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer};
use crate::ledger::merkle::shape::TreeSize;

fn checkpoint(size: u64) -> SignedCheckpoint {
    let origin = Name::parse("example.org/ledger").unwrap();
    let signer = Signer::new(origin.clone(), &[1; 32]).unwrap();
    Checkpoint { origin, size: TreeSize(size), root: Digest::ZERO }.sign(&signer).unwrap()
}

fn size(path: &Path) -> Option<u64> {
    Mark::read(path).unwrap().checkpoint.map(|signed| signed.checkpoint().size.0)
}

/// A mark that was written for sizes 1 to `last`.
fn marked(last: u64) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mark");
    MarkFile::write_new(&path).unwrap();
    for size in 1..=last {
        // Reopened each time: the file alone knows which slot is next.
        MarkFile::open(&path, &Mark::read(&path).unwrap()).unwrap().write(&checkpoint(size), None).unwrap();
    }
    (folder, path)
}

#[test]
fn the_last_mark_counts() {
    for last in 0..5 {
        let (_folder, path) = marked(last);
        assert_eq!(size(&path), (last > 0).then_some(last));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 2 * SLOT as u64);
    }
}

#[test]
fn one_open_file_writes_both_slots_in_turn() {
    let (_folder, path) = marked(0);
    let mut file = MarkFile::open(&path, &Mark::read(&path).unwrap()).unwrap();
    for last in 1..5 {
        file.write(&checkpoint(last), None).unwrap();
        assert_eq!(size(&path), Some(last));
    }
}

#[test]
fn every_flipped_byte_of_the_last_slot_falls_back_to_the_one_before() {
    let (_folder, path) = marked(4);
    let good = std::fs::read(&path).unwrap();
    // The fresh file has the numbers 0 and 1, so size 4 has number 5 and stands in slot 1.
    let length = encode(5, &checkpoint(4).note().to_string(), None).len();
    for at in SLOT..SLOT + length {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(size(&path), Some(3), "byte {at}");
        bytes[at - SLOT] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(Mark::read(&path), Err(MarkError::Damaged)), "byte {at} of both");
    }
    std::fs::write(&path, &good).unwrap();
    assert_eq!(size(&path), Some(4));
}

#[test]
fn every_torn_write_leaves_the_mark_before() {
    let (_folder, path) = marked(3);
    let before = std::fs::read(&path).unwrap();
    let slot = encode(5, &checkpoint(4).note().to_string(), None);
    for written in 0..slot.len() {
        let mut bytes = before.clone();
        bytes[SLOT..SLOT + written].copy_from_slice(&slot[..written]);
        std::fs::write(&path, &bytes).unwrap();
        // The size before, and not lost either: only the last byte of the checksum makes the new one count.
        let whole = bytes[SLOT..SLOT + slot.len()] == slot;
        assert_eq!(size(&path), Some(if whole { 4 } else { 3 }), "{written} bytes");
    }
}

#[test]
fn a_file_of_another_length_or_with_swapped_slots_is_refused() {
    let (_folder, path) = marked(2);
    let good = std::fs::read(&path).unwrap();
    let swapped = [&good[SLOT..], &good[..SLOT]].concat();
    for bytes in [&good[..2 * SLOT - 1], &[&good[..], b"x"].concat(), &good[..SLOT], b"", &swapped] {
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(Mark::read(&path), Err(MarkError::Damaged)));
    }
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Mark::read(&path), Err(MarkError::Disk(error)) if error.kind() == io::ErrorKind::NotFound));
}

#[test]
fn a_note_that_does_not_fit_is_refused_before_anything_is_written() {
    let (_folder, path) = marked(1);
    let before = std::fs::read(&path).unwrap();
    let text = checkpoint(2).note().to_string();
    let line = format!("— w {}\n", base64_of(8_000));
    let long = SignedCheckpoint::parse(format!("{text}{}", line.repeat(7)).as_bytes()).unwrap();
    let mut file = MarkFile::open(&path, &Mark::read(&path).unwrap()).unwrap();
    assert!(matches!(file.write(&long, None), Err(MarkError::TooLong { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

fn base64_of(bytes: usize) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(vec![7; bytes])
}

#[test]
fn the_extent_of_the_manifest_is_kept_beside_the_checkpoint() {
    let (_folder, path) = marked(1);
    assert_eq!(Mark::read(&path).unwrap().manifest, None);
    let extent = Extent { number: 12, length: 3_456 };
    MarkFile::open(&path, &Mark::read(&path).unwrap()).unwrap().write(&checkpoint(2), Some(extent)).unwrap();
    let mark = Mark::read(&path).unwrap();
    assert_eq!((mark.manifest, size(&path)), (Some(extent), Some(2)));
}

#[test]
fn a_slot_of_the_first_version_is_read() {
    let (_folder, path) = marked(1);
    let note = checkpoint(7).note().to_string();
    let length = u32::try_from(note.len()).unwrap();
    let body = [FIRST_MAGIC.as_slice(), &8_u64.to_be_bytes(), &length.to_be_bytes(), note.as_bytes()].concat();
    let slot = [body.as_slice(), &sha256(&body).0].concat();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[..slot.len()].copy_from_slice(&slot);
    std::fs::write(&path, bytes).unwrap();
    assert_eq!((size(&path), Mark::read(&path).unwrap().manifest), (Some(7), None));
}
