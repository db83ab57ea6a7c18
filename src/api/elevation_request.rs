//! `ElevationRequest`: one person's request for one permission set in one account for a limited time.

use kube::core::cel::{Reason as RuleReason, Rule};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::duration::HumanDuration;
use super::names::{AccountId, PermissionSetName};
use super::request_status::ElevationRequestStatus;
use super::rules;
use super::time::Timestamp;

/// The requested access. Immutable after creation, except for `cancelled`, which may be set once.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "team-operator.io",
    version = "v1alpha1",
    kind = "ElevationRequest",
    namespaced,
    status = "ElevationRequestStatus",
    derive = "PartialEq",
    shortname = "er",
    category = "team-operator",
    doc = "A request of one person for one permission set in one AWS account, for a limited time. Create it with \
           kubectl create; approvers append their decision to status.approvals; to end it early, the requester \
           sets spec.cancelled.",
    selectable = ".spec.requester",
    selectable = ".spec.accountId",
    selectable = ".status.phase",
    selectable = ".status.finished",
    printcolumn(name = "Requester", type_ = "string", json_path = ".spec.requester"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.accountId"),
    printcolumn(name = "Permission Set", type_ = "string", json_path = ".spec.permissionSet"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Approvals", type_ = "string", json_path = ".status.review.progress"),
    // A `date` column prints a time to come as <invalid>; a string prints it as it is.
    printcolumn(name = "Ends", type_ = "string", json_path = ".status.window.endTime"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Account Name", type_ = "string", json_path = ".status.access.accountName", priority = 1),
    printcolumn(name = "Ticket", type_ = "string", json_path = ".spec.ticketNumber", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.reason", priority = 1),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.message", priority = 1),
    validation = rules::the_name_leaves_room(),
    validation = rules::approvals_are_append_only(),
    validation = rules::nobody_decides_on_their_own_request()
)]
#[x_kube(
    validation = rules::optional_fields_stay(&["requester", "startTime", "ticketNumber", "justification"]),
    validation = rules::cancelled_stays_cancelled()
)]
pub struct ElevationRequestSpec {
    /// The Kubernetes user name of the requester, who gets the access. Must be your own (`kubectl auth
    /// whoami`); where the cluster has MutatingAdmissionPolicy it may be left out and is filled in.
    // No shortest length: admission answers an empty name with the one to put.
    #[schemars(length(max = 256))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = immutable("requester"))]
    pub requester: Option<String>,
    /// The id of the AWS account, twelve digits in quotes.
    #[x_kube(validation = immutable("accountId"))]
    pub account_id: AccountId,
    /// The name of the Identity Center permission set.
    #[x_kube(validation = immutable("permissionSet"))]
    pub permission_set: PermissionSetName,
    /// When the access should start, such as 2026-12-01T09:00:00Z. Left out or past: as soon as it is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = immutable("startTime"))]
    #[schemars(schema_with = "super::time::written_by_people")]
    pub start_time: Option<Timestamp>,
    /// How long the access lasts once it is granted, such as 90m, 2h or 1h30m.
    #[x_kube(validation = immutable("duration"))]
    pub duration: HumanDuration,
    /// The ticket for this work. TeamSettings say whether it is required and what it looks like.
    #[schemars(length(max = 128))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = immutable("ticketNumber"), validation = rules::plain_line("ticketNumber"))]
    pub ticket_number: Option<String>,
    /// Why the access is needed, in one line, for those who approve and those who audit. TeamSettings say whether it is required.
    #[schemars(length(max = 2048))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = immutable("justification"), validation = rules::plain_line("justification"))]
    pub justification: Option<String>,
    /// Set to true by the requester to cancel the request or to end the access early. It cannot be unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<bool>,
}

/// A field that nobody changes: what was approved must be what was asked for.
fn immutable(field: &str) -> Rule {
    Rule::new("self == oldSelf")
        .reason(RuleReason::FieldValueForbidden)
        .message(format!("{field} cannot be changed: {}", rules::MAKE_A_NEW_REQUEST).as_str())
}
