//! The receipt as a file: what a depositor keeps for decades.
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
//! [`parse`] reads back exactly what [`print()`] prints; names are unique, known and all there; a later version is refused
//! by its name, whatever else it holds. Nothing is believed: whether a receipt is true, `ledger::verify` says.

use std::fmt::Write as _;

use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::ledger::hash::{Digest, hex_digits};
use crate::ledger::merkle::proof::{InclusionProof, MAX_PROOF_HASHES};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::receipt::{KeyNotice, Receipt};
use crate::wire::json::{self, JsonError};

/// The version this program prints and reads.
pub const VERSION: &str = "tiezheng/receipt/v1";
/// Most receipts are no longer.
const TYPICAL: usize = 4096;
/// Longest receipt in bytes, 1 MiB: sixteen keys, a hundred cosignatures and some time tokens take a tenth.
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
    /// The entry's place in the tree.
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
    /// RFC 3161 time tokens, base64.
    pub time_tokens: Vec<String>,
}

/// A key notice in a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "client", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyNoticeJson {
    /// Its place in the tree.
    pub index: u64,
    /// The notice, byte for byte.
    pub text: String,
    /// Inclusion path to the checkpoint's root.
    pub path: Vec<String>,
}

/// Why bytes are no receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Not the JSON of a receipt.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A receipt of another version: a newer program reads it.
    #[error("this is `{found}`, and this program reads `{VERSION}`")]
    UnknownVersion {
        /// The version it names.
        found: String,
    },
    /// A path with a hash that is not 64 lower-case hex digits, or with more than [`MAX_PROOF_HASHES`].
    #[error("`{field}` is not a list of at most {MAX_PROOF_HASHES} hashes of 64 lower-case hex digits")]
    BadPath {
        /// The field.
        field: &'static str,
    },
    /// A place that no tree has.
    #[error("`index` {found} is beyond every tree")]
    BadIndex {
        /// The place named.
        found: u64,
    },
}

impl ReceiptError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::UnknownVersion { .. } => "unknown_version",
            Self::BadPath { .. } | Self::BadIndex { .. } => "bad_value",
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
            key_notices: receipt.key_notices.iter().map(key_notice).collect(),
            checkpoint: receipt.checkpoint.clone(),
            time_tokens: receipt.time_tokens.clone(),
        }
    }
}

impl TryFrom<ReceiptJson> for Receipt {
    type Error = ReceiptError;

    fn try_from(json: ReceiptJson) -> Result<Self, ReceiptError> {
        if json.receipt != VERSION {
            return Err(ReceiptError::UnknownVersion { found: shown(&json.receipt) });
        }
        let key_notice = |notice: KeyNoticeJson| {
            Ok(KeyNotice {
                index: read_index(notice.index)?,
                text: notice.text,
                path: read_path("path", &notice.path)?,
            })
        };
        Ok(Self {
            index: read_index(json.index)?,
            entry_path: read_path("entry_path", &json.entry_path)?,
            header_path: read_path("header_path", &json.header_path)?,
            previous_path: read_path("previous_path", &json.previous_path)?,
            key_notices: json.key_notices.into_iter().map(key_notice).collect::<Result<_, ReceiptError>>()?,
            entry: json.entry,
            header: json.header,
            checkpoint: json.checkpoint,
            time_tokens: json.time_tokens,
        })
    }
}

/// Prints a receipt: the file a depositor keeps, and the answer to a deposit.
#[must_use]
pub fn print(receipt: &Receipt) -> String {
    if !is_plain(receipt) {
        return json::pretty(&View::of(receipt));
    }
    let mut text = String::with_capacity(TYPICAL);
    put(&mut text, receipt, &PRETTY);
    text.push('\n');
    text
}

/// Adds a receipt on one line, as a part of a larger text.
#[cfg(feature = "client")]
pub(super) fn add_on_one_line(text: &mut String, receipt: &Receipt) {
    if is_plain(receipt) {
        put(text, receipt, &ON_ONE_LINE);
    } else {
        text.push_str(json::line(&View::of(receipt)).trim_end());
    }
}

/// Whether its only lists are paths.
const fn is_plain(receipt: &Receipt) -> bool {
    receipt.key_notices.is_empty() && receipt.time_tokens.is_empty()
}

/// What stands between the parts of a printed receipt.
struct Spacing {
    begin: &'static str,
    colon: &'static str,
    comma: &'static str,
    end: &'static str,
    list_begin: &'static str,
    list_comma: &'static str,
    list_end: &'static str,
}

const PRETTY: Spacing = Spacing {
    begin: "{\n  ",
    colon: ": ",
    comma: ",\n  ",
    end: "\n}",
    list_begin: "[\n    ",
    list_comma: ",\n    ",
    list_end: "\n  ]",
};

#[cfg(feature = "client")]
const ON_ONE_LINE: Spacing =
    Spacing { begin: "{", colon: ":", comma: ",", end: "}", list_begin: "[", list_comma: ",", list_end: "]" };

/// By hand, since every deposit is answered with one: the printer of the shape takes three times as long. A test holds the
/// two together.
fn put(text: &mut String, receipt: &Receipt, spacing: &Spacing) {
    let name = |text: &mut String, before: &str, name: &str| {
        for part in [before, "\"", name, "\"", spacing.colon] {
            text.push_str(part);
        }
    };
    name(text, spacing.begin, "receipt");
    json::quote(text, VERSION);
    name(text, spacing.comma, "entry");
    json::quote(text, &receipt.entry);
    name(text, spacing.comma, "index");
    // Writing to a String cannot fail.
    let _ = write!(text, "{}", receipt.index.0);
    name(text, spacing.comma, "header");
    json::quote(text, &receipt.header);
    name(text, spacing.comma, "entry_path");
    put_path(text, &receipt.entry_path, spacing);
    name(text, spacing.comma, "header_path");
    put_path(text, &receipt.header_path, spacing);
    name(text, spacing.comma, "previous_path");
    put_path(text, &receipt.previous_path, spacing);
    name(text, spacing.comma, "key_notices");
    text.push_str("[]");
    name(text, spacing.comma, "checkpoint");
    json::quote(text, &receipt.checkpoint);
    name(text, spacing.comma, "time_tokens");
    text.push_str("[]");
    text.push_str(spacing.end);
}

fn put_path(text: &mut String, path: &InclusionProof, spacing: &Spacing) {
    let mut before = spacing.list_begin;
    for hash in path.hashes() {
        let digits = hex_digits(hash.as_bytes());
        // Digits are UTF-8.
        for part in [before, "\"", std::str::from_utf8(digits.as_flattened()).unwrap_or_default(), "\""] {
            text.push_str(part);
        }
        before = spacing.list_comma;
    }
    text.push_str(if path.hashes().is_empty() { "[]" } else { spacing.list_end });
}

/// A receipt printed from where it lies: the same text as [`ReceiptJson`], without a copy of each part.
#[derive(Debug, Serialize)]
struct View<'a> {
    receipt: &'static str,
    entry: &'a str,
    index: u64,
    header: &'a str,
    entry_path: HexPath<'a>,
    header_path: HexPath<'a>,
    previous_path: HexPath<'a>,
    key_notices: Vec<KeyNoticeJson>,
    checkpoint: &'a str,
    time_tokens: &'a [String],
}

impl<'a> View<'a> {
    fn of(receipt: &'a Receipt) -> Self {
        Self {
            receipt: VERSION,
            entry: &receipt.entry,
            index: receipt.index.0,
            header: &receipt.header,
            entry_path: HexPath(&receipt.entry_path),
            header_path: HexPath(&receipt.header_path),
            previous_path: HexPath(&receipt.previous_path),
            key_notices: receipt.key_notices.iter().map(key_notice).collect(),
            checkpoint: &receipt.checkpoint,
            time_tokens: &receipt.time_tokens,
        }
    }
}

#[derive(Debug)]
struct HexPath<'a>(&'a InclusionProof);

impl Serialize for HexPath<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.hashes().iter().map(Hex))
    }
}

struct Hex<'a>(&'a Digest);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = hex_digits(self.0.as_bytes());
        serializer.serialize_str(std::str::from_utf8(digits.as_flattened()).map_err(S::Error::custom)?)
    }
}

fn key_notice(notice: &KeyNotice) -> KeyNoticeJson {
    KeyNoticeJson { index: notice.index.0, text: notice.text.clone(), path: hex_path(&notice.path) }
}

/// Reads a receipt.
///
/// # Errors
///
/// [`ReceiptError`].
pub fn parse(bytes: &[u8]) -> Result<Receipt, ReceiptError> {
    /// All that a later version surely has.
    #[derive(Deserialize)]
    struct Version {
        receipt: String,
    }

    let version: Version = json::object_of_any_integers(bytes, RECEIPT_MAX)?;
    if version.receipt != VERSION {
        return Err(ReceiptError::UnknownVersion { found: shown(&version.receipt) });
    }
    json::object_of_any_integers::<ReceiptJson>(bytes, RECEIPT_MAX)?.try_into()
}

/// As much of a foreign text as an error message needs.
pub(super) fn shown(text: &str) -> String {
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
