//! Nothing of ours is there: create the assignment when it is claimed, or remove the record when nobody needs it any more.

use chrono::TimeDelta;

use super::machine::AssignmentMachine;
use super::memory::{Anchor, Presence};
use super::record::{Record, standing_access};
use crate::api::{AssignmentState, Claim, Phase, Reason, Timestamp};
use crate::domain::machine::{Create, Moment, Need, Sight};
use crate::domain::window::after;

/// How old the list without the assignment may be when the intent to create it is stored.
const BASELINE_AGE: TimeDelta = TimeDelta::seconds(10);

/// How long after the intent was stored a create may be signed.
pub(super) const SIGNING_TIME: TimeDelta = TimeDelta::minutes(1);

pub(super) fn decide(machine: &mut AssignmentMachine, record: Record, moment: &Moment) -> Need {
    if record
        .status
        .claims
        .iter()
        .all(|claim| machine.is_needless(claim, moment))
    {
        return remove(machine, &record, moment);
    }
    let grantable = match machine.grantable(&record, moment) {
        Ok(grantable) => grantable,
        Err(need) => return need,
    };
    if grantable.is_empty() {
        return machine.wait_for_claims(&record, moment);
    }
    let list = match machine.listed_after(&record, machine.state_since, Some(BASELINE_AGE), moment) {
        Ok(list) => list,
        Err(need) => return need,
    };
    if list.presence == Presence::Listed {
        return stands_already(machine, record, moment);
    }
    intend(machine, record, &grantable, list.time, moment)
}

/// What is listed although nothing of ours is there is the old assignment for a moment, and standing access after that.
fn stands_already(machine: &mut AssignmentMachine, mut record: Record, moment: &Moment) -> Need {
    let since = machine.elapsed(Anchor::State, record.status.state_time, moment);
    if record.state() == AssignmentState::Absent && since < machine.config.timings.list_lag {
        return machine.rest(machine.config.timings.poll_interval);
    }
    yield_to_standing(machine, &mut record, moment)
}

/// The person has the access without us: every claim on it ends, and security is told.
pub(super) fn yield_to_standing(
    machine: &mut AssignmentMachine,
    record: &mut Record,
    moment: &Moment,
) -> Need {
    if machine.unanswered {
        return machine.rest(machine.config.timings.lookup_retry);
    }
    let latest = moment.latest(&machine.config.timings);
    record.yield_to_standing_access(&standing_access(moment.now), moment.now, latest);
    machine.alert(
        Reason::StandingAccess,
        format!(
            "User {} has {} in account {} without the controller: nothing was created.",
            record.spec.user_name, record.spec.permission_set_name, record.spec.account_id
        ),
    );
    machine.store(record.clone(), None)
}

/// Stores the intent to create the assignment, for the first time or once more. It is sent when it is stored.
pub(super) fn intend(
    machine: &mut AssignmentMachine,
    mut record: Record,
    grantable: &[Claim],
    baseline: Timestamp,
    moment: &Moment,
) -> Need {
    if machine.unanswered || grantable.is_empty() {
        return machine.rest(machine.config.timings.lookup_retry);
    }
    record.intend(baseline, moment.now, machine.config.timings.create_bound);
    machine.intent = Some(moment.now);
    machine.store(record, None)
}

/// The create of an intent that this process has just stored.
pub(super) fn send(machine: &mut AssignmentMachine, record: &Record, sent_time: Timestamp) -> Need {
    machine.intent = None;
    let signed_before = after(sent_time, SIGNING_TIME);
    let covered_until = record
        .covering(sent_time)
        .map(Claim::end)
        .max()
        .unwrap_or(sent_time);
    machine.send_create(Create {
        key: record.key(),
        not_after: signed_before.min(covered_until),
    })
}

/// A record goes when nobody needs it, and the assignment was looked for once more. What is there then is somebody else's: it
/// is told as the sweep would.
fn remove(machine: &mut AssignmentMachine, record: &Record, moment: &Moment) -> Need {
    if machine.is_abandoned(record) {
        return machine.remove_record();
    }
    let list = match machine.listed_after(record, machine.state_since, None, moment) {
        Ok(list) => list,
        Err(need) => return need,
    };
    if machine.unanswered {
        return machine.rest(machine.config.timings.lookup_retry);
    }
    if list.presence == Presence::Listed {
        machine.alert(
            Reason::UnheldAssignment,
            format!(
                "User {} has {} in account {}, and no request holds it.",
                record.spec.user_name, record.spec.permission_set_name, record.spec.account_id
            ),
        );
    }
    machine.remove_record()
}

impl AssignmentMachine {
    /// Whether a claim may be left out: it has ended, its request could not come back for it, and the request is over.
    pub(super) fn is_needless(&self, claim: &Claim, moment: &Moment) -> bool {
        let earliest = moment.earliest(&self.config.timings);
        if claim.ended.is_none() || earliest < claim.not_after {
            return false;
        }
        match self.requests.get(&claim.request.uid).map(|seen| &seen.sight) {
            Some(Sight::There(facts)) => facts.status.phase.is_some_and(Phase::is_terminal),
            Some(Sight::Gone) => true,
            Some(Sight::Unknown(_)) | None => false,
        }
    }

    pub(super) fn remove_record(&mut self) -> Need {
        match &self.stored {
            Some(stored) => {
                let write = stored.delete();
                self.write(write)
            }
            None => self.rest(self.config.timings.resync_interval),
        }
    }

    /// Waits for a claim to begin, to be admitted again, to end, or to be needed no longer.
    pub(super) fn wait_for_claims(&mut self, record: &Record, moment: &Moment) -> Need {
        let ended = |claim: &&Claim| claim.ended.is_some();
        let over = |claim: &&Claim| moment.earliest(&self.config.timings) >= claim.not_after;
        let unknown = |claim: &&Claim| {
            let sight = self.requests.get(&claim.request.uid).map(|seen| &seen.sight);
            !matches!(sight, Some(Sight::Gone))
                && !self.is_needless(claim, moment)
                && self.may_read(claim, moment)
        };
        let mut claims = record.status.claims.iter();
        let to_read = claims.find(|claim| ended(claim) && over(claim) && unknown(claim));
        if let Some(claim) = to_read
            && !self.unanswered
        {
            return Need::ReadRequest(claim.request.clone());
        }
        let latest = moment.latest(&self.config.timings);
        let times = record.status.claims.iter().flat_map(|claim| match claim.ended {
            Some(_) => [claim.not_after, claim.not_after],
            None => [claim.from, claim.end()],
        });
        let next = times.filter(|time| *time > latest.min(moment.now)).min();
        let wait = next.map_or(self.config.timings.resync_interval, |next| {
            next.to_utc() - latest.min(moment.now).to_utc()
        });
        self.rest(wait)
    }

    /// Whether a request was not read live within the last minutes.
    fn may_read(&self, claim: &Claim, moment: &Moment) -> bool {
        let read = self.requests.get(&claim.request.uid).and_then(|seen| seen.read);
        read.is_none_or(|read| moment.uptime - read >= self.config.timings.lookup_retry)
    }

    /// Whether an administrator gave up the instance that the record is about.
    pub(super) fn is_abandoned(&self, record: &Record) -> bool {
        self.config.abandoned.as_ref() == Some(&record.spec.instance_arn) && !self.is_configured(record)
    }
}
