//! The operations of the API's description as `/docs` shows them.

use std::fmt::Write as _;

use serde_json::Value;

use crate::error_code::ErrorCode;
use crate::http::pages::api_examples::{Example, ExampleBody, ExampleRequest};
use crate::http::pages::api_shapes::{FieldView, Shapes, name_of, words};
use crate::http::pages::api_text::{Piece, paragraphs, pieces};
use crate::ledger::verify::wording::Language;

/// The methods, in the order in which they are shown.
const METHODS: [&str; 4] = ["get", "post", "put", "delete"];
const JSON: &str = "application/json";
/// The file that examples send.
const FILE: &str = "evidence.pdf";
/// What needs signatures is made beforehand: by its shape, the file with it. The operation's description says how it is made.
const MADE: (&str, &str) = ("DepositRequest", "deposit.json");

/// Records of this ledger for the examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleValues {
    /// A deposit; `None` if there is none among the last records.
    pub number: Option<String>,
    /// Number of records.
    pub size: u64,
    /// Height of the last block.
    pub height: u64,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterView<'d> {
    /// Its name.
    pub name: &'d str,
    /// `path`, `query` or `header`.
    pub place: &'d str,
    /// Whether it must be sent.
    pub is_required: bool,
    /// Its type in words.
    pub words: String,
    /// The description.
    pub text: Vec<Piece>,
}

/// A body of one media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyView<'d> {
    /// The media type.
    pub media_type: &'d str,
    /// The shape that it has, if it has a name.
    pub shape: Option<&'d str>,
    /// Its fields, each with the description.
    pub fields: Vec<(FieldView<'d>, Vec<Piece>)>,
}

/// An answer with one status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusView<'d> {
    /// The status.
    pub status: &'d str,
    /// What it means; empty for errors.
    pub text: Vec<Piece>,
    /// The error codes.
    pub codes: Vec<ErrorCode>,
    /// Its bodies: media type and shape.
    pub bodies: Vec<(&'d str, Option<&'d str>)>,
}

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationView<'d> {
    /// Its group.
    pub tag: &'d str,
    /// Its anchor on the page.
    pub anchor: String,
    /// The method in capitals.
    pub method: String,
    /// The path.
    pub path: &'d str,
    /// The title.
    pub summary: Vec<Piece>,
    /// The description.
    pub description: Vec<Vec<Piece>>,
    /// Whether it needs a token.
    pub needs_token: bool,
    /// The parameters.
    pub parameters: Vec<ParameterView<'d>>,
    /// The bodies that it accepts.
    pub bodies: Vec<BodyView<'d>>,
    /// The answers.
    pub statuses: Vec<StatusView<'d>>,
    /// The examples.
    pub examples: Vec<Example>,
}

fn text<'d>(value: &'d Value, name: &str) -> &'d str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'d>(value: &'d Value, name: &str) -> impl Iterator<Item = &'d Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten().map(|(name, one)| (name.as_str(), one))
}

/// All operations of a document, for a node at `base`.
#[must_use]
pub fn operations<'d>(
    document: &'d Value,
    base: &str,
    values: &ExampleValues,
    language: Language,
) -> Vec<OperationView<'d>> {
    let shapes = Shapes::of(document);
    let mut all = Vec::new();
    for (path, item) in entries(document.get("paths")) {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let request = request(shapes, (method, path), operation, (base, values));
            all.push(view(shapes, (method, path), operation, (request.examples(), language)));
        }
    }
    all
}

fn view<'d>(
    shapes: Shapes<'d>,
    (method, path): (&str, &'d str),
    operation: &'d Value,
    (examples, language): (Vec<Example>, Language),
) -> OperationView<'d> {
    let parameter = |one: &'d Value| ParameterView {
        name: text(one, "name"),
        place: text(one, "in"),
        is_required: one.get("required").and_then(Value::as_bool).unwrap_or(false),
        words: one.get("schema").map(words).unwrap_or_default(),
        text: pieces(text(one, "description"), language),
    };
    let with_text = |field: FieldView<'d>| {
        let text = pieces(field.description, language);
        (field, text)
    };
    let body = |(media_type, content): (&'d str, &'d Value)| {
        let schema = content.get("schema").unwrap_or(&Value::Null);
        let shape = name_of(schema);
        BodyView { media_type, shape, fields: shapes.fields(schema).into_iter().map(with_text).collect() }
    };
    let slug = path.replace(['/', '{', '}'], "-").trim_matches('-').replace("--", "-");
    OperationView {
        tag: list(operation, "tags").next().and_then(Value::as_str).unwrap_or_default(),
        anchor: format!("{method}-{slug}"),
        method: method.to_uppercase(),
        path,
        summary: pieces(text(operation, "summary"), language),
        description: paragraphs(text(operation, "description"), language),
        needs_token: needs_token(operation),
        parameters: list(operation, "parameters").map(parameter).collect(),
        bodies: entries(operation.pointer("/requestBody/content")).map(body).collect(),
        statuses: entries(operation.get("responses")).map(|one| status(one, language)).collect(),
        examples,
    }
}

fn status<'d>((status, answer): (&'d str, &'d Value), language: Language) -> StatusView<'d> {
    let description = text(answer, "description");
    let codes: Vec<ErrorCode> = description.split('`').skip(1).step_by(2).filter_map(ErrorCode::parse).collect();
    let bodies = entries(answer.get("content")).map(|(media_type, content)| {
        let shape = content.get("schema").and_then(name_of);
        (media_type, shape)
    });
    let text = if codes.is_empty() { pieces(description, language) } else { Vec::new() };
    StatusView { status, text, codes, bodies: bodies.collect() }
}

/// Whether no request without a token is accepted.
fn needs_token(operation: &Value) -> bool {
    let mut choices = list(operation, "security").peekable();
    choices.peek().is_some() && choices.all(|choice| choice.as_object().is_some_and(|schemes| !schemes.is_empty()))
}

/// A request that the operation accepts.
fn request(
    shapes: Shapes<'_>,
    (method, path): (&str, &str),
    operation: &Value,
    (base, values): (&str, &ExampleValues),
) -> ExampleRequest {
    let (mut filled, mut query, mut headers) =
        (path.to_owned(), form_urlencoded::Serializer::new(String::new()), Vec::new());
    let mut has_query = false;
    for parameter in list(operation, "parameters") {
        let (name, is_required) = (text(parameter, "name"), parameter.get("required") == Some(&Value::Bool(true)));
        let value = example_value(name, parameter, values);
        match (text(parameter, "in"), value) {
            ("path", value) => {
                let value = value.unwrap_or_else(|| made_up(parameter));
                filled = filled.replace(&format!("{{{name}}}"), &percent_encoded(&value));
            }
            ("query", Some(value)) if name != "cursor" => {
                has_query = true;
                query.append_pair(name, &value);
            }
            ("header", value) if is_required => {
                headers.push((name.to_owned(), value.unwrap_or_else(|| made_up(parameter))));
            }
            _ => {}
        }
    }
    let query = query.finish();
    let url = if has_query { format!("{base}{filled}?{query}") } else { format!("{base}{filled}") };
    let content: Vec<(&str, &Value)> = entries(operation.pointer("/requestBody/content")).collect();
    let chosen = content.iter().find(|(media_type, _)| *media_type == JSON).or_else(|| content.first());
    let body = match chosen {
        None => ExampleBody::None,
        Some((media_type, content)) => {
            headers.push(("Content-Type".to_owned(), (*media_type).to_owned()));
            let schema = content.get("schema").unwrap_or(&Value::Null);
            if name_of(schema) == Some(MADE.0) {
                ExampleBody::File(MADE.1)
            } else if *media_type == JSON {
                ExampleBody::Text(shapes.example(schema).to_string())
            } else {
                ExampleBody::File(if media_type.contains("ndjson") { "deposits.ndjson" } else { FILE })
            }
        }
    };
    ExampleRequest { method: method.to_uppercase(), url, headers, needs_token: needs_token(operation), body }
}

/// The value of a parameter that has no example: a number, or an id. Headers of some languages take ASCII only.
fn made_up(parameter: &Value) -> String {
    let is_number = parameter.get("schema").is_some_and(|schema| words(schema) == "integer");
    if is_number { "1".to_owned() } else { "0".repeat(64) }
}

/// The value of a parameter with an example: of a record of this ledger, or the example of the description.
fn example_value(name: &str, parameter: &Value, values: &ExampleValues) -> Option<String> {
    // A parameter without an example that has one of these names is something else: the number of a case.
    let described = parameter.get("example").or_else(|| parameter.pointer("/schema/example"))?;
    let of_ledger = match name {
        "number" | "q" => values.number.clone(),
        "height" => Some(values.height.to_string()),
        "size" | "new" => Some(values.size.to_string()),
        "old" | "index" => Some("1".to_owned()),
        _ => None,
    };
    of_ledger.or_else(|| match described {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    })
}

/// A part of a path; slashes stay, as in the path of a tile.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_without_an_example_are_filled_by_their_type_and_what_is_signed_comes_from_a_file() {
        let parameter = |name: &str, place: &str, schema: &Value| json!({ "name": name, "in": place, "required": place != "query", "schema": schema });
        let (text, number) = (json!({ "type": "string" }), json!({ "type": "integer" }));
        let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/DepositRequest" } } });
        let document = json!({ "paths": { "/v1/cases/{case}/items/{item}": { "post": {
            "parameters": [
                parameter("case", "path", &text), parameter("item", "path", &number), parameter("number", "query", &text),
                parameter("webhook-id", "header", &text), parameter("webhook-timestamp", "header", &number),
            ],
            "requestBody": { "content": content },
        } } } });
        let values = ExampleValues { number: Some("20261122-0K7M-X9QT-3D5W-C3".into()), size: 2, height: 0 };
        let all = operations(&document, "http://a.example", &values, Language::English);
        let curl = &all[0].examples[0].code;
        assert!(curl.contains(&format!("'http://a.example/v1/cases/{}/items/1'", "0".repeat(64))), "{curl}");
        assert!(curl.contains("-H 'webhook-timestamp: 1'") && curl.contains("--data-binary @deposit.json"), "{curl}");
        for example in &all[0].examples {
            assert!(example.code.is_ascii() && !example.code.contains("20261122"), "{}", example.code);
        }
    }
}
