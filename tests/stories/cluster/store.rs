//! What the API server stores, with the history that watches are served from.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::kinds::Kind;

/// Where an object is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) plural: &'static str,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Place {
    pub(crate) fn new(kind: &Kind, namespace: &str, name: &str) -> Self {
        Self {
            plural: kind.plural,
            namespace: if kind.namespaced {
                namespace.to_owned()
            } else {
                String::new()
            },
            name: name.to_owned(),
        }
    }
}

/// An object with its text, which is made once however often it is read.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) object: Arc<Value>,
    pub(crate) text: Arc<str>,
}

/// One change of one object.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) version: u64,
    pub(crate) plural: &'static str,
    pub(crate) before: Option<Arc<Value>>,
    /// The object as it is now, or as it last was, with the version of this change.
    pub(crate) object: Arc<Value>,
    pub(crate) gone: bool,
}

/// All objects.
#[derive(Debug, Default)]
pub(crate) struct Store {
    objects: BTreeMap<Place, Stored>,
    history: Vec<Change>,
    version: u64,
    uids: u64,
}

impl Store {
    /// The version of the last change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn get(&self, place: &Place) -> Option<&Stored> {
        self.objects.get(place)
    }

    /// The objects of a kind, in the order of their names.
    pub(crate) fn all<'a>(
        &'a self,
        kind: &Kind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Stored> {
        let plural = kind.plural;
        let of_kind = self
            .objects
            .iter()
            .filter(move |(place, _)| place.plural == plural);
        of_kind
            .filter(move |(place, _)| namespace.is_none_or(|namespace| place.namespace == namespace))
            .map(|(_, stored)| stored)
    }

    /// A uid that nothing had before.
    pub(crate) fn new_uid(&mut self) -> String {
        self.uids += 1;
        format!("00000000-0000-4000-8000-{:012}", self.uids)
    }

    /// Stores an object under a new version, which it gets, and gives it back.
    pub(crate) fn put(&mut self, place: &Place, mut object: Value) -> Stored {
        self.version += 1;
        object["metadata"]["resourceVersion"] = Value::String(self.version.to_string());
        let stored = Stored {
            text: object.to_string().into(),
            object: Arc::new(object),
        };
        let before = self.objects.insert(place.clone(), stored.clone());
        self.remember(place.plural, before, &stored, false);
        stored
    }

    /// Removes an object; it gets the version of its removal.
    pub(crate) fn remove(&mut self, place: &Place) -> Option<Stored> {
        let before = self.objects.remove(place)?;
        self.version += 1;
        let mut object = (*before.object).clone();
        object["metadata"]["resourceVersion"] = Value::String(self.version.to_string());
        let last = Stored {
            text: object.to_string().into(),
            object: Arc::new(object),
        };
        self.remember(place.plural, Some(before), &last, true);
        Some(last)
    }

    /// The changes of a kind after a version, oldest first.
    pub(crate) fn after<'a>(
        &'a self,
        plural: &'static str,
        version: u64,
    ) -> impl Iterator<Item = &'a Change> {
        let from = self.history.partition_point(|change| change.version <= version);
        self.history[from..]
            .iter()
            .filter(move |change| change.plural == plural)
    }

    fn remember(&mut self, plural: &'static str, before: Option<Stored>, now: &Stored, gone: bool) {
        self.history.push(Change {
            version: self.version,
            plural,
            before: before.map(|before| before.object),
            object: Arc::clone(&now.object),
            gone,
        });
    }
}
