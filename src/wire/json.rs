//! Strict JSON parsing, and printing.
//!
//! JSON does not define what a repeated name means, or how large a number may be, and serde accepts an array of the fields
//! instead of an object. So two parsers can read two documents. [`object`] accepts only one object with each known name once,
//! none missing, and nothing after it. [`unique`] applies the same rules to free JSON (RFC 7493, I-JSON).

use std::fmt;
use std::marker::PhantomData;

use crate::error_code::ErrorCode;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

/// The largest integer that all JSON parsers represent exactly: 2^53 - 1 (RFC 7493 §2.2).
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Why bytes are not the expected JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// More bytes than allowed.
    #[error("{found} bytes are more than {limit}")]
    TooLong {
        /// The most bytes allowed.
        limit: usize,
        /// The number of bytes.
        found: usize,
    },
    /// Not JSON: wrong syntax, wrong encoding, or incomplete.
    #[error("malformed JSON: {reason}")]
    Malformed {
        /// What is wrong, and where.
        reason: String,
        /// Line, from 1; `None` if the text has only one line.
        line: Option<usize>,
    },
    /// JSON that ends early.
    #[error("malformed JSON: {reason}")]
    Truncated {
        /// What is missing, and where.
        reason: String,
        /// Line, from 1; `None` if the text has only one line.
        line: Option<usize>,
    },
    /// An integer beyond [`INTEGER_MAX`], which some parsers would round.
    #[error("the integer {value} is beyond {INTEGER_MAX}, the largest that every reader of JSON holds exactly")]
    IntegerTooLarge {
        /// The integer as written; its first 40 characters.
        value: String,
        /// Line, from 1; `None` if the text has only one line.
        line: Option<usize>,
    },
    /// JSON with an unknown, repeated or missing name, or a value of another type.
    #[error("unexpected JSON: {reason}")]
    Unexpected {
        /// What is wrong, and where.
        reason: String,
        /// Line, from 1; `None` if the text has only one line.
        line: Option<usize>,
    },
}

impl JsonError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::TooLong { .. } => ErrorCode::BodyTooLarge,
            Self::Malformed { .. } | Self::Truncated { .. } => ErrorCode::MalformedJson,
            Self::IntegerTooLarge { .. } => ErrorCode::IntegerTooLarge,
            Self::Unexpected { .. } => ErrorCode::UnexpectedJson,
        }
    }

    /// The line of the error, from 1; `None` if the text has only one line.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::TooLong { .. } => None,
            Self::Malformed { line, .. }
            | Self::Truncated { line, .. }
            | Self::IntegerTooLarge { line, .. }
            | Self::Unexpected { line, .. } => *line,
        }
    }
}

impl JsonError {
    /// In a text of one line, which may be one line of a batch, only the column is given.
    fn within(text: &[u8], error: &serde_json::Error) -> Self {
        let said = error.to_string();
        let (line, column) = (error.line(), error.column());
        let what = said.strip_suffix(&format!(" at line {line} column {column}"));
        let (reason, line) = match what.filter(|_| !text.contains(&b'\n')) {
            Some(what) => (format!("{what} at column {column}"), None),
            None => (said, Some(line)),
        };
        match error.classify() {
            Category::Data => Self::Unexpected { reason, line },
            Category::Eof => Self::Truncated { reason, line },
            Category::Io | Category::Syntax => Self::Malformed { reason, line },
        }
    }
}

/// Parses one object of at most `limit` bytes, with nothing after it.
///
/// # Errors
///
/// [`JsonError`].
pub fn object<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, JsonError> {
    if bytes.len() > limit {
        return Err(JsonError::TooLong { limit, found: bytes.len() });
    }
    match serde_json::from_slice::<Object<T>>(bytes) {
        Ok(Object(value)) => require_exact_integers(bytes).map(|()| value),
        Err(error) => Err(error_within(bytes, error)),
    }
}

/// As [`object`], without the check for large integers: for receipts, whose format allows integers below 2^63, and for types
/// that have numbers only in [`unique`] fields.
///
/// # Errors
///
/// [`JsonError`].
pub fn object_of_any_integers<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, JsonError> {
    if bytes.len() > limit {
        return Err(JsonError::TooLong { limit, found: bytes.len() });
    }
    serde_json::from_slice::<Object<T>>(bytes).map(|object| object.0).map_err(|error| error_within(bytes, error))
}

/// serde stops at the first unexpected name. A syntax error after it is reported instead, since it matters more.
fn error_within(bytes: &[u8], error: serde_json::Error) -> JsonError {
    let error = serde_json::from_slice::<IgnoredAny>(bytes).err().unwrap_or(error);
    match JsonError::within(bytes, &error) {
        // An integer that does not fit its type may be too large for any.
        JsonError::Unexpected { reason, line } => {
            require_exact_integers(bytes).err().unwrap_or(JsonError::Unexpected { reason, line })
        }
        error => error,
    }
}

/// Rejects integers beyond ±[`INTEGER_MAX`] anywhere in `bytes`, which are valid JSON.
fn require_exact_integers(bytes: &[u8]) -> Result<(), JsonError> {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'"' || byte.is_ascii_digit()) {
        let (_, from) = rest.split_at(at);
        if let Some(text) = from.strip_prefix(b"\"") {
            rest = after_string(text);
            continue;
        }
        let end = from.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"+-.".contains(byte));
        let (number, tail) = from.split_at(end.unwrap_or(from.len()));
        let value = std::str::from_utf8(number).unwrap_or_default();
        let is_integer = value.bytes().all(|byte| byte.is_ascii_digit());
        if is_integer && value.parse::<u64>().map_or(true, |value| value > INTEGER_MAX) {
            let line = bytes.contains(&b'\n').then(|| {
                let before = bytes.len() - from.len();
                1 + bytes.iter().take(before).filter(|byte| **byte == b'\n').count()
            });
            return Err(JsonError::IntegerTooLarge { value: value.chars().take(40).collect(), line });
        }
        rest = tail;
    }
    Ok(())
}

/// The text after the end of the string whose content begins here.
fn after_string(mut text: &[u8]) -> &[u8] {
    while let Some(at) = first_escaped(text) {
        let (_, from) = text.split_at(at);
        match from {
            [b'"', after @ ..] => return after,
            [b'\\', _, after @ ..] | [_, after @ ..] => text = after,
            [] => break,
        }
    }
    &[]
}

/// Prints over several lines, in the order of the fields, LF at the end.
#[must_use]
pub fn pretty<T: Serialize>(shape: &T) -> String {
    // The length of a typical receipt.
    let mut text = Vec::with_capacity(4096);
    let printed = serde_json::to_writer_pretty(&mut text, shape);
    text.push(b'\n');
    match printed.map(|()| String::from_utf8(text)) {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => unprintable(&error),
        Err(error) => unprintable(&error),
    }
}

/// Prints on one line, LF at the end.
#[must_use]
pub fn line<T: Serialize>(shape: &T) -> String {
    serde_json::to_string(shape).map_or_else(|error| unprintable(&error), |text| text + "\n")
}

/// Appends `text` as a JSON string, escaped as [`pretty`] does.
pub fn quote(to: &mut String, text: &str) {
    to.push('"');
    let mut rest = text;
    while let Some(at) = first_escaped(rest.as_bytes()) {
        // Escaped characters are ASCII, so both cuts are between characters.
        let (plain, tail) = rest.split_at(at);
        let (one, tail) = tail.split_at(1);
        to.push_str(plain);
        if one == "\n" {
            to.push_str("\\n");
        } else {
            let quoted = serde_json::to_string(one).unwrap_or_default();
            to.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
        }
        rest = tail;
    }
    to.push_str(rest);
    to.push('"');
}

/// Index of the first byte that a JSON string must escape.
fn first_escaped(bytes: &[u8]) -> Option<usize> {
    let escaped = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    // Chunks without such a byte are checked with vector instructions.
    let chunks = bytes.chunks(32);
    let plain = chunks.take_while(|chunk| !chunk.iter().fold(false, |any, byte| any | escaped(byte))).count();
    let from = bytes.len().min(32 * plain);
    bytes.get(from..)?.iter().position(escaped).map(|at| from + at)
}

/// The text for a value that cannot be printed. This does not occur: all types consist of strings, integers, lists and structs.
fn unprintable(error: &dyn fmt::Display) -> String {
    format!("{{\"unprintable\":{:?}}}\n", error.to_string())
}

/// A value parsed from an object only: serde would also accept an array of its fields.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapOnly<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for MapOnly<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(MapOnly(PhantomData)).map(Self)
    }
}

/// `deserialize_with` for a field that is a list of objects.
pub(super) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(list.into_iter().map(|object| object.0).collect())
}

/// `deserialize_with` for a field that is an object.
pub(super) fn one_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::<T>::deserialize(deserializer).map(|object| object.0)
}

/// `deserialize_with` for an optional field that is an object.
pub(super) fn optional_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|object| object.0))
}

/// `deserialize_with` for a field of any JSON, with each name once in each object, and no number beyond ±[`INTEGER_MAX`].
///
/// # Errors
///
/// The deserializer's error, if the text is not such JSON.
pub fn unique<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Unique::deserialize(deserializer).map(|unique| unique.0)
}

struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

fn beyond<E: serde::de::Error>(number: impl fmt::Display) -> E {
    E::custom(format!("the number {number} is beyond what every reader holds exactly; write it as a string"))
}

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > INTEGER_MAX { Err(beyond(value)) } else { Ok(value.into()) }
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > INTEGER_MAX { Err(beyond(value)) } else { Ok(value.into()) }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        // Below 2^53.
        let number = Number::from_f64(value).filter(|_| value.abs() < 9_007_199_254_740_992.0);
        number.map(Value::Number).ok_or_else(|| beyond(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(value)) = seq.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            let Unique(value) = access.next_value()?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        a: u8,
        #[serde(default, deserialize_with = "objects")]
        inner: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        b: u8,
    }

    proptest::proptest! {
        #[test]
        fn strings_are_quoted_as_the_library_does(text in "[\\x00-\\x20\"\\\\a证\\u{7f}\\u{2028}]{0,40}") {
            let mut quoted = String::new();
            quote(&mut quoted, &text);
            proptest::prop_assert_eq!(quoted, serde_json::to_string(&text).unwrap());
        }
    }

    #[test]
    fn ambiguous_documents_are_rejected() {
        let read = |text: &str| object::<Shape>(text.as_bytes(), 40);
        let good = Shape { a: 1, inner: vec![Inner { b: 2 }] };
        assert_eq!(read(r#"{"a":1,"inner":[{"b":2}]}"#), Ok(good));
        let code = |text: &str| read(text).unwrap_err().code().as_str();
        assert_eq!(code(r#"{"a":1,"a":1}"#), "unexpected_json");
        assert_eq!(code(r#"{"a":1,"c":1}"#), "unexpected_json");
        assert_eq!(code(r#"{"a":1,"inner":[[2]]}"#), "unexpected_json");
        assert_eq!(code("{}"), "unexpected_json");
        assert_eq!(code("[1]"), "unexpected_json");
        assert_eq!(code(r#"{"a":1}{}"#), "malformed_json");
        assert_eq!(code(r#"{"a":1"#), "malformed_json");
        assert_eq!(code(r#"{"unknown":"#), "malformed_json");
        assert_eq!(code(""), "malformed_json");
        assert_eq!(code(&" ".repeat(41)), "body_too_large");
        let place = |text: &str| read(text).map_err(|error| (error.line(), error.to_string())).unwrap_err();
        assert_eq!(place("{\n\"a\":x}"), (Some(2), "malformed JSON: expected value at line 2 column 5".into()));
        assert_eq!(place(r#"{"a":x}"#), (None, "malformed JSON: expected value at column 6".into()));
        assert_eq!(object::<Shape>(b"{\"a\":1,\"\xff\":1}", 40).unwrap_err().code().as_str(), "malformed_json");
    }

    #[test]
    fn integers_that_some_readers_would_round_are_rejected() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Sized {
            size: u64,
            #[serde(default)]
            text: String,
        }
        let read = |text: &str| object::<Sized>(text.as_bytes(), 1_000).map(|sized| sized.size);
        assert_eq!(read(r#"{"size":9007199254740991}"#), Ok(INTEGER_MAX));
        assert_eq!(read(r#"{"text":"9007199254740993 \"9007199254740993","size":0}"#), Ok(0));
        assert_eq!(read(r#"{"text":"\\","size":7}"#), Ok(7));
        for bad in [
            r#"{"size":9007199254740992}"#,
            r#"{"size":18446744073709551615}"#,
            r#"{"size":99999999999999999999}"#,
            r#"{"size":-9007199254740993}"#,
            r#"{"text":"\\","size":9007199254740993}"#,
            r#"{"text":"\"","size" : 9007199254740993 }"#,
        ] {
            assert_eq!(read(bad).unwrap_err().code().as_str(), "integer_too_large", "{bad}");
        }
        let lines = read("{\n\"size\":\n9007199254740993}").unwrap_err();
        assert_eq!((lines.code().as_str(), lines.line()), ("integer_too_large", Some(3)));
        for other in [r#"{"size":9007199254740993.0}"#, r#"{"size":1e300}"#, r#"{"size":99999999999999999999}"#] {
            assert!(read(other).is_err(), "{other}");
        }
    }

    #[test]
    fn free_json_is_held_to_i_json() {
        let read = |text: &str| serde_json::from_str::<Unique>(text).map(|unique| unique.0);
        for good in ["null", "[1,-1,1.5,true]", r#"{"a":{"b":[{"c":"d"}]}}"#, "9007199254740991", "-9007199254740991"] {
            assert_eq!(read(good).unwrap(), serde_json::from_str::<Value>(good).unwrap());
        }
        for bad in [
            r#"{"a":1,"a":2}"#,
            r#"[{"x":{"a":1,"\u0061":2}}]"#,
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551616",
            "1e300",
            "1e400",
            "NaN",
            r#""\ud800""#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&"[".repeat(100_000)).is_err(), "depth is bounded");
    }
}
