//! The text of `/metrics`, read back, and how many series it can have.

use std::collections::{BTreeMap, BTreeSet};

use team_operator::metrics::Metrics;

use super::everything::leader;

/// How many series a process may have, whatever the organization is like.
const SERIES_MAX: usize = 600;

/// One metric of an exposition.
#[derive(Debug, Default, Clone)]
pub struct Family {
    pub kind: String,
    pub help: String,
    /// The values of each label that were seen.
    pub labels: BTreeMap<String, BTreeSet<String>>,
    /// The names that samples have, with the suffixes of their type.
    pub names: BTreeSet<String>,
    pub samples: usize,
}

/// The metrics of an exposition by their names.
pub fn families(text: &str) -> BTreeMap<String, Family> {
    let mut found: BTreeMap<String, Family> = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            found.entry(name.to_owned()).or_default().help = help.into();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            found.entry(name.to_owned()).or_default().kind = kind.into();
        } else if !line.starts_with('#') {
            take_sample(&mut found, line);
        }
    }
    found
}

fn take_sample(found: &mut BTreeMap<String, Family>, line: &str) {
    let (series, _) = line.rsplit_once(' ').unwrap();
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let family = found.iter_mut().rev().find(|(family, _)| {
        let suffix = name.strip_prefix(family.as_str());
        suffix.is_some_and(|suffix| ["", "_total", "_bucket", "_sum", "_count"].contains(&suffix))
    });
    let (_, family) = family.unwrap_or_else(|| panic!("no type was given for {line}"));
    family.names.insert(name.to_owned());
    family.samples += 1;
    for label in labels
        .trim_end_matches('}')
        .split(',')
        .filter(|label| !label.is_empty())
    {
        let (label, value) = label.split_once('=').unwrap();
        let values = family.labels.entry(label.to_owned()).or_default();
        values.insert(value.trim_matches('"').to_owned());
    }
}

/// How many series an exposition has.
pub fn series(text: &str) -> usize {
    families(text).values().map(|family| family.samples).sum()
}

#[test]
fn a_process_has_at_most_six_hundred_series_when_everything_has_happened() {
    let series = series(&leader().exposition());
    println!("{series} series of at most {SERIES_MAX}");
    assert!(series <= SERIES_MAX, "{series}");
    assert!(series > SERIES_MAX / 3, "everything has happened: {series}");
}

#[test]
fn what_was_never_learned_has_no_series() {
    let text = Metrics::default().exposition();
    let shown = families(&text);
    let has_samples = |(name, family): (&String, &Family)| (family.samples > 0).then(|| name.clone());
    let shown: Vec<String> = shown.iter().filter_map(has_samples).collect();
    let expected = [
        "team_operator_alerts",
        "team_operator_build_info",
        "team_operator_leader",
    ];
    assert_eq!(shown, expected, "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn every_sample_of_a_leader_is_of_a_described_metric() {
    for (name, family) in families(&leader().exposition()) {
        assert!(name.starts_with("team_operator_"), "{name}");
        assert!(
            family.help.len() > 10 && !family.kind.is_empty(),
            "{name}: {family:?}"
        );
        assert!(family.samples > 0, "{name}: nothing in the tests makes it happen");
    }
}
