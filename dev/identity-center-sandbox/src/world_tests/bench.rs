//! A world for tests, with short names for what they do to it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::*;

pub(super) const ACCOUNT: &str = "111122223333";
pub(super) const OTHER_ACCOUNT: &str = "444444444444";

/// A world on a clock that only the test moves.
pub(super) struct Bench {
    pub(super) world: World,
    pub(super) now: DateTime<Utc>,
}

impl Bench {
    pub(super) fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let file = OrganizationFile::parse(include_str!("../../../../examples/organization.yaml")).unwrap();
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
        let mut world = file.world(now).unwrap();
        world.settings = Settings {
            empty_page_every: 0,
            list_lag: Duration::ZERO,
            ..Settings::default()
        };
        change(&mut world.settings);
        Self { world, now }
    }

    pub(super) fn call(&mut self, operation: Operation) -> Answer {
        self.world.answer(
            &Call {
                operation,
                region: None,
            },
            self.now,
        )
    }

    pub(super) fn ask(&mut self, operation: Operation) -> Outcome {
        self.call(operation).outcome
    }

    pub(super) fn wait(&mut self, milliseconds: i64) {
        self.now += TimeDelta::milliseconds(milliseconds);
    }

    pub(super) fn change(&mut self, text: &str) {
        let change: Change = serde_json::from_str(text).unwrap();
        self.world.change(&change, self.now).unwrap();
    }

    pub(super) fn script(&mut self, text: &str) {
        let script: Script = serde_json::from_str(text).unwrap();
        self.world.script(script);
    }

    pub(super) fn tuple(&self, user: &str, account: &str) -> AssignmentInput {
        let user = self.world.users.iter().find(|one| one.user_name == user).unwrap();
        let set = self
            .world
            .permission_sets
            .iter()
            .find(|set| set.name == "DatabaseAdmin")
            .unwrap();
        AssignmentInput {
            instance_arn: self.world.ids.instance_arn(),
            target_id: account.into(),
            target_type: "AWS_ACCOUNT".into(),
            permission_set_arn: set.arn.clone(),
            principal_type: "USER".into(),
            principal_id: user.id.clone(),
        }
    }

    pub(super) fn alice(&self) -> AssignmentInput {
        self.tuple("alice@example.com", ACCOUNT)
    }

    pub(super) fn create(&mut self, input: &AssignmentInput) -> Result<OperationStatus, ServiceError> {
        self.ask(Operation::CreateAccountAssignment(input.clone()))
            .map(status)
    }

    pub(super) fn delete(&mut self, input: &AssignmentInput) -> Result<OperationStatus, ServiceError> {
        self.ask(Operation::DeleteAccountAssignment(input.clone()))
            .map(status)
    }

    pub(super) fn creation(&mut self, id: &str) -> Result<OperationStatus, ServiceError> {
        let operation = Operation::DescribeAccountAssignmentCreationStatus {
            instance_arn: self.world.ids.instance_arn(),
            account_assignment_creation_request_id: id.into(),
        };
        self.ask(operation).map(status)
    }

    pub(super) fn deletion(&mut self, id: &str) -> Result<OperationStatus, ServiceError> {
        let operation = Operation::DescribeAccountAssignmentDeletionStatus {
            instance_arn: self.world.ids.instance_arn(),
            account_assignment_deletion_request_id: id.into(),
        };
        self.ask(operation).map(status)
    }

    pub(super) fn listed(&mut self, input: &AssignmentInput) -> usize {
        let operation = Operation::ListAccountAssignments {
            instance_arn: input.instance_arn.clone(),
            account_id: input.target_id.clone(),
            permission_set_arn: input.permission_set_arn.clone(),
            paging: Paging::default(),
        };
        match self.ask(operation) {
            Ok(Reply::Assignments {
                account_assignments, ..
            }) => account_assignments.len(),
            other => panic!("not a list: {other:?}"),
        }
    }
}

pub(super) fn status(reply: Reply) -> OperationStatus {
    match reply {
        Reply::Creation {
            account_assignment_creation_status: status,
        }
        | Reply::Deletion {
            account_assignment_deletion_status: status,
        } => status,
        other => panic!("not an operation: {other:?}"),
    }
}

pub(super) fn code<T: std::fmt::Debug>(outcome: Result<T, ServiceError>) -> String {
    outcome.unwrap_err().code
}
