//! Laws about creating and deleting.

use std::rc::Rc;

use team_operator::api::{Assignment, AssignmentState, Phase};

use super::{SKEW, Seen, Sent};
use crate::cluster::Object;
use crate::sim::{Sim, is_about_ours};
use crate::truth::{Key, key};

/// Longer ago than any list lags.
const LONG_AGO: i64 = 300;

fn sent(seen: &Seen) -> Option<&Sent> {
    match seen {
        Seen::Sent(sent) => Some(sent),
        _ => None,
    }
}

fn intent(sent: &Sent) -> Option<&Assignment> {
    sent.stored.as_ref()?.status.assignment.as_ref()
}

/// Live requests other than `uid` with an assignment of ours on the tuple, as they are stored.
pub(super) fn owners<'a>(sim: &'a Sim, uid: &'a str, about: &'a Key) -> impl Iterator<Item = &'a Rc<Object>> {
    sim.cluster.objects.values().filter(move |object| {
        let assignment = object.status.assignment.as_ref();
        let shares = assignment.is_some_and(|assignment| {
            is_about_ours(assignment) && assignment.tuple.as_ref().map(key).as_ref() == Some(about)
        });
        object.uid != uid && !object.is_finished() && shares
    })
}

/// Every AWS write is preceded by a stored intent that names its tuple and its end.
///
/// What was written may have moved on by the time it is sent: another leader goes on where the first one stopped. While
/// the API server does not answer, the stored end is the intent of the removal at that end.
pub(super) fn l4(_sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Some(sent) = sent(seen) else { return Ok(()) };
    let Some(stored) = &sent.stored else {
        return if sent.leads {
            Err("nothing is stored".to_owned())
        } else {
            Ok(())
        };
    };
    let assignment = intent(sent).ok_or("no intent is stored")?;
    if assignment.tuple.as_ref() != Some(&sent.tuple) {
        return Err(format!(
            "the intent is about {:?}, not {:?}",
            assignment.tuple, sent.tuple
        ));
    }
    let window = stored.status.window.clone().unwrap_or_default();
    let end = window.end_time.or(window.not_after).ok_or("no end is stored")?;
    let named = match (sent.create, sent.from_memory) {
        (true, _) => assignment.create.is_some(),
        (false, false) => assignment.delete.is_some() && assignment.state >= AssignmentState::Removing,
        (false, true) => end <= sent.latest,
    };
    if named {
        Ok(())
    } else {
        Err(format!("the intent does not name it: {assignment:?}"))
    }
}

/// The finalizer goes only when no intent was stored, or the assignment is Gone; and in truth nothing of the request is
/// left then that nobody else looks after.
pub(super) fn l7(sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Seen::FinalizerRemoved { object } = seen else {
        return Ok(());
    };
    let Some(assignment) = &object.status.assignment else {
        return Ok(());
    };
    if !assignment.state.is_settled() {
        return Err(format!("the assignment is {:?}", assignment.state));
    }
    let Some(about) = assignment.tuple.as_ref().map(key) else {
        return Ok(());
    };
    let left = sim.truth.tuples.get(&about).is_some_and(|tuple| {
        tuple.present && tuple.touched && !tuple.by_others && !landed_late(sim, &about, tuple.since)
    });
    if left && owners(sim, &object.uid, &about).next().is_none() {
        return Err(format!("{about:?} is still there"));
    }
    Ok(())
}

/// Whether what is there came from a create that took effect later than the controller has to wait for: longer after it
/// was sent than "5 min after the last sight of it", or after a later operation of ours had succeeded. Both are promises
/// that AWS does not make.
pub(super) fn landed_late(sim: &Sim, about: &Key, since: i64) -> bool {
    let mut sent = sim
        .truth
        .loose
        .iter()
        .filter(|(at, key)| key == about && *at <= since)
        .map(|(at, _)| *at);
    let newest = sent.next_back();
    sim.truth.overtaken.contains(about) || newest.is_none_or(|at| since - at > LONG_AGO)
}

/// No grant while clocks are more than 30 s apart, and none, whatever clocks do, for a request whose end has begun.
pub(super) fn l9(sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Some(sent) = sent(seen).filter(|sent| sent.create) else {
        return Ok(());
    };
    if sent.clocks_apart > SKEW {
        return Err(format!("a create while clocks are {} s apart", sent.clocks_apart));
    }
    let was_ended = sim
        .truth
        .requests
        .get(&sent.uid)
        .is_some_and(|truth| truth.was_ended);
    if was_ended && sent.undisturbed {
        return Err("a create for a request that was being ended".to_owned());
    }
    Ok(())
}

/// An assignment seen in the baseline and not made by us exists after us.
///
/// A delete that an old leader sends when it wakes from a pause is beyond this law: nothing fences a removal, and
/// nothing should.
pub(super) fn l11(sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Some(sent) = sent(seen).filter(|sent| sent.leads) else {
        return Ok(());
    };
    let before = &sent.before;
    let theirs = before.present && before.by_others && !before.touched;
    if theirs && !sent.create {
        return Err(format!(
            "deletes {:?}, which others made at {}",
            sent.tuple, before.since
        ));
    }
    if theirs && sim.t - before.since > LONG_AGO {
        return Err(format!("creates {:?}, which others made long ago", sent.tuple));
    }
    Ok(())
}

/// Never two open operations of ours on a tuple, as far as anybody can know: one whose answer was lost is unknown, AWS
/// refuses a second one beside it, and a removal from memory asks nobody.
pub(super) fn l13(_sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Some(sent) = sent(seen).filter(|sent| sent.leads && !sent.from_memory) else {
        return Ok(());
    };
    match sent.open.first() {
        None => Ok(()),
        Some(open) => Err(format!("{open} is still under way on {:?}", sent.tuple)),
    }
}

/// The assignment goes with its last holder: while another request holds it, the first end removes nothing.
pub(super) fn last_holder(sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Some(sent) = sent(seen).filter(|sent| !sent.create && sent.leads && !sent.from_memory) else {
        return Ok(());
    };
    let about = key(&sent.tuple);
    let active = owners(sim, &sent.uid, &about).find(|object| object.status.phase == Some(Phase::Active));
    match active {
        Some(object) => Err(format!("{} deletes what {} holds", sent.uid, object.uid)),
        None => Ok(()),
    }
}
