//! Sample documents of the schemas in the API's description.

use serde_json::{Map, Value, json};

/// Documents of the schema `name`, one for each of its alternatives. None if the description has no such schema.
pub fn samples(api: &Value, name: &str) -> Vec<Value> {
    let schema = &api["components"]["schemas"][name];
    match schema["oneOf"].as_array() {
        Some(alternatives) => alternatives.iter().map(|one| sample(api, one, 0)).collect(),
        None if schema.is_object() => vec![sample(api, schema, 0)],
        None => vec![],
    }
}

/// A document of `schema`: every field, one item in each list, the given example where there is one.
fn sample(api: &Value, schema: &Value, depth: u8) -> Value {
    if depth > 12 {
        return Value::Null;
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return sample(api, &api["components"]["schemas"][name], depth + 1);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let objects = parts.iter().map(|part| sample(api, part, depth + 1));
        let fields = objects.filter_map(|object| object.as_object().cloned()).flatten();
        return fields.collect::<Map<_, _>>().into();
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let chosen = alternatives.iter().find(|one| one["type"] != "null");
        return chosen.map_or(Value::Null, |one| sample(api, one, depth + 1));
    }
    let given = schema.get("example").or_else(|| schema["enum"].get(0));
    if let Some(given) = given {
        return given.clone();
    }
    let kinds = &schema["type"];
    match kinds.as_str().or_else(|| kinds[0].as_str()) {
        Some("object") => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields.map(|(name, field)| (name.clone(), sample(api, field, depth + 1))).collect::<Map<_, _>>().into()
        }
        Some("array") => json!([sample(api, &schema["items"], depth + 1)]),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("string") => json!("20261122-0K7M-X9QT-3D5W-C3"),
        _ => Value::Null,
    }
}
