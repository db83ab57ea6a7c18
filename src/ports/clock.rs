//! Clocks, as ports.

use chrono::{DateTime, Utc};

/// The wall clock. Read once per reconcile, never inside decisions.
pub trait Clock: Send + Sync + 'static {
    /// The present moment. Wall clocks can be set back.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of AWS or of the API server. Comparing it with the controller's stops grants when either is wrong.
pub trait RemoteClock: Send + Sync {
    /// The `Date` header of the most recent response, or `None` before the first.
    fn last_seen(&self) -> Option<TimeSeen>;
}

/// One comparison of two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSeen {
    /// The remote clock, in whole seconds as HTTP has it.
    pub remote: DateTime<Utc>,
    /// The controller's clock when the response arrived.
    pub local: DateTime<Utc>,
}
