//! Leader election with a Lease that is only written by compare and swap.
//!
//! # Guarantees
//! - **Clocks of other replicas do not matter.** A lease has expired when this replica has seen its record unchanged for
//!   its duration, by a monotonic clock. The times in the record are for people.
//! - **Every write is a compare and swap** (`replace` with the `resourceVersion` that was read), so of two candidates
//!   one fails and reads again.
//! - **The holder counts from when it sent its renewal**, others from when they saw it: the holder stops first.
//! - **An outage of the API server does not end leadership.** The lease becomes uncertain, which stops grants and lets
//!   removals go on, and the leader keeps trying to renew. Only another holder ends its leadership.
//!
//! # Caveats
//! A lease is no fence: a leader may be suspended between the check and the call. Its calls must be idempotent.

mod elector;
mod evaluate;
mod hold;
mod store;

use std::sync::Arc;
use std::time::Duration;

pub use elector::Elector;
pub use hold::Leader;

use crate::metrics::Metrics;
use crate::ports::Clock;

/// The name of the Lease. The controller's role names it.
pub const LEASE_NAME: &str = "team-operator";

/// The name of the reporter's Lease, in the reporter's namespace.
#[cfg(feature = "report")]
pub const REPORTER_LEASE_NAME: &str = "team-operator-reporter";

/// The name of its line in `/readyz`.
pub(super) const LEADER_FACT: &str = "leader";

/// The settings of leader election.
#[derive(Clone)]
pub struct LeaseSettings {
    /// The name of the Lease.
    pub name: &'static str,
    /// The namespace of the Lease: the controller's own.
    pub namespace: String,
    /// The unique name of this replica.
    pub identity: String,
    /// How long a lease stays valid after its last renewal. Whole seconds.
    pub duration: Duration,
    /// How often the leader renews; at most half of the duration.
    pub renew_interval: Duration,
    /// The clock for the times in the record, which are for people.
    pub clock: Arc<dyn Clock>,
    /// What is measured.
    pub metrics: Metrics,
}

impl LeaseSettings {
    /// The longest duration that a Lease is believed to have: other replicas may be configured with longer ones than this.
    fn longest_believed(&self) -> Duration {
        self.duration * 4
    }

    /// How long one call may take: short enough to leave time for another attempt.
    fn call_timeout(&self) -> Duration {
        self.duration / 3
    }

    /// The interval of a standby's reads, and the delay after a failed call.
    fn pause(&self) -> Duration {
        self.duration / 15
    }

    /// No grant begins with less than this left: it takes time to record and to send it.
    fn margin(&self) -> Duration {
        self.duration / 5
    }
}
