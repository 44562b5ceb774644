//! Private metadata as JSON: parsed strictly, and converted to canonical form (RFC 8785) for its commitment.
//!
//! The commitment covers bytes, so the JSON needs a canonical form. `name` (证据名称) is required, so that users can tell deposits
//! apart.

use serde_json::Value;

use crate::error_code::ErrorCode;
use crate::ledger::hash::lower_hex;
use crate::ledger::metadata::{METADATA_MAX, PrivateMetadata};
use crate::ledger::text::{Lines, forbidden_character};
use crate::wire::json::JsonError;

/// Why JSON is not private metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Not an object, or JSON without a canonical form, which parsers understand differently.
    #[error("the metadata has no canonical form: {0}")]
    NotCanonical(String),
    /// No `name`, or an empty one.
    #[error("the metadata needs a `name` (证据名称) that is not empty")]
    WithoutName,
    /// A control character in a text, or a line separator in a name.
    #[error("the metadata holds the control character U+{code_point:04X} in `{field}`; remove it")]
    ControlCharacter {
        /// The character.
        code_point: u32,
        /// The field of the metadata that contains it.
        field: String,
    },
    /// More than [`METADATA_MAX`] bytes in canonical form.
    #[error("the metadata has {found} bytes in canonical form, more than {METADATA_MAX}")]
    TooLong {
        /// Its length in bytes.
        found: usize,
    },
    /// Not 64 lower-case hex digits.
    #[error("the salt is not 64 lower-case hex digits")]
    BadSalt,
}

impl MetadataError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotCanonical(_) => ErrorCode::MetadataNotCanonical,
            Self::WithoutName => ErrorCode::MetadataWithoutName,
            Self::ControlCharacter { .. } => ErrorCode::ControlCharacter,
            Self::TooLong { .. } => ErrorCode::MetadataTooLong,
            Self::BadSalt => ErrorCode::BadSalt,
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::NotCanonical(reason) => format!("元数据无法规范化：{reason}"),
            Self::WithoutName => "元数据缺少证据名称（name）".into(),
            Self::ControlCharacter { code_point, field } => {
                format!("“{field}”含有控制字符 U+{code_point:04X}，请删除")
            }
            Self::TooLong { found } => format!("元数据规范化后为 {found} 字节，超过 {METADATA_MAX} 字节"),
            Self::BadSalt => "盐值应为 64 位小写十六进制".into(),
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
    require_no_control_characters(metadata, "metadata", Lines::Several)?;
    let json = serde_json_canonicalizer::to_string(metadata)
        .map_err(|error| MetadataError::NotCanonical(error.to_string()))?;
    if json.len() > METADATA_MAX { Err(MetadataError::TooLong { found: json.len() }) } else { Ok(json) }
}

/// Field names and the value of `name` have one line; all other texts may have several.
fn require_no_control_characters(value: &Value, field: &str, lines: Lines) -> Result<(), MetadataError> {
    let require = |text: &str, lines| match forbidden_character(text, lines) {
        None => Ok(()),
        // A field name that contains the character is given without it.
        Some(found) => Err(MetadataError::ControlCharacter {
            code_point: u32::from(found),
            field: field
                .chars()
                .filter(|c| forbidden_character(c.encode_utf8(&mut [0; 4]), Lines::One).is_none())
                .collect(),
        }),
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(text) => require(text, lines),
        Value::Array(items) => items.iter().try_for_each(|item| require_no_control_characters(item, field, lines)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            require(name, Lines::One)?;
            let lines = if name == "name" { Lines::One } else { Lines::Several };
            require_no_control_characters(value, name, lines)
        }),
    }
}

/// Salt (64 hex digits) and metadata, as the private store holds them.
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
    fn metadata_has_one_canonical_form() {
        let metadata = json!({ "z": 1.0, "name": "合同\u{202e}", "a": { "d": null, "c": [true] } });
        assert_eq!(
            canonical(&metadata).unwrap(),
            "{\"a\":{\"c\":[true],\"d\":null},\"name\":\"合同\u{202e}\",\"z\":1}"
        );
    }

    #[test]
    fn control_characters_are_rejected_wherever_they_stand() {
        let found = |metadata: Value| match canonical(&metadata) {
            Err(MetadataError::ControlCharacter { code_point, field }) => Some((code_point, field)),
            Err(error) => panic!("{error}"),
            Ok(_) => None,
        };
        for (name, code_point) in [
            ("合\0同", 0),
            ("\u{1b}[2J合同", 0x1b),
            ("合同\n", 0xa),
            ("a\u{7f}", 0x7f),
            ("a\u{9b}2J", 0x9b),
            ("a\u{2028}b", 0x2028),
        ] {
            assert_eq!(found(json!({ "name": name })), Some((code_point, "name".into())), "{name:?}");
        }
        let nested = json!({ "name": "合同", "parties": [{ "note": "a\u{7}" }] });
        assert_eq!(found(nested), Some((7, "note".into())));
        assert_eq!(found(json!({ "name": "合同", "a\u{1b}": 1 })), Some((0x1b, "metadata".into())));
        assert_eq!(found(json!({ "name": "合同\u{202e}\u{200b}", "note": "第一行\n\t第二行" })), None);
    }

    #[test]
    fn what_is_no_metadata_is_said() {
        let code = |metadata: Value| canonical(&metadata).unwrap_err().code().as_str();
        assert_eq!(code(json!([])), "metadata_not_canonical");
        for without in [json!({}), json!({ "name": "" }), json!({ "name": " \u{3000}" }), json!({ "name": 1 })] {
            assert_eq!(code(without), "metadata_without_name");
        }
        let long = |extra: usize| json!({ "name": "x".repeat(METADATA_MAX - 11 + extra) });
        assert_eq!(canonical(&long(0)).unwrap().len(), METADATA_MAX);
        assert_eq!(code(long(1)), "metadata_too_long");
        for salt in ["", "AA", &"A".repeat(64), &"0".repeat(63)] {
            assert_eq!(private(salt, &json!({ "name": "x" })).unwrap_err().code().as_str(), "bad_salt");
        }
        assert!(private(&"0".repeat(64), &json!({ "name": "x" })).is_ok());
    }
}
