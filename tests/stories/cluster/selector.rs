//! Field selectors: `status.finished!=true,spec.accountId=111122223333`.

use serde_json::Value;

/// What a list or watch is limited to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selector(Vec<(String, bool, String)>);

impl Selector {
    pub(crate) fn parse(text: &str) -> Self {
        let terms = text.split(',').filter(|term| !term.is_empty());
        let term = |term: &str| {
            let (is_equal, operator) = if term.contains("!=") {
                (false, "!=")
            } else {
                (true, "=")
            };
            let (path, value) = term.split_once(operator).unwrap();
            (
                path.to_owned(),
                is_equal,
                value.trim_start_matches('=').to_owned(),
            )
        };
        Self(terms.map(term).collect())
    }

    /// A field that is not there is an empty text.
    pub(crate) fn selects(&self, object: &Value) -> bool {
        self.0.iter().all(|(path, equal, value)| {
            let found = match object.pointer(&format!("/{}", path.replace('.', "/"))) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            };
            (found == *value) == *equal
        })
    }
}
