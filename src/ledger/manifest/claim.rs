//! Proof that one item is in a manifest whose root is in a statement.
//!
//! ```text
//! item line ── index ── path ──▶ the statement's `manifest` root
//! salt, path of the item ── commitment ──▶ the line's `name`       unless the name is withheld
//! ```
//!
//! Together with the receipt of the deposit it proves the item. Of the other items it reveals only their number.
//!
//! Not here: the JSON form (`wire`), verification of receipt and file (`verify`).

use crate::ledger::hash::leaf_hash;
use crate::ledger::manifest::item::{Item, name_commitment};
use crate::ledger::manifest::list::check_path;
use crate::ledger::merkle::proof::{InclusionProof, ProofError, verify_inclusion};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::text::ManifestRoot;
use crate::ledger::text::Fault;

/// The opening of the commitment to an item's name.
#[derive(Clone, PartialEq, Eq)]
pub struct ItemName {
    /// The item's salt.
    pub salt: [u8; SALT_LEN],
    /// Its path.
    pub path: String,
}

impl std::fmt::Debug for ItemName {
    /// Without the content, since debug output may end up in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ItemName({} bytes)", self.path.len())
    }
}

/// The claim that an item is in a manifest, not verified: see [`ItemClaim::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemClaim {
    /// The item line, byte for byte.
    pub line: String,
    /// Its index in the manifest, from 0.
    pub index: LeafIndex,
    /// Inclusion path from it to the manifest's root.
    pub path: InclusionProof,
    /// Its name, unless withheld.
    pub name: Option<ItemName>,
}

/// The receipt of an item: the deposit's receipt and the item's claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemReceipt {
    /// The receipt of the deposit with the manifest.
    pub receipt: Receipt,
    /// The item.
    pub claim: ItemClaim,
}

/// Why a claim does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// The statement has no manifest.
    #[error("the deposit has no manifest")]
    NoManifest,
    /// The line is not an item line.
    #[error("the item line: {0}")]
    BadLine(#[from] Fault),
    /// The item is not in the manifest at that index.
    #[error("the item is not in the manifest: {0}")]
    NotInManifest(#[from] ProofError),
    /// The item does not commit to salt and path.
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
    /// Verifies the claim against the manifest of a statement, and returns the item.
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
    fn every_item_is_proven_alone_and_none_at_anothers_index() {
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
    fn each_invalid_claim_has_its_code() {
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
