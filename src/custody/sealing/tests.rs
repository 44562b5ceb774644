//! Tests of the object format: a segment can be decrypted only at its own position, unchanged, under its own key.

use super::*;

const LAST: usize = 100;

fn id(byte: u8) -> ObjectId {
    ObjectId::from_bytes([byte; 32])
}

fn cipher(object: u8, key: u8) -> Cipher {
    Cipher::new(&id(object), &ObjectKey::from_bytes(&[key; 32])).unwrap()
}

fn plain() -> Vec<u8> {
    (0..3 * SEGMENT + LAST).map(|n| u8::try_from(n % 251).unwrap()).collect()
}

/// Three whole segments and one of [`LAST`] bytes, without the header.
fn sealed() -> Vec<u8> {
    let (cipher, mut sealed) = (cipher(1, 2), Vec::new());
    for (n, segment) in (0_u64..).zip(plain().chunks(SEGMENT)) {
        cipher.seal(n, n == 3, segment, &mut sealed).unwrap();
    }
    sealed
}

#[test]
fn what_was_sealed_opens_at_once_or_piece_by_piece() {
    let (cipher, sealed, plain) = (cipher(1, 2), sealed(), plain());
    assert_eq!(cipher.header().len(), HEADER);
    assert_eq!((HEADER + sealed.len()) as u64, sealed_size(plain.len() as u64).unwrap());
    assert_eq!(cipher.open(0, true, sealed.clone()).unwrap(), plain);
    let (head, tail) = sealed.split_at(2 * SEALED_SEGMENT);
    assert_eq!(cipher.open(0, false, head.to_vec()).unwrap(), plain[..2 * SEGMENT]);
    assert_eq!(cipher.open(2, true, tail.to_vec()).unwrap(), plain[2 * SEGMENT..]);
}

#[test]
fn a_bit_flipped_anywhere_in_a_segment_is_found_there() {
    let cipher = cipher(1, 2);
    for segment in 0..4 {
        let length = if segment == 3 { LAST + TAG } else { SEALED_SEGMENT };
        for at in [0, length / 2, length - TAG - 1, length - TAG, length - 1] {
            let mut damaged = sealed();
            damaged[segment * SEALED_SEGMENT + at] ^= 1;
            assert_eq!(cipher.open(0, true, damaged), Err(segment as u64), "segment {segment}, byte {at}");
        }
    }
}

#[test]
fn segments_cut_off_or_left_out_or_appended_or_swapped_do_not_open() {
    let (cipher, sealed) = (cipher(1, 2), sealed());
    let segment = |n: usize| sealed[n * SEALED_SEGMENT..sealed.len().min((n + 1) * SEALED_SEGMENT)].to_vec();
    let cut_off = sealed[..3 * SEALED_SEGMENT].to_vec();
    assert_eq!(cipher.open(0, true, cut_off), Err(2), "a whole segment is not the last");
    assert_eq!(cipher.open(0, false, sealed.clone()), Err(3), "the last is not one before others");
    assert_eq!(cipher.open(0, true, sealed[..sealed.len() - 1].to_vec()), Err(3));
    assert_eq!(cipher.open(0, true, [sealed.clone(), vec![0]].concat()), Err(3));
    assert_eq!(cipher.open(0, true, [sealed.clone(), segment(3)].concat()), Err(3));
    assert_eq!(cipher.open(0, true, [segment(1), segment(0), segment(2), segment(3)].concat()), Err(0));
    assert_eq!(cipher.open(0, true, [segment(0), segment(2), segment(3)].concat()), Err(1));
    assert_eq!(cipher.open(1, true, sealed), Err(1));
}

#[test]
fn another_key_and_another_name_open_nothing() {
    assert_eq!(cipher(1, 3).open(0, true, sealed()), Err(0));
    assert_eq!(cipher(2, 2).open(0, true, sealed()), Err(0));
}

#[test]
fn every_segment_has_a_nonce_of_its_own() {
    let number = |segment, is_last| hex::encode(nonce(segment, is_last).as_ref());
    assert_eq!(number(0, false), "000000000000000000000000");
    assert_eq!(number(0, true), "000000000000000000000001");
    assert_eq!(number(0x0102_0304_0506_0708, false), "000000010203040506070800");
}

#[test]
fn sizes_follow_from_the_original() {
    let segment = SEGMENT as u64;
    for (size, count) in [(1, 1), (segment - 1, 1), (segment, 1), (segment + 1, 2), (2 * segment, 2)] {
        assert_eq!(segments(size), count);
        assert_eq!(sealed_size(size), Some(85 + size + 16 * count));
    }
    assert_eq!(offset(2), Some(85 + 2 * 65_552));
    assert_eq!((offset(u64::MAX), sealed_size(u64::MAX)), (None, None));
}
