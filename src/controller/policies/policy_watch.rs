//! The watches on policies and settings: every change wakes all requests.

use std::sync::Arc;

use futures::StreamExt as _;
use kube::runtime::{WatchStreamExt as _, watcher};

use super::policy_cache::PolicyKind;
use crate::controller::api_call::with_causes;
use crate::controller::context::Context;
use crate::controller::journaled;
use crate::controller::watch_backoff::watch_backoff;

/// Follows one kind for ever.
pub async fn follow(context: Arc<Context>, kind: PolicyKind, client: kube::Client) {
    let mut events = watcher(kind.objects(client), watcher::Config::default())
        .backoff(watch_backoff())
        .boxed();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                let now = context.now();
                context.metrics.watch_event(kind.into(), now);
                let forget_before = now.checked_add(-context.config.timings.disappearance_grace * 4);
                let changed = {
                    let mut policies = context.policies_mut();
                    if let Some(time) = forget_before {
                        policies.forget_gone_before(time);
                    }
                    policies.take(kind, event, now)
                };
                if changed {
                    journaled::release(&context);
                    tracing::debug!(?kind, "policies or settings changed");
                    context.begin_epoch();
                }
            }
            Err(error) => {
                context.metrics.watch_error(kind.into());
                let error = with_causes(&error);
                tracing::warn!(?kind, error, "the watch was interrupted; it is taken up again");
            }
        }
    }
}
