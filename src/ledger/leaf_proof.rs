//! A file that proves the leaf hash at an index of a signed tree (RFC 6962 §2.1.1): a monitor's evidence about an
//! altered leaf.
//!
//! ```text
//! index <decimal>
//! size <decimal>             of the tree
//! hash <64 hex>              the leaf hash in the tree
//! path <64 hex>              the inclusion path from the leaf up, one line a hash
//! ```
//!
//! Not here: the checkpoint that signs the tree's root, which is a file of its own.

use std::fmt;

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::proof::{InclusionProof, verify_inclusion};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::text::decimal_value;

/// A proof of the leaf hash at an index of a signed tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafProof {
    /// The index.
    pub index: LeafIndex,
    /// The size of the tree.
    pub size: TreeSize,
    /// The leaf hash in the tree.
    pub hash: Digest,
    /// The path to the root.
    pub path: InclusionProof,
}

impl LeafProof {
    /// Parses the text of a file; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut line = |name: &str| lines.next().and_then(|line| line.strip_prefix(name));
        let (index, size) =
            (decimal_value("index", line("index ")?).ok()?, decimal_value("size", line("size ")?).ok()?);
        let hash = Digest::from_hex(line("hash ")?)?;
        let path = lines.map(|line| line.strip_prefix("path ").and_then(Digest::from_hex)).collect::<Option<Vec<_>>>();
        let path = InclusionProof::from_hashes(path?).ok()?;
        let parsed = Self { index: LeafIndex(index), size: TreeSize(size), hash, path };
        // CRLF line ends are not canonical.
        (parsed.to_string() == text).then_some(parsed)
    }

    /// Whether it verifies against the root of `checkpoint`.
    #[must_use]
    pub fn is_valid(&self, checkpoint: &SignedCheckpoint) -> bool {
        let signed = checkpoint.checkpoint();
        self.size == signed.size
            && verify_inclusion(self.index, self.size, &self.hash, &self.path, &signed.root).is_ok()
    }
}

impl fmt::Display for LeafProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "index {}\nsize {}\nhash {}\n", self.index, self.size, self.hash)?;
        self.path.hashes().iter().try_for_each(|hash| writeln!(f, "path {hash}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::hash::leaf_hash;
    use crate::ledger::merkle::list::{inclusion_in, root_of};
    use crate::ledger::testing::{ledger_key, origin};

    fn proof() -> (LeafProof, Vec<Digest>) {
        let leaves: Vec<Digest> = [b"a", b"b", b"c"].map(|leaf| leaf_hash(leaf)).into();
        let path = inclusion_in(&leaves, 1).unwrap();
        (LeafProof { index: LeafIndex(1), size: TreeSize(3), hash: leaves[1], path }, leaves)
    }

    #[test]
    fn a_file_proves_what_a_signed_tree_holds() {
        let (proof, leaves) = proof();
        let read = LeafProof::parse(&proof.to_string()).unwrap();
        assert_eq!(read, proof);
        let signed = |size| Checkpoint { origin: origin(), size: TreeSize(size), root: root_of(&leaves) };
        assert!(read.is_valid(&signed(3).sign(&ledger_key()).unwrap()));
        assert!(!read.is_valid(&signed(4).sign(&ledger_key()).unwrap()));
        let other = LeafProof { hash: leaves[0], ..read };
        assert!(!other.is_valid(&signed(3).sign(&ledger_key()).unwrap()));
    }

    #[test]
    fn a_file_has_one_spelling() {
        let text = proof().0.to_string();
        for (from, to) in [
            ("index 1", "index 01"),
            ("index 1", "index +1"),
            ("\n", "\r\n"),
            ("size 3\n", ""),
            ("hash ", "HASH "),
            ("path ", "path  "),
            ("index 1", "index 9223372036854775808"),
        ] {
            assert_eq!(LeafProof::parse(&text.replacen(from, to, 1)), None, "{to}");
        }
        assert_eq!(LeafProof::parse(text.trim_end()), None);
        assert_eq!(LeafProof::parse(""), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_printed_back(at: proptest::sample::Index, byte in 0_u8..128) {
            let mut bytes = proof().0.to_string().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let text = String::from_utf8(bytes).unwrap();
            if let Some(read) = LeafProof::parse(&text) {
                proptest::prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
