//! Proofs and roots, as receipts and look-ups compute them from the tree. Every run's result is asserted.

#![expect(
    clippy::indexing_slicing,
    reason = "a bench speaks on standard output, and stops when something is not there"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tiezheng::ledger::hash::{Digest, leaf_hash};
use tiezheng::ledger::merkle::frontier::Frontier;
use tiezheng::ledger::merkle::list::{ListTree, root_of};
use tiezheng::ledger::merkle::proof::verify_inclusion;
use tiezheng::ledger::merkle::prove::inclusion;
use tiezheng::ledger::merkle::shape::{LeafIndex, TreeSize};
use tiezheng::ledger::merkle::tile::HashReader;

const LEAVES: usize = 100_000;

fn leaves(count: usize) -> Vec<Digest> {
    (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

/// The items of every tile level, in memory.
struct Levels(Vec<Vec<Digest>>);

impl Levels {
    fn over(leaves: &[Digest]) -> Self {
        let mut levels = vec![leaves.to_vec()];
        while let Some(above) = levels.last().filter(|level| level.len() >= 256) {
            let (full, _) = above.as_chunks::<256>();
            let roots = full.iter().map(|tile| root_of(tile)).collect();
            levels.push(roots);
        }
        Self(levels)
    }
}

impl HashReader for Levels {
    type Error = ();

    fn hashes(&self, level: u8, first: u64, count: u16) -> Result<Vec<Digest>, ()> {
        let items = self.0.get(usize::from(level)).ok_or(())?;
        let first = usize::try_from(first).map_err(|_| ())?;
        items.get(first..first + usize::from(count)).map(<[_]>::to_vec).ok_or(())
    }
}

fn proofs(criterion: &mut Criterion) {
    let leaves = leaves(LEAVES);
    let (tree, size) = (Levels::over(&leaves), TreeSize(LEAVES as u64));
    let root = root_of(&leaves);
    let mut group = criterion.benchmark_group("merkle");
    group.throughput(Throughput::Elements(1));
    group.bench_function("inclusion in 100 k", |bencher| {
        let mut index = 0;
        bencher.iter(|| {
            index = (index + 7_919) % LEAVES as u64;
            inclusion(black_box(&tree), LeafIndex(index), size).expect("a proof")
        });
    });
    let proof = inclusion(&tree, LeafIndex(70_000), size).expect("a proof");
    group.bench_function("verify inclusion in 100 k", |bencher| {
        bencher.iter(|| {
            let verified = verify_inclusion(LeafIndex(70_000), size, &leaves[70_000], black_box(&proof), &root);
            assert!(verified.is_ok());
        });
    });
    group.throughput(Throughput::Elements(256));
    group.bench_function("a block of 256: tree and all proofs", |bencher| {
        let block = &leaves[..256];
        let expected = root_of(block);
        bencher.iter(|| {
            let tree = ListTree::over(black_box(block).to_vec());
            assert_eq!(tree.root(), expected);
            (0..256).filter_map(|index| tree.inclusion(index)).map(|proof| proof.hashes().len()).sum::<usize>()
        });
    });
    group.bench_function("256 leaves appended to the right edge", |bencher| {
        let mut edge = Frontier::new();
        let mut full = Vec::new();
        for leaf in &leaves {
            edge.append(*leaf, &mut full);
        }
        assert_eq!(edge.root(), root);
        bencher.iter(|| {
            let (mut edge, mut full) = (edge.clone(), Vec::new());
            for leaf in &leaves[..256] {
                edge.append(*leaf, &mut full);
            }
            assert_eq!(full.len(), 1);
            edge
        });
    });
    group.finish();
}

criterion_group!(benches, proofs);
criterion_main!(benches);
