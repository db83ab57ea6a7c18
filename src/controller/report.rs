//! What others are told: lines of the journal, Events, and alarms in the log.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use serde_json::json;

use super::requests::StoredRequest;
use crate::admission::API_TIMEOUT;
use crate::api::{GROUP, Phase, Reason, Timestamp, VERSION};
use crate::domain::journal::{Kind, Line};
use crate::domain::{Alert, RecordStep, Transition};
use crate::journal::Journal;

/// The longest note that an Event takes, in bytes.
const LONGEST_NOTE: usize = 1000;

/// What others are told.
pub struct Report {
    recorder: Recorder,
    journal: Journal,
}

impl Report {
    /// Events through this client, alerts into this journal.
    pub fn new(client: kube::Client, reporter: Reporter, journal: Journal) -> Self {
        Self {
            recorder: Recorder::new(client, reporter),
            journal,
        }
    }

    /// A request went from one phase to another: an Event. The journal derives its line from the history.
    pub fn transition(&self, request: &StoredRequest, transition: &Transition) {
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
    pub fn alert(&self, request: &StoredRequest, alert: &Alert, now: Timestamp) {
        let about = json!({ "namespace": request.namespace(), "name": request.name(), "uid": request.uid() });
        self.note(alert, &json!({ "request": about }), now);
        tracing::error!(
            reason = alert.reason.as_str(),
            request = request.full_name(),
            "{}",
            alert.sentence
        );
        self.event(&reference(request), true, alert.reason, "Alert", &alert.sentence);
    }

    /// Something about an assignment that must not go unnoticed: told about the record, and about the requests that claim it.
    pub fn record_alert(
        &self,
        name: &str,
        uid: &str,
        claimants: &[StoredRequest],
        alert: &Alert,
        now: Timestamp,
    ) {
        self.note(alert, &json!({ "assignment": { "name": name, "uid": uid } }), now);
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

    /// A record moved on. The journal derives its line from the record.
    pub fn record_step(step: &RecordStep) {
        tracing::info!(record = step.name, from = ?step.from, to = ?step.to, "assignment");
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

    /// An alert in the journal, with what it is about.
    pub fn note(&self, alert: &Alert, about: &serde_json::Value, now: Timestamp) {
        let mut entry = about.clone();
        entry["reason"] = json!(alert.reason);
        entry["message"] = json!(alert.sentence);
        self.journal.other(Line::of(Kind::Alert, now, entry));
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
