//! One item of a manifest, held against the statement that bears the manifest's root.
//!
//! ```text
//! item line ── its place ── path ──▶ the statement's `manifest` root
//! salt, path of the item ── commitment ──▶ the line's `name`       unless the name is kept back
//! ```
//!
//! Together with the receipt of the deposit it proves the item and says nothing of the others but how many there are.
//!
//! Not here: the JSON around it (`wire`), the receipt and the file (`verify`).

use crate::ledger::hash::leaf_hash;
use crate::ledger::manifest::item::{Item, name_commitment};
use crate::ledger::manifest::list::check_path;
use crate::ledger::merkle::proof::{InclusionProof, ProofError, verify_inclusion};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::text::ManifestRoot;
use crate::ledger::text::Fault;

/// What opens the commitment to an item's name.
#[derive(Clone, PartialEq, Eq)]
pub struct ItemName {
    /// The item's salt.
    pub salt: [u8; SALT_LEN],
    /// Its path.
    pub path: String,
}

impl std::fmt::Debug for ItemName {
    /// Never its content: debug output ends in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ItemName({} bytes)", self.path.len())
    }
}

/// That an item stands in a manifest, as read or as made: [`ItemClaim::check`] says whether it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemClaim {
    /// The item line, byte for byte.
    pub line: String,
    /// Its place in the manifest.
    pub index: LeafIndex,
    /// From it to the manifest's root.
    pub path: InclusionProof,
    /// Its name, unless that is kept back.
    pub name: Option<ItemName>,
}

/// An item's receipt: the deposit's, and the item's claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemReceipt {
    /// The receipt of the deposit that bears the manifest.
    pub receipt: Receipt,
    /// The item.
    pub claim: ItemClaim,
}

/// Why a claim does not hold: it is damaged or was changed, or is of another deposit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// The statement bears no manifest.
    #[error("the deposit bears no manifest")]
    NoManifest,
    /// The line is no item line.
    #[error("the item line: {0}")]
    BadLine(#[from] Fault),
    /// The item is not in the manifest at that place.
    #[error("the item is not in the manifest: {0}")]
    NotInManifest(#[from] ProofError),
    /// Salt and path are not what the item commits to.
    #[error("the item commits to another name")]
    OtherName,
}

impl ClaimError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoManifest => "no_manifest",
            Self::BadLine(_) => "bad_item_line",
            Self::NotInManifest(_) => "not_in_manifest",
            Self::OtherName => "other_name",
        }
    }
}

impl ItemClaim {
    /// Holds the claim against what a statement says of its manifest.
    ///
    /// # Errors
    ///
    /// [`ClaimError`].
    pub fn check(&self, manifest: Option<&ManifestRoot>) -> Result<Item, ClaimError> {
        let ManifestRoot { root, count } = manifest.ok_or(ClaimError::NoManifest)?;
        let item = Item::parse(&self.line)?;
        verify_inclusion(self.index, TreeSize(*count), &leaf_hash(self.line.as_bytes()), &self.path, root)?;
        match &self.name {
            Some(name) if check_path(&name.path).is_err() || name_commitment(&name.salt, &name.path) != item.name => {
                Err(ClaimError::OtherName)
            }
            _ => Ok(item),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::{Digest, sha256};
    use crate::ledger::manifest::item::ItemDigests;
    use crate::ledger::manifest::tree::{Chunk, ManifestTree};

    fn manifest(count: u8) -> (ManifestRoot, Vec<ItemClaim>) {
        let item = |n: u8| Item {
            digests: ItemDigests::new(Some(sha256(&[n])), None, 1).unwrap(),
            name: name_commitment(&[n; 32], &format!("{n}")),
        };
        let lines: Vec<_> = (0..count).map(|n| item(n).to_string()).collect();
        let leaves: Vec<Digest> = lines.iter().map(|line| leaf_hash(line.as_bytes())).collect();
        let mut tree = ManifestTree::new();
        tree.push(Chunk::over(&leaves).unwrap()).unwrap();
        let claim = |(n, line): (u8, String)| {
            let index = LeafIndex(n.into());
            let name = Some(ItemName { salt: [n; 32], path: format!("{n}") });
            ItemClaim { line, index, path: tree.path(index, &leaves).unwrap(), name }
        };
        (tree.root().unwrap(), (0..).zip(lines).map(claim).collect())
    }

    #[test]
    fn every_item_is_proven_alone_and_none_in_anothers_place() {
        let (root, claims) = manifest(7);
        for (n, claim) in claims.iter().enumerate() {
            assert_eq!(claim.check(Some(&root)).unwrap().to_string(), claim.line);
            let nameless = ItemClaim { name: None, ..claim.clone() };
            assert!(nameless.check(Some(&root)).is_ok());
            for other in claims.iter().filter(|other| other.index.0 != n as u64) {
                let moved = ItemClaim { index: other.index, ..claim.clone() };
                assert_eq!(moved.check(Some(&root)).unwrap_err().code(), "not_in_manifest");
                let swapped = ItemClaim { line: other.line.clone(), name: None, ..claim.clone() };
                assert_eq!(swapped.check(Some(&root)).unwrap_err().code(), "not_in_manifest");
            }
        }
    }

    #[test]
    fn what_does_not_hold_is_told_by_name() {
        let (root, claims) = manifest(5);
        let good = &claims[3];
        let code = |claim: ItemClaim, root: Option<&ManifestRoot>| claim.check(root).unwrap_err().code();
        assert_eq!(code(good.clone(), None), "no_manifest");
        assert_eq!(code(good.clone(), Some(&ManifestRoot { count: 9, ..root })), "not_in_manifest");
        assert_eq!(code(ItemClaim { line: "item v2".into(), ..good.clone() }, Some(&root)), "bad_item_line");
        for name in [
            ItemName { salt: [3; 32], path: "4".into() },
            ItemName { salt: [4; 32], path: "3".into() },
            ItemName { salt: [3; 32], path: "3\n".into() },
        ] {
            assert_eq!(code(ItemClaim { name: Some(name), ..good.clone() }, Some(&root)), "other_name");
        }
    }
}
