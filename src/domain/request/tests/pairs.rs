//! Two requests of one person for one assignment, led side by side.

use chrono::TimeDelta;

use crate::api::{AssignmentState, OperationOutcome, Phase, Timestamp};
use crate::domain::fixtures::{World, minute, request};
use crate::domain::snapshot::Sibling;
use crate::domain::window::after;

/// Two requests that are approved at once; the second starts `start` minutes after the first and lasts `minutes`.
fn pair(start: i64, minutes: i64) -> [World; 2] {
    let first = request().without_approval();
    let mut second = request().without_approval();
    let seconds = crate::api::HumanDuration::from_seconds(minutes * 60).unwrap();
    second.snapshot.request.uid = "uid-second".to_owned();
    second.snapshot.request.name = "second".to_owned();
    second.snapshot.request.spec.start_time = (start > 0).then(|| minute(start));
    second.snapshot.request.spec.duration = seconds;
    [first, second]
}

/// One pass of one of them, in the world that both share.
fn pass(pair: &mut [World; 2], index: usize, now: Timestamp) -> Option<Timestamp> {
    let other = &pair[1 - index];
    let request = &other.snapshot.request;
    let sibling = Sibling::of(&request.uid, &request.full_name(), &request.spec, &request.status);
    let assigned = other.assigned;
    let world = &mut pair[index];
    world.siblings = vec![sibling];
    world.assigned = assigned;
    world.now = now;
    let wake_at = world.pass().wake_at;
    let assigned = world.assigned;
    pair[1 - index].assigned = assigned;
    wake_at
}

fn is_open(world: &World) -> bool {
    let assignment = world.status().assignment.as_ref();
    let operations = assignment
        .into_iter()
        .flat_map(|a| [a.create.as_ref(), a.delete.as_ref()]);
    operations.flatten().any(|operation| {
        matches!(
            operation.outcome,
            OperationOutcome::Unknown | OperationOutcome::InProgress
        )
    })
}

fn lead(start: i64, minutes: i64, first_goes_first: bool) -> [World; 2] {
    let mut pair = pair(start, minutes);
    let mut now = minute(0);
    for _ in 0..3000 {
        let order = if first_goes_first { [0, 1] } else { [1, 0] };
        let wakes = order.map(|index| pass(&mut pair, index, now));
        let story = || format!("start {start}, {minutes} minutes, at {now}");
        assert!(!(is_open(&pair[0]) && is_open(&pair[1])), "L13: {}", story());
        for world in &pair {
            let holds = world.status().phase == Some(Phase::Active) && world.state() == AssignmentState::Held;
            assert!(!holds || world.assigned, "a gap: {}", story());
        }
        if pair.iter().all(|world| world.status().finished) {
            break;
        }
        let soon = after(now, TimeDelta::seconds(1));
        now = wakes
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(soon)
            .min(after(now, TimeDelta::seconds(20)));
    }
    pair
}

// case 5
#[test]
fn overlapping_back_to_back_and_simultaneous_requests_all_end_with_nothing_left() {
    for start in [0, 1, 60, 119, 120, 121, 122, 150] {
        for minutes in [1, 30, 60, 120] {
            for first_goes_first in [true, false] {
                let pair = lead(start, minutes, first_goes_first);
                let story = format!("start {start}, {minutes} minutes, {first_goes_first}");
                let phases = pair.each_ref().map(|world| world.status().phase);
                assert_eq!(phases, [Some(Phase::Ended), Some(Phase::Ended)], "{story}");
                assert!(!pair[0].assigned, "{story}");
            }
        }
    }
}
