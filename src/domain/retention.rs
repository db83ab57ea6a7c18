//! What becomes of finished requests, and of what may come back after them.

use super::timings::Timings;
use super::window::after;
use crate::api::{HumanDuration, Timestamp};

/// What to do about a finished object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// It stays for good.
    Keep,
    /// It stays until then.
    KeepUntil(Timestamp),
    /// Write the whole object to the audit log, then delete it.
    Remove,
}

/// Whether a request that finished at `finished_at` is removed. Without settings nothing is: the last word about
/// retention may be a mistake that somebody is about to undo.
pub fn of_request(finished_at: Timestamp, retention: Option<HumanDuration>, now: Timestamp) -> Retention {
    let Some(retention) = retention else {
        return Retention::Keep;
    };
    until(after(finished_at, retention.into()), now)
}

/// Whether an EligibilityReview that was created at `created_at` is removed, answered or not.
pub fn of_review(created_at: Timestamp, timings: &Timings, now: Timestamp) -> Retention {
    until(after(created_at, timings.review_lifetime), now)
}

fn until(at: Timestamp, now: Timestamp) -> Retention {
    if now < at {
        Retention::KeepUntil(at)
    } else {
        Retention::Remove
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::minute;

    #[test]
    fn a_finished_request_is_kept_as_long_as_settings_say_or_for_good() {
        let hour = Some(HumanDuration::from_hours(1));
        assert_eq!(of_request(minute(0), None, minute(99_999)), Retention::Keep);
        assert_eq!(
            of_request(minute(0), hour, minute(59)),
            Retention::KeepUntil(minute(60))
        );
        assert_eq!(of_request(minute(0), hour, minute(60)), Retention::Remove);
    }

    #[test]
    fn a_review_is_removed_after_ten_minutes() {
        assert_eq!(
            of_review(minute(0), &Timings::default(), minute(9)),
            Retention::KeepUntil(minute(10))
        );
        assert_eq!(
            of_review(minute(0), &Timings::default(), minute(10)),
            Retention::Remove
        );
    }
}
