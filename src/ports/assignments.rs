//! Account assignments.

use std::sync::Arc;

use super::{
    AccountId, Aged, AssignmentKey, CallOptions, GoneEvidence, Listing, OperationKind, OperationState,
    PermissionSetArn, PortError, RequestId,
};
use async_trait::async_trait;

/// Account assignments of one Identity Center instance.
///
/// Create and delete are asynchronous in AWS: the answer is an operation that is polled through
/// [`Assignments::status`]. Both are idempotent and assignments have no owner: creating an existing one succeeds, so a success
/// never proves who created it.
#[async_trait]
pub trait Assignments: Send + Sync {
    /// Who holds this permission set in this account, directly or through a group. Always from AWS, which may
    /// itself lag behind a write by some seconds. `NotFound` means that AWS does not know the account, the set or
    /// the instance, and does not say which.
    async fn list(
        &self,
        options: &CallOptions,
        account: &AccountId,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Listing>, PortError>;

    /// Creates the assignment. `permit` is checked right before the request is signed, after all waiting for the
    /// budget: a leader that lost its lease meanwhile sends nothing.
    async fn create(
        &self,
        options: &CallOptions,
        key: &AssignmentKey,
        permit: Arc<dyn SendPermit>,
    ) -> Result<CreateAnswer, PortError>;

    /// Deletes the assignment, in the instance that the key names, also when another one is configured. Has no
    /// preconditions.
    async fn delete(&self, options: &CallOptions, key: &AssignmentKey) -> Result<DeleteAnswer, PortError>;

    /// The status of an operation. Called again too early, it returns "in progress" without calling AWS, and says when
    /// to poll.
    async fn status(
        &self,
        options: &CallOptions,
        kind: OperationKind,
        account: &AccountId,
        request: &RequestId,
    ) -> Result<OperationState, PortError>;

    /// The creates of exactly this assignment that AWS lists as in progress, whoever asked for them: what a create whose
    /// answer was lost can still be found by. AWS lists the creates of the whole instance, each with its status and id
    /// alone (`ListAccountAssignmentCreationStatus`), so every row costs another call that says what it is about; one
    /// that fails makes this an error, never "none". What is over by then is left out. AWS does not say for how long
    /// such records are kept, nor how soon a new one is listed: an empty answer proves nothing by itself.
    async fn creates_in_progress(
        &self,
        options: &CallOptions,
        key: &AssignmentKey,
    ) -> Result<Aged<Vec<RequestId>>, PortError>;
}

/// The result of a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateAnswer {
    /// AWS accepted it.
    Accepted {
        /// The id of the operation: AWS shows it again only among those in progress, and not for sure.
        request: RequestId,
        /// The status; sometimes already final.
        state: OperationState,
    },
    /// The permit was refused: nothing was sent.
    Withheld,
}

/// The result of a delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteAnswer {
    /// AWS accepted it.
    Accepted {
        /// The id of the operation.
        request: RequestId,
        /// The status; sometimes already final.
        state: OperationState,
    },
    /// AWS knows no such assignment. It must be confirmed by a list.
    AlreadyGone(GoneEvidence),
}

/// A last check before a create is sent.
pub trait SendPermit: Send + Sync + std::fmt::Debug {
    /// Whether it may still be sent: the lease is held and the end of the access has not passed.
    fn still_good(&self) -> bool;
}
