//! What steps of requests and records mean for the metrics.

use std::time::Duration;

use chrono::TimeDelta;

use super::requests::StoredRequest;
use crate::api::{ConditionStatus, ConditionType, Phase, Timestamp};
use crate::domain::{RecordStep, Transition};
use crate::metrics::Metrics;

/// A request went to another phase.
pub fn transition(metrics: &Metrics, request: &StoredRequest, transition: &Transition) {
    metrics.transition(transition.reason);
    if transition.to == Phase::Active
        && let Some(from) = could_be_had_from(request)
    {
        metrics.access_granted(between(from, transition.at));
    }
}

/// A record moved on.
pub fn record_step(metrics: &Metrics, step: &RecordStep) {
    if let Some(ended) = step.access_ended {
        metrics.access_removed(between(ended, step.time));
    }
}

/// Since when nothing but AWS kept the access waiting: the last approval, or the wanted start.
fn could_be_had_from(request: &StoredRequest) -> Option<Timestamp> {
    let start = serde_json::from_value(request.object()["spec"]["startTime"].clone());
    let start: Option<Timestamp> = start.unwrap_or_default();
    let conditions = request.status().conditions;
    let approved = conditions.iter().find(|condition| {
        condition.kind == ConditionType::Approved && condition.status == ConditionStatus::True
    })?;
    Some(approved.last_transition_time).max(start)
}

/// Clocks that step back make no negative time.
fn between(from: Timestamp, until: Timestamp) -> Duration {
    let time: TimeDelta = until.to_utc() - from.to_utc();
    time.to_std().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Reason;

    fn at(text: &str) -> Timestamp {
        serde_json::from_value(json!(text)).unwrap()
    }

    fn request(start: Option<&str>) -> StoredRequest {
        let object = json!({
            "metadata": { "uid": "u", "namespace": "orders", "name": "fix" },
            "spec": { "accountId": "111122223333", "permissionSet": "Admin", "duration": "1h", "startTime": start },
            "status": { "conditions": [{
                "type": "Approved", "status": "True", "lastTransitionTime": "2026-12-01T09:00:00Z",
                "reason": "ApprovalsComplete", "message": "",
            }] },
        });
        StoredRequest::new(&serde_json::from_value(object).unwrap())
    }

    fn active(time: &str) -> Transition {
        Transition {
            from: Some(Phase::Approved),
            to: Phase::Active,
            reason: Reason::AccessGranted,
            message: String::new(),
            eligibility_policy: None,
            approver_policy: None,
            counted: vec![],
            at: at(time),
        }
    }

    #[test]
    fn the_latency_of_access_begins_with_the_approval_or_with_a_later_start() {
        for (start, seconds) in [
            (None, 40),
            (Some("2026-12-01T09:00:30Z"), 10),
            (Some("2026-12-01T08:00:00Z"), 40),
        ] {
            let metrics = Metrics::default();
            transition(&metrics, &request(start), &active("2026-12-01T09:00:40Z"));
            let sum = format!("team_operator_access_latency_seconds_sum {seconds}.0\n");
            let text = metrics.exposition();
            assert!(text.contains(&sum), "{start:?}: {text}");
            assert!(
                text.contains("team_operator_access_latency_seconds_count 1\n"),
                "{text}"
            );
        }
    }
}
