//! The receipt file: the JSON form of a receipt, which the depositor keeps.
//!
//! ```json
//! {
//!   "receipt": "tiezheng/receipt/v1",
//!   "entry": "tiezheng entry v1\nnumber …",
//!   "index": 1,
//!   "header": "tiezheng block v1\nledger …",
//!   "entry_path": [],
//!   "header_path": ["<64 hex>"],
//!   "previous_path": ["<64 hex>"],
//!   "key_notices": [{ "index": 0, "text": "…", "path": ["<64 hex>"] }],
//!   "checkpoint": "<note>",
//!   "time_tokens": []
//! }
//! ```
//!
//! # Invariants
//!
//! [`parse`] accepts only the known fields, all of them and each once, and rejects other versions by name, whatever else they
//! contain. Parsing verifies nothing: `ledger::verify` does.

use serde::{Deserialize, Serialize};

use crate::error_code::ErrorCode;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::proof::{InclusionProof, MAX_PROOF_HASHES};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::receipt::{KeyNotice, Receipt};
use crate::wire::json::{self, JsonError};

/// The version that this program prints and parses.
pub const VERSION: &str = "tiezheng/receipt/v1";
/// Longest receipt in bytes. Sixteen keys, a hundred cosignatures and some timestamp tokens take a tenth of it.
pub const RECEIPT_MAX: usize = 1 << 20;

/// A receipt as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "client", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceiptJson {
    /// Kind and version of this file.
    #[cfg_attr(feature = "client", schema(example = "tiezheng/receipt/v1"))]
    pub receipt: String,
    /// The entry, byte for byte. Its leaf hash is the transaction id / 交易id.
    pub entry: String,
    /// Index of the entry in the tree.
    pub index: u64,
    /// The block header, byte for byte. Its leaf hash is the block hash / 区块哈希.
    pub header: String,
    /// Inclusion path from the entry to the header's `root`, 64 hex digits each.
    pub entry_path: Vec<String>,
    /// Inclusion path from the header to the checkpoint's root.
    pub header_path: Vec<String>,
    /// Inclusion path from the previous header to the checkpoint's root.
    pub previous_path: Vec<String>,
    /// Genesis and key notices, once a ledger key has rotated.
    #[serde(deserialize_with = "json::objects")]
    pub key_notices: Vec<KeyNoticeJson>,
    /// The signed checkpoint note.
    pub checkpoint: String,
    /// RFC 3161 timestamp tokens, base64.
    pub time_tokens: Vec<String>,
}

/// A key notice in a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "client", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyNoticeJson {
    /// Its index in the tree.
    pub index: u64,
    /// The notice, byte for byte.
    pub text: String,
    /// Inclusion path to the checkpoint's root.
    pub path: Vec<String>,
}

/// Why bytes are not a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Not the JSON of a receipt.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A receipt of another version.
    #[error("this is `{found}`, and this program reads `{VERSION}`")]
    UnknownVersion {
        /// Its version.
        found: String,
    },
    /// A path with a hash that is not 64 lower-case hex digits, or with more than [`MAX_PROOF_HASHES`].
    #[error("`{field}` is not a list of at most {MAX_PROOF_HASHES} hashes of 64 lower-case hex digits")]
    BadPath {
        /// The field.
        field: &'static str,
    },
    /// An index that no tree has.
    #[error("`index` {found} is beyond every tree")]
    BadIndex {
        /// The index.
        found: u64,
    },
}

impl ReceiptError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Json(error) => error.code(),
            Self::UnknownVersion { .. } => ErrorCode::UnknownVersion,
            Self::BadPath { .. } | Self::BadIndex { .. } => ErrorCode::BadValue,
        }
    }
}

impl From<&Receipt> for ReceiptJson {
    fn from(receipt: &Receipt) -> Self {
        Self {
            receipt: VERSION.into(),
            entry: receipt.entry.clone(),
            index: receipt.index.0,
            header: receipt.header.clone(),
            entry_path: hex_path(&receipt.entry_path),
            header_path: hex_path(&receipt.header_path),
            previous_path: hex_path(&receipt.previous_path),
            key_notices: receipt.key_notices.iter().map(KeyNoticeJson::from).collect(),
            checkpoint: receipt.checkpoint.clone(),
            time_tokens: receipt.time_tokens.clone(),
        }
    }
}

impl TryFrom<ReceiptJson> for Receipt {
    type Error = ReceiptError;

    fn try_from(json: ReceiptJson) -> Result<Self, ReceiptError> {
        if json.receipt != VERSION {
            return Err(ReceiptError::UnknownVersion { found: excerpt(&json.receipt) });
        }
        Ok(Self {
            index: read_index(json.index)?,
            entry_path: read_path("entry_path", &json.entry_path)?,
            header_path: read_path("header_path", &json.header_path)?,
            previous_path: read_path("previous_path", &json.previous_path)?,
            key_notices: json.key_notices.into_iter().map(KeyNotice::try_from).collect::<Result<_, ReceiptError>>()?,
            entry: json.entry,
            header: json.header,
            checkpoint: json.checkpoint,
            time_tokens: json.time_tokens,
        })
    }
}

/// Prints a receipt: the file that a depositor keeps, and the answer to a deposit. Nodes print it with
/// [`fast_json`](super::fast_json), which gives the same text.
#[must_use]
pub fn print(receipt: &Receipt) -> String {
    json::pretty(&ReceiptJson::from(receipt))
}

/// As [`print()`], on one line: the form that a case stores.
#[must_use]
pub fn print_line(receipt: &Receipt) -> String {
    json::line(&ReceiptJson::from(receipt))
}

impl KeyNoticeJson {
    /// Its index in the tree.
    #[must_use]
    pub const fn place(&self) -> LeafIndex {
        LeafIndex(self.index)
    }
}

impl From<&KeyNotice> for KeyNoticeJson {
    fn from(notice: &KeyNotice) -> Self {
        Self { index: notice.index.0, text: notice.text.clone(), path: hex_path(&notice.path) }
    }
}

impl TryFrom<KeyNoticeJson> for KeyNotice {
    type Error = ReceiptError;

    fn try_from(json: KeyNoticeJson) -> Result<Self, ReceiptError> {
        let path = read_path("path", &json.path)?;
        Ok(Self { index: read_index(json.index)?, text: json.text, path })
    }
}

/// Parses a receipt, without verifying it.
///
/// # Errors
///
/// [`ReceiptError`].
pub fn parse(bytes: &[u8]) -> Result<Receipt, ReceiptError> {
    /// The one field that receipts of every version have.
    #[derive(Deserialize)]
    struct Version {
        receipt: String,
    }

    let version: Version = json::object_of_any_integers(bytes, RECEIPT_MAX)?;
    if version.receipt != VERSION {
        return Err(ReceiptError::UnknownVersion { found: excerpt(&version.receipt) });
    }
    json::object_of_any_integers::<ReceiptJson>(bytes, RECEIPT_MAX)?.try_into()
}

/// The beginning of an external text, without control characters, for an error message.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

pub(super) fn hex_path(path: &InclusionProof) -> Vec<String> {
    path.hashes().iter().map(Digest::to_string).collect()
}

pub(super) fn read_path(field: &'static str, path: &[String]) -> Result<InclusionProof, ReceiptError> {
    let hashes = path.iter().map(|hash| Digest::from_hex(hash)).collect::<Option<Vec<_>>>();
    let proof = hashes.and_then(|hashes| InclusionProof::from_hashes(hashes).ok());
    proof.ok_or(ReceiptError::BadPath { field })
}

pub(super) fn read_index(index: u64) -> Result<LeafIndex, ReceiptError> {
    if TreeSize::MAX.contains(LeafIndex(index)) {
        Ok(LeafIndex(index))
    } else {
        Err(ReceiptError::BadIndex { found: index })
    }
}

#[cfg(test)]
mod tests;
