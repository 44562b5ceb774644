//! The request for an act as people type it: the act and its fields may be named in Chinese.
//!
//! # Invariants
//!
//! A request in Chinese is the same request as in English: names are replaced before it is read, and values are read by
//! `LineValue::parse_typed` in both cases.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use crate::court::typed;
use crate::wire::json;

/// A request for an act: of a case ([`ActRequest`](crate::wire::court::act::ActRequest)), or of service
/// ([`ServiceActRequest`](crate::wire::court::service::ServiceActRequest)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedActRequest<R>(pub R);

/// The name in requests of the act that `text` names; `text` itself if it names none.
#[must_use]
pub fn act_name(text: &str) -> String {
    typed::act(text).map_or_else(|| text.to_owned(), |kind| kind.word().to_owned())
}

/// The name in requests of the field that `text` names; `text` with underscores if it is not Chinese.
#[must_use]
pub fn field_name(text: &str) -> String {
    match text {
        "操作" | "办理事项" => "act".to_owned(),
        text => typed::field(text).map_or_else(|| text.replace('-', "_"), str::to_owned),
    }
}

impl<'de, R: DeserializeOwned> Deserialize<'de> for TypedActRequest<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Value::Object(typed) = json::unique(deserializer)? else {
            return Err(de::Error::custom("an act is an object"));
        };
        let mut fields = Map::new();
        for (name, value) in typed {
            let name = if name.is_ascii() { name } else { field_name(&name) };
            let value = match value {
                Value::String(text) if name == "act" => Value::String(act_name(&text)),
                value => value,
            };
            if fields.insert(name.clone(), value).is_some() {
                return Err(de::Error::custom(format!("duplicate field `{name}`")));
            }
        }
        R::deserialize(Value::Object(fields)).map(Self).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::court::act::ActRequest;
    use crate::wire::court::service::ServiceActRequest;

    fn read(text: &str) -> Result<ActRequest, json::JsonError> {
        json::object::<TypedActRequest<ActRequest>>(text.as_bytes(), 400).map(|typed| typed.0)
    }

    #[test]
    fn chinese_and_english_requests_are_the_same_request() {
        for (chinese, english) in [
            (r#"{"act":"提交起诉状"}"#, r#"{"act":"submit"}"#),
            (
                r#"{"操作":"立案","案号":"（2026）粤0192民初1号"}"#,
                r#"{"act":"file-case","number":"（2026）粤0192民初1号"}"#,
            ),
            (
                r#"{"act":"质证意见","证据":1,"真实性":"认可","异议依据":["上链前"],"理由":"无"}"#,
                r#"{"act":"reply","item":1,"authenticity":"认可","grounds":["上链前"],"reason":"无"}"#,
            ),
        ] {
            assert_eq!(read(chinese).unwrap(), read(english).unwrap(), "{chinese}");
        }
    }

    /// The names of all fields in a schema.
    fn fields(schema: &Value, found: &mut std::collections::BTreeSet<String>) {
        match schema {
            Value::Object(members) => {
                if let Some(Value::Object(properties)) = members.get("properties") {
                    found.extend(properties.keys().cloned());
                }
                members.values().for_each(|member| fields(member, found));
            }
            Value::Array(values) => values.iter().for_each(|value| fields(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_field_of_an_act_has_a_chinese_name() {
        let mut found = std::collections::BTreeSet::new();
        for schema in
            [<ActRequest as utoipa::PartialSchema>::schema(), <ServiceActRequest as utoipa::PartialSchema>::schema()]
        {
            fields(&serde_json::to_value(schema).unwrap(), &mut found);
        }
        assert!(found.remove("act") && found.len() > 90, "{found:?}");
        for name in found {
            let chinese = typed::field_label(&name).unwrap_or_else(|| panic!("no Chinese name of {name}"));
            assert_eq!(field_name(chinese), name);
        }
    }

    #[test]
    fn acts_of_service_are_read_the_same_way() {
        let read = |text: &str| {
            json::object::<TypedActRequest<ServiceActRequest>>(text.as_bytes(), 400).map(|typed| typed.0).unwrap()
        };
        let english = r#"{"act":"serve","party":2,"mode":"纸质送达","kind":"判决书","document":"N"}"#;
        let chinese = r#"{"操作":"登记送达","当事人":2,"送达方式":"纸质送达","文书种类":"判决书","文书":"N"}"#;
        assert_eq!(read(chinese), read(english));
    }

    #[test]
    fn a_request_has_one_reading() {
        for bad in [
            r#"{"act":"submit","reason":"x"}"#,
            r#"{"act":"import"}"#,
            r#"{"act":"无此操作"}"#,
            r#"{"act":"consent","item":1,"item":2}"#,
            r#"{"act":"consent","item":1,"证据":2}"#,
            r#"{"act":"submit","act":"approve"}"#,
            r#"{"act":"consent","item":-1}"#,
            r#"{"act":7}"#,
            "[]",
            "{}",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
