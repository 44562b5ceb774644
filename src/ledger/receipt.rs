//! The receipt: a proof that a deposit is on the ledger, which can be verified offline.
//!
//! ```text
//! entry text ── index ── path ──▶ header.root              the entry is in the block
//! header text ── path ──▶ checkpoint root                  the block is on the ledger
//! leaf first-1 (hash = header.previous) ── path ──▶ root   so is the previous block
//! key notices since genesis ── paths ──▶ root              after a key rotation
//! checkpoint note                                          signed by the ledger key
//! ```
//!
//! All other data shown with a receipt, such as the seven facts ([`Facts`]), is derived from these. Two receipts of one
//! deposit have the same entry, index, header and entry path; a later one may have a larger checkpoint with its paths,
//! and more timestamp tokens.
//!
//! [`TlogProof`] proves the same entry to standard tools, as a file of c2sp.org/tlog-proof: only that the entry is a leaf of
//! the signed tree.
//!
//! Not here: the JSON form (`wire`), verification (`verify`).

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::merkle::proof::{InclusionProof, ProofError, verify_inclusion};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::note::NoteError;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Content, HashAlgorithm};
use crate::ledger::statement::text::ManifestRoot;
use crate::ledger::time::Timestamp;

/// The first line of a tlog-proof file.
pub const TLOG_PROOF_FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// A genesis or `key` notice, with its proof of inclusion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyNotice {
    /// Its index in the tree.
    pub index: LeafIndex,
    /// The notice, byte for byte.
    pub text: String,
    /// Inclusion path from it to the checkpoint's root.
    pub path: InclusionProof,
}

/// A receipt, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The entry, byte for byte.
    pub entry: String,
    /// Its index in the tree.
    pub index: LeafIndex,
    /// The block header, byte for byte.
    pub header: String,
    /// Inclusion path from the entry to the header's root.
    pub entry_path: InclusionProof,
    /// Inclusion path from the header to the checkpoint's root.
    pub header_path: InclusionProof,
    /// Inclusion path from the previous header to the checkpoint's root.
    pub previous_path: InclusionProof,
    /// Genesis and every `key` notice after a key rotation; empty before the first rotation.
    pub key_notices: Vec<KeyNotice>,
    /// The checkpoint note, byte for byte.
    pub checkpoint: String,
    /// RFC 3161 timestamp tokens over the checkpoint, base64.
    pub time_tokens: Vec<String>,
}

/// 区块链存证信息: the seven facts of the Guangzhou manual, in its order, and the deposit that they describe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The ledger's origin, 链标识.
    pub ledger: Name,
    /// 存证编号.
    pub number: DepositNumber,
    /// 交易id: leaf hash of the entry.
    pub tx_id: Digest,
    /// 区块哈希: leaf hash of the header.
    pub block_hash: Digest,
    /// 区块高度.
    pub block_height: Height,
    /// 前一区块哈希.
    pub prev_block_hash: Digest,
    /// 数据的哈希值: SM3 first, as is usual in Chinese courts. Empty for a deposit of a manifest only.
    pub data_hash: Vec<(HashAlgorithm, Digest)>,
    /// Whether the digests are salted.
    pub salted: bool,
    /// The deposit's manifest.
    pub manifest: Option<ManifestRoot>,
    /// 交易提交时间.
    pub tx_submitted_at: Timestamp,
    /// 区块生成时间.
    pub block_generated_at: Timestamp,
}

impl Facts {
    /// The facts of an entry and the header that seals it.
    #[must_use]
    pub fn of(entry: &Entry, header: &BlockHeader) -> Self {
        Self::with_hashes(entry, leaf_hash(entry.to_string().as_bytes()), header, header.hash())
    }

    /// The facts of an entry and the header that seals it, from their known leaf hashes.
    #[must_use]
    pub fn with_hashes(entry: &Entry, tx_id: Digest, header: &BlockHeader, block_hash: Digest) -> Self {
        let content = entry.statement.statement().content;
        let mut data_hash: Vec<_> = content.iter().flat_map(Content::digests).collect();
        data_hash.reverse();
        Self {
            ledger: header.ledger.clone(),
            number: entry.number,
            tx_id,
            block_hash,
            block_height: header.height,
            prev_block_hash: header.previous,
            data_hash,
            salted: content.is_some_and(|content| content.is_salted()),
            manifest: entry.statement.statement().manifest,
            tx_submitted_at: entry.received,
            block_generated_at: header.time,
        }
    }
}

/// A proof file of an entry (c2sp.org/tlog-proof).
///
/// ```text
/// c2sp.org/tlog-proof@v1
/// extra <base64 of the entry>
/// index <decimal>
/// <base64 hash>                 zero or more, leaf sibling first
/// (empty line)
/// <checkpoint note>
/// ```
///
/// The format does not authenticate `extra`: compute its leaf hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// The entry, byte for byte.
    pub entry: String,
    /// Its index in the tree.
    pub index: LeafIndex,
    /// Inclusion path from the entry to the checkpoint's root.
    pub path: InclusionProof,
    /// The checkpoint note, byte for byte.
    pub checkpoint: String,
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extra = BASE64_STANDARD.encode(&self.entry);
        write!(f, "{TLOG_PROOF_FIRST_LINE}\nextra {extra}\nindex {}\n", self.index)?;
        for hash in self.path.hashes() {
            writeln!(f, "{}", BASE64_STANDARD.encode(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Why a tlog-proof does not prove an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlogProofError {
    /// Not in the canonical form of a tlog-proof file of an entry.
    #[error("not a tlog-proof file of an entry")]
    Malformed,
    /// It is the proof of another entry.
    #[error("it is the proof of another entry")]
    OtherEntry,
    /// The path does not lead to the checkpoint's root.
    #[error("its path does not lead to its checkpoint: {0}")]
    Path(#[from] ProofError),
    /// The checkpoint is malformed or not signed by one of the keys.
    #[error("its checkpoint: {0}")]
    Checkpoint(#[from] NoteError),
}

impl TlogProof {
    /// Parses a proof file, without verifying it.
    ///
    /// # Errors
    ///
    /// [`TlogProofError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        let read = || {
            let (head, checkpoint) = text.split_once("\n\n")?;
            let mut lines = head.split('\n');
            let first = lines.next()?;
            let extra = BASE64_STANDARD.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
            let index = LeafIndex(lines.next()?.strip_prefix("index ")?.parse().ok()?);
            let hash = |line: &str| BASE64_STANDARD.decode(line).ok().and_then(|bytes| Digest::from_slice(&bytes));
            let path = InclusionProof::from_hashes(lines.map(hash).collect::<Option<_>>()?).ok()?;
            let (entry, checkpoint) = (String::from_utf8(extra).ok()?, checkpoint.to_owned());
            (first == TLOG_PROOF_FIRST_LINE).then_some(Self { entry, index, path, checkpoint })
        };
        read().filter(|proof| proof.to_string() == text).ok_or(TlogProofError::Malformed)
    }

    /// Verifies that it proves the entry of `receipt` at its index under its own checkpoint, and that one of `keys` signed the
    /// checkpoint. Without keys the signature is not verified.
    ///
    /// # Errors
    ///
    /// [`TlogProofError`].
    pub fn proves(&self, receipt: &Receipt, keys: &[VerifierKey]) -> Result<(), TlogProofError> {
        if (&self.entry, self.index) != (&receipt.entry, receipt.index) {
            return Err(TlogProofError::OtherEntry);
        }
        let signed = SignedCheckpoint::parse(self.checkpoint.as_bytes())?;
        let checkpoint = signed.checkpoint();
        let leaf = leaf_hash(self.entry.as_bytes());
        verify_inclusion(self.index, checkpoint.size, &leaf, &self.path, &checkpoint.root)?;
        if !keys.is_empty() {
            signed.verified_by(keys)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tlog_proof_of_tesseras_golden_log_is_printed_as_specified() {
        let hashes = [
            "Zx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75Q=",
            "T1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4=",
            "g0ZoeYWtIV8Q8i+4CmgqPnBvH2il107lyCgTQsyB7H4=",
            "5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=",
        ];
        let decoded = hashes.map(|h| Digest::from_slice(&BASE64_STANDARD.decode(h).unwrap()).unwrap());
        let checkpoint = "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n— example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n";
        let proof = TlogProof {
            entry: "four".into(),
            index: LeafIndex(3),
            path: InclusionProof::from_hashes(decoded.to_vec()).unwrap(),
            checkpoint: checkpoint.into(),
        };
        assert_eq!(TlogProof::parse(&proof.to_string()), Ok(proof.clone()));
        for bad in [proof.to_string().replacen("index 3", "index 03", 1), proof.to_string().replacen("@v1", "@v2", 1)] {
            assert_eq!(TlogProof::parse(&bad), Err(TlogProofError::Malformed));
        }
        // Without the optional `extra` line, these are the bytes of the test of Tessera's own library.
        let bare = proof.to_string().replacen("extra Zm91cg==\n", "", 1);
        assert_eq!(bare.len(), 408);
        assert_eq!(
            crate::ledger::hash::sha256(bare.as_bytes()).to_string(),
            "1edf648d4aa52e22dd6258f1967df279408ecbbb497b2da45b886a6f688992a6"
        );
    }
}
