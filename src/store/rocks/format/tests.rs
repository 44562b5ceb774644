//! Tests of the spelling: what is written is read back, other bytes are no value, and rows sort as their numbers do.

use super::*;

fn again<T: ToDisk + FromDisk + PartialEq + std::fmt::Debug>(value: &T) {
    let bytes = value.to_disk().as_ref().to_vec();
    assert_eq!(T::from_disk(&bytes).as_ref(), Some(value));
}

#[test]
fn every_kind_and_algorithm_reads_back() {
    for kind in LinkKind::ALL {
        again(&LinkKey { target: LeafIndex(1), source: LeafIndex(u64::MAX), kind });
    }
    for algorithm in HashAlgorithm::ALL {
        again(&DigestKey { algorithm, digest: Digest([7; 32]), index: LeafIndex(9) });
    }
    again(&StoredTile { root: Digest([1; 32]), hashes: vec![Digest([2; 32]); 256] });
    again(&VaultRow::NeverBrought);
    again(&VaultRow::Held(PrivateMetadata { salt: [3; 32], json: r#"{"name":"合同"}"#.into() }));
    again(&VaultRow::Held(PrivateMetadata { salt: [3; 32], json: String::new() }));
}

#[test]
fn other_bytes_are_no_value() {
    assert_eq!(VaultRow::from_disk(&[]), None);
    assert_eq!(VaultRow::from_disk(&[0, 0]), None);
    assert_eq!(VaultRow::from_disk(&[2]), None);
    assert_eq!(VaultRow::from_disk(&[1; 32]), None);
    assert_eq!(VaultRow::from_disk(&[&[1; 33][..], b"\xff"].concat()), None);
    assert_eq!(LinkKey::from_disk(&[0; 17]), None);
    assert_eq!(DigestKey::from_disk(&[0; 41]), None);
    assert_eq!(StoredTile::from_disk(&[0; 257 * 32 - 1]), None);
    assert_eq!(StoredTile::from_disk(&[0; 257 * 32 + 1]), None);
    assert_eq!(LeafIndex::from_disk(&[0; 9]), None);
}

proptest::proptest! {
    #[test]
    fn rows_sort_as_their_numbers_do(a: (u8, u64), b: (u8, u64)) {
        let key = |(level, index)| TileKey { level, index }.to_disk();
        proptest::prop_assert_eq!(a.cmp(&b), key(a).cmp(&key(b)));
        let key = |(kind, index): (u8, u64)| SubjectKey { subject: Digest([kind; 32]), sequence: index }.to_disk();
        proptest::prop_assert_eq!(a.cmp(&b), key(a).cmp(&key(b)));
    }

    #[test]
    fn no_bytes_panic_and_what_is_read_is_written_back(bytes in proptest::collection::vec(0_u8..4, 0..60)) {
        fn back<T: ToDisk + FromDisk>(bytes: &[u8]) -> bool {
            T::from_disk(bytes).is_none_or(|value| value.to_disk().as_ref() == bytes)
        }
        proptest::prop_assert!(back::<LinkKey>(&bytes) && back::<DigestKey>(&bytes) && back::<SubjectKey>(&bytes));
        proptest::prop_assert!(back::<VaultRow>(&bytes) && back::<LeafIndex>(&bytes) && back::<Empty>(&bytes));
    }
}
