//! What a claim covers, and when it is over.

use chrono::TimeDelta;

use crate::api::{Claim, ClaimEnd, Reason, Timestamp};
use crate::domain::messages;
use crate::domain::window::after;

/// How long past its admission a claim still covers what was created for it.
const ADMISSION_TAIL: TimeDelta = TimeDelta::minutes(15);

/// How many characters of the sentence of an end are stored (the schema's limit).
const LONGEST_SENTENCE: usize = 1024;

impl Claim {
    /// When the access ends: after the confirmation at its end, before it when the window closes, and no later than a
    /// quarter of an hour after the last check of the request.
    pub fn end(&self) -> Timestamp {
        let unconfirmed = || self.not_after.min(after(self.admitted_until, ADMISSION_TAIL));
        self.end_time.unwrap_or_else(unconfirmed)
    }

    /// Whether it is to be ended because its time is over.
    pub fn is_over(&self, latest: Timestamp) -> bool {
        self.ended.is_none() && latest >= self.end()
    }

    /// Whether it claims the assignment at that time.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.ended.is_none() && at >= self.from && at < self.end()
    }

    /// Whether AWS confirmed the access.
    pub fn is_confirmed(&self) -> bool {
        self.start_time.is_some()
    }

    /// The end that time alone brings.
    pub fn end_by_time(&self) -> ClaimEnd {
        if self.is_confirmed() {
            ClaimEnd::reached(self.end())
        } else {
            ClaimEnd::window_closed(self.end())
        }
    }
}

impl ClaimEnd {
    /// An end at that time, for this reason. The sentence is shortened to what a record takes.
    pub fn new(time: Timestamp, reason: Reason, sentence: &str) -> Self {
        Self {
            time,
            reason,
            message: Some(messages::shortened(sentence, LONGEST_SENTENCE)),
            by: None,
        }
    }

    /// The same end, as the wish of a person.
    #[must_use]
    pub fn wished_by(self, person: Option<&str>) -> Self {
        Self {
            by: person.map(ToOwned::to_owned),
            ..self
        }
    }

    /// The end that was set when the access was confirmed.
    pub fn reached(time: Timestamp) -> Self {
        Self::new(time, Reason::EndReached, "The end was reached.")
    }

    /// The end of what never became access.
    pub fn window_closed(time: Timestamp) -> Self {
        Self::new(
            time,
            Reason::GrantTimedOut,
            "The window closed before AWS confirmed the access.",
        )
    }
}
