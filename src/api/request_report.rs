//! `RequestReport`: what people were told about one request.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::notification_channel::NotificationEvent;
use super::time::Timestamp;

/// How many deliveries a report keeps.
pub const MOST_DELIVERIES: usize = 400;

/// How many messages of one delivery a report keeps.
pub const MOST_OUTCOMES: usize = 64;

/// What the report is about.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "team-operator.io",
    version = "v1alpha1",
    kind = "RequestReport",
    namespaced,
    status = "RequestReportStatus",
    derive = "PartialEq",
    category = "team-operator",
    doc = "What people were told about one request, and what could not be told. The reporter alone writes it, before and after \
           each message; its name is the uid of the request.",
    printcolumn(name = "Kind", type_ = "string", json_path = ".spec.kind"),
    printcolumn(name = "Namespace", type_ = "string", json_path = ".spec.namespace"),
    printcolumn(name = "Name", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
pub struct RequestReportSpec {
    /// The kind of the object: ElevationRequest, or TeamSettings for what is told about the guard.
    #[schemars(length(max = 63))]
    pub kind: String,
    /// Its namespace.
    #[schemars(length(max = 63))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    #[schemars(length(max = 253))]
    pub name: String,
    /// Its uid.
    #[schemars(length(max = 64))]
    pub uid: String,
}

/// What was told, by channel and person.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestReportStatus {
    /// One entry for each destination of a channel, and for each person.
    #[schemars(length(max = 400))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub deliveries: Vec<Delivery>,
}

/// What one destination, or one person there, was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The name of the NotificationChannel.
    #[schemars(length(max = 253))]
    pub channel: String,
    /// A digest of where the channel sends to: a channel that is deleted and created again repeats nothing.
    #[schemars(length(max = 64))]
    pub destination: String,
    /// The Kubernetes user name of the person; left out: everybody who reads the channel.
    #[schemars(length(max = 256))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// The message that shows the newest state, where the medium can edit it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageReference>,
    /// The call that is under way, or is tried again: at most one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending: Option<Sending>,
    /// What became of each message.
    #[schemars(length(max = 64))]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<DeliveryOutcome>,
}

/// A message in a medium that can edit it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageReference {
    /// The id of the conversation.
    #[schemars(length(max = 64))]
    pub conversation: String,
    /// The id of the message in it.
    #[schemars(length(max = 64))]
    pub id: String,
}

/// A call that was written down before it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sending {
    /// What is told, and when it happened or which step of the history it is.
    #[schemars(length(max = 128))]
    pub key: String,
    /// What is told.
    pub event: NotificationEvent,
    /// When it was begun.
    pub since: Timestamp,
    /// How many calls failed.
    #[schemars(range(min = 0))]
    #[serde(default)]
    pub attempts: i32,
    /// When it is tried again; left out: the call is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_time: Option<Timestamp>,
    /// Why the last call failed.
    #[schemars(length(max = 512))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryOutcome {
    /// What was told, and when it happened or which step of the history it is.
    #[schemars(length(max = 128))]
    pub key: String,
    /// What was told.
    pub event: NotificationEvent,
    /// What became of it.
    pub result: DeliveryResult,
    /// When that was.
    pub time: Timestamp,
    /// The later message that is told instead.
    #[schemars(length(max = 128))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why, where it was not sent.
    #[schemars(length(max = 512))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What became of a message for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DeliveryResult {
    /// The medium accepted it.
    Sent,
    /// A later one is told instead.
    Skipped,
    /// It no longer mattered before it could be sent.
    Expired,
    /// The medium refused it for good.
    Failed,
}
