//! The statuses of policies: what a reader of their files cannot see.

use std::sync::Arc;

use kube::api::{DynamicObject, ListParams, Patch, PatchParams};
use serde_json::json;

use super::{replacing, says_the_same};
use crate::api::{
    ApproverPolicySpec, Condition, ConditionStatus, ConditionType, EligibilityPolicySpec, IdentitySettings,
    PolicyStatus, Reason, set_condition,
};
use crate::domain::policy_status::{
    OrganizationFacts, PolicyFacts, of_approver_policy, of_eligibility_policy,
};
use crate::domain::{PolicyFact, SettingsFact, tried_again};
use crate::ports::CallOptions;
use crate::reconcile::requests::{NoAnswer, no_answer, within};
use crate::reconcile::shell::Shell;
use crate::reconcile::watching::RuleKind;

/// Keeps the statuses of all policies, for ever.
pub async fn keep_statuses(shell: Arc<Shell>, client: kube::Client) {
    let mut epochs = shell.epoch.subscribe();
    loop {
        for kind in [RuleKind::EligibilityPolicy, RuleKind::ApproverPolicy] {
            if let Err(error) = write_all(&shell, kind, &client).await {
                tracing::warn!(?kind, %error, "statuses of policies are behind; it is tried again");
            }
        }
        shell
            .until_a_change_or(&mut epochs, shell.settings.delays.policy_status_interval)
            .await;
    }
}

async fn write_all(shell: &Shell, kind: RuleKind, client: &kube::Client) -> Result<(), NoAnswer> {
    let action = "list policies";
    let objects = kind.objects(client.clone());
    let listed = within(action, objects.list(&ListParams::default())).await?;
    let listed = listed.map_err(|error| no_answer(action, &error))?;
    let organization = shell.organization().await;
    for object in listed
        .items
        .iter()
        .filter(|object| decisions_have_seen(shell, kind, object))
    {
        let facts = match &organization {
            Ok(organization) => facts_of(shell, kind, object, organization).await,
            Err(error) => Some(unknown(&error.to_string())),
        };
        let Some(facts) = facts else { continue };
        let status = status_of(shell, object, facts);
        if says_the_same(&object.data["status"], &json!(status)) {
            continue;
        }
        let action = "write the status of a policy";
        let name = object.metadata.name.clone().unwrap_or_default();
        let patch = replacing(&object.data["status"], &json!(status));
        let (params, patch) = (PatchParams::default(), Patch::Merge(patch));
        let written = within(action, objects.patch_status(&name, &params, &patch)).await?;
        written.map_err(|error| no_answer(action, &error))?;
    }
    Ok(())
}

/// `observedGeneration` says what decisions rest on, and they rest on the watch, which wakes us when it brings more.
fn decisions_have_seen(shell: &Shell, kind: RuleKind, object: &DynamicObject) -> bool {
    let rules = shell.rules();
    let uid = object.metadata.uid.as_deref().unwrap_or_default();
    let seen = if kind == RuleKind::EligibilityPolicy {
        rules.eligibility.generation_of(uid)
    } else {
        rules.approver.generation_of(uid)
    };
    seen == object.metadata.generation
}

/// The facts about a policy; nothing about one that cannot be read, which the log says already.
async fn facts_of(
    shell: &Shell,
    kind: RuleKind,
    object: &DynamicObject,
    organization: &OrganizationFacts,
) -> Option<PolicyFacts> {
    let ask = CallOptions::background();
    if kind == RuleKind::EligibilityPolicy {
        let spec: EligibilityPolicySpec = serde_json::from_value(object.data["spec"].clone()).ok()?;
        return Some(
            shell
                .with_facts(&ask, |inquiry| {
                    of_eligibility_policy(&spec, organization, inquiry)
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
    let (all, identity) = {
        let rules = shell.rules();
        let identity = match rules.settings_fact() {
            SettingsFact::Present(settings) => settings.identity,
            SettingsFact::Missing { .. } => IdentitySettings::default(),
        };
        (rules.approver.facts().all, identity)
    };
    let looked = shell.with_facts(&ask, |inquiry| {
        of_approver_policy(&policy, &all, organization, &identity, inquiry)
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
    }
}

fn status_of(shell: &Shell, object: &DynamicObject, facts: PolicyFacts) -> PolicyStatus {
    let before: PolicyStatus = serde_json::from_value(object.data["status"].clone()).unwrap_or_default();
    let PolicyFacts {
        reason,
        message,
        accounts,
        people,
        units,
    } = facts;
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
            last_transition_time: shell.now(),
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
        organizational_units: if known { units } else { before.organizational_units },
        conditions,
    }
}
