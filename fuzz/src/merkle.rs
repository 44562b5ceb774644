//! Fuzz targets for proofs of the Merkle tree, compared with the definition in RFC 6962 and the crate `tlog_tiles`; and for tiles
//! and bundles.

use std::sync::LazyLock;

use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::hash::{Digest, leaf_hash, node_hash, sha256};
use tiezheng::ledger::leaf_proof::LeafProof;
use tiezheng::ledger::merkle::proof::{ConsistencyProof, InclusionProof, verify_consistency, verify_inclusion};
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::ledger::merkle::tile::{
    EntryBundle, TILE_WIDTH, Tile, decode_bundle, decode_hashes, encode_bundle, encode_hashes,
};
use tlog_tiles::{Hash, check_record, check_tree};

use super::fixture::ledger;
use super::input::{Input, text};

/// Leaves of the largest tree.
const LEAVES: usize = 70;

/// The leaf hashes of the tree.
static TREE: LazyLock<Vec<Digest>> = LazyLock::new(|| (0..LEAVES).map(|n| leaf_hash(&n.to_be_bytes())).collect());

/// The largest power of two below `n`.
fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// `MTH(D[n])` of RFC 6962 §2.1.
fn root(d: &[Digest]) -> Digest {
    match d {
        [] => sha256(b""),
        [one] => *one,
        _ => node_hash(&root(&d[..split(d.len())]), &root(&d[split(d.len())..])),
    }
}

/// `PATH(m, D[n])` of RFC 6962 §2.1.1.
fn path(m: usize, d: &[Digest]) -> Vec<Digest> {
    if d.len() == 1 {
        return vec![];
    }
    let (left, right) = d.split_at(split(d.len()));
    if m < left.len() {
        [path(m, left), vec![root(right)]].concat()
    } else {
        [path(m - left.len(), right), vec![root(left)]].concat()
    }
}

/// `PROOF(m, D[n])` of RFC 6962 §2.1.2; `whole` as its `b`.
fn proof(m: usize, d: &[Digest], whole: bool) -> Vec<Digest> {
    if m == d.len() {
        return if whole { vec![] } else { vec![root(d)] };
    }
    let (left, right) = d.split_at(split(d.len()));
    if m <= left.len() {
        [proof(m, left, whole), vec![root(right)]].concat()
    } else {
        [proof(m - left.len(), right, false), vec![root(left)]].concat()
    }
}

/// Changes a list of hashes up to eight times, as `input` selects.
fn change(hashes: &mut Vec<Digest>, input: &mut Input<'_>) {
    for _ in 0..8 {
        let place = input.below(hashes.len() + 1);
        match input.byte() % 6 {
            1 => hashes.insert(place, TREE[input.below(LEAVES)]),
            2 if place < hashes.len() => drop(hashes.remove(place)),
            3 if place < hashes.len() => hashes[place].0[input.below(32)] ^= input.byte(),
            4 if place < hashes.len() => {
                let other = input.below(hashes.len());
                hashes.swap(place, other);
            }
            5 => hashes.insert(place, Digest(input.array())),
            _ => {}
        }
        if input.is_empty() {
            return;
        }
    }
}

fn theirs(hashes: &[Digest]) -> Vec<Hash> {
    hashes.iter().map(|hash| Hash(hash.0)).collect()
}

/// A proof of inclusion: accepted if and only if it is the one of the definition.
pub fn inclusion(data: &[u8]) -> bool {
    let mut input = Input(data);
    let size = 1 + input.below(LEAVES);
    let (index, claimed) = (input.below(size), input.below(LEAVES + 8));
    let claimed_size = if input.byte() % 4 == 0 { input.long() } else { size as u64 };
    let tree = &TREE[..size];
    let mut hashes = path(index, tree);
    change(&mut hashes, &mut input);
    let (leaf, whole) = (tree[index], root(tree));
    let Ok(given) = InclusionProof::from_hashes(hashes.clone()) else { return false };
    let place = LeafIndex(claimed as u64);
    let ours = verify_inclusion(place, TreeSize(claimed_size), &leaf, &given, &whole);
    let genuine = claimed < size && path(claimed, tree) == hashes && tree[claimed] == leaf;
    // Trees of other sizes may have the same path to a leaf, so the definition decides for the true size only.
    if claimed_size == size as u64 {
        assert_eq!(ours.is_ok(), genuine);
    }
    if place.0 < claimed_size && claimed_size <= TreeSize::MAX.0 {
        let also = check_record(&theirs(&hashes), claimed_size, Hash(whole.0), place.0, Hash(leaf.0));
        assert_eq!(ours.is_ok(), also.is_ok(), "{ours:?} {also:?}");
    }
    ours.is_ok()
}

/// A proof of consistency: accepted if and only if it is the one of the definition.
pub fn consistency(data: &[u8]) -> bool {
    let mut input = Input(data);
    let new = 1 + input.below(LEAVES);
    let old = 1 + input.below(new);
    let claimed = if input.byte() % 4 == 0 { input.below(LEAVES + 8) } else { old };
    let tree = &TREE[..new];
    let mut hashes = proof(old, tree, true);
    change(&mut hashes, &mut input);
    let (old_root, new_root) = (root(&tree[..old]), root(tree));
    let Ok(given) = ConsistencyProof::from_hashes(hashes.clone()) else { return false };
    let ours = verify_consistency(TreeSize(claimed as u64), &old_root, TreeSize(new as u64), &new_root, &given);
    assert_eq!(ours.is_ok(), claimed == old && hashes == proof(old, tree, true), "{ours:?}");
    if (1..=new).contains(&claimed) {
        let also = check_tree(&theirs(&hashes), new as u64, Hash(new_root.0), claimed as u64, Hash(old_root.0));
        assert_eq!(ours.is_ok(), also.is_ok(), "{ours:?} {also:?}");
    }
    ours.is_ok()
}

/// The path of a tile or a bundle, and their bytes.
pub fn tile(data: &[u8]) -> bool {
    let mut accepted = false;
    if let Some(text) = text(data) {
        accepted = Tile::parse(text).is_ok() || EntryBundle::parse(text).is_ok();
        if let Ok(tile) = Tile::parse(text) {
            assert_eq!(tile.path(), text);
            assert_eq!(tile.is_full(), tile.width == TILE_WIDTH);
            theirs_is(text, tile.level, tile.index, tile.width, false);
        }
        if let Ok(bundle) = EntryBundle::parse(text) {
            assert_eq!(bundle.path(), text);
            theirs_is(text, 0, bundle.index, bundle.width, true);
        }
    }
    let mut input = Input(data);
    let width = u16::try_from(input.below(usize::from(TILE_WIDTH) + 2)).unwrap();
    if let Some(hashes) = decode_hashes(input.0, width) {
        accepted = true;
        assert_eq!((hashes.len(), encode_hashes(&hashes)), (width.into(), input.0.to_vec()));
    }
    if let Ok(entries) = decode_bundle(input.0, width) {
        accepted = true;
        assert_eq!(entries.len(), usize::from(width));
        if width <= TILE_WIDTH {
            assert_eq!(encode_bundle(entries).as_deref(), Ok(input.0));
        }
    }
    accepted
}

/// A file that proves a leaf: a leaf that it proves under a checkpoint of the ledger is a leaf of the ledger.
pub fn leaf_proof(data: &[u8]) -> bool {
    let Some(parsed) = text(data).and_then(LeafProof::parse) else { return false };
    assert_eq!(parsed.to_string().as_bytes(), data);
    for receipt in &ledger().receipts {
        let checkpoint = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).unwrap();
        if parsed.is_valid(&checkpoint) {
            let leaf = usize::try_from(parsed.index.0).ok().and_then(|index| ledger().leaves.get(index));
            assert_eq!(leaf.map(|leaf| leaf_hash(leaf)), Some(parsed.hash), "a forged proof");
        }
    }
    true
}

/// Where `tlog_tiles` reads such a path, it reads the same tile. It has fewer levels.
fn theirs_is(path: &str, level: u8, index: u64, width: u16, is_data: bool) {
    // In the paths of that crate the height of a tile comes first.
    let Some(rest) = path.strip_prefix("tile/") else { return };
    let Ok(tile) = tlog_tiles::Tile::from_path(&format!("tile/8/{}", rest.replacen("entries/", "data/", 1))) else {
        return;
    };
    assert_eq!((tile.level(), tile.level_index(), tile.width()), (level, index, width.into()));
    assert_eq!(tile.is_data(), is_data);
}
