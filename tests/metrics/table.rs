//! `docs/metrics.md` is made from the code.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::everything::{exposition, repository_file};
use super::exposition::{Family, families};

const TABLE: &str = "docs/metrics.md";

/// More values than these are not listed.
const VALUES_SHOWN: usize = 8;

const HEAD: &str = "\
# Metrics

Every replica serves `/metrics` in the text format of OpenMetrics, on the address of `--health-listen`. What is *leader only* exists in the
replica that holds the lease alone, so that sums over replicas count nothing twice. A number that was never learned has no series. No label
comes from people or from AWS, and a process has at most 600 series. The reporter serves what `team_operator_reporter_` begins, and whatever
of the others it has under that beginning too.

`charts/team-operator/files/` has the alerts and the dashboard that rest on these; [runbooks.md](runbooks.md) says what to do about each
alert.

<!-- Made from the code: UPDATE=1 cargo test --test metrics -->

| metric | type | labels | meaning |
|---|---|---|---|
";

fn table() -> String {
    let mut text = HEAD.to_owned();
    for (name, family) in families(&exposition()) {
        let suffix = if family.kind == "counter" { "_total" } else { "" };
        let (kind, labels, help) = (&family.kind, labels(&family), family.help.trim_end_matches('.'));
        writeln!(text, "| `{name}{suffix}` | {kind} | {labels} | {help}. |").unwrap();
    }
    text
}

fn labels(family: &Family) -> String {
    let own = family.labels.iter().filter(|(label, _)| *label != "le");
    let said: Vec<String> = own.map(|(label, values)| said(label, values)).collect();
    said.join("; ")
}

fn said(label: &str, values: &BTreeSet<String>) -> String {
    if label == "version" {
        return format!("`{label}`");
    }
    if values.len() <= VALUES_SHOWN {
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        return format!("`{label}`: {}", values.join(", "));
    }
    let example = values.first().map_or("", String::as_str);
    format!("`{label}`: {} values, such as `{example}`", values.len())
}

#[test]
fn the_table_of_metrics_is_what_the_code_has() {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE), table()).unwrap();
    }
    let said = "rewrite it with UPDATE=1 cargo test --test metrics";
    assert!(
        repository_file(TABLE) == table(),
        "{TABLE} is out of date: {said}"
    );
}
