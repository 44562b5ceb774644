//! A damaged object is never returned as the original.

use std::fs;

use futures_util::StreamExt as _;
use tiezheng::custody::download::OpenError;
use tiezheng::custody::object::{ObjectId, ObjectKey};
use tiezheng::custody::sealing::{HEADER, SEALED_SEGMENT, SEGMENT, TAG};
use tiezheng::custody::upload::StoredObject;

use super::{Custody, original, read};

/// An original of two whole segments and 100 bytes, opened after `change` was made to its object.
async fn after(change: impl FnOnce(&mut Vec<u8>)) -> OpenError {
    let custody = Custody::begin();
    let kept = custody.keep(&original(2 * SEGMENT + 100)).await;
    let path = custody.path(&kept.object);
    let mut bytes = fs::read(&path).unwrap();
    let before = bytes.clone();
    change(&mut bytes);
    assert_ne!(bytes, before, "the change is one");
    fs::write(&path, bytes).unwrap();
    let error = read(&custody.originals, kept.object, &kept.key, kept.measured.size).await.unwrap_err();
    assert_eq!(error.code().as_str(), "damaged", "{error:?}");
    error
}

fn segment(error: &OpenError) -> u64 {
    let OpenError::Damaged { segment } = error else { panic!("{error:?}") };
    *segment
}

#[tokio::test]
async fn a_changed_header_is_found() {
    for at in [0, 17, 18, 19, 20, 50, HEADER - 2, HEADER - 1] {
        let error = after(|bytes| bytes[at] ^= 1).await;
        assert!(matches!(error, OpenError::DamagedHeader), "byte {at}: {error:?}");
    }
}

#[tokio::test]
async fn a_flipped_bit_is_found_in_its_segment() {
    for (n, length) in [(0, SEALED_SEGMENT), (1, SEALED_SEGMENT), (2, 100 + TAG)] {
        for at in [0, length / 2, length - TAG, length - 1] {
            let error = after(|bytes| bytes[HEADER + n * SEALED_SEGMENT + at] ^= 0x80).await;
            assert_eq!(segment(&error), n as u64, "byte {at}");
        }
    }
}

#[tokio::test]
async fn what_is_cut_off_or_appended_is_found() {
    let end = |whole: usize| HEADER + whole * SEALED_SEGMENT;
    for (length, missing) in [(end(2), 2), (end(2) + 115, 2), (end(1), 1), (end(0), 0), (40, 0), (0, 0)] {
        assert_eq!(segment(&after(|bytes| bytes.truncate(length)).await), missing, "{length} bytes left");
    }
    assert_eq!(segment(&after(|bytes| bytes.push(0)).await), 2);
    assert_eq!(segment(&after(|bytes| bytes.extend_from_within(HEADER..)).await), 3);
}

#[tokio::test]
async fn swapped_and_repeated_segments_are_found() {
    let swapped = after(|bytes| bytes[HEADER..HEADER + 2 * SEALED_SEGMENT].rotate_left(SEALED_SEGMENT)).await;
    assert_eq!(segment(&swapped), 0);
    let first = HEADER..HEADER + SEALED_SEGMENT;
    let repeated = after(|bytes| bytes.copy_within(first, HEADER + SEALED_SEGMENT)).await;
    assert_eq!(segment(&repeated), 1);
}

#[tokio::test]
async fn another_object_another_key_and_another_size_are_found() {
    let custody = Custody::begin();
    let original = original(2 * SEGMENT);
    let (mine, other) = (custody.keep(&original).await, custody.keep(&original).await);
    let (originals, size) = (&custody.originals, mine.measured.size);
    let wrong_key = read(originals, mine.object, &other.key, size).await.unwrap_err();
    assert_eq!(segment(&wrong_key), 0);
    for wrong in [0, 1, size - 1, size + 1, u64::MAX] {
        assert_eq!(
            read(originals, mine.object, &mine.key, wrong).await.unwrap_err().code().as_str(),
            "damaged",
            "{wrong}"
        );
    }
    let unknown = read(originals, ObjectId::random().unwrap(), &mine.key, size).await.unwrap_err();
    assert!(matches!(unknown, OpenError::Missing), "{unknown}");
    fs::copy(custody.path(&other.object), custody.path(&mine.object)).unwrap();
    let error = read(originals, mine.object, &mine.key, size).await.unwrap_err();
    assert!(matches!(error, OpenError::DamagedHeader), "{error:?}");
    // With its header, too, made to look like mine, and even with its own key, it is not mine.
    let mut bytes = fs::read(custody.path(&other.object)).unwrap();
    bytes[20..84].copy_from_slice(mine.object.to_string().as_bytes());
    fs::write(custody.path(&mine.object), bytes).unwrap();
    for key in [&mine.key, &other.key] {
        assert_eq!(segment(&read(originals, mine.object, key, size).await.unwrap_err()), 0);
    }
}

/// Behind what has been given out already: whole parts before it, then the error, then nothing.
#[tokio::test]
async fn damage_far_behind_ends_the_stream_before_a_byte_of_it_leaves() {
    let custody = Custody::begin();
    let original = original(10 * SEGMENT);
    let StoredObject { object, key, measured } = custody.keep(&original).await;
    let path = custody.path(&object);
    let mut bytes = fs::read(&path).unwrap();
    bytes[HEADER + 9 * SEALED_SEGMENT] ^= 1;
    fs::write(&path, bytes).unwrap();
    let key = ObjectKey::from_bytes(key.as_bytes());
    let mut stream = custody.originals.open(object, &key, measured.size).await.unwrap();
    let (mut given_out, mut errors) = (Vec::new(), Vec::new());
    while let Some(part) = stream.next().await {
        match part {
            Ok(part) => given_out.extend_from_slice(&part),
            Err(error) => errors.push(segment(&error)),
        }
    }
    assert_eq!(errors, [9]);
    assert_eq!(given_out, original[..8 * SEGMENT]);
}
