//! `docs/runbooks.md` explains every alert, in the same parts.

use team_operator::api::Reason;

use super::alerts::{name, rules};
use super::everything::repository_file;

/// What each section has, in this order.
const PARTS: [&str; 4] = ["**Meaning.**", "**Impact.**", "**Diagnosis.**", "**Mitigation.**"];

/// The sections about alerts: their headings are one word.
fn sections() -> Vec<(String, String)> {
    let text = repository_file("docs/runbooks.md");
    let sections = text.split("\n## ").skip(1);
    sections
        .map(|section| section.split_once('\n').unwrap())
        .filter(|(heading, _)| !heading.contains(' '))
        .map(|(heading, text)| (heading.to_owned(), text.to_owned()))
        .collect()
}

#[test]
fn the_runbooks_explain_every_alert_and_no_other() {
    let headings: Vec<String> = sections().into_iter().map(|(heading, _)| heading).collect();
    let mut expected: Vec<String> = rules().iter().map(name).collect();
    let told = Reason::ALERTS.map(|reason| reason.as_str().to_owned());
    expected.extend(
        told.into_iter()
            .filter(|reason| !rules().iter().any(|rule| name(rule) == *reason)),
    );
    assert_eq!(headings, expected);
}

#[test]
fn every_alert_of_the_controller_has_a_rule() {
    let rules: Vec<String> = rules().iter().map(name).collect();
    for reason in Reason::ALERTS {
        assert!(rules.iter().any(|rule| rule == reason.as_str()), "{reason}");
    }
}

#[test]
fn every_section_says_meaning_impact_diagnosis_and_mitigation() {
    for (heading, text) in sections() {
        let places = PARTS.map(|part| text.find(&format!("\n{part} ")));
        assert!(
            !places.contains(&None) && places.is_sorted(),
            "{heading}: {places:?}"
        );
    }
}
