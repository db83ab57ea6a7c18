//! What the process measures, in the text format of OpenMetrics: one registry as a value that is passed, no globals.
//!
//! # Guarantees
//! - **No label comes from people or AWS**: every value is a `&'static str` from an exhaustive match or a literal of ours.
//! - **Unknown is not zero**: a number that was never learned has no series, and the gauges of what the leader sees
//!   ([`World`]) exist in the leader alone, so that sums over replicas never count anything twice.
//! - **At most 600 series a process**, however many accounts and people there are.

mod catalogue;
mod families;
mod journal;
mod labels;
mod lookups;
mod registry;
mod world;

pub use journal::JournalSight;
pub use labels::{GuardSight, ReconcileKind, WatchKind};
pub use registry::Metrics;
pub use world::{Age, World};
