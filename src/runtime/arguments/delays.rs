//! Every delay as an option: tests and quickstarts run on a scale of seconds.

use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;

use super::ADVANCED;
use crate::api::HumanDuration;
use crate::domain::Timings;
use crate::reconcile::Delays;

/// The delays that decisions rest on, one option for each field of [`Timings`].
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = ADVANCED)]
pub struct TimingArguments {
    /// How old a fact may be on which a grant, a denial or a vote rests.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.fresh_facts))]
    pub fresh_facts: HumanDuration,
    /// How old a fact may be otherwise, and so how often access is checked again while it lasts.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.recheck_interval))]
    pub recheck_interval: HumanDuration,
    /// How long a policy, the settings or a group must have been gone before that counts.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.disappearance_grace))]
    pub disappearance_grace: HumanDuration,
    /// How long after start and duration the window of a request stays open, for AWS to be slow in.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.grant_slack))]
    pub grant_slack: HumanDuration,
    /// How long after its last sight a create may still take effect in AWS.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.create_settles_after))]
    pub create_settles_after: HumanDuration,
    /// How often an unfinished operation of AWS is noted in the status as seen.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.sighting_interval))]
    pub sighting_interval: HumanDuration,
    /// How far apart two lists must be that lack an assignment before it counts as removed by others.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.drift_confirmation))]
    pub drift_confirmation: HumanDuration,
    /// How long after one of our removals a listed assignment may still be the removed one.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.removal_echo))]
    pub removal_echo: HumanDuration,
    /// How long past its end an approved request that is about to start counts as a holder of its access.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.approved_holder))]
    pub approved_holder: HumanDuration,
    /// How long a create or delete that failed waits for its first repetition; doubles each time.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.retry_first))]
    pub retry_first: HumanDuration,
    /// The longest wait for a repetition.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.retry_longest))]
    pub retry_longest: HumanDuration,
    /// How often an operation under way in AWS, or a list that lags, is looked at.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.poll))]
    pub poll: HumanDuration,
    /// How long after a lookup without an answer it is tried again.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.lookup_retry))]
    pub lookup_retry: HumanDuration,
    /// How far the clocks of AWS and of the API server may be from ours; further apart, nothing is granted.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.clock_skew))]
    pub clock_skew: HumanDuration,
    /// How long after its end a removal is reported as overdue.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.overdue_after))]
    pub overdue_after: HumanDuration,
    /// How long after access is gone AWS is asked once more whether it came back.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.reappearance_check))]
    pub reappearance_check: HumanDuration,
    /// How long an answered EligibilityReview is kept.
    #[arg(long, value_name = "DURATION", default_value_t = default_of(|t| t.review_lifetime))]
    pub review_lifetime: HumanDuration,
}

/// The shell's own delays as options.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = ADVANCED)]
pub struct ShellDelayArguments {
    /// How often the admission policies are compared and proved with a forged request.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Delays::default().guard_interval))]
    pub guard_interval: HumanDuration,
    /// How often the status of every policy is worked out again.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Delays::default().policy_status_interval))]
    pub policy_status_interval: HumanDuration,
    /// How often finished requests are looked through for those that have been kept long enough.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Delays::default().retention_interval))]
    pub retention_interval: HumanDuration,
    /// How often AWS is searched for assignments that no request explains.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Delays::default().sweep_interval))]
    pub sweep_interval: HumanDuration,
    /// How long before access ends an Event says so.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Delays::default().ends_soon_notice))]
    pub ends_soon_notice: HumanDuration,
    /// The longest time a request is left alone, whatever was decided: machines sleep and clocks are set.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Delays::default().longest_wait))]
    pub longest_wait: HumanDuration,
}

impl From<&TimingArguments> for Timings {
    fn from(arguments: &TimingArguments) -> Self {
        // Without `..` on either side: a delay that is forgotten here does not compile.
        let TimingArguments {
            fresh_facts,
            recheck_interval,
            disappearance_grace,
            grant_slack,
            create_settles_after,
            sighting_interval,
            drift_confirmation,
            removal_echo,
            approved_holder,
            retry_first,
            retry_longest,
            poll,
            lookup_retry,
            clock_skew,
            overdue_after,
            reappearance_check,
            review_lifetime,
        } = arguments;
        Self {
            fresh_facts: (*fresh_facts).into(),
            recheck_interval: (*recheck_interval).into(),
            disappearance_grace: (*disappearance_grace).into(),
            grant_slack: (*grant_slack).into(),
            create_settles_after: (*create_settles_after).into(),
            sighting_interval: (*sighting_interval).into(),
            drift_confirmation: (*drift_confirmation).into(),
            removal_echo: (*removal_echo).into(),
            approved_holder: (*approved_holder).into(),
            retry_first: (*retry_first).into(),
            retry_longest: (*retry_longest).into(),
            poll: (*poll).into(),
            lookup_retry: (*lookup_retry).into(),
            clock_skew: (*clock_skew).into(),
            overdue_after: (*overdue_after).into(),
            reappearance_check: (*reappearance_check).into(),
            review_lifetime: (*review_lifetime).into(),
        }
    }
}

impl From<&ShellDelayArguments> for Delays {
    fn from(arguments: &ShellDelayArguments) -> Self {
        let ShellDelayArguments {
            guard_interval,
            policy_status_interval,
            retention_interval,
            sweep_interval,
            ends_soon_notice,
            longest_wait,
        } = arguments;
        Self {
            guard_interval: duration(*guard_interval),
            policy_status_interval: duration(*policy_status_interval),
            retention_interval: duration(*retention_interval),
            sweep_interval: duration(*sweep_interval),
            ends_soon_notice: duration(*ends_soon_notice),
            longest_wait: duration(*longest_wait),
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
        assert_eq!((timings.len(), shell.len()), (17, 6), "{timings:?} {shell:?}");
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
