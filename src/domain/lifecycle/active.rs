//! Access that lasts.

use super::check::{Fit, Moment, Refusal, check};
use super::early_end::{self, Cause};
use super::observation::{Observation, observe};
use super::pass::Pass;
use super::{publish, revoking, siblings};
use crate::api::{AssignmentTuple, ConditionStatus, ConditionType, OnEligibilityLost, Reason, Timestamp};
use crate::domain::approval::{Approved, Basis};
use crate::domain::inquiry::Freshness;
use crate::domain::snapshot::SettingsFact;
use crate::domain::window::after;

/// The end that is reached wins over everything; then people's wishes; then what changed.
pub(super) fn decide(pass: &mut Pass<'_>) {
    let end = pass
        .status
        .window
        .as_ref()
        .and_then(|window| window.end_time.or(window.not_after));
    let Some(end) = end.filter(|end| pass.latest() < *end) else {
        return end_reached(pass, end);
    };
    pass.wake_at_end(end);
    if early_end::carried_out(pass) {
        return;
    }
    if let Some(cause) = removed_by_others(pass).or_else(|| eligibility_lost(pass)) {
        return revoking::begin(pass, &cause);
    }
    pass.wake(after(pass.now, pass.timings().recheck_interval));
    pass.wake_when_stale();
}

/// A request that starts where this one ends takes the assignment over while it is there: a removal that has begun would
/// make it wait for the gap.
fn end_reached(pass: &mut Pass<'_>, end: Option<Timestamp>) {
    let patience_ends = end.map(|end| after(end, pass.timings().approved_holder));
    if let Some(until) = patience_ends.filter(|until| pass.latest() < *until && has_a_successor(pass)) {
        pass.wake_at_end(until);
        return pass.wake(after(pass.now, pass.timings().poll));
    }
    let cause = Cause {
        reason: Reason::EndReached,
        sentence: "The end was reached.".to_owned(),
    };
    revoking::begin(pass, &cause);
}

/// Nobody waits for one who wishes the end, and nobody who cannot be seen is waited for.
fn has_a_successor(pass: &Pass<'_>) -> bool {
    let wished = early_end::wished(pass).is_some();
    let seen = |tuple: &AssignmentTuple| siblings::are_seen(pass, tuple);
    let Some(tuple) = pass.tuple().filter(seen).filter(|_| !wished) else {
        return false;
    };
    siblings::of(pass, &tuple).is_ok_and(|siblings| siblings::is_about_to_start(pass, &siblings))
}

/// Absent in two lists that are far enough apart. The first is remembered by the condition `Granted`, which it turns
/// to Unknown.
fn removed_by_others(pass: &mut Pass<'_>) -> Option<Cause> {
    let tuple = pass.tuple()?;
    let suspected_since = pass
        .has_condition(ConditionType::Granted)
        .filter(|condition| condition.status == ConditionStatus::Unknown)
        .map(|condition| condition.last_transition_time);
    let freshness = if suspected_since.is_some() {
        Freshness::Fresh
    } else {
        Freshness::Cached
    };
    match (observe(pass, &tuple, freshness), suspected_since) {
        (Observation::Present { .. }, None) => {}
        (Observation::Present { .. }, Some(_)) => {
            let message = "The assignment is listed again.";
            pass.condition(
                ConditionType::Granted,
                ConditionStatus::True,
                Reason::AccessGranted,
                message,
            );
        }
        (Observation::Absent { .. }, None) => {
            let message = "The assignment is not listed; it is looked for again.";
            pass.condition(
                ConditionType::Granted,
                ConditionStatus::Unknown,
                Reason::RemovedExternally,
                message,
            );
            // A second list in the same pass would be the same list.
            pass.wake(after(pass.now, pass.timings().drift_confirmation));
        }
        (Observation::Absent { at, .. }, Some(since)) => {
            let confirmed_at = after(since, pass.timings().drift_confirmation);
            if at >= confirmed_at {
                return Some(Cause {
                    reason: Reason::RemovedExternally,
                    sentence: "Somebody else removed the assignment; it is not put back.".to_owned(),
                });
            }
            let next_list = after(at, pass.timings().fresh_facts + chrono::TimeDelta::seconds(1));
            pass.wake(confirmed_at.max(next_list));
        }
        (Observation::Unknown(_), _) => pass.wake(after(pass.now, pass.timings().lookup_retry)),
    }
    None
}

fn eligibility_lost(pass: &mut Pass<'_>) -> Option<Cause> {
    match &pass.snapshot.settings {
        SettingsFact::Present(settings) => {
            let sentence = match checked(pass, settings) {
                Ok(fit) => {
                    publish::refresh_reviewers(pass, settings, &fit.account);
                    let message = format!(
                        "EligibilityPolicy {} lets the requester ask.",
                        fit.eligible.policy
                    );
                    pass.condition(
                        ConditionType::Eligible,
                        ConditionStatus::True,
                        Reason::Valid,
                        &message,
                    );
                    return None;
                }
                Err(Refusal::Undecided(undecided)) => {
                    let retry = after(pass.now, pass.timings().lookup_retry);
                    pass.wake(undecided.until.unwrap_or(retry));
                    pass.condition(
                        ConditionType::Eligible,
                        ConditionStatus::Unknown,
                        undecided.reason,
                        &undecided.why,
                    );
                    return None;
                }
                Err(Refusal::Unfit(_, sentence)) => sentence,
            };
            lost(pass, Some(settings.on_eligibility_lost), &sentence)
        }
        SettingsFact::Missing {
            since,
            on_eligibility_lost,
        } => {
            let counts_at = after(*since, pass.timings().disappearance_grace);
            if pass.now < counts_at {
                pass.wake(counts_at);
                return None;
            }
            // Nothing is accepted without settings, so nobody is eligible.
            lost(
                pass,
                *on_eligibility_lost,
                "The TeamSettings named default are missing.",
            )
        }
    }
}

fn checked(pass: &Pass<'_>, settings: &crate::api::TeamSettingsSpec) -> Result<Fit, Refusal> {
    let fit = check(pass, settings, Moment::Active)?;
    let evidence = Approved::from_record(&pass.status);
    let waived = matches!(evidence.as_ref().map(Approved::basis), Some(Basis::Waived));
    if waived && fit.eligible.approval_required {
        let sentence = "Approval was not needed when the request was made and is needed now.";
        return Err(Refusal::Unfit(Reason::ApprovalNowRequired, sentence.to_owned()));
    }
    Ok(fit)
}

/// What settings say happens. Where nobody knows what they said, access lasts until its end.
fn lost(pass: &mut Pass<'_>, wish: Option<OnEligibilityLost>, sentence: &str) -> Option<Cause> {
    pass.condition(
        ConditionType::Eligible,
        ConditionStatus::False,
        Reason::EligibilityLost,
        sentence,
    );
    match wish {
        Some(OnEligibilityLost::Revoke) => Some(Cause {
            reason: Reason::EligibilityLost,
            sentence: format!("No longer eligible: {sentence}"),
        }),
        Some(OnEligibilityLost::Keep) | None => None,
    }
}
