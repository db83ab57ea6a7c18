//! The statuses of policies: what a reader of their files cannot see.

use std::sync::Arc;

use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams};
use serde_json::json;

use super::{about, organization, replacing, says_the_same, until_a_change_or, with_facts};
use crate::api::{
    ApproverPolicySpec, Condition, ConditionStatus, ConditionType, EligibilityPolicySpec, IdentitySettings,
    PolicyStatus, Reason, set_condition,
};
use crate::controller::api_call::{NoAnswer, no_answer, within};
use crate::controller::context::Context;
use crate::controller::policies::PolicyKind;
use crate::domain::policy_status::{
    Environment, OrganizationFacts, PolicyFacts, of_approver_policy, of_eligibility_policy,
};
use crate::domain::{PolicyFact, SettingsFact, tried_again};
use crate::ports::{CallOptions, PortError};

/// Keeps the statuses of all policies, for ever.
pub async fn keep_statuses(context: Arc<Context>, client: kube::Client) {
    let mut epochs = context.epoch.subscribe();
    loop {
        for kind in [PolicyKind::EligibilityPolicy, PolicyKind::ApproverPolicy] {
            if let Err(error) = write_all(&context, kind, &client).await {
                tracing::warn!(?kind, %error, "statuses of policies are behind; it is tried again");
            }
        }
        until_a_change_or(&mut epochs, context.config.delays.policy_status_interval).await;
    }
}

async fn write_all(context: &Context, kind: PolicyKind, client: &kube::Client) -> Result<(), NoAnswer> {
    let action = "list policies";
    let objects = kind.objects(client.clone());
    let listed = within(action, objects.list(&ListParams::default())).await?;
    let listed = listed.map_err(|error| no_answer(action, &error))?;
    let background = CallOptions::background();
    let mut known = organization(context, &background).await;
    let mut outcome = Ok(());
    for object in listed
        .items
        .iter()
        .filter(|object| decisions_have_seen(context, kind, object))
    {
        let mut facts = facts_in(context, kind, object, &known).await;
        // Units are read with the whole organization only. A text that was never judged deserves a look that is newer than it.
        let is_missing = |facts: &PolicyFacts| facts.reason == Reason::OrganizationalUnitNotFound;
        if facts.as_ref().is_some_and(is_missing) && is_new(object) {
            known = organization(context, &background.clone().fresh()).await;
            facts = facts_in(context, kind, object, &known).await;
        }
        let Some(facts) = facts else { continue };
        // One that cannot be written keeps no other from being written.
        if let Err(error) = write(context, &objects, object, facts).await {
            tracing::warn!(policy = object.metadata.name, %error, "the status of a policy is behind");
            outcome = Err(error);
        }
    }
    outcome
}

async fn facts_in(
    context: &Context,
    kind: PolicyKind,
    object: &DynamicObject,
    organization: &Result<OrganizationFacts, PortError>,
) -> Option<PolicyFacts> {
    match organization {
        Ok(organization) => facts_of(context, kind, object, organization).await,
        Err(error) => Some(unknown(&error.to_string())),
    }
}

/// Whether no status is about this text yet.
fn is_new(object: &DynamicObject) -> bool {
    let judged = object.data["status"]["observedGeneration"].as_i64();
    judged != object.metadata.generation
}

async fn write(
    context: &Context,
    objects: &Api<DynamicObject>,
    object: &DynamicObject,
    facts: PolicyFacts,
) -> Result<(), NoAnswer> {
    let status = status_of(context, object, facts);
    if says_the_same(&object.data["status"], &json!(status)) {
        return Ok(());
    }
    let action = "write the status of a policy";
    let name = object.metadata.name.clone().unwrap_or_default();
    let patch = replacing(&object.data["status"], &json!(status));
    let (params, patch) = (PatchParams::default(), Patch::Merge(patch));
    let written = within(action, objects.patch_status(&name, &params, &patch)).await?;
    written.map(drop).map_err(|error| no_answer(action, &error))
}

/// `observedGeneration` says what decisions rest on, and they rest on the watch, which wakes us when it brings more.
fn decisions_have_seen(context: &Context, kind: PolicyKind, object: &DynamicObject) -> bool {
    let rules = context.policies();
    let uid = object.metadata.uid.as_deref().unwrap_or_default();
    let seen = if kind == PolicyKind::EligibilityPolicy {
        rules.eligibility.generation_of(uid)
    } else {
        rules.approver.generation_of(uid)
    };
    seen == object.metadata.generation
}

/// The facts about a policy; nothing about one that cannot be read, which the log says already.
async fn facts_of(
    context: &Context,
    kind: PolicyKind,
    object: &DynamicObject,
    organization: &OrganizationFacts,
) -> Option<PolicyFacts> {
    let about = about(CallOptions::background());
    let (all, identity) = {
        let rules = context.policies();
        let identity = match rules.settings_fact() {
            SettingsFact::Present(settings) => settings.identity,
            SettingsFact::Missing { .. } => IdentitySettings::default(),
        };
        (rules.approver.facts().all, identity)
    };
    let identity_center = context.config.identity_center.borrow().clone();
    let environment = Environment {
        organization,
        identity: &identity,
        identity_center: &identity_center,
    };
    if kind == PolicyKind::EligibilityPolicy {
        let spec: EligibilityPolicySpec = serde_json::from_value(object.data["spec"].clone()).ok()?;
        return Some(
            with_facts(context, &about, |reader| {
                of_eligibility_policy(&spec, environment, reader)
            })
            .await,
        );
    }
    let spec: ApproverPolicySpec = serde_json::from_value(object.data["spec"].clone()).ok()?;
    let policy = PolicyFact {
        name: object.metadata.name.clone().unwrap_or_default(),
        uid: object.metadata.uid.clone().unwrap_or_default(),
        generation: object.metadata.generation.unwrap_or_default(),
        spec,
        gone_since: None,
    };
    let looked = with_facts(context, &about, |reader| {
        of_approver_policy(&policy, &all, environment, reader)
    });
    Some(looked.await)
}

fn unknown(why: &str) -> PolicyFacts {
    PolicyFacts {
        reason: Reason::LookupFailed,
        message: tried_again(why),
        accounts: 0,
        people: 0,
        units: vec![],
        stages: None,
    }
}

fn status_of(context: &Context, object: &DynamicObject, facts: PolicyFacts) -> PolicyStatus {
    let before: PolicyStatus = serde_json::from_value(object.data["status"].clone()).unwrap_or_default();
    let PolicyFacts {
        reason,
        message,
        accounts,
        people,
        units,
        stages,
    } = facts;
    let (stages, approvals_required) = stages.unzip();
    let status = match reason {
        Reason::Valid => ConditionStatus::True,
        Reason::LookupFailed => ConditionStatus::Unknown,
        _ => ConditionStatus::False,
    };
    let mut conditions = before.conditions;
    set_condition(
        &mut conditions,
        Condition {
            kind: ConditionType::Ready,
            status,
            observed_generation: object.metadata.generation,
            last_transition_time: context.now(),
            reason,
            message,
        },
    );
    // What is not known now keeps the numbers of the last time.
    let known = status != ConditionStatus::Unknown;
    let number = |value: usize| i32::try_from(value).ok();
    PolicyStatus {
        observed_generation: object.metadata.generation,
        accounts: if known { number(accounts) } else { before.accounts },
        people: if known { number(people) } else { before.people },
        stages: stages.or(before.stages),
        approvals_required: approvals_required.or(before.approvals_required),
        organizational_units: if known { units } else { before.organizational_units },
        conditions,
    }
}
