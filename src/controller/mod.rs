//! The driver of both machines: it looks, proves, stores, sends and tells what a machine needs, in the order in which the
//! machine asks for it.
//!
//! ```text
//! watches ─► machine.next(reply, now) ─► Need ─► driver does it ─► reply … Rest
//! ```
//! - `requests/`: a request machine for each pass over a live request, run by kube's controller.
//! - `assignments/`: an assignment machine for each record, which lives as long as it remembers something, in a queue of its
//!   own: ends have workers of their own and never wait for requests.
//! - **Whoever writes in between wins**: every write names the version that it rests on.
//! - **The API server away**: the assignment machines go on from memory.
//!
//! No `if` about who gets access is in here; those are in `domain`.

mod assignments;
mod background;
mod config;
mod context;
#[expect(clippy::module_inception, reason = "the type that the module is named for")]
mod controller;
mod driver;
mod journal_upkeep;
mod journaled;
mod lookups;
mod measure;
mod policies;
mod proven_guard;
mod report;
mod requests;
mod sending;
mod telling;
mod watch_backoff;
mod watchdog;

use crate::admission::api_call;
pub use crate::admission::with_causes;
pub use assignments::{RECORD_FINALIZER, recorded_instance};
pub use config::{Config, Delays, Ports};
pub use controller::{Controller, Parts, Stopped};
pub use requests::FINALIZER;
