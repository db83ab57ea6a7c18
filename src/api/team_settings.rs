//! `TeamSettings`: cluster-wide settings; a singleton named `default`.

use kube::core::cel::Rule;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::duration::HumanDuration;
use super::time::Timestamp;

/// Cluster-wide settings that apply to every request.
#[derive(CustomResource, JsonSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[kube(
    group = "team-operator.io",
    version = "v1alpha1",
    kind = "TeamSettings",
    plural = "teamsettings",
    status = "TeamSettingsStatus",
    derive = "PartialEq",
    category = "team-operator",
    doc = "The rules that hold for every request. There is exactly one object, named default; without it nothing is \
           accepted, decided or granted, and what was granted still ends on time.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(
        name = "Guard Intact",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"GuardIntact\")].status"
    ),
    printcolumn(name = "Workflow", type_ = "string", json_path = ".spec.approvalWorkflow"),
    printcolumn(name = "Max Duration", type_ = "string", json_path = ".spec.maxRequestDuration"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name == 'default'")
        .message("there is one TeamSettings and its name is default")
)]
pub struct TeamSettingsSpec {
    /// Required: policies say which requests need approval. NotRequired: nobody ever needs approval.
    pub approval_workflow: Requirement,
    /// Whether a request needs a justification.
    pub justification: Requirement,
    /// Whether Approved and Rejected need a comment. Revoked never does.
    pub comments: Requirement,
    /// Whether a request needs a ticket number, and of what form.
    pub ticket_number: TicketNumberSettings,
    /// The maximum duration of any request, such as 9h. If a policy allows more, the smaller value applies.
    pub max_request_duration: HumanDuration,
    /// A request that is not approved this long after its creation expires.
    pub request_expiry: HumanDuration,
    /// How far ahead a request's startTime may lie.
    pub max_start_delay: HumanDuration,
    /// How many requests of one person may be open at once.
    #[schemars(range(min = 1, max = 1000))]
    pub max_open_requests: i32,
    /// How a Kubernetes user name becomes a user of Identity Center.
    pub identity: IdentitySettings,
    /// What holds when several matching policies disagree about approval. Never: approval is needed if any policy
    /// says so. WaiveIfAny: only if all say so.
    pub waiver: Waiver,
    /// What happens to access whose requester is no longer eligible.
    pub on_eligibility_lost: OnEligibilityLost,
    /// The address of the AWS access portal, which is linked in messages.
    #[schemars(length(max = 512), regex(pattern = "^https://"))]
    #[serde(rename = "accessPortalURL", skip_serializing_if = "Option::is_none")]
    pub access_portal_url: Option<String>,
    /// The namespaces in which people's tools look for requests and make them when nothing else is said; the first is where
    /// they make them.
    #[schemars(length(max = 100), inner(length(min = 1, max = 63)))]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub request_namespaces: Vec<String>,
    /// Finished requests are removed after this long, such as 2160h; left out: they are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<HumanDuration>,
}

impl Default for TeamSettingsSpec {
    fn default() -> Self {
        Self {
            approval_workflow: Requirement::Required,
            justification: Requirement::Required,
            comments: Requirement::Required,
            ticket_number: TicketNumberSettings::default(),
            max_request_duration: HumanDuration::from_hours(9),
            request_expiry: HumanDuration::from_hours(3),
            max_start_delay: HumanDuration::from_hours(720),
            max_open_requests: 20,
            identity: IdentitySettings::default(),
            waiver: Waiver::Never,
            on_eligibility_lost: OnEligibilityLost::Revoke,
            access_portal_url: None,
            request_namespaces: vec![],
            retention: None,
        }
    }
}

/// Whether a field is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Requirement {
    /// It is required.
    Required,
    /// It is optional.
    NotRequired,
}

/// Whether a request needs a ticket number, and of what form.
#[derive(JsonSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TicketNumberSettings {
    /// Whether a request needs a ticket number.
    pub requirement: Requirement,
    /// A regular expression (RE2) that a ticket number has to match, such as '^[A-Z]+-[0-9]+$'.
    #[schemars(length(max = 256))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = [is_a_regular_expression()]))]
    pub pattern: Option<String>,
}

impl Default for TicketNumberSettings {
    fn default() -> Self {
        Self {
            requirement: Requirement::Required,
            pattern: None,
        }
    }
}

/// An expression that cannot be compiled makes `matches` fail, and with it the rule.
fn is_a_regular_expression() -> Rule {
    Rule::new("''.matches(self) || !''.matches(self)")
        .message("write a regular expression as RE2 takes it, such as '^[A-Z]+-[0-9]+$'")
}

/// One user name must not stand for two people.
fn is_no_prefix_of_another() -> Rule {
    Rule::new("self.all(one, self.exists_one(other, one.startsWith(other)))")
        .message("no prefix may be the beginning of another, or a user name could stand for two people")
}

/// How a Kubernetes user name becomes a user of Identity Center.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct IdentitySettings {
    /// The prefixes of Kubernetes user names, such as 'oidc:'. Exactly one is removed once to get the Identity Center name; a name
    /// without any matches no user. Requests that were accepted before a change go on for the person who was recorded.
    #[schemars(length(min = 1, max = 16), inner(length(max = 256)))]
    #[schemars(extend("x-kubernetes-list-type" = "atomic", "x-kubernetes-validations" = [is_no_prefix_of_another()]))]
    pub username_prefixes: Vec<String>,
    /// The attribute of an Identity Center user that the rest of the name is compared with, letter for letter.
    pub attribute: IdentityAttribute,
}

impl Default for IdentitySettings {
    fn default() -> Self {
        Self {
            username_prefixes: vec![String::new()],
            attribute: IdentityAttribute::UserName,
        }
    }
}

/// An attribute that names one user of Identity Center.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum IdentityAttribute {
    /// The user's UserName.
    UserName,
    /// The user's e-mail address.
    Email,
}

/// What holds when several matching policies disagree about approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Waiver {
    /// Approval is needed if any policy says so.
    Never,
    /// Approval is needed only if all policies say so.
    WaiveIfAny,
}

/// What happens to access whose requester is no longer eligible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum OnEligibilityLost {
    /// It is removed.
    Revoke,
    /// It lasts until its end.
    Keep,
}

/// The annotation by which an administrator lets finished requests go that the journal does not have, with the reason as its value: for
/// when it cannot be written for days.
pub const RELEASE_UNRECORDED: &str = "team-operator.io/release-unrecorded";

/// Whether the settings are in force.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamSettingsStatus {
    /// The generation of the settings that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The facts Ready, GuardIntact and EndsInTime.
    #[schemars(length(max = 8))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The journal: what verifies it, and how far it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalStatus>,
}

/// The newest checkpoint of the journal, at most ten minutes old while lines are added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JournalStatus {
    /// The name of the tree.
    #[schemars(length(max = 256))]
    pub origin: String,
    /// The key that verifies its checkpoints, for team-operator journal verify --vkey.
    #[schemars(length(max = 512))]
    pub vkey: String,
    /// How many lines the checkpoint is about.
    #[schemars(range(min = 0))]
    pub size: i64,
    /// The checkpoint: a signed note. Keep a copy where administrators of the cluster cannot write.
    #[schemars(length(max = 2048))]
    pub checkpoint: String,
    /// When it was written here.
    pub time: Timestamp,
}
