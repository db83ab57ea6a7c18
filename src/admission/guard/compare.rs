//! Compares an object in the cluster with its manifest.

use serde_json::{Value, json};

/// The result of comparing an object with its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// They are equal.
    Same,
    /// They differ at this path.
    Differs(String),
}

/// Compares the `spec` of an object in the cluster with that of its source.
///
/// Metadata is not compared: tools add labels and annotations of their own. A field that only the cluster has is a
/// difference unless it is a default that the API server fills in; a list must be equal item by item, so that an
/// added exemption is found.
pub fn compare(source: &Value, live: &Value) -> Comparison {
    match difference(&source["spec"], &live["spec"], &mut vec!["spec".to_owned()]) {
        None => Comparison::Same,
        Some(path) => Comparison::Differs(path),
    }
}

fn difference(source: &Value, live: &Value, path: &mut Vec<String>) -> Option<String> {
    match (source, live) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let keys: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
            keys.into_iter().find_map(|key| {
                let (ours, theirs) = (ours.get(key), theirs.get(key));
                path.push(key.clone());
                let found = match (ours, theirs) {
                    (Some(ours), Some(theirs)) => difference(ours, theirs, path),
                    (None, Some(theirs)) if is_filled_in(key, theirs) => None,
                    _ => Some(path.join(".")),
                };
                path.pop();
                found
            })
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => ours
            .iter()
            .zip(theirs)
            .enumerate()
            .find_map(|(index, (ours, theirs))| {
                path.push(index.to_string());
                let found = difference(ours, theirs, path);
                path.pop();
                found
            }),
        // The API server writes 0 where we write 0.0.
        (Value::Number(ours), Value::Number(theirs)) if ours.as_f64() == theirs.as_f64() => None,
        (ours, theirs) if ours == theirs => None,
        _ => Some(path.join(".")),
    }
}

/// Fields that the API server fills in with these values when a manifest leaves them out (admissionregistration and
/// apiextensions v1 defaulting). Any other additional field was written by a client.
fn is_filled_in(key: &str, value: &Value) -> bool {
    match key {
        "matchPolicy" => value == "Equivalent",
        "namespaceSelector" | "objectSelector" => *value == json!({}),
        "scope" => value == "*",
        "conversion" => *value == json!({ "strategy": "None" }),
        "listKind" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Value {
        json!({ "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": { "resourceRules": [{ "resources": ["a"] }] },
            "validations": [{ "expression": "x" }, { "expression": "y" }],
        }})
    }

    fn differs_at(change: impl FnOnce(&mut Value), path: &str) {
        let mut live = source();
        change(&mut live);
        assert_eq!(compare(&source(), &live), Comparison::Differs(path.to_owned()));
    }

    #[test]
    fn what_the_api_server_fills_in_is_no_difference() {
        let mut live = source();
        live["spec"]["matchConstraints"]["matchPolicy"] = json!("Equivalent");
        live["spec"]["matchConstraints"]["namespaceSelector"] = json!({});
        live["spec"]["matchConstraints"]["resourceRules"][0]["scope"] = json!("*");
        live["metadata"] = json!({ "labels": { "app": "helm" } });
        assert_eq!(compare(&source(), &live), Comparison::Same);
    }

    #[test]
    fn every_way_to_weaken_a_policy_is_a_difference() {
        differs_at(
            |p| p["spec"]["failurePolicy"] = json!("Ignore"),
            "spec.failurePolicy",
        );
        differs_at(
            |p| p["spec"]["validations"][1]["expression"] = json!("true"),
            "spec.validations.1.expression",
        );
        differs_at(
            |p| drop(p["spec"]["validations"].as_array_mut().unwrap().pop()),
            "spec.validations",
        );
        differs_at(
            |p| p["spec"]["matchConditions"] = json!([{ "name": "not-me", "expression": "false" }]),
            "spec.matchConditions",
        );
        differs_at(
            |p| p["spec"]["matchConstraints"]["namespaceSelector"] = json!({ "matchLabels": { "a": "b" } }),
            "spec.matchConstraints.namespaceSelector",
        );
        differs_at(
            |p| p["spec"]["matchConstraints"]["excludeResourceRules"] = json!([{ "resources": ["a"] }]),
            "spec.matchConstraints.excludeResourceRules",
        );
    }
}
