//! Tests of the checkpoint file: alternating slots, selection by sequence number, interrupted writes and damage.

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
    CheckpointState::read(path).unwrap().checkpoint.map(|signed| signed.checkpoint().size.0)
}

/// A checkpoint file that was written for sizes 1 to `last`.
fn marked(last: u64) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mark");
    CheckpointFile::write_new(&path).unwrap();
    for size in 1..=last {
        // Reopened each time: only the file determines the next slot.
        CheckpointFile::open(&path, &CheckpointState::read(&path).unwrap())
            .unwrap()
            .write(&checkpoint(size), None)
            .unwrap();
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
    let mut file = CheckpointFile::open(&path, &CheckpointState::read(&path).unwrap()).unwrap();
    for last in 1..5 {
        file.write(&checkpoint(last), None).unwrap();
        assert_eq!(size(&path), Some(last));
    }
}

/// The bytes that a write of `size` over `before` writes to slot 1.
fn next_slot(before: &Path, sequence: u64, size: u64) -> Vec<u8> {
    let reached = CheckpointState::read(before).unwrap().reached.further(HighWater::of(Some(&checkpoint(size))));
    encode(sequence, &checkpoint(size).note().to_string(), reached, None)
}

#[test]
fn every_flipped_byte_of_the_last_slot_falls_back_to_the_one_before_and_keeps_the_high_water_mark() {
    let (_folder, path) = marked(4);
    let good = std::fs::read(&path).unwrap();
    // The new file has the numbers 0 and 1, so size 4 has number 5 and is in slot 1.
    let length = next_slot(&path, 5, 4).len();
    for at in SLOT..SLOT + length {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let state = CheckpointState::read(&path).unwrap();
        assert_eq!((size(&path), state.reached.size), (Some(3), TreeSize(4)), "byte {at}");
        bytes[at - SLOT] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(CheckpointState::read(&path), Err(CheckpointReadError::BothSlots)), "byte {at} of both");
    }
    std::fs::write(&path, &good).unwrap();
    assert_eq!(size(&path), Some(4));
}

/// Includes a write that records the same checkpoint again, with another MANIFEST.
#[test]
fn every_torn_write_leaves_the_mark_before_and_is_never_taken_for_damage() {
    for next in [3, 4] {
        let (_folder, path) = marked(3);
        let before = std::fs::read(&path).unwrap();
        let slot = next_slot(&path, 5, next);
        let check = |bytes: &[u8], what: &str| {
            std::fs::write(&path, bytes).unwrap();
            let state = CheckpointState::read(&path).unwrap_or_else(|error| panic!("{what}: {error}"));
            // The old size is still there: the new slot counts only with the last byte of its checksum.
            let whole = bytes[SLOT..SLOT + slot.len()] == slot;
            assert_eq!(size(&path), Some(if whole { next } else { 3 }), "{what}");
            assert!(state.reached.size.0 >= 3 && state.reached.size.0 <= next, "{what}");
        };
        for written in 0..slot.len() {
            let mut bytes = before.clone();
            bytes[SLOT..SLOT + written].copy_from_slice(&slot[..written]);
            check(&bytes, &format!("{written} bytes"));
        }
        // A disk writes sectors in any order, each of them completely or not at all.
        let sectors = slot.len().div_ceil(512);
        for written in 0..1_u32 << sectors {
            let mut bytes = before.clone();
            for (number, sector) in slot.chunks(512).enumerate().filter(|(number, _)| written & 1 << number != 0) {
                let at = SLOT + 512 * number;
                bytes[at..at + sector.len()].copy_from_slice(sector);
            }
            check(&bytes, &format!("sectors {written:b}"));
        }
    }
}

#[test]
fn a_slot_of_which_nothing_is_readable_is_refused_whichever_it_is() {
    for place in [0, SLOT] {
        let (_folder, path) = marked(4);
        let good = std::fs::read(&path).unwrap();
        let other = if place == 0 { 4 } else { 3 };
        let mut damages = vec![vec![0..SLOT], vec![0..NOTE], vec![8..9, SECOND_HEAD + 8..SECOND_HEAD + 9]];
        damages.push(vec![40..41, SECOND_HEAD + 80..SECOND_HEAD + 81]);
        for damage in damages {
            let mut bytes = good.clone();
            damage.iter().flat_map(Clone::clone).for_each(|at| bytes[place + at] = bytes[place + at].wrapping_add(1));
            std::fs::write(&path, &bytes).unwrap();
            let slot = place / SLOT;
            let refused = CheckpointState::read(&path).unwrap_err();
            let is_right = matches!(refused, CheckpointReadError::OneSlot { slot: found, size } if found == slot && size.0 == other);
            assert!(is_right, "{damage:?}: {refused:?}");
        }
        // One of the heads is enough.
        for head in [0, SECOND_HEAD] {
            let mut bytes = good.clone();
            bytes[place + head + 50] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(CheckpointState::read(&path).unwrap().reached.size.0, 4, "{place} {head}");
        }
    }
}

#[test]
fn the_high_water_mark_survives_writes_that_reach_less_far() {
    let (_folder, path) = marked(4);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[SLOT + NOTE] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    for _ in 0..3 {
        let state = CheckpointState::read(&path).unwrap();
        assert_eq!((size(&path), state.reached), (Some(3), HighWater::of(Some(&checkpoint(4)))));
        CheckpointFile::open(&path, &state).unwrap().write(&checkpoint(3), None).unwrap();
    }
    CheckpointFile::open(&path, &CheckpointState::read(&path).unwrap()).unwrap().write(&checkpoint(5), None).unwrap();
    assert_eq!(CheckpointState::read(&path).unwrap().reached.size, TreeSize(5));
}

#[test]
fn a_file_of_another_length_or_with_swapped_slots_is_refused() {
    let (_folder, path) = marked(2);
    let good = std::fs::read(&path).unwrap();
    for bytes in [&good[..2 * SLOT - 1], &[&good[..], b"x"].concat(), &good[..SLOT], b"", &[&good[..], &good].concat()]
    {
        std::fs::write(&path, bytes).unwrap();
        let length = bytes.len() as u64;
        assert!(
            matches!(CheckpointState::read(&path), Err(CheckpointReadError::Length { found }) if found == length),
            "{length}"
        );
    }
    std::fs::write(&path, [&good[SLOT..], &good[..SLOT]].concat()).unwrap();
    assert!(matches!(CheckpointState::read(&path), Err(CheckpointReadError::BothSlots)));
    std::fs::remove_file(&path).unwrap();
    assert!(
        matches!(CheckpointState::read(&path), Err(CheckpointReadError::Disk(error)) if error.kind() == io::ErrorKind::NotFound)
    );
}

/// A copy as `cp -al` makes it.
#[test]
fn a_copy_of_the_folder_made_of_hard_links_does_not_change_with_it() {
    let (folder, path) = marked(2);
    let copy = folder.path().join("copy");
    std::fs::hard_link(&path, &copy).unwrap();
    CheckpointFile::open(&path, &CheckpointState::read(&path).unwrap()).unwrap().write(&checkpoint(3), None).unwrap();
    assert_eq!((size(&path), size(&copy)), (Some(3), Some(2)));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no draft is left");
}

#[test]
fn a_link_is_neither_read_nor_written() {
    let (folder, path) = marked(2);
    let (state, outside) = (CheckpointState::read(&path).unwrap(), folder.path().join("outside"));
    std::fs::rename(&path, &outside).unwrap();
    std::os::unix::fs::symlink(&outside, &path).unwrap();
    assert!(matches!(CheckpointState::read(&path), Err(CheckpointReadError::Disk(_))));
    CheckpointFile::open(&path, &state).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(folder.path().join("none"), &path).unwrap();
    CheckpointFile::write_new(&path).unwrap_err();
    assert!(!folder.path().join("none").exists());
}

#[test]
fn a_note_that_does_not_fit_is_refused_before_anything_is_written() {
    let (_folder, path) = marked(1);
    let before = std::fs::read(&path).unwrap();
    let text = checkpoint(2).note().to_string();
    let line = format!("— w {}\n", base64_of(8_000));
    let long = SignedCheckpoint::parse(format!("{text}{}", line.repeat(7)).as_bytes()).unwrap();
    let mut file = CheckpointFile::open(&path, &CheckpointState::read(&path).unwrap()).unwrap();
    assert!(matches!(file.write(&long, None), Err(CheckpointWriteError::TooLong { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

fn base64_of(bytes: usize) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(vec![7; bytes])
}

#[test]
fn the_extent_of_the_manifest_is_kept_beside_the_checkpoint() {
    let (_folder, path) = marked(1);
    assert_eq!(CheckpointState::read(&path).unwrap().manifest, None);
    let extent = Extent { number: 12, length: 3_456 };
    CheckpointFile::open(&path, &CheckpointState::read(&path).unwrap())
        .unwrap()
        .write(&checkpoint(2), Some(extent))
        .unwrap();
    let state = CheckpointState::read(&path).unwrap();
    assert_eq!((state.manifest, size(&path)), (Some(extent), Some(2)));
}

#[test]
fn slots_of_the_earlier_versions_are_read() {
    for (magic, head) in EARLIER {
        let (_folder, path) = marked(1);
        let note = checkpoint(7).note().to_string();
        let length = u32::try_from(note.len()).unwrap();
        let mut body = [magic.as_slice(), &8_u64.to_be_bytes(), &length.to_be_bytes()].concat();
        let mut extent = None;
        if head > body.len() {
            extent = Some(Extent { number: 12, length: 3_456 });
            body.extend_from_slice(&[12_u64.to_be_bytes(), 3_456_u64.to_be_bytes()].concat());
        }
        body.extend_from_slice(note.as_bytes());
        let slot = [body.as_slice(), &sha256(&body).0].concat();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[..SLOT].fill(0);
        bytes[..slot.len()].copy_from_slice(&slot);
        std::fs::write(&path, bytes).unwrap();
        let state = CheckpointState::read(&path).unwrap();
        assert_eq!((size(&path), state.manifest, state.reached.size.0), (Some(7), extent, 7));
    }
}
