//! Access that lasts. Its end by time and by people's acts is seen by the assignment machine too; what needs a look-up is
//! decided here.

use super::check::{CheckPoint, Checked, Refusal, check};
use super::draft::Draft;
use super::{disappearance, ending, review_status};
use crate::api::{
    Claim, ClaimEnd, ConditionStatus, ConditionType, HumanDuration, OnEligibilityLost, Phase, Reason,
    TeamSettingsSpec, Window,
};
use crate::domain::assignment::access_lost;
use crate::domain::decision::Proof;
use crate::domain::fact_reader::Undecided;
use crate::domain::messages;
use crate::domain::policy::judging::{Approved, Basis};
use crate::domain::snapshot::SettingsFact;
use crate::domain::window::after;

/// The end that is reached wins over everything; then people's wishes; then what changed.
pub(super) fn decide(draft: &mut Draft<'_>) {
    let Some(claim) = draft.own_claim() else {
        return without_claim(draft);
    };
    if claim.ended.is_some() {
        return ending::follow(draft, claim);
    }
    let end = claim.end();
    if draft.latest() >= end {
        // The assignment machine ends it: this is told when that is stored.
        return draft.wake(after(draft.now, draft.timings().poll_interval));
    }
    draft.wake_at_end(end);
    if ending::wished(draft) {
        return;
    }
    if let Some(end) = no_longer_eligible(draft) {
        return ending::end_access(draft, end);
    }
    draft.wake(after(draft.now, draft.timings().recheck_interval));
    draft.wake_when_stale();
}

/// AWS confirmed the access: from now on it has an end.
pub(super) fn begin(draft: &mut Draft<'_>, claim: &Claim) {
    let (Some(start), end) = (claim.start_time, claim.end()) else {
        return;
    };
    let window = draft.status.window.get_or_insert_with(Window::default);
    window.start_time.get_or_insert(start);
    window.end_time.get_or_insert(end);
    let session = draft.status.access.as_ref().map(|access| access.session_duration);
    draft.credentials_expiry_time = session.map(|session| after(end, session.into()));
    let portal = draft
        .settings()
        .and_then(|settings| settings.access_portal_url.as_ref())
        .map(|url| format!(" Sign in at {url}."));
    let line = messages::plugin_line("cancel", &draft.snapshot.request);
    let how =
        line.map(|line| format!(" To end it early: {line}; without the plugin set spec.cancelled to true."));
    let message = format!(
        "Access is active until {end}.{}{}",
        how.unwrap_or_default(),
        portal.unwrap_or_default()
    );
    draft.condition(
        ConditionType::Granted,
        ConditionStatus::True,
        Reason::AccessGranted,
        "",
    );
    draft.go(Phase::Active, Reason::AccessGranted, &message);
    draft.wake_at_end(end);
}

/// Active, and no record keeps the access: while the record is lost it is being restored; one without the claim means that
/// nothing of this request is there any more.
fn without_claim(draft: &mut Draft<'_>) {
    draft.wake(after(draft.now, draft.timings().poll_interval));
    if draft.believed_record().is_some() {
        let end = access_lost(draft.now);
        ending::end_access(draft, end);
    }
}

/// Why the person may no longer have the access, where settings say that it ends then.
pub(super) fn no_longer_eligible(draft: &mut Draft<'_>) -> Option<ClaimEnd> {
    match &draft.snapshot.settings {
        SettingsFact::Present(settings) => {
            let sentence = match checked(draft, settings) {
                Ok(checked) => {
                    still_eligible(draft, settings, &checked);
                    return None;
                }
                Err(Refusal::Undecided(undecided)) => {
                    let retry = after(draft.now, draft.timings().lookup_retry);
                    draft.wake(undecided.until.unwrap_or(retry));
                    disappearance::tell(draft, &undecided);
                    draft.condition(
                        ConditionType::Eligible,
                        ConditionStatus::Unknown,
                        undecided.reason,
                        &undecided.why,
                    );
                    return None;
                }
                Err(Refusal::Denied(_, sentence)) => sentence,
            };
            lost(draft, Some(settings.on_eligibility_lost), &sentence)
        }
        SettingsFact::Missing {
            since,
            on_eligibility_lost,
        } => {
            let counts_at = after(*since, draft.timings().disappearance_grace);
            if draft.now < counts_at {
                draft.wake(counts_at);
                let why = format!(
                    "The TeamSettings named default are missing: if they are not back by {counts_at}, nobody is eligible any more"
                );
                disappearance::tell(draft, &Undecided::because(Reason::SettingsMissing, why));
                return None;
            }
            // Nothing is accepted without settings, so nobody is eligible.
            lost(
                draft,
                *on_eligibility_lost,
                "The TeamSettings named default are missing.",
            )
        }
    }
}

fn still_eligible(draft: &mut Draft<'_>, settings: &TeamSettingsSpec, checked: &Checked) {
    review_status::refresh_reviewers(draft, settings, &checked.account);
    draft.condition(
        ConditionType::Eligible,
        ConditionStatus::True,
        Reason::Valid,
        &checked.eligible.sentence(),
    );
    let session = checked.access.session_duration;
    credentials_may_live_longer(draft, session);
}

/// Credentials live as long as the permission set says when they are issued: the longest that was seen counts.
fn credentials_may_live_longer(draft: &mut Draft<'_>, session: HumanDuration) {
    let known = draft
        .status
        .assignment
        .as_ref()
        .and_then(|assignment| assignment.credentials_expiry_time);
    let end = draft.status.window.as_ref().and_then(|window| window.end_time);
    if let Some((known, end)) = known.zip(end) {
        let longer = after(end, session.into());
        if longer > known
            && let Some(assignment) = draft.status.assignment.as_mut()
        {
            assignment.credentials_expiry_time = Some(longer);
        }
    }
}

fn checked(draft: &Draft<'_>, settings: &TeamSettingsSpec) -> Result<Checked, Refusal> {
    let checked = check(draft, settings, CheckPoint::Active)?;
    let evidence = Approved::from_record(&draft.status);
    let waived = matches!(evidence.as_ref().map(Approved::basis), Some(Basis::Waived));
    if waived && checked.eligible.approval_required {
        let sentence = "Approval was not needed when the request was made and is needed now.";
        return Err(Refusal::Denied(Reason::ApprovalNowRequired, sentence.to_owned()));
    }
    Ok(checked)
}

/// What settings say happens. Where nobody knows what they said, access lasts until its end.
fn lost(draft: &mut Draft<'_>, wish: Option<OnEligibilityLost>, sentence: &str) -> Option<ClaimEnd> {
    draft.condition(
        ConditionType::Eligible,
        ConditionStatus::False,
        Reason::EligibilityLost,
        sentence,
    );
    match wish {
        Some(OnEligibilityLost::Revoke) => {
            draft.rests_on(Proof::None);
            let sentence = format!("No longer eligible: {sentence}");
            Some(ClaimEnd::new(draft.now, Reason::EligibilityLost, &sentence))
        }
        Some(OnEligibilityLost::Keep) | None => {
            keep(draft, sentence);
            None
        }
    }
}

/// Settings say that access lasts until its end all the same: the message says that, too.
fn keep(draft: &mut Draft<'_>, sentence: &str) {
    if draft.status.phase == Some(Phase::Active)
        && let Some(end) = draft.status.window.as_ref().and_then(|window| window.end_time)
    {
        let message = format!(
            "Access is active until {end}. The requester is no longer eligible, and settings keep access that was \
             granted. To end it: revoke it. {sentence}"
        );
        draft.says(Reason::EligibilityLost, &message);
    }
}
