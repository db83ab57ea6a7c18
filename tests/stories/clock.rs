//! The time of a story: it begins on a December morning and runs with tokio's clock, which is paused and jumps to
//! whatever is due next.

use chrono::{DateTime, TimeDelta, Utc};
use team_operator::ports::{Clock, RemoteClock, TimeSeen};
use tokio::time::Instant;

/// The same moment for the controller, AWS and the API server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoryClock {
    began: Instant,
}

impl StoryClock {
    /// Starts it now. Needs the runtime whose clock it follows.
    pub(crate) fn start() -> Self {
        Self {
            began: Instant::now(),
        }
    }

    /// Midnight before a story begins.
    pub(crate) fn first_midnight() -> DateTime<Utc> {
        DateTime::from_timestamp(1_796_083_200, 0).unwrap()
    }
}

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        let since = TimeDelta::from_std(self.began.elapsed()).unwrap();
        Self::first_midnight() + TimeDelta::hours(9) + since
    }
}

/// Clocks that go wrong are a matter of the simulation: here all agree.
impl RemoteClock for StoryClock {
    fn last_seen(&self) -> Option<TimeSeen> {
        Some(TimeSeen {
            remote: self.now(),
            local: self.now(),
        })
    }
}
