//! The status of the settings, and what is remembered of them for the time when they are gone.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DynamicObject, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use super::{replacing, says_the_same, until_a_change_or};
use crate::api::{
    ALLOW_DELETION, Condition, ConditionStatus, ConditionType, IdentitySettings, JournalStatus,
    OnEligibilityLost, Reason, TeamSettingsSpec, TeamSettingsStatus, Timestamp, set_condition,
};
use crate::controller::api_call::{NoAnswer, no_answer, within};
use crate::controller::context::Context;
use crate::controller::policies::{PolicyKind, RememberedSettings, allows_deletion};
use crate::domain::Guard;
use crate::journal::Published;
use crate::metrics::World;

/// The ConfigMap that keeps what has to outlive the settings, in the controller's namespace. The controller's role
/// names it.
const MEMORY: &str = "team-operator-memory";

/// Its entry with the last known `spec.onEligibilityLost`.
const ENTRY: &str = "onEligibilityLost";

/// How old a checkpoint in the status may be before a newer one takes its place.
const CHECKPOINT_INTERVAL: Duration = Duration::from_mins(10);

/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(10);

/// Keeps the status of the settings, for ever.
pub async fn keep_status(context: Arc<Context>, client: kube::Client) {
    let mut epochs = context.epoch.subscribe();
    let mut guard = context.guard.changes();
    let mut world = context.world.subscribe();
    let mut newest = context.journal.newest();
    loop {
        let signs = signer(newest.borrow_and_update().as_ref());
        let overdue = overdue(world.borrow().as_ref());
        let written = write(&context, &client).await;
        let wait = match &written {
            Ok(()) => context
                .config
                .delays
                .policy_status_interval
                .min(CHECKPOINT_INTERVAL),
            Err(error) => {
                tracing::warn!(%error, "the status of the settings is behind; it is tried again");
                RETRY
            }
        };
        tokio::select! {
            () = until_a_change_or(&mut epochs, wait) => {}
            _ = guard.changed() => {}
            _ = newest.wait_for(|newest| signer(newest.as_ref()) != signs) => {}
            _ = world.wait_for(|world| self::overdue(world.as_ref()) != overdue) => {}
        }
    }
}

async fn write(context: &Context, client: &kube::Client) -> Result<(), NoAnswer> {
    let action = "read the settings";
    let objects = PolicyKind::TeamSettings.objects(client.clone());
    let found = within(action, objects.get_opt("default")).await?;
    let Some(object) = found.map_err(|error| no_answer(action, &error))? else {
        return Ok(());
    };
    let Ok(spec) = serde_json::from_value::<TeamSettingsSpec>(spec_of(&object.data)) else {
        return Ok(()); // the watch says so
    };
    remember(context, client, spec.on_eligibility_lost).await?;
    if !decisions_have_seen(context, &object) {
        return Ok(()); // the watch brings it in a moment, and wakes us
    }
    let mut status: TeamSettingsStatus =
        serde_json::from_value(object.data["status"].clone()).unwrap_or_default();
    status.journal = journal(context, status.journal);
    status.observed_generation = object.metadata.generation;
    let known = [
        (
            ConditionType::Ready,
            if allows_deletion(&object) {
                deletion_allowed()
            } else {
                ready(&spec.identity, under_other_prefixes(context, &spec.identity))
            },
        ),
        (ConditionType::GuardIntact, guard_intact(&context.guard.current())),
    ];
    let ends = overdue(context.world.borrow().as_ref());
    let ends = ends.map(|overdue| (ConditionType::EndsInTime, ends_in_time(overdue)));
    for (kind, (holds, reason, message)) in known.into_iter().chain(ends) {
        set_condition(
            &mut status.conditions,
            Condition {
                kind,
                status: holds,
                observed_generation: object.metadata.generation,
                last_transition_time: context.now(),
                reason,
                message: crate::domain::message(&message),
            },
        );
    }
    if says_the_same(&object.data["status"], &json!(status)) {
        return Ok(());
    }
    let action = "write the status of the settings";
    let patch = Patch::Merge(replacing(&object.data["status"], &json!(status)));
    let written = within(
        action,
        objects.patch_status("default", &PatchParams::default(), &patch),
    )
    .await?;
    written.map(drop).map_err(|error| no_answer(action, &error))
}

/// The newest checkpoint of the journal, where the one that is shown is of another tree or old enough.
fn journal(context: &Context, shown: Option<JournalStatus>) -> Option<JournalStatus> {
    let newest = context.journal.newest().borrow().clone();
    if signer(newest.as_ref()).is_none() {
        return shown;
    }
    let newest = newest?;
    let now = context.now();
    let is_new = |shown: &JournalStatus| {
        shown.vkey != newest.vkey
            || (shown.checkpoint != newest.checkpoint && due(shown.time).is_none_or(|due| due <= now))
    };
    match shown {
        Some(shown) if !is_new(&shown) => Some(shown),
        _ => Some(JournalStatus {
            origin: newest.origin,
            vkey: newest.vkey,
            size: newest.size.try_into().unwrap_or(i64::MAX),
            checkpoint: newest.checkpoint,
            time: now,
        }),
    }
}

/// When a newer checkpoint may take the place of one.
fn due(shown: Timestamp) -> Option<Timestamp> {
    shown.checked_add(TimeDelta::from_std(CHECKPOINT_INTERVAL).unwrap_or_default())
}

/// The key of the tree that has a checkpoint.
fn signer(newest: Option<&Published>) -> Option<String> {
    let newest = newest.filter(|newest| !newest.checkpoint.is_empty())?;
    Some(newest.vkey.clone())
}

/// `observedGeneration` says what decisions rest on, and they rest on the watch; so does whether anything is granted.
fn decisions_have_seen(context: &Context, object: &DynamicObject) -> bool {
    let rules = context.policies();
    let seen = rules.settings.existing().next();
    seen.is_some_and(|seen| Some(seen.generation) == object.metadata.generation)
        && rules.deletion_allowed == allows_deletion(object)
}

fn spec_of(object: &Value) -> Value {
    if object["spec"].is_null() {
        json!({})
    } else {
        object["spec"].clone()
    }
}

/// How many requests that were accepted bear a user name without any of the prefixes: settings named others then.
fn under_other_prefixes(context: &Context, identity: &IdentitySettings) -> usize {
    let bears_another = |request: &Arc<DynamicObject>| {
        let requester = request.data["spec"]["requester"].as_str().unwrap_or_default();
        let begins = |prefix: &String| requester.starts_with(prefix.as_str());
        request.data["status"]["requester"].is_object() && !identity.username_prefixes.iter().any(begins)
    };
    context
        .live
        .all()
        .iter()
        .filter(|request| bears_another(request))
        .count()
}

fn deletion_allowed() -> (ConditionStatus, Reason, String) {
    let message = format!(
        "Nothing is granted: the annotation {ALLOW_DELETION} allows to delete what the controller needs. Access still ends. To go on: \
         team-operator uninstall --abort"
    );
    (ConditionStatus::False, Reason::DeletionAllowed, message)
}

fn ready(identity: &IdentitySettings, under_other_prefixes: usize) -> (ConditionStatus, Reason, String) {
    let mut message = "The settings are in force.".to_owned();
    if identity.username_prefixes.iter().any(String::is_empty) {
        message.push_str(
            " Warning: a prefix in identity.usernamePrefixes is empty, so every user name of this cluster, whoever vouches for \
             it, is taken for a name in Identity Center.",
        );
    }
    if under_other_prefixes > 0 {
        let note = format!(
            " Note: {under_other_prefixes} unfinished requests were made under a prefix that is no longer in \
             identity.usernamePrefixes. They go on for the people who were recorded; kubectl get er -A shows them."
        );
        message.push_str(&note);
    }
    (ConditionStatus::True, Reason::Valid, message)
}

fn guard_intact(guard: &Guard) -> (ConditionStatus, Reason, String) {
    match guard {
        Guard::Intact => {
            let message = "The admission policies are in force, and a forgery was refused.".to_owned();
            (ConditionStatus::True, Reason::Valid, message)
        }
        Guard::Unproven(why) => (
            ConditionStatus::Unknown,
            Reason::GuardUnproven,
            format!("{why}. Nothing is granted until it can be told."),
        ),
        Guard::Broken(why) => (
            ConditionStatus::False,
            Reason::GuardBroken,
            format!("{why}. Nothing is granted; access still ends."),
        ),
        Guard::BrokenBefore(why) => {
            let message = format!(
                "The admission policies are in force again; what was written before does not count: {why}."
            );
            (ConditionStatus::False, Reason::GuardBroken, message)
        }
    }
}

/// How many ends are overdue, and since when; nothing before the watchdog has looked.
fn overdue(world: Option<&World>) -> Option<(usize, Option<Timestamp>)> {
    world.map(|world| (world.overdue, world.oldest_overdue))
}

fn ends_in_time(overdue: (usize, Option<Timestamp>)) -> (ConditionStatus, Reason, String) {
    match overdue {
        (count, Some(since)) => {
            let message = format!(
                "AWS has not confirmed in time that access is gone: {count} in all, the oldest ended at {since}. See \
                 kubectl get aa."
            );
            (ConditionStatus::False, Reason::RevocationOverdue, message)
        }
        (_, None) => (
            ConditionStatus::True,
            Reason::Valid,
            "No end of access is overdue.".to_owned(),
        ),
    }
}

/// What settings said about lost eligibility when they were last seen, by this process or one before it.
pub async fn remembered(context: &Context, client: &kube::Client) -> Result<RememberedSettings, NoAnswer> {
    let action = "read the controller's memory";
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), &context.config.namespace);
    let found = within(action, maps.get_opt(MEMORY)).await?;
    let found = found.map_err(|error| no_answer(action, &error))?;
    let word = found
        .and_then(|map| map.data)
        .and_then(|mut data| data.remove(ENTRY));
    Ok(RememberedSettings {
        on_eligibility_lost: word.and_then(|word| serde_json::from_value(json!(word)).ok()),
    })
}

async fn remember(context: &Context, client: &kube::Client, word: OnEligibilityLost) -> Result<(), NoAnswer> {
    if remembered(context, client).await?.on_eligibility_lost == Some(word) {
        return Ok(());
    }
    let action = "write the controller's memory";
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), &context.config.namespace);
    let word = json!(word).as_str().unwrap_or_default().to_owned();
    let map = |resource_version| ConfigMap {
        metadata: ObjectMeta {
            name: Some(MEMORY.to_owned()),
            resource_version,
            ..ObjectMeta::default()
        },
        data: Some([(ENTRY.to_owned(), word.clone())].into()),
        ..ConfigMap::default()
    };
    let params = PostParams::default();
    let stored = within(action, maps.get_opt(MEMORY))
        .await?
        .map_err(|error| no_answer(action, &error))?;
    let written = match stored {
        Some(stored) => {
            within(
                action,
                maps.replace(MEMORY, &params, &map(stored.metadata.resource_version)),
            )
            .await?
        }
        None => within(action, maps.create(&params, &map(None))).await?,
    };
    written.map(drop).map_err(|error| no_answer(action, &error))
}
