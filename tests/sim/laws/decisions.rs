//! Laws about what is written to requests and records.

use team_operator::api::{AssignmentState, Claim, ElevationRequestStatus, LONGEST_HISTORY, Phase, Reason};
use team_operator::domain::{RecordSeal, SealCheck};

use super::{Seen, versions_since};
use crate::cluster::Object;
use crate::sim::Sim;

/// How long ago a pass may have read the record that a decision rests on, in seconds.
const READ_WITHIN: i64 = 120;

/// The phase moves only along the table, assignment states along their circle, and what is written once stays. What
/// somebody else wrote in between, and a record that is made anew, is beyond it.
pub(super) fn l3(sim: &Sim, seen: &Seen) -> Result<(), String> {
    match seen {
        Seen::Wrote { before, after } if before.seal != SealCheck::Broken => {
            let (from, to) = (before.status.phase, after.status.phase);
            let allowed = from.map_or(Phase::FIRST, Phase::next);
            if from != to && !to.is_some_and(|to| allowed.contains(&to)) {
                return Err(format!("{from:?} to {to:?}"));
            }
            written_once(&before.status, &after.status)
        }
        Seen::WroteRecord {
            before: Some(before),
            after: Some(after),
            ..
        } if before.seal == RecordSeal::Valid => {
            let (Some(old), Some(new)) = (&before.record, &after.record) else {
                return Ok(());
            };
            let restored = old.status.sequence == 1 || !sim.cluster.was_written(before);
            let (from, to) = (old.state(), new.state());
            if from != to && !from.next().contains(&to) && !restored {
                return Err(format!("{} from {from:?} to {to:?}", before.name));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn written_once(before: &ElevationRequestStatus, after: &ElevationRequestStatus) -> Result<(), String> {
    fn stays<T: PartialEq>(what: &str, before: Option<&T>, after: Option<&T>) -> Result<(), String> {
        if before.is_some() && before != after {
            Err(format!("{what} changed"))
        } else {
            Ok(())
        }
    }
    stays("requester", before.requester.as_ref(), after.requester.as_ref())?;
    stays("access", before.access.as_ref(), after.access.as_ref())?;
    let review = |status: &ElevationRequestStatus| status.review.as_ref().and_then(|review| review.deadline);
    stays("the deadline", review(before).as_ref(), review(after).as_ref())?;
    let window = |status: &ElevationRequestStatus| status.window.clone().unwrap_or_default();
    let (old, new) = (window(before), window(after));
    stays("notAfter", old.not_after.as_ref(), new.not_after.as_ref())?;
    stays("startTime", old.start_time.as_ref(), new.start_time.as_ref())?;
    stays("endTime", old.end_time.as_ref(), new.end_time.as_ref())?;
    stays("the ending", before.ending.as_ref(), after.ending.as_ref())?;
    let name = |status: &ElevationRequestStatus| status.assignment.as_ref().map(|one| one.name.clone());
    stays("the record", name(before).as_ref(), name(after).as_ref())
}

/// The history only grows, tells each change of the phase in the write that makes it, and nothing else as one. Of a forged
/// one nothing is left but the denial.
pub(super) fn l22(_: &Sim, seen: &Seen) -> Result<(), String> {
    let Seen::Wrote { before, after } = seen else {
        return Ok(());
    };
    let (from, to) = (&before.status, &after.status);
    if after.seal != SealCheck::Valid || from == to {
        return Ok(());
    }
    let told = to.history.last().filter(|last| last.stage.is_none());
    if before.seal == SealCheck::Broken {
        let alone = to.history.len() == 1 && to.reason == Some(Reason::SealBroken);
        return if alone && told.is_some_and(|last| Some(last.phase) == to.phase) {
            Ok(())
        } else {
            Err(format!("a forged history is kept: {:?}", to.history))
        };
    }
    let last = from.history.last().map(|entry| entry.sequence);
    if to.finished && !from.finished && (to.recorded != last || from.phase != to.phase) {
        return Err(format!(
            "finished, and recorded up to {:?} of {last:?}",
            to.recorded
        ));
    }
    let Some(new) = to.history.strip_prefix(from.history.as_slice()) else {
        return Err(format!("{:?} became {:?}", from.history, to.history));
    };
    let phases: Vec<Phase> = new
        .iter()
        .filter(|entry| entry.stage.is_none())
        .map(|entry| entry.phase)
        .collect();
    let expected: Vec<Phase> = to.phase.filter(|_| from.phase != to.phase).into_iter().collect();
    if phases != expected {
        return Err(format!(
            "{:?} to {:?} is told as {phases:?}",
            from.phase, to.phase
        ));
    }
    let in_order = to
        .history
        .iter()
        .zip(1..)
        .all(|(entry, place)| entry.sequence == place);
    let anew = to.reason == Some(Reason::SealBroken) && to.history.len() == 1;
    if to.history.len() > LONGEST_HISTORY || !(in_order || anew) {
        return Err(format!("out of order: {:?}", to.history));
    }
    Ok(())
}

/// Terminal only with its claim ended, and with nothing of it left or another claim that keeps it.
pub(super) fn l12(sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Seen::Wrote { before, after } = seen else {
        return Ok(());
    };
    if !after.is_finished() || before.is_finished() {
        return Ok(());
    }
    for name in sim.cluster.past.keys() {
        let Some(stored) = sim.cluster.genuine(name) else {
            continue;
        };
        let Some(record) = &stored.record else { continue };
        let Some(claim) = record.claim(&after.uid) else {
            continue;
        };
        if claim.ended.is_none() {
            return Err(format!("{} is over, and still claims {name}", after.name));
        }
        let settled = |record: &team_operator::domain::Record| match record.state() {
            AssignmentState::Absent => true,
            AssignmentState::Deleting => false,
            AssignmentState::Creating | AssignmentState::Present => others(record, after).next().is_some(),
        };
        let versions = versions_since(sim, name, sim.t - READ_WITHIN);
        let mut recent = versions.iter().filter_map(|stored| stored.record.as_ref());
        if !recent.any(settled) {
            return Err(format!(
                "{} is over, and {name} is {:?}",
                after.name,
                record.state()
            ));
        }
    }
    Ok(())
}

fn others<'a>(
    record: &'a team_operator::domain::Record,
    object: &'a Object,
) -> impl Iterator<Item = &'a Claim> {
    let claims = record.status.claims.iter();
    claims.filter(|claim| claim.request.uid != object.uid && claim.ended.is_none())
}
