//! What is handed to the journal about requests, records and policies, and what a create waits for.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::context::Context;
use super::requests::StoredRequest;
use crate::api::Reason;
use crate::domain::journal::{Kind, Line, digest, new_verdicts};
use crate::domain::{Create, PolicyFact, RecordSeal, RequestFacts, SealCheck, Sent, StoredRecord};

/// How long a create waits for the lines that justify it.
const BEFORE_A_CREATE: Duration = Duration::from_secs(10);

/// How long the removal of a record waits for its last step.
const BEFORE_A_REMOVAL: Duration = Duration::from_secs(3);

/// What the journal may lack of a request, after the policies that it names.
pub fn request(context: &Context, stored: &StoredRequest, facts: &RequestFacts) {
    if matches!(facts.seal, SealCheck::Broken | SealCheck::Unreadable) {
        let name = format!("{} {}", stored.uid(), stored.resource_version());
        return broken(context, &name, stored.object());
    }
    policies(context, facts);
    context.journal.steps(facts);
}

/// What a write of a request's status says that is new.
pub fn written(context: &Context, stored: &StoredRequest, before: &RequestFacts, after: &RequestFacts) {
    policies(context, after);
    for line in new_verdicts(before, after, context.now()) {
        context.journal.other(line);
    }
    request(context, stored, after);
}

/// The newest step of a record.
pub fn record(context: &Context, stored: &StoredRecord) {
    if stored.seal != RecordSeal::Broken {
        return context.journal.record(stored, context.now());
    }
    let readable = stored.record.as_ref();
    let object = json!({
        "kind": "AccountAssignment", "metadata": { "name": stored.name, "uid": stored.uid },
        "spec": readable.map(|record| &record.spec), "status": readable.map(|record| &record.status),
    });
    broken(context, &format!("{} {}", stored.uid, stored.version), &object);
}

fn broken(context: &Context, name: &str, object: &Value) {
    let line = || Line::of(Kind::BrokenSeal, context.now(), json!({ "object": object }));
    context.journal.once(name, line);
}

/// The policies and settings that a request rests on, as they are now, each generation once in this process.
fn policies(context: &Context, facts: &RequestFacts) {
    let status = &facts.status;
    let cache = context.policies();
    if let Some(named) = &status.eligibility {
        let found = cache.eligibility.existing().find(|one| one.uid == named.uid);
        policy(
            context,
            "EligibilityPolicy",
            found.filter(|one| one.generation == named.generation),
        );
    }
    let review = status.review.as_ref();
    if let Some((uid, generation)) = review.and_then(|review| review.uid.as_ref().zip(review.generation)) {
        let found = cache.approver.existing().find(|one| one.uid == *uid);
        policy(
            context,
            "ApproverPolicy",
            found.filter(|one| one.generation == generation),
        );
    }
    if status.phase.is_some() {
        policy(context, "TeamSettings", cache.settings.existing().next());
    }
}

fn policy<S: Serialize>(context: &Context, kind: &str, found: Option<&PolicyFact<S>>) {
    let Some(found) = found else { return };
    let line = || {
        let spec = json!(found.spec);
        let entry = json!({
            "kind": kind, "name": found.name, "uid": found.uid, "generation": found.generation,
            "specDigest": digest(&spec), "spec": spec,
        });
        Line::of(Kind::Policy, context.now(), entry)
    };
    context
        .journal
        .once(&format!("{} {}", found.uid, found.generation), line);
}

/// Waits until the lines that justify a create are in the sink; the answer in the place of AWS's where they are not.
pub async fn justified(context: &Context, record: Option<&str>, create: &Create) -> Result<(), Sent> {
    let name = record.unwrap_or_default();
    let mut uids = vec![];
    for claimant in context.claimants(name) {
        request(context, &claimant, &claimant.facts(&context.key));
        uids.push(claimant.uid().to_owned());
    }
    if let Some(stored) = context.record_cache.get(name) {
        context.journal.record(&stored, context.now());
        uids.push(stored.uid);
    }
    let uids: Vec<&str> = uids.iter().map(String::as_str).collect();
    if context.journal.are_sunk(&uids, BEFORE_A_CREATE).await {
        return Ok(());
    }
    tracing::error!(
        reason = Reason::JournalUnavailable.as_str(),
        user = %create.key.user_id,
        account = %create.key.account_id,
        "the lines that justify a create are not in the journal; it is not sent"
    );
    Err(Sent::NotSent)
}

/// Whether the journal has the last step of a record that is about to be removed; waits a moment for it.
pub async fn has_last_step(context: &Context, name: &str) -> bool {
    let Some(stored) = context.record_cache.get(name) else {
        return true;
    };
    record(context, &stored);
    let sequence = stored.record.as_ref().map_or(0, |record| record.status.sequence);
    if stored.seal == RecordSeal::Broken {
        return true;
    }
    let mut arrivals = context.journal.arrivals();
    let waited = tokio::time::timeout(BEFORE_A_REMOVAL, async {
        while context.journal.committed(&stored.uid) < sequence {
            if arrivals.changed().await.is_err() {
                break;
            }
        }
    });
    waited.await.is_ok()
}

/// A record was removed.
pub fn record_removed(context: &Context, name: &str, uid: &str) {
    let entry = json!({ "assignment": { "name": name, "uid": uid } });
    context
        .journal
        .other(Line::of(Kind::RecordRemoval, context.now(), entry));
    context.journal.forget(uid);
}

/// Wakes finished requests of which the journal has everything now, for ever: their last write is due.
pub async fn wake_what_is_recorded(context: std::sync::Arc<Context>) {
    let mut arrivals = context.journal.arrivals();
    loop {
        for uid in context.journal.take_committed() {
            context.wake_if_over(&uid);
        }
        if arrivals.changed().await.is_err() {
            return;
        }
    }
}
