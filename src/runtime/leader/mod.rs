//! Which of several replicas acts: a Lease that is compared and swapped.
//!
//! # What is promised
//! - **Others' clocks are not believed.** Whether a holder fell silent is judged by how long *we* have seen its record
//!   unchanged, on a clock that does not step. The times in the record are for people.
//! - **Every write is a compare and swap** (`replace` with the `resourceVersion` that was read), so of two replicas that
//!   want the lease one fails and reads again.
//! - **A holder counts from when it sent its renewal**, others from when they saw it: the holder stops first.
//! - **Silence of the API server ends nothing.** The leader becomes unsure, which stops grants and lets removals go on,
//!   and keeps trying. Only the sight of somebody else ends its lead.
//!
//! # What is not
//! A lease is no fence: a leader may be stopped between the question and the act. What it does must be harmless twice.

mod elector;
mod evaluate;
mod hold;
mod store;

use std::sync::Arc;
use std::time::Duration;

pub use elector::Elector;
pub use hold::Leader;

use crate::ports::Clock;

/// The name of the Lease. The controller's role names it.
pub const LEASE_NAME: &str = "team-operator";

/// Under what `/readyz` speaks of it.
pub(super) const LEADER_FACT: &str = "leader";

/// How a replica stands for election.
#[derive(Clone)]
pub struct LeaseSettings {
    /// The namespace of the Lease: the controller's own.
    pub namespace: String,
    /// The name of this replica, unlike that of any other.
    pub identity: String,
    /// How long others wait for a leader that fell silent. Whole seconds.
    pub duration: Duration,
    /// How often the leader renews; at most half of the duration.
    pub renew_interval: Duration,
    /// For the times in the record, which people read.
    pub clock: Arc<dyn Clock>,
}

impl LeaseSettings {
    /// How long one call may take: short enough that a lost answer leaves time for another attempt.
    fn call_timeout(&self) -> Duration {
        self.duration / 3
    }

    /// Between two looks of a standby, and after a call that failed.
    fn pause(&self) -> Duration {
        self.duration / 15
    }

    /// A grant is not begun with less than this left: it takes a moment to be written down and sent.
    fn margin(&self) -> Duration {
        self.duration / 5
    }
}
