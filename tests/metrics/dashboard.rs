//! The dashboard: each query can be read, names what there is, and finds something in what a leader shows.

use std::fmt::Write as _;

use serde_json::Value;

use super::alerts::promtool;
use super::everything::{exposition, repository_file};
use super::exposition::families;
use super::queries::faults;

const DASHBOARD: &str = "charts/team-operator/files/dashboard.json";

/// The panels with queries.
fn panels() -> Vec<Value> {
    let dashboard: Value = serde_json::from_str(&repository_file(DASHBOARD)).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().clone();
    let panels = panels.into_iter();
    panels.filter(|panel| panel["type"] != "row").collect()
}

/// The queries with the titles of their panels; Grafana's own variable is replaced as Grafana would.
fn queries() -> Vec<(String, String)> {
    let mut found = vec![];
    for panel in panels() {
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap().replace("$__rate_interval", "5m");
            found.push((panel["title"].as_str().unwrap().to_owned(), query));
        }
    }
    found
}

#[test]
fn every_query_of_the_dashboard_names_what_there_is() {
    let known = families(&exposition());
    for (title, query) in queries() {
        let found = faults(&query, &known);
        assert!(found.is_empty(), "{title}: {query}: {found:?}");
    }
}

#[test]
fn every_metric_is_on_the_dashboard() {
    let queries: Vec<String> = queries().into_iter().map(|(_, query)| query).collect();
    for (name, family) in families(&exposition()) {
        let is_shown = |query: &String| family.names.iter().any(|name| query.contains(name.as_str()));
        assert!(queries.iter().any(is_shown), "{name}");
    }
}

#[test]
fn every_panel_says_what_it_shows() {
    let mut ids: Vec<i64> = panels().iter().filter_map(|panel| panel["id"].as_i64()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), panels().len(), "ids are unique");
    for panel in panels() {
        let description = panel["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.'), "{}", panel["title"]);
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
    }
}

/// What a leader and a reporter show, recorded for a quarter of an hour in which every counter grows, as input of promtool; and a check for
/// each query that it finds something.
fn recorded() -> String {
    let mut text =
        "rule_files: []\nevaluation_interval: 30s\ntests:\n  - interval: 30s\n    input_series:\n".to_owned();
    for line in exposition().lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let grows = ["_total", "_bucket", "_count", "_sum"];
        let name = series.split('{').next().unwrap();
        let step = u8::from(grows.iter().any(|suffix| name.ends_with(suffix)));
        writeln!(
            text,
            "      - series: '{series}'\n        values: '{value}+{step}x30'"
        )
        .unwrap();
    }
    text.push_str("    promql_expr_test:\n");
    for (_, query) in queries() {
        let check = format!("count({query}) > bool 0").replace('\'', "''");
        write!(
            text,
            "      - expr: '{check}'\n        eval_time: 15m\n        exp_samples: [{{ labels: '{{}}', value: 1 }}]\n"
        )
        .unwrap();
    }
    text
}

#[test]
fn every_query_of_the_dashboard_finds_something_in_what_processes_show() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dashboard.test.yaml");
    std::fs::write(&file, recorded()).unwrap();
    let (good, said) = promtool(&["test", "rules", file.to_str().unwrap()]);
    assert!(good, "{said}");
}
