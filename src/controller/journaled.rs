//! What is handed to the journal about requests, records and policies, and what a create waits for.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::context::Context;
use super::policies::PolicyCache;
use super::requests::StoredRequest;
use crate::api::{ApproverPolicySpec, AssignmentKey, EligibilityPolicySpec, Reason};
use crate::domain::journal::{Around, Call, Kind, Line, digest, new_verdicts};
use crate::domain::{
    Create, Lease, PolicyFact, RecordSeal, RequestFacts, SealCheck, Sent, Snapshot, StoredRecord,
};

/// How long a create waits for the lines that justify it.
const BEFORE_A_CREATE: Duration = Duration::from_secs(10);

/// How long the removal of a record waits for its last step.
const BEFORE_A_REMOVAL: Duration = Duration::from_secs(3);

/// The calls of AWS, as it names them.
pub const CREATE: &str = "CreateAccountAssignment";
/// See [`CREATE`].
pub const DELETE: &str = "DeleteAccountAssignment";

/// What the journal may lack of a request, after the policies that it names; whether all of it found space. A step that this process
/// did not take itself is told as one that was recovered.
pub fn request(context: &Context, stored: &StoredRequest, facts: &RequestFacts) -> bool {
    if !is_forged(facts) && !context.journal.lacks_steps(facts) {
        return true;
    }
    let mut around = around(context, facts);
    around.is_recovered = true;
    hand_over(context, stored, facts, &[], &around)
}

/// Whether no entry may be derived from the request.
fn is_forged(facts: &RequestFacts) -> bool {
    matches!(facts.seal, SealCheck::Broken | SealCheck::Unreadable)
}

/// What a write of a request's status says that is new.
pub fn written(
    context: &Context,
    stored: &StoredRequest,
    before: &RequestFacts,
    after: &RequestFacts,
    snapshot: Option<&Snapshot>,
) {
    let mut around = around(context, after);
    if let (Some(snapshot), Some(review)) = (snapshot, &after.status.review) {
        around.know_answers(snapshot, &review.verdicts);
    }
    let verdicts = new_verdicts(before, after, &around, context.now());
    hand_over(context, stored, after, &verdicts, &around);
}

fn hand_over(
    context: &Context,
    stored: &StoredRequest,
    facts: &RequestFacts,
    verdicts: &[Line],
    around: &Around,
) -> bool {
    if is_forged(facts) {
        return broken(context, stored.uid(), stored.resource_version(), stored.object());
    }
    let named = policies(context, facts);
    for line in verdicts {
        context.journal.other(line.clone());
    }
    // In this order: the lines of a step are behind those that it rests on.
    named && context.journal.steps(facts, around)
}

/// What is known around the steps of a request, beside what is stored with it.
fn around(context: &Context, facts: &RequestFacts) -> Around {
    let mut around = Around::default();
    let cache = context.policies();
    if let Some(policy) = eligibility_policy(&cache, facts) {
        around.know_policy(policy);
    }
    if let Some(policy) = approver_policy(&cache, facts) {
        around.know_policy(policy);
    }
    if let Some(settings) = cache.settings.existing().next() {
        around.know_settings(settings);
    }
    drop(cache);
    let name = facts
        .status
        .assignment
        .as_ref()
        .map(|assignment| &assignment.name);
    if let Some(record) = name.and_then(|name| context.record_cache.get(name)) {
        around.know_record(&record);
        around.call = context.journal.call(&record.uid);
    }
    around
}

/// A step of a record that this process stored itself.
pub fn record_written(context: &Context, stored: &StoredRecord) {
    record_step(context, stored, false);
}

/// The newest step of a record, if the journal lacks it; whether it found space.
pub fn record(context: &Context, stored: &StoredRecord) -> bool {
    record_step(context, stored, true)
}

fn record_step(context: &Context, stored: &StoredRecord, is_recovered: bool) -> bool {
    if stored.seal != RecordSeal::Broken {
        return context.journal.record(stored, context.now(), is_recovered);
    }
    let readable = stored.record.as_ref();
    let object = json!({
        "kind": "AccountAssignment", "metadata": { "name": stored.name, "uid": stored.uid },
        "spec": readable.map(|record| &record.spec), "status": readable.map(|record| &record.status),
    });
    broken(context, &stored.uid, &stored.version, &object)
}

fn broken(context: &Context, uid: &str, version: &str, object: &Value) -> bool {
    let line = || Line::of(Kind::BrokenSeal, context.now(), json!({ "object": object }));
    context.journal.once(uid, Kind::BrokenSeal, version, line)
}

/// The policies and settings that a request rests on, as they are now: each generation once in this process. Whether all of them
/// found space.
fn policies(context: &Context, facts: &RequestFacts) -> bool {
    let cache = context.policies();
    let eligibility = policy(context, "EligibilityPolicy", eligibility_policy(&cache, facts));
    let approver = policy(context, "ApproverPolicy", approver_policy(&cache, facts));
    let is_decided = facts.status.phase.is_some();
    let settings = cache.settings.existing().next().filter(|_| is_decided);
    eligibility && approver && policy(context, "TeamSettings", settings)
}

fn eligibility_policy<'a>(
    cache: &'a PolicyCache,
    facts: &RequestFacts,
) -> Option<&'a PolicyFact<EligibilityPolicySpec>> {
    let named = facts.status.eligibility.as_ref()?;
    let mut existing = cache.eligibility.existing();
    existing.find(|one| one.uid == named.uid && one.generation == named.generation)
}

fn approver_policy<'a>(
    cache: &'a PolicyCache,
    facts: &RequestFacts,
) -> Option<&'a PolicyFact<ApproverPolicySpec>> {
    let review = facts.status.review.as_ref()?;
    let (uid, generation) = review.uid.as_ref().zip(review.generation)?;
    let mut existing = cache.approver.existing();
    existing.find(|one| one.uid == *uid && one.generation == generation)
}

fn policy<S: Serialize>(context: &Context, kind: &str, found: Option<&PolicyFact<S>>) -> bool {
    let Some(found) = found else { return true };
    let line = || {
        let spec = json!(found.spec);
        let entry = json!({
            "kind": kind, "name": found.name, "uid": found.uid, "generation": found.generation,
            "specDigest": digest(&spec), "spec": spec,
        });
        Line::of(Kind::Policy, context.now(), entry)
    };
    let generation = found.generation.to_string();
    context.journal.once(&found.uid, Kind::Policy, &generation, line)
}

/// Forgets what was told of policies that are gone.
pub fn forget_policies(context: &Context) {
    let cache = context.policies();
    let (eligibility, approver) = (&cache.eligibility, &cache.approver);
    let is_there = |uid: &str| {
        eligibility.generation_of(uid).is_some()
            || approver.generation_of(uid).is_some()
            || cache.settings.generation_of(uid).is_some()
    };
    context.journal.keep_only(Kind::Policy, is_there);
}

/// Waits until the lines that justify a create are in the sink; the answer in the place of AWS's where they are not.
pub async fn justified(context: &Context, record: Option<&str>, create: &Create) -> Result<(), Sent> {
    let name = record.unwrap_or_default();
    let hand_over = || {
        let mut found = true;
        for claimant in context.claimants(name) {
            found &= request(context, &claimant, &claimant.facts(&context.key));
        }
        let stored = context.record_cache.get(name);
        found && stored.is_none_or(|stored| self::record(context, &stored))
    };
    if context.journal.is_sunk_within(BEFORE_A_CREATE, hand_over).await {
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

/// What AWS answered to a create or a delete. A delete without a lease is a line of its own: nothing can be stored meanwhile.
pub fn called(context: &Context, record: Option<&str>, call: Call, key: &AssignmentKey, lease: &Lease) {
    let stored = record.and_then(|name| context.record_cache.get(name));
    if let (DELETE, Lease::Unsure(why) | Lease::HeldByAnother(why)) = (call.operation, lease) {
        let entry = json!({
            "late": true, "why": why, "call": call, "assignment": { "name": record, "key": key },
        });
        context
            .journal
            .other(Line::of(Kind::Deletion, context.now(), entry));
    }
    if let Some(stored) = stored {
        context.journal.note_call(&stored.uid, call);
    }
}

/// Hands the whole of a request over, each version of it once; whether it was, now or before.
pub fn keep_whole_request(context: &Context, stored: &StoredRequest) -> bool {
    let line = || {
        let entry = json!({ "object": stored.object() });
        Line::of(Kind::RequestRemoval, context.now(), entry)
    };
    let version = stored.resource_version();
    context
        .journal
        .once(stored.uid(), Kind::RequestRemoval, version, line)
}

/// Waits until the whole of a request is in the sink before its finalizer goes: then anybody may delete it. No, where that takes too
/// long; settings may release it without.
pub async fn has_whole_request(context: &Context, stored: &StoredRequest) -> bool {
    let hand_over = || keep_whole_request(context, stored);
    hand_over();
    context.policies().release().is_some()
        || context.journal.is_sunk_within(BEFORE_A_REMOVAL, hand_over).await
}

/// Tells once that finished requests need not wait for the journal, where settings say so.
pub fn release(context: &Context) {
    let cache = context.policies();
    if let (Some(why), Some(settings)) = (cache.release(), cache.settings.existing().next()) {
        let line = || {
            let entry = json!({ "settings": settings.uid, "why": why });
            tracing::warn!(
                why,
                "finished requests are released that the journal may not have"
            );
            Line::of(Kind::Release, context.now(), entry)
        };
        context.journal.once(&settings.uid, Kind::Release, why, line);
    }
}

/// A request is gone that was not over: somebody took its finalizer off by force.
pub fn request_disappeared(context: &Context, stored: &StoredRequest) {
    let entry = json!({ "object": stored.object() });
    context
        .journal
        .other(Line::of(Kind::RequestDisappearance, context.now(), entry));
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
