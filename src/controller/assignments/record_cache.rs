//! The newest of what the watch shows of records and of our own writes, by name and by the requests that claim them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::api::{AssignmentKey, AssignmentState};
use crate::domain::is_later_version;
use crate::domain::{Record, RecordSeal, StoredRecord};

/// Records as they were last seen or written.
pub struct RecordCache {
    inner: Mutex<Inner>,
    known: watch::Sender<bool>,
}

#[derive(Default)]
struct Inner {
    records: HashMap<String, StoredRecord>,
    /// The names of the records that a request claims.
    by_claim: HashMap<String, BTreeSet<String>>,
    /// The highest sequence seen of each object that is there, by its uid.
    sequences: HashMap<String, i64>,
    /// The uids of objects that we deleted: the watch may still show them.
    deleted: HashMap<String, String>,
    listing: Option<BTreeSet<String>>,
}

impl Default for RecordCache {
    fn default() -> Self {
        Self {
            inner: Mutex::default(),
            known: watch::Sender::new(false),
        }
    }
}

impl RecordCache {
    /// Waits until every record has been seen once.
    pub async fn is_complete(&self) {
        // It fails when the cache is gone, and then the process is ending.
        let _ = self.known.subscribe().wait_for(|known| *known).await;
    }

    /// Whether every record has been seen once.
    pub fn is_known(&self) -> bool {
        *self.known.borrow()
    }

    /// The record of this name.
    pub fn get(&self, name: &str) -> Option<StoredRecord> {
        self.inner().records.get(name).cloned()
    }

    /// The names of all.
    pub fn names(&self) -> Vec<String> {
        self.inner().records.keys().cloned().collect()
    }

    /// The names of the records on which this request has a claim.
    pub fn claimed_by(&self, uid: &str) -> BTreeSet<String> {
        self.inner().by_claim.get(uid).cloned().unwrap_or_default()
    }

    /// The states of all that can be read.
    pub fn states(&self) -> Vec<AssignmentState> {
        let inner = self.inner();
        let records = inner.records.values();
        records
            .filter_map(|stored| stored.record.as_ref().map(Record::state))
            .collect()
    }

    /// What names the assignments of those records in AWS.
    pub fn held(&self, which: impl Fn(&StoredRecord) -> bool) -> BTreeSet<AssignmentKey> {
        let inner = self.inner();
        let records = inner.records.values().filter(|record| which(record));
        records
            .filter_map(|stored| Some(stored.record.as_ref()?.key()))
            .collect()
    }

    /// Takes in a record that was seen or written; whether that is news.
    pub fn put(&self, record: StoredRecord) -> bool {
        self.inner().put(record)
    }

    /// Notes that we deleted the object with this uid. Another one may be there under its name already.
    pub fn remove(&self, name: &str, uid: &str) {
        let mut inner = self.inner();
        inner.deleted.insert(name.to_owned(), uid.to_owned());
        if inner.records.get(name).is_some_and(|known| known.uid == uid) {
            inner.remove(name);
        }
    }

    /// The watch shows that it is gone; whether that is news.
    pub fn gone(&self, record: &StoredRecord) -> bool {
        let mut inner = self.inner();
        inner.deleted.retain(|_, uid| *uid != record.uid);
        let same = inner
            .records
            .get(&record.name)
            .is_some_and(|known| known.uid == record.uid);
        same && inner.remove(&record.name).is_some()
    }

    /// A complete list begins.
    pub fn begin_list(&self) {
        self.inner().listing = Some(BTreeSet::new());
    }

    /// The list has this record; whether that is news.
    pub fn list(&self, record: StoredRecord) -> bool {
        let mut inner = self.inner();
        if let Some(listing) = inner.listing.as_mut() {
            listing.insert(record.name.clone());
        }
        inner.put(record)
    }

    /// The list is complete: the names of what is gone.
    pub fn end_list(&self) -> Vec<String> {
        let mut inner = self.inner();
        let listed = inner.listing.take().unwrap_or_default();
        inner.deleted.retain(|name, _| listed.contains(name));
        let gone = inner.records.keys().filter(|name| !listed.contains(*name));
        let gone: Vec<String> = gone.cloned().collect();
        for name in &gone {
            inner.remove(name);
        }
        drop(inner);
        self.known.send_replace(true);
        gone
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn put(&mut self, record: StoredRecord) -> bool {
        if self.deleted.get(&record.name) == Some(&record.uid) {
            return false;
        }
        if let Some(known) = self.records.get(&record.name)
            && !is_later_version(&record.version, &known.version)
        {
            return false;
        }
        let seen = self.sequences.get(&record.uid).copied();
        let record = record.after(seen);
        self.remove(&record.name);
        let content = record.record.as_ref();
        let content = content.filter(|_| record.seal != RecordSeal::Broken);
        if let Some(sequence) = content.map(|content| content.status.sequence).max(seen) {
            self.sequences.insert(record.uid.clone(), sequence);
        }
        for uid in claimants(record.record.as_ref()) {
            let names = self.by_claim.entry(uid).or_default();
            names.insert(record.name.clone());
        }
        self.records.insert(record.name.clone(), record);
        true
    }

    fn remove(&mut self, name: &str) -> Option<StoredRecord> {
        let known = self.records.remove(name)?;
        self.sequences.remove(&known.uid);
        for uid in claimants(known.record.as_ref()) {
            if let Some(names) = self.by_claim.get_mut(&uid) {
                names.remove(name);
                if names.is_empty() {
                    self.by_claim.remove(&uid);
                }
            }
        }
        Some(known)
    }
}

fn claimants(record: Option<&Record>) -> Vec<String> {
    let claims = record.into_iter().flat_map(|record| &record.status.claims);
    claims.map(|claim| claim.request.uid.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(uid: &str, version: &str) -> StoredRecord {
        StoredRecord {
            name: "record".to_owned(),
            uid: uid.to_owned(),
            version: version.to_owned(),
            deletion_requested: false,
            has_finalizer: false,
            seal: RecordSeal::Broken,
            record: None,
        }
    }

    fn version(cache: &RecordCache) -> Option<String> {
        cache.get("record").map(|record| record.version)
    }

    #[test]
    fn the_watch_never_takes_us_back_behind_our_own_write() {
        let cache = RecordCache::default();
        assert!(cache.put(stored("u", "9")));
        assert!(cache.put(stored("u", "10")));
        assert!(!cache.put(stored("u", "9")));
        assert_eq!(version(&cache).as_deref(), Some("10"));
    }

    #[test]
    fn what_we_deleted_does_not_come_back_from_a_watch_that_lags() {
        let cache = RecordCache::default();
        cache.put(stored("u", "9"));
        cache.remove("record", "u");
        assert!(!cache.put(stored("u", "8")));
        assert_eq!(version(&cache), None);
        assert!(!cache.gone(&stored("u", "11")), "we know that already");
        assert!(cache.put(stored("v", "12")), "one that was made anew is another");
    }

    #[test]
    fn what_was_made_anew_stays_when_the_old_one_is_deleted() {
        let cache = RecordCache::default();
        cache.put(stored("v", "12"));
        cache.remove("record", "u");
        assert_eq!(version(&cache).as_deref(), Some("12"));
    }

    #[test]
    fn what_a_new_list_lacks_is_gone() {
        let cache = RecordCache::default();
        cache.put(stored("u", "9"));
        cache.begin_list();
        assert!(!cache.is_known());
        assert_eq!(cache.end_list(), ["record"]);
        assert!(cache.is_known());
        assert_eq!(version(&cache), None);
    }
}
