//! What people are told, as pure functions: what happened, which channel and person wants it, in which words, and what became of it.
//!
//! Nothing is queued. What is wanted follows from the stored request and the channels; what was sent is in the RequestReport. A
//! message that is in the first and not in the second is sent.

mod channel;
mod facts;
mod happening;
mod pace;
mod plain;
mod plan;
mod readers;
mod settle;
#[cfg(test)]
mod tests;
mod text;
mod told;

pub use channel::{ChannelFacts, MediumKind, digest_of, message_id, reaches};
pub use facts::{MessageFacts, facts_of};
pub use happening::{Happening, happenings, holds_of_guard};
pub use pace::Pace;
pub use plain::{Defused, defused};
pub use plan::{Call, MOST_CALLS, Plan, plan};
pub use settle::{Answer, Refusal, answered};
pub use text::{headline, lines, next_step};
pub use told::{Subject, Told};
