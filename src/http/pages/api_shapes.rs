//! The JSON shapes of the API's description: types in words, fields, examples.

use serde_json::{Map, Value};

/// How deep examples nest: shapes may contain each other.
const DEPTH: u32 = 9;
const PREFIX: &str = "#/components/schemas/";

/// The shapes of a description.
#[derive(Debug, Clone, Copy)]
pub struct Shapes<'d>(Option<&'d Map<String, Value>>);

/// A field of a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldView<'d> {
    /// Its name.
    pub name: &'d str,
    /// Its type in words.
    pub words: String,
    /// The shape that it has, if it has a name.
    pub shape: Option<&'d str>,
    /// Whether it is always there.
    pub is_required: bool,
    /// The description in both languages.
    pub description: &'d str,
}

fn text<'d>(value: &'d Value, name: &str) -> Option<&'d str> {
    value.get(name)?.as_str()
}

/// The alternatives of a shape other than `null`.
fn alternatives(schema: &Value) -> Vec<&Value> {
    let all = ["oneOf", "anyOf"].into_iter().find_map(|name| schema.get(name)?.as_array());
    all.into_iter().flatten().filter(|one| text(one, "type") != Some("null")).collect()
}

/// The types of a shape other than `null`.
fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).filter(|one| *one != "null").collect(),
        _ => Vec::new(),
    }
}

/// The name of the shape that a schema refers to: itself, its items, or its only alternative.
#[must_use]
pub fn name_of(schema: &Value) -> Option<&str> {
    if let Some(reference) = text(schema, "$ref") {
        return reference.strip_prefix(PREFIX);
    }
    let choices = alternatives(schema);
    if let [only] = choices.as_slice() {
        return name_of(only);
    }
    name_of(schema.get("items")?)
}

/// A type in a few words.
#[must_use]
pub fn words(schema: &Value) -> String {
    if let Some(reference) = text(schema, "$ref") {
        return reference.strip_prefix(PREFIX).unwrap_or(reference).to_owned();
    }
    let choices = alternatives(schema);
    if !choices.is_empty() {
        return choices.into_iter().map(words).collect::<Vec<_>>().join(" | ");
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ");
    }
    let types = types(schema);
    match (types.as_slice(), schema.get("items")) {
        (["array"], Some(items)) => format!("[{}]", words(items)),
        ([], _) => "any".to_owned(),
        (types, _) => types.join(" | "),
    }
}

impl<'d> Shapes<'d> {
    /// The shapes of a document.
    #[must_use]
    pub fn of(document: &'d Value) -> Self {
        Self(document.pointer("/components/schemas").and_then(Value::as_object))
    }

    /// All shapes, by name.
    pub fn all(self) -> impl Iterator<Item = (&'d str, &'d Value)> {
        self.0.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
    }

    /// The shape to which a reference leads.
    #[must_use]
    pub fn named(self, name: &str) -> Option<&'d Value> {
        self.0?.get(name)
    }

    /// The fields of an object; of the first alternative that is one.
    #[must_use]
    pub fn fields(self, schema: &'d Value) -> Vec<FieldView<'d>> {
        let schema = text(schema, "$ref").and_then(|name| self.named(name.strip_prefix(PREFIX)?)).unwrap_or(schema);
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let field = |(name, schema): (&'d String, &'d Value)| FieldView {
            name,
            words: words(schema),
            shape: name_of(schema),
            is_required: required.contains(&name.as_str()),
            description: text(schema, "description").unwrap_or_default(),
        };
        properties.map(field).collect()
    }

    /// An example of a shape.
    #[must_use]
    pub fn example(self, schema: &Value) -> Value {
        self.example_at(schema, 0).unwrap_or(Value::Null)
    }

    fn example_at(self, schema: &Value, depth: u32) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        if let Some(example) = schema.get("example") {
            return Some(example.clone());
        }
        if let Some(reference) = text(schema, "$ref") {
            return self.example_at(self.named(reference.strip_prefix(PREFIX)?)?, depth + 1);
        }
        if let Some(first) = alternatives(schema).first() {
            return self.example_at(first, depth + 1);
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let parts = parts.iter().filter_map(|part| self.example_at(part, depth + 1));
            let fields = parts.filter_map(|part| part.as_object().cloned()).flatten();
            return Some(Value::Object(fields.collect()));
        }
        if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|all| all.first()) {
            return Some(first.clone());
        }
        Some(match types(schema).first().copied() {
            Some("object") => Value::Object(self.required_fields(schema, depth)),
            Some("array") => {
                let item = schema.get("items").and_then(|items| self.example_at(items, depth + 1));
                Value::Array(item.into_iter().collect())
            }
            Some("integer" | "number") => 0.into(),
            Some("boolean") => false.into(),
            Some("string") => "…".into(),
            _ => return None,
        })
    }

    /// The required fields, and those with an example.
    fn required_fields(self, schema: &Value, depth: u32) -> Map<String, Value> {
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let shown = properties.filter(|(name, schema)| is_required(name) || schema.get("example").is_some());
        shown.filter_map(|(name, schema)| Some((name.clone(), self.example_at(schema, depth + 1)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shapes_read_as_types_and_examples() {
        let document = json!({ "components": { "schemas": {
            "A": { "type": "object", "required": ["b", "n"], "properties": {
                "b": { "$ref": "#/components/schemas/B" },
                "n": { "oneOf": [{ "$ref": "#/components/schemas/B" }, { "type": "null" }] },
                "list": { "type": "array", "items": { "type": "string" } },
                "said": { "type": ["string", "null"], "example": "x" },
                "itself": { "$ref": "#/components/schemas/A" },
            } },
            "B": { "type": "string", "enum": ["one", "two"] },
        } } });
        let shapes = Shapes::of(&document);
        let schema = shapes.named("A").unwrap();
        let fields = shapes.fields(schema);
        let shown: Vec<_> = fields.iter().map(|field| (field.name, field.words.as_str(), field.is_required)).collect();
        assert!(shown.contains(&("b", "B", true)) && shown.contains(&("list", "[string]", false)), "{shown:?}");
        assert_eq!(fields.iter().find(|field| field.name == "n").unwrap().shape, Some("B"));
        assert_eq!(shapes.example(schema), json!({ "b": "one", "n": "one", "said": "x" }));
        assert_eq!(words(shapes.named("B").unwrap()), "one | two");
    }
}
