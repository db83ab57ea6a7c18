//! What the leader sees of requests and assignments at one moment.

use std::collections::BTreeMap;

use prometheus_client::registry::Registry;

use super::families::{Gauges, gauges};
use crate::api::{AssignmentState, Phase, Timestamp};

/// What the leader sees of requests and assignments at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// Live requests by phase; `None` for those that nothing was decided about yet.
    pub requests: BTreeMap<Option<Phase>, usize>,
    /// Requests in phase Pending by their age.
    pub pending: BTreeMap<Age, usize>,
    /// Records by their state.
    pub assignments: BTreeMap<AssignmentState, usize>,
    /// Ends that AWS has not confirmed in time.
    pub overdue: usize,
    /// When the oldest of them was due.
    pub oldest_overdue: Option<Timestamp>,
    /// When the next access ends; one that has ended and is not confirmed counts.
    pub next_end: Option<Timestamp>,
}

/// How long ago something was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// Less than ten minutes.
    Minutes,
    /// Less than an hour.
    Hour,
    /// Less than a day.
    Day,
    /// A day or more.
    Longer,
}

impl Age {
    /// Every age.
    pub const ALL: [Self; 4] = [Self::Minutes, Self::Hour, Self::Day, Self::Longer];

    /// The age of what was made so many seconds ago.
    pub const fn of_seconds(seconds: i64) -> Self {
        match seconds {
            ..600 => Self::Minutes,
            600..3_600 => Self::Hour,
            3_600..86_400 => Self::Day,
            86_400.. => Self::Longer,
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Minutes => "under_10m",
            Self::Hour => "10m_to_1h",
            Self::Day => "1h_to_1d",
            Self::Longer => "over_1d",
        }
    }
}

/// The phases that a live request can have.
const LIVE: [Option<Phase>; 5] = [
    None,
    Some(Phase::Pending),
    Some(Phase::Approved),
    Some(Phase::Active),
    Some(Phase::Revoking),
];

/// The gauges of the leader's [`World`].
pub(super) struct WorldGauges {
    requests: Gauges<1>,
    pending: Gauges<1>,
    assignments: Gauges<1>,
    overdue: Gauges<0>,
    oldest_overdue: Gauges<0>,
    next_end: Gauges<0>,
}

impl WorldGauges {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            requests: gauges(
                registry,
                "requests",
                "Live ElevationRequests by phase; `New` is one that nothing was decided about yet. Leader only",
            ),
            pending: gauges(
                registry,
                "pending_requests",
                "ElevationRequests in phase Pending by the time since they were created. Leader only",
            ),
            assignments: gauges(
                registry,
                "assignments",
                "AccountAssignments by state. Leader only",
            ),
            overdue: gauges(
                registry,
                "overdue_ends",
                "Access that ended longer than --overdue-after ago and that AWS has not confirmed to be gone. Leader only",
            ),
            oldest_overdue: gauges(
                registry,
                "oldest_overdue_end_timestamp_seconds",
                "When the access ended that is overdue longest; +Inf when none is overdue. Leader only",
            ),
            next_end: gauges(
                registry,
                "next_end_timestamp_seconds",
                "When the next access ends, or ended that AWS has not confirmed to be gone; +Inf when there is none. Leader only",
            ),
        }
    }

    /// Shows a world. Each number that there can be is shown, so that none stays from the world before.
    pub(super) fn show(&self, world: &World) {
        let set = |family: &Gauges<1>, name: &'static str, value: &'static str, count: Option<&usize>| {
            let series = family.get_or_create(&[(name, value)]);
            series.set(as_float(count.copied().unwrap_or_default()));
        };
        for phase in LIVE {
            let name = phase.map_or("New", Phase::as_str);
            set(&self.requests, "phase", name, world.requests.get(&phase));
        }
        for age in Age::ALL {
            set(&self.pending, "age", age.label(), world.pending.get(&age));
        }
        for state in AssignmentState::ALL {
            set(
                &self.assignments,
                "state",
                state.as_str(),
                world.assignments.get(&state),
            );
        }
        self.overdue.get_or_create(&[]).set(as_float(world.overdue));
        let time = |family: &Gauges<0>, time: Option<Timestamp>| {
            family
                .get_or_create(&[])
                .set(time.map_or(f64::INFINITY, unix_seconds));
        };
        time(&self.oldest_overdue, world.oldest_overdue);
        time(&self.next_end, world.next_end);
    }
}

/// A time as Prometheus writes it.
#[expect(
    clippy::cast_precision_loss,
    reason = "seconds since 1970 are exact for 285 million years"
)]
pub(super) fn unix_seconds(time: Timestamp) -> f64 {
    time.unix_seconds() as f64
}

/// A count as Prometheus writes it.
#[expect(
    clippy::cast_precision_loss,
    reason = "no process counts to two to the power of 53"
)]
pub(super) fn as_float(count: usize) -> f64 {
    count as f64
}
