//! The delays of deliveries.

use chrono::TimeDelta;

/// The delays of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long a request settles before a medium that shows its state tells of it: one that needs no approval gives one message.
    pub settle: TimeDelta,
    /// How long after the first failure it is tried again; it doubles with each.
    pub retry_min: TimeDelta,
    /// The longest of these delays.
    pub retry_max: TimeDelta,
    /// How long a channel that refuses everything is left alone.
    pub probe: TimeDelta,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            settle: TimeDelta::seconds(10),
            retry_min: TimeDelta::seconds(5),
            retry_max: TimeDelta::minutes(30),
            probe: TimeDelta::minutes(15),
        }
    }
}
