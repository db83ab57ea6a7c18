//! Laws about how things are, and how they are in the end.

use team_operator::api::AssignmentState;

use super::assignments::{landed_late, owners};
use super::{SKEW, Violation};
use crate::cluster::{seconds, stamp};
use crate::process::Role;
use crate::sim::Sim;
use crate::truth::Key;

/// After trouble the longest wait of a repetition, and the longest a create without an answer is waited for, may still
/// lie ahead.
const RECOVERY: i64 = 900;
/// The minute of the law, the minute for a request that is about to take over, and what clocks may differ by.
const AFTER_THE_END: i64 = 60 + 60 + 30;
/// An operation that takes longer is stuck.
const SLOW_OPERATION: i64 = 200;

/// Whether nothing is wrong with anything that a removal needs.
fn is_healthy(sim: &Sim) -> bool {
    let leads = |index: usize| {
        let process = &sim.processes[index];
        process.works(sim.t)
            && sim.cluster.lease == index
            && !process.wrong_instance
            && sim.cluster.reaches(index, sim.t)
    };
    let clocks =
        (0..2).all(|index| sim.processes[index].role != Role::Leading || sim.clocks_apart(index) <= SKEW);
    let active = sim
        .truth
        .realities
        .now()
        .accounts
        .iter()
        .all(|account| account.state == "ACTIVE");
    (leads(0) || leads(1))
        && sim.aws.world.scripts().is_empty()
        && sim.aws.held.is_empty()
        && sim.cluster.write_faults.iter().all(Vec::is_empty)
        && sim
            .truth
            .open
            .values()
            .all(|(_, since)| sim.t - since < SLOW_OPERATION)
        && clocks
        && active
}

/// Keeps account of since when all is well, and since when nobody has had a right to what is there.
pub(super) fn note_health(sim: &mut Sim) {
    let healthy = is_healthy(sim);
    sim.truth.healthy_since = match sim.truth.healthy_since {
        _ if !healthy => None,
        None => Some(sim.t),
        since => since,
    };
    let due: Vec<(Key, Option<i64>)> = sim
        .truth
        .tuples
        .iter()
        .filter(|(_, tuple)| tuple.present && tuple.touched && !tuple.by_others)
        .map(|(key, _)| (key.clone(), last_end(sim, key)))
        .collect();
    for (key, end) in due {
        let tuple = sim.truth.tuples.get_mut(&key).unwrap();
        tuple.unowned_since = match (tuple.unowned_since, end) {
            (_, Some(end)) if end > sim.t => None,
            (None, Some(end)) => Some(end),
            (None, None) => Some(sim.t),
            (since, _) => since,
        };
    }
}

/// When the last request ends that has a right to an assignment.
fn last_end(sim: &Sim, about: &Key) -> Option<i64> {
    let ends = owners(sim, "", about).filter_map(|object| {
        let window = object.status.window.as_ref()?;
        window.end_time.or(window.not_after).map(seconds)
    });
    ends.max()
}

/// No assignment of ours later than its end + 60 s + the removals ahead of it ÷ rate, while AWS answers.
///
/// "While AWS answers" is while nothing is wrong that keeps a removal, and has not been for long enough that no
/// repetition is waited for. Half a minute is for clocks that differ by as much as they may.
pub(super) fn l2(sim: &Sim) -> Result<(), String> {
    let Some(healthy_since) = sim.truth.healthy_since else {
        return Ok(());
    };
    let settings = &sim.aws.world.settings;
    let operation = i64::try_from(settings.operation_time.as_secs() + settings.list_lag.as_secs()).unwrap();
    let removing = sim.cluster.objects.values().filter(|object| {
        object
            .status
            .assignment
            .as_ref()
            .is_some_and(|one| one.state == AssignmentState::Removing)
    });
    let ahead = i64::try_from(removing.count()).unwrap() * (operation + 20);
    for (key, tuple) in &sim.truth.tuples {
        let Some(unowned) = tuple.unowned_since.filter(|_| tuple.present) else {
            continue;
        };
        let limit = unowned.max(healthy_since.saturating_add(RECOVERY)) + AFTER_THE_END + ahead;
        if sim.t > limit && !landed_late(sim, key, tuple.since) {
            return Err(format!(
                "{key:?} ended at {}, and it is {}",
                stamp(unowned),
                stamp(sim.t)
            ));
        }
    }
    Ok(())
}

/// A crash between any two steps can only shorten or prevent access, and everything still ends: whatever is there and
/// ours is at every moment named by a live request that is stored, so that whoever comes next finds it.
pub(super) fn l6(sim: &Sim) -> Result<(), String> {
    for (key, tuple) in &sim.truth.tuples {
        let ours = tuple.present && tuple.touched && !tuple.by_others;
        if ours && !landed_late(sim, key, tuple.since) && owners(sim, "", key).next().is_none() {
            return Err(format!("nobody knows of {key:?}"));
        }
    }
    Ok(())
}

/// When faults stop, every request reaches a terminal phase, and nothing of ours is left.
pub(crate) fn at_the_end(sim: &Sim) -> Result<(), Violation> {
    let broken = |sentence| Err(Violation { law: "L15", sentence });
    for object in sim.cluster.objects.values() {
        if !object.is_finished() || object.finalizer || object.deleted_at.is_some() {
            let status = &object.status;
            return broken(format!(
                "{} is {:?} (finalizer: {}, deleted: {:?}): {:?} {:?}",
                object.name,
                status.phase,
                object.finalizer,
                object.deleted_at,
                status.message,
                status.assignment
            ));
        }
    }
    Ok(())
}

/// A world in which nothing changes comes to rest.
pub(crate) fn no_rest(sim: &Sim) -> Violation {
    let statuses: Vec<_> = sim
        .cluster
        .objects
        .values()
        .map(|object| (&object.name, &object.status.message))
        .collect();
    Violation {
        law: "L5",
        sentence: format!("no rest: {statuses:?}"),
    }
}
