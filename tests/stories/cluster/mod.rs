//! A small API server in memory: enough of a real one for kube's clients and watches, for our definitions with their rules,
//! and for our admission policies.
//!
//! - **Everything is done at once**: a call has no waiting in it, so that nothing happens between two of its steps.
//! - **Who speaks is given with each call**, as the real server knows it from a token. Roles are not here: people do in
//!   stories what their roles let them do; the verb `revoke` alone is asked for.
//! - **A watch never ends** but with the server: real ones end every few minutes, which `tests/it` sees.

pub(crate) mod access;
pub(crate) mod kinds;
pub(crate) mod patch;
pub(crate) mod policies;
pub(crate) mod refusal;
pub(crate) mod schema;
pub(crate) mod selector;
pub(crate) mod service;
pub(crate) mod store;
pub(crate) mod writes;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;
use tokio::sync::watch;

use self::access::Access;
use self::kinds::Kind;
use self::store::{Place, Store, Stored};
use crate::chronicle::Chronicle;

/// The API server. Clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    store: Arc<Mutex<Store>>,
    pub(crate) chronicle: Chronicle,
    /// The version of the last change, for watches.
    versions: Arc<watch::Sender<u64>>,
    /// How well controllers reach it.
    pub(crate) access: Access,
    /// Whether watches of policies and settings show what changes.
    shows_rules: Arc<watch::Sender<bool>>,
    /// Who holds the verb `revoke` on requests, everywhere.
    may_revoke: Arc<BTreeSet<String>>,
}

impl Cluster {
    pub(crate) fn new(chronicle: Chronicle, may_revoke: &[&str]) -> Self {
        Self {
            store: Arc::default(),
            chronicle,
            versions: Arc::new(watch::Sender::new(0)),
            access: Access::new(),
            shows_rules: Arc::new(watch::Sender::new(true)),
            may_revoke: Arc::new(may_revoke.iter().map(|name| (*name).to_owned()).collect()),
        }
    }

    /// Whether watches of policies and settings show what changes from now on.
    pub(crate) fn show_rules(&self, shown: bool) {
        self.shows_rules.send_replace(shown);
    }

    /// One object, as it is.
    pub(crate) fn object(&self, kind: &Kind, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let store = self.store();
        let found = store.get(&Place::new(kind, namespace, name));
        found.map(|stored| Arc::clone(&stored.object))
    }

    /// All objects of a kind, in the order of their names.
    pub(crate) fn objects(&self, kind: &Kind) -> Vec<Arc<Value>> {
        let store = self.store();
        store
            .all(kind, None)
            .map(|stored| Arc::clone(&stored.object))
            .collect()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    fn stored(&self, place: &Place) -> Option<Stored> {
        self.store().get(place).cloned()
    }
}
