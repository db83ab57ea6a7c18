//! The reporter: tells people what becomes of requests. It changes no request and no assignment, and nothing about access waits
//! for it.
//!
//! ```text
//! watches ─► plan(request, channels, report, now) ─► report stored ─► calls ─► answers stored
//! ```
//! - **Nothing is queued**: what is to be sent follows from what is stored, so that a restart loses nothing.
//! - **Written before it is called**: a process that ends between the two repeats at most the calls of one batch.
//! - **One medium that hangs** is left alone for a while; the others are sent to.

mod channel_status;
mod destination;
mod http;
mod medium;
mod memory;
mod pass;
mod people;
mod reports;
#[cfg(test)]
mod samples;
mod secrets;
mod upkeep;
mod watches;

#[cfg(feature = "slack")]
mod slack;
#[cfg(feature = "slack")]
mod slack_blocks;
#[cfg(feature = "slack")]
mod slack_errors;
#[cfg(feature = "webhook")]
mod webhook;

pub use destination::{Allowed, AllowedError};
pub use pass::{Reporter, ReporterParts};
pub use people::DirectorySeen;
