//! What the journal is told: pure functions from what is stored to lines.
//!
//! A line has an `entry` and `facts`. The entry is what is stored under a seal: whoever leads next derives the same one again. The
//! facts are what it rested on, as far as the writer of the line knew.

mod around;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::assignment::{RecordSeal, StoredRecord};
use super::snapshot::{RequestFacts, SealCheck};
use crate::api::{Approval, HistoryEntry, Review, Timestamp, Verdict};
pub use around::{Around, Call};

/// What a line is about: the same key has the same entry, whoever writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Key {
    /// The uid of the request or record.
    pub uid: String,
    /// The sequence of the history entry, or of the record.
    pub sequence: i64,
}

/// The kinds of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Kind {
    /// The tree begins.
    Origin,
    /// A replica leads from now on.
    Leadership,
    /// A step of a request: one entry of its history.
    RequestStep,
    /// A stored step of an AccountAssignment.
    RecordStep,
    /// An AccountAssignment was removed.
    RecordRemoval,
    /// What the controller made of one entry of status.approvals.
    Verdict,
    /// Something that must not go unnoticed.
    Alert,
    /// What the guard sees of the admission policies changed.
    Guard,
    /// A policy or the settings, as they were when a line first named them.
    Policy,
    /// A request is about to lose its finalizer, or to be deleted: the whole object.
    RequestRemoval,
    /// A request is gone that this process still remembers as live: the whole object as it was seen last.
    RequestDisappearance,
    /// Access was deleted while this process was not sure of its lease.
    Deletion,
    /// Somebody asked that finished requests need not wait for the journal.
    Release,
    /// The last lines under a key: the next key, and the tree that begins with it.
    KeyRotation,
    /// An object whose seal does not hold: the whole of it, and nothing is derived from it.
    BrokenSeal,
    /// Lines of other kinds than steps were dropped because the sink could not take them.
    LinesDropped,
}

impl Kind {
    /// Whether the line can be derived again from what is stored.
    pub const fn is_entry(self) -> bool {
        matches!(self, Kind::RequestStep | Kind::RecordStep)
    }
}

/// A line that has no place in the tree yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it tells.
    pub kind: Kind,
    /// When that was.
    pub time: Timestamp,
    /// What it is about, where it can be derived again.
    pub key: Option<Key>,
    /// What is stored.
    pub entry: Value,
    /// What it rested on.
    pub facts: Value,
}

impl Line {
    /// A line about something that happened.
    pub fn of(kind: Kind, time: Timestamp, entry: Value) -> Self {
        Self {
            kind,
            time,
            key: None,
            entry,
            facts: Value::Null,
        }
    }
}

/// The steps of a request after this one of its history; none of one whose seal does not hold.
pub fn steps_after(request: &RequestFacts, told: i64, around: &Around) -> Vec<Line> {
    if request.seal != SealCheck::Valid {
        return vec![];
    }
    let new = request
        .status
        .history
        .iter()
        .filter(|entry| entry.sequence > told);
    new.map(|entry| step(request, entry, around)).collect()
}

fn step(request: &RequestFacts, entry: &HistoryEntry, around: &Around) -> Line {
    Line {
        kind: Kind::RequestStep,
        time: entry.time,
        key: Some(Key {
            uid: request.uid.clone(),
            sequence: entry.sequence,
        }),
        entry: json!({ "request": request.claim_request(), "step": entry }),
        facts: facts_of(request, around),
    }
}

/// What a request says of itself beside its history, and what it rested on.
fn facts_of(request: &RequestFacts, around: &Around) -> Value {
    let (spec, status) = (&request.spec, &request.status);
    let review = status.review.as_ref();
    let verdicts = |review: &Review| -> Vec<Value> {
        let all = review.verdicts.iter();
        all.map(|one| verdict(request, one, around)).collect()
    };
    let mut facts = json!({
        "created": request.created_at,
        "spec": spec,
        "requester": status.requester,
        "access": status.access,
        "eligibilityPolicy": status.eligibility.as_ref().map(|eligibility| {
            around.with_digest(json!(eligibility), &eligibility.uid, eligibility.generation)
        }),
        "approverPolicy": review.and_then(|review| {
            let (uid, generation) = (review.uid.as_ref()?, review.generation?);
            let policy = json!({ "name": review.policy.as_ref()?, "uid": uid, "generation": generation });
            Some(around.with_digest(policy, uid, generation))
        }),
        "settings": around.settings,
        "verdicts": review.map(verdicts),
        "window": status.window,
        "assignment": status.assignment,
        "record": around.record,
        "call": around.call,
        "ending": status.ending,
        "recovered": around.is_recovered.then_some(true),
    });
    if let Some(fields) = facts.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    facts
}

/// A verdict with the entry that it judges, as the person wrote it, the digest of that, and whom the subject that matched names.
fn verdict(request: &RequestFacts, verdict: &Verdict, around: &Around) -> Value {
    let mut approvals = request.status.approvals.iter();
    let entry =
        approvals.find(|entry| (&entry.approver, entry.decision) == (&verdict.approver, verdict.decision));
    let mut told = json!(verdict);
    if let Some(entry) = entry {
        told["entry"] = json!(entry);
        told["entryDigest"] = json!(entry_digest(entry));
    }
    if let Some(matched) = around.matched(verdict) {
        told["matched"] = matched.clone();
    }
    told
}

/// SHA-256 of an entry of status.approvals, as JSON with its keys in order and no white space.
fn entry_digest(entry: &Approval) -> String {
    digest(&json!(entry))
}

/// SHA-256 of a JSON value with its keys in order and no white space.
pub fn digest(value: &Value) -> String {
    digest_of(value.to_string().as_bytes())
}

/// SHA-256 of bytes, with the name of the function before it.
pub fn digest_of(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter()
        .fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// The verdicts that a write added or changed; none of a status whose seal does not hold.
pub fn new_verdicts(
    before: &RequestFacts,
    after: &RequestFacts,
    around: &Around,
    now: Timestamp,
) -> Vec<Line> {
    if after.seal != SealCheck::Valid {
        return vec![];
    }
    let verdicts = |request: &RequestFacts| -> Vec<Verdict> {
        let review = request.status.review.iter();
        review.flat_map(|review| review.verdicts.clone()).collect()
    };
    let known = verdicts(before);
    let new = verdicts(after).into_iter().filter(|one| !known.contains(one));
    let line = |one: Verdict| {
        let entry = json!({ "request": after.claim_request(), "verdict": verdict(after, &one, around) });
        Line::of(Kind::Verdict, now, entry)
    };
    new.map(line).collect()
}

/// The newest step of a record; none of one whose seal does not hold.
pub fn record_step(
    stored: &StoredRecord,
    now: Timestamp,
    call: Option<&Call>,
    is_recovered: bool,
) -> Option<Line> {
    let record = stored
        .record
        .as_ref()
        .filter(|_| stored.seal != RecordSeal::Broken)?;
    let mut status = record.status.clone();
    status.seal = None;
    let mut facts = json!({ "call": call, "recovered": is_recovered.then_some(true) });
    if let Some(fields) = facts.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    Some(Line {
        kind: Kind::RecordStep,
        time: now,
        key: Some(Key {
            uid: stored.uid.clone(),
            sequence: status.sequence,
        }),
        entry: json!({
            "assignment": { "name": stored.name, "uid": stored.uid }, "spec": record.spec, "status": status,
        }),
        facts,
    })
}
