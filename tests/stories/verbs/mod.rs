//! What the lines of a script do.

#![expect(clippy::needless_pass_by_value, reason = "all verbs have one signature")]
#![expect(clippy::unnecessary_wraps, reason = "all verbs have one signature")]

pub(crate) mod amazon;
pub(crate) mod cluster;
pub(crate) mod controller;
pub(crate) mod people;
pub(crate) mod platform;
pub(crate) mod records;

use serde_json::Value;

/// The Kubernetes and Identity Center name of somebody called by the first name.
pub(crate) fn full(name: &str) -> String {
    if name.contains(['@', ':']) {
        return name.to_owned();
    }
    format!("{name}@example.com")
}

/// `a.b.c` as a merge patch with this value; JSON is taken as it is, anything else is a text, and `nothing` removes.
pub(crate) fn patch_of(field: &str, value: &str) -> Value {
    let value = match value {
        "nothing" => Value::Null,
        value => serde_json::from_str(value)
            .ok()
            .filter(|value: &Value| !value.is_string())
            .unwrap_or_else(|| Value::from(value)),
    };
    field
        .rsplit('.')
        .fold(value, |inner, name| serde_json::json!({ name: inner }))
}
