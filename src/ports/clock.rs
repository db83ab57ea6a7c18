//! Time, as something that is handed in.

use chrono::{DateTime, Utc};

/// The wall clock. Read once a pass, never inside logic.
pub trait Clock: Send + Sync + 'static {
    /// The present moment. May step backwards, as wall clocks do.
    fn now(&self) -> DateTime<Utc>;
}

/// What somebody else's clock said, AWS's or the API server's, so that a clock gone wrong (ours or theirs) stops grants.
pub trait RemoteClock: Send + Sync {
    /// The `Date` of their most recent answer, or `None` before the first.
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
