//! What AWS tells about creates and deletes under way and over.

use chrono::{DateTime, Utc};

use super::entities::{AssignmentOperation, OperationKind, Standing};
use super::instances::seconds;
use super::operation::Paging;
use super::pages::PAGE;
use super::reply::{OperationRow, OperationStatus, Outcome, Reply, ServiceError};
use super::world::World;

impl World {
    /// What is told about one operation; counts as a question about it.
    pub(super) fn describe(&mut self, kind: OperationKind, id: &str, now: DateTime<Utc>) -> Outcome {
        let found = self
            .operations
            .iter_mut()
            .find(|operation| operation.kind == kind && operation.request_id == id && !operation.forgotten);
        let Some(operation) = found else {
            return Err(ServiceError::not_found(&format!("Request {id}")));
        };
        let answer = reply(operation);
        operation.polls_left = operation.polls_left.saturating_sub(1);
        self.settle(now);
        Ok(answer)
    }

    /// The records of creates, those that AWS lost left out.
    pub(super) fn list_creations(&mut self, wanted: Option<&str>, paging: &Paging) -> Outcome {
        if wanted.is_some_and(|status| !matches!(status, "IN_PROGRESS" | "SUCCEEDED" | "FAILED")) {
            return Err(ServiceError::invalid(
                "Status must be IN_PROGRESS, SUCCEEDED or FAILED.",
            ));
        }
        let creations = self
            .operations
            .iter()
            .filter(|operation| operation.kind == OperationKind::Creation && !operation.forgotten);
        let rows = creations.map(|operation| OperationRow {
            status: status_value(&operation.state).into(),
            request_id: operation.request_id.clone(),
            created_date: seconds(operation.created_at),
        });
        let rows: Vec<OperationRow> = rows
            .filter(|row| wanted.is_none_or(|status| row.status == status))
            .collect();
        let (account_assignments_creation_status, next_token) = self.page(rows, paging, PAGE)?;
        Ok(Reply::CreationStatuses {
            account_assignments_creation_status,
            next_token,
        })
    }
}

fn status_value(state: &Standing) -> &'static str {
    match state {
        Standing::InProgress => "IN_PROGRESS",
        Standing::Succeeded => "SUCCEEDED",
        Standing::Failed(_) => "FAILED",
    }
}

/// The answer about an operation.
pub(super) fn reply(operation: &AssignmentOperation) -> Reply {
    let failure_reason = match &operation.state {
        Standing::InProgress | Standing::Succeeded => None,
        Standing::Failed(reason) => Some(reason.clone()),
    };
    let status = OperationStatus {
        status: status_value(&operation.state).into(),
        request_id: operation.request_id.clone(),
        failure_reason,
        target_id: operation.input.target_id.clone(),
        target_type: operation.input.target_type.clone(),
        permission_set_arn: operation.input.permission_set_arn.clone(),
        principal_type: operation.input.principal_type.clone(),
        principal_id: operation.input.principal_id.clone(),
        created_date: seconds(operation.created_at),
    };
    match operation.kind {
        OperationKind::Creation => Reply::Creation {
            account_assignment_creation_status: status,
        },
        OperationKind::Deletion => Reply::Deletion {
            account_assignment_deletion_status: status,
        },
    }
}
