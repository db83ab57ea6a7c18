//! Laws about records, and about creating and deleting.

use std::rc::Rc;

use team_operator::api::{AssignmentState, Claim, Reason};
use team_operator::domain::{Record, RecordSeal, StoredRecord};

use super::{SKEW, Seen, SentToAws, forged, record_of, versions_since};
use crate::cluster::seconds;
use crate::records::is_there;
use crate::sim::Sim;
use crate::truth::{Key, RECENTLY, key};

/// Longer ago than any list lags.
const LONG_AGO: i64 = 300;
/// A create is signed within so many seconds of its intent, and a call takes its time.
const SIGNED_WITHIN: i64 = 60;
/// Two creates without the first one's final word are so many seconds apart.
const APART: i64 = 30;
/// Somebody is told that access was lost only where no delete of ours went out for so many seconds.
const ASKED_LATELY: i64 = 1200;

fn sent(seen: &Seen) -> Option<&SentToAws> {
    match seen {
        Seen::Sent(sent) => Some(sent),
        _ => None,
    }
}

fn content(stored: Option<&Rc<StoredRecord>>) -> Option<&Record> {
    stored.and_then(|stored| stored.record.as_ref())
}

/// Remembers what later checks rest on.
pub(super) fn note(sim: &mut Sim, seen: &Seen) {
    let Seen::WroteRecord { before, after, .. } = seen else {
        return;
    };
    let Some(record) = content(after.as_ref()) else {
        return;
    };
    let about = key(&record.key());
    let intent = |record: &Record| record.status.create.as_ref().map(|create| create.sent_time);
    let known = content(before.as_ref()).and_then(intent);
    if record.state() == AssignmentState::Creating && intent(record) != known {
        sim.truth.intents.push((about, sim.t));
    }
}

/// Whether what covers a tuple by that clock is stored, of requests that nobody stopped.
pub(crate) fn covering<'a>(
    sim: &'a Sim,
    record: &'a Record,
    latest: team_operator::api::Timestamp,
) -> impl Iterator<Item = &'a Claim> {
    record.covering(latest).filter(move |claim| {
        let truth = sim.truth.requests.get(&claim.request.uid);
        truth.is_some_and(|truth| truth.stopped_at.is_none() && !truth.status_forged)
    })
}

/// Every AWS write is preceded by a stored intent that names its tuple and its end; who creates holds the lease.
pub(super) fn l4(sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Some(sent) = sent(seen) else { return Ok(()) };
    let about = key(&sent.key);
    if sim.truth.lost.contains(&about) {
        return Ok(());
    }
    if sent.create {
        let recent = |(key, at): &(Key, i64)| *key == about && sim.t - at <= SIGNED_WITHIN + SKEW;
        return match (sent.leads, sim.truth.intents.iter().any(recent)) {
            (false, _) => Err("a create without the lease".to_owned()),
            (true, false) => Err(format!("no intent is stored for {about:?}")),
            (true, true) => Ok(()),
        };
    }
    let Some(name) = record_of(sim, &about) else {
        return Err(format!(
            "a delete of {about:?}, about which nothing was ever stored"
        ));
    };
    let stored = sim.cluster.genuine(name);
    let Some(record) = content(stored.as_ref()).filter(|_| sent.leads) else {
        return Ok(());
    };
    let intended = record.state() == AssignmentState::Deleting;
    if intended || sent.goes_ahead || covering(sim, record, sent.latest).next().is_none() {
        Ok(())
    } else {
        Err(format!("a delete of {name}, which is {:?}", record.state()))
    }
}

/// Forged records, and old ones played back, never cause a call that sealed ones of now would not; nor is anything of them
/// written down as ours.
pub(super) fn l21(sim: &Sim, seen: &Seen) -> Result<(), String> {
    if let Seen::WroteRecord {
        before: Some(before),
        after: Some(after),
        ..
    } = seen
        && !sim.cluster.was_written(before)
    {
        return forged::nothing_believed(sim, before, after);
    }
    let Some(sent) = sent(seen).filter(|sent| sent.leads) else {
        return Ok(());
    };
    let about = key(&sent.key);
    if !sim.is_forged(&about) || sim.truth.lost.contains(&about) {
        return Ok(());
    }
    let Some(name) = record_of(sim, &about) else {
        return Err(format!("a call about {about:?}, which somebody made up"));
    };
    let stored = sim.cluster.genuine(name);
    let Some(record) = content(stored.as_ref()) else {
        return Ok(());
    };
    let covered = covering(sim, record, sent.latest).next().is_some();
    let there = matches!(
        record.state(),
        AssignmentState::Creating | AssignmentState::Present
    );
    if !sent.create && there && covered && !sent.goes_ahead {
        return Err(format!("a delete of {name}, as a forged record says"));
    }
    Ok(())
}

/// A record goes only when it is Absent and unclaimed, and in truth nothing of ours is left; a finalizer only when the
/// request is over and its claim has ended.
pub(super) fn l7(sim: &Sim, seen: &Seen) -> Result<(), String> {
    match seen {
        Seen::FinalizerRemoved { object } => {
            if !object.is_finished() {
                return Err(format!("{} is {:?}", object.name, object.status.phase));
            }
            for (name, stored) in &sim.cluster.records {
                let claim = stored
                    .record
                    .as_ref()
                    .and_then(|record| record.claim(&object.uid));
                if claim.is_some_and(|claim| claim.ended.is_none()) && sim.cluster.is_genuine(name) {
                    return Err(format!("{} still claims {name}", object.name));
                }
            }
            Ok(())
        }
        Seen::WroteRecord {
            before: Some(before),
            after: None,
            ..
        } if before.seal != RecordSeal::Broken => {
            let Some(record) = &before.record else {
                return Ok(());
            };
            let about = key(&record.key());
            let open = record.status.claims.iter().find(|claim| claim.ended.is_none());
            if record.state() != AssignmentState::Absent || open.is_some() {
                return Err(format!("{} was removed as {:?}", before.name, record.state()));
            }
            let lost = sim.truth.lost.contains(&about);
            let left = sim.truth.tuples.get(&about).is_some_and(|tuple| {
                tuple.present
                    && tuple.touched
                    && !tuple.by_others
                    && !sim.truth.landed_late(&about, tuple.since)
            });
            if left && !lost {
                return Err(format!("{about:?} is still there"));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// An assignment seen in the baseline and not made by us exists after us.
///
/// A delete that an isolated replica sends is beyond this law, and so is what others made since the baseline.
pub(super) fn l11(sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Some(sent) = sent(seen).filter(|sent| sent.leads) else {
        return Ok(());
    };
    let (before, about) = (&sent.before, key(&sent.key));
    let theirs = before.present && before.by_others && !before.touched;
    if !theirs || sim.truth.lost.contains(&about) {
        return Ok(());
    }
    let intents = sim.truth.intents.iter().filter(|(key, _)| *key == about);
    let newest = intents.map(|(_, at)| *at).max();
    let age = |at: i64| at - before.since;
    if !sent.create && newest.is_none_or(|at| age(at) > LONG_AGO) {
        return Err(format!(
            "deletes {about:?}, which others made at {}",
            before.since
        ));
    }
    if sent.create && age(sim.t) > LONG_AGO {
        return Err(format!("creates {about:?}, which others made long ago"));
    }
    Ok(())
}

/// No record is Absent, or gone, while a create of ours may still land; and two creates without the first one's final
/// word are half a minute apart.
pub(super) fn l13(sim: &Sim) -> Result<(), String> {
    let creates = &sim.truth.creates;
    if let [.., newest] = creates.as_slice()
        && newest.t == sim.t
        && !sim.truth.lost.contains(&newest.key)
    {
        let mut others = creates[..creates.len() - 1].iter().rev();
        let before = others.find(|create| create.key == newest.key);
        let open = |id: &String| sim.truth.open.contains_key(id);
        let close = before.filter(|before| {
            let is_open = before.held.is_some() || before.operation.as_ref().is_some_and(open);
            let listed = sim
                .truth
                .listed
                .get(&(newest.key.1.clone(), newest.key.2.clone()));
            let looked = listed.is_some_and(|at| *at > before.t);
            is_open && (newest.t - before.t < APART || !looked)
        });
        if let Some(before) = close {
            return Err(format!(
                "two creates, {} s apart, or without a list between",
                newest.t - before.t
            ));
        }
    }
    for create in creates {
        let about = &create.key;
        if !sim.truth.may_land(about) || sim.truth.lost.contains(about) {
            continue;
        }
        let Some(name) = record_of(sim, about) else {
            continue;
        };
        let stored = sim.cluster.genuine(name);
        let absent = content(stored.as_ref()).is_none_or(|record| record.state() == AssignmentState::Absent);
        if absent && !sim.is_known_without_record(name) {
            return Err(format!(
                "{name} is Absent, and a create of {} s may land",
                create.t
            ));
        }
    }
    Ok(())
}

/// In Creating and Present, what a covering claim covers gets no delete from the process that holds the lease, but for one
/// that went ahead from memory; and no claim ends by time before its time.
pub(super) fn l17(sim: &Sim, seen: &Seen) -> Result<(), String> {
    if let Seen::WroteRecord {
        latest: Some(latest),
        before: Some(before),
        after,
        ..
    } = seen
    {
        if !sim.cluster.was_written(before) {
            return Ok(());
        }
        return no_early_end(*latest, before.record.as_ref(), content(after.as_ref()));
    }
    let Some(sent) = sent(seen).filter(|sent| !sent.create && sent.leads) else {
        return Ok(());
    };
    let about = key(&sent.key);
    if sim.truth.lost.contains(&about) {
        return Ok(());
    }
    let Some(name) = record_of(sim, &about) else {
        return Ok(());
    };
    let stored = sim.cluster.genuine(name);
    let Some(record) = content(stored.as_ref()) else {
        return Ok(());
    };
    let claim = covering(sim, record, sent.latest).next();
    match claim.filter(|_| is_there(record) && !sent.goes_ahead) {
        Some(claim) => Err(format!("deletes what {} claims", claim.request.name)),
        None => Ok(()),
    }
}

fn no_early_end(latest: i64, before: Option<&Record>, after: Option<&Record>) -> Result<(), String> {
    let (Some(before), Some(after)) = (before, after) else {
        return Ok(());
    };
    for claim in before.status.claims.iter().filter(|claim| claim.ended.is_none()) {
        let end = after
            .claim(&claim.request.uid)
            .and_then(|claim| claim.ended.as_ref());
        let by_time = end.filter(|end| matches!(end.reason, Reason::EndReached | Reason::GrantTimedOut));
        if by_time.is_some() && seconds(claim.end()) > latest {
            return Err(format!("{} ends before {}", claim.request.name, claim.end()));
        }
    }
    Ok(())
}

/// Nobody is told that access was lost which AWS has had all the time, nor that somebody removed what we removed.
pub(super) fn l19(sim: &Sim, seen: &Seen) -> Result<(), String> {
    let Seen::WroteRecord { before, after, .. } = seen else {
        return Ok(());
    };
    let Some(record) = content(after.as_ref()) else {
        return Ok(());
    };
    let about = key(&record.key());
    let known = |uid: &str| {
        content(before.as_ref())
            .and_then(|before| before.claim(uid))
            .cloned()
    };
    for claim in &record.status.claims {
        let new = known(&claim.request.uid).is_some_and(|known| known.ended.is_none());
        let lost = claim
            .ended
            .as_ref()
            .is_some_and(|end| end.reason == Reason::AccessLost);
        if !new || !lost {
            continue;
        }
        let tuple = sim.truth.tuples.get(&about);
        let asked = sim
            .truth
            .asked
            .get(&about)
            .is_some_and(|at| sim.t - at <= ASKED_LATELY);
        let always = tuple.is_some_and(|tuple| tuple.present && sim.t - tuple.since > RECENTLY);
        if always && !asked {
            return Err(format!("{} is told that {about:?} was lost", claim.request.name));
        }
    }
    Ok(())
}

/// Whether a request had a claim on a genuine record of the tuple that was open a short while ago.
pub(super) fn recent_claims(sim: &Sim, about: &Key) -> Vec<Claim> {
    let Some(name) = record_of(sim, about) else {
        return vec![];
    };
    let versions = versions_since(sim, name, sim.t - SIGNED_WITHIN - SKEW);
    let records = versions.iter().rev().filter_map(|stored| stored.record.as_ref());
    let open = records.flat_map(|record| record.status.claims.iter());
    open.filter(|claim| claim.ended.is_none()).cloned().collect()
}
