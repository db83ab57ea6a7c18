//! The intent to delete the assignment is stored. Deletes go out until nothing of ours is there, or may come.

use chrono::TimeDelta;

use super::machine::{Asked, AssignmentMachine};
use super::memory::{Anchor, Delete, List, Presence, Tick, Word};
use super::outlook::end_of;
use super::record::Record;
use crate::api::{AssignmentState, LastError, Reason};
use crate::domain::fact_reader::Question;
use crate::domain::facts::OperationKind;
use crate::domain::machine::{Moment, Need};

/// The longest wait between two deletes: an end is never far from its next try.
const LONGEST_WAIT: TimeDelta = TimeDelta::seconds(30);

/// What is said of an assignment in an instance that was given up.
const ABANDONED: &str =
    "An administrator abandoned the Identity Center instance: what is left in it is not removed.";

/// How far a deletion is.
pub(super) enum Progress {
    /// There is something to do.
    Need(Need),
    /// Nothing of ours is there, or may come.
    Gone,
}

pub(super) fn decide(machine: &mut AssignmentMachine, mut record: Record, moment: &Moment) -> Need {
    tell_when_overdue(machine, &record, moment);
    if machine.is_abandoned(&record) {
        return abandon(machine, record, moment);
    }
    match progress(machine, &record, moment) {
        Progress::Need(Need::Rest(wait)) => rest_or_note_error(machine, record, wait, moment),
        Progress::Need(need) => need,
        Progress::Gone if machine.unanswered => machine.rest(machine.config.timings.lookup_retry),
        Progress::Gone => {
            record.become_absent(moment.now);
            machine.store(record, None)
        }
    }
}

/// The next thing to do for a deletion, whether it can be stored or not.
pub(super) fn progress(machine: &mut AssignmentMachine, record: &Record, moment: &Moment) -> Progress {
    let Some(delete) = machine.tenure.delete.clone() else {
        return Progress::Need(machine.send_delete(record, moment));
    };
    if let Some(need) = poll_delete(machine, record, &delete, moment) {
        return Progress::Need(need);
    }
    let Some(settled) = settle(machine, &delete, moment) else {
        return Progress::Need(machine.rest(machine.config.timings.poll_interval));
    };
    if !machine.is_configured(record) {
        return Progress::Need(repeat(machine, record, &delete, moment));
    }
    let young = machine.config.timings.poll_interval;
    match machine.listed_after(record, settled, Some(young), moment) {
        Ok(list) if list.presence == Presence::Listed => {
            Progress::Need(repeat(machine, record, &delete, moment))
        }
        Ok(list) => nothing_may_come(machine, record, &list, moment),
        // Nobody can tell whether it is there: a delete that did not succeed is sent again.
        Err(Need::Rest(_)) if delete.word != Some(Word::Succeeded) => {
            Progress::Need(repeat(machine, record, &delete, moment))
        }
        Err(need) => Progress::Need(need),
    }
}

fn poll_delete(
    machine: &mut AssignmentMachine,
    record: &Record,
    delete: &Delete,
    moment: &Moment,
) -> Option<Need> {
    let id = delete.id.clone().filter(|_| delete.word.is_none())?;
    if !machine.is_configured(record) || !machine.is_time(delete.polled, moment) {
        return None;
    }
    if let Some(delete) = machine.tenure.delete.as_mut() {
        delete.polled = Some(moment.uptime);
    }
    Some(machine.ask(
        Asked::DeleteStatus,
        vec![Question::Operation(OperationKind::Deletion, id)],
    ))
}

/// The step since which lists tell what became of the delete: its final word, or half a minute without one.
fn settle(machine: &mut AssignmentMachine, delete: &Delete, moment: &Moment) -> Option<Tick> {
    let over = delete.word.is_some() || moment.uptime - delete.sent >= machine.config.timings.answer_time;
    if over && delete.settled.is_none() {
        let tick = machine.tick;
        if let Some(delete) = machine.tenure.delete.as_mut() {
            delete.settled = Some(tick.saturating_sub(1));
        }
        return Some(tick.saturating_sub(1));
    }
    delete.settled.filter(|_| over)
}

/// The delete once more, when the last one was long enough ago.
fn repeat(machine: &mut AssignmentMachine, record: &Record, delete: &Delete, moment: &Moment) -> Need {
    let timings = &machine.config.timings;
    let wait = match delete.word {
        // It takes one after the other in an account, and the limiter knows how often it is worth asking.
        Some(Word::Busy) => timings.poll_interval,
        _ => timings.backoff(machine.tenure.deletes).min(LONGEST_WAIT),
    };
    let left = wait - (moment.uptime - delete.sent);
    if left > TimeDelta::zero() {
        return machine.rest(left.min(machine.config.timings.poll_interval));
    }
    machine.send_delete(record, moment)
}

/// A list lacks the assignment: it is gone unless a create of ours may still take effect. In this order: the time in which it
/// may, a search that finds none in progress, a minute, and a list after that.
fn nothing_may_come(
    machine: &mut AssignmentMachine,
    record: &Record,
    list: &List,
    moment: &Moment,
) -> Progress {
    if let Some(need) = machine.poll_create(record, moment) {
        return Progress::Need(need);
    }
    let open = record
        .status
        .create
        .as_ref()
        .is_some_and(|create| create.outcome.is_none());
    if open && machine.tenure.create_id.is_some() {
        // AWS is at work on it: its final word is waited for.
        return Progress::Need(machine.rest(machine.config.timings.poll_interval));
    }
    let (left, certain) = time_left(machine, record, moment);
    if left > TimeDelta::zero() {
        machine.tenure.over_since = None;
        // What is known to have succeeded shows soon; what nobody knows is looked for less often.
        let timings = machine.config.timings;
        let interval = if certain {
            timings.poll_interval
        } else {
            timings.lookup_retry
        };
        return Progress::Need(machine.rest(left.min(interval)));
    }
    if certain {
        // Times on record are in whole seconds: what is left of one says nothing about a list of this very second.
        let over_since = *machine.tenure.over_since.get_or_insert(moment.uptime);
        return if list.asked >= over_since {
            Progress::Gone
        } else {
            Progress::Need(machine.ask_list(record, moment))
        };
    }
    let Some(searched) = machine.tenure.searched else {
        return Progress::Need(search(machine, record, moment));
    };
    let left = machine.config.timings.list_lag - (moment.uptime - searched);
    if left > TimeDelta::zero() {
        return Progress::Need(machine.rest(left));
    }
    let listed_since = moment.uptime - list.asked;
    let younger = left + listed_since <= TimeDelta::zero();
    if younger {
        Progress::Gone
    } else {
        Progress::Need(machine.ask_list(record, moment))
    }
}

/// How long creates of ours have to be waited for, and whether the final word of all of them is known.
fn time_left(machine: &mut AssignmentMachine, record: &Record, moment: &Moment) -> (TimeDelta, bool) {
    let mut left = TimeDelta::MIN;
    let mut certain = true;
    if let Some(create) = &record.status.create {
        left = if let Some(word) = &create.outcome {
            machine.config.timings.list_lag - machine.elapsed(Anchor::CreateWord, word.time, moment)
        } else {
            certain = false;
            machine.config.timings.create_bound
                - machine.elapsed(Anchor::CreateSent, create.sent_time, moment)
        };
    }
    if let Some(until) = record.status.earlier_creates_until {
        certain = false;
        let began = until
            .checked_add(-machine.config.timings.create_bound)
            .unwrap_or(until);
        left = left.max(
            machine.config.timings.create_bound - machine.elapsed(Anchor::EarlierCreates, began, moment),
        );
    }
    // A day is as good as for ever, and keeps sums from overflowing.
    (left.max(TimeDelta::days(-1)), certain)
}

/// Asks AWS for creates in progress, and now and then again: one that is found is not always the newest, whose final word can be
/// asked for by its name.
fn search(machine: &mut AssignmentMachine, record: &Record, moment: &Moment) -> Need {
    let interval = machine.config.timings.lookup_retry;
    if machine.unanswered {
        return machine.rest(interval);
    }
    let asked = machine.tenure.search_asked.map(|asked| moment.uptime - asked);
    if let Some(asked) = asked.filter(|asked| *asked < interval) {
        return machine.rest(interval - asked);
    }
    machine.tenure.search_asked = Some(moment.uptime);
    machine.ask(Asked::Search, vec![Question::CreatesInProgress(record.key())])
}

/// An error is written down when it is another than the one on record, and not too often.
fn rest_or_note_error(
    machine: &mut AssignmentMachine,
    record: Record,
    wait: TimeDelta,
    moment: &Moment,
) -> Need {
    let known = record.status.last_error.clone();
    let news = machine.error.as_ref().is_some_and(|error| {
        known
            .as_ref()
            .is_none_or(|known| (&known.operation, &known.message) != (&error.operation, &error.message))
    });
    let due = match &known {
        None => true,
        Some(known) => {
            machine.elapsed(Anchor::Error, known.time, moment) >= machine.config.timings.error_interval
        }
    };
    if news && due && !machine.unanswered {
        return machine.store(record, None);
    }
    machine.rest(wait)
}

/// Access that AWS may still give although it has ended: security is told once a pass. While only a create is waited for that
/// may still take effect, AWS gives nothing.
fn tell_when_overdue(machine: &mut AssignmentMachine, record: &Record, moment: &Moment) {
    let since = machine.elapsed(Anchor::Ended, end_of(record), moment);
    let rested = machine.tick == machine.pass;
    if !rested || since < machine.config.timings.overdue_after || is_being_removed(machine, moment) {
        return;
    }
    let alert = machine.alert_about(record);
    machine.tell(alert);
}

/// Whether this process has not tried yet, or its newest delete is under way, as long as that takes usually, or did its work, as a
/// list after it tells.
fn is_being_removed(machine: &AssignmentMachine, moment: &Moment) -> bool {
    machine.tenure.delete.is_none() || machine.is_delete_under_way(moment) || machine.is_listed_gone()
}

/// The instance is not ours any more, as an administrator said: its records are closed, loudly.
fn abandon(machine: &mut AssignmentMachine, mut record: Record, moment: &Moment) -> Need {
    if machine.unanswered {
        return machine.rest(machine.config.timings.lookup_retry);
    }
    machine.alert(
        Reason::RecordAbandoned,
        format!(
            "{} is given up: its instance {} was abandoned.",
            machine.name, record.spec.instance_arn
        ),
    );
    debug_assert_eq!(record.state(), AssignmentState::Deleting);
    record.note_error(LastError {
        time: moment.now,
        operation: "DeleteAccountAssignment".to_owned(),
        reason: Reason::RecordAbandoned,
        message: ABANDONED.to_owned(),
    });
    record.become_absent(moment.now);
    machine.store(record, None)
}
