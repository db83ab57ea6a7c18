//! A request that lives, channels, and a reporter that tells of it.

use chrono::TimeDelta;

use crate::api::{
    Audience, ChannelMatch, NotificationChannelSpec, NotificationEvent, RequestReportSpec,
    RequestReportStatus, SecretKey, SlackDestination, Timestamp, WebhookDestination,
};
use crate::domain::fixtures::{World, minute};
use crate::domain::notification::*;
use crate::domain::window::after;

/// A channel and what it was sent.
pub(super) struct Scene {
    pub world: World,
    pub channels: Vec<ChannelFacts>,
    pub report: RequestReportStatus,
    /// Each message, as channel, reader and key; edits with a mark.
    pub sent: Vec<String>,
}

fn secret() -> SecretKey {
    SecretKey {
        name: "secret".to_owned(),
        key: "key".to_owned(),
    }
}

/// A channel for every event that its readers alone are told.
pub(super) fn channel(name: &str) -> ChannelFacts {
    ChannelFacts {
        name: name.to_owned(),
        spec: NotificationChannelSpec {
            slack: None,
            webhook: None,
            events: NotificationEvent::ALL.to_vec(),
            audience: vec![Audience::Channel],
            matching: None,
            reminders: None,
            ends_soon: "15m".parse().unwrap(),
            link: None,
            suspend: false,
        },
        since: minute(-1000),
        ready_at: None,
    }
}

/// One that gets every event.
pub(super) fn webhook() -> ChannelFacts {
    let mut channel = channel("hook");
    channel.spec.webhook = Some(WebhookDestination {
        url: Some("https://hooks.example.com/".to_owned()),
        url_secret: None,
        signing_secret: secret(),
    });
    channel
}

/// One that shows the newest state.
pub(super) fn slack() -> ChannelFacts {
    let mut channel = channel("slack");
    channel.spec.slack = Some(SlackDestination {
        token_secret: secret(),
        channel: "C0123ABCD".to_owned(),
        mention: None,
    });
    channel
}

/// What a reporter reads of the request.
pub(super) fn told(world: &World) -> Told {
    Told {
        about: RequestReportSpec {
            kind: "ElevationRequest".to_owned(),
            namespace: Some("access-requests".to_owned()),
            name: "orders-x7k2p".to_owned(),
            uid: "uid".to_owned(),
        },
        created: minute(0),
        subject: Subject::Request(Box::new((
            world.snapshot.request.spec.clone(),
            world.snapshot.request.status.clone(),
        ))),
    }
}

/// What a medium answers that takes everything.
pub(super) fn accepts(call: &Call) -> Answer {
    let is_state = call.channel == "slack";
    Answer::Sent {
        message: is_state.then(|| crate::api::MessageReference {
            conversation: "C0123ABCD".to_owned(),
            id: call.happening.key.clone(),
        }),
    }
}

impl Scene {
    pub(super) fn new(world: World, channels: Vec<ChannelFacts>) -> Self {
        Self {
            world,
            channels,
            report: RequestReportStatus::default(),
            sent: vec![],
        }
    }

    /// The world goes on, minute by minute, and everything is told.
    pub(super) fn until(&mut self, minutes: i64) {
        while self.world.now < minute(minutes) {
            let next = after(self.world.now, TimeDelta::minutes(1));
            self.world.until(next);
            self.tell();
        }
    }

    /// Tells everything that can be told now.
    pub(super) fn tell(&mut self) {
        self.tell_with(accepts);
    }

    /// The same with what the medium answers.
    pub(super) fn tell_with(&mut self, answer: fn(&Call) -> Answer) {
        for _ in 0..100 {
            let now = self.world.now;
            let plan = self.plan(now);
            let is_done = plan.calls.is_empty();
            self.report = plan.report;
            for call in plan.calls {
                let reader = call.recipient.as_deref().unwrap_or("*");
                let edit = if call.shown.is_some() { " edit" } else { "" };
                self.sent
                    .push(format!("{} {reader} {}{edit}", call.channel, call.happening.key));
                self.report = answered(&self.report, &call, &answer(&call), &Pace::default(), now);
            }
            if is_done {
                return;
            }
        }
        panic!("it never stops telling: {:?}", self.sent);
    }

    pub(super) fn plan(&self, now: Timestamp) -> Plan {
        plan(
            &told(&self.world),
            &self.channels,
            &self.report,
            &Pace::default(),
            now,
        )
    }

    /// What became of each message of a channel, as key and result.
    pub(super) fn outcomes(&self, channel: &str) -> Vec<String> {
        let deliveries = self
            .report
            .deliveries
            .iter()
            .filter(|delivery| delivery.channel == channel);
        let outcomes = deliveries.flat_map(|delivery| &delivery.outcomes);
        outcomes
            .map(|outcome| format!("{} {:?}", outcome.key, outcome.result))
            .collect()
    }

    /// Changes what the first channel wants.
    pub(super) fn wants(mut self, change: impl FnOnce(&mut NotificationChannelSpec)) -> Self {
        change(&mut self.channels[0].spec);
        self
    }
}

/// A match of these units.
pub(super) fn units(paths: &[&str]) -> ChannelMatch {
    ChannelMatch {
        organizational_units: paths.iter().map(ToString::to_string).collect(),
        ..ChannelMatch::default()
    }
}
