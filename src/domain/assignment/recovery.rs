//! Records that vanished, were forged, or are of another time.

use super::machine::AssignmentMachine;
use super::memory::Tenure;
use super::record::{Record, RecordSeal, RecordWrite, StoredRecord};
use super::record_name;
use crate::api::{
    AccountAssignmentSpec, AssignmentState, Claim, ClaimEnd, ClaimRequest, Create, Phase, Reason,
};
use crate::domain::machine::{Moment, Need, Sight};
use crate::domain::snapshot::{Lease, RequestFacts, SealCheck};

/// What to do with nothing in memory: take over what is there, or build it anew from the requests that prove that it is ours.
pub(super) fn without_memory(machine: &mut AssignmentMachine, moment: &Moment) -> Need {
    if moment.lease != Lease::Held {
        return machine.rest(machine.config.timings.lookup_retry);
    }
    if let Some(record) = machine.restore.clone() {
        return create(machine, &record, moment);
    }
    let evidence = machine.evidence(moment);
    match (machine.instead.take(), evidence) {
        (Some(Sight::There(stored)), Some(rebuilt)) => {
            machine.restore = Some(rebuilt);
            told(machine);
            adopt(machine, *stored, moment)
        }
        (Some(Sight::There(stored)), None) if is_of_creation(machine, &stored) => {
            machine.believe(*stored);
            machine.decide(moment)
        }
        (Some(Sight::There(stored)), None) => {
            let sentence = format!(
                "The AccountAssignment {} was changed by somebody else, and no request tells what it was: nothing in it is \
                 believed. See in AWS whether its user has the access, and remove it there; then delete this record as the controller's service account.",
                stored.name
            );
            machine.instead = Some(Sight::There(stored));
            tell_broken(machine, sentence)
        }
        (None | Some(Sight::Gone | Sight::Unknown(_)), Some(rebuilt)) => {
            told(machine);
            machine.restore = Some(rebuilt.clone());
            create(machine, &rebuilt, moment)
        }
        (None | Some(Sight::Gone | Sight::Unknown(_)), None) => {
            machine.rest(machine.config.timings.resync_interval)
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

/// Writes back what is remembered, where something else, or nothing, is there instead; and what is to be put into a record
/// that was made anew.
pub(super) fn restore(machine: &mut AssignmentMachine, moment: &Moment) -> Option<Need> {
    if let Some(record) = machine.restore.take() {
        if machine.unanswered {
            machine.restore = Some(record);
            return Some(machine.rest(machine.config.timings.lookup_retry));
        }
        return Some(machine.store(record, None));
    }
    let sight = machine.instead.clone()?;
    if machine.unanswered {
        return Some(machine.rest(machine.config.timings.lookup_retry));
    }
    let remembered = machine.record().cloned();
    match sight {
        Sight::Unknown(_) => None,
        Sight::Gone if !machine.remembers_access() => {
            machine.forget();
            Some(machine.rest(machine.config.timings.resync_interval))
        }
        Sight::Gone => {
            told(machine);
            machine.restore.clone_from(&remembered);
            machine.stored = None;
            remembered.map(|record| create(machine, &record, moment))
        }
        Sight::There(there) => {
            told(machine);
            let mut record = remembered?;
            if let Some(created) = there.record.as_ref().filter(|_| is_of_creation(machine, &there)) {
                for claim in &created.status.claims {
                    let _ = record.admit(claim.clone());
                }
            }
            machine.instead = None;
            if let Some(stored) = machine.stored.as_mut() {
                stored.uid.clone_from(&there.uid);
                stored.version.clone_from(&there.version);
                stored.deletion_requested = there.deletion_requested;
                stored.has_finalizer = there.has_finalizer;
            }
            Some(machine.store(record, None))
        }
    }
}

/// A record that the last write created, and that bears the seal of its creation alone.
pub(super) fn created(machine: &mut AssignmentMachine, stored: StoredRecord) {
    machine.stored = None;
    machine.believe(stored);
}

/// Takes the place of an object whose content is replaced next.
fn adopt(machine: &mut AssignmentMachine, there: StoredRecord, moment: &Moment) -> Need {
    let Some(rebuilt) = machine.restore.take() else {
        return machine.rest(machine.config.timings.lookup_retry);
    };
    let mut rebuilt = rebuilt;
    if let Some(created) = there.record.as_ref().filter(|_| is_of_creation(machine, &there)) {
        for claim in &created.status.claims {
            let _ = rebuilt.admit(claim.clone());
        }
    }
    let record = Some(Record::absent(rebuilt.spec.clone(), moment.now));
    machine.believe(StoredRecord {
        record,
        seal: RecordSeal::Valid,
        ..there
    });
    machine.store(rebuilt, None)
}

/// The object is made anew, as every record is: Absent. What was known is put into it by the next write.
fn create(machine: &mut AssignmentMachine, record: &Record, moment: &Moment) -> Need {
    if machine.unanswered {
        return machine.rest(machine.config.timings.lookup_retry);
    }
    let empty = Record::absent(record.spec.clone(), moment.now);
    let name = machine.name.clone();
    machine.write(RecordWrite::create(name, empty))
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
        self.tenure = Tenure::default();
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
        request: ClaimRequest {
            namespace: facts.namespace.clone(),
            name: facts.name.clone(),
            uid: facts.uid.clone(),
        },
        from: window.start_time.or(facts.spec.start_time).unwrap_or(moment.now),
        duration: access.duration,
        not_after: window.not_after?,
        admitted_until: moment.now,
        start_time: window.start_time,
        end_time: window.end_time,
        ended,
    })
}
