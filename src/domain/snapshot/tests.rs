//! Clocks that disagree, and what another request says about an assignment.

use super::*;
use crate::domain::fixtures::{World, active, minute, request};

fn clocks(api_server: Option<i64>, aws: Option<i64>) -> Clocks {
    Clocks {
        api_server_ahead: api_server.map(TimeDelta::seconds),
        aws_ahead: aws.map(TimeDelta::seconds),
    }
}

#[test]
fn a_clock_counts_as_another_only_beyond_the_tolerance() {
    // The API server's and AWS's clock, how far the three are apart, and what the latest and the earliest say.
    let table = [
        (None, None, 0, 0, 0),
        (Some(20), None, 20, 0, 0),
        (Some(20), Some(25), 25, 0, 0),
        (None, Some(30), 30, 0, 0),
        (None, Some(31), 31, 31, 0),
        (Some(31), Some(40), 40, 40, 0),
        (Some(-30), None, 30, 0, 0),
        (Some(-31), None, 31, 0, -31),
        (Some(-40), Some(-31), 40, 0, -40),
        (Some(-40), Some(40), 80, 40, -40),
    ];
    let tolerance = TimeDelta::seconds(30);
    let moved = |seconds| after(minute(0), TimeDelta::seconds(seconds));
    for (api_server, aws, spread, latest, earliest) in table {
        let clocks = clocks(api_server, aws);
        assert_eq!(clocks.spread(), TimeDelta::seconds(spread), "{clocks:?}");
        assert_eq!(clocks.latest(minute(0), tolerance), moved(latest), "{clocks:?}");
        assert_eq!(
            clocks.earliest(minute(0), tolerance),
            moved(earliest),
            "{clocks:?}"
        );
    }
}

/// Access that lasts, as its sibling sees it.
fn sibling() -> Sibling {
    let world = active();
    Sibling::of(
        "uid-a",
        "orders/other",
        &world.snapshot.request.spec,
        world.status(),
    )
}

#[test]
fn two_requests_share_an_assignment_only_with_user_account_and_permission_set() {
    let tuple = active()
        .status()
        .assignment
        .as_ref()
        .unwrap()
        .tuple
        .clone()
        .unwrap();
    assert!(sibling().shares(&tuple));
    let changes: [fn(&mut AssignmentTuple); 3] = [
        |tuple| tuple.user_id = "id-bob".to_owned(),
        |tuple| tuple.account_id = AccountId::parse("444455556666").unwrap(),
        |tuple| tuple.permission_set_arn = "arn-other".to_owned(),
    ];
    for change in changes {
        let mut other = tuple.clone();
        change(&mut other);
        assert!(!sibling().shares(&other), "{other:?}");
    }
}

#[test]
fn a_request_is_about_an_assignment_as_soon_as_its_names_are_resolved() {
    let tuple = active()
        .status()
        .assignment
        .as_ref()
        .unwrap()
        .tuple
        .clone()
        .unwrap();
    let mut world = request().with(|world| world.snapshot.request.spec.start_time = Some(minute(60)));
    let seen = |world: &World| {
        let RequestFacts { spec, status, .. } = &world.snapshot.request;
        Sibling::of("uid-a", "orders/other", spec, status)
    };
    assert!(!seen(&world).shares(&tuple), "nothing is known about it yet");
    world.settle();
    assert_eq!((seen(&world).shares(&tuple), seen(&world).start), (true, None));
    world = world.approved_by("bob");
    world.settle();
    let approved = seen(&world);
    assert_eq!(
        (approved.shares(&tuple), approved.start),
        (true, Some(minute(60)))
    );
}

#[test]
fn an_assignment_is_left_only_to_one_that_holds_it_and_will_remove_it() {
    use AssignmentOrigin::{Created, Inherited, Standing};
    use AssignmentState::{Gone, Granting, Held, None, Removing};
    // State, origin, whether a create was asked for and whether it is being revoked; whether it holds, and takes over.
    let table = [
        (Granting, Created, false, false, true, false),
        (Granting, Created, true, false, true, true),
        (Granting, Inherited, false, false, true, true),
        (Held, Created, true, false, true, true),
        (Held, Created, true, true, false, false),
        (Held, Standing, false, false, false, false),
        (Removing, Created, true, true, false, false),
        (Gone, Created, true, false, false, false),
        (None, Created, false, false, false, false),
    ];
    for (state, origin, asked, revoking, holds, takes_over) in table {
        let mut other = sibling();
        other.phase = Some(if revoking { Phase::Revoking } else { Phase::Active });
        let assignment = other.assignment.as_mut().unwrap();
        (assignment.state, assignment.origin) = (state, Some(origin));
        if !asked {
            assignment.create = Option::None;
        }
        let story = format!("{state:?}, {origin:?}, asked {asked}, revoking {revoking}");
        assert_eq!(
            (other.holds(), other.takes_over()),
            (holds, takes_over),
            "{story}"
        );
    }
}
