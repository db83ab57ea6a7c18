//! Whether the controller may be uninstalled: only when nobody has access that it would have to end.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use super::UninstallError;
use super::objects::Calls;
use crate::runtime::arguments::UninstallCheckArguments;
use crate::runtime::clock::SystemClock;
use crate::runtime::cluster::{Cluster, ClusterError};

/// How many records a sentence names.
pub(super) const NAMED: usize = 5;

/// What to do about access that is left.
const ADVICE: &str =
    "end it first (team-operator uninstall), or leave this check out with helm uninstall --no-hooks";

/// Why the controller must not be uninstalled now.
#[derive(Debug, thiserror::Error)]
pub enum UninstallCheckError {
    /// No cluster is configured.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// What is not known may be there.
    #[error("the AccountAssignments could not be read, so that nobody knows who has access: {0}; {ADVICE}")]
    Unknown(String),
    /// The controller is needed to end access.
    #[error("{0}; without the controller nobody removes that access; {ADVICE}")]
    AccessIsLeft(String),
}

/// Fails while a record is not Absent, or is claimed by a request.
pub async fn check_uninstall(arguments: &UninstallCheckArguments) -> Result<(), UninstallCheckError> {
    let cluster = Cluster::configure(&arguments.cluster(), Arc::new(SystemClock)).await?;
    match of_records(&Calls::new(cluster.client)).await {
        Ok(None) => Ok(()),
        Ok(Some(sentence)) => Err(UninstallCheckError::AccessIsLeft(sentence)),
        Err(UninstallError::Unanswered { why, .. }) => Err(UninstallCheckError::Unknown(why)),
        Err(other) => Err(UninstallCheckError::Unknown(other.to_string())),
    }
}

/// What is left of access, as a sentence without its full stop.
pub(super) async fn of_records(calls: &Calls) -> Result<Option<String>, UninstallError> {
    // Untyped: a record that this version cannot read counts as one that is live. Where the kind is not served any more, its
    // objects went with it.
    let all = calls.ours("AccountAssignment", "accountassignments");
    let listed = calls.all("list the AccountAssignments", &all).await?;
    Ok(what_is_left(listed.iter().map(|record| {
        let name = record.metadata.name.clone().unwrap_or_default();
        (name, &record.data["status"])
    })))
}

/// What is left, of records by name and status.
fn what_is_left<'a>(records: impl Iterator<Item = (String, &'a Value)>) -> Option<String> {
    let left: Vec<String> = records
        .filter(|(_, status)| is_needed(status))
        .map(|(name, status)| format!("{name} ({})", status["state"].as_str().unwrap_or("unknown state")))
        .collect();
    let mut sentence = match left.len() {
        0 => return None,
        1 => "1 AccountAssignment is live or claimed: ".to_owned(),
        number => format!("{number} AccountAssignments are live or claimed: "),
    };
    sentence.push_str(&left[..left.len().min(NAMED)].join(", "));
    if left.len() > NAMED {
        let _ = write!(sentence, " and {} more", left.len() - NAMED); // writing to a String does not fail
    }
    Some(sentence)
}

/// Only what is said to be Absent, with every claim ended, needs no controller.
fn is_needed(status: &Value) -> bool {
    let claims = status["claims"].as_array();
    let is_claimed = claims.into_iter().flatten().any(|claim| claim["ended"].is_null());
    status["state"] != "Absent" || is_claimed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn left(statuses: &[Value]) -> Option<String> {
        let named = |(number, status)| (format!("record-{number}"), status);
        what_is_left(statuses.iter().enumerate().map(named))
    }

    #[test]
    fn absent_records_without_claims_need_no_controller() {
        let ended = json!({ "state": "Absent", "claims": [{ "ended": { "reason": "EndReached" } }] });
        assert_eq!(left(&[]), None);
        assert_eq!(left(&[json!({ "state": "Absent", "claims": [] }), ended]), None);
    }

    #[test]
    fn every_other_record_is_named_with_its_state() {
        for (status, state) in [
            (json!({ "state": "Present", "claims": [] }), "Present"),
            (json!({ "state": "Deleting" }), "Deleting"),
            (json!({ "state": "Absent", "claims": [{}] }), "Absent"),
            (json!({ "state": "OfALaterVersion" }), "OfALaterVersion"),
            (json!({}), "unknown state"),
            (Value::Null, "unknown state"),
        ] {
            let expected = format!("1 AccountAssignment is live or claimed: record-0 ({state})");
            assert_eq!(left(&[status]), Some(expected));
        }
    }

    #[test]
    fn of_many_the_first_five_are_named() {
        let sentence = left(&vec![json!({ "state": "Present" }); 7]).unwrap();
        assert!(sentence.starts_with("7 AccountAssignments are live or claimed: record-0 (Present), "));
        assert!(sentence.ends_with("record-4 (Present) and 2 more"), "{sentence}");
    }
}
