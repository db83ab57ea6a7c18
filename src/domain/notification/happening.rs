//! What happened to an object, in order, each with a key that stays the same whoever derives it.

use chrono::TimeDelta;

use super::told::Told;
use crate::api::{
    ConditionStatus, ElevationRequestSpec, ElevationRequestStatus, HistoryEntry, NotificationChannelSpec,
    NotificationEvent, Phase, Reason, Timestamp,
};
use crate::domain::window::after;

/// How long after its end access is overdue: AWS takes a minute or two at most.
const OVERDUE_AFTER: TimeDelta = TimeDelta::minutes(5);

/// How long what needs no answer is worth telling.
const SHELF_LIFE: TimeDelta = TimeDelta::hours(24);

/// Something that people can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Its name among those of its object, such as `03-Approved` or `EndsSoon@2026-12-01T11:00:00Z`.
    pub key: String,
    /// What it is.
    pub event: NotificationEvent,
    /// When it happened.
    pub time: Timestamp,
    /// Until when it is worth telling.
    pub until: Timestamp,
    /// Whether it still waits for somebody: it is told by channels that are newer than it.
    pub waits: bool,
    /// Why, in one word.
    pub reason: Reason,
    /// Why, in a sentence.
    pub message: String,
    /// Whose act it was.
    pub by: Option<String>,
    /// The stage that was completed.
    pub stage: Option<String>,
}

/// Everything that happened to an object by `now`, in order.
pub fn happenings(told: &Told, spec: &NotificationChannelSpec, now: Timestamp) -> Vec<Happening> {
    let mut all: Vec<Happening> = match told.request() {
        Some((request, status)) => {
            let history = status.history.iter();
            let mut all: Vec<Happening> = history
                .flat_map(|entry| of_history(entry, request, status))
                .collect();
            all.extend(nobody_can_approve(status));
            all.extend(reminders(status, spec));
            all.extend(ends_soon(status, spec));
            all.extend(overdue(status));
            all
        }
        None => guard_broken(told).into_iter().collect(),
    };
    all.retain(|happening| happening.time <= now);
    // Stable: what the history tells of one moment stays in its order.
    all.sort_by_key(|happening| happening.time);
    all
}

/// Whether the guard is broken by its condition.
pub fn holds_of_guard(told: &Told) -> bool {
    told.guard()
        .is_some_and(|condition| condition.status == ConditionStatus::False)
}

fn of_history(
    entry: &HistoryEntry,
    request: &ElevationRequestSpec,
    status: &ElevationRequestStatus,
) -> Vec<Happening> {
    let pending = status.phase == Some(Phase::Pending);
    let starts_later = request.start_time.is_some_and(|start| start > entry.time);
    let newest_stage = || {
        let stages = status.history.iter().filter(|other| other.stage.is_some());
        stages.map(|other| other.sequence).max() == Some(entry.sequence)
    };
    let events: &[NotificationEvent] = match entry.phase {
        Phase::Pending if entry.stage.is_some() => &[NotificationEvent::StageAdvanced],
        Phase::Pending => &[NotificationEvent::ApprovalNeeded],
        Phase::Approved if starts_later => &[NotificationEvent::Approved, NotificationEvent::Scheduled],
        Phase::Approved => &[NotificationEvent::Approved],
        Phase::Active => &[NotificationEvent::Started],
        // The end follows, or is overdue.
        Phase::Revoking => &[],
        Phase::Denied => &[NotificationEvent::Denied],
        Phase::Rejected => &[NotificationEvent::Rejected],
        Phase::Cancelled => &[NotificationEvent::Cancelled],
        Phase::Expired => &[NotificationEvent::Expired],
        Phase::Failed => &[NotificationEvent::Failed],
        Phase::Ended => &[NotificationEvent::Ended],
        Phase::Revoked => &[NotificationEvent::Revoked],
    };
    let happening = |event: NotificationEvent| {
        let (waits, until) = match event {
            NotificationEvent::ApprovalNeeded => (is_awaited(status), while_it_holds(pending, entry.time)),
            NotificationEvent::StageAdvanced => {
                (false, while_it_holds(pending && newest_stage(), entry.time))
            }
            NotificationEvent::Scheduled => (false, request.start_time.unwrap_or(entry.time)),
            _ => (false, after(entry.time, SHELF_LIFE)),
        };
        Happening {
            key: format!("{:02}-{}", entry.sequence, event.as_str()),
            event,
            time: entry.time,
            until,
            waits,
            reason: entry.reason,
            message: entry.message.clone(),
            by: entry.by.clone(),
            stage: entry.stage.clone(),
        }
    };
    // A request that nobody can approve, or of which that is not known yet, asks nobody.
    let asks = |event: &&NotificationEvent| {
        **event != NotificationEvent::ApprovalNeeded || !pending || is_awaited(status)
    };
    events
        .iter()
        .filter(asks)
        .map(|event| happening(*event))
        .collect()
}

/// Whether somebody can approve the request now.
fn is_awaited(status: &ElevationRequestStatus) -> bool {
    status.phase == Some(Phase::Pending)
        && status.reason == Some(Reason::AwaitingApproval)
        && !status.approvers.is_empty()
}

/// Without an end while it holds, and over at once where it does not.
fn while_it_holds(holds: bool, time: Timestamp) -> Timestamp {
    if holds {
        after(time, TimeDelta::days(3650))
    } else {
        time
    }
}

/// Something that no step of the history tells: its key is the time that it rests on.
fn timed(event: NotificationEvent, name: &str, rests_on: Timestamp, time: Timestamp) -> Happening {
    Happening {
        key: format!("{name}@{rests_on}"),
        event,
        time,
        until: while_it_holds(true, time),
        waits: true,
        reason: Reason::AwaitingApproval,
        message: String::new(),
        by: None,
        stage: None,
    }
}

fn nobody_can_approve(status: &ElevationRequestStatus) -> Option<Happening> {
    let nobody = status.phase == Some(Phase::Pending) && status.reason == Some(Reason::NoApprovers);
    let pending = pending_since(status).filter(|_| nobody)?;
    let conditions = status.conditions.iter();
    let mut changed = conditions.filter(|condition| condition.reason == Reason::NoApprovers);
    let since = changed
        .next()
        .map_or(pending, |condition| condition.last_transition_time);
    Some(Happening {
        reason: Reason::NoApprovers,
        message: status.message.clone().unwrap_or_default(),
        ..timed(
            NotificationEvent::NobodyCanApprove,
            "NobodyCanApprove",
            since,
            since,
        )
    })
}

/// When the request began to wait for approval.
fn pending_since(status: &ElevationRequestStatus) -> Option<Timestamp> {
    let mut entries = status.history.iter();
    let first = entries.find(|entry| entry.phase == Phase::Pending && entry.stage.is_none());
    first.map(|entry| entry.time)
}

fn reminders(status: &ElevationRequestStatus, spec: &NotificationChannelSpec) -> Vec<Happening> {
    let (Some(reminders), Some(since)) = (
        &spec.reminders,
        pending_since(status).filter(|_| is_awaited(status)),
    ) else {
        return vec![];
    };
    let (first, every) = (TimeDelta::from(reminders.after), TimeDelta::from(reminders.every));
    let all = (0..reminders.max).map(|number| {
        let time = after(since, first + every * number);
        Happening {
            message: status.message.clone().unwrap_or_default(),
            ..timed(
                NotificationEvent::Reminder,
                &format!("Reminder-{}", number + 1),
                since,
                time,
            )
        }
    });
    all.collect()
}

fn ends_soon(status: &ElevationRequestStatus, spec: &NotificationChannelSpec) -> Option<Happening> {
    let window = status
        .window
        .as_ref()
        .filter(|_| status.phase == Some(Phase::Active))?;
    let (start, end) = (window.start_time?, window.end_time?);
    let notice = TimeDelta::from(spec.ends_soon);
    let is_long = end.to_utc() - start.to_utc() >= notice * 4;
    is_long.then(|| Happening {
        until: end,
        reason: Reason::AccessEndsSoon,
        message: status.message.clone().unwrap_or_default(),
        ..timed(NotificationEvent::EndsSoon, "EndsSoon", end, after(end, -notice))
    })
}

/// Access that should be gone: the controller says that it removes it, or does not even say that.
fn overdue(status: &ElevationRequestStatus) -> Option<Happening> {
    let ended = match status.phase? {
        Phase::Revoking => status.ending.as_ref().map(|ending| ending.requested_time),
        Phase::Active => status.window.as_ref().and_then(|window| window.end_time),
        _ => None,
    }?;
    Some(Happening {
        reason: Reason::RevocationOverdue,
        message: status.message.clone().unwrap_or_default(),
        ..timed(
            NotificationEvent::RevocationOverdue,
            "RevocationOverdue",
            ended,
            after(ended, OVERDUE_AFTER),
        )
    })
}

fn guard_broken(told: &Told) -> Option<Happening> {
    let condition = told.guard().filter(|_| holds_of_guard(told))?;
    let since = condition.last_transition_time;
    Some(Happening {
        reason: Reason::GuardBroken,
        message: condition.message.clone(),
        ..timed(NotificationEvent::GuardBroken, "GuardBroken", since, since)
    })
}
