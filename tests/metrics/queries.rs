//! The queries of alerts and of the dashboard, read by a parser of PromQL.

use std::collections::BTreeMap;

use promql_parser::label::Matcher;
use promql_parser::parser::{self, Expr, LabelModifier, VectorMatchCardinality, VectorSelector};

use super::exposition::Family;

/// What everybody's Prometheus adds to a series.
const OF_PROMETHEUS: [&str; 5] = ["namespace", "job", "instance", "pod", "le"];

/// What is wrong with a query: it cannot be read, or names a metric or a label that no process has.
pub fn faults(query: &str, known: &BTreeMap<String, Family>) -> Vec<String> {
    let parsed = match parser::parse(query) {
        Ok(parsed) => parsed,
        Err(error) => return vec![format!("it cannot be read: {error}")],
    };
    let mut reader = Reader {
        known,
        selected: vec![],
        grouping: vec![],
        faults: vec![],
    };
    reader.read(&parsed);
    reader.finish()
}

struct Reader<'a> {
    known: &'a BTreeMap<String, Family>,
    /// The metrics that are selected.
    selected: Vec<&'a Family>,
    /// The labels by which is grouped or matched.
    grouping: Vec<String>,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn read(&mut self, expression: &Expr) {
        match expression {
            Expr::VectorSelector(selector) => self.select(selector),
            Expr::MatrixSelector(selector) => self.select(&selector.vs),
            Expr::Aggregate(aggregate) => {
                if let Some(LabelModifier::Include(labels) | LabelModifier::Exclude(labels)) =
                    &aggregate.modifier
                {
                    self.grouping.extend(labels.labels.iter().cloned());
                }
                if let Some(parameter) = &aggregate.param {
                    self.read(parameter);
                }
                self.read(&aggregate.expr);
            }
            Expr::Binary(binary) => {
                if let Some(modifier) = &binary.modifier {
                    if let Some(LabelModifier::Include(labels) | LabelModifier::Exclude(labels)) =
                        &modifier.matching
                    {
                        self.grouping.extend(labels.labels.iter().cloned());
                    }
                    if let VectorMatchCardinality::ManyToOne(labels)
                    | VectorMatchCardinality::OneToMany(labels) = &modifier.card
                    {
                        self.grouping.extend(labels.labels.iter().cloned());
                    }
                }
                self.read(&binary.lhs);
                self.read(&binary.rhs);
            }
            Expr::Call(call) => {
                for argument in &call.args.args {
                    self.read(argument);
                }
            }
            Expr::Paren(inner) => self.read(&inner.expr),
            Expr::Unary(inner) => self.read(&inner.expr),
            Expr::Subquery(inner) => self.read(&inner.expr),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) => {}
            Expr::Extension(_) => self.faults.push("it has a part that is not PromQL".to_owned()),
        }
    }

    fn select(&mut self, selector: &VectorSelector) {
        let name = selector.name.clone().unwrap_or_default();
        let Some(family) = self.known.values().find(|family| family.names.contains(&name)) else {
            self.faults.push(format!("there is no metric {name:?}"));
            return;
        };
        self.selected.push(family);
        for matcher in &selector.matchers.matchers {
            self.check_label(family, matcher);
        }
    }

    fn check_label(&mut self, family: &Family, matcher: &Matcher) {
        let (name, value) = (&matcher.name, &matcher.value);
        let Some(values) = family.labels.get(name) else {
            if !OF_PROMETHEUS.contains(&name.as_str()) {
                self.faults.push(format!("it has no label {name}"));
            }
            return;
        };
        let unknown = value
            .split('|')
            .filter(|value| !values.contains(*value) && !value.starts_with('$'));
        self.faults
            .extend(unknown.map(|value| format!("label {name} is never {value:?}")));
    }

    fn finish(mut self) -> Vec<String> {
        if self.selected.is_empty() && self.faults.is_empty() {
            self.faults.push("it selects nothing".to_owned());
        }
        for label in &self.grouping {
            let is_known = self
                .selected
                .iter()
                .any(|family| family.labels.contains_key(label));
            if !is_known && !OF_PROMETHEUS.contains(&label.as_str()) {
                self.faults.push(format!("no metric in it has a label {label}"));
            }
        }
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::everything::exposition;
    use crate::exposition::families;

    #[track_caller]
    fn check(query: &str, expected: &[&str]) {
        assert_eq!(faults(query, &families(&exposition())), expected, "{query}");
    }

    #[test]
    fn names_and_labels_that_no_process_has_are_found() {
        check("max by (pod) (team_operator_leader)", &[]);
        check(
            r#"sum by (operation) (rate(team_operator_aws_calls_total{outcome!~"ok|denied"}[5m]))"#,
            &[],
        );
        check(
            "team_operator_aws_calls",
            &["there is no metric \"team_operator_aws_calls\""],
        );
        check(r#"team_operator_leader{user="alice"}"#, &["it has no label user"]);
        check(
            r#"team_operator_requests{phase="Activ"}"#,
            &["label phase is never \"Activ\""],
        );
        check(
            "sum by (account) (team_operator_leader)",
            &["no metric in it has a label account"],
        );
        check("vector(1)", &["it selects nothing"]);
        assert!(faults("sum(", &BTreeMap::new())[0].contains("cannot be read"));
    }
}
