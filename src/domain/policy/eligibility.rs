//! Who may ask for what, and whether it needs approval.

use crate::api::{
    self, AccountId, EligibilityPolicySpec, HumanDuration, OrganizationalUnitTarget, PermissionSetName,
    Reason, Requirement, Subject, SubjectKind, TeamSettingsSpec, Timestamp, UserId, Waiver,
};
use crate::domain::fact_reader::{FactReader, Freshness, Undecided};
use crate::domain::facts::{Account, GroupLookup, Membership, OuPath};
use crate::domain::snapshot::{Policies, PolicyFact};
use crate::domain::window::after;

/// How many policies a refusal explains.
const NEAR_MISSES: usize = 3;

/// What is compared with the policies: names are resolved.
#[derive(Debug, Clone, Copy)]
pub struct EligibilityQuery<'a> {
    /// Who asks.
    pub user: &'a UserId,
    /// The person's UserName, which policies may name.
    pub user_name: &'a str,
    /// For which account.
    pub account: &'a Account,
    /// For which permission set.
    pub permission_set: &'a PermissionSetName,
    /// For how long.
    pub duration: HumanDuration,
}

/// Whether a policy lets the person ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Eligibility {
    /// One does.
    Eligible(Eligible),
    /// None does. The sentence explains the nearest misses.
    NotEligible(String),
    /// It cannot be told yet.
    Undecided(Undecided),
}

/// The policy that a request rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eligible {
    /// Its name.
    pub policy: String,
    /// Its uid.
    pub uid: String,
    /// Its generation.
    pub generation: i64,
    /// Whether approval is needed, by all matching policies and the settings.
    pub approval_required: bool,
}

impl Eligible {
    /// That the policy lets the requester ask, for people.
    pub fn sentence(&self) -> String {
        format!("EligibilityPolicy {} lets the requester ask.", self.policy)
    }

    /// As a request's status says it.
    pub fn to_status(&self) -> api::Eligibility {
        api::Eligibility {
            policy: self.policy.clone(),
            uid: self.uid.clone(),
            generation: self.generation,
            approval_required: self.approval_required,
        }
    }
}

/// Whether one attribute of a policy covers what is asked.
enum Match {
    Yes,
    /// No; what the policy has instead.
    No(String),
    Unknown(Undecided),
}

/// How one policy answers.
struct Answer<'a> {
    policy: &'a PolicyFact<EligibilityPolicySpec>,
    misses: Vec<String>,
    unknown: Option<Undecided>,
    asked_about_person: bool,
}

/// Holds what is asked against every policy; each has to match alone. `recorded` is the policy that the request
/// already rests on: it is kept while it matches, so that an unrelated policy changes nothing.
pub fn evaluate(
    asked: &EligibilityQuery<'_>,
    policies: &Policies<EligibilityPolicySpec>,
    settings: &TeamSettingsSpec,
    recorded: Option<&api::Eligibility>,
    reader: &FactReader<'_>,
    freshness: Freshness,
) -> Eligibility {
    let (now, grace) = (reader.now(), reader.timings().disappearance_grace);
    let answers: Vec<Answer<'_>> = policies
        .relevant(now, grace)
        .map(|policy| answer(asked, policy, reader, freshness))
        .collect();
    let refuse = || Eligibility::NotEligible(near_misses(asked, &answers, reader, freshness));
    let matching: Vec<_> = answers.iter().filter(|answer| answer.matches()).collect();
    let open: Vec<_> = answers.iter().filter(|answer| answer.is_open()).collect();
    if matching.is_empty() {
        if let Some(undecided) = open.iter().find_map(|answer| answer.unknown.clone()) {
            return Eligibility::Undecided(undecided);
        }
        let recorded_until =
            recorded.and_then(|policy| policies.missing_until(&policy.policy, &policy.uid, now, grace));
        if let (Some(until), Some(policy)) = (recorded_until, recorded) {
            return Eligibility::Undecided(disappeared(&policy.policy, until));
        }
        return refuse();
    }
    let approval_required = match approval_needed(&matching, &open, settings) {
        Ok(needed) => needed,
        Err(undecided) => return Eligibility::Undecided(undecided),
    };
    let kept = matching
        .iter()
        .find(|answer| recorded.is_some_and(|policy| policy.uid == answer.policy.uid));
    let first = matching.iter().min_by_key(|answer| {
        let decides = answer.policy.spec.approval_required == approval_required;
        (!decides, &answer.policy.name)
    });
    match kept.or(first) {
        Some(Answer { policy, .. }) => Eligibility::Eligible(Eligible {
            policy: policy.name.clone(),
            uid: policy.uid.clone(),
            generation: policy.generation,
            approval_required,
        }),
        None => refuse(),
    }
}

impl Answer<'_> {
    fn matches(&self) -> bool {
        self.misses.is_empty() && self.unknown.is_none()
    }

    /// May still turn out to match.
    fn is_open(&self) -> bool {
        self.misses.is_empty() && self.unknown.is_some()
    }
}

/// Whether approval is needed; a policy that may still match leaves it open where its word would change it.
fn approval_needed(
    matching: &[&Answer<'_>],
    open: &[&Answer<'_>],
    settings: &TeamSettingsSpec,
) -> Result<bool, Undecided> {
    if settings.approval_workflow == Requirement::NotRequired {
        return Ok(false);
    }
    let asks = |answer: &&Answer<'_>| answer.policy.spec.approval_required;
    // The word of one policy that settles it alone.
    let settles = match settings.waiver {
        Waiver::Never => true,
        Waiver::WaiveIfAny => false,
    };
    if matching.iter().any(|answer| asks(answer) == settles) {
        return Ok(settles);
    }
    let would_change = open.iter().find(|answer| asks(answer) == settles);
    match would_change.and_then(|answer| answer.unknown.clone()) {
        Some(undecided) => Err(undecided),
        None => Ok(!settles),
    }
}

fn answer<'a>(
    asked: &EligibilityQuery<'_>,
    policy: &'a PolicyFact<EligibilityPolicySpec>,
    reader: &FactReader<'_>,
    freshness: Freshness,
) -> Answer<'a> {
    let mut answer = Answer {
        policy,
        misses: vec![],
        unknown: policy
            .gone_since
            .map(|since| disappeared(&policy.name, after(since, reader.timings().disappearance_grace))),
        asked_about_person: false,
    };
    // A new rule of eligibility is one more line here. People come last: they are the only ones to be looked up.
    for rule in [account, permission_set, duration] {
        if let Some(miss) = rule(asked, &policy.spec) {
            answer.misses.push(miss);
        }
    }
    if answer.misses.is_empty() {
        answer.asked_about_person = true;
        match subject(asked, &policy.spec.subjects, reader, freshness) {
            Match::Yes => {}
            Match::No(miss) => answer.misses.push(miss),
            // When a disappearance counts, nobody is looked up any more.
            Match::Unknown(undecided) => answer.unknown = answer.unknown.or(Some(undecided)),
        }
    }
    answer
}

fn account(asked: &EligibilityQuery<'_>, policy: &EligibilityPolicySpec) -> Option<String> {
    (!covers(&policy.accounts, &policy.organizational_units, asked.account))
        .then(|| format!("it does not cover account {}", asked.account.id))
}

fn permission_set(asked: &EligibilityQuery<'_>, policy: &EligibilityPolicySpec) -> Option<String> {
    (!policy.permission_sets.contains(asked.permission_set)).then(|| {
        let names: Vec<String> = policy.permission_sets.iter().map(ToString::to_string).collect();
        format!(
            "it has the permission sets {}",
            crate::domain::messages::people(&names)
        )
    })
}

fn duration(asked: &EligibilityQuery<'_>, policy: &EligibilityPolicySpec) -> Option<String> {
    (asked.duration > policy.max_duration).then(|| {
        format!(
            "it allows at most {}, not {}",
            policy.max_duration, asked.duration
        )
    })
}

fn subject(
    asked: &EligibilityQuery<'_>,
    subjects: &[Subject],
    reader: &FactReader<'_>,
    freshness: Freshness,
) -> Match {
    match is_named(asked.user, asked.user_name, subjects, reader, freshness) {
        Ok(true) => Match::Yes,
        Ok(false) => Match::No("it does not name you or a group you are in".to_owned()),
        Err(undecided) => Match::Unknown(undecided),
    }
}

/// Whether one of the subjects names this person now. All are looked at, so that all questions are asked in one round.
pub(in crate::domain) fn is_named(
    user: &UserId,
    user_name: &str,
    subjects: &[Subject],
    reader: &FactReader<'_>,
    freshness: Freshness,
) -> Result<bool, Undecided> {
    let mut unknown = None;
    for subject in subjects {
        match is_subject(user, user_name, subject, reader, freshness) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(undecided) => unknown = unknown.or(Some(undecided)),
        }
    }
    unknown.map_or(Ok(false), Err)
}

/// Whether a subject names this person now, alone or as a member.
pub(in crate::domain) fn is_subject(
    user: &UserId,
    user_name: &str,
    subject: &Subject,
    reader: &FactReader<'_>,
    freshness: Freshness,
) -> Result<bool, Undecided> {
    match subject.kind {
        SubjectKind::User => Ok(subject.name == user_name),
        SubjectKind::Group => match reader.group(&subject.name, freshness)? {
            GroupLookup::Found(group) => match reader.membership(user, &group.id, freshness)? {
                Membership::Member => Ok(true),
                Membership::NotMember => Ok(false),
                Membership::GroupAbsent => Err(Undecided::lookup(format!(
                    "group {} disappeared while it was being read",
                    subject.name
                ))),
            },
            GroupLookup::Absent { since } => match group_missing_until(&subject.name, *since, reader) {
                Some(undecided) => Err(undecided),
                None => Ok(false),
            },
        },
    }
}

/// A group that is missing counts as missing only after a while.
pub(in crate::domain) fn group_missing_until(
    name: &str,
    since: Timestamp,
    reader: &FactReader<'_>,
) -> Option<Undecided> {
    let until = after(since, reader.timings().disappearance_grace);
    (reader.now() < until).then(|| Undecided {
        reason: Reason::GroupNotFound,
        why: format!("Group {name} is missing: if it is not back by {until}, it counts as deleted"),
        until: Some(until),
    })
}

/// Whether a policy with these targets covers an account.
pub fn covers(accounts: &[AccountId], units: &[OrganizationalUnitTarget], account: &Account) -> bool {
    accounts.contains(&account.id)
        || units
            .iter()
            .any(|unit| distance_to_unit(unit, &account.path).is_some())
}

/// How far a unit's target is from an account below it: 1 for the unit that holds the account, 2 for the unit above,
/// and so on; `None` when the account is not covered.
pub(in crate::domain) fn distance_to_unit(target: &OrganizationalUnitTarget, path: &OuPath) -> Option<usize> {
    let from_the_account = path.0.iter().rev().position(|step| step.id == target.id)? + 1;
    (from_the_account == 1 || target.include_nested).then_some(from_the_account)
}

fn disappeared(policy: &str, until: Timestamp) -> Undecided {
    Undecided {
        reason: Reason::PolicyDisappeared,
        why: format!(
            "EligibilityPolicy {policy} is missing: if it is not back by {until}, it no longer counts"
        ),
        until: Some(until),
    }
}

fn near_misses(
    asked: &EligibilityQuery<'_>,
    answers: &[Answer<'_>],
    reader: &FactReader<'_>,
    freshness: Freshness,
) -> String {
    let mut near: Vec<(Vec<String>, &str)> = answers
        .iter()
        .filter(|answer| answer.policy.gone_since.is_none() && answer.misses.len() <= 2)
        .map(|answer| {
            let mut misses = answer.misses.clone();
            // Only now is it worth asking whether a policy that misses otherwise names the person at all.
            if !answer.asked_about_person {
                let subjects = &answer.policy.spec.subjects;
                if let Match::No(miss) = subject(asked, subjects, reader, freshness) {
                    misses.push(miss);
                }
            }
            (misses, answer.policy.name.as_str())
        })
        .collect();
    near.sort();
    near.sort_by_key(|(misses, _)| misses.len());
    let near: Vec<String> = near
        .iter()
        .take(NEAR_MISSES)
        .map(|(misses, name)| format!("{name}: {}", misses.join(" and ")))
        .collect();
    if near.is_empty() {
        return "No EligibilityPolicy comes near what you ask for; an EligibilityReview shows what you may ask for."
            .to_owned();
    }
    format!(
        "No EligibilityPolicy alone matches you, the account, the permission set and the duration. Nearest: {}.",
        near.join("; ")
    )
}
