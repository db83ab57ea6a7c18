//! The registry: everything that is measured, under its name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::catalogue::{Aws, Notifications, Replica, Requests, Work};
use super::families::{Counters, Gauges, gauges};
use super::journal::{JournalMetrics, JournalSight};
use super::labels::{GuardSight, ReconcileKind, URGENCIES, WatchKind, urgency_label};
use super::lookups::unknown;
use super::world::{World, WorldGauges, as_float, unix_seconds};
use crate::api::{Reason, Timestamp};
use crate::domain::{Facts, Urgency};
use crate::ports::{Class, Priority};

/// What every name begins with.
const PREFIX: &str = "team_operator";

/// What every name of the reporter begins with.
const REPORTER_PREFIX: &str = "team_operator_reporter";

/// What one process measures; cheap to clone, and all clones share the numbers.
#[derive(Clone)]
pub struct Metrics {
    shared: Arc<Shared>,
}

struct Shared {
    registry: Registry,
    replica: Replica,
    aws: Aws,
    requests: Requests,
    work: Work,
    world: WorldGauges,
    journal: JournalMetrics,
    /// In the reporter alone.
    notifications: Option<Notifications>,
}

impl Default for Metrics {
    /// Nothing measured yet.
    fn default() -> Self {
        Self::with_prefix(PREFIX)
    }
}

impl Metrics {
    /// What the reporter measures: under names of its own, so that no sum or alert of the controller takes them for its own.
    pub fn of_the_reporter() -> Self {
        Self::with_prefix(REPORTER_PREFIX)
    }

    fn with_prefix(prefix: &str) -> Self {
        let mut registry = Registry::with_prefix(prefix);
        let build: Gauges<1> = gauges(&mut registry, "build_info", "The version that runs; always 1");
        build
            .get_or_create(&[("version", env!("CARGO_PKG_VERSION"))])
            .set(1.0);
        let shared = Shared {
            replica: Replica::new(&mut registry),
            aws: Aws::new(&mut registry),
            requests: Requests::new(&mut registry),
            work: Work::new(&mut registry),
            world: WorldGauges::new(&mut registry),
            journal: JournalMetrics::new(&mut registry),
            notifications: (prefix == REPORTER_PREFIX).then(|| Notifications::new(&mut registry)),
            registry,
        };
        // A rule that asks whether an alert was told has to see the zero before it.
        for reason in Reason::ALERTS {
            drop(
                shared
                    .requests
                    .alerts
                    .get_or_create(&[("reason", reason.as_str())]),
            );
        }
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl Metrics {
    /// Everything, in the text format of OpenMetrics.
    pub fn exposition(&self) -> String {
        let mut text = String::new();
        let _ = encode(&mut text, &self.shared.registry); // writing to a String does not fail
        text
    }

    /// Whether this replica holds the lease; after so many changes of hands when it does.
    pub fn leads(&self, transitions: Option<i32>) {
        let Replica {
            leader,
            lease_transitions,
            ..
        } = &self.shared.replica;
        leader
            .get_or_create(&[])
            .set(if transitions.is_some() { 1.0 } else { 0.0 });
        if let Some(transitions) = transitions {
            lease_transitions.get_or_create(&[]).set(transitions.into());
        }
    }

    /// The lease was renewed, or seen to be.
    pub fn lease_renewed(&self, at: DateTime<Utc>) {
        let renewed = &self.shared.replica.lease_renewed;
        renewed.get_or_create(&[]).set(unix_seconds(at.into()));
    }

    /// A call to AWS is over; `operation` as AWS spells it.
    pub fn aws_call(&self, operation: &'static str, error: Option<Class>) {
        let outcome = error.map_or("ok", Class::label);
        let labels = [("operation", operation), ("outcome", outcome)];
        self.shared.aws.calls.get_or_create(&labels).inc();
    }

    /// An HTTP request to AWS.
    pub fn aws_attempt(&self) {
        self.shared.aws.attempts.get_or_create(&[]).inc();
    }

    /// HTTP requests to AWS so far, and those that AWS throttled.
    pub fn aws_attempts_and_throttles(&self) -> (u64, u64) {
        let aws = &self.shared.aws;
        let count = |family: &Counters<0>| family.get_or_create(&[]).get();
        (count(&aws.attempts), count(&aws.throttles))
    }

    /// AWS throttled.
    pub fn aws_throttled(&self) {
        self.shared.aws.throttles.get_or_create(&[]).inc();
    }

    /// AWS answered, whatever it was.
    pub fn aws_answered(&self, at: DateTime<Utc>) {
        let last = &self.shared.aws.last_answer;
        last.get_or_create(&[]).set(unix_seconds(at.into()));
    }

    /// A call has waited for the budget; whether it has its place now.
    pub fn budget_waited(&self, priority: Priority, waited: Duration, has_place: bool) {
        let labels = [("priority", priority.label())];
        let aws = &self.shared.aws;
        aws.budget_wait
            .get_or_create(&labels)
            .observe(waited.as_secs_f64());
        if !has_place {
            aws.budget_exhausted.get_or_create(&labels).inc();
        }
    }

    /// A request went to another phase.
    pub fn transition(&self, reason: Reason) {
        let labels = [("reason", reason.as_str())];
        self.shared.requests.transitions.get_or_create(&labels).inc();
    }

    /// AWS confirmed access so long after it could be had.
    pub fn access_granted(&self, latency: Duration) {
        let family = &self.shared.requests.access_latency;
        family.get_or_create(&[]).observe(latency.as_secs_f64());
    }

    /// AWS confirmed so long after its end that access is gone.
    pub fn access_removed(&self, lag: Duration) {
        let family = &self.shared.requests.revocation_lag;
        family.get_or_create(&[]).observe(lag.as_secs_f64());
    }

    /// An alert was told.
    pub fn alert(&self, reason: Reason) {
        let labels = [("reason", reason.as_str())];
        self.shared.requests.alerts.get_or_create(&labels).inc();
    }

    /// Answers to the questions of a decision: counts those that are unknown.
    pub fn lookups(&self, answers: &Facts) {
        for (question, count) in unknown(answers) {
            if count > 0 {
                let series = &self.shared.requests.lookups_unknown;
                series
                    .get_or_create(&[("question", question)])
                    .inc_by(count.try_into().unwrap_or(u64::MAX));
            }
        }
    }

    /// A reconcile is over.
    pub fn reconciled(&self, kind: ReconcileKind, took: Duration) {
        let family = &self.shared.work.reconciles;
        family
            .get_or_create(&[("kind", kind.label())])
            .observe(took.as_secs_f64());
    }

    /// How many AccountAssignments of each urgency wait for a place.
    pub fn queue(&self, depths: &BTreeMap<Urgency, usize>) {
        for urgency in URGENCIES {
            let series = &self.shared.work.queue;
            let depth = depths.get(&urgency).copied().unwrap_or_default();
            series
                .get_or_create(&[("urgency", urgency_label(urgency))])
                .set(as_float(depth));
        }
    }

    /// The admission policies were checked.
    pub fn guard(&self, sight: GuardSight, at: Timestamp) {
        let work = &self.shared.work;
        for state in GuardSight::ALL {
            let series = work.guard_state.get_or_create(&[("state", state.label())]);
            series.set(if state == sight { 1.0 } else { 0.0 });
        }
        if sight == GuardSight::Intact {
            work.guard_intact_time.get_or_create(&[]).set(unix_seconds(at));
        }
    }

    /// A sweep is complete.
    pub fn swept(&self, unheld: usize, at: Timestamp) {
        let work = &self.shared.work;
        work.sweep_time.get_or_create(&[]).set(unix_seconds(at));
        work.unheld.get_or_create(&[]).set(as_float(unheld));
    }

    /// A watch brought something.
    pub fn watch_event(&self, kind: WatchKind, at: Timestamp) {
        let family = &self.shared.work.watch_events;
        family
            .get_or_create(&[("kind", kind.label())])
            .set(unix_seconds(at));
    }

    /// A watch was interrupted.
    pub fn watch_error(&self, kind: WatchKind) {
        let family = &self.shared.work.watch_errors;
        family.get_or_create(&[("kind", kind.label())]).inc();
    }

    /// How long the watches of policies and settings have been behind.
    pub fn policies_behind(&self, behind: Duration) {
        let family = &self.shared.work.policies_behind;
        family.get_or_create(&[]).set(behind.as_secs_f64());
    }

    /// What the leader sees of the journal now.
    pub fn journal(&self, sight: &JournalSight) {
        self.shared.journal.show(sight);
    }

    /// A message was `sent`, `refused`, or is `tried_again`.
    pub fn notified(&self, result: &'static str) {
        if let Some(notifications) = &self.shared.notifications {
            notifications.results.get_or_create(&[("result", result)]).inc();
        }
    }

    /// How many messages wait to be sent.
    pub fn notifications_waiting(&self, count: i32) {
        if let Some(notifications) = &self.shared.notifications {
            notifications.waiting.get_or_create(&[]).set(count.into());
        }
    }

    /// What the leader sees now.
    pub fn world(&self, world: &World) {
        self.shared.world.show(world);
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}
