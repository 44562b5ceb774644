//! The ledger's own data: the tip, blocks, proofs, and search results.

use serde::{Deserialize, Serialize};

use crate::ledger::block::BlockHeader;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::Digest;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::merkle::proof::{ConsistencyProof, InclusionProof};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::notice::{Notice, NoticeKind};
use crate::wire::facts::beijing_time;

/// The ledger: its identity and its latest checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LedgerJson {
    /// Its origin, which never changes / 链标识.
    #[schema(example = "example.org/ledger")]
    pub origin: String,
    /// `live` or `test`; this never changes.
    #[schema(example = "live")]
    pub mode: String,
    /// Who may deposit: `open`, everyone with a signed statement; `enrolled`, holders of a key that an account has enrolled;
    /// `accounts`, by token only. Deposits by token are accepted under every policy.
    #[schema(example = "enrolled")]
    pub deposits: String,
    /// The operator's name, as the configuration states it; `null` if it states none / 运营者.
    pub operator: Option<String>,
    /// The kind of organisation of the operator; `null` if the configuration states none / 运营者性质.
    #[serde(default)]
    pub nature: Option<String>,
    /// 区块链信息服务备案号; `null` if the configuration states none.
    #[serde(default)]
    pub record_filing: Option<String>,
    /// The version of the program.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// The time source of the node's clock, as its configuration states it; `null` if it states none / 校时来源.
    pub clock_source: Option<String>,
    /// The ledger key in force (vkey). Pin it from a source you trust, not from here.
    pub key: String,
    /// SHA-256 of the next ledger key (vkey).
    pub next: String,
    /// Number of leaves of the signed tree.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: String,
    /// 区块高度 of the last block.
    pub block_height: u64,
    /// 区块哈希 of the last block.
    pub block_hash: String,
    /// 区块生成时间 of the last block, Beijing time.
    pub block_generated_at: String,
    /// The signed checkpoint note.
    pub checkpoint: String,
    /// SHA-256 of this node's page `/verifier.html`, which verifies receipts offline; `null` if the node has none. Compare it with
    /// the value that was published elsewhere / 离线核验页的 SHA-256.
    #[serde(default)]
    pub verifier_sha256: Option<String>,
}

/// The last block: the content of an event of `/chain/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainTipJson {
    /// 区块高度 of the last block.
    pub block_height: u64,
    /// 区块哈希 of the last block.
    pub block_hash: String,
    /// 区块生成时间 of the last block, Beijing time.
    pub block_generated_at: String,
    /// Number of leaves of the signed tree.
    pub size: u64,
}

/// A block header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BlockJson {
    /// The ledger's origin / 链标识.
    pub ledger: String,
    /// 区块高度.
    pub block_height: u64,
    /// 区块哈希: leaf hash of the header.
    pub block_hash: String,
    /// 前一区块哈希.
    pub prev_block_hash: String,
    /// 区块生成时间, Beijing time.
    pub block_generated_at: String,
    /// Index of the first sealed leaf.
    pub first: u64,
    /// Number of sealed leaves.
    pub count: u64,
    /// RFC 6962 root over the sealed leaves.
    pub root: String,
    /// Index of the header itself.
    pub index: u64,
    /// The header, byte for byte.
    pub text: String,
}

/// Blocks, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BlocksPage {
    /// The blocks.
    pub items: Vec<BlockJson>,
    /// The `cursor` of the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// An inclusion proof: a leaf is in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InclusionJson {
    /// Index of the leaf.
    pub index: u64,
    /// Size of the tree.
    pub size: u64,
    /// Its leaf hash.
    pub leaf_hash: String,
    /// Root of the tree.
    pub root: String,
    /// The proof: hashes of 64 hex digits, the leaf's sibling first.
    pub hashes: Vec<String>,
}

/// A consistency proof: one tree is the beginning of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsistencyJson {
    /// Size of the old tree.
    pub old: u64,
    /// Size of the new tree.
    pub new: u64,
    /// Root of the old tree.
    pub old_root: String,
    /// Root of the new tree.
    pub new_root: String,
    /// The proof: hashes of 64 hex digits, bottom up.
    pub hashes: Vec<String>,
}

/// Search results, the earliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SearchJson {
    /// The query.
    pub query: String,
    /// The results of this page; empty if there are none.
    pub items: Vec<HitJson>,
    /// The number of results on all pages, or at least that many.
    pub total: u64,
    /// Whether `total` is exact. Deposits of a digest are counted up to 1,000.
    pub total_is_exact: bool,
    /// Cursor of the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// A search result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HitJson {
    /// `deposit`, `block` or `notice`.
    #[schema(example = "deposit")]
    pub kind: String,
    /// 存证编号, for a deposit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_number: Option<String>,
    /// 区块高度, for a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_height: Option<u64>,
    /// Index in the tree.
    pub index: u64,
    /// Path of the resource.
    #[schema(example = "/v1/deposits/20261122-0K7M-X9QT-3D5W-C3")]
    pub href: String,
}

impl LedgerJson {
    /// The ledger whose genesis notice is `genesis` and whose last block is `tip`, under `checkpoint`, with this deposit
    /// policy.
    #[must_use]
    pub fn of(genesis: &Notice, checkpoint: &SignedCheckpoint, tip: &BlockHeader, deposits: &str) -> Self {
        let mode = match genesis.kind {
            NoticeKind::Genesis { mode, .. } => mode.word(),
            NoticeKind::Key { .. } | NoticeKind::Erased { .. } => "unknown",
        };
        let signed = checkpoint.checkpoint();
        Self {
            origin: signed.origin.to_string(),
            mode: mode.into(),
            deposits: deposits.into(),
            operator: None,
            nature: None,
            record_filing: None,
            version: env!("CARGO_PKG_VERSION").into(),
            clock_source: None,
            key: genesis.key().map_or_else(String::new, ToString::to_string),
            next: genesis.next().map_or_else(String::new, ToString::to_string),
            size: signed.size.0,
            root: signed.root.to_string(),
            block_height: tip.height.0,
            block_hash: tip.hash().to_string(),
            block_generated_at: beijing_time(tip.time),
            checkpoint: checkpoint.note().to_string(),
            verifier_sha256: None,
        }
    }

    /// With the key in force, and the commitment to its successor.
    #[must_use]
    pub fn with_keys(self, history: &KeyHistory) -> Self {
        let period = history.current();
        Self { key: period.key.to_string(), next: period.next.to_string(), ..self }
    }
}

impl From<&BlockHeader> for BlockJson {
    fn from(header: &BlockHeader) -> Self {
        Self {
            ledger: header.ledger.to_string(),
            block_height: header.height.0,
            block_hash: header.hash().to_string(),
            prev_block_hash: header.previous.to_string(),
            block_generated_at: beijing_time(header.time),
            first: header.first.0,
            count: header.count,
            root: header.root.to_string(),
            index: header.index().0,
            text: header.to_string(),
        }
    }
}

fn hex(hashes: &[Digest]) -> Vec<String> {
    hashes.iter().map(Digest::to_string).collect()
}

fn digests(hashes: &[String]) -> Option<Vec<Digest>> {
    hashes.iter().map(|hash| Digest::from_hex(hash)).collect()
}

impl InclusionJson {
    /// The proof that the leaf with hash `leaf` is at `index` of the tree of `size` leaves with `root`.
    #[must_use]
    pub fn of(index: LeafIndex, size: TreeSize, leaf: &Digest, root: &Digest, proof: &InclusionProof) -> Self {
        let (leaf_hash, root) = (leaf.to_string(), root.to_string());
        Self { index: index.0, size: size.0, leaf_hash, root, hashes: hex(proof.hashes()) }
    }

    /// The proof; `None` if the hashes are malformed.
    #[must_use]
    pub fn proof(&self) -> Option<InclusionProof> {
        InclusionProof::from_hashes(digests(&self.hashes)?).ok()
    }
}

impl ConsistencyJson {
    /// The proof that the tree of size and root `old` is the beginning of `new`.
    #[must_use]
    pub fn of(old: (TreeSize, Digest), new: (TreeSize, Digest), proof: &ConsistencyProof) -> Self {
        Self {
            old: old.0.0,
            new: new.0.0,
            old_root: old.1.to_string(),
            new_root: new.1.to_string(),
            hashes: hex(proof.hashes()),
        }
    }

    /// The proof; `None` if the hashes are malformed.
    #[must_use]
    pub fn proof(&self) -> Option<ConsistencyProof> {
        ConsistencyProof::from_hashes(digests(&self.hashes)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_travel_as_hex_and_come_back() {
        let (a, b) = (Digest([1; 32]), Digest([2; 32]));
        let proof = InclusionProof::from_hashes(vec![a, b]).unwrap();
        let json = InclusionJson::of(LeafIndex(1), TreeSize(3), &a, &b, &proof);
        assert_eq!(json.proof(), Some(proof));
        assert_eq!(InclusionJson { hashes: vec!["zz".into()], ..json.clone() }.proof(), None);
        assert_eq!(InclusionJson { hashes: vec![a.to_string(); 65], ..json }.proof(), None);
        let proof = ConsistencyProof::from_hashes(vec![b]).unwrap();
        let json = ConsistencyJson::of((TreeSize(1), a), (TreeSize(2), b), &proof);
        assert_eq!(json.proof(), Some(proof));
    }
}
