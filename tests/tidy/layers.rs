//! Holds the sources against the layer table in `modules.rs`.

use super::modules::{MODULES, Module};
use super::repository::Finding;
use super::source::{NamedPath, RustFile, body_after};

/// Uses of a module that the table does not allow, and files that belong to no module.
pub(crate) fn edges(files: &[RustFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_below_the_wiring(&file.path)) {
        let Some(module) = module_of(&file.path) else {
            let sentence = "this file is in no module of the layer table: move it into one, or add its module to the table";
            findings.push(Finding::new(&file.path, 1, sentence));
            continue;
        };
        for path in file.named_paths() {
            let Some(used) = used_module(&file.path, &path) else {
                continue;
            };
            if used != module.name && !module.may_use.contains(&used) {
                findings.push(Finding::new(&file.path, path.line, refusal(module, used)));
            }
        }
    }
    findings
}

/// Crates, calls and words that a module's row in the table forbids.
pub(crate) fn forbidden_things(files: &[RustFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let Some(module) = module_of(&file.path) else {
            continue;
        };
        for path in file.named_paths() {
            for ban in module
                .must_not_contain
                .iter()
                .filter(|ban| ban.what.is_named_by(&path))
            {
                let sentence = format!(
                    "`{}` has no place in {}: {}",
                    path.segments.join("::"),
                    module.name,
                    ban.why
                );
                findings.push(Finding::new(&file.path, path.line, sentence));
            }
        }
    }
    findings
}

/// In ports: bodies of trait methods, and implementations of the traits declared there.
pub(crate) fn implementations_in_ports(files: &[RustFile]) -> Vec<Finding> {
    let in_ports = |file: &&RustFile| module_of(&file.path).is_some_and(|module| module.name == "ports");
    let ports: Vec<&RustFile> = files.iter().filter(in_ports).collect();
    let traits: Vec<&str> = ports
        .iter()
        .flat_map(|file| declared_traits(file))
        .map(|(name, _, _)| name)
        .collect();
    let mut findings = Vec::new();
    for file in ports {
        for (name, open, close) in declared_traits(file) {
            for function in file
                .functions()
                .iter()
                .filter(|function| (open..close).contains(&function.token))
            {
                let sentence = format!(
                    "`{name}::{}` has a body: a port promises, an adapter keeps it",
                    function.name
                );
                findings.push(Finding::new(&file.path, function.first_line, sentence));
            }
        }
        for (name, line) in implemented_traits(file) {
            if traits.contains(&name) {
                let sentence = format!("`{name}` is implemented here: a port promises, an adapter keeps it");
                findings.push(Finding::new(&file.path, line, sentence));
            }
        }
    }
    findings
}

fn refusal(module: &Module, used: &str) -> String {
    if MODULES.iter().all(|other| other.name != used) {
        return format!(
            "`crate::{used}` is no module of the layer table: name the module that contains the item"
        );
    }
    let allowed = if module.may_use.is_empty() {
        "no other module".to_owned()
    } else {
        module.may_use.join(", ")
    };
    format!(
        "{} (layer {}) may not use `{used}`: it may use {allowed}",
        module.name, module.layer
    )
}

/// Everything but main.rs and lib.rs, which wire the modules together and may name each of them.
fn is_below_the_wiring(path: &str) -> bool {
    path.strip_prefix("src/")
        .is_some_and(|rest| !matches!(rest, "main.rs" | "lib.rs"))
}

fn module_of(path: &str) -> Option<&'static Module> {
    let first = path.strip_prefix("src/")?.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    MODULES.iter().find(|module| module.name == name)
}

/// The module that a path leads to: `crate::module::…`, or `super::super::module::…` where that leaves its own module.
fn used_module<'a>(file: &str, path: &NamedPath<'a>) -> Option<&'a str> {
    let mut segments = path.segments.as_slice();
    if let ["self", rest @ ..] = segments {
        segments = rest;
    }
    if let ["crate", first, ..] = segments {
        return Some(first);
    }
    let climbed = segments.iter().take_while(|segment| **segment == "super").count();
    let target = segments.get(climbed)?;
    let leaves_its_module = climbed > 0 && climbed >= depth_of_module(file);
    (leaves_its_module && MODULES.iter().any(|module| module.name == *target)).then_some(*target)
}

/// 1 for `src/ports.rs` and `src/api/mod.rs`, 2 for `src/api/names.rs`.
fn depth_of_module(path: &str) -> usize {
    path.trim_start_matches("src/")
        .trim_end_matches("/mod.rs")
        .split('/')
        .count()
}

/// Name, and tokens of the opening and the closing brace.
fn declared_traits(file: &RustFile) -> Vec<(&str, usize, usize)> {
    let tokens = file.tokens();
    let declared = |at: usize| {
        let (open, close) = body_after(&tokens, at)?;
        (tokens[at].text == "trait").then(|| (tokens[at + 1].text, open, close))
    };
    (0..tokens.len().saturating_sub(1)).filter_map(declared).collect()
}

/// The trait of each `impl Trait for Type`, and the line where it stands.
fn implemented_traits(file: &RustFile) -> Vec<(&str, usize)> {
    let tokens = file.tokens();
    let mut implemented = Vec::new();
    for (at, token) in tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| token.text == "impl")
    {
        let head = tokens[at + 1..]
            .iter()
            .take_while(|token| !matches!(token.text, "{" | ";" | ")"));
        let mut depth = 0_i32;
        let mut name = None;
        for part in head {
            match part.text {
                "<" => depth += 1,
                ">" => depth -= 1,
                "for" if depth == 0 => {
                    implemented.extend(name.map(|name| (name, token.line)));
                    break;
                }
                word if depth == 0 => name = Some(word),
                _ => {}
            }
        }
    }
    implemented
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: fn(&[RustFile]) -> Vec<Finding>, path: &str, text: &str, expected: &[&str]) {
        let found: Vec<String> = rule(&[RustFile::new(path, text)])
            .iter()
            .map(ToString::to_string)
            .collect();
        let is_expected = |(found, expected): (&String, &&str)| found.contains(expected);
        assert!(
            found.len() == expected.len() && found.iter().zip(expected).all(is_expected),
            "{found:#?}"
        );
    }

    #[test]
    fn a_module_that_looks_upwards_is_found_in_every_form_of_path() {
        let sentence = "api (layer 1) may not use `domain`: it may use no other module";
        for (path, text) in [
            ("src/api/mod.rs", "use crate::domain::decide;"),
            ("src/api/mod.rs", "use crate::{domain::{decide, Decision}};"),
            ("src/api/mod.rs", "use super::domain::decide;"),
            ("src/api/names.rs", "use super::super::domain::decide;"),
            (
                "src/api/names.rs",
                "mod tests { use super::super::super::domain; }",
            ),
            ("src/api/names.rs", "fn f() { crate::domain::decide() }"),
            ("src/api.rs", "pub(in crate::domain) struct A;"),
        ] {
            let found = edges(&[RustFile::new(path, text)]);
            assert!(!found.is_empty(), "not found: {path}: {text}");
            assert!(
                found.iter().all(|finding| finding.sentence == sentence),
                "{found:?}"
            );
        }
        check(
            edges,
            "src/aws/directory.rs",
            "\nuse crate::controller::x;",
            &["src/aws/directory.rs:2: aws (layer 5)"],
        );
        check(
            edges,
            "src/controller/driver.rs",
            "use crate::aws::x;",
            &["may not use `aws`"],
        );
    }

    #[test]
    fn what_the_table_allows_is_not_found() {
        check(
            edges,
            "src/domain/window.rs",
            "use crate::api::Reason; use super::super::api;",
            &[],
        );
        check(
            edges,
            "src/domain/window.rs",
            "use super::lifecycle; use crate::domain::x;",
            &[],
        );
        check(
            edges,
            "src/domain/mod.rs",
            "// use crate::aws::x;\nconst A: &str = \"crate::aws::x\";",
            &[],
        );
        check(edges, "tests/it/main.rs", "use crate::aws::x;", &[]);
        check(edges, "src/main.rs", "use crate::reconcile::x;", &[]);
    }

    #[test]
    fn a_file_or_a_name_without_a_module_is_found() {
        check(
            edges,
            "src/helpers.rs",
            "",
            &["is in no module of the layer table"],
        );
        check(
            edges,
            "src/domain/mod.rs",
            "use crate::Client;",
            &["`crate::Client` is no module"],
        );
        check(
            edges,
            "src/domain/mod.rs",
            "use crate::*;",
            &["`crate::*` is no module"],
        );
    }

    #[test]
    fn each_forbidden_thing_is_found() {
        for (path, text) in [
            ("src/api/x.rs", "use tokio::time::Instant;"),
            ("src/api/x.rs", "use kube::{Api, Client};"),
            ("src/api/x.rs", "use kube::*;"),
            ("src/api/x.rs", "let c = kube::runtime::watcher();"),
            ("src/api/x.rs", "let t = Utc::now();"),
            ("src/api/x.rs", "let t = <Utc>::now();"),
            ("src/domain/x.rs", "async fn decide() {}"),
            ("src/domain/x.rs", "let d = directory.user().await;"),
            ("src/domain/x.rs", "use kube::Resource;"),
            ("src/domain/x.rs", "use kube as k;"),
            ("src/domain/x.rs", "extern crate log;"),
            ("src/domain/x.rs", "use aws_sdk_ssoadmin::Client;"),
            ("src/domain/x.rs", "let v = std::env::var(name);"),
            ("src/domain/x.rs", "use std::{env, fmt};"),
            ("src/domain/x.rs", "use rand::Rng;"),
            ("src/domain/x.rs", "tracing::info!(phase);"),
            ("src/domain/x.rs", "println!();"),
            ("src/ports.rs", "use kube::Client;"),
            ("src/aws/x.rs", "use kube::Client;"),
            ("src/controller/x.rs", "use aws_sdk_ssoadmin::Client;"),
        ] {
            assert!(
                !forbidden_things(&[RustFile::new(path, text)]).is_empty(),
                "not found: {path}: {text}"
            );
        }
        let expected =
            "src/domain/x.rs:2: `rand::random` has no place in domain: a decision is a pure function";
        check(
            forbidden_things,
            "src/domain/x.rs",
            "\nrand::random();",
            &[expected],
        );
    }

    #[test]
    fn what_only_looks_like_a_forbidden_thing_is_not_found() {
        let text = "use kube::CustomResource; #[kube(group = \"g\")] struct A; fn f(now: Time) { g(now) }";
        check(forbidden_things, "src/api/x.rs", text, &[]);
        check(
            forbidden_things,
            "src/domain/x.rs",
            "/// async, kube::Client\nlet log = now; log.push(1);",
            &[],
        );
        check(forbidden_things, "src/runtime/x.rs", "let t = Utc::now();", &[]);
    }

    #[test]
    fn an_implementation_in_ports_is_found() {
        let text = "pub trait Clock {\n fn now(&self) -> Time;\n}\nimpl<T: Clock> Clock for Box<T> {}\n";
        check(
            implementations_in_ports,
            "src/ports.rs",
            text,
            &["src/ports.rs:4: `Clock` is implemented here"],
        );
        let text = "pub trait Clock {\n fn now(&self) -> Time { Time }\n}";
        check(
            implementations_in_ports,
            "src/ports/clock.rs",
            text,
            &["clock.rs:2: `Clock::now` has a body"],
        );
        let text =
            "trait Clock { fn now(&self) -> Time; }\nimpl std::fmt::Display for PortError { fn fmt() {} }";
        check(implementations_in_ports, "src/ports.rs", text, &[]);
    }

    #[test]
    fn the_table_points_downwards_only() {
        let layer = |name: &str| {
            MODULES
                .iter()
                .find(|module| module.name == name)
                .map(|module| module.layer)
        };
        for module in MODULES {
            assert!(
                module
                    .may_use
                    .iter()
                    .all(|used| layer(used).is_some_and(|used| used < module.layer)),
                "{}",
                module.name
            );
        }
    }
}
