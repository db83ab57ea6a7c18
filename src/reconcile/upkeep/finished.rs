//! Finished requests: leftover finalizers, retention, and one more look at what was removed.

use std::sync::Arc;
use std::time::Duration;

use kube::api::DynamicObject;
use kube::core::PartialObjectMeta;

use crate::api::{AssignmentTuple, ConditionType, HumanDuration, Reason, Timestamp};
use crate::domain::retention::{Retention, is_unheld, listed_once_more_at, of_request};
use crate::domain::{Alert, SealCheck, SettingsFact};
use crate::ports::{CallOptions, PortError};
use crate::reconcile::act::ported;
use crate::reconcile::memory::Ending;
use crate::reconcile::request::{FINALIZER, Request};
use crate::reconcile::requests::NoAnswer;
use crate::reconcile::shell::Shell;

/// How often it is looked whether something is due to be listed once more.
const LISTING_POLL: Duration = Duration::from_secs(5);

/// Looks through finished requests at the start, then at intervals, and after each change of the guard, for ever.
pub async fn look_through(shell: Arc<Shell>) {
    let mut guard = shell.guard.changes();
    let mut read_all = true;
    loop {
        let looked = match look_at_all(&shell, read_all).await {
            Ok(()) => pass(&shell).await,
            Err(error) => Err(error),
        };
        let wait = match looked {
            Ok(next) => {
                read_all = false;
                next
            }
            Err(error) => {
                tracing::warn!(%error, "finished requests could not be looked through; it is tried again");
                LISTING_POLL
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = guard.changed() => read_all = true,
        }
    }
}

/// Every finished request as a whole: at the start, and when the guard changed. Those whose seal does not hold are looked
/// at in AWS; what ended a short while ago is remembered, because the list may still show it.
async fn look_at_all(shell: &Shell, read_all: bool) -> Result<(), NoAnswer> {
    if !read_all {
        return Ok(());
    }
    let timings = &shell.settings.timings;
    let since = shell
        .now()
        .checked_add(-timings.reappearance_check.max(timings.removal_echo));
    for request in shell.requests.finished().await? {
        if shell.key.check(request.object()) == SealCheck::Broken {
            shell.pass(request.clone()).await;
        }
        let Some(assignment) = request.status().assignment else {
            continue;
        };
        if let (Some(tuple), Some(gone_at)) = (assignment.tuple, assignment.revoke_time)
            && since.is_none_or(|since| gone_at >= since)
        {
            let request = request.as_sibling();
            shell.memory.ended(Ending {
                tuple,
                request,
                gone_at,
                listed_again: false,
            });
        }
    }
    Ok(())
}

/// One look; how long until the next.
async fn pass(shell: &Shell) -> Result<Duration, NoAnswer> {
    let retention = match shell.rules().settings_fact() {
        SettingsFact::Present(settings) => settings.retention,
        // Without settings nothing is removed: somebody may be about to put them back.
        SettingsFact::Missing { .. } => None,
    };
    let live = shell.requests.live(None).await?;
    shell
        .memory
        .keep_only(&live.iter().map(|request| request.uid().to_owned()).collect());
    let mut next = shell.settings.delays.retention_interval;
    for metadata in shell.requests.finished_metadata().await? {
        if is_to_be_read(&metadata, retention, shell.now()) {
            let (namespace, name) = (metadata.metadata.namespace, metadata.metadata.name);
            let namespace = namespace.unwrap_or_default();
            if let Some(request) = shell.requests.get(&namespace, &name.unwrap_or_default()).await? {
                next = next.min(one(shell, &request, retention).await?);
            }
        }
    }
    Ok(next)
}

/// Whether the metadata alone say that there may be something to do. A request is never older finished than created.
fn is_to_be_read(
    metadata: &PartialObjectMeta<DynamicObject>,
    retention: Option<HumanDuration>,
    now: Timestamp,
) -> bool {
    let ours = |finalizer: &String| finalizer == FINALIZER;
    let leftover = metadata.metadata.finalizers.iter().flatten().any(ours);
    let created = serde_json::to_value(&metadata.metadata.creation_timestamp).ok();
    let created: Option<Timestamp> = created.and_then(|created| serde_json::from_value(created).ok());
    leftover || created.is_none_or(|created| of_request(created, retention, now) == Retention::Remove)
}

async fn one(
    shell: &Shell,
    request: &Request,
    retention: Option<HumanDuration>,
) -> Result<Duration, NoAnswer> {
    let longest = shell.settings.delays.retention_interval;
    let has_finalizer = request.finalizers().contains(&FINALIZER);
    if has_finalizer || shell.key.check(request.object()) == SealCheck::Broken {
        // The decision looks at what its record says, and at AWS where the record cannot be believed.
        shell.pass(request.clone()).await;
        if has_finalizer {
            return Ok(longest);
        }
    }
    let now = shell.now();
    let finished_at = finished_at(request).unwrap_or(now);
    match of_request(finished_at, retention, now) {
        Retention::Keep => Ok(longest),
        Retention::KeepUntil(until) => {
            let wait = (until.to_utc() - shell.outside.clock.now())
                .to_std()
                .unwrap_or_default();
            Ok(wait.max(Duration::from_secs(1)).min(longest))
        }
        Retention::Remove => {
            shell.report.removed(request, now);
            shell.requests.delete(request).await?;
            tracing::info!(
                request = request.full_name(),
                "a finished request was removed, as settings ask"
            );
            Ok(longest)
        }
    }
}

/// Settled turns true when a request becomes Active or ends, and stays so; the end of access is later.
fn finished_at(request: &Request) -> Option<Timestamp> {
    let status = request.status();
    let settled = status
        .conditions
        .iter()
        .find(|condition| condition.kind == ConditionType::Settled)?;
    let revoked = status.assignment.and_then(|assignment| assignment.revoke_time);
    Some(revoked.map_or(settled.last_transition_time, |revoked| {
        revoked.max(settled.last_transition_time)
    }))
}

/// Takes up finished requests whose finalizer could not be taken off, for ever.
pub async fn take_up_leftovers(shell: Arc<Shell>) {
    loop {
        tokio::time::sleep(LISTING_POLL).await;
        for request in shell.memory.take_leftovers() {
            match shell.requests.get(request.namespace(), request.name()).await {
                Ok(Some(stored)) if stored.uid() == request.uid() => {
                    shell.pass(stored).await;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "a finished request could not be taken up; it is tried again");
                    shell.memory.leaves_over(request);
                }
            }
        }
    }
}

/// Lists each removed assignment once more, some time after it was gone, for ever.
pub async fn list_once_more(shell: Arc<Shell>) {
    loop {
        tokio::time::sleep(LISTING_POLL).await;
        let timings = &shell.settings.timings;
        let now = shell.now();
        let forget = now.checked_add(-timings.removal_echo).unwrap_or(now);
        let due = shell.memory.to_list_again(now);
        for ending in due
            .iter()
            .filter(|ending| listed_once_more_at(ending.gone_at, timings) <= now)
        {
            match is_there_again(&shell, &ending.tuple).await {
                Ok(there) => {
                    if there {
                        tell_of(&shell, ending).await;
                    }
                    shell.memory.listed_again(&ending.request.uid, forget);
                }
                Err(error) => {
                    tracing::warn!(%error, "a removed assignment could not be listed; it is tried again");
                }
            }
        }
    }
}

async fn is_there_again(shell: &Shell, tuple: &AssignmentTuple) -> Result<bool, String> {
    let held_by: Vec<_> = (shell.requests.live(Some(&tuple.account_id)).await)
        .map_err(|error| error.to_string())?
        .iter()
        .map(Request::as_sibling)
        .collect();
    let named = ported(tuple);
    let ask = CallOptions::background();
    let listed = shell
        .outside
        .assignments
        .list(&ask, &named.account_id, &named.permission_set_arn)
        .await;
    let listing = listed.map_err(|error: PortError| error.to_string())?;
    Ok(is_unheld(tuple, &listing.value, &held_by))
}

async fn tell_of(shell: &Shell, ending: &Ending) {
    let tuple = &ending.tuple;
    let sentence = format!(
        "User {} has {} in account {} again, after request {} removed it and AWS confirmed that. No request holds it.",
        tuple.user_id, tuple.permission_set_arn, tuple.account_id, ending.request.full_name
    );
    let alert = Alert {
        reason: Reason::ReappearedAfterRemoval,
        sentence,
    };
    let (namespace, name) = ending.request.full_name.split_once('/').unwrap_or_default();
    if let Ok(Some(request)) = shell.requests.get(namespace, name).await {
        shell.report.alert(&request, &alert);
    } else {
        tracing::error!(reason = alert.reason.as_str(), "{}", alert.sentence);
    }
}
