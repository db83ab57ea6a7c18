//! Objects for programs: as the API server gave them, with nothing in them that a terminal would obey.

use kube::api::DynamicObject;
use serde::Serialize;
use serde_json::{Value, json};

use super::Desk;
use crate::cli::arguments::Format;
use crate::cli::failure::{Failure, Kind};
use crate::cli::text::{is_misleading, safe_json};
use crate::cli::verbs::requests::Found;

/// The group and version of what the plugin computes itself.
const COMPUTED: &str = "cli.team-operator.io/v1alpha1";

/// The qualified name of a request's kind, as kubectl prints it.
pub const KIND: &str = "elevationrequest.team-operator.io";

impl Desk {
    /// Prints requests for programs; false where they are to be shown to people.
    pub fn prints_objects(&self, requests: &[&Found]) -> Result<bool, Failure> {
        let items = || {
            requests
                .iter()
                .map(|found| cleaned(&found.raw))
                .collect::<Vec<Value>>()
        };
        match self.format {
            Format::Table | Format::Wide => return Ok(false),
            Format::Name => {
                let names: Vec<String> = requests
                    .iter()
                    .map(|found| format!("{KIND}/{}\n", found.name()))
                    .collect();
                self.terminal.print(&names.concat())?;
            }
            Format::Json | Format::Yaml => {
                let list = json!({ "apiVersion": "v1", "kind": "List", "items": items() });
                self.prints(&list)?;
            }
        }
        Ok(true)
    }

    /// Prints one request for programs; false where it is to be shown to people.
    pub fn prints_object(&self, found: &Found) -> Result<bool, Failure> {
        if matches!(self.format, Format::Json | Format::Yaml) {
            self.prints(&cleaned(&found.raw))?;
            return Ok(true);
        }
        self.prints_objects(&[found])
    }

    /// Prints what was computed here for programs; false where it is to be shown to people.
    pub fn prints_computed(&self, kind: &str, value: &impl Serialize) -> Result<bool, Failure> {
        if !matches!(self.format, Format::Json | Format::Yaml) {
            return Ok(false);
        }
        let mut object = json!({ "apiVersion": COMPUTED, "kind": kind });
        if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), json!(value)) {
            object.extend(fields);
        }
        self.prints(&object)?;
        Ok(true)
    }

    fn prints(&self, value: &Value) -> Result<(), Failure> {
        let text = if self.format == Format::Yaml {
            yaml(value)
        } else {
            json_text(value)
        };
        self.terminal.print(&text?)
    }
}

/// Without what only the API server's bookkeeping needs, as kubectl shows objects.
fn cleaned(object: &DynamicObject) -> Value {
    let mut value = json!(object);
    if let Some(metadata) = value["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    value
}

fn json_text(value: &Value) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| unwritten(&error))?;
    Ok(safe_json(&text) + "\n")
}

/// YAML; where a text in it would move the cursor or hide, as JSON, which is YAML too and can write such characters out.
fn yaml(value: &Value) -> Result<String, Failure> {
    let text = serde_saphyr::to_string(value).map_err(|error| unwritten(&error))?;
    if text
        .chars()
        .any(|character| character != '\n' && is_misleading(character))
    {
        return json_text(value);
    }
    Ok(text)
}

fn unwritten(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Kind::Refused, format!("The result cannot be written: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_with_hidden_characters_is_json_and_reads_back_equal() {
        for text in ["plain", "a\u{202e}b", "\u{1b}[2J"] {
            let value = json!({ "text": text });
            let printed = yaml(&value).unwrap();
            assert!(
                !printed.chars().any(|c| c != '\n' && is_misleading(c)),
                "{printed}"
            );
            assert_eq!(serde_saphyr::from_str::<Value>(&printed).unwrap(), value);
        }
        assert_eq!(yaml(&json!({ "text": "plain" })).unwrap(), "text: plain\n");
    }
}
