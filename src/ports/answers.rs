//! The shapes of answers that keep absence, age and ignorance apart.

use chrono::{DateTime, TimeDelta, Utc};

/// An answer with the moment at which AWS gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aged<T> {
    /// What was answered.
    pub value: T,
    /// When the question was sent: a change after this moment may be missing from the answer.
    pub observed_at: DateTime<Utc>,
}

/// What AWS says about something that may not exist. Both variants are answers; a failed call is neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<T> {
    /// It exists and looks like this.
    Found(T),
    /// AWS answered that it does not exist.
    Absent,
}

/// A fact kept from earlier calls, for showing while AWS does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastKnown<T> {
    /// It was never read successfully: nothing is known, which is not the same as nothing existing.
    Never,
    /// The last successful answer, however old.
    Seen(Aged<T>),
}

impl<T> Aged<T> {
    /// How old the answer is at `now`; zero when the clock has stepped back behind it.
    pub fn age(&self, now: DateTime<Utc>) -> TimeDelta {
        (now - self.observed_at).max(TimeDelta::zero())
    }

    /// The same age around another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Aged<U> {
        Aged {
            value: change(self.value),
            observed_at: self.observed_at,
        }
    }
}

impl<T> Lookup<T> {
    /// The thing, if it exists.
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(value) => Some(value),
            Self::Absent => None,
        }
    }
}
