//! Answers to the questions of a decision. A call that fails is an answer too: unknown, and why.

use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt as _, join_all};

use super::shell::Shell;
use crate::api::{AssignmentState, Phase, Timestamp};
use crate::domain::{
    Aged, Fact, Facts, GroupId, GroupLookup, ListAnswer, Lookup, OperationKind, Question, RequestFacts,
    RequestId, UserId,
};
use crate::ports::{
    AccountId, Attribute, CallOptions, Class, Group, MEMBERSHIP_GROUPS_MAX, PermissionSetArn, PortError,
    Priority,
};

/// One answer, ready to be put among the facts.
type Answered = Box<dyn FnOnce(&mut Facts) + Send>;

/// On whose behalf and how urgently a pass asks.
pub fn ask_for(request: &RequestFacts) -> CallOptions {
    let status = &request.status;
    let user = status
        .requester
        .as_ref()
        .map(|requester| requester.user_id.as_str());
    let requester = user.or(request.spec.requester.as_deref()).unwrap_or_default();
    let removing = status
        .assignment
        .as_ref()
        .is_some_and(|a| a.state == AssignmentState::Removing);
    if removing || status.phase == Some(Phase::Revoking) {
        CallOptions::revocation(requester)
    } else {
        CallOptions::decision(requester)
    }
}

/// Asks everything at once and puts the answers among the facts. `about` is the request that is decided, if one is.
///
/// What is among them already was too old for the decision: it is asked of AWS itself.
pub async fn answer(
    shell: &Shell,
    ask: &CallOptions,
    about: Option<&RequestFacts>,
    questions: Vec<Question>,
    facts: &mut Facts,
) {
    let mut memberships: BTreeMap<UserId, Vec<GroupId>> = BTreeMap::new();
    let mut calls: Vec<BoxFuture<'_, Answered>> = Vec::new();
    for question in questions {
        let ask = if is_answered(&question, facts) {
            ask.clone().fresh()
        } else {
            ask.clone()
        };
        match question {
            Question::Membership(user, group) => memberships.entry(user).or_default().push(group),
            Question::Siblings => calls.push(siblings(shell, about).boxed()),
            Question::Operation(kind, id) => calls.push(operation(shell, ask, about, kind, id).boxed()),
            Question::UserByName(attribute, name) => {
                calls.push(user_by_name(shell, ask, attribute, name).boxed());
            }
            Question::User(id) => calls.push(user(shell, ask, id).boxed()),
            Question::Group(name) => calls.push(group(shell, ask, name).boxed()),
            Question::Members(id) => calls.push(members(shell, ask, id).boxed()),
            other => calls.push(of_the_organization(shell, ask, other).boxed()),
        }
    }
    for (user, groups) in memberships {
        for some in groups.chunks(MEMBERSHIP_GROUPS_MAX) {
            calls.push(membership(shell, ask.clone(), user.clone(), some.to_vec()).boxed());
        }
    }
    for answered in join_all(calls).await {
        answered(facts);
    }
}

fn is_answered(question: &Question, facts: &Facts) -> bool {
    match question {
        Question::UserByName(attribute, name) => {
            facts.users_by_name.contains_key(&(*attribute, name.clone()))
        }
        Question::User(id) => facts.users.contains_key(id),
        Question::Group(name) => facts.groups.contains_key(name),
        Question::Members(id) => facts.members.contains_key(id),
        Question::Account(id) => facts.accounts.contains_key(id),
        Question::ManagementAccount => facts.management_account.is_some(),
        Question::PermissionSetByName(name) => facts.permission_sets_by_name.contains_key(name),
        Question::PermissionSet(arn) => facts.permission_sets.contains_key(arn),
        // Always asked of AWS, or of the API server, itself.
        Question::Membership(..)
        | Question::Instance
        | Question::Listing(..)
        | Question::Operation(..)
        | Question::Siblings => false,
    }
}

fn fact<T>(answer: Result<Aged<T>, PortError>) -> Fact<T> {
    match answer {
        Ok(aged) => Fact::Known(aged),
        Err(error) => Fact::Unknown(error.to_string()),
    }
}

async fn user_by_name(shell: &Shell, ask: CallOptions, attribute: Attribute, name: String) -> Answered {
    let answer = fact(
        shell
            .outside
            .directory
            .user_by_attribute(&ask, attribute, &name)
            .await,
    );
    Box::new(move |facts| drop(facts.users_by_name.insert((attribute, name), answer)))
}

async fn user(shell: &Shell, ask: CallOptions, id: UserId) -> Answered {
    let answer = fact(shell.outside.directory.user(&ask, &id).await);
    Box::new(move |facts| drop(facts.users.insert(id, answer)))
}

async fn group(shell: &Shell, ask: CallOptions, name: String) -> Answered {
    let answer = shell.outside.directory.group_by_name(&ask, &name).await;
    let answer = fact(answer.map(|found| found.map(|found| known_group(shell, &name, found))));
    Box::new(move |facts| drop(facts.groups.insert(name, answer)))
}

fn known_group(shell: &Shell, name: &str, found: Lookup<Group>) -> GroupLookup {
    match found {
        Lookup::Found(group) => {
            shell.memory.is_there(name);
            GroupLookup::Found(group)
        }
        Lookup::Absent => GroupLookup::Absent {
            since: shell.memory.absent_since(name, shell.now()),
        },
    }
}

async fn members(shell: &Shell, ask: CallOptions, id: GroupId) -> Answered {
    let answer = fact(shell.outside.directory.members(&ask, &id).await);
    Box::new(move |facts| drop(facts.members.insert(id, answer)))
}

async fn membership(shell: &Shell, ask: CallOptions, user: UserId, groups: Vec<GroupId>) -> Answered {
    let answer = shell.outside.directory.memberships(&ask, &user, &groups).await;
    Box::new(move |facts| {
        for (place, group) in groups.into_iter().enumerate() {
            let one = match &answer {
                Ok(aged) => match aged.value.get(place) {
                    Some(membership) => Fact::Known(Aged {
                        value: *membership,
                        observed_at: aged.observed_at,
                    }),
                    None => Fact::Unknown("the directory left a group out of its answer".to_owned()),
                },
                Err(error) => Fact::Unknown(error.to_string()),
            };
            facts.memberships.insert((user.clone(), group), one);
        }
    })
}

async fn of_the_organization(shell: &Shell, ask: CallOptions, question: Question) -> Answered {
    let outside = &shell.outside;
    match question {
        Question::Account(id) => {
            let answer = fact(outside.organization.account(&ask, &id).await);
            Box::new(move |facts| drop(facts.accounts.insert(id, answer)))
        }
        Question::ManagementAccount => {
            let answer = fact(outside.organization.management_account(&ask).await);
            Box::new(move |facts| facts.management_account = Some(answer))
        }
        Question::PermissionSetByName(name) => {
            let answer = fact(outside.permission_sets.by_name(&ask, name.as_str()).await);
            Box::new(move |facts| drop(facts.permission_sets_by_name.insert(name, answer)))
        }
        Question::PermissionSet(arn) => {
            let answer = fact(outside.permission_sets.by_arn(&ask, &arn).await);
            Box::new(move |facts| drop(facts.permission_sets.insert(arn, answer)))
        }
        Question::Instance => {
            let answer = fact(outside.instance.lookup(&ask).await);
            Box::new(move |facts| facts.instance = Some(answer))
        }
        Question::Listing(account, set) => listing(shell, ask, account, set).await,
        // The rest has functions of its own; nothing answered is asked again.
        _ => Box::new(|_| ()),
    }
}

async fn listing(shell: &Shell, ask: CallOptions, account: AccountId, set: PermissionSetArn) -> Answered {
    let asked = shell.outside.clock.now();
    let answer = match shell.outside.assignments.list(&ask, &account, &set).await {
        Ok(listed) => Fact::Known(listed.map(ListAnswer::Listed)),
        Err(error) if error.class == Class::NotFound => Fact::Known(Aged {
            value: ListAnswer::NotFound,
            observed_at: asked,
        }),
        Err(error) => Fact::Unknown(error.to_string()),
    };
    Box::new(move |facts| facts.listing = Some(answer))
}

async fn operation(
    shell: &Shell,
    ask: CallOptions,
    about: Option<&RequestFacts>,
    kind: OperationKind,
    id: RequestId,
) -> Answered {
    let asked = shell.outside.clock.now();
    let assignment = about.and_then(|about| about.status.assignment.as_ref());
    let tuple = assignment.and_then(|assignment| assignment.tuple.as_ref());
    let answer = match tuple {
        Some(tuple) => {
            // What an operation does decides about taking away as much as about granting.
            let ask = CallOptions {
                priority: Priority::Revocation.min(ask.priority),
                ..ask
            };
            let answer = shell
                .outside
                .assignments
                .status(&ask, kind, &tuple.account_id, &id)
                .await;
            fact(answer.map(|value| Aged {
                value,
                observed_at: asked,
            }))
        }
        None => Fact::Unknown("the record names no assignment".to_owned()),
    };
    Box::new(move |facts| drop(facts.operations.insert((kind, id), answer)))
}

/// Read from the API server itself: another request's intent may be a second old. Those that ended a short while ago are
/// remembered, because listing all finished ones would take as long as there are many.
async fn siblings(shell: &Shell, about: Option<&RequestFacts>) -> Answered {
    let asked = shell.outside.clock.now();
    let account = about.map(|about| {
        let assignment = about.status.assignment.as_ref();
        let tuple = assignment.and_then(|assignment| assignment.tuple.as_ref());
        tuple.map_or(&about.spec.account_id, |tuple| &tuple.account_id)
    });
    let answer = match shell.requests.live(account).await {
        Ok(live) => {
            let mut all: Vec<_> = live.iter().map(super::request::Request::as_sibling).collect();
            let echo = Timestamp::from(asked - shell.settings.timings.removal_echo);
            all.extend(shell.memory.ended_since(echo));
            Fact::Known(Aged {
                value: all,
                observed_at: asked,
            })
        }
        Err(error) => Fact::Unknown(error.to_string()),
    };
    Box::new(move |facts| facts.siblings = Some(answer))
}
