//! The JSON of a deposit request: a signed statement and, if the statement commits to private metadata, that metadata.
//!
//! ```json
//! { "statement": "<signed note>", "private": { "salt": "<64 hex>", "metadata": { "name": "合同" } } }
//! ```
//!
//! Not here: verification of signatures and admission (`sequencer`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error_code::ErrorCode;
use crate::ledger::leaf::ADMISSION_MAX;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::statement::content::Form;
use crate::ledger::statement::keys::KeyCache;
use crate::ledger::statement::signed::{StatementError, StatementNote};
use crate::ledger::statement::text::Statement;
use crate::ledger::text::{Fault, TextError};
use crate::wire::json::{self, INTEGER_MAX, JsonError};
use crate::wire::metadata::{MetadataError, private};

/// The maximum length of a request in bytes: enough for a statement and metadata of 16 KiB each, with JSON escapes.
pub const REQUEST_MAX: usize = 64 * 1024;

/// A request to deposit.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositRequest {
    /// The statement as a signed note, byte for byte.
    #[schema(example = "tiezheng statement v1\nledger example.org/ledger\nsha-256 …\n\n— k-0123456789abcdef …\n")]
    pub statement: String,
    /// Private metadata for the private store; only with a statement that has a `meta` line.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::optional_object")]
    pub private: Option<PrivateJson>,
}

/// Private metadata and its salt, which are not written on the chain.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "salt": "0707070707070707070707070707070707070707070707070707070707070707", "metadata": { "name": "合同" } }))]
pub struct PrivateJson {
    /// 32 random bytes as 64 hex digits.
    pub salt: String,
    /// Any JSON object with a `name` (证据名称).
    #[serde(deserialize_with = "json::unique")]
    #[schema(value_type = Object)]
    pub metadata: Value,
}

impl std::fmt::Debug for PrivateJson {
    /// Without the content, since debug output may end up in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateJson(…)")
    }
}

/// Why a request is not a valid deposit request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DepositRequestError {
    /// The bytes are not the JSON of a deposit request.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The statement is longer than [`ADMISSION_MAX`].
    #[error("the statement has {found} bytes, more than {ADMISSION_MAX}")]
    StatementTooLong {
        /// Its length in bytes.
        found: usize,
    },
    /// The statement is not a valid signed statement.
    #[error("statement: {0}")]
    Statement(#[from] StatementError),
    /// The private metadata is invalid.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The statement contains a decimal that some JSON parsers would round.
    #[error(
        "statement: `{line}` is {value}, beyond {INTEGER_MAX}, the largest integer that every reader of JSON holds exactly"
    )]
    IntegerTooLarge {
        /// Name of the line.
        line: &'static str,
        /// Its value.
        value: u64,
    },
    /// The request has private metadata, but its statement has no `meta` line that commits to it.
    #[error("private metadata needs a `meta` line in the statement")]
    PrivateMissingMeta,
    /// The commitment in the `meta` line is not that of the metadata and the salt.
    #[error("the `meta` line commits to other metadata or another salt")]
    PrivateMismatch,
}

impl DepositRequestError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Json(error) => error.code(),
            Self::StatementTooLong { .. } => ErrorCode::StatementTooLong,
            Self::Statement(error) => error.code(),
            Self::Metadata(error) => error.code(),
            Self::IntegerTooLarge { .. } => ErrorCode::IntegerTooLarge,
            Self::PrivateMissingMeta => ErrorCode::PrivateMissingMeta,
            Self::PrivateMismatch => ErrorCode::PrivateMismatch,
        }
    }

    /// The line of the error, in the statement or in the JSON.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::Json(error) => error.line(),
            Self::Statement(error) => statement_line(error),
            _ => None,
        }
    }

    /// The limit that the request exceeds.
    #[must_use]
    pub const fn limit(&self) -> Option<usize> {
        match self {
            Self::Json(JsonError::TooLong { limit, .. }) => Some(*limit),
            Self::StatementTooLong { .. } => Some(ADMISSION_MAX),
            Self::Metadata(MetadataError::TooLong { .. }) => Some(crate::ledger::metadata::METADATA_MAX),
            Self::Statement(error) => statement_limit(error),
            _ => None,
        }
    }
}

/// The number of the statement's line to which the error applies.
#[must_use]
pub const fn statement_line(error: &StatementError) -> Option<usize> {
    use crate::ledger::note::NoteError;
    match error {
        StatementError::Text(TextError { line, .. })
        | StatementError::Note(NoteError::Text(TextError { line, .. }) | NoteError::MalformedSignature { line }) => {
            Some(*line)
        }
        _ => None,
    }
}

/// The limit that the statement exceeds.
#[must_use]
pub const fn statement_limit(error: &StatementError) -> Option<usize> {
    match error {
        StatementError::Text(TextError { fault: Fault::TooMany { limit, .. }, .. }) => Some(*limit),
        _ => None,
    }
}

impl DepositRequest {
    /// The request for `statement`.
    ///
    /// # Errors
    ///
    /// [`MetadataError`] if the private metadata is not a JSON object.
    pub fn new(statement: &StatementNote, private: Option<&PrivateMetadata>) -> Result<Self, MetadataError> {
        let private = private.map(|held| {
            let metadata = json::object::<UniqueJson>(held.json.as_bytes(), REQUEST_MAX)?.0;
            Ok::<_, MetadataError>(PrivateJson { salt: hex::encode(held.salt), metadata })
        });
        Ok(Self { statement: statement.to_string(), private: private.transpose()? })
    }

    /// Parses a request.
    ///
    /// # Errors
    ///
    /// [`DepositRequestError::Json`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DepositRequestError> {
        Ok(json::object_of_any_integers(bytes, REQUEST_MAX)?)
    }

    /// Parses the statement and the private metadata that it commits to. Does not verify signatures.
    ///
    /// # Errors
    ///
    /// [`DepositRequestError`].
    pub fn read(&self) -> Result<(StatementNote, Option<PrivateMetadata>), DepositRequestError> {
        self.read_with(&mut KeyCache::none())
    }

    /// As [`Self::read`], with a cache of keys for callers that parse many.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn read_with(
        &self,
        keys: &mut KeyCache,
    ) -> Result<(StatementNote, Option<PrivateMetadata>), DepositRequestError> {
        if self.statement.len() > ADMISSION_MAX {
            return Err(DepositRequestError::StatementTooLong { found: self.statement.len() });
        }
        let note = StatementNote::parse_with(self.statement.as_bytes(), keys)?;
        require_exact_integers(note.statement())?;
        let Some(PrivateJson { salt, metadata }) = &self.private else { return Ok((note, None)) };
        let meta = note.statement().meta.ok_or(DepositRequestError::PrivateMissingMeta)?;
        let held = private(salt, metadata)?;
        if held.commitment() == meta { Ok((note, Some(held))) } else { Err(DepositRequestError::PrivateMismatch) }
    }
}

/// Rejects a statement with decimals over [`INTEGER_MAX`]. The statement format allows them below 2^63, but responses contain
/// them as JSON numbers.
///
/// # Errors
///
/// [`DepositRequestError::IntegerTooLarge`].
pub fn require_exact_integers(statement: &Statement) -> Result<(), DepositRequestError> {
    let size = statement.content.and_then(|content| match content.form {
        Form::Plain { size } => Some(size),
        Form::Salted => None,
    });
    let count = statement.manifest.map(|manifest| manifest.count);
    let sequence = statement.subject.map(|subject| subject.sequence);
    for (line, value) in [("size", size), ("manifest", count), ("subject", sequence)] {
        if let Some(value) = value.filter(|value| *value > INTEGER_MAX) {
            return Err(DepositRequestError::IntegerTooLarge { line, value });
        }
    }
    Ok(())
}

/// Any JSON value, parsed by [`json::unique`], which rejects repeated names.
#[derive(Deserialize)]
#[serde(transparent)]
struct UniqueJson(#[serde(deserialize_with = "json::unique")] Value);

/// One line of the answer to a batch, in the order of the request's lines.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BatchVerdict {
    /// Number of the request's line, from 1.
    pub line: usize,
    /// The status that a single request would have had: 201 for a new deposit, 200 for an earlier one, else the problem's.
    pub status: u16,
    /// The receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<crate::wire::receipt::ReceiptJson>,
    /// The error, if there is no receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<crate::wire::problem::Problem>,
}

#[cfg(test)]
mod tests;
