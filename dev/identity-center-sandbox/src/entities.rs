//! What the world consists of.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::operation::AssignmentInput;
use super::presence::Presence;

/// A user. Gone users stay, marked, because their ids must never be given out again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "user_name is AWS's word for it")]
pub(super) struct User {
    pub(super) id: String,
    pub(super) user_name: String,
    pub(super) email: Option<String>,
    pub(super) enabled: bool,
    pub(super) deleted: bool,
    pub(super) revision: u64,
}

/// A group with its members' ids and their recent past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) deleted: bool,
    pub(super) members: BTreeMap<String, Presence>,
}

/// The root (without a parent) or an organizational unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Unit {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) parent: Option<String>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    /// ACTIVE, SUSPENDED, `PENDING_ACTIVATION`, `PENDING_CLOSURE` or CLOSED.
    pub(super) state: String,
    pub(super) parent: String,
}

/// A permission set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PermissionSet {
    pub(super) arn: String,
    pub(super) name: String,
    /// ISO 8601, `PT1H` to `PT12H`.
    pub(super) session_duration: String,
}

/// An assignment that exists or existed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Assignment {
    pub(super) input: AssignmentInput,
    pub(super) presence: Presence,
    /// When the last operation of the tuple finished; conflicts follow for a while.
    pub(super) last_finished: Option<DateTime<Utc>>,
}

/// Which of the two kinds of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OperationKind {
    Creation,
    Deletion,
}

/// One asynchronous operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssignmentOperation {
    pub(super) request_id: String,
    pub(super) kind: OperationKind,
    pub(super) input: AssignmentInput,
    pub(super) created_at: DateTime<Utc>,
    /// `None` never finishes by itself.
    pub(super) due_at: Option<DateTime<Utc>>,
    pub(super) polls_left: u32,
    /// A failure that a fault has decided already.
    pub(super) planned_failure: Option<String>,
    pub(super) extra_lag_milliseconds: u64,
    pub(super) state: Standing,
    pub(super) finished_at: Option<DateTime<Utc>>,
    /// AWS lost the record: asking for it is `ResourceNotFoundException`.
    pub(super) forgotten: bool,
}

/// How an operation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Standing {
    InProgress,
    Succeeded,
    Failed(String),
}

impl AssignmentInput {
    /// What identifies the assignment, as a map key.
    pub(super) fn key(&self) -> String {
        format!(
            "{} {} {} {}",
            self.target_id, self.permission_set_arn, self.principal_type, self.principal_id
        )
    }
}
