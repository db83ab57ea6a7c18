//! The questions of [`Assignments`](team_operator::ports::Assignments).

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use team_operator::ports::{
    AccountId, Aged, AssignmentKey, Class, CreateAnswer, DeleteAnswer, Effect, FailureKind, GoneEvidence,
    GroupId, Listing, OperationKind, OperationState, PermissionSetArn, PortError, Principal, RequestId,
    SendPermit, UserId,
};

use super::refusal::failure;
use super::{Client, absent, aged};
use crate::instances::seconds;
use crate::operation::{AssignmentInput, Operation, OperationStatusFilter};
use crate::reply::{AssignmentRow, OperationStatus, Reply};

/// The shortest and the longest time in seconds until an operation under way is asked about again: a quarter of its age.
const POLLS: (f64, f64) = (2.0, 15.0);

impl Client<'_> {
    /// [`Assignments::list`](team_operator::ports::Assignments::list).
    pub fn list(
        &mut self,
        account: &AccountId,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Listing>, PortError> {
        let (asked, instance) = (self.asked(), self.instance());
        let call = |paging| Operation::ListAccountAssignments {
            instance_arn: instance.clone(),
            account_id: account.to_string(),
            permission_set_arn: permission_set.to_string(),
            paging,
        };
        let rows = self.pages(call, |reply| match reply {
            Reply::Assignments {
                account_assignments,
                next_token,
            } => Some((account_assignments, next_token)),
            _ => None,
        })?;
        let principal = |row: AssignmentRow| match row.principal_type.as_str() {
            "USER" => Principal::User(UserId::new(row.principal_id)),
            _ => Principal::Group(GroupId::new(row.principal_id)),
        };
        let mut principals: Vec<Principal> = rows.into_iter().map(principal).collect();
        principals.sort();
        principals.dedup(); // pages of a list that changes may overlap
        Ok(aged(Listing { principals }, asked))
    }

    /// [`Assignments::create`](team_operator::ports::Assignments::create).
    pub fn create(
        &mut self,
        tuple: &AssignmentKey,
        permit: &dyn SendPermit,
    ) -> Result<CreateAnswer, PortError> {
        let operation = write(OperationKind::Creation, tuple);
        self.own_instance(&operation, tuple)?;
        if !permit.still_good() {
            return Ok(CreateAnswer::Withheld);
        }
        let status = self.ask(&operation, creation)?;
        Ok(CreateAnswer::Accepted {
            request: RequestId::new(&status.request_id),
            state: self.state(OperationKind::Creation, &status),
        })
    }

    /// [`Assignments::delete`](team_operator::ports::Assignments::delete), in the instance that the tuple names.
    pub fn delete(&mut self, tuple: &AssignmentKey) -> Result<DeleteAnswer, PortError> {
        let operation = write(OperationKind::Deletion, tuple);
        let Some(status) = absent(self.ask(&operation, deletion))? else {
            return Ok(DeleteAnswer::AlreadyGone(GoneEvidence::NotFoundAnswer));
        };
        Ok(match self.state(OperationKind::Deletion, &status) {
            OperationState::AlreadyGone(evidence) => DeleteAnswer::AlreadyGone(evidence),
            state => DeleteAnswer::Accepted {
                request: RequestId::new(&status.request_id),
                state,
            },
        })
    }

    /// [`Assignments::status`](team_operator::ports::Assignments::status); every question is a call.
    pub fn status(&mut self, kind: OperationKind, request: &RequestId) -> Result<OperationState, PortError> {
        let (instance_arn, id) = (self.instance(), request.to_string());
        let status = match kind {
            OperationKind::Creation => self.describe_creation(request),
            OperationKind::Deletion => {
                let call = Operation::DescribeAccountAssignmentDeletionStatus {
                    instance_arn,
                    account_assignment_deletion_request_id: id,
                };
                self.ask(&call, deletion)
            }
        };
        Ok(absent(status)?.map_or(OperationState::Vanished, |status| self.state(kind, &status)))
    }

    /// [`Assignments::creates_in_progress`](team_operator::ports::Assignments::creates_in_progress).
    pub fn creates_in_progress(&mut self, tuple: &AssignmentKey) -> Result<Aged<Vec<RequestId>>, PortError> {
        let (asked, instance) = (self.asked(), self.instance());
        let call = |paging| Operation::ListAccountAssignmentCreationStatus {
            instance_arn: instance.clone(),
            filter: Some(OperationStatusFilter {
                status: Some("IN_PROGRESS".into()),
            }),
            paging,
        };
        self.own_instance(&call(crate::Paging::default()), tuple)?;
        let rows = self.pages(call, |reply| match reply {
            Reply::CreationStatuses {
                account_assignments_creation_status,
                next_token,
            } => Some((account_assignments_creation_status, next_token)),
            _ => None,
        })?;
        let listed: BTreeSet<String> = rows.into_iter().map(|row| row.request_id).collect();
        let wanted = input(tuple);
        let mut found = Vec::new();
        for id in listed {
            let request = RequestId::new(id);
            let status = self.describe_creation(&request)?;
            if status.status == "IN_PROGRESS" && status.is_about(&wanted) {
                found.push(request);
            }
        }
        Ok(aged(found, asked))
    }

    fn describe_creation(&mut self, request: &RequestId) -> Result<OperationStatus, PortError> {
        let call = Operation::DescribeAccountAssignmentCreationStatus {
            instance_arn: self.instance(),
            account_assignment_creation_request_id: request.to_string(),
        };
        self.ask(&call, creation)
    }

    /// Refuses a tuple of another instance than the one configured; the adapters do not ask AWS then.
    fn own_instance(&self, operation: &Operation, tuple: &AssignmentKey) -> Result<(), PortError> {
        if tuple.instance_arn == self.caller.instance_arn {
            return Ok(());
        }
        let sentence = "the assignment belongs to another instance than the one configured".to_owned();
        Err(failure(operation, Class::Invalid, Effect::None, sentence))
    }

    fn state(&self, kind: OperationKind, status: &OperationStatus) -> OperationState {
        let reason = status.failure_reason.clone().unwrap_or_default();
        match status.status.as_str() {
            "SUCCEEDED" => OperationState::Succeeded,
            "FAILED" if kind == OperationKind::Deletion && reason.contains("EntitlementItem") => {
                OperationState::AlreadyGone(GoneEvidence::EntitlementMissing)
            }
            "FAILED" => OperationState::Failed {
                kind: failure_kind(&reason),
                reason,
            },
            _ => OperationState::InProgress {
                ask_again_in: ask_again_in(status, self.now()),
            },
        }
    }
}

/// The call that creates or deletes an assignment.
pub(crate) fn write(kind: OperationKind, tuple: &AssignmentKey) -> Operation {
    match kind {
        OperationKind::Creation => Operation::CreateAccountAssignment(input(tuple)),
        OperationKind::Deletion => Operation::DeleteAccountAssignment(input(tuple)),
    }
}

fn input(tuple: &AssignmentKey) -> AssignmentInput {
    AssignmentInput {
        instance_arn: tuple.instance_arn.to_string(),
        target_id: tuple.account_id.to_string(),
        target_type: "AWS_ACCOUNT".into(),
        permission_set_arn: tuple.permission_set_arn.to_string(),
        principal_type: "USER".into(),
        principal_id: tuple.user_id.to_string(),
    }
}

fn creation(reply: Reply) -> Option<OperationStatus> {
    match reply {
        Reply::Creation {
            account_assignment_creation_status: status,
        } => Some(status),
        _ => None,
    }
}

fn deletion(reply: Reply) -> Option<OperationStatus> {
    match reply {
        Reply::Deletion {
            account_assignment_deletion_status: status,
        } => Some(status),
        _ => None,
    }
}

fn ask_again_in(status: &OperationStatus, now: DateTime<Utc>) -> Duration {
    let (shortest, longest) = POLLS;
    let age = seconds(now) - status.created_date;
    Duration::from_secs_f64((age / 4.0).clamp(shortest, longest))
}

/// The wordings are those of `faults.rs`.
fn failure_kind(reason: &str) -> FailureKind {
    if reason.contains("RolesPerAccount") {
        FailureKind::RoleQuota
    } else if reason.contains("Not supported policy") {
        FailureKind::PolicyMissing
    } else if reason.contains("was not found in directory") {
        FailureKind::PrincipalNotFound
    } else if reason.contains("internal service exception") {
        FailureKind::Internal
    } else {
        FailureKind::Other
    }
}
