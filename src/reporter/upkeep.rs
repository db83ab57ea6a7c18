//! What is done beside messages: tests and statuses of channels, and the removal of old reports.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::pass::{Reporter, later, within};
use super::reports::Reports;
use super::{channel_status, medium};
use crate::api::{DeliveryResult, NotificationChannel, Reason, TEST_ANNOTATION, Timestamp};
use crate::domain::Lease;
use crate::domain::notification::{Answer, Call, Pace, Refusal, message_id};

/// The longest that a channel is left alone which does not answer.
const LONGEST_HOLD: TimeDelta = TimeDelta::minutes(5);

/// How long a report outlives what it is about.
const KEPT: TimeDelta = TimeDelta::hours(48);

impl Reporter {
    /// Notes what a channel answered.
    pub(super) fn note(&mut self, call: &Call, answer: &Answer, now: Timestamp) {
        let health = self.health.entry(call.channel.clone()).or_default();
        let ready_at = hold(answer, health.failures, &self.parts.pace).map(|delay| later(now, delay));
        health.note(answer, ready_at, now);
        let (event, channel) = (call.happening.event.as_str(), &call.channel);
        match answer {
            Answer::Sent { .. } => {
                self.parts.metrics.notified("sent");
                tracing::info!(event, channel, key = call.happening.key, "told");
            }
            Answer::Refused { reason, message, .. } => {
                self.parts.metrics.notified("refused");
                tracing::warn!(event, channel, %reason, message, "not told: refused");
            }
            Answer::TriedAgain { reason, message, .. } => {
                self.parts.metrics.notified("tried_again");
                tracing::warn!(event, channel, %reason, message, "not told yet; it is tried again");
            }
        }
    }

    /// Sends the test messages that were asked for.
    pub(super) async fn test_channels(&mut self, channels: &[NotificationChannel], now: Timestamp) {
        for channel in channels {
            let wanted = channel
                .metadata
                .annotations
                .as_ref()
                .and_then(|all| all.get(TEST_ANNOTATION));
            let wanted = wanted
                .map(|value| value.chars().take(256).collect::<String>())
                .filter(|value| !value.is_empty());
            let (Some(value), Some(name)) = (wanted, channel.metadata.name.clone()) else {
                continue;
            };
            let answered = channel.status.as_ref().and_then(|status| status.tested.as_ref());
            let health = self.health.entry(name.clone()).or_default();
            if channel.spec.suspend || answered == Some(&value) || health.tested.as_ref() == Some(&value) {
                continue;
            }
            if self.parts.leadership.lease() != Lease::Held {
                return;
            }
            let uid = channel.metadata.uid.clone().unwrap_or_default();
            let id = message_id(&uid, &format!("Test@{value}"), "", None);
            let api = &self.parts.slack_api;
            let answer = match medium::open(&channel.spec, &self.secrets, &self.http, api).await {
                Ok(medium) => within(medium.test(&name, id, &self.parts.namespace, now)).await,
                Err(answer) => answer,
            };
            let health = self.health.entry(name).or_default();
            let ready_at = hold(&answer, health.failures, &self.parts.pace).map(|delay| later(now, delay));
            health.note(&answer, ready_at, now);
            // Answered whatever came of it: who asks again sets another value.
            health.tested = Some(value);
        }
    }

    /// Writes the statuses of channels that say something else now.
    pub(super) async fn write_statuses(
        &mut self,
        channels: &[NotificationChannel],
        reports: &Reports,
        now: Timestamp,
    ) {
        if self.parts.leadership.lease() != Lease::Held {
            return;
        }
        let failed = failures(reports);
        for channel in channels {
            let name = channel.metadata.name.clone().unwrap_or_default();
            let health = self.health.entry(name.clone()).or_default().clone();
            let pending = self
                .pending
                .values()
                .filter_map(|by_channel| by_channel.get(&name))
                .sum();
            let failed = failed.get(name.as_str()).copied().unwrap_or_default();
            let wanted = channel_status::wanted(channel, &health, (pending, failed), now);
            if !channel_status::differs(channel.status.as_ref(), &wanted) {
                continue;
            }
            if let Err(error) = channel_status::write(&self.parts.client, channel, &wanted).await {
                tracing::warn!(channel = name, %error, "the status of a channel is behind; it is tried again");
            }
        }
        let waiting: i32 = self.pending.values().flat_map(BTreeMap::values).sum();
        self.parts.metrics.notifications_waiting(waiting);
    }

    /// Reports of what is gone, once nobody can be told of it any more.
    pub(super) async fn remove_old(&mut self, reports: &mut Reports, now: Timestamp) {
        let is_old = |report: &&crate::api::RequestReport| {
            let outcomes = report
                .status
                .iter()
                .flat_map(|status| &status.deliveries)
                .flat_map(|delivery| &delivery.outcomes);
            let newest = outcomes.map(|outcome| outcome.time).max();
            newest.is_none_or(|newest| now.to_utc() - newest.to_utc() > KEPT)
        };
        let gone = reports.all().filter(|report| !self.memory.has(&report.spec.uid));
        let old: Vec<String> = gone
            .filter(is_old)
            .map(|report| report.spec.uid.clone())
            .collect();
        for uid in old {
            if let Err(error) = reports.remove(&uid).await {
                tracing::warn!(uid, %error, "a report could not be removed; it is tried again");
            }
        }
    }
}

/// How long the channel of an answer is left alone.
fn hold(answer: &Answer, failures: u32, pace: &Pace) -> Option<TimeDelta> {
    match answer {
        // Slack takes one message a second for a channel; what can be edited is Slack's.
        Answer::Sent { message } => message.as_ref().map(|_| TimeDelta::seconds(1)),
        Answer::Refused {
            refusal: Refusal::Channel,
            ..
        } => Some(pace.probe),
        // It is about one message or person, or about what the channel's medium has no part in.
        Answer::Refused { .. }
        | Answer::TriedAgain {
            reason: Reason::LookupFailed,
            ..
        } => None,
        Answer::TriedAgain { delay, .. } => {
            let own = pace.retry_min * (1_i32 << failures.min(10));
            Some(delay.unwrap_or_default().max(own.min(LONGEST_HOLD)))
        }
    }
}

/// Messages that were given up, by channel.
fn failures(reports: &Reports) -> BTreeMap<&str, i32> {
    let mut failed = BTreeMap::new();
    let deliveries = reports
        .all()
        .flat_map(|report| report.status.iter().flat_map(|status| &status.deliveries));
    for delivery in deliveries {
        let given_up = delivery
            .outcomes
            .iter()
            .filter(|outcome| outcome.result == DeliveryResult::Failed);
        *failed.entry(delivery.channel.as_str()).or_default() +=
            i32::try_from(given_up.count()).unwrap_or(i32::MAX);
    }
    failed
}
