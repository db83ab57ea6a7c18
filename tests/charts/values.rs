//! The table of values in `docs/chart-values.md`, from the descriptions in the schemas and the defaults in `values.yaml`.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{Files, root};

const TITLE: &str = "# Values of the charts

Generated from the charts: `UPDATE=1 cargo test --test charts`. An unknown value, or one of another type, is refused with a sentence that
names it.
";

/// The page with a table for each chart.
pub(crate) fn table() -> Files {
    let mut text = TITLE.to_owned();
    for chart in ["team-operator-crds", "team-operator"] {
        let read =
            |file: &str| std::fs::read_to_string(root().join("charts").join(chart).join(file)).unwrap();
        let schema: Value = serde_json::from_str(&read("values.schema.json")).unwrap();
        let defaults: Value = serde_saphyr::from_str(&read("values.yaml")).unwrap();
        write!(
            text,
            "\n## {chart}\n\n| value | default | what it is |\n|---|---|---|\n"
        )
        .unwrap();
        rows(&mut text, "", &schema, &defaults);
    }
    [("docs/chart-values.md".into(), text)].into()
}

fn rows(text: &mut String, path: &str, schema: &Value, default: &Value) {
    let properties = schema["properties"].as_object();
    for (key, property) in properties.into_iter().flatten() {
        let path = format!("{path}{key}");
        let default = default
            .get(key)
            .unwrap_or_else(|| panic!("{path} is in the schema and has no default in values.yaml"));
        if let Some(description) = property["description"].as_str() {
            writeln!(text, "| `{path}` | `{default}` | {description} |").unwrap();
        } else {
            assert_eq!(
                property["additionalProperties"], false,
                "{path} takes what is not described"
            );
            rows(text, &format!("{path}."), property, default);
        }
    }
    let known = |key: &String| properties.is_some_and(|known| known.contains_key(key));
    let unknown = default
        .as_object()
        .into_iter()
        .flatten()
        .find(|(key, _)| !known(key));
    assert_eq!(
        unknown, None,
        "values.yaml has a value below `{path}` that the schema does not know"
    );
}
