//! What the API server would refuse of a policy: fields that a kind does not have, limits of the schema, and its rules.

use kube_cel::Validator;
use serde_json::{Map, Value};

use crate::api::all_crds;

/// What is wrong with an object.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The word of the file that it is about.
    pub word: String,
    /// What it is.
    pub sentence: String,
}

/// The schemas of all kinds, as the definitions have them.
pub struct Schemas(Vec<(String, Value)>);

impl Schemas {
    /// Those of this version.
    pub fn of_the_definitions() -> Self {
        let named = |crd: &Value| {
            let kind = crd["spec"]["names"]["kind"].as_str().unwrap_or_default();
            let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
            (kind.to_owned(), schema.clone())
        };
        Self(all_crds().iter().map(named).collect())
    }

    /// What the API server would refuse.
    pub fn problems(&self, kind: &str, object: &Value) -> Vec<Problem> {
        let Some((_, schema)) = self.0.iter().find(|(name, _)| name == kind) else {
            return vec![];
        };
        let mut problems = vec![];
        let parts = object.as_object().into_iter().flatten();
        for (name, part) in
            parts.filter(|(name, _)| !["apiVersion", "kind", "metadata"].contains(&name.as_str()))
        {
            match schema["properties"].get(name) {
                Some(schema) => walk(schema, part, name, &mut problems),
                None => problems.push(unknown(name, name)),
            }
        }
        if problems.is_empty()
            && let Err(errors) = Validator::new().validate(schema, object, None)
        {
            problems.extend(errors.as_slice().iter().map(|error| Problem {
                word: String::new(),
                sentence: format!("{}.", error.message.trim_end_matches('.')),
            }));
        }
        problems
    }
}

fn unknown(name: &str, path: &str) -> Problem {
    Problem {
        word: name.to_owned(),
        sentence: format!("{path}: there is no such field; `kubectl explain` names those there are."),
    }
}

fn walk(schema: &Value, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let last = path.rsplit('.').next().unwrap_or(path);
    let field = last.split('[').next().unwrap_or(last).to_owned();
    let mut problem = |word: String, sentence: String| {
        problems.push(Problem {
            word,
            sentence: format!("{path}: {sentence}"),
        });
    };
    if let Some(wanted) = schema["type"].as_str()
        && !is_of(wanted, value)
    {
        let hint = if wanted == "string" {
            ": put it in quotes"
        } else {
            ""
        };
        return problem(field, format!("{} is no {wanted}{hint}.", shown(value)));
    }
    match value {
        Value::Object(fields) => walk_fields(schema, fields, path, problems),
        Value::Array(items) => {
            if let Some(sentence) = outside(schema, "Items", items.len(), "entries") {
                problem(field, sentence);
            }
            for (at, item) in items.iter().enumerate() {
                walk(&schema["items"], item, &format!("{path}[{at}]"), problems);
            }
        }
        Value::String(text) => {
            let allowed: Vec<&str> = schema["enum"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            if !allowed.is_empty() && !allowed.contains(&text.as_str()) {
                problem(
                    field.clone(),
                    format!("{text:?} is none of {}.", allowed.join(", ")),
                );
            }
            if let Some(sentence) = outside(schema, "Length", text.chars().count(), "characters") {
                problem(field, sentence);
            }
        }
        Value::Number(number) => {
            let (value, bound) = (number.as_f64().unwrap_or_default(), |name: &str| {
                schema[name].as_f64()
            });
            if bound("minimum").is_some_and(|least| value < least)
                || bound("maximum").is_some_and(|most| value > most)
            {
                let (from, to) = (&schema["minimum"], &schema["maximum"]);
                problem(field, format!("{number} is not within {from} to {to}."));
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn walk_fields(schema: &Value, fields: &Map<String, Value>, path: &str, problems: &mut Vec<Problem>) {
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            problems.push(Problem {
                word: String::new(),
                sentence: format!("{path}: {name} is missing."),
            });
        }
    }
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    for (name, inner) in fields {
        let path = format!("{path}.{name}");
        match properties.get(name) {
            Some(schema) => walk(schema, inner, &path, problems),
            None => problems.push(unknown(name, &path)),
        }
    }
}

/// That a number lies outside the limits of its kind.
fn outside(schema: &Value, of: &str, count: usize, what: &str) -> Option<String> {
    let bound = |name: &str| {
        let bound = schema[format!("{name}{of}")].as_u64()?;
        usize::try_from(bound).ok()
    };
    match (bound("min"), bound("max")) {
        (Some(least), _) if count < least => {
            Some(format!("it has {count} {what}, and needs at least {least}."))
        }
        (_, Some(most)) if count > most => {
            Some(format!("it has {count} {what}, and may have at most {most}."))
        }
        _ => None,
    }
}

fn is_of(wanted: &str, value: &Value) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => true,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(spec: &Value) -> Value {
        json!({ "apiVersion": "team-operator.io/v1alpha1", "kind": "EligibilityPolicy", "metadata": { "name": "a" }, "spec": spec })
    }

    #[test]
    fn what_the_api_server_would_refuse_is_found() {
        let good = json!({ "subjects": [{ "kind": "Group", "name": "A" }], "accounts": ["111122223333"],
                           "permissionSets": ["Admin"], "maxDuration": "8h" });
        let changed = |field: &str, value: Value| {
            let mut spec = good.clone();
            spec[field] = value;
            spec
        };
        let schemas = Schemas::of_the_definitions();
        for (spec, says) in [
            (good.clone(), None),
            (
                changed("maxDuraton", json!("8h")),
                Some("spec.maxDuraton: there is no such field"),
            ),
            (
                changed("accounts", json!([111_122_223_333_u64])),
                Some("is no string: put it in quotes"),
            ),
            (changed("accounts", json!([])), Some("name at least one account")),
            (changed("subjects", json!([])), Some("needs at least 1")),
            (
                changed("subjects", json!([{ "kind": "Team", "name": "A" }])),
                Some("is none of User, Group"),
            ),
            (
                json!({ "accounts": ["111122223333"] }),
                Some("subjects is missing"),
            ),
        ] {
            let found = schemas.problems("EligibilityPolicy", &policy(&spec));
            let sentences: Vec<&str> = found.iter().map(|problem| problem.sentence.as_str()).collect();
            let as_expected = match says {
                None => sentences.is_empty(),
                Some(says) => sentences.iter().any(|sentence| sentence.contains(says)),
            };
            assert!(as_expected, "{spec}: {sentences:?}");
        }
    }
}
