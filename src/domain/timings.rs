//! Every delay of the decisions.

use chrono::TimeDelta;

/// Every delay of the decisions; tests run on a scale of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// How old a fact may be on which a grant, a denial or a vote rests: "read fresh" means in this pass.
    pub fresh_facts: TimeDelta,
    /// How old a fact may be otherwise, and so how often access is checked again while it lasts.
    pub recheck_interval: TimeDelta,
    /// How long a policy, the settings or a group must have been gone before that counts.
    pub disappearance_grace: TimeDelta,
    /// How long after start and duration a window stays open, for AWS to be slow in.
    pub grant_slack: TimeDelta,
    /// How long after its last sight a create may still take effect.
    pub create_settles_after: TimeDelta,
    /// An unfinished operation is noted as seen at most this often: every note is a write, and a write wakes us.
    pub sighting_interval: TimeDelta,
    /// How far apart two lists must be that lack an assignment before it counts as removed by others.
    pub drift_confirmation: TimeDelta,
    /// How long after one of our removals a listed assignment may still be the removed one.
    pub removal_echo: TimeDelta,
    /// How long past the end an approved request that is about to start counts as a holder.
    pub approved_holder: TimeDelta,
    /// How long a create or delete without an answer, or one refused, waits for its repetition; doubles each time.
    pub retry_first: TimeDelta,
    /// The longest such wait.
    pub retry_longest: TimeDelta,
    /// How often an operation under way, a list that lags or a sibling is looked at.
    pub poll: TimeDelta,
    /// How long after a lookup without an answer it is tried again.
    pub lookup_retry: TimeDelta,
    /// How far apart clocks may be.
    pub clock_skew: TimeDelta,
    /// How long after its end a removal is overdue.
    pub overdue_after: TimeDelta,
    /// How long after Gone a tuple is listed once more.
    pub reappearance_check: TimeDelta,
    /// How long an answered EligibilityReview is kept.
    pub review_lifetime: TimeDelta,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            fresh_facts: TimeDelta::seconds(60),
            recheck_interval: TimeDelta::minutes(15),
            disappearance_grace: TimeDelta::minutes(5),
            grant_slack: TimeDelta::minutes(15),
            create_settles_after: TimeDelta::minutes(5),
            sighting_interval: TimeDelta::seconds(60),
            drift_confirmation: TimeDelta::seconds(60),
            removal_echo: TimeDelta::minutes(10),
            approved_holder: TimeDelta::seconds(60),
            retry_first: TimeDelta::seconds(10),
            retry_longest: TimeDelta::minutes(5),
            poll: TimeDelta::seconds(5),
            lookup_retry: TimeDelta::seconds(30),
            clock_skew: TimeDelta::seconds(30),
            overdue_after: TimeDelta::seconds(60),
            reappearance_check: TimeDelta::minutes(15),
            review_lifetime: TimeDelta::minutes(10),
        }
    }
}

impl Timings {
    /// How long to wait after the given number of attempts.
    pub fn backoff(&self, attempts: i32) -> TimeDelta {
        // Two to the tenth is far beyond the longest wait already.
        let factor = 1 << attempts.clamp(1, 10).saturating_sub(1);
        (self.retry_first * factor).min(self.retry_longest)
    }
}
