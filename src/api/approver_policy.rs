//! `ApproverPolicy`: who approves what, in which order.

use kube::core::cel::Rule;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::eligibility_policy::{PolicyStatus, names_an_account_or_unit};
use super::names::{AccountId, PermissionSetName};
use super::target::{OrganizationalUnitTarget, Subject};

/// Who has to approve requests for accounts. The policy nearest to an account applies.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[kube(
    group = "team-operator.io",
    version = "v1alpha1",
    kind = "ApproverPolicy",
    plural = "approverpolicies",
    status = "PolicyStatus",
    derive = "PartialEq",
    category = "team-operator",
    doc = "Who has to approve requests for which AWS accounts, in one to five stages. The policy nearest to the \
           account governs: the account itself, then its organizational unit, then the unit above, up to the root.",
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
    // From the status: of a list a column shows the first item only.
    printcolumn(name = "Stages", type_ = "string", json_path = ".status.stages"),
    printcolumn(name = "Approvals", type_ = "integer", json_path = ".status.approvalsRequired"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Ticket",
        type_ = "string",
        json_path = ".spec.ticketNumber",
        priority = 1
    )
)]
#[x_kube(validation = names_an_account_or_unit())]
pub struct ApproverPolicySpec {
    /// The accounts that the policy governs, each by its twelve digits in quotes.
    #[schemars(length(max = 500))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub accounts: Vec<AccountId>,
    /// Organizational units whose accounts the policy governs.
    #[schemars(length(max = 100))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub organizational_units: Vec<OrganizationalUnitTarget>,
    /// Only requests for these permission sets; left out: for all. An empty list is refused, since it could be meant
    /// either way.
    #[schemars(length(min = 1, max = 100))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub permission_sets: Option<Vec<PermissionSetName>>,
    /// Who has to approve, in consecutive stages.
    #[schemars(length(min = 1, max = 5))]
    #[x_kube(merge_strategy = ListMerge::Atomic, validation = stage_names_differ())]
    pub stages: Vec<Stage>,
    /// The change that introduced the policy; for information only.
    #[schemars(length(max = 128))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_number: Option<String>,
}

/// One step of an approval.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// A name for the stage, such as lead or security.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// Who can approve: people and groups of Identity Center.
    #[schemars(length(min = 1, max = 20))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub approvers: Vec<Subject>,
    /// How many different people have to approve.
    #[schemars(range(min = 1, max = 20))]
    #[serde(default = "one_by_default")]
    pub approvals_required: i32,
}

const fn one_by_default() -> i32 {
    1
}

fn stage_names_differ() -> Rule {
    Rule::new("self.all(a, self.exists_one(b, b.name == a.name))")
        .message("give each stage a name of its own")
}
