//! What is to be sent now, and what becomes of what is not.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::channel::{ChannelFacts, MediumKind, reaches};
use super::happening::{Happening, happenings};
use super::pace::Pace;
use super::readers::{Reader, is_told, readers};
use super::told::Told;
use crate::api::{
    Audience, Delivery, DeliveryOutcome, DeliveryResult, MOST_DELIVERIES, MOST_OUTCOMES, MessageReference,
    NotificationEvent, RequestReportStatus, Sending, Timestamp,
};
use crate::domain::window::after;

/// The most calls that are written down, and made, at once: what a process that ends in between may repeat.
pub const MOST_CALLS: usize = 20;

/// Places of a delivery that are kept for what happens once.
const KEPT_PLACES: usize = 30;

/// What is to be done about one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The report, to be stored before any of the calls.
    pub report: RequestReportStatus,
    /// The calls to make once it is stored.
    pub calls: Vec<Call>,
    /// How many messages of each channel wait.
    pub pending: BTreeMap<String, i32>,
    /// When there is something to do without a change; none: never.
    pub wake: Option<Timestamp>,
}

/// One message to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The channel.
    pub channel: String,
    /// The digest of its destination.
    pub destination: String,
    /// The Kubernetes user name of the person; none: the channel's readers.
    pub recipient: Option<String>,
    /// As whom the reader gets it.
    pub audience: Audience,
    /// What is told.
    pub happening: Happening,
    /// The message that shows the newest state already.
    pub shown: Option<MessageReference>,
    /// Whether it is wanted for itself; where not, a message that is shown is edited and nobody is told.
    pub wanted: bool,
}

impl Call {
    /// Smaller is sent first: what is dangerous, what somebody waits for, ends, the rest.
    pub fn urgency(&self) -> u8 {
        match self.happening.event {
            NotificationEvent::GuardBroken | NotificationEvent::RevocationOverdue => 0,
            _ if self.happening.waits => 1,
            NotificationEvent::Ended | NotificationEvent::Revoked | NotificationEvent::EndsSoon => 2,
            _ => 3,
        }
    }

    /// Whether the call is about this delivery.
    pub fn is_of(&self, delivery: &Delivery) -> bool {
        delivery.channel == self.channel
            && delivery.destination == self.destination
            && delivery.recipient == self.recipient
    }
}

/// Compares what is wanted with what was told.
pub fn plan(
    told: &Told,
    channels: &[ChannelFacts],
    report: &RequestReportStatus,
    pace: &Pace,
    now: Timestamp,
) -> Plan {
    let mut plan = Plan {
        report: report.clone(),
        calls: vec![],
        pending: BTreeMap::new(),
        wake: None,
    };
    for channel in channels.iter().filter(|channel| reaches(&channel.spec, told)) {
        let all = happenings(told, &channel.spec, now);
        plan.wake_at(next_moment(told, channel, now));
        let destination = channel.destination();
        for reader in readers(told, channel, &destination, report) {
            let delivery = plan.delivery(channel, &destination, reader.recipient.as_ref());
            let Some(mut delivery) = delivery else { continue };
            let may_call = plan.calls.len() < MOST_CALLS;
            let look = Look {
                told,
                channel,
                reader: &reader,
                all: &all,
                pace,
                now,
            };
            let step = look.step(&mut delivery, may_call);
            plan.take(channel, &reader, delivery, step);
        }
    }
    plan.calls.sort_by_key(Call::urgency);
    plan
}

/// What is to be done about one delivery.
#[derive(Default)]
struct Step {
    call: Option<(Happening, bool)>,
    waiting: usize,
    wake: Option<Timestamp>,
}

impl Plan {
    fn wake_at(&mut self, time: Option<Timestamp>) {
        self.wake = [self.wake, time].into_iter().flatten().min();
    }

    /// The delivery as it is, or a new one where there is place.
    fn delivery(
        &self,
        channel: &ChannelFacts,
        destination: &str,
        recipient: Option<&String>,
    ) -> Option<Delivery> {
        let new = Delivery {
            channel: channel.name.clone(),
            destination: destination.to_owned(),
            recipient: recipient.cloned(),
            message: None,
            sending: None,
            outcomes: vec![],
        };
        let mut deliveries = self.report.deliveries.iter();
        let stored = deliveries.find(|delivery| is_same(delivery, &new)).cloned();
        stored.or_else(|| (self.report.deliveries.len() < MOST_DELIVERIES).then_some(new))
    }

    fn take(&mut self, channel: &ChannelFacts, reader: &Reader, delivery: Delivery, step: Step) {
        self.wake_at(step.wake);
        if step.waiting > 0 {
            let pending = self.pending.entry(channel.name.clone()).or_default();
            *pending = pending.saturating_add(i32::try_from(step.waiting).unwrap_or(i32::MAX));
        }
        if let Some((happening, wanted)) = step.call {
            self.calls.push(Call {
                channel: channel.name.clone(),
                destination: delivery.destination.clone(),
                recipient: reader.recipient.clone(),
                audience: reader.audience,
                happening,
                shown: delivery.message.clone(),
                wanted,
            });
        }
        let stored = self
            .report
            .deliveries
            .iter_mut()
            .find(|stored| is_same(stored, &delivery));
        match stored {
            Some(stored) => *stored = delivery,
            None if delivery.sending.is_some() || !delivery.outcomes.is_empty() => {
                self.report.deliveries.push(delivery);
            }
            None => {}
        }
    }
}

fn is_same(one: &Delivery, other: &Delivery) -> bool {
    one.channel == other.channel && one.destination == other.destination && one.recipient == other.recipient
}

/// One look at one delivery.
struct Look<'a> {
    told: &'a Told,
    channel: &'a ChannelFacts,
    reader: &'a Reader,
    all: &'a [Happening],
    pace: &'a Pace,
    now: Timestamp,
}

impl Look<'_> {
    /// What is to be done about the delivery: settles what is not sent, and marks what is.
    fn step(&self, delivery: &mut Delivery, may_call: bool) -> Step {
        let (all, now, medium) = (self.all, self.now, self.channel.medium());
        let open = self.open(delivery);
        let mut live = settle_what_is_over(medium, delivery, all, &open, now);
        drop_what_is_no_longer_so(delivery, all, &live, now);
        let next = if medium == MediumKind::Events {
            live.first()
        } else {
            live.last()
        };
        let Some((at, wanted)) = next.copied() else {
            return Step::default();
        };
        live.retain(|(_, wanted)| *wanted);
        let mut step = Step {
            waiting: live.len(),
            ..Step::default()
        };
        if self.channel.spec.suspend {
            return step;
        }
        let not_before = self.not_before(delivery);
        if not_before.is_some_and(|time| time > now) || !may_call {
            step.wake = not_before.filter(|time| *time > now).or(Some(now));
            return step;
        }
        delivery.sending = Some(Sending {
            key: all[at].key.clone(),
            event: all[at].event,
            since: now,
            attempts: delivery.sending.as_ref().map_or(0, |sending| sending.attempts),
            retry_time: None,
            last_error: None,
        });
        step.call = Some((all[at].clone(), wanted));
        step
    }

    /// The places of what is not settled, and whether it is wanted for itself.
    fn open(&self, delivery: &Delivery) -> Vec<(usize, bool)> {
        let Look {
            told,
            channel,
            reader,
            all,
            ..
        } = self;
        let has_place = delivery.outcomes.len() < MOST_OUTCOMES - KEPT_PLACES;
        let wanted = |happening: &Happening| {
            channel.spec.events.contains(&happening.event)
                && is_told(told, reader, happening.event)
                && (happening.time >= channel.since || happening.waits)
                && (has_place || !happening.key.contains('@'))
        };
        // What a reader was shown is brought up to date, whatever the channel asks for.
        let shown = delivery.message.as_ref().and_then(|_| newest_sent(delivery, all));
        let unsettled = (0..all.len()).filter(|at| {
            delivery
                .outcomes
                .iter()
                .all(|outcome| outcome.key != all[*at].key)
        });
        let open = unsettled.filter_map(|at| match (wanted(&all[at]), shown) {
            (true, _) => Some((at, true)),
            (false, Some(shown)) => (at > shown && !all[at].key.contains('@')).then_some((at, false)),
            (false, None) => None,
        });
        open.collect()
    }

    /// Nothing is sent before this.
    fn not_before(&self, delivery: &Delivery) -> Option<Timestamp> {
        let settled = match self.channel.medium() {
            MediumKind::State => Some(after(self.told.created, self.pace.settle)),
            MediumKind::Events => None,
        };
        let retry = delivery.sending.as_ref().and_then(|sending| sending.retry_time);
        [retry, self.channel.ready_at, settled]
            .into_iter()
            .flatten()
            .max()
    }
}

/// The place of the newest thing that was sent.
fn newest_sent(delivery: &Delivery, all: &[Happening]) -> Option<usize> {
    let sent = |at: &usize| {
        let mut outcomes = delivery.outcomes.iter();
        outcomes.any(|outcome| outcome.key == all[*at].key && outcome.result == DeliveryResult::Sent)
    };
    (0..all.len()).filter(sent).max()
}

/// Settles what no longer matters, and in a medium that shows the newest state all but the newest; what is left to send.
fn settle_what_is_over(
    medium: MediumKind,
    delivery: &mut Delivery,
    all: &[Happening],
    open: &[(usize, bool)],
    now: Timestamp,
) -> Vec<(usize, bool)> {
    let newest = open
        .iter()
        .rev()
        .find(|(at, _)| all[*at].until > now)
        .map(|(at, _)| *at);
    let mut live = vec![];
    for (at, wanted) in open.iter().copied() {
        let is_over = all[at].until <= now;
        let is_shown_by = newest.filter(|newest| medium == MediumKind::State && *newest > at);
        if !is_over && is_shown_by.is_none() {
            live.push((at, wanted));
            continue;
        }
        if !wanted {
            continue;
        }
        let later = is_shown_by.or_else(|| (at + 1 < all.len()).then_some(all.len() - 1));
        let (result, message) = match later {
            Some(_) => (DeliveryResult::Skipped, None),
            None => (
                DeliveryResult::Expired,
                Some("It no longer mattered before it could be sent."),
            ),
        };
        let by = later.map(|later| all[later].key.clone());
        settle(delivery, &all[at].key, all[at].event, result, by, message, now);
    }
    live
}

/// A call that failed, about something that is no longer so.
fn drop_what_is_no_longer_so(
    delivery: &mut Delivery,
    all: &[Happening],
    live: &[(usize, bool)],
    now: Timestamp,
) {
    let Some(sending) = delivery.sending.clone() else {
        return;
    };
    if live.iter().any(|(at, _)| all[*at].key == sending.key) {
        return;
    }
    let message = "It is no longer so; whether it was sent is not known.";
    settle(
        delivery,
        &sending.key,
        sending.event,
        DeliveryResult::Expired,
        None,
        Some(message),
        now,
    );
    delivery.sending = None;
}

/// Notes what became of a message, once.
pub(super) fn settle(
    delivery: &mut Delivery,
    key: &str,
    event: NotificationEvent,
    result: DeliveryResult,
    by: Option<String>,
    message: Option<&str>,
    now: Timestamp,
) {
    if delivery.outcomes.len() >= MOST_OUTCOMES || delivery.outcomes.iter().any(|outcome| outcome.key == key)
    {
        return;
    }
    delivery.outcomes.push(DeliveryOutcome {
        key: key.to_owned(),
        event,
        result,
        time: now,
        by,
        message: message.map(|message| crate::domain::messages::shortened(message, 512)),
    });
}

/// When time alone makes something happen.
fn next_moment(told: &Told, channel: &ChannelFacts, now: Timestamp) -> Option<Timestamp> {
    let far = after(now, TimeDelta::days(400));
    let to_come = happenings(told, &channel.spec, far).into_iter();
    to_come
        .map(|happening| happening.time)
        .filter(|time| *time > now)
        .min()
}
