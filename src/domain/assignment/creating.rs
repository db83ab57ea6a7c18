//! The intent to create the assignment is stored; AWS may have been asked.

use chrono::TimeDelta;

use super::absent;
use super::machine::{Asked, AssignmentMachine};
use super::memory::{Anchor, List, Presence};
use super::record::Record;
use crate::api::{Create, CreateOutcome, CreateResult};
use crate::domain::fact_reader::Question;
use crate::domain::facts::OperationKind;
use crate::domain::machine::{Moment, Need};

pub(super) fn decide(machine: &mut AssignmentMachine, record: Record, moment: &Moment) -> Need {
    let Some(create) = record.status.create.clone() else {
        // Nothing was sent in this tenure: it is looked at anew.
        return repeat(machine, record, moment);
    };
    if machine.intent == Some(create.sent_time) {
        return intent_is_stored(machine, &record, &create, moment);
    }
    if let Some(need) = machine.poll_create(&record, moment) {
        return need;
    }
    let sent = machine.elapsed(Anchor::CreateSent, create.sent_time, moment);
    let is_under_way = create.outcome.is_none() && machine.tenure.create_id.is_some();
    if is_under_way && sent < machine.config.timings.create_bound {
        return machine.rest(machine.config.timings.poll_interval);
    }
    let floor = machine.create_since.max(machine.state_since);
    let list = match machine.listed_after(&record, floor, Some(machine.config.timings.poll_interval), moment)
    {
        Ok(list) => list,
        Err(need) => return need,
    };
    if list.presence == Presence::Listed {
        return listed(machine, record, &list, moment);
    }
    if is_under_way {
        return machine.rest(machine.config.timings.poll_interval);
    }
    not_listed(machine, record, &create, sent, moment)
}

/// What this very process has stored is sent at once. An intent of ours that comes back from a write without an answer was
/// never sent.
fn intent_is_stored(
    machine: &mut AssignmentMachine,
    record: &Record,
    create: &Create,
    moment: &Moment,
) -> Need {
    if machine.create_since > machine.pass {
        return absent::send(machine, record, create.sent_time);
    }
    machine.intent = None;
    machine.conclude_create(CreateResult::NotSent, moment);
    machine.rest(TimeDelta::seconds(1))
}

fn listed(machine: &mut AssignmentMachine, mut record: Record, list: &List, moment: &Moment) -> Need {
    if record.creates_certainly_failed() {
        return absent::yield_to_standing(machine, &mut record, moment);
    }
    let confirmed = match machine.grantable(&record, moment) {
        Ok(confirmed) => confirmed,
        Err(need) => return need,
    };
    if machine.unanswered {
        return machine.rest(machine.config.timings.lookup_retry);
    }
    record.become_present(moment.now);
    machine.confirm_claims(&mut record, &confirmed, list, moment);
    machine.error = None;
    machine.store(record, None)
}

fn not_listed(
    machine: &mut AssignmentMachine,
    record: Record,
    create: &Create,
    sent: TimeDelta,
    moment: &Moment,
) -> Need {
    let backoff = machine.config.timings.backoff(machine.tenure.creates);
    let wait = match &create.outcome {
        None => machine.config.timings.answer_time.max(backoff) - sent,
        Some(CreateOutcome {
            result: CreateResult::Succeeded,
            time,
        }) => machine.config.timings.list_lag - machine.elapsed(Anchor::CreateWord, *time, moment),
        Some(_) => backoff - sent,
    };
    if wait > TimeDelta::zero() {
        return machine.rest(wait.min(machine.config.timings.poll_interval));
    }
    repeat(machine, record, moment)
}

/// Creates it once more, with everything that the first create needed.
fn repeat(machine: &mut AssignmentMachine, record: Record, moment: &Moment) -> Need {
    let grantable = match machine.grantable(&record, moment) {
        Ok(grantable) => grantable,
        Err(need) => return need,
    };
    if grantable.is_empty() {
        return machine.wait_for_claims(&record, moment);
    }
    let Some(list) = machine.list.clone() else {
        return machine.rest(machine.config.timings.poll_interval);
    };
    absent::intend(machine, record, &grantable, list.time, moment)
}

impl AssignmentMachine {
    /// Which operation to ask about now, if one is under way and it is time.
    pub(super) fn poll_create(&mut self, record: &Record, moment: &Moment) -> Option<Need> {
        let open = record
            .status
            .create
            .as_ref()
            .is_some_and(|create| create.outcome.is_none());
        let id = self.tenure.create_id.clone().filter(|_| open)?;
        if !self.is_configured(record) || !self.is_time(self.tenure.create_polled, moment) {
            return None;
        }
        self.tenure.create_polled = Some(moment.uptime);
        Some(self.ask(
            Asked::CreateStatus,
            vec![Question::Operation(OperationKind::Creation, id)],
        ))
    }
}
