//! Conditions, as Kubernetes tools expect them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::reason::Reason;
use super::time::Timestamp;

/// One fact about an object, in the shape of Kubernetes' `metav1.Condition`.
///
/// A type of our own, because ours carries limits (a list without them is refused by the API server's cost
/// estimate), whole seconds and a [`Reason`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// The fact that is stated.
    #[serde(rename = "type")]
    pub kind: ConditionType,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// The generation of the object that the statement is about.
    #[schemars(range(min = 0))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// When the status last changed.
    pub last_transition_time: Timestamp,
    /// Why, in one word.
    pub reason: Reason,
    /// Why, in sentences.
    #[schemars(length(max = 2048))]
    pub message: String,
}

/// Whether a condition holds. `Unknown` is never read as `False`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It is not known at the moment.
    Unknown,
}

/// The condition types of our kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConditionType {
    /// Request: a policy makes the requester eligible for it.
    Eligible,
    /// Request: every approval that policy asks for was given, or none is asked for.
    Approved,
    /// Request: the assignment exists.
    Granted,
    /// Request: nothing is pending, it is Active or finished. For `kubectl wait`.
    Settled,
    /// Policies and settings: everything that the object names exists and it is in force.
    Ready,
    /// Settings: the admission policies are in force and verified.
    GuardIntact,
    /// Settings: AWS confirmed in time that access is gone which has ended.
    EndsInTime,
}

impl JsonSchema for ConditionType {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ConditionType".into()
    }

    /// No `enum`, for the same reason as in [`Reason`].
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": 64, "pattern": "^[A-Z][A-Za-z]*$" })
    }
}

/// Puts `new` in place of the condition of its type, or at the end.
///
/// The transition time is kept while the status stays the same, as the Kubernetes conventions ask; so an unchanged
/// fact gives an unchanged list, and nothing is written for it.
pub fn set_condition(conditions: &mut Vec<Condition>, new: Condition) {
    match conditions.iter_mut().find(|c| c.kind == new.kind) {
        Some(old) => {
            let since = if old.status == new.status {
                old.last_transition_time
            } else {
                new.last_transition_time
            };
            *old = Condition {
                last_transition_time: since,
                ..new
            };
        }
        None => conditions.push(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(status: ConditionStatus, reason: Reason, at: i64) -> Condition {
        Condition {
            kind: ConditionType::Ready,
            status,
            observed_generation: Some(1),
            last_transition_time: chrono::DateTime::from_timestamp(at, 0).unwrap().into(),
            reason,
            message: String::new(),
        }
    }

    #[test]
    fn the_transition_time_moves_only_when_the_status_does() {
        let mut conditions = vec![];
        set_condition(&mut conditions, ready(ConditionStatus::True, Reason::Valid, 100));
        set_condition(
            &mut conditions,
            ready(ConditionStatus::True, Reason::GroupNotFound, 200),
        );
        assert_eq!(conditions.len(), 1);
        assert_eq!(conditions[0].last_transition_time.unix_seconds(), 100);
        assert_eq!(conditions[0].reason, Reason::GroupNotFound);
        set_condition(
            &mut conditions,
            ready(ConditionStatus::False, Reason::GroupNotFound, 300),
        );
        assert_eq!(conditions[0].last_transition_time.unix_seconds(), 300);
    }
}
