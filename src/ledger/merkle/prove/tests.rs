//! Tests of the builders: logs of other implementations, every proof of every tree up to 260 leaves, and trees of three
//! tile levels.

use super::*;
use crate::ledger::hash::leaf_hash;
use crate::ledger::merkle::frontier::Frontier;
use crate::ledger::merkle::naive::{self, StrictReader, base64};
use crate::ledger::merkle::proof::{verify_consistency, verify_inclusion};

fn index(m: usize) -> LeafIndex {
    LeafIndex(m as u64)
}

fn size(n: usize) -> TreeSize {
    TreeSize(n as u64)
}

/// A log of which all tiles can be read.
struct Log {
    leaves: Vec<Digest>,
    levels: Vec<Vec<Digest>>,
}

impl Log {
    fn new(leaves: Vec<Digest>) -> Self {
        Self { levels: naive::tile_levels(&leaves), leaves }
    }

    fn at(&self, size: usize) -> StrictReader<'_> {
        StrictReader::new(&self.levels, size)
    }

    fn root(&self, n: usize) -> Digest {
        root(&self.at(n), size(n)).unwrap()
    }

    fn inclusion(&self, m: usize, n: usize) -> InclusionProof {
        inclusion(&self.at(n), index(m), size(n)).unwrap()
    }

    fn consistency(&self, m: usize, n: usize) -> ConsistencyProof {
        consistency(&self.at(n), size(m), size(n)).unwrap()
    }
}

#[test]
fn tessera_golden_log_holds() {
    let entries = "one two three four five six seven eit nain ten ileven twelf threeten fourten fivten";
    let log = Log::new(entries.split(' ').map(|entry| leaf_hash(entry.as_bytes())).collect());
    for (n, root) in [
        (0, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        (1, "0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek="),
        (2, "T1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4="),
        (5, "gy5gl3aksFyiCO95a/1vLXz88A3dRq+0l9Sxte8ZqZQ="),
        (15, "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="),
    ] {
        assert_eq!(log.root(n), base64(root), "size {n}");
    }
    let inclusion = [
        "Zx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75Q=",
        "T1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4=",
        "g0ZoeYWtIV8Q8i+4CmgqPnBvH2il107lyCgTQsyB7H4=",
        "5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=",
    ];
    assert_eq!(log.inclusion(3, 15).hashes(), inclusion.map(base64));
    let consistency = [
        "zMKa4OAqd7D0V4wawXST15z0JiEEkprIBPkfxOesWvA=",
        "yiM+eia4w1wsk/Ukx7kF56IQVkDW3MWUaUz/VtJu+yU=",
        "nk9gCR+floFqznAPtqjjcnnV64dge2jQB95D5t164Hg=",
        "zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=",
        "5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=",
    ];
    assert_eq!(log.consistency(5, 15).hashes(), consistency.map(base64));
}

#[test]
fn sunlight_mirror_of_300_records_holds() {
    let log = Log::new(naive::leaves(300));
    assert_eq!(log.root(300), base64("gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU="));
    assert_eq!(log.root(256), base64("3JNJ+Xh+0Ahtptl/Z5xRpRmPmORW6Vsdh/o6vAEv7DE="));
    assert_eq!(log.levels[1], [log.root(256)]);
    assert_eq!(log.consistency(256, 300).hashes(), [base64("uwaa/GEGqF4PM03Df+GfKIyZ5+fHBsK9y3f1tqCMyf8=")]);
    let inclusion = [
        "E8hKtxS7AnK1sf/NfecfxYZa1CAf8psSZE04ZllCYP0=",
        "kasamZQ4HpdKO0SYiugJIDAq2HOcsCMsyoQ0uj69xVw=",
        "rgNv9wDY3hnJrf5ecZDdc5cYfDQl20595Njfu8KZ6ms=",
        "YEuFURczV07bb1QecTYD8jKmOnXRo1yUQiN5YQ1EerE=",
        "F1T/sISqhYq7KDRfryAsJLPTgnGshxubXcuhQTyN54s=",
        "+JzqYfQRUx3OS3GjUmYpnpjP+yrz0BVBFheziie6VwA=",
        "3JNJ+Xh+0Ahtptl/Z5xRpRmPmORW6Vsdh/o6vAEv7DE=",
    ];
    assert_eq!(log.inclusion(256, 300).hashes(), inclusion.map(base64));
}

#[test]
fn every_small_tree_agrees_with_the_definition() {
    let log = Log::new(naive::leaves(260));
    for n in 0..=260 {
        let leaves = &log.leaves[..n];
        assert_eq!(log.root(n), naive::mth(leaves), "size {n}");
        for m in 0..n {
            assert_eq!(log.inclusion(m, n).hashes(), naive::path(m, leaves), "leaf {m} of {n}");
        }
        for m in 1..=n {
            assert_eq!(log.consistency(m, n).hashes(), naive::proof(m, leaves), "{m} to {n}");
        }
    }
}

#[test]
fn trees_of_three_tile_levels_agree_with_the_definition() {
    let log = Log::new(naive::leaves(66_050));
    let edges = [1, 2, 255, 256, 257, 511, 513, 32_768, 33_333, 65_535, 65_536, 65_537, 65_792, 66_049, 66_050];
    for n in edges {
        let leaves = &log.leaves[..n];
        let root = naive::mth(leaves);
        assert_eq!(log.root(n), root);
        for m in edges.into_iter().filter(|m| *m <= n) {
            let proof = log.inclusion(m - 1, n);
            assert_eq!(proof.hashes(), naive::path(m - 1, leaves), "leaf {} of {n}", m - 1);
            assert_eq!(verify_inclusion(index(m - 1), size(n), &leaves[m - 1], &proof, &root), Ok(()));

            let proof = log.consistency(m, n);
            assert_eq!(proof.hashes(), naive::proof(m, leaves), "{m} to {n}");
            assert_eq!(verify_consistency(size(m), &log.root(m), size(n), &root, &proof), Ok(()));
        }
    }
}

/// Reads hashes as a store does: full tiles as completed by a frontier, and partial tiles from the frontier.
#[test]
fn proofs_are_built_from_what_a_frontier_hands_out() {
    struct Store(BTreeMap<(u8, u64), Vec<Digest>>, Frontier);

    impl HashReader for Store {
        type Error = String;

        fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, String> {
            let (index, offset) = (first / 256, usize::try_from(first % 256).unwrap());
            let tile = self.0.get(&(level, index)).map_or_else(|| self.1.partial(level), Vec::as_slice);
            tile.get(offset..offset + usize::from(count))
                .map(<[_]>::to_vec)
                .ok_or_else(|| format!("no {level}/{first}"))
        }
    }

    let log = Log::new(naive::leaves(66_050));
    let (mut frontier, mut completed) = (Frontier::new(), Vec::new());
    for leaf in &log.leaves {
        frontier.append(*leaf, &mut completed);
    }
    let full = completed.into_iter().map(|full| ((full.level, full.index), full.hashes)).collect();
    let store = Store(full, frontier.clone());
    let tree = frontier.size();
    assert_eq!(root(&store, tree), Ok(frontier.root()));
    for m in (0..66_050).step_by(331) {
        assert_eq!(inclusion(&store, index(m), tree), Ok(log.inclusion(m, 66_050)));
        assert_eq!(consistency(&store, size(m + 1), tree), Ok(log.consistency(m + 1, 66_050)));
    }
}

#[test]
fn what_cannot_be_built_is_rejected() {
    struct Answer(Result<usize, &'static str>);

    impl HashReader for Answer {
        type Error = &'static str;

        fn hashes(&self, _: u8, _: u64, _: u16) -> Result<Vec<Digest>, &'static str> {
            self.0.map(naive::leaves)
        }
    }

    let tree = TreeSize(300);
    let reader = Answer(Err("disk on fire"));
    let outside = BuildError::IndexOutside { index: LeafIndex(300), size: tree };
    assert_eq!(inclusion(&reader, LeafIndex(300), tree), Err(outside));
    for (old, new) in [(0, 300), (301, 300), (0, 0)] {
        let error = BuildError::SizesOutOfOrder { old: TreeSize(old), new: TreeSize(new) };
        assert_eq!(consistency(&reader, TreeSize(old), TreeSize(new)), Err(error));
    }
    let error = BuildError::Read { level: 1, index: 0, source: "disk on fire" };
    assert_eq!(root(&reader, tree), Err(error));
    for found in [0, 2, 256] {
        let error = BuildError::WrongWidth { level: 1, index: 0, expected: 1, found };
        assert_eq!(root(&Answer(Ok(found)), tree), Err(error));
    }
}
