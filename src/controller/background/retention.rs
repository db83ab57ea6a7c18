//! Finished requests: leftover finalizers, and retention.

use std::sync::Arc;
use std::time::Duration;

use kube::api::DynamicObject;
use kube::core::PartialObjectMeta;

use crate::api::{HumanDuration, Timestamp};
use crate::controller::api_call::NoAnswer;
use crate::controller::context::Context;
use crate::controller::journaled;
use crate::controller::requests::{self, FINALIZER, StoredRequest};
use crate::domain::retention::{Retention, of_request};
use crate::domain::{SealCheck, SettingsFact};

/// How long after a failure it is tried again, and how often it is looked for finalizers that were left.
const RETRY: Duration = Duration::from_secs(5);

/// How long the removal of a request waits until the journal has it.
const REMOVAL_PATIENCE: Duration = Duration::from_secs(10);

/// Looks through finished requests at the start, then at intervals, and after each change of the guard, for ever.
pub async fn look_through(context: Arc<Context>) {
    let mut guard = context.guard.changes();
    let mut read_all = true;
    loop {
        let looked = match look_at_all(&context, read_all).await {
            Ok(()) => pass(&context).await,
            Err(error) => Err(error),
        };
        let wait = match looked {
            Ok(next) => {
                read_all = false;
                next
            }
            Err(error) => {
                tracing::warn!(%error, "finished requests could not be looked through; it is tried again");
                RETRY
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = guard.changed() => read_all = true,
        }
    }
}

/// Every finished request as a whole: at the start, and when the guard changed. One whose seal does not hold is decided.
async fn look_at_all(context: &Context, read_all: bool) -> Result<(), NoAnswer> {
    if !read_all {
        return Ok(());
    }
    let is_forged = |request: StoredRequest| {
        let forged = context.key.check(request.object()) == SealCheck::Broken;
        forged.then(|| (request.namespace().to_owned(), request.name().to_owned()))
    };
    for (namespace, name) in context.requests.finished(is_forged).await? {
        if let Some(request) = context.requests.get(&namespace, &name).await? {
            requests::pass(context, request).await;
        }
    }
    Ok(())
}

/// One look; how long until the next.
async fn pass(context: &Context) -> Result<Duration, NoAnswer> {
    let retention = match context.policies().settings_fact() {
        SettingsFact::Present(settings) => settings.retention,
        // Without settings nothing is removed: somebody may be about to put them back.
        SettingsFact::Missing { .. } => None,
    };
    let live = context.requests.live().await?;
    context
        .memory
        .keep_only(&live.iter().map(|request| request.uid().to_owned()).collect());
    journaled::forget_policies(context);
    let mut next = context.config.delays.retention_interval;
    let now = context.now();
    let is_due = |metadata: &_| is_to_be_read(metadata, retention, now);
    for (namespace, name) in context.requests.finished_names(is_due).await? {
        if let Some(request) = context.requests.get(&namespace, &name).await? {
            next = next.min(one(context, &request, retention).await?);
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
    context: &Context,
    request: &StoredRequest,
    retention: Option<HumanDuration>,
) -> Result<Duration, NoAnswer> {
    let longest = context.config.delays.retention_interval;
    let has_finalizer = request.finalizers().contains(&FINALIZER);
    if has_finalizer || context.key.check(request.object()) == SealCheck::Broken {
        // The decision looks at what its record says, and at AWS where the record cannot be believed.
        requests::pass(context, request.clone()).await;
        if has_finalizer {
            return Ok(longest);
        }
    }
    let now = context.now();
    let finished_at = finished_at(request).unwrap_or(now);
    match of_request(finished_at, retention, now) {
        Retention::Keep => Ok(longest),
        Retention::KeepUntil(until) => {
            let wait = (until.to_utc() - context.ports.clock.now())
                .to_std()
                .unwrap_or_default();
            Ok(wait.max(Duration::from_secs(1)).min(longest))
        }
        Retention::Remove => {
            let handed = journaled::keep_whole_request(context, request);
            if !handed || !context.journal.is_empty_within(REMOVAL_PATIENCE).await {
                tracing::warn!(
                    request = request.full_name(),
                    "a finished request is kept until the journal has it"
                );
                return Ok(RETRY);
            }
            context.requests.delete(request).await?;
            context.journal.forget(request.uid());
            tracing::info!(
                request = request.full_name(),
                "a finished request was removed, as settings ask"
            );
            Ok(longest)
        }
    }
}

/// When the request came to its last phase, or the end of its access, where that was later.
fn finished_at(request: &StoredRequest) -> Option<Timestamp> {
    let status = request.status();
    let last = status.history.last()?.time;
    let gone = status.assignment.and_then(|assignment| assignment.gone_time);
    Some(gone.map_or(last, |gone| gone.max(last)))
}

/// Takes up finished requests whose finalizer could not be taken off, for ever.
pub async fn take_up_leftovers(context: Arc<Context>) {
    loop {
        tokio::time::sleep(RETRY).await;
        for request in context.memory.take_leftovers() {
            match context.requests.get(request.namespace(), request.name()).await {
                Ok(Some(stored)) if stored.uid() == request.uid() => {
                    requests::pass(&context, stored).await;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "a finished request could not be taken up; it is tried again");
                    context.memory.push_leftover(request);
                }
            }
        }
    }
}
