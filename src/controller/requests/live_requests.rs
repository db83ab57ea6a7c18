//! The live requests by uid, and by the record that they name: what an assignment machine is shown.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use kube::api::DynamicObject;
use kube::runtime::reflector::Store;
use kube::runtime::watcher::Event;
use tokio::sync::watch;

use super::stored_request::StoredRequest;

/// The live requests, as the watch shows them.
#[derive(Default)]
pub struct LiveRequests {
    store: OnceLock<Store<DynamicObject>>,
    index: Mutex<Index>,
    known: watch::Sender<bool>,
}

/// A request that changed: the records that it names, or named.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Its uid.
    pub uid: String,
    /// The names of the records.
    pub records: BTreeSet<String>,
}

#[derive(Default)]
struct Index {
    entries: HashMap<String, Entry>,
    by_record: BTreeMap<String, BTreeSet<String>>,
    listing: Option<BTreeSet<String>>,
}

struct Entry {
    /// The request as the watch showed it last: read once, however often it is looked at.
    stored: StoredRequest,
    record: Option<String>,
}

impl LiveRequests {
    /// Takes the store of the watch; once.
    pub fn set_store(&self, store: Store<DynamicObject>) {
        // A second one would be the store of a second watch, and there is none.
        drop(self.store.set(store));
    }

    /// Waits until the watch has shown every live request. The store's own way to wait wakes only one of those who wait.
    pub async fn are_known(&self) {
        // It fails when these are gone, and then the process is ending.
        let _ = self.known.subscribe().wait_for(|known| *known).await;
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<DynamicObject>> {
        self.store.get().map(Store::state).unwrap_or_default()
    }

    /// One.
    pub fn get(&self, uid: &str) -> Option<StoredRequest> {
        self.index().entries.get(uid).map(|entry| entry.stored.clone())
    }

    /// The uids of those that name this record.
    pub fn naming(&self, record: &str) -> BTreeSet<String> {
        self.index().by_record.get(record).cloned().unwrap_or_default()
    }

    /// The names of all records that live requests name.
    pub fn records(&self) -> Vec<String> {
        self.index().by_record.keys().cloned().collect()
    }

    /// Takes in what the watch says; which requests moved.
    pub fn take(&self, event: &Event<DynamicObject>) -> Vec<Moved> {
        let mut index = self.index();
        match event {
            Event::Init => {
                index.listing = Some(BTreeSet::new());
                vec![]
            }
            Event::InitApply(object) => {
                if let Some(listing) = index.listing.as_mut() {
                    listing.insert(object.metadata.uid.clone().unwrap_or_default());
                }
                vec![index.put(object)]
            }
            Event::Apply(object) => vec![index.put(object)],
            Event::InitDone => {
                let listed = index.listing.take().unwrap_or_default();
                let gone = index.entries.keys().filter(|uid| !listed.contains(*uid));
                let gone: Vec<String> = gone.cloned().collect();
                let moved = gone.iter().map(|uid| index.remove(uid)).collect();
                self.known.send_replace(true);
                moved
            }
            Event::Delete(object) => {
                vec![index.remove(object.metadata.uid.as_deref().unwrap_or_default())]
            }
        }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    fn put(&mut self, object: &DynamicObject) -> Moved {
        let metadata = &object.metadata;
        let mut moved = self.remove(metadata.uid.as_deref().unwrap_or_default());
        let record = object.data["status"]["assignment"]["name"]
            .as_str()
            .map(ToOwned::to_owned);
        if let Some(record) = &record {
            let naming = self.by_record.entry(record.clone()).or_default();
            naming.insert(moved.uid.clone());
            moved.records.insert(record.clone());
        }
        let entry = Entry {
            stored: StoredRequest::new(object),
            record,
        };
        self.entries.insert(moved.uid.clone(), entry);
        moved
    }

    fn remove(&mut self, uid: &str) -> Moved {
        let record = self.entries.remove(uid).and_then(|entry| entry.record);
        if let Some(record) = &record
            && let Some(naming) = self.by_record.get_mut(record)
        {
            naming.remove(uid);
            if naming.is_empty() {
                self.by_record.remove(record);
            }
        }
        Moved {
            uid: uid.to_owned(),
            records: record.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(uid: &str, record: Option<&str>) -> DynamicObject {
        let assignment = record.map(|name| json!({ "name": name }));
        let object = json!({
            "metadata": { "uid": uid, "namespace": "orders", "name": uid },
            "status": { "assignment": assignment },
        });
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_request_is_found_by_the_record_that_it_names_now() {
        let live = LiveRequests::default();
        live.take(&Event::Apply(object("u", None)));
        assert!(live.naming("one").is_empty());
        live.take(&Event::Apply(object("u", Some("one"))));
        assert_eq!(live.naming("one"), BTreeSet::from(["u".to_owned()]));
        let moved = live.take(&Event::Apply(object("u", Some("two"))));
        let both = BTreeSet::from(["one".to_owned(), "two".to_owned()]);
        assert_eq!(moved[0].records, both, "both records have to look");
        assert_eq!(live.records(), ["two"]);
    }

    #[tokio::test]
    async fn everybody_who_waits_for_the_first_list_is_woken() {
        let live = LiveRequests::default();
        let waiting = futures::future::join(live.are_known(), live.are_known());
        let listing = async {
            tokio::task::yield_now().await;
            live.take(&Event::Init);
            live.take(&Event::InitDone);
        };
        futures::future::join(waiting, listing).await;
    }

    #[test]
    fn what_a_new_list_lacks_is_gone_and_its_record_has_to_look() {
        let live = LiveRequests::default();
        live.take(&Event::Apply(object("u", Some("one"))));
        live.take(&Event::Init);
        live.take(&Event::InitApply(object("v", None)));
        let moved = live.take(&Event::InitDone);
        assert_eq!(moved.len(), 1);
        assert_eq!((moved[0].uid.as_str(), moved[0].records.len()), ("u", 1));
        assert!(live.records().is_empty());
    }
}
