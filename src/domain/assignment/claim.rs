//! What a claim covers, and when it is over.

use chrono::TimeDelta;

use crate::api::{Claim, ClaimEnd, Reason, Timestamp};
use crate::domain::window::after;

/// How long past its admission a claim still covers what was created for it.
const ADMISSION_TAIL: TimeDelta = TimeDelta::minutes(15);

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
        let (reason, message) = if self.is_confirmed() {
            (Reason::EndReached, "The end was reached.")
        } else {
            (
                Reason::GrantTimedOut,
                "The window closed before AWS confirmed the access.",
            )
        };
        ClaimEnd {
            time: self.end(),
            reason,
            message: Some(message.to_owned()),
            by: None,
        }
    }
}
