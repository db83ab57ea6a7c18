//! What the watches brought, and what is known of the reports.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use kube::api::DynamicObject;
use kube::runtime::watcher::Event;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::api::{
    ElevationRequestSpec, ElevationRequestStatus, NotificationChannel, RequestReportSpec, TeamSettingsSpec,
    TeamSettingsStatus, Timestamp,
};
use crate::domain::notification::{Subject, Told};

/// The objects that are told of, and the channels.
#[derive(Default)]
pub(super) struct Memory {
    state: Mutex<State>,
    /// Something changed.
    pub(super) changed: Notify,
}

/// Which kind of object a watch is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Watched {
    Requests,
    Channels,
    Settings,
}

#[derive(Default)]
struct State {
    told: BTreeMap<String, Told>,
    channels: BTreeMap<String, NotificationChannel>,
    settings: Option<TeamSettingsSpec>,
    /// Objects that a list that has not ended has brought.
    listed: BTreeMap<Watched, BTreeSet<String>>,
    read: BTreeSet<Watched>,
    dirty: BTreeSet<String>,
    channels_changed: bool,
}

impl Memory {
    /// Takes an event of a watch.
    pub(super) fn take(&self, kind: Watched, event: Event<DynamicObject>) {
        let mut state = self.lock();
        match event {
            Event::Init => drop(state.listed.insert(kind, BTreeSet::new())),
            Event::InitApply(object) => {
                let key = key_of(&object, kind);
                state.listed.entry(kind).or_default().insert(key);
                state.put(kind, &object);
            }
            Event::InitDone => {
                let listed = state.listed.remove(&kind).unwrap_or_default();
                state.keep_only(kind, &listed);
                state.read.insert(kind);
            }
            Event::Apply(object) => state.put(kind, &object),
            Event::Delete(object) => state.remove(kind, &key_of(&object, kind)),
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Whether every watch has brought what there is.
    pub(super) fn is_read(&self) -> bool {
        self.lock().read.len() == 3
    }

    /// Objects that changed since the last call; all of them when a channel or the settings did.
    pub(super) fn take_dirty(&self) -> BTreeSet<String> {
        let mut state = self.lock();
        if std::mem::take(&mut state.channels_changed) {
            state.dirty.clear();
            return state.told.keys().cloned().collect();
        }
        std::mem::take(&mut state.dirty)
    }

    /// One object.
    pub(super) fn told(&self, uid: &str) -> Option<Told> {
        self.lock().told.get(uid).cloned()
    }

    /// Whether the object is still there.
    pub(super) fn has(&self, uid: &str) -> bool {
        self.lock().told.contains_key(uid)
    }

    /// Every channel.
    pub(super) fn channels(&self) -> Vec<NotificationChannel> {
        self.lock().channels.values().cloned().collect()
    }

    /// The settings, where there are some.
    pub(super) fn settings(&self) -> Option<TeamSettingsSpec> {
        self.lock().settings.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put(&mut self, kind: Watched, object: &DynamicObject) {
        match kind {
            Watched::Requests => {
                if let Some(told) = request(object) {
                    self.put_told(told);
                }
            }
            Watched::Settings => {
                self.settings = serde_json::from_value(or_empty(&object.data["spec"])).ok();
                if let Some(told) = settings(object) {
                    self.put_told(told);
                }
            }
            Watched::Channels => self.put_channel(object),
        }
    }

    fn put_told(&mut self, told: Told) {
        let uid = told.about.uid.clone();
        if self.told.get(&uid) != Some(&told) {
            self.told.insert(uid.clone(), told);
            self.dirty.insert(uid);
        }
    }

    fn put_channel(&mut self, object: &DynamicObject) {
        let name = object.metadata.name.clone().unwrap_or_default();
        match serde_json::from_value::<NotificationChannel>(json!(object)) {
            Ok(channel) => {
                let before = self.channels.insert(name, channel.clone());
                let mark = |channel: &NotificationChannel| {
                    let status = channel.status.as_ref();
                    (
                        channel.spec.clone(),
                        status.and_then(|status| status.since),
                        channel.metadata.annotations.clone(),
                    )
                };
                // Its own status, which changes with each delivery, makes nothing wanted.
                if before.is_none_or(|before| mark(&before) != mark(&channel)) {
                    self.channels_changed = true;
                }
            }
            Err(error) => {
                tracing::warn!(channel = name, %error, "a NotificationChannel could not be read, and nothing is sent to it");
                self.channels.remove(&name);
            }
        }
    }

    fn remove(&mut self, kind: Watched, key: &str) {
        match kind {
            Watched::Channels => {
                self.channels.remove(key);
                self.channels_changed = true;
            }
            Watched::Requests => {
                self.told.remove(key);
                // What is known of it is forgotten with the next look.
                self.dirty.insert(key.to_owned());
            }
            Watched::Settings => {
                self.told.remove(key);
                self.settings = None;
            }
        }
    }

    fn keep_only(&mut self, kind: Watched, listed: &BTreeSet<String>) {
        let is_of_kind =
            |told: &Told| matches!(told.subject, Subject::Request(_)) == (kind == Watched::Requests);
        match kind {
            Watched::Channels => self.channels.retain(|name, _| listed.contains(name)),
            Watched::Requests | Watched::Settings => {
                self.told
                    .retain(|uid, told| !is_of_kind(told) || listed.contains(uid));
            }
        }
        if kind == Watched::Channels {
            self.channels_changed = true;
        }
    }
}

fn key_of(object: &DynamicObject, kind: Watched) -> String {
    let metadata = &object.metadata;
    let key = if kind == Watched::Channels {
        &metadata.name
    } else {
        &metadata.uid
    };
    key.clone().unwrap_or_default()
}

/// A request as it can be read; one whose status does not fit our types is told of when it does.
fn request(object: &DynamicObject) -> Option<Told> {
    let spec: ElevationRequestSpec = serde_json::from_value(object.data["spec"].clone()).ok()?;
    let status: ElevationRequestStatus = serde_json::from_value(or_empty(&object.data["status"])).ok()?;
    told(
        object,
        "ElevationRequest",
        Subject::Request(Box::new((spec, status))),
    )
}

fn settings(object: &DynamicObject) -> Option<Told> {
    let status: TeamSettingsStatus = serde_json::from_value(or_empty(&object.data["status"])).ok()?;
    told(object, "TeamSettings", Subject::Settings(status.conditions))
}

fn told(object: &DynamicObject, kind: &str, subject: Subject) -> Option<Told> {
    let metadata = &object.metadata;
    Some(Told {
        about: RequestReportSpec {
            kind: kind.to_owned(),
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone()?,
            uid: metadata.uid.clone()?,
        },
        created: created(object)?,
        subject,
    })
}

fn created(object: &DynamicObject) -> Option<Timestamp> {
    let created = object.metadata.creation_timestamp.as_ref()?.0.as_second();
    DateTime::<Utc>::from_timestamp(created, 0).map(Timestamp::from)
}

fn or_empty(value: &Value) -> Value {
    if value.is_null() { json!({}) } else { value.clone() }
}
