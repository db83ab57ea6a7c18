//! Everything but the votes: person, account, permission set, limits, eligibility.

use super::pass::Pass;
use crate::api::{Access, HumanDuration, Reason, Requester, Requirement, TeamSettingsSpec};
use crate::domain::approvers::directory_name;
use crate::domain::eligibility::{Asked, Eligibility, Eligible, evaluate};
use crate::domain::facts::{Account, AccountState, Enabled, Lookup, PermissionSet, User, UserId, UserLookup};
use crate::domain::inquiry::{Freshness, Undecided};
use crate::domain::window::after;

/// At which point of its life a request is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// It is new.
    Opening,
    /// It waits for approvals.
    Pending,
    /// It is about to be granted.
    Start,
    /// It lasts.
    Active,
}

/// A request that passed, with its names resolved.
pub(super) struct Fit {
    pub requester: Requester,
    pub access: Access,
    pub account: Account,
    pub eligible: Eligible,
}

/// Why it did not.
pub(super) enum Refusal {
    Unfit(Reason, String),
    Undecided(Undecided),
}

impl From<Undecided> for Refusal {
    fn from(undecided: Undecided) -> Self {
        Refusal::Undecided(undecided)
    }
}

fn unfit<T>(reason: Reason, sentence: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Unfit(reason, sentence.into()))
}

/// Checks with cached facts, and again with fresh ones before anybody is refused.
pub(super) fn check(pass: &Pass<'_>, settings: &TeamSettingsSpec, moment: Moment) -> Result<Fit, Refusal> {
    match check_with(pass, settings, moment, Freshness::Cached) {
        Err(Refusal::Unfit(..)) => check_with(pass, settings, moment, Freshness::Fresh),
        other => other,
    }
}

/// Checks with facts of the given age; the first rule that is broken answers.
pub(super) fn check_with(
    pass: &Pass<'_>,
    settings: &TeamSettingsSpec,
    moment: Moment,
    freshness: Freshness,
) -> Result<Fit, Refusal> {
    let spec = &pass.snapshot.request.spec;
    if moment == Moment::Opening {
        form(pass, settings)?;
    }
    if spec.duration > settings.max_request_duration {
        let sentence = format!(
            "You ask for {}, and no request may last longer than {}.",
            spec.duration, settings.max_request_duration
        );
        return unfit(Reason::DurationTooLong, sentence);
    }
    let user = requester(pass, settings, freshness)?;
    let account = account(pass, moment, freshness)?;
    let permission_set = permission_set(pass, freshness)?;
    let asked = Asked {
        user: &user.id,
        user_name: &user.user_name,
        account,
        permission_set: &spec.permission_set,
        duration: spec.duration,
    };
    let recorded = pass.status.eligibility.as_ref();
    let policies = &pass.snapshot.eligibility_policies;
    let eligible = match evaluate(&asked, policies, settings, recorded, &pass.inquiry, freshness) {
        Eligibility::Eligible(eligible) => eligible,
        Eligibility::NotEligible(sentence) => return unfit(Reason::NotEligible, sentence),
        Eligibility::Undecided(undecided) => return Err(undecided.into()),
    };
    let open = pass
        .snapshot
        .open_requests
        .get(user.id.as_str())
        .copied()
        .unwrap_or(0);
    if moment == Moment::Opening && open >= most_open(settings) {
        let sentence =
            format!("You have {open} open requests, which is as many as settings allow: cancel one first.");
        return unfit(Reason::TooManyOpenRequests, sentence);
    }
    Ok(Fit {
        requester: Requester {
            user_id: user.id.as_str().to_owned(),
            user_name: user.user_name.clone(),
            email: user.email.clone(),
        },
        access: access(account, permission_set, pass),
        account: account.clone(),
        eligible,
    })
}

fn most_open(settings: &TeamSettingsSpec) -> usize {
    usize::try_from(settings.max_open_requests).unwrap_or(0)
}

/// What admission refuses too: these rules matter where it was not in force. The pattern of ticket numbers is left to
/// it, because two engines of regular expressions would disagree one day.
fn form(pass: &Pass<'_>, settings: &TeamSettingsSpec) -> Result<(), Refusal> {
    let request = &pass.snapshot.request;
    let blank = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    if settings.justification == Requirement::Required && blank(&request.spec.justification) {
        return unfit(
            Reason::JustificationMissing,
            "Settings ask for a justification: say why.",
        );
    }
    if settings.ticket_number.requirement == Requirement::Required && blank(&request.spec.ticket_number) {
        return unfit(
            Reason::TicketInvalid,
            "Settings ask for a ticket number: name one.",
        );
    }
    let latest = after(request.created_at, settings.max_start_delay.into());
    match request.spec.start_time {
        Some(start) if start > latest => unfit(
            Reason::StartTooFarAhead,
            format!(
                "The start may lie at most {} ahead, at {latest}.",
                settings.max_start_delay
            ),
        ),
        _ => Ok(()),
    }
}

/// The person by id, where one is recorded, and by name: both must be the same, or somebody got the name of another.
fn requester<'a>(
    pass: &Pass<'a>,
    settings: &TeamSettingsSpec,
    freshness: Freshness,
) -> Result<&'a User, Refusal> {
    let name = pass
        .snapshot
        .request
        .spec
        .requester
        .as_deref()
        .unwrap_or_default();
    let recorded = pass
        .status
        .requester
        .as_ref()
        .map(|requester| requester.user_id.as_str());
    if let Some(id) = recorded
        && *pass.inquiry.user(&UserId::new(id), freshness)? == Lookup::Absent
    {
        return unfit(
            Reason::RequesterUnknown,
            format!("{name} was deleted from Identity Center."),
        );
    }
    let Some((attribute, value)) = directory_name(name, &settings.identity) else {
        let sentence = format!(
            "The user name {name:?} does not begin with {:?}, as those of people do here.",
            settings.identity.username_prefix
        );
        return unfit(Reason::RequesterUnknown, sentence);
    };
    let user = match pass.inquiry.user_by_name(attribute, value, freshness)? {
        UserLookup::Found(user) => user,
        UserLookup::OtherSpelling { actual } => {
            let sentence =
                format!("Identity Center has {actual:?}, not {value:?}: letters must be the same.");
            return unfit(Reason::RequesterUnknown, sentence);
        }
        UserLookup::Absent => {
            let sentence = format!("Identity Center has nobody, or more than one person, named {value:?}.");
            return unfit(Reason::RequesterUnknown, sentence);
        }
    };
    if recorded.is_some_and(|id| id != user.id.as_str()) {
        let sentence = format!("The name {value:?} now belongs to another person than the one who asked.");
        return unfit(Reason::RequesterUnknown, sentence);
    }
    match user.enabled {
        Enabled::Yes => Ok(user),
        Enabled::No => unfit(
            Reason::RequesterDisabled,
            format!("{value} is disabled in Identity Center."),
        ),
        Enabled::Unrecognized => {
            let why = format!("Identity Center does not say clearly whether {value} is enabled");
            Err(Undecided::lookup(why).into())
        }
    }
}

fn account<'a>(pass: &Pass<'a>, moment: Moment, freshness: Freshness) -> Result<&'a Account, Refusal> {
    let id = &pass.snapshot.request.spec.account_id;
    let account = match pass.inquiry.account(id, freshness)? {
        Lookup::Found(account) => account,
        Lookup::Absent => {
            return unfit(
                Reason::AccountUnknown,
                format!("The organization has no account {id}."),
            );
        }
    };
    if pass.snapshot.identity_center.delegated_administrator && pass.inquiry.management_account()? == id {
        let sentence =
            format!("{id} is the management account, which a delegated administrator cannot assign.");
        return unfit(Reason::ManagementAccount, sentence);
    }
    let not_active = format!("Account {id} is not active");
    match account.state {
        AccountState::Active => Ok(account),
        AccountState::Closed | AccountState::PendingClosure => unfit(
            Reason::AccountNotActive,
            format!("{not_active}: it is closed or being closed."),
        ),
        // Nobody can use access to it: nothing is taken away for what may be over tomorrow.
        AccountState::Suspended | AccountState::PendingActivation | AccountState::Unrecognized
            if moment == Moment::Active =>
        {
            Ok(account)
        }
        AccountState::Suspended if moment != Moment::Start => unfit(
            Reason::AccountNotActive,
            format!("{not_active}: it is suspended."),
        ),
        AccountState::Suspended | AccountState::PendingActivation | AccountState::Unrecognized => {
            Err(Refusal::Undecided(Undecided {
                reason: Reason::AccountNotActive,
                why: not_active,
                until: None,
            }))
        }
    }
}

fn permission_set<'a>(pass: &Pass<'a>, freshness: Freshness) -> Result<&'a PermissionSet, Refusal> {
    let name = &pass.snapshot.request.spec.permission_set;
    let Lookup::Found(found) = pass.inquiry.permission_set_by_name(name, freshness)? else {
        return unfit(
            Reason::PermissionSetUnknown,
            format!("Identity Center has no permission set {name}."),
        );
    };
    let recorded = pass
        .status
        .access
        .as_ref()
        .map(|access| access.permission_set_arn.as_str());
    if recorded.is_some_and(|arn| arn != found.arn.as_str()) {
        let sentence = format!("Permission set {name} was deleted and made again since it was asked for.");
        return unfit(Reason::PermissionSetUnknown, sentence);
    }
    Ok(found)
}

fn access(account: &Account, permission_set: &PermissionSet, pass: &Pass<'_>) -> Access {
    let spec = &pass.snapshot.request.spec;
    let seconds = i64::try_from(permission_set.session_duration.as_secs()).unwrap_or_default();
    // One hour is the shortest that AWS allows, and what it says when nothing was set.
    let session_duration = HumanDuration::from_seconds(seconds).unwrap_or(HumanDuration::from_hours(1));
    Access {
        account_id: spec.account_id.clone(),
        account_name: account.name.clone(),
        ou_path: account.path.names(),
        permission_set_arn: permission_set.arn.as_str().to_owned(),
        permission_set_name: spec.permission_set.clone(),
        session_duration,
        duration: spec.duration,
    }
}
