//! The recursive definition of the tree in RFC 6962 §2.1, as the reference for tests.
//!
//! Also contains the leaves that all tests use, and a reader of their tiles that checks the requests. It uses no code
//! under test except `hash`.

use std::cell::RefCell;
use std::convert::Infallible;

use crate::ledger::hash::{Digest, leaf_hash, node_hash, sha256};
use crate::ledger::merkle::tile::HashReader;

/// The hash of leaf `index` of the tests' tree: `record <index>`, as in the 300 records of the golden log B.
pub(super) fn leaf(index: usize) -> Digest {
    leaf_hash(format!("record {index}").as_bytes())
}

pub(super) fn leaves(size: usize) -> Vec<Digest> {
    (0..size).map(leaf).collect()
}

/// A hash written in the standard base64 of checkpoints.
pub(super) fn base64(text: &str) -> Digest {
    use base64::Engine as _;
    Digest::from_slice(&base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap()
}

/// The RFC's `k`, "the largest power of two smaller than n".
fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// `MTH(D[n])`
pub(super) fn mth(d: &[Digest]) -> Digest {
    match d.len() {
        0 => sha256(b""),
        1 => d[0],
        n => node_hash(&mth(&d[..split(n)]), &mth(&d[split(n)..])),
    }
}

/// `PATH(m, D[n])`
pub(super) fn path(m: usize, d: &[Digest]) -> Vec<Digest> {
    let n = d.len();
    if n == 1 {
        return vec![];
    }
    let k = split(n);
    if m < k {
        [path(m, &d[..k]), vec![mth(&d[k..])]].concat()
    } else {
        [path(m - k, &d[k..]), vec![mth(&d[..k])]].concat()
    }
}

/// `PROOF(m, D[n])`
pub(super) fn proof(m: usize, d: &[Digest]) -> Vec<Digest> {
    subproof(m, d, true)
}

fn subproof(m: usize, d: &[Digest], begins: bool) -> Vec<Digest> {
    let n = d.len();
    if m == n {
        return if begins { vec![] } else { vec![mth(d)] };
    }
    let k = split(n);
    if m <= k {
        [subproof(m, &d[..k], begins), vec![mth(&d[k..])]].concat()
    } else {
        [subproof(m - k, &d[k..], false), vec![mth(&d[..k])]].concat()
    }
}

/// Reads the tiles of a tree of `size` leaves, computed from the definition. It panics if a request is not within one
/// tile of that tree, repeats a tile, or is for a third tile of a level.
pub(super) struct StrictReader<'l> {
    levels: &'l [Vec<Digest>],
    size: usize,
    read: RefCell<Vec<(u8, u64)>>,
}

/// The items of each tile level of the tree over `leaves`, from the definition.
pub(super) fn tile_levels(leaves: &[Digest]) -> Vec<Vec<Digest>> {
    let width = |level| 256_usize.pow(level);
    (0..4).map(|level| leaves.chunks_exact(width(level)).map(mth).collect()).collect()
}

impl<'l> StrictReader<'l> {
    pub(super) fn new(levels: &'l [Vec<Digest>], size: usize) -> Self {
        Self { levels, size, read: RefCell::default() }
    }
}

impl HashReader for StrictReader<'_> {
    type Error = Infallible;

    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, Infallible> {
        assert!(count > 0, "nothing asked for");
        assert_eq!(first / 256, (first + u64::from(count) - 1) / 256, "across tiles");
        let mut read = self.read.borrow_mut();
        assert!(!read.contains(&(level, first / 256)), "the same tile twice");
        read.push((level, first / 256));
        assert!(read.iter().filter(|(l, _)| *l == level).count() <= 2, "a third tile of level {level}");
        let (first, end) = (usize::try_from(first).unwrap(), usize::try_from(first).unwrap() + usize::from(count));
        assert!(end <= self.size / 256_usize.pow(level.into()), "beyond the tree");
        Ok(self.levels[usize::from(level)][first..end].to_vec())
    }
}
