//! What is done for the journal beside passes: leadership is told, and measures are shown.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use super::context::Context;
use crate::domain::journal::{Kind, Line};
use crate::journal::Health;
use crate::metrics::JournalSight;

/// How long the line about leadership waits for the settings that it names.
const SETTINGS_PATIENCE: Duration = Duration::from_secs(10);

/// This process leads from now on: by which version, and under which settings.
pub async fn tell_leadership(context: Arc<Context>) {
    // Without settings nothing is granted, so that nobody waits for this line.
    let _ = tokio::time::timeout(SETTINGS_PATIENCE, context.policies_are_known()).await;
    let settings = {
        let cache = context.policies();
        let mut existing = cache.settings.existing();
        existing
            .next()
            .map(|settings| json!({ "uid": settings.uid, "generation": settings.generation }))
    };
    let entry = json!({ "version": env!("CARGO_PKG_VERSION"), "settings": settings });
    context
        .journal
        .other(Line::of(Kind::Leadership, context.now(), entry));
}

/// Shows what is measured of the journal whenever that changes, for ever.
pub async fn measure(context: Arc<Context>) {
    let (mut arrivals, mut health) = (context.journal.arrivals(), context.journal.health());
    loop {
        let is_writable = *health.borrow_and_update() == Health::Writable;
        let measures = context.journal.measures();
        let waiting = measures.lag.and_then(|lag| TimeDelta::from_std(lag).ok());
        let newest = context.journal.newest();
        let size = newest.borrow().as_ref().map(|newest| newest.size);
        context.metrics.journal(&JournalSight {
            is_writable,
            waiting_since: waiting.and_then(|lag| context.now().checked_add(-lag)),
            recorded: measures.last_recorded,
            size,
            sink_failures: measures.sink_failures,
            head_failures: measures.head_failures,
            dropped: measures.dropped,
        });
        tokio::select! {
            _ = arrivals.changed() => {}
            _ = health.changed() => {}
        }
    }
}
