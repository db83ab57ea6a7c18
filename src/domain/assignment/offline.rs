//! Without the lease, and with nobody seen who holds it: nothing is created, admitted or written; what is due is deleted
//! from memory.

use chrono::TimeDelta;

use super::deleting::{self, Progress};
use super::machine::AssignmentMachine;
use super::memory::Presence;
use super::record::Record;
use crate::api::AssignmentState;
use crate::domain::machine::{Moment, Need};

/// How often what is remembered is looked for.
const LOOK_INTERVAL: TimeDelta = TimeDelta::minutes(1);

pub(super) fn decide(machine: &mut AssignmentMachine, ended: &Record, moment: &Moment) -> Need {
    match ended.state() {
        // Nobody tells when something can be stored again: it is tried.
        _ if machine.tenure.concluded => machine.rest(machine.config.timings.lookup_retry),
        AssignmentState::Absent => machine.rest(machine.config.timings.lookup_retry),
        AssignmentState::Deleting => {
            // Whoever leads again finds the record as it was, and perhaps with claims that were added meanwhile.
            machine.tenure.went_ahead |= machine.record().is_some_and(Record::is_there);
            match deleting::progress(machine, ended, moment) {
                Progress::Need(need) => need,
                Progress::Gone => forget(machine),
            }
        }
        AssignmentState::Creating | AssignmentState::Present => look(machine, ended, moment),
    }
}

/// What two lists a minute apart lack is gone: a successor may have removed it, and whatever comes after that is not ours.
fn look(machine: &mut AssignmentMachine, record: &Record, moment: &Moment) -> Need {
    let list = match machine.listed_after(record, 0, Some(LOOK_INTERVAL), moment) {
        Ok(list) => list,
        Err(need) => return need,
    };
    let settled = record.state() == AssignmentState::Present;
    match (list.presence == Presence::NotListed, machine.tenure.missing_since) {
        (false, _) => machine.tenure.missing_since = None,
        (true, None) => machine.tenure.missing_since = Some((list.tick, list.asked)),
        (true, Some((tick, since))) if settled && list.tick > tick && list.asked - since >= LOOK_INTERVAL => {
            return forget(machine);
        }
        (true, Some(_)) => {}
    }
    machine.rest(LOOK_INTERVAL)
}

/// Nothing of ours is there any more: whatever comes later is not ours, until the lease tells otherwise.
fn forget(machine: &mut AssignmentMachine) -> Need {
    machine.tenure.concluded = true;
    machine.rest(machine.config.timings.lookup_retry)
}
