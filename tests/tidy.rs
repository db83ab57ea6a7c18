//! The project's rules that the compiler does not check, each a test whose name is the rule.
//!
//! A finding reads `file:line: what is wrong and what to do`. The checkers live in `tests/tidy/`; each of them
//! is itself tested with bad text, because a rule that cannot fail protects nothing. Nothing here needs more
//! than the standard library, and the whole binary runs in well under a second.

mod tidy {
    pub(crate) mod documents;
    pub(crate) mod guide;
    pub(crate) mod layers;
    pub(crate) mod lengths;
    pub(crate) mod modules;
    pub(crate) mod repository;
    pub(crate) mod source;
    pub(crate) mod words;
}

use tidy::modules::MODULES;
use tidy::repository::{Finding, Repository};
use tidy::{guide, layers, lengths, words};

#[test]
fn the_repository_is_read_at_all() {
    let repository = Repository::open();
    for expected in ["Cargo.toml", "src/lib.rs", "tests/tidy.rs"] {
        assert!(
            repository.file(expected).is_some(),
            "{expected} was not read: every other test here would pass in vain"
        );
    }
}

#[test]
fn a_module_uses_only_the_modules_that_the_layer_table_allows() {
    assert_clean(&layers::edges(&Repository::open().rust_files()));
}

#[test]
fn a_module_stays_free_of_what_its_row_of_the_layer_table_forbids() {
    assert_clean(&layers::forbidden_things(&Repository::open().rust_files()));
}

#[test]
fn ports_are_promises_without_an_implementation() {
    assert_clean(&layers::implementations_in_ports(
        &Repository::open().rust_files(),
    ));
}

#[test]
fn files_and_functions_are_short_or_say_why_not() {
    assert_clean(&lengths::too_long(
        &Repository::open().rust_files(),
        lengths::EXCEPTIONS,
    ));
}

#[test]
fn comments_and_messages_use_common_terms() {
    assert_clean(&words::metaphors(&Repository::open()));
}

#[test]
fn nothing_is_marked_as_unfinished() {
    assert_clean(&words::unfinished(&Repository::open()));
}

#[test]
fn no_test_is_switched_off() {
    assert_clean(&words::ignored_tests(&Repository::open().rust_files()));
}

#[test]
fn every_silenced_lint_gives_its_reason() {
    assert_clean(&words::silenced_lints_without_reason(
        &Repository::open().rust_files(),
    ));
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    assert_clean(&words::machine_paths(&Repository::open()));
}

#[test]
fn no_file_names_the_host_of_a_package_registry() {
    assert_clean(&words::registry_hosts(&Repository::open()));
}

#[test]
fn the_guide_names_every_module_and_folder_and_none_that_is_missing() {
    let repository = Repository::open();
    assert_clean(&guide::folders(repository.guide(), &repository.paths()));
}

#[test]
fn the_layer_table_in_the_guide_is_the_one_that_is_checked() {
    assert_clean(&guide::layer_table(Repository::open().guide(), MODULES));
}

#[test]
fn every_link_in_a_document_leads_somewhere() {
    assert_clean(&tidy::documents::dead_links(&Repository::open()));
}

#[test]
fn every_decision_is_complete_and_in_the_index() {
    assert_clean(&tidy::documents::decisions(&Repository::open()));
}

// ---------------------------------------------------------------------------------------------------------
// Generated files: each has its drift test beside the code that generates it (`UPDATE=1 cargo test` rewrites
// it), because only that code knows what the file should be. A generated file without such a home gets its
// test here.
// ---------------------------------------------------------------------------------------------------------

#[track_caller]
fn assert_clean(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(
        lines.is_empty(),
        "{} finding(s):\n{}\n",
        lines.len(),
        lines.join("\n")
    );
}
