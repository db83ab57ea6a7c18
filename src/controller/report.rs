//! What others are told: audit lines, Events, and alarms in the log.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use serde_json::{Value, json};

use super::requests::StoredRequest;
use crate::admission::API_TIMEOUT;
use crate::api::{GROUP, Phase, Reason, Timestamp, VERSION};
use crate::domain::{Alert, PolicyVersion, RecordStep, Transition};

/// The longest note that an Event takes, in bytes.
const LONGEST_NOTE: usize = 1000;

/// Where audit lines go: one JSON object a line.
pub type AuditSink = Box<dyn Write + Send>;

/// What others are told.
pub struct Report {
    recorder: Recorder,
    audit: Arc<Mutex<AuditSink>>,
}

impl Report {
    /// Events through this client, audit lines into this sink.
    pub fn new(client: kube::Client, reporter: Reporter, audit: AuditSink) -> Self {
        Self {
            recorder: Recorder::new(client, reporter),
            audit: Arc::new(Mutex::new(audit)),
        }
    }

    /// A request went from one phase to another: an audit line with what the step rests on, and an Event.
    pub fn transition(&self, request: &StoredRequest, transition: &Transition) {
        self.audit(&transition_line(request, transition));
        let Transition {
            from,
            to,
            reason,
            message,
            ..
        } = transition;
        tracing::info!(?from, ?to, reason = reason.as_str(), message, "transition");
        let warn = matches!(to, Phase::Denied | Phase::Failed);
        self.event(&reference(request), warn, *reason, to.as_str(), message);
    }

    /// Something that must not go unnoticed.
    pub fn alert(&self, request: &StoredRequest, alert: &Alert) {
        tracing::error!(
            reason = alert.reason.as_str(),
            request = request.full_name(),
            "{}",
            alert.sentence
        );
        self.event(&reference(request), true, alert.reason, "Alert", &alert.sentence);
    }

    /// Something about an assignment that must not go unnoticed: told about the record, and about the requests that claim it.
    pub fn record_alert(&self, name: &str, uid: &str, claimants: &[StoredRequest], alert: &Alert) {
        tracing::error!(
            reason = alert.reason.as_str(),
            record = name,
            "{}",
            alert.sentence
        );
        let record = ObjectReference {
            api_version: Some(format!("{GROUP}/{VERSION}")),
            kind: Some("AccountAssignment".to_owned()),
            name: Some(name.to_owned()),
            uid: Some(uid.to_owned()),
            ..ObjectReference::default()
        };
        let requests = claimants.iter().map(reference);
        for regarding in std::iter::once(record).chain(requests) {
            self.event(&regarding, true, alert.reason, "Alert", &alert.sentence);
        }
    }

    /// A record moved on: an audit line.
    pub fn record_step(&self, step: &RecordStep) {
        tracing::info!(record = step.name, from = ?step.from, to = ?step.to, "assignment");
        self.audit(&record_line(step));
    }

    /// The access of a request ends soon.
    pub fn ends_soon(&self, request: &StoredRequest, end: Timestamp) {
        let note = format!("The access ends at {end}.");
        self.event(
            &reference(request),
            false,
            Reason::AccessEndsSoon,
            "Notice",
            &note,
        );
    }

    /// The whole object, before it is deleted.
    pub fn removed(&self, request: &StoredRequest, now: Timestamp) {
        self.audit(&json!({ "event": "RequestRemoved", "time": now, "object": request.object() }));
    }

    /// One line for the auditors.
    pub fn audit(&self, line: &Value) {
        let mut sink = self.audit.lock().unwrap_or_else(PoisonError::into_inner);
        // In one write: whoever reads along, or a crash, finds no half of a line.
        let whole = format!("{line}\n");
        if let Err(error) = sink.write_all(whole.as_bytes()).and_then(|()| sink.flush()) {
            tracing::error!(%error, %line, "an audit line could not be written");
        }
    }

    /// Events are a courtesy: nobody waits for them, and one that is lost holds nothing up.
    pub fn event(&self, regarding: &ObjectReference, warn: bool, reason: Reason, action: &str, note: &str) {
        let mut note = note.to_owned();
        let end = (0..=LONGEST_NOTE)
            .rev()
            .find(|end| note.is_char_boundary(*end))
            .unwrap_or(0);
        note.truncate(end);
        let event = Event {
            type_: if warn {
                EventType::Warning
            } else {
                EventType::Normal
            },
            reason: reason.as_str().to_owned(),
            note: Some(note),
            action: action.to_owned(),
            secondary: None,
        };
        let (recorder, regarding) = (self.recorder.clone(), regarding.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(API_TIMEOUT, recorder.publish(&event, &regarding)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "an Event was not published"),
                Err(_) => tracing::debug!("an Event was not published: no answer"),
            }
        });
    }
}

/// The request, as Events refer to it.
pub fn reference(request: &StoredRequest) -> ObjectReference {
    ObjectReference {
        api_version: Some(format!("{GROUP}/{VERSION}")),
        kind: Some("ElevationRequest".to_owned()),
        namespace: Some(request.namespace().to_owned()),
        name: Some(request.name().to_owned()),
        uid: Some(request.uid().to_owned()),
        ..ObjectReference::default()
    }
}

/// The step with the facts and the verdicts that it rests on, from the status as it was stored with it.
fn transition_line(request: &StoredRequest, transition: &Transition) -> Value {
    let Transition {
        from,
        to,
        reason,
        message,
        eligibility_policy,
        approver_policy,
        counted,
        at,
    } = transition;
    let policy = |policy: &Option<PolicyVersion>| {
        policy
            .as_ref()
            .map(|policy| json!({ "name": policy.name, "uid": policy.uid, "generation": policy.generation }))
    };
    let (spec, status) = (&request.object()["spec"], &request.object()["status"]);
    json!({
        "event": "Transition",
        "time": at,
        "request": { "namespace": request.namespace(), "name": request.name(), "uid": request.uid() },
        "from": from,
        "to": to,
        "reason": reason,
        "message": message,
        "spec": spec,
        "requester": status["requester"],
        "access": status["access"],
        "eligibilityPolicy": policy(eligibility_policy),
        "approverPolicy": policy(approver_policy),
        "counted": counted,
        "verdicts": status["review"]["verdicts"],
        "approvals": status["approvals"],
        "window": status["window"],
        "assignment": status["assignment"],
        "ending": status["ending"],
    })
}

/// The step of a record, with whose claims ended or were confirmed by it.
fn record_line(step: &RecordStep) -> Value {
    let RecordStep {
        name,
        key,
        sequence,
        from,
        to,
        ended,
        confirmed,
        access_ended: _, // the claims say it
        time,
    } = step;
    let ended: Vec<Value> = ended
        .iter()
        .map(|(request, reason)| json!({ "request": request, "reason": reason }))
        .collect();
    json!({
        "event": "AssignmentStep",
        "time": time,
        "assignment": name,
        "key": key,
        "sequence": sequence,
        "from": from,
        "to": to,
        "ended": ended,
        "confirmed": confirmed,
    })
}
