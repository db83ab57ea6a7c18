//! The watch on records: every change wakes the machine of the record and the requests that claim it.

use std::sync::Arc;

use futures::StreamExt as _;
use kube::api::DynamicObject;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt as _, watcher as watch};

use crate::controller::api_call::with_causes;
use crate::controller::context::Context;
use crate::controller::watch_backoff::watch_backoff;
use crate::metrics::WatchKind;

/// Follows records for ever.
pub async fn follow_records(context: Arc<Context>) {
    let records = context.records.everywhere();
    let mut events = watch(records, watcher::Config::default())
        .backoff(watch_backoff())
        .boxed();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                context
                    .metrics
                    .watch_event(WatchKind::AccountAssignment, context.now());
                for name in take(&context, event) {
                    context.queue.wake(&name);
                    context.wake_claimants(&name, None);
                }
            }
            Err(error) => {
                context.metrics.watch_error(WatchKind::AccountAssignment);
                let error = with_causes(&error);
                tracing::warn!(
                    error,
                    "the watch of records was interrupted; it is taken up again"
                );
            }
        }
    }
}

/// Takes in what the watch says; the names of the records about which that is news.
fn take(context: &Context, event: Event<DynamicObject>) -> Vec<String> {
    let cache = &context.record_cache;
    let news = |name: String, new: bool| if new { vec![name] } else { vec![] };
    match event {
        Event::Init => {
            cache.begin_list();
            vec![]
        }
        Event::InitApply(object) => {
            let record = context.records.read(&object);
            news(record.name.clone(), cache.list(record))
        }
        Event::InitDone => {
            let gone = cache.end_list();
            // Requests wait for the first complete list.
            context.begin_epoch();
            gone
        }
        Event::Apply(object) => {
            let record = context.records.read(&object);
            news(record.name.clone(), cache.put(record))
        }
        Event::Delete(object) => {
            let record = context.records.read(&object);
            // Those that claimed it have to look before they are forgotten.
            context.wake_claimants(&record.name, None);
            news(record.name.clone(), cache.gone(&record))
        }
    }
}
