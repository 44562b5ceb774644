//! Tests of the verifiers: the RFC's vectors, edge cases of other implementations, and every proof of every tree up to
//! 260 leaves with every change of a single element.

use super::*;
use crate::ledger::hash::leaf_hash;
use crate::ledger::merkle::naive;

/// The size of the largest tree of which all proofs are tested.
const SIZES: usize = 260;

fn inclusion(m: usize, leaves: &[Digest]) -> InclusionProof {
    InclusionProof::from_hashes(naive::path(m, leaves)).unwrap()
}

fn index(m: usize) -> LeafIndex {
    LeafIndex(m as u64)
}

fn size(n: usize) -> TreeSize {
    TreeSize(n as u64)
}

/// The roots of all trees up to `SIZES` leaves and one more.
fn roots(leaves: &[Digest]) -> Vec<Digest> {
    (0..=leaves.len()).map(|n| naive::mth(&leaves[..n])).collect()
}

fn flipped(hash: Digest) -> Digest {
    let mut bytes = hash.0;
    bytes[31] ^= 1;
    Digest(bytes)
}

/// All lists with one change: each hash flipped, omitted or doubled, and one hash added at either end.
fn changed(hashes: &[Digest]) -> Vec<Vec<Digest>> {
    let mut lists = vec![[&[Digest::ZERO], hashes].concat(), [hashes, &[Digest::ZERO]].concat()];
    for at in 0..hashes.len() {
        let mut list = hashes.to_vec();
        list[at] = flipped(list[at]);
        lists.push(list);
        let mut list = hashes.to_vec();
        list.insert(at, list[at]);
        lists.push(list);
        let mut list = hashes.to_vec();
        list.remove(at);
        lists.push(list);
        if at > 0 {
            let mut list = hashes.to_vec();
            list.swap(at - 1, at);
            lists.push(list);
        }
    }
    lists
}

#[test]
fn rfc_reference_tree_holds() {
    let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let leaves = inputs.map(|input| leaf_hash(&hex::decode(input).unwrap()));
    let hash = |text: &str| Digest::from_hex(text).unwrap();
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    .map(hash);
    for (n, root) in roots.iter().enumerate() {
        assert_eq!(naive::mth(&leaves[..n]), *root);
    }
    let [l0, l1, l2, l3, l4, _, l6, _] = leaves;
    let n01 = roots[2];
    let n23 = hash("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e");
    let n45 = hash("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a");
    let n67 = hash("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0");
    let n0123 = roots[4];
    let n4567 = hash("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4");
    let n456 = hash("837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e");

    let inclusions: [(usize, usize, &[Digest]); 5] =
        [(0, 1, &[]), (0, 8, &[l1, n23, n4567]), (5, 8, &[l4, n67, n0123]), (2, 3, &[n01]), (1, 5, &[l0, n23, l4])];
    for (m, n, hashes) in inclusions {
        assert_eq!(naive::path(m, &leaves[..n]), hashes);
        let proof = InclusionProof::from_hashes(hashes.to_vec()).unwrap();
        assert_eq!(verify_inclusion(index(m), size(n), &leaves[m], &proof, &roots[n]), Ok(()), "({m}, {n})");
    }
    let consistencies: [(usize, usize, &[Digest]); 7] = [
        (1, 1, &[]),
        (1, 8, &[l1, n23, n4567]),
        (2, 5, &[n23, l4]),
        (6, 7, &[n45, l6, n0123]),
        (6, 8, &[n45, n67, n0123]),
        (4, 8, &[n4567]),
        (3, 7, &[l2, l3, n01, n456]),
    ];
    for (m, n, hashes) in consistencies {
        assert_eq!(naive::proof(m, &leaves[..n]), hashes);
        let proof = ConsistencyProof::from_hashes(hashes.to_vec()).unwrap();
        assert_eq!(verify_consistency(size(m), &roots[m], size(n), &roots[n], &proof), Ok(()), "({m}, {n})");
    }
}

#[test]
fn every_inclusion_proof_holds_and_no_changed_one() {
    fn verify(m: usize, n: usize, leaf: &Digest, proof: &InclusionProof, root: &Digest) -> Result<(), ProofError> {
        verify_inclusion(index(m), size(n), leaf, proof, root)
    }

    let leaves = naive::leaves(SIZES + 1);
    let roots = roots(&leaves);
    for n in 1..=SIZES {
        for m in 0..n {
            let (leaf, root) = (&leaves[m], &roots[n]);
            let proof = inclusion(m, &leaves[..n]);
            assert_eq!(verify(m, n, leaf, &proof, root), Ok(()), "({m}, {n})");

            for hashes in changed(proof.hashes()) {
                let proof = InclusionProof::from_hashes(hashes).unwrap();
                assert!(verify(m, n, leaf, &proof, root).is_err(), "({m}, {n}) {proof:?}");
            }
            assert!(verify(m, n, &flipped(*leaf), &proof, root).is_err());
            assert!(verify(m, n, leaf, &proof, &flipped(*root)).is_err());
            for other in [m + 1, m.wrapping_sub(1), m ^ 1, m ^ 2, n - 1 - m, n, usize::MAX] {
                assert!(other == m || verify(other, n, leaf, &proof, root).is_err(), "({m} as {other}, {n})");
            }
            for other in [n - 1, n + 1] {
                assert!(verify(m, other, leaf, &proof, &roots[other]).is_err(), "({m}, {n} as {other})");
            }
        }
    }
}

#[test]
fn every_consistency_proof_holds_and_no_changed_one() {
    fn verify(m: usize, old: &Digest, n: usize, new: &Digest, proof: &ConsistencyProof) -> Result<(), ProofError> {
        verify_consistency(size(m), old, size(n), new, proof)
    }

    let leaves = naive::leaves(SIZES + 1);
    let roots = roots(&leaves);
    for n in 1..=SIZES {
        for m in 1..=n {
            let (old, new) = (&roots[m], &roots[n]);
            let proof = ConsistencyProof::from_hashes(naive::proof(m, &leaves[..n])).unwrap();
            assert_eq!(verify(m, old, n, new, &proof), Ok(()), "({m}, {n})");

            for hashes in changed(proof.hashes()) {
                let proof = ConsistencyProof::from_hashes(hashes).unwrap();
                assert!(verify(m, old, n, new, &proof).is_err(), "({m}, {n}) {proof:?}");
            }
            assert!(verify(m, &flipped(*old), n, new, &proof).is_err(), "({m}, {n})");
            assert!(verify(m, old, n, &flipped(*new), &proof).is_err(), "({m}, {n})");
            assert!(m == n || verify(n, new, m, old, &proof).is_err(), "({m}, {n}) backwards");
            for other in [m - 1, m + 1] {
                assert!(verify(other, &roots[other], n, new, &proof).is_err(), "({m} as {other}, {n})");
                assert!(verify(other, old, n, new, &proof).is_err(), "({m} as {other}, {n})");
            }
            for other in [n - 1, n + 1] {
                assert!(verify(m, old, other, &roots[other], &proof).is_err(), "({m}, {n} as {other})");
            }
        }
    }
}

#[test]
fn a_root_does_not_say_how_many_leaves_it_is_over() {
    let leaves = naive::leaves(3);
    let proof = inclusion(0, &leaves);
    let root = naive::mth(&leaves);
    assert_eq!(verify_inclusion(LeafIndex(0), TreeSize(4), &leaves[0], &proof, &root), Ok(()));
}

#[test]
fn errors_say_which_rule_was_broken() {
    let leaves = naive::leaves(7);
    let roots = roots(&leaves);
    let verify = |m, n, hashes: &[Digest]| {
        let proof = InclusionProof::from_hashes(hashes.to_vec()).unwrap();
        verify_inclusion(index(m), size(n), &leaves[0], &proof, &roots[7])
    };
    let hashes = naive::path(0, &leaves);
    assert_eq!(verify(7, 7, &hashes), Err(ProofError::IndexOutside { index: LeafIndex(7), size: TreeSize(7) }));
    assert_eq!(verify(0, 0, &[]), Err(ProofError::IndexOutside { index: LeafIndex(0), size: TreeSize(0) }));
    assert_eq!(verify(0, 7, &hashes[1..]), Err(ProofError::TooShort));
    assert_eq!(verify(0, 7, &[&hashes[..], &hashes[..1]].concat()), Err(ProofError::TooLong));
    assert!(matches!(verify(1, 7, &hashes), Err(ProofError::RootDiffers { expected, .. }) if expected == roots[7]));

    let verify = |m: usize, n: usize, old_root, hashes: &[Digest]| {
        let proof = ConsistencyProof::from_hashes(hashes.to_vec()).unwrap();
        verify_consistency(size(m), old_root, size(n), &roots[n], &proof)
    };
    let out_of_order = |old, new| Err(ProofError::SizesOutOfOrder { old: TreeSize(old), new: TreeSize(new) });
    let hashes = naive::proof(3, &leaves);
    assert_eq!(verify(0, 7, &roots[0], &[]), out_of_order(0, 7));
    assert_eq!(verify(0, 0, &roots[0], &[]), out_of_order(0, 0));
    assert_eq!(verify(7, 3, &roots[7], &hashes), out_of_order(7, 3));
    assert_eq!(verify(3, 7, &roots[3], &[]), Err(ProofError::TooShort));
    assert_eq!(verify(4, 7, &roots[4], &[]), Err(ProofError::TooShort));
    assert_eq!(verify(7, 7, &roots[7], &hashes), Err(ProofError::TooLong));
    let differs = ProofError::OldRootDiffers { computed: roots[3], expected: roots[4] };
    assert_eq!(verify(3, 7, &roots[4], &hashes), Err(differs));
    let differs = ProofError::RootDiffers { computed: roots[6], expected: roots[7] };
    assert_eq!(verify(7, 7, &roots[6], &[]), Err(differs));
    assert_eq!(differs.to_string(), format!("proof leads to the root {}, not to {}", roots[6], roots[7]));
}

#[test]
fn proofs_have_a_limit() {
    assert!(InclusionProof::from_hashes(vec![Digest::ZERO; 64]).is_ok());
    assert_eq!(InclusionProof::from_hashes(vec![Digest::ZERO; 65]), Err(ProofError::TooLong));
    assert!(ConsistencyProof::from_hashes(vec![Digest::ZERO; 64]).is_ok());
    assert_eq!(ConsistencyProof::from_hashes(vec![Digest::ZERO; 65]), Err(ProofError::TooLong));
}

#[test]
fn the_largest_numbers_are_harmless() {
    let sizes = [0, 1, 2, 1 << 62, (1 << 63) - 2, (1 << 63) - 1, 1 << 63, u64::MAX - 1, u64::MAX];
    for count in [0, 1, 62, 63, 64] {
        let hashes = vec![Digest::ZERO; count];
        let inclusion = InclusionProof::from_hashes(hashes.clone()).unwrap();
        let consistency = ConsistencyProof::from_hashes(hashes).unwrap();
        for old in sizes {
            for new in sizes {
                let root = &naive::leaf(0);
                assert_eq!(
                    verify_consistency(TreeSize(old), root, TreeSize(new), root, &consistency).is_ok(),
                    old == new && old > 0 && count == 0,
                );
                let leads_to_another = verify_inclusion(LeafIndex(old), TreeSize(new), root, &inclusion, root);
                assert_eq!(leads_to_another.is_ok(), old == 0 && new == 1 && count == 0);
            }
        }
    }
}

#[test]
fn the_steps_of_a_path_lead_from_the_leaf_to_the_root() {
    let leaves = naive::leaves(40);
    let roots = roots(&leaves);
    for n in 1..=40 {
        for m in 0..n {
            let proof = inclusion(m, &leaves[..n]);
            let steps = inclusion_steps(index(m), size(n), &leaves[m], &proof).unwrap();
            assert_eq!(steps.iter().map(|step| step.sibling).collect::<Vec<_>>(), proof.hashes());
            let mut node = leaves[m];
            for step in &steps {
                let both = if step.is_left { [step.sibling, node] } else { [node, step.sibling] };
                node = node_hash(&both[0], &both[1]);
                assert_eq!(step.result, node, "({m}, {n})");
            }
            assert_eq!(node, roots[n], "({m}, {n})");
        }
    }
    let proof = inclusion(2, &leaves[..5]);
    assert!(inclusion_steps(index(2), size(9), &leaves[2], &proof).is_err());
    assert!(inclusion_steps(index(5), size(5), &leaves[2], &proof).is_err());
}
