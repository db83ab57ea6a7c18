//! Every delay as an option: tests and quickstarts run on a scale of seconds.

use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;

use super::ADVANCED;
use crate::api::HumanDuration;
use crate::controller::Delays;
use crate::domain::Timings;

/// The delays that decisions rest on, one option for each field of [`Timings`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = ADVANCED)]
pub struct TimingArguments {
    /// Maximum age of facts from AWS that a grant, a denial or a vote rests on.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.fresh_fact_max_age))]
    pub fresh_fact_max_age: HumanDuration,
    /// Maximum age of other facts, and so the interval at which active access is checked again.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.recheck_interval))]
    pub recheck_interval: HumanDuration,
    /// How long a policy, the settings or a group must be missing before that has an effect.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.disappearance_grace))]
    pub disappearance_grace: HumanDuration,
    /// How long after its start and duration the window of a request stays open, for AWS to be slow in.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.grant_slack))]
    pub grant_slack: HumanDuration,
    /// How long before its start a request is checked and claims its assignment.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.claim_lead))]
    pub claim_lead: HumanDuration,
    /// How long the assignment may be created after the check of a request, before the request is checked again.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.admission_time))]
    pub admission_time: HumanDuration,
    /// Interval at which assignments that were created are confirmed by a list of AWS.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.presence_interval))]
    pub presence_interval: HumanDuration,
    /// How long a create or delete must last before the status of the request shows it.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.show_after))]
    pub show_after: HumanDuration,
    /// Minimum time between two writes of errors of AWS into one AccountAssignment.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.error_interval))]
    pub error_interval: HumanDuration,
    /// How long lists of AWS may lag behind creates and deletes.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.list_lag))]
    pub list_lag: HumanDuration,
    /// Minimum time between two lists without the assignment before access counts as lost.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.loss_confirmation))]
    pub loss_confirmation: HumanDuration,
    /// How long an unanswered create or delete is waited for before lists show what became of it.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.answer_time))]
    pub answer_time: HumanDuration,
    /// How long an unanswered create may still take effect in AWS.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.create_bound))]
    pub create_bound: HumanDuration,
    /// Wait before the first retry of a failed create or delete; doubles with each retry.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.retry_min))]
    pub retry_min: HumanDuration,
    /// Maximum wait before a retry.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.retry_max))]
    pub retry_max: HumanDuration,
    /// Interval at which AWS is asked about operations in progress, and about lists that lag.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.poll_interval))]
    pub poll_interval: HumanDuration,
    /// Wait before a failed lookup is retried.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.lookup_retry))]
    pub lookup_retry: HumanDuration,
    /// Maximum time for which a request or an AccountAssignment is left alone.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.resync_interval))]
    pub resync_interval: HumanDuration,
    /// Maximum difference between the clocks of the controller, AWS and the API server; beyond it nothing is granted.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.clock_skew))]
    pub clock_skew: HumanDuration,
    /// How long after its end a removal is reported as overdue.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.overdue_after))]
    pub overdue_after: HumanDuration,
    /// How long an answered EligibilityReview is kept.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.review_lifetime))]
    pub review_lifetime: HumanDuration,
}

/// The delays of background work as options.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = ADVANCED)]
pub struct BackgroundDelayArguments {
    /// Interval at which the admission policies are compared and proved with a forged request.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Delays::default().guard_interval))]
    pub guard_interval: HumanDuration,
    /// Interval at which the status of every policy is computed again.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Delays::default().policy_status_interval))]
    pub policy_status_interval: HumanDuration,
    /// Interval at which finished requests are searched for those whose retention is over.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Delays::default().retention_interval))]
    pub retention_interval: HumanDuration,
    /// Interval at which AWS is searched for assignments without an AccountAssignment.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Delays::default().sweep_interval))]
    pub sweep_interval: HumanDuration,
    /// How long before access ends an Event says so.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Delays::default().ends_soon_notice))]
    pub ends_soon_notice: HumanDuration,
}

impl From<&TimingArguments> for Timings {
    fn from(arguments: &TimingArguments) -> Self {
        // Without `..` on either side: a delay that is forgotten here does not compile.
        let TimingArguments {
            fresh_fact_max_age,
            recheck_interval,
            disappearance_grace,
            grant_slack,
            claim_lead,
            admission_time,
            presence_interval,
            show_after,
            error_interval,
            list_lag,
            loss_confirmation,
            answer_time,
            create_bound,
            retry_min,
            retry_max,
            poll_interval,
            lookup_retry,
            resync_interval,
            clock_skew,
            overdue_after,
            review_lifetime,
        } = arguments;
        Self {
            fresh_fact_max_age: (*fresh_fact_max_age).into(),
            recheck_interval: (*recheck_interval).into(),
            disappearance_grace: (*disappearance_grace).into(),
            grant_slack: (*grant_slack).into(),
            claim_lead: (*claim_lead).into(),
            admission_time: (*admission_time).into(),
            presence_interval: (*presence_interval).into(),
            show_after: (*show_after).into(),
            error_interval: (*error_interval).into(),
            list_lag: (*list_lag).into(),
            loss_confirmation: (*loss_confirmation).into(),
            answer_time: (*answer_time).into(),
            create_bound: (*create_bound).into(),
            retry_min: (*retry_min).into(),
            retry_max: (*retry_max).into(),
            poll_interval: (*poll_interval).into(),
            lookup_retry: (*lookup_retry).into(),
            resync_interval: (*resync_interval).into(),
            clock_skew: (*clock_skew).into(),
            overdue_after: (*overdue_after).into(),
            review_lifetime: (*review_lifetime).into(),
        }
    }
}

impl From<&BackgroundDelayArguments> for Delays {
    fn from(arguments: &BackgroundDelayArguments) -> Self {
        let BackgroundDelayArguments {
            guard_interval,
            policy_status_interval,
            retention_interval,
            sweep_interval,
            ends_soon_notice,
        } = arguments;
        Self {
            guard_interval: duration(*guard_interval),
            policy_status_interval: duration(*policy_status_interval),
            retention_interval: duration(*retention_interval),
            sweep_interval: duration(*sweep_interval),
            ends_soon_notice: duration(*ends_soon_notice),
        }
    }
}

/// A length of time as timers take it.
pub(super) fn duration(human: HumanDuration) -> Duration {
    Duration::from_secs(human.seconds().unsigned_abs())
}

/// A default of the program as an option shows it.
#[expect(
    clippy::expect_used,
    reason = "defaults are constants, and a unit test reads every one of them"
)]
pub(super) fn seconds(duration: Duration) -> HumanDuration {
    let seconds = i64::try_from(duration.as_secs()).ok();
    seconds
        .and_then(HumanDuration::from_seconds)
        .expect("a default is no duration that can be written")
}

fn default_of(field: impl FnOnce(Timings) -> TimeDelta) -> HumanDuration {
    seconds(field(Timings::default()).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::run_arguments;
    use super::*;

    #[test]
    fn without_options_every_delay_is_its_default() {
        let arguments = run_arguments(&[]);
        assert_eq!(Timings::from(&arguments.timings), Timings::default());
        assert_eq!(Delays::from(&arguments.delays), Delays::default());
    }

    #[test]
    fn every_delay_has_the_option_of_its_name() {
        // The fields as their own Debug output names them; no two options may set the same one.
        let names = |debug: String| -> Vec<String> {
            let inside = debug.split_once('{').unwrap().1;
            let fields = inside
                .split(", ")
                .map(|field| field.split(':').next().unwrap().trim().to_owned());
            // A TimeDelta has fields of its own.
            fields.filter(|name| name != "nanos").collect()
        };
        let timings = names(format!("{:?}", Timings::default()));
        let shell = names(format!("{:?}", Delays::default()));
        assert_eq!((timings.len(), shell.len()), (21, 5), "{timings:?} {shell:?}");
        let all: Vec<&String> = timings.iter().chain(&shell).collect();
        let options: Vec<String> = (1..)
            .zip(&all)
            .map(|(number, field)| format!("--{}={number}s", field.replace('_', "-")))
            .collect();
        let arguments = run_arguments(&options.iter().map(String::as_str).collect::<Vec<_>>());
        let (timings, shell) = (Timings::from(&arguments.timings), Delays::from(&arguments.delays));
        let shown = format!("{timings:?} {shell:?}");
        for (number, field) in (1..).zip(all) {
            let (delta, duration) = (
                TimeDelta::seconds(number),
                Duration::from_secs(number.unsigned_abs()),
            );
            let set = [format!("{field}: {delta:?}"), format!("{field}: {duration:?}")];
            assert!(
                set.iter().any(|text| shown.contains(text)),
                "{field} is not {number} s in {shown}"
            );
        }
    }
}
