//! Creating, deleting, watching and listing assignments: the asynchronous heart.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::entities::{Assignment, AssignmentOperation, OperationKind, Standing};
use super::faults::{self, Effect};
use super::operation::{AssignmentInput, Operation};
use super::operation_records::reply;
use super::pages::PAGE;
use super::presence::Presence;
use super::reply::{AssignmentRow, Outcome, Reply, ServiceError};
use super::settings::{DeleteMissing, SameAccount};
use super::world::World;

impl World {
    /// The operations on assignments.
    pub(super) fn assignment_calls(
        &mut self,
        operation: &Operation,
        effect: Option<&Effect>,
        now: DateTime<Utc>,
    ) -> Outcome {
        match operation {
            Operation::CreateAccountAssignment(input) => {
                self.begin(OperationKind::Creation, input, effect, now)
            }
            Operation::DeleteAccountAssignment(input) => {
                self.begin(OperationKind::Deletion, input, effect, now)
            }
            Operation::DescribeAccountAssignmentCreationStatus {
                account_assignment_creation_request_id: id,
                ..
            } => self.describe(OperationKind::Creation, id, now),
            Operation::DescribeAccountAssignmentDeletionStatus {
                account_assignment_deletion_request_id: id,
                ..
            } => self.describe(OperationKind::Deletion, id, now),
            Operation::ListAccountAssignmentCreationStatus { filter, paging, .. } => {
                let wanted = filter.as_ref().and_then(|filter| filter.status.as_deref());
                self.list_creations(wanted, paging)
            }
            Operation::ListAccountAssignments {
                account_id,
                permission_set_arn,
                paging,
                ..
            } => {
                self.known_permission_set(permission_set_arn)?;
                self.known_account(account_id)?;
                let rows = self.rows(now, |input| {
                    input.target_id == *account_id && input.permission_set_arn == *permission_set_arn
                });
                let (account_assignments, next_token) = self.page(rows, paging, PAGE)?;
                Ok(Reply::Assignments {
                    account_assignments,
                    next_token,
                })
            }
            other => Err(ServiceError::invalid(format!(
                "{} is not about assignments",
                other.name()
            ))),
        }
    }

    /// Finishes every operation whose time has come.
    pub(super) fn settle(&mut self, now: DateTime<Utc>) {
        loop {
            let due = self
                .operations
                .iter()
                .enumerate()
                .filter(|(_, operation)| operation.state == Standing::InProgress && operation.polls_left == 0)
                .filter_map(|(index, operation)| Some((operation.due_at.filter(|due| *due <= now)?, index)))
                .min();
            let Some((at, index)) = due else { break };
            self.finish(index, at.max(self.operations[index].created_at));
        }
        let lifetime = TimeDelta::from_std(self.settings.status_lifetime).unwrap_or(TimeDelta::MAX);
        self.operations.retain(|operation| {
            operation
                .finished_at
                .is_none_or(|at| now.signed_duration_since(at) < lifetime)
        });
    }

    fn begin(
        &mut self,
        kind: OperationKind,
        input: &AssignmentInput,
        effect: Option<&Effect>,
        now: DateTime<Utc>,
    ) -> Outcome {
        self.check_target(input)?;
        self.check_conflicts(kind, input, now)?;
        let key = input.key();
        let present = self
            .assignments
            .get(&key)
            .is_some_and(|assignment| assignment.presence.is());
        if kind == OperationKind::Deletion
            && !present
            && self.settings.delete_missing == DeleteMissing::NotFound
        {
            return Err(ServiceError::not_found("AccountAssignment"));
        }
        let operation = self.new_operation(kind, input, effect, now);
        self.operations.push(operation);
        let index = self.operations.len() - 1;
        if self.operations[index].due_at.is_some_and(|due| due <= now)
            && self.operations[index].polls_left == 0
        {
            self.finish(index, now);
        }
        Ok(reply(&self.operations[index]))
    }

    fn new_operation(
        &mut self,
        kind: OperationKind,
        input: &AssignmentInput,
        effect: Option<&Effect>,
        now: DateTime<Utc>,
    ) -> AssignmentOperation {
        self.operations_begun += 1;
        let (store, principal) = (self.ids.identity_store_id(), &input.principal_id);
        let name = match kind {
            OperationKind::Creation => "creation",
            OperationKind::Deletion => "deletion",
        };
        let begins = self
            .open_in_account(&input.target_id)
            .filter_map(|open| open.due_at)
            .max();
        let begins = begins
            .filter(|_| self.settings.same_account == SameAccount::Queue)
            .map_or(now, |at| at.max(now));
        let takes = TimeDelta::from_std(self.settings.operation_time).unwrap_or(TimeDelta::MAX);
        AssignmentOperation {
            request_id: self.ids.request_id(name, self.operations_begun),
            kind,
            input: input.clone(),
            created_at: now,
            due_at: if matches!(effect, Some(Effect::Stuck)) {
                None
            } else {
                Some(begins + takes)
            },
            polls_left: self.settings.operation_polls,
            planned_failure: match effect {
                Some(Effect::Fail { reason }) => Some(faults::failure_wording(reason, principal, &store)),
                _ => None,
            },
            extra_lag_milliseconds: match effect {
                Some(Effect::Lag { time }) => u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
                _ => 0,
            },
            state: Standing::InProgress,
            finished_at: None,
            forgotten: matches!(effect, Some(Effect::Vanish)),
        }
    }

    fn check_target(&self, input: &AssignmentInput) -> Result<(), ServiceError> {
        if input.target_type != "AWS_ACCOUNT" {
            return Err(ServiceError::invalid("TargetType must be AWS_ACCOUNT."));
        }
        if !matches!(input.principal_type.as_str(), "USER" | "GROUP") {
            return Err(ServiceError::invalid("PrincipalType must be USER or GROUP."));
        }
        self.known_permission_set(&input.permission_set_arn)?;
        self.known_account(&input.target_id)?;
        if self.settings.delegated_administrator.is_some() && self.touches_management(input) {
            return Err(ServiceError::new(
                "AccessDeniedException",
                "A delegated administrator may not change assignments of the management account, nor of permission \
                 sets that are provisioned in it.",
            ));
        }
        Ok(())
    }

    /// Once provisioned in the management account, a set is closed to delegated administrators everywhere.
    fn touches_management(&self, input: &AssignmentInput) -> bool {
        let management = &self.ids.management_account;
        input.target_id == *management
            || self.assignments.values().any(|assignment| {
                assignment.presence.is()
                    && assignment.input.target_id == *management
                    && assignment.input.permission_set_arn == input.permission_set_arn
            })
    }

    fn check_conflicts(
        &self,
        kind: OperationKind,
        input: &AssignmentInput,
        now: DateTime<Utc>,
    ) -> Result<(), ServiceError> {
        let conflict = |what: &str| {
            Err(ServiceError::new(
                "ConflictException",
                format!("{what} Please try again."),
            ))
        };
        if self.open().any(|open| open.input.key() == input.key()) {
            return conflict("Another operation on this assignment is in progress.");
        }
        let window = TimeDelta::from_std(self.settings.conflict_window).unwrap_or(TimeDelta::MAX);
        let last = self
            .assignments
            .get(&input.key())
            .and_then(|assignment| assignment.last_finished);
        if last.is_some_and(|at| now.signed_duration_since(at) < window) {
            return conflict("Conflict with a previous successful write.");
        }
        if self.settings.same_account == SameAccount::Conflict
            && self.open_in_account(&input.target_id).count() > 0
        {
            return conflict("Another role of this account is being updated.");
        }
        let creates = self
            .open()
            .filter(|open| open.kind == OperationKind::Creation)
            .count();
        if kind == OperationKind::Creation && creates >= self.settings.outstanding_creates {
            return Err(ServiceError::new(
                "ThrottlingException",
                faults::TOO_MANY_OUTSTANDING,
            ));
        }
        Ok(())
    }

    fn open(&self) -> impl Iterator<Item = &AssignmentOperation> {
        self.operations
            .iter()
            .filter(|operation| operation.state == Standing::InProgress)
    }

    fn open_in_account<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a AssignmentOperation> {
        self.open()
            .filter(move |operation| operation.input.target_id == account)
    }

    /// The rows a list shows now.
    pub(super) fn rows(
        &self,
        now: DateTime<Utc>,
        wanted: impl Fn(&AssignmentInput) -> bool,
    ) -> Vec<AssignmentRow> {
        let lag = self.settings.list_lag;
        let seen = self
            .assignments
            .values()
            .filter(|one| wanted(&one.input) && one.presence.seen(now, lag));
        seen.map(|assignment| row(&assignment.input)).collect()
    }

    /// Everything that is assigned in truth, whatever lists show.
    pub fn assigned(&self) -> Vec<AssignmentRow> {
        let present = self
            .assignments
            .values()
            .filter(|assignment| assignment.presence.is());
        present.map(|assignment| row(&assignment.input)).collect()
    }

    /// Carries an operation out. What AWS would only find out while doing it is found out here.
    fn finish(&mut self, index: usize, at: DateTime<Utc>) {
        let operation = self.operations[index].clone();
        let key = operation.input.key();
        let present = self
            .assignments
            .get(&key)
            .is_some_and(|assignment| assignment.presence.is());
        let failure = operation
            .planned_failure
            .clone()
            .or_else(|| self.failure(&operation, present));
        let lag = Duration::from_millis(operation.extra_lag_milliseconds);
        if failure.is_none() {
            let creating = operation.kind == OperationKind::Creation;
            self.set_assignment(&operation.input, creating, at, lag)
                .last_finished = Some(at);
        }
        let operation = &mut self.operations[index];
        operation.finished_at = Some(at);
        operation.state = failure.map_or(Standing::Succeeded, Standing::Failed);
    }

    fn failure(&self, operation: &AssignmentOperation, present: bool) -> Option<String> {
        let input = &operation.input;
        let wording = |name| {
            Some(faults::failure_wording(
                name,
                &input.principal_id,
                &self.ids.identity_store_id(),
            ))
        };
        let suspended = self
            .accounts
            .get(&input.target_id)
            .is_none_or(|account| account.state != "ACTIVE");
        match operation.kind {
            _ if suspended => Some(format!(
                "Received a 403 status error: account {} is not active.",
                input.target_id
            )),
            OperationKind::Creation if !self.principal_exists(input) => wording("principal-not-found"),
            OperationKind::Creation if self.known_permission_set(&input.permission_set_arn).is_err() => {
                wording("internal")
            }
            OperationKind::Deletion if !present => wording("entitlement-missing"),
            _ => None,
        }
    }

    fn principal_exists(&self, input: &AssignmentInput) -> bool {
        match input.principal_type.as_str() {
            "USER" => self
                .users
                .iter()
                .any(|user| user.id == input.principal_id && !user.deleted),
            _ => self
                .groups
                .iter()
                .any(|group| group.id == input.principal_id && !group.deleted),
        }
    }

    /// Changes the truth about one assignment.
    pub(super) fn set_assignment(
        &mut self,
        input: &AssignmentInput,
        present: bool,
        at: DateTime<Utc>,
        lag: Duration,
    ) -> &mut Assignment {
        let assignment = self.assignments.entry(input.key()).or_insert_with(|| Assignment {
            input: input.clone(),
            presence: Presence::default(),
            last_finished: None,
        });
        assignment.presence.set(present, at, lag);
        assignment
    }
}

fn row(input: &AssignmentInput) -> AssignmentRow {
    AssignmentRow {
        account_id: input.target_id.clone(),
        permission_set_arn: input.permission_set_arn.clone(),
        principal_type: input.principal_type.clone(),
        principal_id: input.principal_id.clone(),
    }
}
