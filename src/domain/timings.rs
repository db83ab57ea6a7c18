//! Every delay of the decisions.

use chrono::TimeDelta;

/// Every delay of the decisions; tests run on a scale of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// How old a fact may be on which a grant, a denial or a vote rests: "read fresh" means in this pass.
    pub fresh_fact_max_age: TimeDelta,
    /// How old a fact may be otherwise, and so how often access is checked again while it lasts.
    pub recheck_interval: TimeDelta,
    /// How long a policy, the settings or a group must have been gone before that counts.
    pub disappearance_grace: TimeDelta,
    /// How long after start and duration a window stays open, for AWS to be slow in.
    pub grant_slack: TimeDelta,
    /// How long before its start a request claims its assignment.
    pub claim_lead: TimeDelta,
    /// How long a check of a request admits it to be granted.
    pub admission_time: TimeDelta,
    /// How often a list of AWS confirms that an assignment is still there.
    pub presence_interval: TimeDelta,
    /// How long a create or a deletion lasts before requests show it.
    pub show_after: TimeDelta,
    /// How often a changed error of AWS is written into a record.
    pub error_interval: TimeDelta,
    /// How long lists of AWS may lag behind what it carried out.
    pub list_lag: TimeDelta,
    /// How far apart two lists are that lack an assignment before it counts as lost.
    pub loss_confirmation: TimeDelta,
    /// How long an answer of AWS to a create or delete is waited for before lists tell what became of it.
    pub answer_time: TimeDelta,
    /// How long a create may take effect whose outcome is not known: AWS refuses signatures that are older than five minutes,
    /// fifteen with skew; the rest is for carrying it out.
    pub create_bound: TimeDelta,
    /// How long a create or delete that AWS refused waits for its repetition; doubles each time.
    pub retry_min: TimeDelta,
    /// The longest such wait.
    pub retry_max: TimeDelta,
    /// How often an operation under way, or a list that lags, is looked at.
    pub poll_interval: TimeDelta,
    /// How long after a lookup without an answer it is tried again.
    pub lookup_retry: TimeDelta,
    /// The longest time for which nothing is looked at: a wake-up that was lost is made good by then.
    pub resync_interval: TimeDelta,
    /// How far apart clocks may be.
    pub clock_skew: TimeDelta,
    /// How long after its end a deletion is overdue.
    pub overdue_after: TimeDelta,
    /// How long an answered EligibilityReview is kept.
    pub review_lifetime: TimeDelta,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            fresh_fact_max_age: TimeDelta::seconds(60),
            recheck_interval: TimeDelta::minutes(15),
            disappearance_grace: TimeDelta::minutes(15),
            grant_slack: TimeDelta::minutes(15),
            claim_lead: TimeDelta::minutes(1),
            admission_time: TimeDelta::minutes(1),
            presence_interval: TimeDelta::minutes(5),
            show_after: TimeDelta::seconds(5),
            error_interval: TimeDelta::minutes(5),
            list_lag: TimeDelta::minutes(1),
            loss_confirmation: TimeDelta::minutes(1),
            answer_time: TimeDelta::seconds(30),
            create_bound: TimeDelta::minutes(20),
            retry_min: TimeDelta::seconds(10),
            retry_max: TimeDelta::minutes(5),
            poll_interval: TimeDelta::seconds(5),
            lookup_retry: TimeDelta::seconds(30),
            resync_interval: TimeDelta::minutes(5),
            clock_skew: TimeDelta::seconds(30),
            overdue_after: TimeDelta::seconds(60),
            review_lifetime: TimeDelta::minutes(10),
        }
    }
}

impl Timings {
    /// How long to wait after the given number of attempts.
    pub fn backoff(&self, attempts: i32) -> TimeDelta {
        // Two to the tenth is far beyond the longest wait already.
        let factor = 1 << attempts.clamp(1, 10).saturating_sub(1);
        (self.retry_min * factor).min(self.retry_max)
    }
}
