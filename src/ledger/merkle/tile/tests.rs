//! Tests of tile names, widths and bytes: vectors of other implementations, then properties.

use proptest::prelude::*;

use super::*;
use crate::ledger::hash::{leaf_hash, sha256};
use crate::ledger::merkle::naive;

/// Entries of Tessera's golden log, copied from its source.
const GOLDEN: [&str; 15] = [
    "one", "two", "three", "four", "five", "six", "seven", "eit", "nain", "ten", "ileven", "twelf", "threeten",
    "fourten", "fivten",
];

fn golden_bundle(width: usize) -> Vec<u8> {
    encode_bundle(GOLDEN[..width].iter().map(|entry| entry.as_bytes())).unwrap()
}

fn golden_tile(width: usize) -> Vec<u8> {
    encode_hashes(&GOLDEN.map(|entry| leaf_hash(entry.as_bytes()))[..width])
}

#[test]
fn tessera_golden_bytes_hold() {
    assert_eq!(hex::encode(golden_bundle(3)), "00036f6e65000374776f00057468726565");
    assert_eq!(
        hex::encode(golden_tile(3)),
        "d0d7360ab79f58ab1e1e3fe64ad77e2ea0bc07e36b5f46ed2223edd9298df9e9\
         ab1ab7f07c7c8fe0eff4ba6faa53c7e4412e91a599153e8aa4e01beece5b7825\
         671f146c5e471e8a1a83a3c214ce4ba907b8f3a5888d14cc8cd3ce75bb12ef94"
    );
    let (bundle, tile) = (golden_bundle(15), golden_tile(15));
    assert_eq!((bundle.len(), tile.len()), (99, 480));
    assert_eq!(sha256(&bundle).to_string(), "9ac6a9fc9012f2b4d67ac26041933c119e1505defc5c808ed614c5778c9f1716");
    assert_eq!(sha256(&tile).to_string(), "93593af14d2cce39867d2e73fe4ca400a38581605c5c4501a03e752d9b51a130");
}

#[test]
fn sunlight_mirror_bytes_hold() {
    let leaves = naive::leaves(300);
    let digest = |hashes| sha256(&encode_hashes(hashes)).to_string();
    assert_eq!(digest(&leaves[..256]), "66a1d43136a854a5776d5bce14bf101c925fc7d4b32f1be23b658f636ebfcddb");
    assert_eq!(digest(&leaves[256..]), "699f078d937f13343d71ad39321757de3ecf391e8d7a1b2015ad38bd36f5d60a");
}

#[test]
fn paths_are_read_and_printed() {
    for (path, level, index, width) in [
        ("tile/0/x001/x234/067", 0, 1_234_067, 256),
        ("tile/0/x001/x234/067.p/89", 0, 1_234_067, 89),
        ("tile/63/x999/x999/x999/x999/x999/999.p/255", 63, MAX_TILE_INDEX, 255),
        ("tile/0/001", 0, 1, 256),
        ("tile/0/000", 0, 0, 256),
        ("tile/7/255.p/1", 7, 255, 1),
        ("tile/10/x001/000", 10, 1000, 256),
        ("tile/1/x123/x456/789", 1, 123_456_789, 256),
    ] {
        let tile = Tile { level, index, width };
        assert_eq!(Tile::parse(path), Ok(tile));
        assert_eq!(tile.path(), path);

        let bundle = EntryBundle { index, width };
        let path = path.replacen(&format!("tile/{level}/"), "tile/entries/", 1);
        assert_eq!(EntryBundle::parse(&path), Ok(bundle));
        assert_eq!(bundle.path(), path);
    }
}

#[test]
fn other_forms_are_rejected() {
    use TilePathError::{Index, Level, Prefix, Width};
    for (place, error) in [
        ("x001/x234/067.p/", Width),
        ("x001/x234/067.p", Index),
        ("x001/x234/067/", Index),
        ("x001/x234", Index),
        ("x001/", Index),
        ("x001", Index),
        ("001/002", Index),
        ("x001/0002", Index),
        ("x001/-002", Index),
        ("x001/+02", Index),
        ("x001/ 02", Index),
        ("x001/٠٠٢", Index),
        ("X001/002", Index),
        ("x000/615", Index),
        ("x001/x002", Index),
        ("xx001/002", Index),
        ("x001//002", Index),
        ("01", Index),
        ("", Index),
        ("x001/x000/x000/x000/x000/x000/000", Index),
        ("x999/x999/x999/x999/x999/x999/999", Index),
        ("000.p/256", Width),
        ("000.p/0", Width),
        ("000.p/01", Width),
        ("000.p/+1", Width),
        ("000.p/-1", Width),
        ("000.p/1/", Width),
        ("000.p/1.p/1", Width),
        ("000.p/99999999999999999999", Width),
    ] {
        assert_eq!(Tile::parse(&format!("tile/0/{place}")), Err(error), "{place}");
        assert_eq!(EntryBundle::parse(&format!("tile/entries/{place}")), Err(error), "{place}");
    }
    for level in ["64", "-1", "abc", "00", "+1", "", " 0", "256", "entries", "0x0"] {
        assert_eq!(Tile::parse(&format!("tile/{level}/001")), Err(Level), "{level}");
    }
    assert_eq!(Tile::parse("tile/0"), Err(Level));
    for path in ["", "tile", "/tile/0/000", "Tile/0/000", "tiles/0/000"] {
        assert_eq!(Tile::parse(path), Err(Prefix { expected: "tile/" }), "{path}");
    }
    for path in ["tile/0/000", "tile/entries", "entries/000"] {
        assert_eq!(EntryBundle::parse(path), Err(Prefix { expected: "tile/entries/" }), "{path}");
    }
}

#[test]
fn widths_follow_the_specification() {
    let size = TreeSize(70_000);
    let widths = |level, indexes: std::ops::Range<u64>| indexes.map(|n| width_at(level, n, size)).collect::<Vec<_>>();
    assert_eq!(widths(0, 272..275), [256, 112, 0]);
    assert_eq!(widths(1, 0..3), [256, 17, 0]);
    assert_eq!(widths(2, 0..2), [1, 0]);
    assert_eq!(widths(3, 0..1), [0]);
    assert_eq!([0, 1, 2, 3].map(|level| partial_width(level, size)), [112, 17, 1, 0]);
    assert_eq!(width_at(1, 0, TreeSize(256)), 1);
    assert_eq!(width_at(0, 1, TreeSize(256)), 0);
    assert_eq!(width_at(63, u64::MAX, TreeSize::MAX), 0);
    assert_eq!(width_at(255, 0, TreeSize::MAX), 0);
    assert_eq!(width_at(7, 0, TreeSize::MAX), 127);
    assert_eq!(items_at(TILE_LEVELS, TreeSize(u64::MAX)), 0);
}

#[test]
fn items_lie_under_their_node() {
    let items = |level, index| Items::under(Node { level, index });
    assert_eq!(items(0, 255), Items { level: 0, tile: 0, offset: 255, count: 1 });
    assert_eq!(items(7, 5), Items { level: 0, tile: 2, offset: 128, count: 128 });
    assert_eq!(items(8, 256), Items { level: 1, tile: 1, offset: 0, count: 1 });
    assert_eq!(items(19, 33), Items { level: 2, tile: 1, offset: 8, count: 8 });
    assert_eq!(items(63, 0), Items { level: 7, tile: 0, offset: 0, count: 128 });
}

/// Growth is correct if each tile that is wider at `new` than at `old` is written once, with its width at `new`.
fn check_new_tiles(old: u64, new: u64) {
    let (old, new) = (TreeSize(old), TreeSize(new));
    let wider: Vec<_> = (0..4)
        .flat_map(|level| (0..=new.0 / 256).map(move |index| (level, index)))
        .map(|(level, index)| Tile { level, index, width: width_at(level, index, new) })
        .filter(|tile| tile.width > width_at(tile.level, tile.index, old))
        .collect();
    assert_eq!(new_tiles(old, new).collect::<Vec<_>>(), wider, "{old} to {new}");
}

#[test]
fn growth_writes_each_wider_tile_once() {
    let sizes = [0, 1, 2, 100, 255, 256, 257, 511, 512, 513, 1000, 65_535, 65_536, 65_537, 65_793, 131_072, 200_000];
    for old in sizes {
        for new in sizes {
            check_new_tiles(old, new);
        }
    }
    let grown: Vec<_> = new_tiles(TreeSize(49_516_517), TreeSize(49_516_586)).map(Tile::path).collect();
    assert_eq!(grown, ["tile/0/x193/423", "tile/0/x193/424.p/42", "tile/1/755.p/144"]);
    assert_eq!(new_tiles(TreeSize(TreeSize::MAX.0 - 1), TreeSize::MAX).count(), 1);
}

#[test]
fn bundles_have_limits() {
    let longest = vec![7; 65_535];
    let bytes = encode_bundle([longest.as_slice(), &[]]).unwrap();
    assert_eq!(decode_bundle(&bytes, 2), Ok(vec![longest.as_slice(), &[]]));
    let longer = vec![7; 65_536];
    let too_long = BundleError::EntryTooLong { number: 1, length: 65_536 };
    assert_eq!(encode_bundle([&[], longer.as_slice()]), Err(too_long));
    let empty: &[u8] = &[];
    assert_eq!(encode_bundle([empty; 256]), Ok(vec![0; 512]));
    assert_eq!(encode_bundle([empty; 257]), Err(BundleError::TooMany));
}

#[test]
fn bundles_are_read_to_the_last_byte() {
    let bytes = golden_bundle(3);
    let entries: [&[u8]; 3] = [b"one", b"two", b"three"];
    assert_eq!(decode_bundle(&bytes, 3), Ok(entries.to_vec()));
    assert_eq!(decode_bundle(&bytes, 2), Err(BundleError::LeftOver { length: 7 }));
    assert_eq!(decode_bundle(&bytes, 4), Err(BundleError::CutOff { number: 3 }));
    for end in 10..bytes.len() {
        assert_eq!(decode_bundle(&bytes[..end], 3), Err(BundleError::CutOff { number: 2 }), "{end}");
    }
}

proptest! {
    #[test]
    fn whatever_parses_prints_the_same(text in any::<String>(), path in "tile/(entries|[0-9]{1,2})(/x?[0-9]{1,3}){1,7}(\\.p/[0-9]{0,3})?") {
        for path in [text.as_str(), &path] {
            if let Ok(tile) = Tile::parse(path) {
                prop_assert_eq!(tile.path(), path);
            }
            if let Ok(bundle) = EntryBundle::parse(path) {
                prop_assert_eq!(bundle.path(), path);
            }
        }
    }

    #[test]
    fn whatever_is_printed_parses(level in 0..=MAX_TILE_LEVEL, index in 0..=MAX_TILE_INDEX, fewer in 0..60_u32, width in 1..=TILE_WIDTH) {
        let index = index >> fewer;
        let (tile, bundle) = (Tile { level, index, width }, EntryBundle { index, width });
        prop_assert_eq!(Tile::parse(&tile.path()), Ok(tile));
        prop_assert_eq!(EntryBundle::parse(&bundle.path()), Ok(bundle));
    }

    #[test]
    fn growth_from_anywhere_to_anywhere(old in 0..140_000_u64, new in 0..140_000_u64) {
        check_new_tiles(old, new);
    }

    #[test]
    fn bundles_round_trip(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..=256)) {
        let bytes = encode_bundle(entries.iter().map(Vec::as_slice)).unwrap();
        let width = u16::try_from(entries.len()).unwrap();
        prop_assert_eq!(decode_bundle(&bytes, width).unwrap(), entries);
    }

    /// Short lengths are drawn often enough for some of the bytes to be bundles.
    #[test]
    fn whatever_is_a_bundle_is_encoded_the_same(bytes in prop::collection::vec(0..3_u8, 0..40), width in 0..12_u16) {
        if let Ok(entries) = decode_bundle(&bytes, width) {
            prop_assert_eq!(encode_bundle(entries).unwrap(), bytes);
        }
    }

    #[test]
    fn hashes_round_trip(bytes in prop::collection::vec(any::<u8>(), 0..200), width in 0..8_u16) {
        let hashes = decode_hashes(&bytes, width);
        prop_assert_eq!(hashes.is_some(), bytes.len() == 32 * usize::from(width));
        if let Some(hashes) = hashes {
            prop_assert_eq!(encode_hashes(&hashes), bytes);
        }
    }
}
