//! The assignments, as a process asks for them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use identity_center_sandbox::{AssignmentInput, Operation, OperationStatus, Paging, Reply};
use team_operator::ports::{
    AccountId, Aged, Ask, Assignments, Class, CreateAnswer, DeleteAnswer, Effect, FailureKind, GoneEvidence,
    GroupId, Listing, OperationKind, OperationState, PermissionSetArn, PortError, Principal, RequestId,
    SendPermit, Tuple, UserId,
};

use super::{Adapter, failure};

/// The shortest and the longest time until an operation under way is asked after again; the longer it takes, the longer.
const POLLS: (f64, f64) = (2.0, 15.0);

#[async_trait]
impl Assignments for Adapter {
    async fn list(
        &self,
        _: &Ask,
        account: &AccountId,
        set: &PermissionSetArn,
    ) -> Result<Aged<Listing>, PortError> {
        let asked = self.now();
        let call = Operation::ListAccountAssignments {
            instance_arn: self.instance_arn(),
            account_id: account.as_str().to_owned(),
            permission_set_arn: set.as_str().to_owned(),
            paging: Paging::default(),
        };
        let Reply::Assignments {
            account_assignments: rows,
            ..
        } = self.call(call).await?
        else {
            unreachable!("a list answers a list")
        };
        let principal = |row: &identity_center_sandbox::AssignmentRow| match row.principal_type.as_str() {
            "USER" => Principal::User(UserId::new(&row.principal_id)),
            _ => Principal::Group(GroupId::new(&row.principal_id)),
        };
        Ok(Aged {
            value: Listing {
                principals: rows.iter().map(principal).collect(),
            },
            observed_at: asked,
        })
    }

    async fn create(
        &self,
        _: &Ask,
        tuple: &Tuple,
        permit: Arc<dyn SendPermit>,
    ) -> Result<CreateAnswer, PortError> {
        let operation = Operation::CreateAccountAssignment(self.input(tuple)?);
        self.suffer(&operation, false).await;
        if !permit.still_good() {
            return Ok(CreateAnswer::Withheld);
        }
        match self.call(operation).await? {
            Reply::Creation {
                account_assignment_creation_status: status,
            } => Ok(CreateAnswer::Accepted {
                request: RequestId::new(&status.request_id),
                state: state(OperationKind::Creation, &status),
            }),
            other => unreachable!("{other:?}"),
        }
    }

    async fn delete(&self, _: &Ask, tuple: &Tuple) -> Result<DeleteAnswer, PortError> {
        let operation = Operation::DeleteAccountAssignment(self.input(tuple)?);
        self.suffer(&operation, false).await;
        match self.call(operation).await {
            Ok(Reply::Deletion {
                account_assignment_deletion_status: status,
            }) => Ok(match state(OperationKind::Deletion, &status) {
                OperationState::AlreadyGone(evidence) => DeleteAnswer::AlreadyGone(evidence),
                state => DeleteAnswer::Accepted {
                    request: RequestId::new(&status.request_id),
                    state,
                },
            }),
            Ok(other) => unreachable!("{other:?}"),
            Err(error) if error.class == Class::NotFound => {
                Ok(DeleteAnswer::AlreadyGone(GoneEvidence::NotFoundAnswer))
            }
            Err(error) => Err(error),
        }
    }

    async fn status(
        &self,
        _: &Ask,
        kind: OperationKind,
        _: &AccountId,
        request: &RequestId,
    ) -> Result<OperationState, PortError> {
        let (instance_arn, id) = (self.instance_arn(), request.as_str().to_owned());
        let call = match kind {
            OperationKind::Creation => Operation::DescribeAccountAssignmentCreationStatus {
                instance_arn,
                account_assignment_creation_request_id: id,
            },
            OperationKind::Deletion => Operation::DescribeAccountAssignmentDeletionStatus {
                instance_arn,
                account_assignment_deletion_request_id: id,
            },
        };
        match self.call(call).await {
            Ok(
                Reply::Creation {
                    account_assignment_creation_status: status,
                }
                | Reply::Deletion {
                    account_assignment_deletion_status: status,
                },
            ) => Ok(match state(kind, &status) {
                OperationState::InProgress { .. } => {
                    let (shortest, longest) = POLLS;
                    let since = self
                        .now()
                        .signed_duration_since(chrono::DateTime::UNIX_EPOCH)
                        .as_seconds_f64()
                        - status.created_date;
                    let ask_again_in = Duration::from_secs_f64((since / 4.0).clamp(shortest, longest));
                    OperationState::InProgress { ask_again_in }
                }
                over => over,
            }),
            Ok(other) => unreachable!("{other:?}"),
            Err(error) if error.class == Class::NotFound => Ok(OperationState::Vanished),
            Err(error) => Err(error),
        }
    }
}

impl Adapter {
    /// The adapters refuse what was made in another instance than the one configured, and do not ask.
    fn input(&self, tuple: &Tuple) -> Result<AssignmentInput, PortError> {
        let input = AssignmentInput {
            instance_arn: tuple.instance_arn.as_str().to_owned(),
            target_id: tuple.account_id.as_str().to_owned(),
            target_type: "AWS_ACCOUNT".to_owned(),
            permission_set_arn: tuple.permission_set_arn.as_str().to_owned(),
            principal_type: "USER".to_owned(),
            principal_id: tuple.user_id.as_str().to_owned(),
        };
        if input.instance_arn != self.instance_arn() {
            let sentence = "the assignment belongs to another instance than the one configured".to_owned();
            let operation = Operation::DeleteAccountAssignment(input);
            return Err(failure(&operation, Class::Invalid, Effect::None, sentence));
        }
        Ok(input)
    }
}

fn state(kind: OperationKind, status: &OperationStatus) -> OperationState {
    let reason = status.failure_reason.clone().unwrap_or_default();
    match status.status.as_str() {
        "SUCCEEDED" => OperationState::Succeeded,
        "FAILED" if kind == OperationKind::Deletion && reason.contains("EntitlementItem") => {
            OperationState::AlreadyGone(GoneEvidence::EntitlementMissing)
        }
        "FAILED" => OperationState::Failed {
            kind: FailureKind::Other,
            reason,
        },
        _ => OperationState::InProgress {
            ask_again_in: Duration::from_secs_f64(POLLS.0),
        },
    }
}
