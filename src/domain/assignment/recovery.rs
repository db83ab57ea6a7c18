//! Records that vanished, were forged, or are of another time.

use chrono::TimeDelta;

use super::machine::AssignmentMachine;
use super::record::Record;
use super::record_name;
use super::stored_record::{RecordSeal, RecordWrite, StoredRecord};
use crate::api::{AccountAssignmentSpec, AssignmentState, Claim, ClaimEnd, Create, Phase, Reason};
use crate::domain::machine::{Moment, Need, Sight};
use crate::domain::snapshot::{Lease, RequestFacts, SealCheck};

/// What to do with nothing in memory: take over what is there, or build it anew from the requests that prove that it is ours.
/// `None`: there is something in memory now.
pub(super) fn without_memory(machine: &mut AssignmentMachine, moment: &Moment) -> Option<Need> {
    if moment.lease != Lease::Held {
        return Some(machine.rest(machine.config.timings.lookup_retry));
    }
    if let Some(rebuilt) = machine.evidence(moment) {
        told(machine);
        machine.restore = Some(rebuilt);
        return None;
    }
    match machine.instead.take() {
        Some(Sight::There(stored)) if is_of_creation(machine, &stored) => {
            machine.believe(*stored);
            None
        }
        Some(Sight::There(stored)) => {
            let sentence = format!(
                "The AccountAssignment {} was changed by somebody else, and no request tells what it was: nothing in it is \
                 believed. See in AWS whether its user has the access, and remove it there; then delete this record as the controller's service account.",
                stored.name
            );
            machine.instead = Some(Sight::There(stored));
            Some(tell_broken(machine, sentence))
        }
        Some(Sight::Gone | Sight::Unknown(_)) | None => {
            Some(machine.rest(machine.config.timings.resync_interval))
        }
    }
}

/// Tells once a pass that a record is broken, and does nothing about it.
fn tell_broken(machine: &mut AssignmentMachine, sentence: String) -> Need {
    if machine.tick != machine.pass {
        return machine.rest(machine.config.timings.resync_interval);
    }
    machine.alert(Reason::RecordBroken, sentence);
    Need::Tell(std::mem::take(&mut machine.outbox))
}

/// Writes back what is remembered, where something else, or nothing, is there instead.
pub(super) fn restore(
    machine: &mut AssignmentMachine,
    patience: Option<TimeDelta>,
    moment: &Moment,
) -> Option<Need> {
    if machine.restore.is_none() {
        match machine.instead {
            None | Some(Sight::Unknown(_)) => return None,
            Some(Sight::Gone) if !machine.remembers_access() => {
                machine.forget();
                return Some(machine.rest(machine.config.timings.resync_interval));
            }
            Some(Sight::Gone | Sight::There(_)) => {
                told(machine);
                machine.restore = machine.draft();
            }
        }
    }
    let mut record = machine.restore.clone()?;
    if machine.unanswered {
        return Some(machine.rest(machine.config.timings.lookup_retry));
    }
    match machine.instead.take() {
        Some(Sight::There(stored)) => take_place(machine, *stored, &record, moment),
        Some(Sight::Gone) => machine.stored = None,
        Some(Sight::Unknown(_)) | None => {}
    }
    let Some(stored) = &machine.stored else {
        if machine.must_read {
            return Some(Need::ReadRecord(machine.name.clone()));
        }
        // It is made anew as every record is: Absent. What is remembered is put into it by the next write.
        let empty = Record::absent(record.spec, moment.now);
        let write = RecordWrite {
            patience,
            ..RecordWrite::create(machine.name.clone(), empty)
        };
        return Some(machine.write(write));
    };
    if machine.conflicted {
        return Some(Need::ReadRecord(machine.name.clone()));
    }
    if let Some(meanwhile) = &stored.record {
        record.take_over(&meanwhile.status.claims);
    }
    Some(machine.store(record, patience))
}

/// Takes the place of an object whose content is replaced next. Of what it says, only claims that the controller itself put
/// into a new record are kept.
fn take_place(machine: &mut AssignmentMachine, there: StoredRecord, restored: &Record, moment: &Moment) {
    let created = there.record.clone().filter(|_| is_of_creation(machine, &there));
    let record = created.unwrap_or_else(|| Record::absent(restored.spec.clone(), moment.now));
    machine.must_read = false;
    machine.stored = Some(StoredRecord {
        record: Some(record),
        seal: RecordSeal::Valid,
        ..there
    });
}

fn is_of_creation(machine: &AssignmentMachine, stored: &StoredRecord) -> bool {
    let named = |record: &Record| {
        record_name(&record.spec) == machine.name && record.state() == AssignmentState::Absent
    };
    stored.seal == RecordSeal::OfCreation && stored.record.as_ref().is_some_and(named)
}

fn told(machine: &mut AssignmentMachine) {
    let sentence = format!(
        "The AccountAssignment {} was deleted or changed by somebody else: it is written anew from what is known.",
        machine.name
    );
    machine.alert(Reason::RecordRestored, sentence);
}

impl AssignmentMachine {
    /// Forgets everything: nothing of ours is there.
    pub(super) fn forget(&mut self) {
        self.stored = None;
        self.instead = None;
        self.restore = None;
        self.list = None;
        self.begin_tenure();
        self.requests.clear();
        self.claims_seen.clear();
    }

    /// The record as the live, sealed requests prove it: what may be there, and is to be deleted when nobody claims it.
    fn evidence(&self, moment: &Moment) -> Option<Record> {
        let requests = self.requests.values().filter_map(|seen| match &seen.sight {
            Sight::There(facts) => Some(facts.as_ref()),
            Sight::Gone | Sight::Unknown(_) => None,
        });
        let proving: Vec<&RequestFacts> = requests.filter(|facts| proves(facts)).collect();
        let spec = proving.iter().find_map(|facts| spec_of(facts, self))?;
        let mut record = Record::absent(spec, moment.now);
        for facts in proving {
            if let Some(claim) = claim_of(facts, moment) {
                record.status.claims.push(claim);
            }
        }
        record.move_to(AssignmentState::Present, moment.now);
        record.status.create = Some(Create {
            sent_time: moment.now,
            outcome: None,
        });
        Some(record)
    }
}

/// Whether a request proves that its assignment is ours.
fn proves(facts: &RequestFacts) -> bool {
    let state = facts
        .status
        .assignment
        .as_ref()
        .map(|assignment| assignment.state);
    let may_be_there = state.is_some_and(|state| state != AssignmentState::Absent);
    let lives = facts.status.phase.is_some_and(|phase| !phase.is_terminal());
    let holds = matches!(facts.status.phase, Some(Phase::Active | Phase::Revoking));
    facts.seal == SealCheck::Valid && lives && (holds || may_be_there)
}

fn spec_of(facts: &RequestFacts, machine: &AssignmentMachine) -> Option<AccountAssignmentSpec> {
    let spec = crate::domain::request::assignment_of(&facts.status)?;
    (record_name(&spec) == machine.name).then_some(spec)
}

fn claim_of(facts: &RequestFacts, moment: &Moment) -> Option<Claim> {
    let window = facts.status.window.as_ref()?;
    let access = facts.status.access.as_ref()?;
    let ended = facts.status.ending.as_ref().map(|ending| ClaimEnd {
        time: ending.requested_time,
        reason: ending.reason,
        message: Some(ending.message.clone()),
        by: ending.by.clone(),
    });
    Some(Claim {
        request: facts.claim_request(),
        from: window.start_time.or(facts.spec.start_time).unwrap_or(moment.now),
        duration: access.duration,
        not_after: window.not_after?,
        admitted_until: moment.now,
        start_time: window.start_time,
        end_time: window.end_time,
        ended,
    })
}
