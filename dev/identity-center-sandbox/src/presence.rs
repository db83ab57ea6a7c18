//! Something that is there or not, remembered long enough to answer as a server that lags behind.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Changes remembered for each fact; more than fit into any lag that makes sense.
const CHANGES_KEPT: usize = 16;

/// There or not, with its recent past.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Presence {
    before: bool,
    changes: Vec<PresenceChange>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PresenceChange {
    /// When it becomes visible to readers that do not lag.
    at: DateTime<Utc>,
    present: bool,
}

impl Presence {
    /// The truth.
    pub(super) fn is(&self) -> bool {
        self.changes.last().map_or(self.before, |change| change.present)
    }

    /// What a reader sees that lags behind by `lag`.
    pub(super) fn seen(&self, now: DateTime<Utc>, lag: Duration) -> bool {
        let horizon = now - TimeDelta::from_std(lag).unwrap_or(TimeDelta::MAX);
        self.changes
            .iter()
            .rev()
            .find(|change| change.at <= horizon)
            .map_or(self.before, |change| change.present)
    }

    /// Changes the truth; readers see it `extra_lag` later than they otherwise would.
    pub(super) fn set(&mut self, present: bool, now: DateTime<Utc>, extra_lag: Duration) {
        if self.is() == present {
            return;
        }
        let at = now + TimeDelta::from_std(extra_lag).unwrap_or(TimeDelta::zero());
        self.changes.push(PresenceChange { at, present });
        if self.changes.len() > CHANGES_KEPT {
            self.before = self.changes.remove(0).present;
        }
    }

    /// Forgets the past: what is true now has always been.
    pub(super) fn settle(&mut self) {
        *self = Self {
            before: self.is(),
            changes: Vec::new(),
        };
    }

    /// As if it had always been so.
    pub(super) fn from_the_start() -> Self {
        Self {
            before: true,
            changes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lagging_reader_sees_the_past_and_then_the_present() {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let second = TimeDelta::seconds(1);
        let lag = Duration::from_secs(3);
        let mut presence = Presence::default();
        presence.set(true, start, Duration::ZERO);
        presence.set(false, start + second, Duration::ZERO);
        assert!(!presence.is());
        let seen: Vec<bool> = (0..6).map(|at| presence.seen(start + second * at, lag)).collect();
        assert_eq!(seen, [false, false, false, true, false, false]);
    }
}
