//! The watches on what is told of, and on the channels.

use std::sync::Arc;

use futures::StreamExt as _;
use kube::Client;
use kube::api::Api;
use kube::runtime::{WatchStreamExt as _, watcher};

use super::memory::{Memory, Watched};
use crate::admission::api_call::resource;
use crate::admission::with_causes;

impl Watched {
    pub(super) const ALL: [Self; 3] = [Self::Requests, Self::Channels, Self::Settings];

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Requests => ("ElevationRequest", "elevationrequests"),
            Self::Channels => ("NotificationChannel", "notificationchannels"),
            Self::Settings => ("TeamSettings", "teamsettings"),
        }
    }
}

/// Follows one kind for ever.
pub(super) async fn follow(memory: Arc<Memory>, kind: Watched, client: Client) {
    let (name, plural) = kind.names();
    let objects = Api::all_with(client, &resource(name, plural));
    let events = watcher(objects, watcher::Config::default()).default_backoff();
    // Half of each object, and of no use here.
    let events = events.modify(|object: &mut kube::api::DynamicObject| object.metadata.managed_fields = None);
    let mut events = events.boxed();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => memory.take(kind, event),
            Err(error) => {
                let error = with_causes(&error);
                tracing::warn!(
                    kind = name,
                    error,
                    "the watch was interrupted; it is taken up again"
                );
            }
        }
    }
}
