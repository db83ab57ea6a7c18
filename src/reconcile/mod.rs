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
mod guarding;
mod memory;
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

/// An error with what is underneath: kube's own text often stops before the reason.
fn sentence_of(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let text = inner.to_string();
        if !sentence.contains(&text) {
            sentence = format!("{sentence}: {text}");
        }
        source = inner.source();
    }
    sentence
}
