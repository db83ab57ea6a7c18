//! Laws about how things are, and how they are in the end.

use team_operator::api::AssignmentState;
use team_operator::domain::request::stop;

use super::{SKEW, Violation, record_of};
use crate::cluster::{Change, seconds, stamp};
use crate::process::Role;
use crate::sim::Sim;
use crate::truth::Key;

/// The minute of the law, what clocks may differ by, and one call that gets no answer.
const ASKED_WITHIN: i64 = 60 + SKEW + 35;
/// The longest wait between two deletes.
const BETWEEN_DELETES: i64 = 40;
/// An operation that takes longer is stuck.
const SLOW_OPERATION: i64 = 200;
/// How long after AWS is well again everything that was refused has been tried anew.
const RECOVERY: i64 = 120;

/// Notes since when each request is stopped, whoever did it.
pub(super) fn note_stops(sim: &mut Sim) {
    let changes = &sim.cluster.changes[sim.truth.changes_seen..];
    let mut stopped = vec![];
    for (at, change) in changes {
        match change {
            Change::Object(object) if stop(&object.facts(), stamp(*at)).is_some() => {
                stopped.push((object.uid.clone(), *at));
            }
            Change::Gone(uid) => stopped.push((uid.clone(), *at)),
            _ => {}
        }
    }
    sim.truth.changes_seen = sim.cluster.changes.len();
    for (uid, at) in stopped {
        let truth = sim.truth.requests.entry(uid).or_default();
        truth.stopped_at.get_or_insert(at);
    }
}

/// Whether nothing is wrong with AWS that keeps a removal.
fn is_aws_healthy(sim: &Sim) -> bool {
    let mut accounts = sim.truth.realities.now().accounts.iter();
    sim.aws.world.scripts().is_empty()
        && sim.aws.held.is_empty()
        && sim
            .truth
            .open
            .values()
            .all(|(_, since)| sim.t - since < SLOW_OPERATION)
        && accounts.all(|account| account.state == "ACTIVE")
}

/// Whether a process works that knows of the tuple, or can read of it, and whose clock is right; whatever the API server
/// does meanwhile.
fn is_known(sim: &Sim, name: &str) -> bool {
    (0..2).any(|index| {
        let process = &sim.processes[index];
        let remembers = process.memory.machines.get(name).is_some_and(|machine| {
            let there = |record: &team_operator::domain::Record| record.state() != AssignmentState::Absent;
            machine.record().is_some_and(there)
        });
        let reads = sim.cluster.is_writable(index, sim.t) && sim.cluster.lease.holder == index;
        process.works(sim.t)
            && !process.wrong_instance
            && sim.clocks_apart(index) <= SKEW
            && (remembers || reads)
    })
}

/// Whether a working process has seen that a request is stopped, or could have.
fn is_stop_seen(sim: &Sim, uid: &str, at: i64) -> bool {
    (0..2).any(|index| {
        let process = &sim.processes[index];
        if process.role != Role::Leading {
            return false;
        }
        match process.memory.objects.get(uid) {
            Some(object) => stop(&object.facts(), stamp(at)).is_some(),
            None => true,
        }
    })
}

/// Keeps account of since when all is well, and since when nobody has had a right to what is there.
pub(super) fn note_health(sim: &mut Sim) {
    let healthy = is_aws_healthy(sim);
    sim.truth.healthy_since = match sim.truth.healthy_since {
        _ if !healthy => None,
        None => Some(sim.t),
        since => since,
    };
    let present = |tuple: &crate::truth::TupleTruth| tuple.present && tuple.touched && !tuple.by_others;
    let there: Vec<Key> = sim
        .truth
        .tuples
        .iter()
        .filter(|(_, tuple)| present(tuple))
        .map(|(key, _)| key.clone())
        .collect();
    for about in there {
        let name = record_of(sim, &about);
        let end = name.and_then(|name| last_end(sim, name));
        let known = name.is_some_and(|name| is_known(sim, name));
        let t = sim.t;
        let tuple = sim.truth.tuples.get_mut(&about).unwrap();
        tuple.known_since = known.then(|| tuple.known_since.unwrap_or(t));
        let covered = end.is_some_and(|end| end > t);
        if covered {
            tuple.covered_at = Some(t);
        }
        tuple.unowned_since = match (tuple.unowned_since, end) {
            _ if covered => None,
            // An earlier claim may have ended while a later one covered it, whose stop nobody could read before now.
            (None, Some(end)) => Some(tuple.covered_at.map_or(end, |covered| end.max(covered))),
            (None, None) => Some(t),
            (since, _) => since,
        };
    }
}

/// When the last claim ends that covers a tuple. A stop that no process could read yet has not come.
fn last_end(sim: &Sim, name: &str) -> Option<i64> {
    let stored = sim.cluster.genuine(name)?;
    let record = stored.record.as_ref()?;
    if record.state() == AssignmentState::Deleting {
        return None;
    }
    let open = record.status.claims.iter().filter(|claim| claim.ended.is_none());
    let begun = open.filter(|claim| seconds(claim.from) <= sim.t + SKEW);
    let going_on = begun.filter(|claim| {
        let truth = sim.truth.requests.get(&claim.request.uid);
        let stopped = truth.and_then(|truth| truth.stopped_at);
        stopped.is_none_or(|at| !is_stop_seen(sim, &claim.request.uid, at))
    });
    going_on.map(|claim| seconds(claim.end())).max()
}

/// Since when a tuple that is there has been to be removed by somebody who could.
fn overdue_since(sim: &Sim, about: &Key) -> Option<i64> {
    let tuple = sim.truth.tuples.get(about).filter(|tuple| tuple.present)?;
    let excused = sim.truth.lost.contains(about) || sim.truth.landed_late(about, tuple.since);
    let since = tuple.unowned_since?.max(tuple.known_since?);
    (!excused).then_some(since)
}

/// No assignment of ours later than its end + 60 s + the removals ahead of it ÷ rate, while AWS answers. What the API
/// server does is no excuse.
pub(super) fn l2(sim: &Sim) -> Result<(), String> {
    let Some(healthy_since) = sim.truth.healthy_since else {
        return Ok(());
    };
    let settings = &sim.aws.world.settings;
    let operation = i64::try_from(settings.operation_time.as_secs() + settings.list_lag.as_secs()).unwrap();
    let deleting = sim.cluster.records.values().filter(|stored| {
        let record = stored.record.as_ref();
        record.is_some_and(|record| record.state() == AssignmentState::Deleting)
    });
    let ahead = (1 + i64::try_from(deleting.count()).unwrap()) * (operation + BETWEEN_DELETES);
    for about in sim.truth.tuples.keys() {
        let Some(overdue) = overdue_since(sim, about) else {
            continue;
        };
        let limit = overdue.max(healthy_since.saturating_add(RECOVERY)) + ASKED_WITHIN + ahead;
        if sim.t > limit {
            return Err(format!(
                "{about:?} was to go at {}, and it is {}",
                stamp(overdue),
                stamp(sim.t)
            ));
        }
    }
    Ok(())
}

/// What nothing covers is asked to go within a minute, whatever else is open, and whatever AWS answers.
pub(super) fn l18(sim: &Sim) -> Result<(), String> {
    for about in sim.truth.tuples.keys() {
        let Some(overdue) = overdue_since(sim, about) else {
            continue;
        };
        let asked = sim
            .truth
            .asked
            .get(about)
            .is_some_and(|at| *at >= overdue - ASKED_WITHIN);
        if sim.t > overdue + ASKED_WITHIN && !asked {
            return Err(format!(
                "{about:?} was to go at {}, and nobody asked AWS",
                stamp(overdue)
            ));
        }
    }
    Ok(())
}

/// A crash between any two steps can only shorten or prevent access, and everything still ends: whatever is there and
/// ours is at every moment named by a record that is stored and not Absent, so that whoever comes next finds it.
pub(super) fn l6(sim: &Sim) -> Result<(), String> {
    for (about, tuple) in &sim.truth.tuples {
        let ours = tuple.present && tuple.touched && !tuple.by_others;
        if !ours || sim.truth.lost.contains(about) || sim.truth.landed_late(about, tuple.since) {
            continue;
        }
        let name = record_of(sim, about);
        let stored = name.and_then(|name| sim.cluster.genuine(name));
        let record = stored.as_ref().and_then(|stored| stored.record.as_ref());
        let named = record.is_some_and(|record| record.state() != AssignmentState::Absent);
        if !named && !name.is_some_and(|name| sim.is_known_without_record(name)) {
            return Err(format!("nobody knows of {about:?}"));
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
    for (name, stored) in &sim.cluster.records {
        let state = stored.record.as_ref().map(team_operator::domain::Record::state);
        let about = stored
            .record
            .as_ref()
            .map(|record| crate::truth::key(&record.key()));
        let lost = about.is_some_and(|about| sim.truth.lost.contains(&about));
        if sim.cluster.is_genuine(name) && state != Some(AssignmentState::Absent) && !lost {
            return broken(format!("{name} is {state:?}"));
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
