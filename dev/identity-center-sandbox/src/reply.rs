//! The sandbox's answers, spelled as on the wire, and how they are to be delivered.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::operation::AssignmentInput;

/// What comes back for a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What AWS says.
    pub outcome: Outcome,
    /// What becomes of it on the way.
    pub delivery: Delivery,
}

/// A reply or a refusal.
pub type Outcome = Result<Reply, ServiceError>;

/// What becomes of an answer on the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It arrives.
    Plain,
    /// It arrives after this time.
    Slow(Duration),
    /// The connection breaks instead. Whether the operation took effect is in the world, not here.
    Lost,
    /// HTTP 503 arrives instead.
    Unavailable,
    /// HTTP 500 with a page for people arrives instead.
    Html,
    /// It arrives when [`World::release`](super::World::release) is called for it.
    Held(HoldId),
}

/// Names one held request.
pub type HoldId = u64;

/// A refusal in AWS's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceError {
    /// For instance `ConflictException`.
    pub code: String,
    /// AWS's sentence.
    pub message: String,
    /// The `Reason` member, for instance `KMS_DisabledException`.
    pub reason: Option<String>,
    /// The `ResourceType` member of identitystore's not-found errors.
    pub resource_type: Option<String>,
    /// The `RetryAfterSeconds` member of identitystore's errors.
    pub retry_after_seconds: Option<u32>,
    /// The HTTP status.
    pub status: u16,
}

/// The body of a successful answer. Members that are absent are left out, as AWS does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged, rename_all_fields = "PascalCase")]
#[expect(missing_docs, reason = "the fields are AWS's own and documented there")]
pub enum Reply {
    Instances {
        instances: Vec<InstanceMetadata>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    Instance(Box<InstanceDescription>),
    PermissionSets {
        permission_sets: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    PermissionSet {
        permission_set: PermissionSetDescription,
    },
    Accounts {
        account_ids: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    Assignments {
        account_assignments: Vec<AssignmentRow>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    Creation {
        account_assignment_creation_status: OperationStatus,
    },
    Deletion {
        account_assignment_deletion_status: OperationStatus,
    },
    CreationStatuses {
        account_assignments_creation_status: Vec<OperationRow>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    UserId {
        identity_store_id: String,
        user_id: String,
    },
    User(Box<UserDescription>),
    GroupId {
        identity_store_id: String,
        group_id: String,
    },
    Group {
        identity_store_id: String,
        group_id: String,
        display_name: String,
    },
    MembershipResults {
        results: Vec<MembershipResult>,
    },
    Memberships {
        group_memberships: Vec<MembershipRow>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    Organization {
        organization: OrganizationDescription,
    },
    Roots {
        roots: Vec<UnitRow>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    AccountList {
        accounts: Vec<AccountRow>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    Units {
        organizational_units: Vec<UnitRow>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    Parents {
        parents: Vec<ParentRow>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    Account {
        account: AccountRow,
    },
    Unit {
        organizational_unit: UnitRow,
    },
    DelegatedAdministrators {
        delegated_administrators: Vec<AccountRow>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    CallerIdentity {
        account: String,
        arn: String,
        user_id: String,
    },
}

macro_rules! wire_struct {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(rename_all = "PascalCase")]
        #[expect(missing_docs, reason = "the fields are AWS's own and documented there")]
        pub struct $name { $($(#[$field_meta])* pub $field: $type),* }
    )*};
}

wire_struct! {
    /// One row of `ListInstances`.
    InstanceMetadata {
        instance_arn: String, identity_store_id: String, identity_store_arn: String, owner_account_id: String,
        name: String, created_date: f64, status: String, primary_region: String,
    }
    /// The answer of `DescribeInstance`.
    InstanceDescription {
        #[serde(flatten)] metadata: InstanceMetadata, permission_sets_enabled: bool,
        encryption_configuration_details: EncryptionDetails,
    }
    /// The key of an instance.
    EncryptionDetails { key_type: String, #[serde(skip_serializing_if = "Option::is_none")] kms_key_arn: Option<String>, encryption_status: String }
    /// A permission set.
    PermissionSetDescription {
        name: String, permission_set_arn: String, description: String, created_date: f64, session_duration: String,
    }
    /// One row of `ListAccountAssignments`.
    AssignmentRow { account_id: String, permission_set_arn: String, principal_type: String, principal_id: String }
    /// How an operation stands.
    OperationStatus {
        status: String, request_id: String, #[serde(skip_serializing_if = "Option::is_none")] failure_reason: Option<String>, target_id: String, target_type: String,
        permission_set_arn: String, principal_type: String, principal_id: String, created_date: f64,
    }
    /// One row of `ListAccountAssignmentCreationStatus`: what the operation is about is not in it.
    OperationRow { status: String, request_id: String, created_date: f64 }
    /// A user.
    UserDescription {
        identity_store_id: String, user_id: String, user_name: String, display_name: String, emails: Vec<EmailRow>,
        user_status: String, revision: String,
    }
    /// An e-mail address.
    EmailRow { value: String, primary: bool }
    /// One answer of `IsMemberInGroups`.
    MembershipResult { group_id: String, member_id: super::operation::MemberId, membership_exists: bool }
    /// One row of `ListGroupMemberships`.
    MembershipRow {
        identity_store_id: String, membership_id: String, group_id: String, member_id: super::operation::MemberId,
    }
    /// The organization.
    OrganizationDescription {
        id: String, arn: String, feature_set: String, master_account_id: String, master_account_arn: String,
    }
    /// A root or an organizational unit.
    UnitRow { id: String, arn: String, name: String }
    /// An account.
    AccountRow { id: String, arn: String, email: String, name: String, state: String, joined_timestamp: f64 }
    /// A parent.
    ParentRow { id: String, r#type: String }
}

impl Reply {
    /// The create or delete that the reply is about.
    pub fn operation(&self) -> Option<&OperationStatus> {
        match self {
            Self::Creation {
                account_assignment_creation_status: status,
            }
            | Self::Deletion {
                account_assignment_deletion_status: status,
            } => Some(status),
            _ => None,
        }
    }
}

impl OperationStatus {
    /// Whether it is an operation on this assignment.
    pub fn is_about(&self, input: &AssignmentInput) -> bool {
        self.target_id == input.target_id
            && self.permission_set_arn == input.permission_set_arn
            && self.principal_type == input.principal_type
            && self.principal_id == input.principal_id
    }
}

impl ServiceError {
    /// A refusal with HTTP 400, as AWS JSON 1.1 has it.
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        let status = if code == "InternalServerException" {
            500
        } else {
            400
        };
        Self {
            code: code.into(),
            message: message.into(),
            reason: None,
            resource_type: None,
            retry_after_seconds: None,
            status,
        }
    }

    /// `ResourceNotFoundException`.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new("ResourceNotFoundException", format!("{what} does not exist."))
    }

    /// `ResourceNotFoundException` of the identity store, which says what kind of thing is missing.
    pub(super) fn store_lacks(resource_type: &str) -> Self {
        Self {
            resource_type: Some(resource_type.into()),
            ..Self::not_found(resource_type)
        }
    }

    /// `ValidationException`.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }
}
