//! The assignments themselves.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{AccountId, Aged, Ask, GroupId, InstanceArn, PermissionSetArn, PortError, RequestId, UserId};

/// Account assignments of one Identity Center instance.
///
/// Create and delete are asynchronous in AWS: the answer is an operation that is watched through
/// [`Assignments::status`]. Both name a set, not a thing with an owner: creating what exists succeeds, so a success
/// never proves who made it.
#[async_trait]
pub trait Assignments: Send + Sync {
    /// Who holds this permission set in this account, directly or through a group. Always from AWS, which may
    /// itself lag behind a write by some seconds. `NotFound` means that AWS does not know the account, the set or
    /// the instance, and does not say which.
    async fn list(
        &self,
        ask: &Ask,
        account: &AccountId,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Listing>, PortError>;

    /// Asks AWS to create the assignment. `permit` is asked when the request is about to be signed, after all
    /// waiting for the budget: a leader that lost its lease meanwhile sends nothing.
    async fn create(
        &self,
        ask: &Ask,
        tuple: &Tuple,
        permit: Arc<dyn SendPermit>,
    ) -> Result<CreateAnswer, PortError>;

    /// Asks AWS to delete the assignment. Has no preconditions.
    async fn delete(&self, ask: &Ask, tuple: &Tuple) -> Result<DeleteAnswer, PortError>;

    /// How an operation stands. Asked more often than useful it repeats the last answer without a call, and says
    /// how long that will be so.
    async fn status(
        &self,
        ask: &Ask,
        kind: OperationKind,
        account: &AccountId,
        request: &RequestId,
    ) -> Result<OperationState, PortError>;
}

/// What identifies an assignment of ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tuple {
    /// The instance it was made in. Another one than configured is refused, not asked.
    pub instance_arn: InstanceArn,
    /// Whom it serves.
    pub user_id: UserId,
    /// Where.
    pub account_id: AccountId,
    /// What.
    pub permission_set_arn: PermissionSetArn,
}

/// One list call's result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Everybody assigned; empty is an answer.
    pub principals: Vec<Principal>,
}

/// Who holds an assignment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A person directly.
    User(UserId),
    /// All members of a group.
    Group(GroupId),
}

/// The two kinds of operation, whose ids live in separate spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OperationKind {
    /// Made by `create`.
    Creation,
    /// Made by `delete`.
    Deletion,
}

/// What became of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateAnswer {
    /// AWS took it on.
    Accepted {
        /// To be stored before anything else: AWS offers no way to find it again.
        request: RequestId,
        /// Sometimes final at once.
        state: OperationState,
    },
    /// The permit was refused when it was about to be sent: nothing was sent.
    Withheld,
}

/// What became of a delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteAnswer {
    /// AWS took it on.
    Accepted {
        /// To be stored before anything else.
        request: RequestId,
        /// Sometimes final at once.
        state: OperationState,
    },
    /// AWS knows no such assignment. A claim to be confirmed by a list, never proof alone.
    AlreadyGone(GoneEvidence),
}

/// How AWS said that there is nothing to delete; there are two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoneEvidence {
    /// The delete itself was answered with `ResourceNotFoundException`.
    NotFoundAnswer,
    /// The delete was accepted and then failed: "Received a 404 status error", about an `EntitlementItem`.
    EntitlementMissing,
}

/// How an operation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationState {
    /// Not finished.
    InProgress {
        /// Asking sooner brings no news.
        ask_again_in: Duration,
    },
    /// AWS says it is done. A later list confirms.
    Succeeded,
    /// AWS gave up.
    Failed {
        /// What that means, as far as AWS's wording is known.
        kind: FailureKind,
        /// AWS's own words, and what to check.
        reason: String,
    },
    /// A deletion that failed because there was nothing to delete. A later list confirms.
    AlreadyGone(GoneEvidence),
    /// AWS no longer has a record of the operation: neither success nor failure is known.
    Vanished,
}

/// Why AWS gave up on an operation, from its wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The account has no room for another IAM role.
    RoleQuota,
    /// A customer managed policy that the permission set names does not exist in the account.
    PolicyMissing,
    /// The directory does not know the user (deleted, or not yet there).
    PrincipalNotFound,
    /// AWS could not use the instance's encryption key.
    EncryptionKey,
    /// AWS says nothing useful.
    Internal,
    /// Wording not seen before.
    Other,
}

/// A last question before a create goes out.
pub trait SendPermit: Send + Sync + std::fmt::Debug {
    /// Whether sending is still right: the lease is held and the end not passed.
    fn still_good(&self) -> bool;
}

impl Listing {
    /// Whether the user is assigned directly.
    pub fn holds_user(&self, user: &UserId) -> bool {
        self.principals
            .iter()
            .any(|principal| matches!(principal, Principal::User(id) if id == user))
    }

    /// The groups that are assigned: their members keep the access when the user's own assignment goes.
    pub fn groups(&self) -> impl Iterator<Item = &GroupId> {
        self.principals.iter().filter_map(|principal| match principal {
            Principal::Group(id) => Some(id),
            Principal::User(_) => None,
        })
    }
}
