//! The item receipt file: proves one item of a manifest offline, without revealing the other items.
//!
//! ```json
//! {
//!   "receipt": "tiezheng/item-receipt/v1",
//!   "deposit": { "receipt": "tiezheng/receipt/v1", … },
//!   "item": "item v1 sha-256 … size 8 name …",
//!   "index": 4,
//!   "path": ["<64 hex>"],
//!   "name": { "salt": "<64 hex>", "path": "卷宗/合同.pdf" }
//! }
//! ```
//!
//! `deposit` is the receipt of the deposit with the manifest, `index` the item's index in the manifest, from 0; `name` is
//! absent if the depositor withholds it.
//!
//! # Invariants
//!
//! The form is canonical: [`parse`] accepts exactly the bytes that [`print()`] prints of the result, white space included.
//! Parsing verifies nothing: `ledger::verify` does.

use serde::{Deserialize, Serialize};

use crate::ledger::hash::lower_hex;
use crate::ledger::manifest::claim::{ItemClaim, ItemName, ItemReceipt};
use crate::wire::json::{self, JsonError};
use crate::wire::receipt::{RECEIPT_MAX, ReceiptError, ReceiptJson, excerpt, hex_path, read_index, read_path};

/// The version that this program prints and parses.
pub const VERSION: &str = "tiezheng/item-receipt/v1";
/// Longest item receipt in bytes: the longest receipt and 64 KiB for the item.
pub const ITEM_RECEIPT_MAX: usize = RECEIPT_MAX + (64 << 10);

/// An item's receipt as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemReceiptJson {
    receipt: String,
    #[serde(deserialize_with = "json::one_object")]
    deposit: ReceiptJson,
    item: String,
    index: u64,
    path: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::optional_object")]
    name: Option<ItemNameJson>,
}

/// The opening of the commitment to an item's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemNameJson {
    salt: String,
    path: String,
}

/// Why bytes are not an item receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ItemReceiptError {
    /// Not the JSON of an item receipt.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// An item receipt of another version.
    #[error("this is `{found}`, and this program reads `{VERSION}`")]
    UnknownVersion {
        /// Its version.
        found: String,
    },
    /// The deposit's receipt, the item's index or its path is invalid.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The salt is not 64 lower-case hex digits.
    #[error("`salt` is not 64 lower-case hex digits")]
    BadSalt,
    /// Not in canonical form: other white space, another order of fields, or superfluous escapes.
    #[error("not in the canonical form of an item receipt: the file was reformatted or changed")]
    OtherSpelling,
}

impl ItemReceiptError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code().as_str(),
            Self::UnknownVersion { .. } => "unknown_version",
            Self::Receipt(error) => error.code().as_str(),
            Self::BadSalt => "bad_value",
            Self::OtherSpelling => "other_spelling",
        }
    }
}

impl From<&ItemReceipt> for ItemReceiptJson {
    fn from(receipt: &ItemReceipt) -> Self {
        let ItemClaim { line, index, path, name } = &receipt.claim;
        let name = name.as_ref().map(|name| ItemNameJson { salt: hex::encode(name.salt), path: name.path.clone() });
        Self {
            receipt: VERSION.into(),
            deposit: ReceiptJson::from(&receipt.receipt),
            item: line.clone(),
            index: index.0,
            path: hex_path(path),
            name,
        }
    }
}

impl TryFrom<ItemReceiptJson> for ItemReceipt {
    type Error = ItemReceiptError;

    fn try_from(json: ItemReceiptJson) -> Result<Self, ItemReceiptError> {
        let name = |name: ItemNameJson| {
            let salt = lower_hex(&name.salt).ok_or(ItemReceiptError::BadSalt)?;
            Ok::<_, ItemReceiptError>(ItemName { salt, path: name.path })
        };
        let claim = ItemClaim {
            line: json.item,
            index: read_index(json.index)?,
            path: read_path("path", &json.path)?,
            name: json.name.map(name).transpose()?,
        };
        Ok(Self { receipt: json.deposit.try_into()?, claim })
    }
}

/// Prints an item receipt: the file that accompanies the item.
#[must_use]
pub fn print(receipt: &ItemReceipt) -> String {
    json::pretty(&ItemReceiptJson::from(receipt))
}

/// Parses an item receipt, without verifying it.
///
/// # Errors
///
/// [`ItemReceiptError`].
pub fn parse(bytes: &[u8]) -> Result<ItemReceipt, ItemReceiptError> {
    /// The one field that item receipts of every version have.
    #[derive(Deserialize)]
    struct Version {
        receipt: String,
    }

    let version: Version = json::object_of_any_integers(bytes, ITEM_RECEIPT_MAX)?;
    if version.receipt != VERSION {
        return Err(ItemReceiptError::UnknownVersion { found: excerpt(&version.receipt) });
    }
    let receipt: ItemReceipt = json::object_of_any_integers::<ItemReceiptJson>(bytes, ITEM_RECEIPT_MAX)?.try_into()?;
    if print(&receipt).as_bytes() == bytes { Ok(receipt) } else { Err(ItemReceiptError::OtherSpelling) }
}

#[cfg(test)]
mod tests;
