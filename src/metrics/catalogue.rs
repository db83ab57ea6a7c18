//! Every metric but those of the leader's [`World`](super::World), under its name and with its meaning.

use prometheus_client::registry::Registry;

use super::families::{Counters, Gauges, Histograms, counters, gauges, histograms, minutes, seconds};

/// What every replica shows, the standby too.
pub(super) struct Replica {
    pub(super) leader: Gauges<0>,
    pub(super) lease_renewed: Gauges<0>,
    pub(super) lease_transitions: Gauges<0>,
}

/// Calls to AWS.
pub(super) struct Aws {
    pub(super) calls: Counters<2>,
    pub(super) attempts: Counters<0>,
    pub(super) throttles: Counters<0>,
    pub(super) budget_wait: Histograms<1>,
    pub(super) budget_exhausted: Counters<1>,
    pub(super) last_answer: Gauges<0>,
}

/// What became of requests and access.
pub(super) struct Requests {
    pub(super) transitions: Counters<1>,
    pub(super) access_latency: Histograms<0>,
    pub(super) revocation_lag: Histograms<0>,
    pub(super) alerts: Counters<1>,
    pub(super) lookups_unknown: Counters<1>,
}

/// What the controller does for that.
pub(super) struct Work {
    pub(super) reconciles: Histograms<1>,
    pub(super) queue: Gauges<1>,
    pub(super) guard_state: Gauges<1>,
    pub(super) guard_intact_time: Gauges<0>,
    pub(super) sweep_time: Gauges<0>,
    pub(super) unheld: Gauges<0>,
    pub(super) watch_events: Gauges<1>,
    pub(super) watch_errors: Counters<1>,
    pub(super) policies_behind: Gauges<0>,
}

/// Messages to people.
pub(super) struct Notifications {
    pub(super) results: Counters<1>,
    pub(super) waiting: Gauges<0>,
}

impl Notifications {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            results: counters(
                registry,
                "notifications",
                "Attempts to send a message, by result: `sent`, `refused`, `tried_again`",
            ),
            waiting: gauges(registry, "notifications_waiting", "Messages that wait to be sent"),
        }
    }
}

impl Replica {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let leader = gauges(
            registry,
            "leader",
            "1 in the replica that holds the lease, 0 in the others",
        );
        leader.get_or_create(&[]).set(0.0);
        Self {
            leader,
            lease_renewed: gauges(
                registry,
                "lease_renewed_timestamp_seconds",
                "When this replica renewed the lease, or saw it renewed, last",
            ),
            lease_transitions: gauges(
                registry,
                "lease_transitions",
                "How often the lease had changed hands when this replica acquired it. Leader only",
            ),
        }
    }
}

impl Aws {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            calls: counters(
                registry,
                "aws_calls",
                "Calls to AWS by operation and outcome, `ok` or the class of the error; the SDK's retries are part of a call",
            ),
            attempts: counters(
                registry,
                "aws_attempts",
                "HTTP requests to AWS, with the SDK's retries",
            ),
            throttles: counters(
                registry,
                "aws_throttles",
                "HTTP responses of AWS that say it throttles",
            ),
            budget_wait: histograms(
                registry,
                "aws_budget_wait_seconds",
                "How long calls waited for the controller's own budget of AWS calls, by priority",
                seconds,
            ),
            budget_exhausted: counters(
                registry,
                "aws_budget_exhausted",
                "Calls that were given up because the controller's own budget had no place in time, by priority",
            ),
            last_answer: gauges(
                registry,
                "aws_last_answer_timestamp_seconds",
                "When AWS answered anything last",
            ),
        }
    }
}

impl Requests {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            transitions: counters(
                registry,
                "transitions",
                "Steps of requests to another phase, by reason",
            ),
            access_latency: histograms(
                registry,
                "access_latency_seconds",
                "From the last approval, or the wanted start where that is later, until AWS confirmed the access",
                minutes,
            ),
            revocation_lag: histograms(
                registry,
                "revocation_lag_seconds",
                "From the end of access until AWS confirmed that it is gone",
                minutes,
            ),
            alerts: counters(
                registry,
                "alerts",
                "Alerts that were told, by reason; see docs/runbooks.md",
            ),
            lookups_unknown: counters(
                registry,
                "lookups_unknown",
                "Questions of decisions that AWS did not answer, by what was asked",
            ),
        }
    }
}

impl Work {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            reconciles: histograms(
                registry,
                "reconcile_duration_seconds",
                "How long one reconcile took, by kind of object",
                seconds,
            ),
            queue: gauges(
                registry,
                "queue_depth",
                "AccountAssignments whose reconcile is due and waits for a place, by urgency",
            ),
            guard_state: gauges(
                registry,
                "guard_state",
                "1 for what the last check of the admission policies found, 0 for the other states. Leader only",
            ),
            guard_intact_time: gauges(
                registry,
                "guard_intact_timestamp_seconds",
                "When the admission policies were found in force last. Leader only",
            ),
            sweep_time: gauges(
                registry,
                "sweep_timestamp_seconds",
                "When every assignment in AWS was last compared with the records. Leader only",
            ),
            unheld: gauges(
                registry,
                "unheld_assignments",
                "Assignments without a record that the last sweep found. Leader only",
            ),
            watch_events: gauges(
                registry,
                "watch_last_event_timestamp_seconds",
                "When the watch of this kind of object brought something last; silence alone is no failure",
            ),
            watch_errors: counters(
                registry,
                "watch_errors",
                "Interruptions of the watch of this kind of object, and failed attempts to go on with it",
            ),
            policies_behind: gauges(
                registry,
                "policies_behind_seconds",
                "How long the watches of policies and settings have been behind the API server; 0 when they are not",
            ),
        }
    }
}
