//! Contradictions: two checkpoints of one ledger, signed by the same key, that cannot both be of one append-only history. The
//! file is verified offline with the public key. An audit, a monitor and `consistency` write it as evidence.
//!
//! ```text
//! tiezheng contradiction v1
//! root <64 hex>           only for trees of different sizes: the root that the larger tree has at the size of the smaller
//! proof <64 hex>          consistency proof from that root to the root of the larger tree, one line a hash
//! (blank line)
//! <checkpoint note of the smaller tree>
//! (blank line)
//! <checkpoint note of the larger tree>
//! ```
//!
//! # Invariants
//!
//! Two checkpoints contradict each other if they have the same size and different roots. Checkpoints of different sizes do if the
//! proof shows that the tree of the larger one begins with another tree than the smaller one. Only signatures by one and the same
//! key make it a contradiction of that key's holder. Parsing verifies nothing: [`Contradiction::verify`] does.

use std::fmt;

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::cosignature::{CosignerKey, cosignatures};
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::merkle::proof::{ConsistencyProof, verify_consistency};

const FIRST_LINE: &str = "tiezheng contradiction v1";
/// Longest file in bytes: two notes of a hundred signatures, and a proof.
pub const CONTRADICTION_MAX: usize = 2 << 20;

/// Two checkpoints that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    smaller: SignedCheckpoint,
    larger: SignedCheckpoint,
    prefix: Option<Prefix>,
}

/// What the larger tree is at the size of the smaller one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Prefix {
    root: Digest,
    proof: ConsistencyProof,
}

/// Who signed both checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContradictionSigners {
    /// The ledger.
    pub origin: Name,
    /// Keys of the ledger that signed both.
    pub ledger_keys: Vec<VerifierKey>,
    /// Names of the witnesses that cosigned both.
    pub witnesses: Vec<Name>,
}

/// Why a file is no contradiction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContradictionError {
    /// Not a file of this format.
    #[error("not a contradiction file: {0}")]
    Malformed(String),
    /// The checkpoints belong to two ledgers.
    #[error("the checkpoints are of different ledgers: `{0}` and `{1}`")]
    OtherLedger(Name, Name),
    /// The checkpoints are of equal trees, or the proof does not show that the trees differ.
    #[error("the checkpoints do not contradict each other")]
    NoContradiction,
    /// No known key signed both checkpoints.
    #[error("no known key signed both checkpoints")]
    Unsigned,
    /// A signature line in the name of a known key does not verify.
    #[error("a signature is forged: {0}")]
    Forged(String),
}

impl ContradictionError {
    /// In Chinese.
    #[must_use]
    pub const fn chinese(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "不是矛盾证据文件",
            Self::OtherLedger(..) => "两个检查点属于不同账本",
            Self::NoContradiction => "两个检查点互不矛盾",
            Self::Unsigned => "没有任何已知密钥同时签署了两个检查点",
            Self::Forged(_) => "检查点签名验证未通过",
        }
    }
}

impl Contradiction {
    /// Two checkpoints of equal size with different roots.
    ///
    /// # Errors
    ///
    /// [`ContradictionError::OtherLedger`], [`ContradictionError::NoContradiction`].
    pub fn of_equal_size(first: SignedCheckpoint, second: SignedCheckpoint) -> Result<Self, ContradictionError> {
        let found = Self { smaller: first, larger: second, prefix: None };
        found.check().map(|()| found)
    }

    /// Two checkpoints of different sizes, where the larger tree has another `root` at the size of the smaller one, as `proof`
    /// shows.
    ///
    /// # Errors
    ///
    /// [`ContradictionError::OtherLedger`], [`ContradictionError::NoContradiction`].
    pub fn of_prefix(
        smaller: SignedCheckpoint,
        larger: SignedCheckpoint,
        root: Digest,
        proof: ConsistencyProof,
    ) -> Result<Self, ContradictionError> {
        let found = Self { smaller, larger, prefix: Some(Prefix { root, proof }) };
        found.check().map(|()| found)
    }

    /// The usual name of its file.
    #[must_use]
    pub fn file_name(&self) -> String {
        let (smaller, larger) = (self.smaller().checkpoint().size, self.larger().checkpoint().size);
        format!("contradiction-{smaller}-{larger}.txt")
    }

    /// The checkpoint of the smaller tree.
    #[must_use]
    pub const fn smaller(&self) -> &SignedCheckpoint {
        &self.smaller
    }

    /// The checkpoint of the larger tree.
    #[must_use]
    pub const fn larger(&self) -> &SignedCheckpoint {
        &self.larger
    }

    /// Whether the checkpoints contradict each other, independently of who signed them.
    fn check(&self) -> Result<(), ContradictionError> {
        let (smaller, larger) = (self.smaller.checkpoint(), self.larger.checkpoint());
        if smaller.origin != larger.origin {
            return Err(ContradictionError::OtherLedger(smaller.origin.clone(), larger.origin.clone()));
        }
        let holds = match &self.prefix {
            None => smaller.size == larger.size && smaller.root != larger.root,
            Some(Prefix { root, proof }) => {
                smaller.size < larger.size
                    && *root != smaller.root
                    && verify_consistency(smaller.size, root, larger.size, &larger.root, proof).is_ok()
            }
        };
        if holds { Ok(()) } else { Err(ContradictionError::NoContradiction) }
    }

    /// Verifies the contradiction: the checkpoints cannot both be of one history, and one of `keys` or `witnesses` signed both.
    ///
    /// # Errors
    ///
    /// [`ContradictionError`].
    pub fn verify(
        &self,
        keys: &[VerifierKey],
        witnesses: &[CosignerKey],
    ) -> Result<ContradictionSigners, ContradictionError> {
        self.check()?;
        let origin = self.smaller.checkpoint().origin.clone();
        let mut ledger_keys = Vec::new();
        for key in keys.iter().filter(|key| *key.name() == origin) {
            if signed(&self.smaller, key)? && signed(&self.larger, key)? {
                ledger_keys.push(key.clone());
            }
        }
        let mut both = Vec::new();
        for witness in witnesses {
            if cosigned(&self.smaller, witness)? && cosigned(&self.larger, witness)? {
                both.push(witness.name().clone());
            }
        }
        if ledger_keys.is_empty() && both.is_empty() {
            return Err(ContradictionError::Unsigned);
        }
        Ok(ContradictionSigners { origin, ledger_keys, witnesses: both })
    }

    /// Parses a file.
    ///
    /// # Errors
    ///
    /// [`ContradictionError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ContradictionError> {
        let malformed = |reason: &str| ContradictionError::Malformed(reason.to_owned());
        if bytes.len() > CONTRADICTION_MAX {
            return Err(malformed("it is too large"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8 text"))?;
        let (head, notes) = text.split_once("\n\n").ok_or_else(|| malformed("it has no blank line"))?;
        // A note of a checkpoint is three lines, a blank line and signatures, so the second blank line ends it.
        let mut blanks = notes.match_indices("\n\n").map(|(at, _)| at);
        let (Some(_), Some(end)) = (blanks.next(), blanks.next()) else {
            return Err(malformed("it does not have two checkpoints"));
        };
        let (smaller, larger) = notes.split_at(end + 1);
        let larger = larger.strip_prefix('\n').unwrap_or(larger);
        let note = |text: &str| SignedCheckpoint::parse(text.as_bytes()).map_err(|error| malformed(&error.to_string()));
        let found = Self { smaller: note(smaller)?, larger: note(larger)?, prefix: parse_prefix(head)? };
        if found.to_string() == text { Ok(found) } else { Err(malformed("it is not in canonical form")) }
    }
}

fn parse_prefix(head: &str) -> Result<Option<Prefix>, ContradictionError> {
    let malformed = |line: &str| ContradictionError::Malformed(format!("unexpected line `{line}`"));
    let mut lines = head.split('\n');
    let first = lines.next().unwrap_or_default();
    if first != FIRST_LINE {
        return Err(malformed(first));
    }
    let digest =
        |line: &str, name: &str| line.strip_prefix(name).and_then(Digest::from_hex).ok_or_else(|| malformed(line));
    let Some(root) = lines.next() else { return Ok(None) };
    let root = digest(root, "root ")?;
    let hashes = lines.map(|line| digest(line, "proof ")).collect::<Result<Vec<_>, _>>()?;
    let proof = ConsistencyProof::from_hashes(hashes);
    let proof = proof.map_err(|error| ContradictionError::Malformed(error.to_string()))?;
    Ok(Some(Prefix { root, proof }))
}

/// Whether `key` signed `checkpoint`.
fn signed(checkpoint: &SignedCheckpoint, key: &VerifierKey) -> Result<bool, ContradictionError> {
    use crate::ledger::note::NoteError;
    match checkpoint.verified_by(std::slice::from_ref(key)) {
        Ok(_) => Ok(true),
        Err(NoteError::UnknownKey) => Ok(false),
        Err(error) => Err(ContradictionError::Forged(error.to_string())),
    }
}

fn cosigned(checkpoint: &SignedCheckpoint, witness: &CosignerKey) -> Result<bool, ContradictionError> {
    let found = cosignatures(checkpoint, [witness]);
    found.map(|found| !found.is_empty()).map_err(|error| ContradictionError::Forged(error.to_string()))
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(Prefix { root, proof }) = &self.prefix {
            writeln!(f, "root {root}")?;
            proof.hashes().iter().try_for_each(|hash| writeln!(f, "proof {hash}"))?;
        }
        write!(f, "\n{}\n{}", self.smaller.note(), self.larger.note())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::cosignature::Cosigner;
    use crate::ledger::hash::leaf_hash;
    use crate::ledger::key::Signer;
    use crate::ledger::merkle::frontier::Frontier;
    use crate::ledger::merkle::list::root_of;
    use crate::ledger::merkle::shape::TreeSize;
    use crate::ledger::time::Timestamp;

    fn signer() -> Signer {
        Signer::new(Name::parse("example.org/ledger").unwrap(), &[7; 32]).unwrap()
    }

    fn tree(leaves: &[&str]) -> SignedCheckpoint {
        let hashes: Vec<Digest> = leaves.iter().map(|leaf| leaf_hash(leaf.as_bytes())).collect();
        let origin = Name::parse("example.org/ledger").unwrap();
        Checkpoint { origin, size: TreeSize(hashes.len() as u64), root: root_of(&hashes) }.sign(&signer()).unwrap()
    }

    fn keys() -> Vec<VerifierKey> {
        vec![signer().verifier().clone()]
    }

    #[test]
    fn two_trees_of_one_size_are_a_contradiction_that_anybody_can_verify() {
        let found = Contradiction::of_equal_size(tree(&["a", "b"]), tree(&["a", "x"])).unwrap();
        let again = Contradiction::parse(found.to_string().as_bytes()).unwrap();
        assert_eq!(again, found);
        assert_eq!(again.verify(&keys(), &[]).unwrap().ledger_keys, keys());
        let stranger = Signer::new(Name::parse("example.org/ledger").unwrap(), &[8; 32]).unwrap();
        let unknown = again.verify(&[stranger.verifier().clone()], &[]);
        assert_eq!(unknown, Err(ContradictionError::Unsigned));
    }

    #[test]
    fn equal_trees_are_none() {
        let same = Contradiction::of_equal_size(tree(&["a", "b"]), tree(&["a", "b"]));
        assert_eq!(same, Err(ContradictionError::NoContradiction));
        let sizes = Contradiction::of_equal_size(tree(&["a", "b"]), tree(&["a"]));
        assert_eq!(sizes, Err(ContradictionError::NoContradiction));
    }

    #[test]
    fn a_larger_tree_that_begins_otherwise_is_a_contradiction() {
        // The tree of (x, b, c) at size 2 has the root of (x, b). Its consistency proof with size 3 is the leaf c.
        let (smaller, larger) = (tree(&["a", "b"]), tree(&["x", "b", "c"]));
        let root = root_of(&[leaf_hash(b"x"), leaf_hash(b"b")]);
        let proof = || ConsistencyProof::from_hashes(vec![leaf_hash(b"c")]).unwrap();
        let found = Contradiction::of_prefix(smaller.clone(), larger, root, proof()).unwrap();
        let again = Contradiction::parse(found.to_string().as_bytes()).unwrap();
        assert!(again.verify(&keys(), &[]).is_ok());
        // An honest larger tree has the root of the smaller one; no other root has a proof.
        let honest = tree(&["a", "b", "c"]);
        let (true_root, mut frontier) = (smaller.checkpoint().root, Frontier::new());
        frontier.append(leaf_hash(b"y"), &mut Vec::new());
        for root in [true_root, frontier.root()] {
            let found = Contradiction::of_prefix(smaller.clone(), honest.clone(), root, proof());
            assert_eq!(found, Err(ContradictionError::NoContradiction));
        }
    }

    #[test]
    fn a_witness_that_cosigned_both_is_named() {
        let witness = Cosigner::new(Name::parse("court.example").unwrap(), &[3; 32]).unwrap();
        let cosigned = |signed: SignedCheckpoint| {
            let line = witness.cosign(signed.checkpoint(), Timestamp::EPOCH);
            SignedCheckpoint::parse(format!("{}{line}\n", signed.note()).as_bytes()).unwrap()
        };
        let found = Contradiction::of_equal_size(cosigned(tree(&["a"])), cosigned(tree(&["b"]))).unwrap();
        let signers = found.verify(&[], std::slice::from_ref(witness.key())).unwrap();
        assert_eq!(signers.witnesses, [witness.key().name().clone()]);
    }

    #[test]
    fn altered_files_are_rejected() {
        let found = Contradiction::of_equal_size(tree(&["a"]), tree(&["b"])).unwrap().to_string();
        for (from, to) in [("v1", "v2"), ("\n\n", "\n"), ("contradiction v1\n", "contradiction v1\nproof x\n")] {
            assert!(Contradiction::parse(found.replacen(from, to, 1).as_bytes()).is_err(), "{from}");
        }
        let forged = found.replacen("\n1\n", "\n2\n", 2);
        let forged = Contradiction::parse(forged.as_bytes()).unwrap();
        assert!(matches!(forged.verify(&keys(), &[]), Err(ContradictionError::Forged(_))));
    }
}
