//! What the API server holds against a definition: unknown fields are dropped, defaults filled in, and what breaks a rule
//! is refused in the server's words. Patterns of a schema are left to the real server: rules for people are CEL.

use kube_cel::{ErrorKind, Validator, apply_defaults};
use serde_json::{Map, Value, json};

use super::kinds::Kind;

/// The object as it is stored: without unknown fields, with defaults.
pub(crate) fn completed(kind: &Kind, object: &Value) -> Value {
    match kind.schema() {
        Some((schema, _)) => completed_by(schema, object),
        None => object.clone(),
    }
}

/// The same by this schema.
pub(crate) fn completed_by(schema: &Value, object: &Value) -> Value {
    let mut known = object.clone();
    for field in ["spec", "status"] {
        if let Some(value) = known.get_mut(field) {
            prune(&schema["properties"][field], value);
        }
    }
    let mut completed = apply_defaults(schema, &known);
    completed["metadata"] = object["metadata"].clone();
    completed
}

/// What is wrong with an object, or with its step from the old one: the part of the server's sentence behind "is invalid".
pub(crate) fn mistakes(kind: &Kind, object: &Value, old: Option<&Value>) -> Vec<String> {
    let Some((schema, compiled)) = kind.schema() else {
        return vec![];
    };
    let mut found = vec![];
    for field in ["spec", "status"] {
        if let Some(value) = object.get(field) {
            check(&schema["properties"][field], value, field, &mut found);
        }
    }
    if !found.is_empty() {
        return found;
    }
    let Err(errors) = Validator::new().validate_compiled(compiled, object, old) else {
        return vec![];
    };
    let said = errors.into_vec().into_iter().map(|error| {
        assert_eq!(
            error.kind,
            ErrorKind::ValidationFailure,
            "{}: {}",
            error.rule,
            error.message
        );
        let path = error.field_path.trim_start_matches('.');
        match object.pointer(&format!("/{}", path.replace('.', "/"))) {
            Some(value) if !value.is_object() && !value.is_array() => {
                format!("{path}: Invalid value: {value}: {}", error.message)
            }
            _ => format!("{path}: {}", error.message),
        }
    });
    said.collect()
}

fn prune(schema: &Value, value: &mut Value) {
    if schema["x-kubernetes-preserve-unknown-fields"] == true {
        return;
    }
    match value {
        Value::Object(fields) => {
            if let Some(properties) = schema["properties"].as_object() {
                fields.retain(|name, _| properties.contains_key(name));
                for (name, value) in fields {
                    prune(&properties[name], value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| prune(&schema["items"], item)),
        _ => {}
    }
}

fn check(schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    if let Some(wanted) = schema["type"].as_str()
        && !is_a(wanted, value)
    {
        found.push(format!(
            "{path}: Invalid value: {value}: {path} in body must be of type {wanted}: {}",
            json!(type_of(value))
        ));
        return;
    }
    match value {
        Value::Object(fields) => check_fields(schema, fields, path, found),
        Value::Array(items) => {
            let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
            if items.len() as u64 > most {
                found.push(format!(
                    "{path}: Too many: {}: must have at most {most} items",
                    items.len()
                ));
            }
            for (place, item) in items.iter().enumerate() {
                if let Some(key) = key_of(schema, item).filter(|key| {
                    items[..place]
                        .iter()
                        .any(|one| key_of(schema, one).as_ref() == Some(key))
                }) {
                    found.push(format!("{path}[{place}]: Duplicate value: {}", json!(key)));
                }
                check(&schema["items"], item, &format!("{path}[{place}]"), found);
            }
        }
        Value::String(text) => check_text(schema, text, path, found),
        Value::Number(number) => {
            let limit = |name: &str| schema[name].as_f64();
            let number = number.as_f64().unwrap_or_default();
            if limit("minimum").is_some_and(|least| number < least)
                || limit("maximum").is_some_and(|most| number > most)
            {
                found.push(format!(
                    "{path}: Invalid value: {value}: {path} in body is out of range"
                ));
            }
        }
        _ => {}
    }
}

fn check_fields(schema: &Value, fields: &Map<String, Value>, path: &str, found: &mut Vec<String>) {
    for required in schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if !fields.contains_key(required) {
            found.push(format!("{path}.{required}: Required value"));
        }
    }
    for (name, value) in fields {
        let inner = schema["properties"].get(name);
        if let Some(inner) = inner {
            check(inner, value, &format!("{path}.{name}"), found);
        }
    }
}

fn check_text(schema: &Value, text: &str, path: &str, found: &mut Vec<String>) {
    let length = text.chars().count() as u64;
    if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
        found.push(format!("{path}: Too long: may not be more than {most} bytes"));
    }
    if let Some(least) = schema["minLength"].as_u64().filter(|least| length < *least) {
        found.push(format!(
            "{path}: Invalid value: {}: should be at least {least} chars long",
            json!(text)
        ));
    }
    if let Some(allowed) = schema["enum"]
        .as_array()
        .filter(|allowed| !allowed.contains(&json!(text)))
    {
        let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        found.push(format!(
            "{path}: Unsupported value: {}: supported values: {}",
            json!(text),
            allowed.join(", ")
        ));
    }
    if schema["format"] == "date-time" && chrono::DateTime::parse_from_rfc3339(text).is_err() {
        let text = json!(text);
        found.push(format!(
            "{path}: Invalid value: {text}: {path} in body must be of type datetime: {text}"
        ));
    }
}

/// What tells the items of a list apart that is a map.
fn key_of(schema: &Value, item: &Value) -> Option<Value> {
    let keys = schema["x-kubernetes-list-map-keys"].as_array()?;
    let fields = keys.iter().filter_map(Value::as_str);
    Some(
        fields
            .map(|key| (key.to_owned(), item[key].clone()))
            .collect::<Map<_, _>>()
            .into(),
    )
}

fn is_a(wanted: &str, value: &Value) -> bool {
    match wanted {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        wanted => type_of(value) == wanted,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
