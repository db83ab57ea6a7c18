//! The assignments themselves.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    AccountId, Aged, Ask, GoneEvidence, InstanceArn, Listing, OperationKind, OperationState,
    PermissionSetArn, PortError, RequestId, UserId,
};

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

    /// The creates of exactly this tuple that AWS lists as in progress, whoever asked for them: what a create whose
    /// answer was lost can still be found by. AWS lists the creates of the whole instance, each with its status and id
    /// alone (`ListAccountAssignmentCreationStatus`), so every row costs another call that says what it is about; one
    /// that fails makes this an error, never "none". What is over by then is left out. AWS does not say for how long
    /// such records are kept, nor how soon a new one is listed: an empty answer proves nothing by itself.
    async fn creates_in_progress(&self, ask: &Ask, tuple: &Tuple) -> Result<Aged<Vec<RequestId>>, PortError>;
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

/// What became of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateAnswer {
    /// AWS took it on.
    Accepted {
        /// To be stored before anything else: AWS shows it again only among those in progress, and not for sure.
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

/// A last question before a create goes out.
pub trait SendPermit: Send + Sync + std::fmt::Debug {
    /// Whether sending is still right: the lease is held and the end not passed.
    fn still_good(&self) -> bool;
}
