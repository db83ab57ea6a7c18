//! What AWS's answers about an assignment and its operations mean.

use std::time::Duration;

use chrono::TimeDelta;

use crate::api::{Operation, OperationOutcome, Timestamp};
use crate::domain::facts::{
    Aged, Fact, ListAnswer, Lookup, OperationKind, OperationState, PermissionSetArn, RequestId,
};
use crate::domain::fixtures::{account, active, minute, permission_set};
use crate::domain::inquiry::Freshness;
use crate::domain::lifecycle::observation::{Observation, observe, refresh, settles_at};
use crate::domain::lifecycle::pass::Pass;
use crate::domain::window::after;

fn second(seconds: i64) -> Timestamp {
    after(minute(0), TimeDelta::seconds(seconds))
}

fn known<T>(value: T, at: Timestamp) -> Fact<T> {
    let observed_at = at.to_utc();
    Fact::Known(Aged { value, observed_at })
}

/// Sent at minute 0.
fn operation(outcome: OperationOutcome) -> Operation {
    Operation {
        request_id: Some("op".to_owned()),
        outcome,
        sent_time: Some(minute(0)),
        last_seen_time: None,
        unanswered_time: None,
    }
}

// A list of an account that cannot be found says nothing about the assignment by itself.
#[test]
fn not_found_is_absence_only_with_a_container_that_is_gone_from_an_instance_that_answers() {
    // Whether the instance, the account and the permission set are there; whether the assignment counts as absent.
    let table = [
        (true, true, true, false),
        (false, true, true, false),
        (false, false, false, false),
        (true, false, true, true),
        (true, true, false, true),
    ];
    for (instance, has_account, has_set, absent) in table {
        let world = active().with(|world| {
            let facts = &mut world.snapshot.facts;
            let arn = PermissionSetArn::new("arn-db");
            let instance = if instance {
                Lookup::Found(())
            } else {
                Lookup::Absent
            };
            let account = Some(account()).filter(|_| has_account);
            let set = Some(permission_set()).filter(|_| has_set);
            facts.listing = Some(known(ListAnswer::NotFound, minute(0)));
            facts.instance = Some(known(instance, minute(0)));
            let account = account.map_or(Lookup::Absent, Lookup::Found);
            let set = set.map_or(Lookup::Absent, Lookup::Found);
            let id = world.snapshot.request.spec.account_id.clone();
            facts.accounts.insert(id, known(account, minute(0)));
            facts.permission_sets.insert(arn, known(set, minute(0)));
        });
        let pass = Pass::new(&world.snapshot, minute(0));
        let observed = observe(&pass, &pass.tuple().unwrap(), Freshness::Fresh);
        let story = format!("{instance}, {has_account}, {has_set}: {observed:?}");
        match observed {
            Observation::Absent {
                container_is_gone, ..
            } => assert!(absent && container_is_gone, "{story}"),
            Observation::Unknown(_) => assert!(!absent, "{story}"),
            Observation::Present { .. } => unreachable!("{story}"),
        }
    }
}

#[test]
fn a_sight_of_an_operation_is_noted_when_it_is_news_or_a_minute_after_the_last() {
    use OperationOutcome::{Failed, InProgress, Succeeded, Unknown, Vanished};
    let slow = || OperationState::InProgress {
        ask_again_in: Duration::from_secs(1),
    };
    // What is on record, what AWS says after so many seconds; what is on record then, and when it was last seen.
    let table = [
        (Unknown, slow(), 5, InProgress, Some(5)),
        (InProgress, slow(), 59, InProgress, None),
        (InProgress, slow(), 60, InProgress, Some(60)),
        (InProgress, OperationState::Succeeded, 5, Succeeded, Some(5)),
        (InProgress, OperationState::Vanished, 5, Vanished, None),
        (InProgress, OperationState::Vanished, 60, Vanished, None),
        (Succeeded, OperationState::Vanished, 5, Succeeded, None),
        (Failed, OperationState::Succeeded, 5, Failed, None),
    ];
    for (recorded, state, at, outcome, seen) in table {
        let story = format!("{recorded:?}, {state:?} at {at}");
        let world = active().with(|world| {
            let key = (OperationKind::Creation, RequestId::new("op"));
            let operations = &mut world.snapshot.facts.operations;
            operations.insert(key, known(state, second(at)));
        });
        let pass = Pass::new(&world.snapshot, second(at));
        let mut operation = operation(recorded);
        assert_eq!(
            refresh(&pass, OperationKind::Creation, &mut operation),
            None,
            "{story}"
        );
        assert_eq!(
            (operation.outcome, operation.last_seen_time),
            (outcome, seen.map(second)),
            "{story}"
        );
    }
}

#[test]
fn an_operation_without_an_end_settles_six_minutes_after_its_last_sight_by_the_earliest_clock() {
    use OperationOutcome::{InProgress, Unknown, Vanished};
    let mut world = active();
    for outcome in [Unknown, InProgress, Vanished] {
        let settles = |now, later_success| {
            let pass = Pass::new(&world.snapshot, now);
            settles_at(&pass, &operation(outcome), later_success)
        };
        assert_eq!(settles(second(359), false), Some(minute(6)), "{outcome:?}");
        assert_eq!(settles(minute(6), false), None, "{outcome:?}");
        assert_eq!(settles(minute(0), true), None, "a later success has settled it");
    }
    world.snapshot.clocks.aws_ahead = Some(TimeDelta::minutes(-10));
    let pass = Pass::new(&world.snapshot, minute(6));
    let mut seen = operation(InProgress);
    assert_eq!(settles_at(&pass, &seen, false), Some(minute(16)));
    seen.last_seen_time = Some(minute(1));
    assert_eq!(settles_at(&pass, &seen, false), Some(minute(17)));
}
