//! `EligibilityPolicy`: who may ask for what.

use kube::core::cel::Rule;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Condition;
use super::duration::HumanDuration;
use super::names::{AccountId, OrganizationalUnitId, PermissionSetName};
use super::target::{OrganizationalUnitTarget, Subject};

/// A policy is subjects × (accounts ∪ accounts under the units) × permission sets: a request is eligible when one
/// policy alone matches all of it.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "team-operator.io",
    version = "v1alpha1",
    kind = "EligibilityPolicy",
    plural = "eligibilitypolicies",
    status = "PolicyStatus",
    derive = "PartialEq",
    category = "team-operator",
    doc = "Who may ask for which permission sets in which AWS accounts, and for how long. A request is eligible \
           when one policy alone matches all of it; attributes are never mixed across policies.",
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
    printcolumn(name = "Accounts", type_ = "integer", json_path = ".status.accounts"),
    printcolumn(name = "People", type_ = "integer", json_path = ".status.people"),
    printcolumn(name = "Max Duration", type_ = "string", json_path = ".spec.maxDuration"),
    printcolumn(name = "Approval", type_ = "boolean", json_path = ".spec.approvalRequired"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Ticket",
        type_ = "string",
        json_path = ".spec.ticketNumber",
        priority = 1
    )
)]
#[x_kube(validation = names_an_account_or_unit())]
pub struct EligibilityPolicySpec {
    /// Who may ask: people and groups of Identity Center.
    #[schemars(length(min = 1, max = 100))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub subjects: Vec<Subject>,
    /// The accounts that may be asked for, each by its twelve digits in quotes.
    #[schemars(length(max = 500))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub accounts: Vec<AccountId>,
    /// Organizational units whose accounts may be asked for.
    #[schemars(length(max = 100))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub organizational_units: Vec<OrganizationalUnitTarget>,
    /// The permission sets that may be asked for, by name.
    #[schemars(length(min = 1, max = 100))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub permission_sets: Vec<PermissionSetName>,
    /// The longest that may be asked for, such as 8h. TeamSettings may allow less; the smaller wins.
    pub max_duration: HumanDuration,
    /// Whether requests under this policy need approval.
    #[serde(default = "approval_by_default")]
    pub approval_required: bool,
    /// The change that introduced the policy; for information only.
    #[schemars(length(max = 128))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_number: Option<String>,
}

/// Forgetting to say it must not give access away.
const fn approval_by_default() -> bool {
    true
}

/// A policy that covers no account is a mistake, not a policy.
pub(super) fn names_an_account_or_unit() -> Rule {
    Rule::new(
        "(has(self.accounts) && self.accounts.size() > 0) || \
         (has(self.organizationalUnits) && self.organizationalUnits.size() > 0)",
    )
    .message("name at least one account in accounts or one unit in organizationalUnits")
}

/// What a policy means at the moment: what a reader of its file cannot see.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyStatus {
    /// The generation of the policy that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// How many accounts the policy covers.
    #[schemars(range(min = 0))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<i32>,
    /// How many people the policy names, alone or through a group.
    #[schemars(range(min = 0))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<i32>,
    /// Of an ApproverPolicy: the stages in their order, as a table shows them.
    #[schemars(length(max = 512))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stages: Option<String>,
    /// Of an ApproverPolicy: how many approvals all stages ask for together.
    #[schemars(range(min = 0))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals_required: Option<i32>,
    /// The units that the policy names, with their place in the organization.
    #[schemars(length(max = 100))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub organizational_units: Vec<OrganizationalUnitPath>,
    /// The fact Ready.
    #[schemars(length(max = 8))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// Where a unit stands in the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationalUnitPath {
    /// The id of the unit.
    pub id: OrganizationalUnitId,
    /// Names of the units from the root down to this one, separated by slashes.
    #[schemars(length(max = 2048))]
    pub path: String,
}
