//! Contradiction files: two signed checkpoints of one ledger that cannot both be of the same history, for anybody to check.
//!
//! ```text
//! tiezheng contradiction v1
//! ledger <origin>
//! root <64 hex>                  only if the sizes differ and the proof is known: the root that the larger tree has at the
//!                                size of the smaller one
//! hash <64 hex>                  the consistency proof from that root to the larger checkpoint, bottom up
//!                                (blank line)
//! <checkpoint note>              the smaller one, with all its signatures
//!                                (blank line)
//! <checkpoint note>              the larger one
//! ```
//!
//! Two checkpoints of one size with different roots contradict each other by themselves. Of different sizes, the smaller one is
//! contradicted if the proof shows another root at its size. Without that proof the file asks a question that only the holder of
//! the ledger key can answer: with a consistency proof between the two.
//!
//! # Invariants
//!
//! The file has one encoding. Parsing verifies nothing; [`Contradiction::check`] does, with keys that the reader trusts.

use std::fmt;

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::proof::{ConsistencyProof, verify_consistency};
use crate::ledger::note::NoteError;

/// The first line of a contradiction file.
pub const FIRST_LINE: &str = "tiezheng contradiction v1";
/// Longest file in bytes: two notes with a hundred signatures each, and a proof.
pub const CONTRADICTION_MAX: usize = 2 << 20;

/// The root of the larger tree at the size of the smaller one, and the proof of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherRoot {
    /// The root.
    pub root: Digest,
    /// The consistency proof from that root to the larger checkpoint.
    pub proof: ConsistencyProof,
}

/// Two signed checkpoints of one ledger that are presented as contradicting each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    smaller: SignedCheckpoint,
    larger: SignedCheckpoint,
    other_root: Option<OtherRoot>,
}

/// What a contradiction file shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContradictionProof {
    /// The ledger key signed two different histories.
    Forked,
    /// Whether the larger tree continues the smaller one is open: the holder of the ledger key has to prove it.
    Unproven,
}

/// Why a contradiction file is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContradictionError {
    /// Not the canonical form of a contradiction file.
    #[error("not a contradiction file, or changed: expected `{FIRST_LINE}`")]
    Malformed,
    /// A checkpoint is malformed, or no given key signed it.
    #[error("a checkpoint of the contradiction file: {0}")]
    Checkpoint(#[from] NoteError),
    /// The checkpoints are of two ledgers, which do not contradict each other.
    #[error("the two checkpoints are of different ledgers")]
    OtherLedger,
    /// The checkpoints agree.
    #[error("the two checkpoints agree: there is no contradiction")]
    Agree,
}

impl Contradiction {
    /// Two checkpoints of one ledger, in any order. `other_root` is kept only if it proves the contradiction.
    ///
    /// # Errors
    ///
    /// [`ContradictionError::OtherLedger`], [`ContradictionError::Agree`].
    pub fn new(
        one: SignedCheckpoint,
        other: SignedCheckpoint,
        other_root: Option<OtherRoot>,
    ) -> Result<Self, ContradictionError> {
        let swapped = other.checkpoint().size < one.checkpoint().size;
        let (smaller, larger) = if swapped { (other, one) } else { (one, other) };
        let mut found = Self { smaller, larger, other_root };
        if found.proof()? == ContradictionProof::Unproven || found.has_one_size() {
            found.other_root = None;
        }
        Ok(found)
    }

    /// The checkpoint of the smaller tree, or the first of two of one size.
    #[must_use]
    pub const fn smaller(&self) -> &SignedCheckpoint {
        &self.smaller
    }

    /// The checkpoint of the larger tree, or the second of two of one size.
    #[must_use]
    pub const fn larger(&self) -> &SignedCheckpoint {
        &self.larger
    }

    /// Parses a file, without verifying signatures.
    ///
    /// # Errors
    ///
    /// [`ContradictionError`].
    pub fn parse(text: &str) -> Result<Self, ContradictionError> {
        let parts: Vec<&str> = if text.len() > CONTRADICTION_MAX { Vec::new() } else { text.split("\n\n").collect() };
        let [head, first, first_signatures, second, second_signatures] = parts.as_slice() else {
            return Err(ContradictionError::Malformed);
        };
        let smaller = SignedCheckpoint::parse(format!("{first}\n\n{first_signatures}\n").as_bytes())?;
        let larger = SignedCheckpoint::parse(format!("{second}\n\n{second_signatures}").as_bytes())?;
        let hashes = |name| head.lines().filter_map(move |line| Digest::from_hex(line.strip_prefix(name)?));
        let proof = ConsistencyProof::from_hashes(hashes("hash ").collect());
        let proof = proof.map_err(|_| ContradictionError::Malformed)?;
        let other_root = hashes("root ").next().map(|root| OtherRoot { root, proof });
        let found = Self::new(smaller, larger, other_root)?;
        if found.to_string() == text { Ok(found) } else { Err(ContradictionError::Malformed) }
    }

    /// Checks that one of `keys` signed each checkpoint, and what the two show.
    ///
    /// # Errors
    ///
    /// [`ContradictionError::Checkpoint`] if no key among `keys` signed one of them.
    pub fn check(&self, keys: &[VerifierKey]) -> Result<ContradictionProof, ContradictionError> {
        self.smaller.verified_by(keys)?;
        self.larger.verified_by(keys)?;
        self.proof()
    }

    fn has_one_size(&self) -> bool {
        self.smaller.checkpoint().size == self.larger.checkpoint().size
    }

    /// What the two show, if their signatures verify.
    fn proof(&self) -> Result<ContradictionProof, ContradictionError> {
        let (smaller, larger) = (self.smaller.checkpoint(), self.larger.checkpoint());
        if smaller.origin != larger.origin {
            return Err(ContradictionError::OtherLedger);
        }
        if self.has_one_size() {
            let forked = smaller.root != larger.root;
            return if forked { Ok(ContradictionProof::Forked) } else { Err(ContradictionError::Agree) };
        }
        let is_proven = self.other_root.as_ref().is_some_and(|OtherRoot { root, proof }| {
            *root != smaller.root && verify_consistency(smaller.size, root, larger.size, &larger.root, proof).is_ok()
        });
        Ok(if is_proven { ContradictionProof::Forked } else { ContradictionProof::Unproven })
    }
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FIRST_LINE}\nledger {}\n", self.smaller.checkpoint().origin)?;
        if let Some(OtherRoot { root, proof }) = &self.other_root {
            writeln!(f, "root {root}")?;
            for hash in proof.hashes() {
                writeln!(f, "hash {hash}")?;
            }
        }
        write!(f, "\n{}\n{}", self.smaller.note(), self.larger.note())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::hash::leaf_hash;
    use crate::ledger::key::{Name, Signer};
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

    fn signer(seed: u8) -> Signer {
        Signer::new(Name::parse("example.org/ledger").unwrap(), &[seed; 32]).unwrap()
    }

    fn signed(leaves: &[Digest]) -> SignedCheckpoint {
        let origin = Name::parse("example.org/ledger").unwrap();
        let checkpoint = Checkpoint { origin, size: TreeSize(leaves.len() as u64), root: root_of(leaves) };
        checkpoint.sign(&signer(1)).unwrap()
    }

    fn proof_of(leaves: &[Digest], old: u8) -> OtherRoot {
        let old = usize::from(old);
        let sizes = (TreeSize(old as u64), TreeSize(leaves.len() as u64));
        let proof = consistency(&Leaves(leaves), sizes.0, sizes.1).unwrap();
        OtherRoot { root: root_of(&leaves[..old]), proof }
    }

    #[test]
    fn a_fork_is_proven_by_one_size_or_by_a_proof_of_another_root() {
        let key = [signer(1).verifier().clone()];
        for small in [3, 4, 8] {
            let (ours, theirs) = (leaves(small, 1), leaves(9, 77));
            let same_size = Contradiction::new(signed(&ours), signed(&leaves(small, 77)), None).unwrap();
            let proven = Contradiction::new(signed(&theirs), signed(&ours), Some(proof_of(&theirs, small))).unwrap();
            assert_eq!(proven.smaller().checkpoint().size.0, u64::from(small));
            for fork in [same_size, proven] {
                let read = Contradiction::parse(&fork.to_string()).unwrap();
                assert_eq!(read, fork);
                assert_eq!(read.check(&key), Ok(ContradictionProof::Forked));
                let stranger = [signer(2).verifier().clone()];
                assert!(matches!(read.check(&stranger), Err(ContradictionError::Checkpoint(_))));
            }
        }
    }

    #[test]
    fn what_proves_no_fork_is_not_said_to() {
        let (ours, theirs, grown) = (leaves(5, 1), leaves(9, 77), leaves(9, 1));
        let open = Contradiction::new(signed(&ours), signed(&theirs), None).unwrap();
        assert_eq!(open.check(&[signer(1).verifier().clone()]), Ok(ContradictionProof::Unproven));
        assert_eq!(Contradiction::parse(&open.to_string()), Ok(open));
        // A proof of the same root, or of another tree, is left out.
        for proof in [proof_of(&grown, 5), proof_of(&theirs, 5), proof_of(&theirs, 6)] {
            let honest = Contradiction::new(signed(&ours), signed(&grown), Some(proof)).unwrap();
            assert_eq!(honest.proof(), Ok(ContradictionProof::Unproven));
            assert!(!honest.to_string().contains("root "), "{honest}");
        }
        assert_eq!(Contradiction::new(signed(&ours), signed(&ours), None), Err(ContradictionError::Agree));
    }

    #[test]
    fn a_file_has_one_encoding() {
        let (ours, theirs) = (leaves(5, 1), leaves(9, 77));
        let good = Contradiction::new(signed(&ours), signed(&theirs), Some(proof_of(&theirs, 5))).unwrap().to_string();
        assert!(Contradiction::parse(&good).is_ok());
        for bad in [
            good.replace("v1", "v2"),
            good.replace("ledger example", "ledger  example"),
            good.replace("root ", "root  "),
            good.replace("\nhash ", "\n# x\nhash "),
            format!("{good}\n"),
            good.trim_end().to_owned(),
            String::new(),
        ] {
            assert!(Contradiction::parse(&bad).is_err(), "{bad}");
        }
    }
}
