//! Strict parsing of query parameters: none missing, unknown, repeated or of another type, and no integer that JSON parsers would
//! round, since answers may repeat it.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::error_code::ErrorCode;
use crate::http::problem::ApiError;
use crate::wire::json::INTEGER_MAX;

/// Reads a query.
///
/// # Errors
///
/// `bad_query`; `integer_too_large` for an integer beyond [`INTEGER_MAX`].
pub fn read<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let pairs = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name, Parameter(value)));
    T::deserialize(MapDeserializer::<_, QueryError>::new(pairs)).map_err(|error| match &error {
        QueryError::TooLarge(value) => ApiError::new(ErrorCode::IntegerTooLarge, error.to_string())
            .in_chinese(format!("整数 {value} 超过 {INTEGER_MAX}，无法在 JSON 中精确表示")),
        QueryError::Invalid(_) => ApiError::new(ErrorCode::BadQuery, error.to_string()),
    })
}

/// Why a query cannot be read.
#[derive(Debug, thiserror::Error)]
enum QueryError {
    #[error("an integer beyond {INTEGER_MAX}: {0}")]
    TooLarge(String),
    #[error("{0}")]
    Invalid(String),
}

impl serde::de::Error for QueryError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Invalid(message.to_string())
    }
}

/// The value of one parameter.
struct Parameter<'q>(Cow<'q, str>);

impl<'de> IntoDeserializer<'de, QueryError> for Parameter<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl Parameter<'_> {
    /// A decimal without sign.
    fn integer(&self) -> Result<u64, QueryError> {
        let text = &*self.0;
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(QueryError::Invalid(format!("`{text}` is not an integer")));
        }
        match text.parse() {
            Ok(value) if value <= INTEGER_MAX => Ok(value),
            _ => Err(QueryError::TooLarge(text.to_owned())),
        }
    }
}

impl<'de> Deserializer<'de> for Parameter<'de> {
    type Error = QueryError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        match self.0 {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        match &*self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            other => Err(QueryError::Invalid(format!("`{other}` is neither true nor false"))),
        }
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_u64(self.integer()?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_u64(self.integer()?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_u64(self.integer()?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_u64(self.integer()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    // Queries contain no signed numbers or fractions.
    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        before: Option<u64>,
        #[serde(default)]
        item: Option<u32>,
        q: Option<String>,
    }

    #[test]
    fn a_query_has_one_reading() {
        let read = |query: &str| read::<Page>(query).map_err(|failure| failure.code().as_str());
        let page = |before| Page { before, item: None, q: None };
        assert_eq!(read(""), Ok(page(None)));
        assert_eq!(read("before=9007199254740991"), Ok(page(Some(INTEGER_MAX))));
        assert_eq!(read("q=%E5%90%88+%2B"), Ok(Page { q: Some("合 +".into()), ..page(None) }));
        assert_eq!(read("q=99999999999999999999"), Ok(Page { q: Some("99999999999999999999".into()), ..page(None) }));
        for bad in [
            "before=",
            "before=x",
            "before=-1",
            "before=+1",
            "before=%2B1",
            "before=1.0",
            "before=1&before=2",
            "x=1",
            "item=4294967296",
        ] {
            assert_eq!(read(bad), Err("bad_query"), "{bad}");
        }
        for bad in ["before=9007199254740992", "before=18446744073709551616", "item=9007199254740993"] {
            assert_eq!(read(bad), Err("integer_too_large"), "{bad}");
        }
    }
}
