//! The calls the sandbox understands: every AWS operation this project makes, and those of its preflight.

use serde::{Deserialize, Serialize};

/// An operation together with what the request says about its sender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// What is asked.
    pub operation: Operation,
    /// The region in the signature, where there is one.
    pub region: Option<String>,
}

/// An AWS operation with its input, spelled as on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", content = "input", rename_all_fields = "PascalCase")]
#[expect(missing_docs, reason = "the fields are AWS's own and documented there")]
pub enum Operation {
    ListInstances {
        #[serde(flatten)]
        paging: Paging,
    },
    DescribeInstance {
        instance_arn: String,
    },
    ListPermissionSets {
        instance_arn: String,
        #[serde(flatten)]
        paging: Paging,
    },
    DescribePermissionSet {
        instance_arn: String,
        permission_set_arn: String,
    },
    ListAccountsForProvisionedPermissionSet {
        instance_arn: String,
        permission_set_arn: String,
        #[serde(flatten)]
        paging: Paging,
    },
    ListPermissionSetsProvisionedToAccount {
        instance_arn: String,
        account_id: String,
        #[serde(flatten)]
        paging: Paging,
    },
    ListAccountAssignments {
        instance_arn: String,
        account_id: String,
        permission_set_arn: String,
        #[serde(flatten)]
        paging: Paging,
    },
    CreateAccountAssignment(AssignmentInput),
    DeleteAccountAssignment(AssignmentInput),
    DescribeAccountAssignmentCreationStatus {
        instance_arn: String,
        account_assignment_creation_request_id: String,
    },
    ListAccountAssignmentCreationStatus {
        instance_arn: String,
        filter: Option<OperationStatusFilter>,
        #[serde(flatten)]
        paging: Paging,
    },
    DescribeAccountAssignmentDeletionStatus {
        instance_arn: String,
        account_assignment_deletion_request_id: String,
    },
    GetUserId {
        identity_store_id: String,
        alternate_identifier: AlternateIdentifier,
    },
    DescribeUser {
        identity_store_id: String,
        user_id: String,
    },
    GetGroupId {
        identity_store_id: String,
        alternate_identifier: AlternateIdentifier,
    },
    DescribeGroup {
        identity_store_id: String,
        group_id: String,
    },
    IsMemberInGroups {
        identity_store_id: String,
        member_id: MemberId,
        group_ids: Vec<String>,
    },
    ListGroupMemberships {
        identity_store_id: String,
        group_id: String,
        #[serde(flatten)]
        paging: Paging,
    },
    DescribeOrganization {},
    ListRoots {
        #[serde(flatten)]
        paging: Paging,
    },
    ListAccounts {
        #[serde(flatten)]
        paging: Paging,
    },
    ListAccountsForParent {
        parent_id: String,
        #[serde(flatten)]
        paging: Paging,
    },
    ListOrganizationalUnitsForParent {
        parent_id: String,
        #[serde(flatten)]
        paging: Paging,
    },
    ListParents {
        child_id: String,
        #[serde(flatten)]
        paging: Paging,
    },
    DescribeAccount {
        account_id: String,
    },
    DescribeOrganizationalUnit {
        organizational_unit_id: String,
    },
    ListDelegatedAdministrators {
        service_principal: Option<String>,
        #[serde(flatten)]
        paging: Paging,
    },
    GetCallerIdentity {},
}

/// What a caller wants of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are AWS's own and documented there")]
pub struct Paging {
    pub max_results: Option<usize>,
    pub next_token: Option<String>,
}

/// Which operations a list of them shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are AWS's own and documented there")]
pub struct OperationStatusFilter {
    pub status: Option<String>,
}

/// The five values that name an assignment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are AWS's own and documented there")]
pub struct AssignmentInput {
    pub instance_arn: String,
    pub target_id: String,
    pub target_type: String,
    pub permission_set_arn: String,
    pub principal_type: String,
    pub principal_id: String,
}

/// A name to look up; exactly one of the two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are AWS's own and documented there")]
pub struct AlternateIdentifier {
    pub unique_attribute: Option<UniqueAttribute>,
    pub external_id: Option<serde_json::Value>,
}

/// An attribute with its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are AWS's own and documented there")]
pub struct UniqueAttribute {
    pub attribute_path: String,
    pub attribute_value: serde_json::Value,
}

/// A group's member; always a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the fields are AWS's own and documented there")]
pub struct MemberId {
    pub user_id: String,
}

/// The AWS service an operation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names of the services")]
pub enum Service {
    SsoAdmin,
    IdentityStore,
    Organizations,
    Sts,
}

impl Operation {
    /// AWS's name of the operation.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ListInstances { .. } => "ListInstances",
            Self::DescribeInstance { .. } => "DescribeInstance",
            Self::ListPermissionSets { .. } => "ListPermissionSets",
            Self::DescribePermissionSet { .. } => "DescribePermissionSet",
            Self::ListAccountsForProvisionedPermissionSet { .. } => "ListAccountsForProvisionedPermissionSet",
            Self::ListPermissionSetsProvisionedToAccount { .. } => "ListPermissionSetsProvisionedToAccount",
            Self::ListAccountAssignments { .. } => "ListAccountAssignments",
            Self::CreateAccountAssignment(_) => "CreateAccountAssignment",
            Self::DeleteAccountAssignment(_) => "DeleteAccountAssignment",
            Self::DescribeAccountAssignmentCreationStatus { .. } => "DescribeAccountAssignmentCreationStatus",
            Self::ListAccountAssignmentCreationStatus { .. } => "ListAccountAssignmentCreationStatus",
            Self::DescribeAccountAssignmentDeletionStatus { .. } => "DescribeAccountAssignmentDeletionStatus",
            Self::GetUserId { .. } => "GetUserId",
            Self::DescribeUser { .. } => "DescribeUser",
            Self::GetGroupId { .. } => "GetGroupId",
            Self::DescribeGroup { .. } => "DescribeGroup",
            Self::IsMemberInGroups { .. } => "IsMemberInGroups",
            Self::ListGroupMemberships { .. } => "ListGroupMemberships",
            Self::DescribeOrganization {} => "DescribeOrganization",
            Self::ListRoots { .. } => "ListRoots",
            Self::ListAccounts { .. } => "ListAccounts",
            Self::ListAccountsForParent { .. } => "ListAccountsForParent",
            Self::ListOrganizationalUnitsForParent { .. } => "ListOrganizationalUnitsForParent",
            Self::ListParents { .. } => "ListParents",
            Self::DescribeAccount { .. } => "DescribeAccount",
            Self::DescribeOrganizationalUnit { .. } => "DescribeOrganizationalUnit",
            Self::ListDelegatedAdministrators { .. } => "ListDelegatedAdministrators",
            Self::GetCallerIdentity {} => "GetCallerIdentity",
        }
    }

    /// The service that serves it.
    pub fn service(&self) -> Service {
        match self {
            Self::ListInstances { .. }
            | Self::DescribeInstance { .. }
            | Self::ListPermissionSets { .. }
            | Self::DescribePermissionSet { .. }
            | Self::ListAccountsForProvisionedPermissionSet { .. }
            | Self::ListPermissionSetsProvisionedToAccount { .. }
            | Self::ListAccountAssignments { .. }
            | Self::CreateAccountAssignment(_)
            | Self::DeleteAccountAssignment(_)
            | Self::DescribeAccountAssignmentCreationStatus { .. }
            | Self::ListAccountAssignmentCreationStatus { .. }
            | Self::DescribeAccountAssignmentDeletionStatus { .. } => Service::SsoAdmin,
            Self::GetUserId { .. }
            | Self::DescribeUser { .. }
            | Self::GetGroupId { .. }
            | Self::DescribeGroup { .. }
            | Self::IsMemberInGroups { .. }
            | Self::ListGroupMemberships { .. } => Service::IdentityStore,
            Self::GetCallerIdentity {} => Service::Sts,
            _ => Service::Organizations,
        }
    }

    /// Whether the operation changes anything.
    pub fn writes(&self) -> bool {
        matches!(
            self,
            Self::CreateAccountAssignment(_) | Self::DeleteAccountAssignment(_)
        )
    }

    /// The account the operation is about, where its input names one.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::ListPermissionSetsProvisionedToAccount { account_id, .. }
            | Self::ListAccountAssignments { account_id, .. }
            | Self::DescribeAccount { account_id } => Some(account_id),
            Self::CreateAccountAssignment(input) | Self::DeleteAccountAssignment(input) => {
                Some(&input.target_id)
            }
            Self::ListParents { child_id, .. } => Some(child_id),
            _ => None,
        }
    }

    /// The permission set the operation is about, where its input names one.
    pub fn permission_set(&self) -> Option<&str> {
        match self {
            Self::DescribePermissionSet {
                permission_set_arn, ..
            }
            | Self::ListAccountsForProvisionedPermissionSet {
                permission_set_arn, ..
            }
            | Self::ListAccountAssignments {
                permission_set_arn, ..
            } => Some(permission_set_arn),
            Self::CreateAccountAssignment(input) | Self::DeleteAccountAssignment(input) => {
                Some(&input.permission_set_arn)
            }
            _ => None,
        }
    }

    /// The request id the operation asks about, where its input names one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::DescribeAccountAssignmentCreationStatus {
                account_assignment_creation_request_id: id,
                ..
            }
            | Self::DescribeAccountAssignmentDeletionStatus {
                account_assignment_deletion_request_id: id,
                ..
            } => Some(id),
            _ => None,
        }
    }

    /// The user or group the operation is about, where its input names one.
    pub fn principal(&self) -> Option<&str> {
        match self {
            Self::CreateAccountAssignment(input) | Self::DeleteAccountAssignment(input) => {
                Some(&input.principal_id)
            }
            Self::DescribeUser { user_id, .. } => Some(user_id),
            Self::IsMemberInGroups { member_id, .. } => Some(&member_id.user_id),
            Self::DescribeGroup { group_id, .. } | Self::ListGroupMemberships { group_id, .. } => {
                Some(group_id)
            }
            _ => None,
        }
    }
}
