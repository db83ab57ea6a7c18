//! From when until when: deadlines, starts and ends.

use chrono::{DateTime, TimeDelta, Utc};

use super::timings::Timings;
use crate::api::{HumanDuration, Timestamp};

/// `time` moved by `delta`; the end of the calendar when that is beyond it.
pub(super) fn after(time: Timestamp, delta: TimeDelta) -> Timestamp {
    time.checked_add(delta)
        .unwrap_or_else(|| Timestamp::from(DateTime::<Utc>::MAX_UTC))
}

/// When a request expires that nobody has approved.
pub(super) fn review_deadline(created: Timestamp, request_expiry: HumanDuration) -> Timestamp {
    after(created, request_expiry.into())
}

/// When the access may start: at once when no start was asked for, or one in the past.
pub(super) fn start(start_time: Option<Timestamp>, approved_at: Timestamp) -> Timestamp {
    start_time.map_or(approved_at, |start| start.max(approved_at))
}

/// After this no access, whatever AWS does: fixed on approval.
pub(super) fn not_after(
    start_time: Option<Timestamp>,
    approved_at: Timestamp,
    duration: HumanDuration,
    timings: &Timings,
) -> Timestamp {
    let length = TimeDelta::from(duration) + timings.grant_slack;
    after(start(start_time, approved_at), length)
}

/// When the access ends that AWS confirmed at `confirmed_at`: a late confirmation makes it no longer.
pub(super) fn end_time(confirmed_at: Timestamp, duration: HumanDuration, not_after: Timestamp) -> Timestamp {
    after(confirmed_at, duration.into()).min(not_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        DateTime::from_timestamp(minutes * 60, 0).unwrap().into()
    }

    fn hours(count: i64) -> HumanDuration {
        HumanDuration::from_hours(count)
    }

    #[test]
    fn a_start_in_the_past_or_left_out_is_the_approval() {
        assert_eq!(start(None, at(10)), at(10));
        assert_eq!(start(Some(at(5)), at(10)), at(10));
        assert_eq!(start(Some(at(20)), at(10)), at(20));
    }

    #[test]
    fn the_window_closes_duration_and_slack_after_the_later_of_start_and_approval() {
        let timings = Timings::default();
        assert_eq!(not_after(None, at(0), hours(2), &timings), at(135));
        assert_eq!(not_after(Some(at(60)), at(0), hours(2), &timings), at(195));
    }

    // case 22
    #[test]
    fn a_late_confirmation_does_not_lengthen_the_access() {
        assert_eq!(end_time(at(1), hours(2), at(135)), at(121));
        assert_eq!(end_time(at(120), hours(2), at(135)), at(135));
    }
}
