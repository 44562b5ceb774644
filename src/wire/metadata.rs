//! Private metadata as JSON: read strictly, made canonical (RFC 8785), ready for its commitment.
//!
//! The commitment is over bytes, so the JSON needs one spelling; RFC 8785 gives it. At least `name` (证据名称) must be
//! there, since a deposit without a name cannot be told apart by the people it is for.

use serde_json::Value;

use crate::ledger::hash::lower_hex;
use crate::ledger::metadata::{METADATA_MAX, PrivateMetadata};
use crate::wire::json::JsonError;

/// Why JSON is no private metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// No object, or JSON that two readers read differently: it has no canonical form.
    #[error("the metadata has no canonical form: {0}")]
    NotCanonical(String),
    /// No `name`, or an empty one.
    #[error("the metadata needs a `name` (证据名称) that is not empty")]
    WithoutName,
    /// More than [`METADATA_MAX`] bytes in canonical form.
    #[error("the metadata has {found} bytes in canonical form, more than {METADATA_MAX}")]
    TooLong {
        /// How many it has.
        found: usize,
    },
    /// Not 64 lower-case hex digits.
    #[error("the salt is not 64 lower-case hex digits")]
    BadSalt,
}

impl MetadataError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotCanonical(_) => "metadata_not_canonical",
            Self::WithoutName => "metadata_without_name",
            Self::TooLong { .. } => "metadata_too_long",
            Self::BadSalt => "bad_salt",
        }
    }
}

impl From<JsonError> for MetadataError {
    fn from(error: JsonError) -> Self {
        Self::NotCanonical(error.to_string())
    }
}

/// The canonical form of `metadata`.
///
/// # Errors
///
/// [`MetadataError`].
pub fn canonical(metadata: &Value) -> Result<String, MetadataError> {
    let Value::Object(fields) = metadata else {
        return Err(MetadataError::NotCanonical("expected an object".into()));
    };
    let name = fields.get("name").and_then(Value::as_str).map(str::trim).unwrap_or_default();
    if name.is_empty() {
        return Err(MetadataError::WithoutName);
    }
    let json = serde_json_canonicalizer::to_string(metadata)
        .map_err(|error| MetadataError::NotCanonical(error.to_string()))?;
    if json.len() > METADATA_MAX { Err(MetadataError::TooLong { found: json.len() }) } else { Ok(json) }
}

/// Salt (64 hex digits) and metadata as the vault keeps them.
///
/// # Errors
///
/// [`MetadataError`].
pub fn private(salt: &str, metadata: &Value) -> Result<PrivateMetadata, MetadataError> {
    let salt = lower_hex(salt).ok_or(MetadataError::BadSalt)?;
    Ok(PrivateMetadata { salt, json: canonical(metadata)? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_has_one_spelling() {
        let metadata = json!({ "z": 1.0, "name": "合同\u{202e}", "a": { "d": null, "c": [true] } });
        assert_eq!(
            canonical(&metadata).unwrap(),
            "{\"a\":{\"c\":[true],\"d\":null},\"name\":\"合同\u{202e}\",\"z\":1}"
        );
    }

    #[test]
    fn what_is_no_metadata_is_said() {
        let code = |metadata: Value| canonical(&metadata).unwrap_err().code();
        assert_eq!(code(json!([])), "metadata_not_canonical");
        for without in [json!({}), json!({ "name": "" }), json!({ "name": " \u{3000}" }), json!({ "name": 1 })] {
            assert_eq!(code(without), "metadata_without_name");
        }
        let long = |extra: usize| json!({ "name": "x".repeat(METADATA_MAX - 11 + extra) });
        assert_eq!(canonical(&long(0)).unwrap().len(), METADATA_MAX);
        assert_eq!(code(long(1)), "metadata_too_long");
        for salt in ["", "AA", &"A".repeat(64), &"0".repeat(63)] {
            assert_eq!(private(salt, &json!({ "name": "x" })).unwrap_err().code(), "bad_salt");
        }
        assert!(private(&"0".repeat(64), &json!({ "name": "x" })).is_ok());
    }
}
