//! What only a real API server knows: schemas, CEL, admission, roles, status. One binary, so that the clusters are
//! started once.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod assignments;
mod attempts;
mod changes;
mod charts;
mod controller;
mod decision_fields;
mod decision_forms;
mod decision_limits;
mod decision_races;
mod decisions;
mod definitions;
mod deletion;
mod examples;
mod guard;
mod identity;
mod installation;
mod leadership;
mod life;
mod limits;
mod manifests;
mod mutation;
mod namespaces;
mod plugin;
mod process;
mod reporter;
mod requests;
mod reviews;
mod roles;
mod settings;
#[path = "../stage/mod.rs"]
mod stage;
mod status_rules;
mod support;

/// Every case, for the mutation pass.
fn all_cases() -> Vec<support::Case> {
    [
        assignments::CASES,
        changes::CASES,
        controller::CASES,
        decision_fields::CASES,
        decision_forms::CASES,
        decision_limits::CASES,
        decision_races::CASES,
        decisions::CASES,
        definitions::CASES,
        deletion::CASES,
        examples::CASES,
        identity::CASES,
        installation::CASES,
        limits::CASES,
        namespaces::CASES,
        requests::CASES,
        reviews::CASES,
        roles::CASES,
        settings::CASES,
        status_rules::CASES,
    ]
    .concat()
}

/// What the Rust files and stories below these folders are called and say.
fn sources(folder: &std::path::Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        } else if path.extension().is_some_and(|extension| extension == "story") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            text.extend(["fn ", name.as_str(), "("]);
        }
    }
}

#[test]
fn every_test_that_the_reports_name_without_a_file_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    sources(&root.join("src"), &mut text);
    sources(&root.join("tests"), &mut text);
    let guide = std::fs::read_to_string(root.join("tests/traceability.md")).unwrap();
    let tables = guide.split_once("## Attacks").unwrap().1;
    let is_test = |word: &&str| word.matches('_').count() >= 2 && !word.contains("::") && !word.contains(' ');
    let names: Vec<&str> = tables.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(names.len() >= 30, "the tables are not read: {names:?}");
    for name in names {
        assert!(text.contains(&format!("fn {name}(")), "there is no test {name}");
    }
}

#[test]
fn every_test_that_the_guides_name_exists() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    // Each guide with how many tests it names at least: one that is not read would pass in vain.
    for (guide, at_least) in [("README.md", 0), ("traceability.md", 150), ("mutation.md", 50)] {
        let text = std::fs::read_to_string(folder.join(guide)).unwrap();
        let names: Vec<_> = text.split('`').filter_map(|word| word.split_once("::")).collect();
        assert!(
            names.len() >= at_least,
            "the tables of tests/{guide} are not read"
        );
        for (file, test) in names {
            let source =
                std::fs::read_to_string(folder.join("it").join(format!("{file}.rs"))).unwrap_or_default();
            assert!(
                source.contains(&format!("fn {test}(")),
                "tests/{guide} names {file}::{test}, which does not exist"
            );
        }
    }
}
