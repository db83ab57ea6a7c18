//! What is shown of the journal.

use prometheus_client::registry::Registry;

use super::families::{Counters, Gauges, counters, gauges};
use super::world::unix_seconds;
use crate::api::Timestamp;

/// What the leader sees of the journal now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalSight {
    /// Whether it can be written.
    pub is_writable: bool,
    /// Since when the oldest line has waited that no head covers yet.
    pub waiting_since: Option<Timestamp>,
    /// When a head covered lines last.
    pub recorded: Option<Timestamp>,
    /// How many lines the newest checkpoint is about.
    pub size: Option<u64>,
    /// How many writes of lines failed so far.
    pub sink_failures: u64,
    /// How many writes of the head failed so far.
    pub head_failures: u64,
    /// How many lines were dropped so far.
    pub dropped: u64,
}

/// The metrics of the journal.
pub(super) struct JournalMetrics {
    writable: Gauges<0>,
    waiting_since: Gauges<0>,
    recorded: Gauges<0>,
    size: Gauges<0>,
    failures: Counters<1>,
    dropped: Counters<0>,
}

impl JournalMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            writable: gauges(
                registry,
                "journal_writable",
                "1 when lines of the journal can be written, 0 when they cannot: nothing is granted then. Leader only",
            ),
            waiting_since: gauges(
                registry,
                "journal_waiting_since_timestamp_seconds",
                "Since when the oldest line of the journal waits that no checkpoint covers yet; +Inf when none waits. Leader only",
            ),
            recorded: gauges(
                registry,
                "journal_recorded_timestamp_seconds",
                "When a checkpoint covered lines of the journal last. Leader only",
            ),
            size: gauges(
                registry,
                "journal_lines",
                "How many lines the newest checkpoint of the journal is about. Leader only",
            ),
            failures: counters(
                registry,
                "journal_failures",
                "Writes of the journal that failed and were tried again, by what was written",
            ),
            dropped: counters(
                registry,
                "journal_lines_dropped",
                "Lines of the journal that found no space and cannot be derived again",
            ),
        }
    }

    pub(super) fn show(&self, sight: &JournalSight) {
        let set = |family: &Gauges<0>, value: f64| {
            family.get_or_create(&[]).set(value);
        };
        set(&self.writable, if sight.is_writable { 1.0 } else { 0.0 });
        set(
            &self.waiting_since,
            sight.waiting_since.map_or(f64::INFINITY, unix_seconds),
        );
        if let Some(recorded) = sight.recorded {
            set(&self.recorded, unix_seconds(recorded));
        }
        if let Some(size) = sight.size {
            set(&self.size, count(size));
        }
        for (what, failures) in [("sink", sight.sink_failures), ("head", sight.head_failures)] {
            let series = self.failures.get_or_create(&[("what", what)]);
            series.inc_by(failures.saturating_sub(series.get()));
        }
        let series = self.dropped.get_or_create(&[]);
        series.inc_by(sight.dropped.saturating_sub(series.get()));
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no journal has two to the power of 53 lines"
)]
fn count(lines: u64) -> f64 {
    lines as f64
}
