//! `docs/reasons.md` is made from the code: every reason, what it means, and what to do.

use std::fmt::Write as _;
use std::path::Path;

use team_operator::api::Reason;
use team_operator::domain::advice;

const HEAD: &str = "\
# Reasons

The one list of reasons: conditions, `status.reason`, verdicts, Events, metrics, the journal and `kubectl team` say the same word for the same
fact. The message beside it names people, times and limits.

<!-- Made from the code: UPDATE=1 cargo test --test reasons -->

| reason | means | what to do |
|---|---|---|
";

#[test]
fn every_reason_is_in_the_document_with_what_to_do() {
    let mut text = HEAD.to_owned();
    for reason in Reason::ALL {
        writeln!(
            text,
            "| `{reason}` | {} | {} |",
            reason.meaning(),
            advice(*reason)
        )
        .expect("a String takes everything");
    }
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reasons.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&document, &text).expect("the document can be written");
    }
    let written = std::fs::read_to_string(&document).unwrap_or_default();
    assert_eq!(written, text, "UPDATE=1 cargo test --test reasons rewrites it");
}

#[test]
fn every_meaning_and_every_advice_is_a_sentence() {
    for reason in Reason::ALL {
        let meaning = reason.meaning();
        assert!(
            meaning.ends_with('.') && !meaning.contains("  "),
            "{reason}: {meaning}"
        );
    }
}
