//! Everything but the votes: person, account, permission set, limits, eligibility.

use super::draft::Draft;
use crate::api::{
    Access, HumanDuration, PermissionSetName, Reason, Requester, Requirement, TeamSettingsSpec, UserId,
};
use crate::domain::fact_reader::{Freshness, Undecided};
use crate::domain::facts::{Account, AccountState, Enabled, Lookup, PermissionSet, User, UserLookup};
use crate::domain::policy::approvers::directory_name;
use crate::domain::policy::eligibility::{Eligibility, EligibilityQuery, Eligible, evaluate};
use crate::domain::policy::reach::{account_out_of_reach, set_out_of_reach};
use crate::domain::window::after;

/// At which point of its life a request is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckPoint {
    /// It is new.
    Intake,
    /// It waits for approvals.
    Review,
    /// It is about to be granted.
    Grant,
    /// It lasts.
    Active,
}

/// A request that passed, with its names resolved.
pub(super) struct Checked {
    pub requester: Requester,
    pub access: Access,
    pub account: Account,
    pub eligible: Eligible,
}

/// Why it did not.
pub(super) enum Refusal {
    Denied(Reason, String),
    Undecided(Undecided),
}

impl From<Undecided> for Refusal {
    fn from(undecided: Undecided) -> Self {
        Refusal::Undecided(undecided)
    }
}

fn deny<T>(reason: Reason, sentence: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Denied(reason, sentence.into()))
}

/// Checks with cached facts, and again with fresh ones before anybody is refused.
pub(super) fn check(
    draft: &Draft<'_>,
    settings: &TeamSettingsSpec,
    point: CheckPoint,
) -> Result<Checked, Refusal> {
    match check_with(draft, settings, point, Freshness::Cached) {
        Err(Refusal::Denied(..)) => check_with(draft, settings, point, Freshness::Fresh),
        other => other,
    }
}

/// Checks with facts of the given age; the first rule that is broken answers.
pub(super) fn check_with(
    draft: &Draft<'_>,
    settings: &TeamSettingsSpec,
    point: CheckPoint,
    freshness: Freshness,
) -> Result<Checked, Refusal> {
    let spec = &draft.snapshot.request.spec;
    is_configured_instance(draft)?;
    if point == CheckPoint::Intake {
        let name = spec.requester.as_deref().unwrap_or_default();
        limit(draft.snapshot.open_requests.of_name(name), settings)?;
        form(draft, settings)?;
    }
    if spec.duration > settings.max_request_duration {
        let sentence = format!(
            "You ask for {}, and no request may last longer than {}.",
            spec.duration, settings.max_request_duration
        );
        return deny(Reason::DurationTooLong, sentence);
    }
    let user = requester(draft, settings, freshness)?;
    let account = account(draft, point, freshness)?;
    let permission_set = permission_set(draft, point, freshness)?;
    let asked = EligibilityQuery {
        user: &user.id,
        user_name: &user.user_name,
        account,
        permission_set: &spec.permission_set,
        duration: spec.duration,
    };
    let recorded = draft.status.eligibility.as_ref();
    let policies = &draft.snapshot.eligibility_policies;
    let eligible = match evaluate(&asked, policies, settings, recorded, &draft.reader, freshness) {
        Eligibility::Eligible(eligible) => eligible,
        Eligibility::NotEligible(sentence) => return deny(Reason::NotEligible, sentence),
        Eligibility::Undecided(undecided) => return Err(undecided.into()),
    };
    if point == CheckPoint::Intake {
        limit(draft.snapshot.open_requests.of_user(&user.id), settings)?;
    }
    Ok(Checked {
        requester: Requester {
            user_id: user.id.as_str().to_owned(),
            user_name: user.user_name.clone(),
            email: user.email.clone(),
        },
        access: access(account, permission_set, draft),
        account: account.clone(),
        eligible,
    })
}

/// Nobody has more requests open than settings allow.
fn limit(open: usize, settings: &TeamSettingsSpec) -> Result<(), Refusal> {
    if open < most_open(settings) {
        return Ok(());
    }
    let sentence =
        format!("You have {open} open requests, which is as many as settings allow: cancel one first.");
    deny(Reason::TooManyOpenRequests, sentence)
}

/// What another instance than the recorded one says about people, permission sets and accounts is not believed.
fn is_configured_instance(draft: &Draft<'_>) -> Result<(), Undecided> {
    let configured = &draft.snapshot.identity_center.instance_arn;
    match &draft.status.access {
        Some(access) if access.instance_arn != *configured => Err(Undecided::because(
            Reason::AnotherInstance,
            format!(
                "The request was made for the Identity Center instance {}, and {configured} is configured: nothing is \
                 decided about it. Configure that instance again, or cancel the request",
                access.instance_arn
            ),
        )),
        _ => Ok(()),
    }
}

fn most_open(settings: &TeamSettingsSpec) -> usize {
    usize::try_from(settings.max_open_requests).unwrap_or(0)
}

/// What admission refuses too: these rules matter where it was not in force. The pattern of ticket numbers is left to
/// it, because two engines of regular expressions would disagree one day.
fn form(draft: &Draft<'_>, settings: &TeamSettingsSpec) -> Result<(), Refusal> {
    let request = &draft.snapshot.request;
    let blank = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    if settings.justification == Requirement::Required && blank(&request.spec.justification) {
        return deny(
            Reason::JustificationMissing,
            "Settings ask for a justification: say why.",
        );
    }
    if settings.ticket_number.requirement == Requirement::Required && blank(&request.spec.ticket_number) {
        return deny(
            Reason::TicketInvalid,
            "Settings ask for a ticket number: name one.",
        );
    }
    let latest = after(request.created_at, settings.max_start_delay.into());
    match request.spec.start_time {
        Some(start) if start > latest => deny(
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
    draft: &Draft<'a>,
    settings: &TeamSettingsSpec,
    freshness: Freshness,
) -> Result<&'a User, Refusal> {
    let name = draft
        .snapshot
        .request
        .spec
        .requester
        .as_deref()
        .unwrap_or_default();
    let recorded = draft
        .status
        .requester
        .as_ref()
        .map(|requester| requester.user_id.as_str());
    if let Some(id) = recorded
        && *draft.reader.user(&UserId::new(id), freshness)? == Lookup::Absent
    {
        return deny(
            Reason::RequesterUnknown,
            format!("{name} was deleted from Identity Center."),
        );
    }
    let Some((attribute, value)) = directory_name(name, &settings.identity) else {
        // The prefixes were changed since, and who asked is recorded: the change names nobody else.
        if let Some(id) = recorded
            && let Lookup::Found(user) = draft.reader.user(&UserId::new(id), freshness)?
        {
            return enabled(user, name);
        }
        let prefixes: Vec<String> = (settings.identity.username_prefixes.iter())
            .map(|prefix| format!("{prefix:?}"))
            .collect();
        let sentence = format!(
            "The user name {name:?} does not begin with {}, as those of people do here.",
            prefixes.join(", ")
        );
        return deny(Reason::RequesterUnknown, sentence);
    };
    let user = match draft.reader.user_by_name(attribute, value, freshness)? {
        UserLookup::Found(user) => user,
        UserLookup::OtherSpelling { actual } => {
            let sentence =
                format!("Identity Center has {actual:?}, not {value:?}: letters must be the same.");
            return deny(Reason::RequesterUnknown, sentence);
        }
        UserLookup::Absent => {
            let sentence = format!("Identity Center has nobody, or more than one person, named {value:?}.");
            return deny(Reason::RequesterUnknown, sentence);
        }
    };
    if recorded.is_some_and(|id| id != user.id.as_str()) {
        let sentence = format!("The name {value:?} now belongs to another person than the one who asked.");
        return deny(Reason::RequesterUnknown, sentence);
    }
    enabled(user, value)
}

fn enabled<'a>(user: &'a User, name: &str) -> Result<&'a User, Refusal> {
    match user.enabled {
        Enabled::Yes => Ok(user),
        Enabled::No => deny(
            Reason::RequesterDisabled,
            format!("{name} is disabled in Identity Center."),
        ),
        Enabled::Unrecognized => {
            let why = format!("Identity Center does not say clearly whether {name} is enabled");
            Err(Undecided::lookup(why).into())
        }
    }
}

fn account<'a>(draft: &Draft<'a>, point: CheckPoint, freshness: Freshness) -> Result<&'a Account, Refusal> {
    let id = &draft.snapshot.request.spec.account_id;
    let account = match draft.reader.account(id, freshness)? {
        Lookup::Found(account) => account,
        Lookup::Absent => {
            return deny(
                Reason::AccountUnknown,
                format!("The organization has no account {id}."),
            );
        }
    };
    if let Some(sentence) = account_out_of_reach(&draft.snapshot.identity_center, id, &draft.reader)? {
        return deny(Reason::ManagementAccount, sentence);
    }
    let not_active = format!("Account {id} is not active: its state is {:?}", account.state);
    match account.state {
        AccountState::Active => Ok(account),
        AccountState::Closed | AccountState::PendingClosure => {
            deny(Reason::AccountNotActive, format!("{not_active}."))
        }
        // Nobody can use access to it: nothing is taken away for what may be over tomorrow.
        AccountState::Suspended | AccountState::PendingActivation | AccountState::Unrecognized
            if point == CheckPoint::Active =>
        {
            Ok(account)
        }
        AccountState::Suspended if point != CheckPoint::Grant => {
            deny(Reason::AccountNotActive, format!("{not_active}."))
        }
        AccountState::Suspended | AccountState::PendingActivation | AccountState::Unrecognized => {
            Err(Undecided::because(Reason::AccountNotActive, not_active).into())
        }
    }
}

fn permission_set<'a>(
    draft: &Draft<'a>,
    point: CheckPoint,
    freshness: Freshness,
) -> Result<&'a PermissionSet, Refusal> {
    let name = &draft.snapshot.request.spec.permission_set;
    let Lookup::Found(found) = draft.reader.permission_set_by_name(name, freshness)? else {
        let sentence = match spelled_otherwise(draft, name) {
            Some(named) => format!(
                "Identity Center has no permission set {name}. Policies name {named}: letters must be the same."
            ),
            None => format!("Identity Center has no permission set {name}."),
        };
        return deny(Reason::PermissionSetUnknown, sentence);
    };
    let recorded = draft
        .status
        .access
        .as_ref()
        .map(|access| access.permission_set_arn.as_str());
    if recorded.is_some_and(|arn| arn != found.arn.as_str()) {
        let sentence = format!("Permission set {name} was deleted and made again since it was asked for.");
        return deny(Reason::PermissionSetUnknown, sentence);
    }
    // What is granted already can be taken away by time and by people; it was assigned before the set came there.
    if point != CheckPoint::Active
        && let Some(sentence) =
            set_out_of_reach(&draft.snapshot.identity_center, found, &draft.reader, freshness)?
    {
        return deny(Reason::ManagementAccount, sentence);
    }
    Ok(found)
}

/// A permission set of a policy whose name differs in upper and lower case only.
fn spelled_otherwise<'a>(draft: &Draft<'a>, name: &PermissionSetName) -> Option<&'a PermissionSetName> {
    let policies = draft.snapshot.eligibility_policies.all.iter();
    let mut named = policies.flat_map(|policy| &policy.spec.permission_sets);
    named.find(|other| *other != name && other.as_str().eq_ignore_ascii_case(name.as_str()))
}

fn access(account: &Account, permission_set: &PermissionSet, draft: &Draft<'_>) -> Access {
    let spec = &draft.snapshot.request.spec;
    let seconds = i64::try_from(permission_set.session_duration.as_secs()).unwrap_or_default();
    // One hour is the shortest that AWS allows, and what it says when nothing was set.
    let session_duration = HumanDuration::from_seconds(seconds).unwrap_or(HumanDuration::from_hours(1));
    Access {
        instance_arn: draft.snapshot.identity_center.instance_arn.clone(),
        account_id: spec.account_id.clone(),
        account_name: account.name.clone(),
        ou_path: account.path.names(),
        permission_set_arn: permission_set.arn.as_str().to_owned(),
        permission_set_name: spec.permission_set.clone(),
        session_duration,
        duration: spec.duration,
    }
}
