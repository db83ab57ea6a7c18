//! The shell: it looks, has decided, writes, acts and reports.
//!
//! # The way of a pass
//! ```text
//! watch ─► pass ─► facts (answers) ─► decide ─► status (sealed, with resourceVersion) ─► act ─► record ─► again, or rest
//! ```
//! - **Nothing is done that is not written first.** The intent is in the status before AWS is asked; what AWS answers is
//!   kept in memory until it is in the status too.
//! - **Whoever writes in between wins**: every write names the version that it rests on.
//! - **Nothing is decided before all is known**: policies, settings and requests are listed completely first.
//! - **What the policies vouch for is believed only right after they were proven** (`guarding`).
//! - **The API server away**: what the stored end of a grant makes due is removed from memory.
//!
//! No `if` about who gets access is in here; those are in `domain`.

mod act;
mod answers;
mod controller;
mod currency;
mod guarding;
mod memory;
mod order;
mod outside;
mod pass;
mod policies;
mod report;
mod request;
mod requests;
mod shell;
mod status_patch;
mod upkeep;
mod watching;

pub use controller::{Controller, Parts};
pub use outside::{Delays, Outside, Settings};
pub use report::AuditSink;
pub use request::FINALIZER;

/// An error with what caused it, where its own sentence does not say it: kube's say "client error (Connect)" and leave
/// "connection refused" to their cause.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !sentence.contains(&text) {
            sentence = format!("{sentence}: {text}");
        }
        cause = error.source();
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_its_causes_and_nothing_twice() {
        #[derive(Debug, thiserror::Error)]
        #[error("no answer")]
        struct Outer(#[source] Middle);
        #[derive(Debug, thiserror::Error)]
        #[error("connect: {0}")]
        struct Middle(#[source] std::io::Error);
        let error = Outer(Middle(std::io::Error::other("refused")));
        assert_eq!(with_causes(&error), "no answer: connect: refused");
    }
}
