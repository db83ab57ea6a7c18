//! What the adapters make of everything that goes wrong.

mod connecting;
mod in_progress;
mod ports_on_a_world;
mod reading;
mod sharing;
mod writing;

use team_operator::ports::{CallOptions, Class, PortError};

fn ask() -> CallOptions {
    CallOptions::decision("trouble").fresh()
}

/// The class, and that the sentence says what it must.
fn check(error: &PortError, class: Class, mentions: &[&str]) {
    assert_eq!(error.class, class, "{error}");
    let sentence = error.to_string();
    for text in mentions {
        assert!(sentence.contains(text), "{sentence:?} does not mention {text:?}");
    }
}
