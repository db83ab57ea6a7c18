//! `NotificationChannel`: a place where people are told what becomes of requests.

use kube::core::cel::Rule;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::duration::HumanDuration;
use super::names::{AccountId, PermissionSetName};
use super::time::Timestamp;

/// The annotation that asks for a test message: each new value gives one.
pub const TEST_ANNOTATION: &str = "team-operator.io/test";

/// The type of the Secrets that a channel may read. A Secret of another type is refused, whatever a channel names.
pub const CHANNEL_SECRET_TYPE: &str = "team-operator.io/channel";

/// Where messages go, which ones, and to whom. Who writes a channel decides who reads it.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "team-operator.io",
    version = "v1alpha1",
    kind = "NotificationChannel",
    plural = "notificationchannels",
    status = "NotificationChannelStatus",
    derive = "PartialEq",
    shortname = "nc",
    category = "team-operator",
    doc = "A place where people are told what becomes of requests. Without one no message is sent, and nothing about access \
           ever waits for a message. To send a test message, set the annotation team-operator.io/test to a new value.",
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason"
    ),
    printcolumn(name = "Pending", type_ = "integer", json_path = ".status.pending"),
    printcolumn(name = "Failed", type_ = "integer", json_path = ".status.failed"),
    printcolumn(name = "Last Delivery", type_ = "string", json_path = ".status.lastDelivery"),
    printcolumn(name = "Suspended", type_ = "boolean", json_path = ".spec.suspend"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Last Error",
        type_ = "string",
        json_path = ".status.lastError.message",
        priority = 1
    )
)]
#[x_kube(validation = one_medium(), validation = people_need_a_personal_medium())]
pub struct NotificationChannelSpec {
    /// A channel of a Slack workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack: Option<SlackDestination>,
    /// A web server that takes CloudEvents, signed as Standard Webhooks says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookDestination>,
    /// What is told.
    #[schemars(length(min = 1, max = 17))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub events: Vec<NotificationEvent>,
    /// Who is told: everybody who reads the channel, the requester, or the people who can decide now. The last two are told one by
    /// one, by Slack alone.
    #[serde(default = "the_channel_alone")]
    #[schemars(length(min = 1, max = 3))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub audience: Vec<Audience>,
    /// Which requests are told of; left out: all.
    #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<ChannelMatch>,
    /// When people are reminded of a request that waits for approval; left out: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminders: Option<Reminders>,
    /// How long before its end EndsSoon is told. Access that is shorter than four times this is left out.
    #[serde(default = "quarter_of_an_hour")]
    pub ends_soon: HumanDuration,
    /// An address that is shown with each message, such as `https://console.example.com/{namespace}/{name}`. Left out: messages
    /// show command lines alone.
    #[schemars(length(max = 512))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = a_link())]
    pub link: Option<String>,
    /// Whether nothing is sent for now. What happens meanwhile is told later, as far as it still matters.
    #[serde(default)]
    pub suspend: bool,
}

/// A channel of a Slack workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SlackDestination {
    /// The bot's token.
    pub token_secret: SecretKey,
    /// The id of the channel, such as C0123ABCD. The bot has to be a member of it.
    #[schemars(length(max = 32), regex(pattern = "^[A-Z0-9]+$"))]
    pub channel: String,
    /// The id of the user group that is mentioned where somebody has to notice, such as S0123. No other mention is ever sent.
    #[schemars(length(max = 32), regex(pattern = "^[A-Z0-9]+$"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mention: Option<String>,
}

/// A web server that takes CloudEvents.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = one_address())]
pub struct WebhookDestination {
    /// The address.
    #[schemars(length(max = 2048), regex(pattern = "^https?://"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The address, where it is itself a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_secret: Option<SecretKey>,
    /// The key that messages are signed with, as Standard Webhooks writes it (whsec_ and base64).
    pub signing_secret: SecretKey,
}

/// An entry of a Secret in the namespace of the reporter, of type team-operator.io/channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKey {
    /// The name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The entry in it.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// Something that people can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum NotificationEvent {
    /// A request waits for approval.
    ApprovalNeeded,
    /// A stage has its approvals, and the next one is awaited.
    StageAdvanced,
    /// A request waits, and nobody can approve it.
    NobodyCanApprove,
    /// A request was approved, or needs no approval.
    Approved,
    /// A request was rejected.
    Rejected,
    /// A request is not possible.
    Denied,
    /// A request was not approved in time.
    Expired,
    /// The requester took a request back.
    Cancelled,
    /// A request was approved, and its access starts later.
    Scheduled,
    /// Access has started.
    Started,
    /// Access ends soon.
    EndsSoon,
    /// Access has ended.
    Ended,
    /// Access was revoked.
    Revoked,
    /// Access could not be given.
    Failed,
    /// Access should be gone, and AWS has not confirmed it.
    RevocationOverdue,
    /// The admission policies are not in force.
    GuardBroken,
    /// A request still waits for approval.
    Reminder,
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Audience {
    /// Everybody who reads the channel.
    Channel,
    /// The requester.
    Requester,
    /// The people who can decide now, the requester never among them.
    Approvers,
}

/// Which requests a channel tells of: those that fit each list that is not empty.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelMatch {
    /// Namespaces of requests.
    #[schemars(length(max = 100), inner(length(min = 1, max = 63)))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub namespaces: Vec<String>,
    /// Accounts, each by its twelve digits in quotes.
    #[schemars(length(max = 500))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub accounts: Vec<AccountId>,
    /// Organizational units by their path as requests show it in status.access.ouPath, such as Root/Production; with the units
    /// below.
    #[schemars(length(max = 100), inner(length(min = 1, max = 2048)))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub organizational_units: Vec<String>,
    /// Permission sets by name.
    #[schemars(length(max = 100))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub permission_sets: Vec<PermissionSetName>,
}

/// When people are reminded of a request that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reminders {
    /// How long after the request began to wait the first is sent.
    pub after: HumanDuration,
    /// How long after one the next is sent.
    pub every: HumanDuration,
    /// How many are sent at most.
    #[schemars(range(min = 1, max = 10))]
    pub max: i32,
}

/// Whether messages arrive.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationChannelStatus {
    /// The generation of the channel that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// What the channel wants begins here: earlier things are told only if they still wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// SHA-256 over destination, events, audience and match: where it changes, since begins anew.
    #[schemars(length(max = 64))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// How many messages wait to be sent.
    #[schemars(range(min = 0))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<i32>,
    /// How many messages were given up, of requests that still exist.
    #[schemars(range(min = 0))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<i32>,
    /// When a message was delivered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_delivery: Option<Timestamp>,
    /// The newest failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<DeliveryError>,
    /// The value of the annotation team-operator.io/test that was answered last.
    #[schemars(length(max = 256))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<String>,
    /// The fact Ready: Unknown until a message was delivered.
    #[schemars(length(max = 8))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// A message that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryError {
    /// When that was.
    pub time: Timestamp,
    /// Why, in one word.
    pub reason: crate::api::Reason,
    /// Why, and what to do, in sentences.
    #[schemars(length(max = 1024))]
    pub message: String,
}

impl NotificationEvent {
    /// Every event.
    pub const ALL: [Self; 17] = [
        Self::ApprovalNeeded,
        Self::StageAdvanced,
        Self::NobodyCanApprove,
        Self::Approved,
        Self::Rejected,
        Self::Denied,
        Self::Expired,
        Self::Cancelled,
        Self::Scheduled,
        Self::Started,
        Self::EndsSoon,
        Self::Ended,
        Self::Revoked,
        Self::Failed,
        Self::RevocationOverdue,
        Self::GuardBroken,
        Self::Reminder,
    ];

    /// The word as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ApprovalNeeded => "ApprovalNeeded",
            Self::StageAdvanced => "StageAdvanced",
            Self::NobodyCanApprove => "NobodyCanApprove",
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
            Self::Denied => "Denied",
            Self::Expired => "Expired",
            Self::Cancelled => "Cancelled",
            Self::Scheduled => "Scheduled",
            Self::Started => "Started",
            Self::EndsSoon => "EndsSoon",
            Self::Ended => "Ended",
            Self::Revoked => "Revoked",
            Self::Failed => "Failed",
            Self::RevocationOverdue => "RevocationOverdue",
            Self::GuardBroken => "GuardBroken",
            Self::Reminder => "Reminder",
        }
    }
}

fn the_channel_alone() -> Vec<Audience> {
    vec![Audience::Channel]
}

#[expect(clippy::expect_used, reason = "a constant within the limits of the type")]
fn quarter_of_an_hour() -> HumanDuration {
    HumanDuration::from_seconds(15 * 60).expect("fifteen minutes are a duration")
}

/// One channel has one destination: its status speaks of that one.
fn one_medium() -> Rule {
    Rule::new("has(self.slack) != has(self.webhook)").message("name exactly one of slack and webhook")
}

/// A webhook has no people.
fn people_need_a_personal_medium() -> Rule {
    Rule::new("!has(self.webhook) || self.audience.all(who, who == 'Channel')")
        .field_path(".audience")
        .message("a webhook tells its receiver alone: leave audience out, or use slack")
}

fn one_address() -> Rule {
    Rule::new("has(self.url) != has(self.urlSecret)").message("name exactly one of url and urlSecret")
}

fn a_link() -> Rule {
    Rule::new("self.startsWith('https://') && !self.replace('{namespace}', '').replace('{name}', '').matches('[{}\\\\s]')")
        .message("link begins with https:// and takes {namespace} and {name}, and no other braces or spaces")
}
