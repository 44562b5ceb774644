//! Continuity check: whether the ledger of a node continues the ledger of a receipt.
//!
//! The caller must have verified both checkpoints with trusted keys of one origin. Then the holder of the ledger key or
//! the node caused any contradiction found here.

use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::merkle::proof::{ConsistencyProof, verify_consistency};
use crate::ledger::verify::report::LedgerFault;

/// Compares the checkpoint of a receipt (`held`) with that of a node (`shown`). `proof` is the node's consistency proof
/// between them, if any.
///
/// # Errors
///
/// [`LedgerFault::RolledBack`], [`LedgerFault::Forked`], [`LedgerFault::NotContinued`].
pub fn continues(held: &Checkpoint, shown: &Checkpoint, proof: Option<&ConsistencyProof>) -> Result<(), LedgerFault> {
    if shown.size < held.size {
        return Err(LedgerFault::RolledBack);
    }
    if shown.size == held.size {
        return if shown.root == held.root { Ok(()) } else { Err(LedgerFault::Forked) };
    }
    let proved =
        proof.is_some_and(|proof| verify_consistency(held.size, &held.root, shown.size, &shown.root, proof).is_ok());
    if proved { Ok(()) } else { Err(LedgerFault::NotContinued) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::ledger::hash::{Digest, leaf_hash};
    use crate::ledger::key::Name;
    use crate::ledger::merkle::list::root_of;
    use crate::ledger::merkle::prove::consistency;
    use crate::ledger::merkle::shape::TreeSize;
    use crate::ledger::merkle::tile::HashReader;

    struct Leaves<'l>(&'l [Digest]);

    impl HashReader for Leaves<'_> {
        type Error = Infallible;

        fn hashes(&self, _level: u8, first: u64, count: u16) -> Result<Vec<Digest>, Infallible> {
            Ok(self.0.iter().skip(usize::try_from(first).unwrap()).take(count.into()).copied().collect())
        }
    }

    fn leaves(count: u8, fork: u8) -> Vec<Digest> {
        (0..count).map(|n| leaf_hash(&[if n == 1 { fork } else { n }])).collect()
    }

    fn checkpoint(leaves: &[Digest]) -> Checkpoint {
        let origin = Name::parse("example.org/ledger").unwrap();
        Checkpoint { origin, size: TreeSize(leaves.len() as u64), root: root_of(leaves) }
    }

    #[test]
    fn each_contradiction_has_its_name() {
        let (whole, forked) = (leaves(7, 1), leaves(7, 99));
        let proof = |leaves: &[Digest], old: u64| {
            consistency(&Leaves(leaves), TreeSize(old), TreeSize(leaves.len() as u64)).unwrap()
        };
        let held = checkpoint(&whole[..4]);
        assert_eq!(continues(&held, &held, None), Ok(()));
        assert_eq!(continues(&held, &checkpoint(&whole), Some(&proof(&whole, 4))), Ok(()));
        assert_eq!(continues(&held, &checkpoint(&whole), None), Err(LedgerFault::NotContinued));
        assert_eq!(continues(&held, &checkpoint(&forked), Some(&proof(&forked, 4))), Err(LedgerFault::NotContinued));
        assert_eq!(continues(&held, &checkpoint(&forked[..4]), None), Err(LedgerFault::Forked));
        assert_eq!(continues(&held, &checkpoint(&whole[..3]), None), Err(LedgerFault::RolledBack));
    }
}
