//! The two forms of patch that are used here: merge patches, and JSON patches that add, replace or remove.

use serde_json::Value;

/// RFC 7386.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    for (name, value) in fields {
        if value.is_null() {
            target.as_object_mut().map(|target| target.remove(name));
        } else {
            merge(&mut target[name], value);
        }
    }
}

/// RFC 6902, as far as it is used; the text says what does not fit.
pub(crate) fn json_patch(target: &mut Value, steps: &Value) -> Result<(), String> {
    for step in steps.as_array().into_iter().flatten() {
        let path = step["path"].as_str().unwrap_or_default();
        let (parent, last) = path.rsplit_once('/').ok_or("a path without a slash")?;
        let missing = || format!("{path}: there is nothing of this name to patch");
        let parent = target.pointer_mut(parent).ok_or_else(missing)?;
        match (step["op"].as_str(), parent) {
            (Some("add"), Value::Array(items)) if last == "-" => items.push(step["value"].clone()),
            (Some("add"), Value::Object(fields)) => {
                drop(fields.insert(last.to_owned(), step["value"].clone()));
            }
            (Some("replace"), parent) => {
                let place = parent.pointer_mut(&format!("/{last}")).ok_or_else(missing)?;
                *place = step["value"].clone();
            }
            (Some("remove"), Value::Object(fields)) => drop(fields.remove(last).ok_or_else(missing)?),
            (op, _) => return Err(format!("{path}: {op:?} is not known here")),
        }
    }
    Ok(())
}
