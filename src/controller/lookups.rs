//! Answers to the questions of a decision. A call that fails is an answer too: unknown, and why.

use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt as _, join_all};

use super::context::Context;
use crate::api::{AccountId, AssignmentKey, GroupId, PermissionSetArn, RequestId, UserId};
use crate::domain::{
    Aged, Attribute, Fact, Facts, Freshness, Group, GroupLookup, ListAnswer, Lookup, OperationKind, Question,
};
use crate::ports::{CallOptions, Class, MEMBERSHIP_GROUPS_MAX, PortError, Priority};

/// One answer, ready to be put among the facts.
type Answered = Box<dyn FnOnce(&mut Facts) + Send>;

/// On whose behalf something is asked, how urgently, and about which account.
#[derive(Debug, Clone)]
pub struct About {
    /// The options of the calls.
    pub options: CallOptions,
    /// The account of the assignment.
    pub account: AccountId,
}

/// Asks everything at once; every question has an answer afterwards.
pub async fn answer(context: &Context, about: &About, questions: Vec<(Question, Freshness)>) -> Facts {
    let mut memberships: BTreeMap<UserId, Vec<GroupId>> = BTreeMap::new();
    let mut calls: Vec<BoxFuture<'_, Answered>> = Vec::new();
    for (question, freshness) in questions {
        let options = match freshness {
            Freshness::Cached => about.options.clone(),
            Freshness::Fresh => about.options.clone().fresh(),
        };
        match question {
            Question::Membership(user, group) => memberships.entry(user).or_default().push(group),
            Question::Operation(kind, id) => {
                calls.push(operation(context, options, &about.account, kind, id).boxed());
            }
            Question::CreatesInProgress(key) => {
                calls.push(creates_in_progress(context, options, key).boxed());
            }
            Question::UserByName(attribute, name) => {
                calls.push(user_by_name(context, options, attribute, name).boxed());
            }
            Question::User(id) => calls.push(user(context, options, id).boxed()),
            Question::Group(name) => calls.push(group(context, options, name).boxed()),
            Question::Members(id) => calls.push(members(context, options, id).boxed()),
            other => calls.push(of_the_organization(context, options, other).boxed()),
        }
    }
    for (user, groups) in memberships {
        for some in groups.chunks(MEMBERSHIP_GROUPS_MAX) {
            calls.push(membership(context, about.options.clone(), user.clone(), some.to_vec()).boxed());
        }
    }
    let mut facts = Facts::default();
    for answered in join_all(calls).await {
        answered(&mut facts);
    }
    context.metrics.lookups(&facts);
    facts
}

fn fact<T>(answer: Result<Aged<T>, PortError>) -> Fact<T> {
    match answer {
        Ok(aged) => Fact::Known(aged),
        Err(error) => Fact::Unknown(error.to_string()),
    }
}

async fn user_by_name(
    context: &Context,
    options: CallOptions,
    attribute: Attribute,
    name: String,
) -> Answered {
    let answer = fact(
        context
            .ports
            .directory
            .user_by_attribute(&options, attribute, &name)
            .await,
    );
    Box::new(move |facts| drop(facts.users_by_name.insert((attribute, name), answer)))
}

async fn user(context: &Context, options: CallOptions, id: UserId) -> Answered {
    let answer = fact(context.ports.directory.user(&options, &id).await);
    Box::new(move |facts| drop(facts.users.insert(id, answer)))
}

async fn group(context: &Context, options: CallOptions, name: String) -> Answered {
    let answer = context.ports.directory.group_by_name(&options, &name).await;
    let answer = fact(answer.map(|found| found.map(|found| known_group(context, &name, found))));
    Box::new(move |facts| drop(facts.groups.insert(name, answer)))
}

fn known_group(context: &Context, name: &str, found: Lookup<Group>) -> GroupLookup {
    match found {
        Lookup::Found(group) => {
            context.memory.group_seen(name);
            GroupLookup::Found(group)
        }
        Lookup::Absent => GroupLookup::Absent {
            since: context.memory.absent_since(name, context.now()),
        },
    }
}

async fn members(context: &Context, options: CallOptions, id: GroupId) -> Answered {
    let answer = fact(context.ports.directory.members(&options, &id).await);
    Box::new(move |facts| drop(facts.members.insert(id, answer)))
}

async fn membership(context: &Context, options: CallOptions, user: UserId, groups: Vec<GroupId>) -> Answered {
    let answer = context
        .ports
        .directory
        .memberships(&options, &user, &groups)
        .await;
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

async fn of_the_organization(context: &Context, options: CallOptions, question: Question) -> Answered {
    let ports = &context.ports;
    match question {
        Question::Account(id) => {
            let answer = fact(ports.organization.account(&options, &id).await);
            Box::new(move |facts| drop(facts.accounts.insert(id, answer)))
        }
        Question::ManagementAccount => {
            let answer = fact(ports.organization.management_account(&options).await);
            Box::new(move |facts| facts.management_account = Some(answer))
        }
        Question::PermissionSetByName(name) => {
            let answer = fact(ports.permission_sets.by_name(&options, name.as_str()).await);
            Box::new(move |facts| drop(facts.permission_sets_by_name.insert(name, answer)))
        }
        Question::PermissionSet(arn) => {
            let answer = fact(ports.permission_sets.by_arn(&options, &arn).await);
            Box::new(move |facts| drop(facts.permission_sets.insert(arn, answer)))
        }
        Question::ProvisionedIn(arn) => {
            let answer = fact(ports.permission_sets.provisioned_in(&options, &arn).await);
            Box::new(move |facts| drop(facts.provisioned_in.insert(arn, answer)))
        }
        Question::Instance => {
            let answer = fact(ports.instance.lookup(&options).await);
            Box::new(move |facts| facts.instance = Some(answer))
        }
        Question::Listing(account, set) => listing(context, options, account, set).await,
        // The rest has functions of its own; nothing answered is asked again.
        _ => Box::new(|_| ()),
    }
}

async fn listing(
    context: &Context,
    options: CallOptions,
    account: AccountId,
    set: PermissionSetArn,
) -> Answered {
    let asked = context.ports.clock.now();
    let answer = match context.ports.assignments.list(&options, &account, &set).await {
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
    context: &Context,
    options: CallOptions,
    account: &AccountId,
    kind: OperationKind,
    id: RequestId,
) -> Answered {
    let asked = context.ports.clock.now();
    // What an operation does decides about taking away as much as about granting.
    let options = CallOptions {
        priority: Priority::Removal.min(options.priority),
        ..options
    };
    let answer = context
        .ports
        .assignments
        .status(&options, kind, account, &id)
        .await;
    let answer = fact(answer.map(|value| Aged {
        value,
        observed_at: asked,
    }));
    Box::new(move |facts| drop(facts.operations.insert((kind, id), answer)))
}

async fn creates_in_progress(context: &Context, options: CallOptions, key: AssignmentKey) -> Answered {
    let answer = fact(
        context
            .ports
            .assignments
            .creates_in_progress(&options, &key)
            .await,
    );
    Box::new(move |facts| facts.creates_in_progress = Some(answer))
}
