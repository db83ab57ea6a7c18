//! Time, as something that is handed in.

use chrono::{DateTime, Utc};

/// The wall clock. Read once a pass, never inside logic.
pub trait Clock: Send + Sync + 'static {
    /// The present moment. May step backwards, as wall clocks do.
    fn now(&self) -> DateTime<Utc>;
}

/// What AWS's own clock said, so that a clock gone wrong (ours or theirs) stops grants.
pub trait RemoteClock: Send + Sync {
    /// The `Date` of the most recent answer of any AWS service, or `None` before the first.
    fn last_seen(&self) -> Option<TimeSeen>;
}

/// One comparison of two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSeen {
    /// The remote clock, cut to whole seconds by HTTP.
    pub remote: DateTime<Utc>,
    /// Our clock when the answer arrived.
    pub local: DateTime<Utc>,
}
