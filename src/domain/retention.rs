//! What becomes of finished requests, and of what may come back after them.

use super::facts::{Listing, UserId};
use super::snapshot::Sibling;
use super::timings::Timings;
use super::window::after;
use crate::api::{AssignmentTuple, HumanDuration, Timestamp};

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

/// When a tuple is listed once more after its removal was confirmed.
pub fn listed_once_more_at(gone_at: Timestamp, timings: &Timings) -> Timestamp {
    after(gone_at, timings.reappearance_check)
}

/// Whether a list shows an assignment that no request of ours holds: reported, never removed.
pub fn is_unheld(tuple: &AssignmentTuple, listing: &Listing, requests: &[Sibling]) -> bool {
    let held = requests.iter().any(|request| {
        let settled = request.state().is_settled();
        request.shares(tuple) && !settled
    });
    listing.holds_user(&UserId::new(&tuple.user_id)) && !held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::AssignmentState;
    use crate::domain::facts::Principal;
    use crate::domain::fixtures::{active, minute};

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

    #[test]
    fn a_tuple_is_listed_once_more_a_quarter_of_an_hour_after_its_removal() {
        assert_eq!(listed_once_more_at(minute(0), &Timings::default()), minute(15));
    }

    #[test]
    fn what_a_live_request_holds_is_not_reported() {
        let world = active();
        let request = &world.snapshot.request;
        let tuple = world.status().assignment.as_ref().unwrap().tuple.clone().unwrap();
        let listing = Listing {
            principals: vec![Principal::User(UserId::new("id-alice"))],
        };
        let holder = Sibling::of(&request.uid, "orders/fix", &request.spec, &request.status);
        assert!(!is_unheld(&tuple, &listing, std::slice::from_ref(&holder)));
        let mut gone = holder.clone();
        gone.assignment.as_mut().unwrap().state = AssignmentState::Gone;
        let mut of_another = holder;
        of_another.about.as_mut().unwrap().0 = "id-bob".to_owned();
        assert!(is_unheld(&tuple, &listing, &[gone, of_another]));
        assert!(is_unheld(&tuple, &listing, &[]));
        assert!(!is_unheld(&tuple, &Listing::default(), &[]));
    }
}
