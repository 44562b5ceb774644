//! Tests of the encoding: values decode to themselves, other bytes are rejected, and rows sort by their numbers.

use super::*;

fn again<T: ToDisk + FromDisk + PartialEq + std::fmt::Debug>(value: &T) {
    let bytes = value.to_disk().as_ref().to_vec();
    assert_eq!(T::from_disk(&bytes).as_ref(), Some(value));
}

#[test]
fn every_kind_and_algorithm_reads_back() {
    for kind in LinkKind::ALL {
        again(&LinkKey { target: LeafIndex(1), position: LinkPosition { kind, source: LeafIndex(u64::MAX) } });
    }
    for algorithm in HashAlgorithm::ALL {
        again(&DigestKey { algorithm, digest: Digest([7; 32]), index: LeafIndex(9) });
    }
    again(&StoredTile { root: Digest([1; 32]), hashes: vec![Digest([2; 32]); 256] });
    again(&PrivateRow::NotSubmitted);
    again(&PrivateRow::Held(PrivateMetadata { salt: [3; 32], json: r#"{"name":"合同"}"#.into() }));
    again(&PrivateRow::Held(PrivateMetadata { salt: [3; 32], json: String::new() }));
    again(&PrivateRow::Erased(LeafIndex(u64::MAX)));
    again(&AnnexKey { index: LeafIndex(1), commitment: Digest([4; 32]) });
    again(&LabelKey { label: Digest([5; 32]), index: LeafIndex(2) });
    again(&Fingerprint::of(&[6; 32]));
    again(&u64::MAX);
    for piece in [Piece::Metadata, Piece::Annex(Digest([7; 32]))] {
        again(&ErasedPiece { index: LeafIndex(3), piece });
    }
}

#[test]
fn other_bytes_are_no_value() {
    assert_eq!(PrivateRow::from_disk(&[]), None);
    assert_eq!(PrivateRow::from_disk(&[0, 0]), None);
    assert_eq!(PrivateRow::from_disk(&[2]), None);
    assert_eq!(PrivateRow::from_disk(&[2; 10]), None);
    assert_eq!(PrivateRow::from_disk(&[3]), None);
    assert_eq!(AnnexKey::from_disk(&[0; 41]), None);
    assert_eq!(LabelKey::from_disk(&[0; 39]), None);
    assert_eq!(ErasedPiece::from_disk(&[0; 8]), None);
    assert_eq!(ErasedPiece::from_disk(&[0; 10]), None);
    assert_eq!(ErasedPiece::from_disk(&[1; 40]), None);
    assert_eq!(Fingerprint::from_disk(&[0; 37]), None);
    assert_eq!(u64::from_disk(&[0; 7]), None);
    assert_eq!(PrivateRow::from_disk(&[1; 32]), None);
    assert_eq!(PrivateRow::from_disk(&[&[1; 33][..], b"\xff"].concat()), None);
    assert_eq!(LinkKey::from_disk(&[0; 17]), None);
    assert_eq!(DigestKey::from_disk(&[0; 41]), None);
    assert_eq!(StoredTile::from_disk(&[0; 257 * 32 - 1]), None);
    assert_eq!(StoredTile::from_disk(&[0; 257 * 32 + 1]), None);
    assert_eq!(LeafIndex::from_disk(&[0; 9]), None);
}

#[test]
fn private_rows_are_encoded_as_the_disk_format_says() {
    let encoded = |bytes: &[u8]| hex::encode(bytes);
    assert_eq!(encoded(&PrivateRow::Erased(LeafIndex(0x0102)).to_disk()), "020000000000000102");
    let annex = ErasedPiece { index: LeafIndex(5), piece: Piece::Annex(Digest([0xab; 32])) };
    assert_eq!(encoded(&annex.to_disk()), format!("000000000000000501{}", "ab".repeat(32)));
    assert_eq!(encoded(&ErasedPiece { piece: Piece::Metadata, ..annex }.to_disk()), "000000000000000500");
    let key = AnnexKey { index: LeafIndex(5), commitment: Digest([0xab; 32]) };
    assert_eq!(encoded(&key.to_disk()), format!("0000000000000005{}", "ab".repeat(32)));
    let key = LabelKey { label: Digest([0xcd; 32]), index: LeafIndex(5) };
    assert_eq!(encoded(&key.to_disk()), format!("{}0000000000000005", "cd".repeat(32)));
    // SHA-256 of 32 zero bytes.
    let digest = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";
    assert_eq!(encoded(&Fingerprint::of(&[0; 32]).to_disk()), format!("00000000{digest}"));
}

proptest::proptest! {
    #[test]
    fn pending_erasures_sort_as_the_notice_does(a: (u64, Option<[u8; 32]>), b: (u64, Option<[u8; 32]>)) {
        let piece = |(index, annex): (u64, Option<[u8; 32]>)| {
            let piece = annex.map_or(Piece::Metadata, |bytes| Piece::Annex(Digest(bytes)));
            ErasedPiece { index: LeafIndex(index % 3), piece }
        };
        let (a, b) = (piece(a), piece(b));
        proptest::prop_assert_eq!(a.cmp(&b), a.to_disk().cmp(&b.to_disk()));
    }

    #[test]
    fn rows_sort_as_their_numbers_do(a: (u8, u64), b: (u8, u64)) {
        let key = |(level, index)| TileKey { level, index }.to_disk();
        proptest::prop_assert_eq!(a.cmp(&b), key(a).cmp(&key(b)));
        let key = |(kind, index): (u8, u64)| SubjectKey { subject: Digest([kind; 32]), sequence: index }.to_disk();
        proptest::prop_assert_eq!(a.cmp(&b), key(a).cmp(&key(b)));
    }

    #[test]
    fn links_sort_by_kind_then_place(a: (u64, usize, u64), b: (u64, usize, u64)) {
        let key = |(target, kind, source): (u64, usize, u64)| {
            let position = LinkPosition { kind: LinkKind::ALL[kind % 5], source: LeafIndex(source % 3) };
            LinkKey { target: LeafIndex(target % 3), position }
        };
        let (a, b) = (key(a), key(b));
        let order = a.target.cmp(&b.target).then(a.position.cmp(&b.position));
        proptest::prop_assert_eq!(order, a.to_disk().cmp(&b.to_disk()));
    }

    #[test]
    fn no_bytes_panic_and_what_is_read_is_written_back(bytes in proptest::collection::vec(0_u8..4, 0..60)) {
        fn back<T: ToDisk + FromDisk>(bytes: &[u8]) -> bool {
            T::from_disk(bytes).is_none_or(|value| value.to_disk().as_ref() == bytes)
        }
        proptest::prop_assert!(back::<LinkKey>(&bytes) && back::<DigestKey>(&bytes) && back::<SubjectKey>(&bytes));
        proptest::prop_assert!(back::<AnnexKey>(&bytes) && back::<LabelKey>(&bytes) && back::<ErasedPiece>(&bytes));
        proptest::prop_assert!(back::<Fingerprint>(&bytes) && back::<u64>(&bytes));
        proptest::prop_assert!(back::<PrivateRow>(&bytes) && back::<LeafIndex>(&bytes) && back::<Empty>(&bytes));
    }
}
