//! The time of a story: it begins on a December morning and runs with tokio's clock, which is paused and jumps to
//! whatever is due next.

use std::sync::{Arc, Mutex};

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

/// The API server's clock, which agrees.
impl RemoteClock for StoryClock {
    fn last_seen(&self) -> Option<TimeSeen> {
        Some(TimeSeen {
            remote: self.now(),
            local: self.now(),
        })
    }
}

/// AWS's clock, as the dates of its answers show it.
#[derive(Debug, Clone)]
pub(crate) struct AwsDate {
    clock: StoryClock,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    /// How far it is ahead.
    ahead: TimeDelta,
    /// Since when nothing has been answered.
    silent_since: Option<DateTime<Utc>>,
}

impl AwsDate {
    /// A clock that agrees.
    pub(crate) fn new(clock: StoryClock) -> Self {
        Self {
            clock,
            inner: Arc::default(),
        }
    }

    /// How far it is ahead from now on.
    pub(crate) fn be_ahead(&self, ahead: TimeDelta) {
        self.inner.lock().unwrap().ahead = ahead;
    }

    /// Whether nothing is answered from now on.
    pub(crate) fn be_silent(&self, silent: bool) {
        self.inner.lock().unwrap().silent_since = silent.then(|| self.clock.now());
    }
}

impl RemoteClock for AwsDate {
    fn last_seen(&self) -> Option<TimeSeen> {
        let inner = self.inner.lock().unwrap();
        let local = inner.silent_since.unwrap_or_else(|| self.clock.now());
        let remote = local + inner.ahead;
        Some(TimeSeen { remote, local })
    }
}
