//! "What may I ask for?", answered by the code that decides requests.

use std::collections::BTreeMap;

use super::decision::Decision;
use super::fact_reader::{FactReader, Freshness, Question, Undecided};
use super::facts::{Account, AccountState, Lookup, UserLookup};
use super::messages::tried_again;
use super::policy::approvers::{Governing, governing, people_of};
use super::policy::eligibility::{covers, is_named};
use super::policy::policy_status::OrganizationFacts;
use super::policy::reach::{account_out_of_reach, set_out_of_reach};
use super::request::decide;
use super::snapshot::{IdentityCenter, JournalFact, RequestFacts, SealCheck, Snapshot};
use crate::api::{
    ElevationRequestSpec, ElevationRequestStatus, EligibilityEntry, EligibilityPolicySpec,
    EligibilityReviewSpec, EligibilityReviewStatus, EligibleAccount, Phase, Reason, StagePreview,
    TeamSettingsSpec, Timestamp,
};

/// How many policies and accounts an answer shows, and how many bytes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    entries: usize,
    accounts: usize,
    size: usize,
}

impl Limits {
    /// The schema's. The API server stores objects of at most 1.5 MB, and what is around the entries takes some too.
    pub const OF_A_REVIEW: Limits = Limits {
        entries: 200,
        accounts: 500,
        size: 512 * 1024,
    };
    /// None: for an answer that is not stored.
    pub const NONE: Limits = Limits {
        entries: usize::MAX,
        accounts: usize::MAX,
        size: usize::MAX,
    };
}

/// What an entry takes beside its texts, and an account of it: names of fields, quotes and numbers.
const ENTRY_SIZE: usize = 1024;
const ACCOUNT_SIZE: usize = 64;

/// The answer to an EligibilityReview.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewAnswer {
    /// The status to write; not `complete` when something could not be looked up.
    pub status: EligibilityReviewStatus,
    /// Facts to look up before it is written, as for a [`Decision`].
    pub questions: Vec<(Question, Freshness)>,
}

/// Answers for the person named in the question. `world` is a snapshot as for a request; its `request` is not looked at.
pub fn answer(
    question: &EligibilityReviewSpec,
    organization: &OrganizationFacts,
    world: &Snapshot,
    now: Timestamp,
) -> ReviewAnswer {
    answer_within(Limits::OF_A_REVIEW, question, organization, world, now)
}

/// The same, with other limits.
pub fn answer_within(
    limits: Limits,
    question: &EligibilityReviewSpec,
    organization: &OrganizationFacts,
    world: &Snapshot,
    now: Timestamp,
) -> ReviewAnswer {
    let reader = FactReader::new(&world.facts, &world.timings, now);
    let listed = super::request::settings_of(world)
        .and_then(|settings| entries(limits, question, organization, world, settings, &reader));
    let mut status = match listed {
        Ok(status) => status,
        Err(undecided) => EligibilityReviewStatus {
            reason: Some(undecided.reason),
            message: Some(tried_again(&undecided.why)),
            ..EligibilityReviewStatus::default()
        },
    };
    let mut questions = vec![];
    if let Some(decision) = dry_run(question, world, now) {
        let decided = decision.status.phase.is_some();
        status.complete = status.complete && decided;
        let allowed = matches!(decision.status.phase, Some(Phase::Pending | Phase::Approved));
        let said = decision.status.message.unwrap_or_default();
        let unreachable = matches!(
            decision.status.reason,
            Some(Reason::NoApprovers | Reason::PolicyConflict)
        );
        let verdict = if allowed && unreachable {
            "Eligible, but nobody can approve it."
        } else if allowed {
            "Allowed."
        } else if decided {
            "Not allowed."
        } else {
            "Not known yet."
        };
        status.reason = decision.status.reason;
        status.message = Some(super::messages::message(&format!("{verdict} {said}")));
        status.allowed = decided.then_some(allowed);
        let access = decision.status.access.as_ref();
        status.credentials_lifetime = access.map(|access| access.session_duration);
        if allowed && decision.status.phase == Some(Phase::Pending) {
            let requester = decision.status.requester.as_ref();
            let requester = requester.map_or("", |requester| requester.user_id.as_str());
            status.stages = stages(question, requester, organization, world, &reader);
        }
        questions.extend(decision.questions);
    }
    questions.extend(reader.questions());
    ReviewAnswer { status, questions }
}

/// With account, permission set and duration: the first pass over a request that asks for just that.
pub fn dry_run(question: &EligibilityReviewSpec, world: &Snapshot, now: Timestamp) -> Option<Decision> {
    // What a review cannot carry is taken to be in order.
    let in_order = "as in the request".to_owned();
    let spec = ElevationRequestSpec {
        requester: question.requester.clone(),
        account_id: question.account_id.clone()?,
        permission_set: question.permission_set.clone()?,
        start_time: question.start_time,
        duration: question.duration?,
        ticket_number: Some(in_order.clone()),
        justification: Some(in_order),
        cancelled: None,
    };
    let snapshot = Snapshot {
        journal: JournalFact::default(),
        request: RequestFacts {
            spec,
            status: ElevationRequestStatus::default(),
            seal: SealCheck::Unsealed,
            created_at: now,
            deleted_at: None,
            has_finalizer: true,
            // Nobody has made it: there is nothing to approve yet.
            name: String::new(),
            ..world.request.clone()
        },
        record: None,
        ..world.clone()
    };
    Some(decide(&snapshot, now))
}

fn entries(
    limits: Limits,
    question: &EligibilityReviewSpec,
    organization: &OrganizationFacts,
    world: &Snapshot,
    settings: &TeamSettingsSpec,
    reader: &FactReader<'_>,
) -> Result<EligibilityReviewStatus, Undecided> {
    let name = question.requester.as_deref().unwrap_or_default();
    let found = match super::approvers::directory_name(name, &settings.identity) {
        Some((attribute, value)) => reader.user_by_name(attribute, value, Freshness::Cached)?,
        None => &UserLookup::Absent,
    };
    let UserLookup::Found(user) = found else {
        return Ok(EligibilityReviewStatus {
            complete: true,
            reason: Some(Reason::RequesterUnknown),
            message: Some(format!(
                "Identity Center has nobody of exactly this name: {name:?}."
            )),
            ..EligibilityReviewStatus::default()
        });
    };
    let mut status = EligibilityReviewStatus {
        complete: true,
        reason: Some(Reason::NotEligible),
        ..EligibilityReviewStatus::default()
    };
    // Every policy is looked at before anything is told: so everything is asked in one round.
    let mut undecided: Option<Undecided> = None;
    let mut left = limits.size;
    let policies = world.eligibility_policies.all.iter();
    for policy in policies.filter(|policy| policy.gone_since.is_none()) {
        let found = is_named(
            &user.id,
            &user.user_name,
            &policy.spec.subjects,
            reader,
            Freshness::Cached,
        )
        .and_then(|named| {
            let entry = entry(question, &policy.name, &policy.spec, organization, settings);
            let entry = entry.filter(|_| named);
            entry.map_or(Ok(None), |entry| {
                within_reach(entry, &world.identity_center, reader)
            })
        });
        match found {
            Ok(Some(_)) if status.entries.len() == limits.entries || left < ENTRY_SIZE => {
                status.truncated = true;
            }
            Ok(Some(entry)) => {
                let (entry, is_cut) = cut(entry, limits.accounts, &mut left);
                status.truncated = status.truncated || is_cut;
                let entry = with_stages(entry, question, organization, world, reader);
                status.entries.push(entry);
            }
            Ok(None) => {}
            Err(why) => undecided = undecided.or(Some(why)),
        }
    }
    Ok(concluded(status, undecided))
}

/// The answer with what it says as a whole.
fn concluded(mut status: EligibilityReviewStatus, undecided: Option<Undecided>) -> EligibilityReviewStatus {
    if !status.entries.is_empty() {
        status.reason = Some(Reason::Valid);
    }
    let rest = if status.truncated {
        " Not everything fits into the answer: name an account to see what concerns it."
    } else {
        ""
    };
    status.message = Some(format!("{} policies let you ask.{rest}", status.entries.len()));
    if let Some(undecided) = undecided {
        status.complete = false;
        status.reason = Some(undecided.reason);
        status.message = Some(tried_again(&undecided.why));
    }
    status
}

/// The entry without what a delegated administrator cannot assign; nothing when that leaves nothing.
fn within_reach(
    mut entry: EligibilityEntry,
    center: &IdentityCenter,
    reader: &FactReader<'_>,
) -> Result<Option<EligibilityEntry>, Undecided> {
    if !center.delegated_administrator {
        return Ok(Some(entry));
    }
    let mut undecided = None;
    entry.accounts.retain(
        |account| match account_out_of_reach(center, &account.id, reader) {
            Ok(why) => why.is_none(),
            Err(why) => undecided.replace(why).is_none(),
        },
    );
    entry.permission_sets.retain(|name| {
        let why = match reader.permission_set_by_name(name, Freshness::Cached) {
            Ok(Lookup::Found(set)) => set_out_of_reach(center, set, reader, Freshness::Cached),
            Ok(Lookup::Absent) => Ok(None), // whoever asks for it is told so
            Err(undecided) => Err(undecided),
        };
        match why {
            Ok(why) => why.is_none(),
            Err(why) => undecided.replace(why).is_none(),
        }
    });
    let is_empty = entry.accounts.is_empty() || entry.permission_sets.is_empty();
    undecided.map_or(Ok(Some(entry).filter(|_| !is_empty)), Err)
}

/// The entry with as many accounts as fit, and whether that is not all of them.
fn cut(mut entry: EligibilityEntry, accounts: usize, left: &mut usize) -> (EligibilityEntry, bool) {
    let all = entry.accounts.len();
    entry.accounts.truncate(accounts);
    *left = left.saturating_sub(ENTRY_SIZE);
    entry.accounts.retain(|account| {
        let size = ACCOUNT_SIZE + account.name.len() + account.ou_path.len();
        let fits = size <= *left;
        *left = if fits { *left - size } else { 0 };
        fits
    });
    let is_cut = entry.accounts.len() < all;
    (entry, is_cut)
}

/// Who would have to approve a whole request: the stages of the governing policy, with the first people of each who can.
fn stages(
    question: &EligibilityReviewSpec,
    requester: &str,
    organization: &OrganizationFacts,
    world: &Snapshot,
    reader: &FactReader<'_>,
) -> Vec<StagePreview> {
    let (Some(id), Some(set)) = (&question.account_id, &question.permission_set) else {
        return vec![];
    };
    let (Some(account), Ok(settings)) = (organization.accounts.get(id), super::request::settings_of(world))
    else {
        return vec![];
    };
    let Governing::Policy(policy) = governing(account, set, &world.approver_policies, reader) else {
        return vec![];
    };
    let preview = |stage| {
        let found = people_of(stage, &settings.identity, reader);
        let others = found
            .people
            .into_values()
            .filter(|person| person.id.as_str() != requester);
        let mut approvers: Vec<String> = others.flat_map(|person| person.names).collect();
        approvers.sort();
        approvers.truncate(super::messages::NAMED);
        StagePreview {
            name: found.stage,
            approvals_required: found.required,
            approvers,
        }
    };
    policy.spec.stages.iter().map(preview).collect()
}

/// What the policy covers of the question; nothing when that is empty.
fn entry(
    question: &EligibilityReviewSpec,
    name: &str,
    policy: &EligibilityPolicySpec,
    organization: &OrganizationFacts,
    settings: &TeamSettingsSpec,
) -> Option<EligibilityEntry> {
    let asked = |account: &&Account| question.account_id.as_ref().is_none_or(|id| *id == account.id);
    let covered = |account: &&Account| covers(&policy.accounts, &policy.organizational_units, account);
    let accounts: BTreeMap<_, _> = organization
        .accounts
        .values()
        .filter(|account| account.state == AccountState::Active)
        .filter(asked)
        .filter(covered)
        .map(|account| (&account.id, account))
        .collect();
    let mut sets = policy.permission_sets.clone();
    sets.retain(|set| question.permission_set.as_ref().is_none_or(|asked| asked == set));
    let max_duration = policy.max_duration.min(settings.max_request_duration);
    let long_enough = question.duration.is_none_or(|duration| duration <= max_duration);
    (!accounts.is_empty() && !sets.is_empty() && long_enough).then(|| EligibilityEntry {
        policy: name.to_owned(),
        accounts: accounts
            .into_values()
            .map(|account| EligibleAccount {
                id: account.id.clone(),
                name: account.name.clone(),
                ou_path: account.path.names(),
            })
            .collect(),
        permission_sets: sets,
        max_duration,
        approval_required: policy.approval_required
            && settings.approval_workflow == crate::api::Requirement::Required,
        stages: vec![],
    })
}

/// The stages of approval, where the question names one account and one permission set.
fn with_stages(
    mut entry: EligibilityEntry,
    question: &EligibilityReviewSpec,
    organization: &OrganizationFacts,
    world: &Snapshot,
    reader: &FactReader<'_>,
) -> EligibilityEntry {
    let account = question
        .account_id
        .as_ref()
        .and_then(|id| organization.accounts.get(id));
    let set = entry
        .permission_sets
        .first()
        .filter(|_| entry.permission_sets.len() == 1);
    if let (Some(account), Some(set), true) = (account, set, entry.approval_required)
        && let Governing::Policy(policy) = governing(account, set, &world.approver_policies, reader)
    {
        entry.stages = policy
            .spec
            .stages
            .iter()
            .map(|stage| stage.name.clone())
            .collect();
    }
    entry
}

#[cfg(test)]
mod tests;
