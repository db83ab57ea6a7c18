//! The status of channels: since when what they want counts, and whether messages arrive.

use kube::Client;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use crate::admission::api_call::{NoAnswer, no_answer, within};
use crate::api::{
    Condition, ConditionStatus, ConditionType, DeliveryError, NotificationChannel, NotificationChannelStatus,
    Reason, Timestamp, set_condition,
};
use crate::domain::notification::{Answer, digest_of};

/// What is known of a channel in this process.
#[derive(Debug, Clone, Default)]
pub(super) struct Health {
    /// Nothing is sent before this.
    pub(super) ready_at: Option<Timestamp>,
    /// Calls that failed since the last that did not.
    pub(super) failures: u32,
    /// When a message was delivered last.
    pub(super) last_delivery: Option<Timestamp>,
    /// The newest failure, and whether it is about the whole channel.
    pub(super) last_error: Option<DeliveryError>,
    /// The test that was answered last.
    pub(super) tested: Option<String>,
}

impl Health {
    /// Notes what became of a message.
    pub(super) fn note(&mut self, answer: &Answer, ready_at: Option<Timestamp>, now: Timestamp) {
        self.ready_at = ready_at;
        match answer {
            Answer::Sent { .. } => {
                self.failures = 0;
                self.last_delivery = Some(now);
            }
            Answer::Refused { reason, message, .. } | Answer::TriedAgain { reason, message, .. } => {
                if ready_at.is_some() {
                    self.failures = self.failures.saturating_add(1);
                }
                self.last_error = Some(DeliveryError {
                    time: now,
                    reason: *reason,
                    message: message.chars().take(1024).collect(),
                });
            }
        }
    }
}

/// The status that a channel should have.
pub(super) fn wanted(
    channel: &NotificationChannel,
    health: &Health,
    (pending, failed): (i32, i32),
    now: Timestamp,
) -> NotificationChannelStatus {
    let mut status = channel.status.clone().unwrap_or_default();
    let digest = digest_of(&channel.spec);
    if status.since.is_none() || status.digest.as_ref() != Some(&digest) {
        status.since = Some(now);
        status.digest = Some(digest);
    }
    status.observed_generation = channel.metadata.generation;
    (status.pending, status.failed) = (Some(pending), Some(failed));
    status.last_delivery = status.last_delivery.max(health.last_delivery);
    if health.last_error.is_some() {
        status.last_error.clone_from(&health.last_error);
    }
    if health.tested.is_some() {
        status.tested.clone_from(&health.tested);
    }
    let (holds, reason, message) = ready(channel, &status, health);
    let condition = Condition {
        kind: ConditionType::Ready,
        status: holds,
        observed_generation: channel.metadata.generation,
        last_transition_time: now,
        reason,
        message,
    };
    set_condition(&mut status.conditions, condition);
    status
}

fn ready(
    channel: &NotificationChannel,
    status: &NotificationChannelStatus,
    health: &Health,
) -> (ConditionStatus, Reason, String) {
    if channel.spec.suspend {
        let message = "The channel is suspended: set spec.suspend to false to go on.".to_owned();
        return (ConditionStatus::False, Reason::Suspended, message);
    }
    if let Some(error) = health.last_error.as_ref().filter(|_| health.failures > 0) {
        return (ConditionStatus::False, error.reason, error.message.clone());
    }
    match status.last_delivery {
        Some(time) => (
            ConditionStatus::True,
            Reason::Delivered,
            format!("Messages are accepted; the last at {time}."),
        ),
        None => (
            ConditionStatus::Unknown,
            Reason::NothingDelivered,
            "Nothing was sent yet. To send a test message: kubectl annotate nc NAME team-operator.io/test=1 --overwrite."
                .to_owned(),
        ),
    }
}

/// Whether a status says something else, but for how long it has been so.
pub(super) fn differs(
    stored: Option<&NotificationChannelStatus>,
    wanted: &NotificationChannelStatus,
) -> bool {
    stored != Some(wanted)
}

/// Writes the status of a channel.
pub(super) async fn write(
    client: &Client,
    channel: &NotificationChannel,
    status: &NotificationChannelStatus,
) -> Result<(), NoAnswer> {
    let channels: Api<NotificationChannel> = Api::all(client.clone());
    let action = "write the status of a channel";
    let name = channel.metadata.name.clone().unwrap_or_default();
    let patch = Patch::Merge(json!({ "status": status }));
    let written = within(
        action,
        channels.patch_status(&name, &PatchParams::default(), &patch),
    )
    .await?;
    written.map(drop).map_err(|error| no_answer(action, &error))
}
