//! The part of the small API server that keeps records, with everything that they ever were.

use std::rc::Rc;

use team_operator::api::AssignmentState;
use team_operator::domain::{Record, RecordSeal, RecordWrite, StoredRecord};

use crate::cluster::{Change, Cluster, Landed, RecordVersion, WriteError};
use crate::truth::{Key, key};

/// Whether a record says that its assignment may be there, and that nobody is taking it away.
pub(crate) fn is_there(record: &Record) -> bool {
    matches!(
        record.state(),
        AssignmentState::Creating | AssignmentState::Present
    )
}

impl Cluster {
    pub(crate) fn land_record(&mut self, t: i64, write: &RecordWrite) -> Result<Landed, WriteError> {
        let before = self.records.get(&write.name).cloned();
        let there = before
            .as_ref()
            .map(|stored| (stored.uid.clone(), stored.version.clone()));
        if there != write.base {
            return Err(WriteError::Conflict);
        }
        let after = match &write.record {
            None => {
                self.remove_record(t, &write.name, true);
                None
            }
            Some(record) => {
                let (uid, seal) = match &write.base {
                    Some((uid, _)) => (uid.clone(), RecordSeal::Valid),
                    None => (self.fresh("record"), RecordSeal::OfCreation),
                };
                let deletion_requested = before.as_ref().is_some_and(|before| before.deletion_requested);
                let stored = StoredRecord {
                    name: write.name.clone(),
                    uid,
                    version: String::new(),
                    deletion_requested,
                    has_finalizer: write.finalizer,
                    seal,
                    record: Some(record.clone()),
                };
                self.put_record(t, stored, true)
            }
        };
        Ok(Landed::Record { before, after })
    }

    /// Stores a record, whoever does it; one that is deleted and has no finalizer goes.
    pub(crate) fn put_record(
        &mut self,
        t: i64,
        mut stored: StoredRecord,
        genuine: bool,
    ) -> Option<Rc<StoredRecord>> {
        self.version += 1;
        stored.version = self.version.to_string();
        if stored.deletion_requested && !stored.has_finalizer {
            self.remove_record(t, &stored.name, genuine);
            return None;
        }
        let stored = Rc::new(stored);
        self.records.insert(stored.name.clone(), stored.clone());
        self.changes.push((t, Change::Record(stored.clone())));
        self.remember(t, &stored.name, Some(stored.clone()), genuine);
        Some(stored)
    }

    pub(crate) fn remove_record(&mut self, t: i64, name: &str, genuine: bool) {
        if self.records.remove(name).is_some() {
            self.version += 1;
            self.changes.push((t, Change::RecordGone(name.to_owned())));
            self.remember(t, name, None, genuine);
        }
    }

    fn remember(&mut self, t: i64, name: &str, record: Option<Rc<StoredRecord>>, genuine: bool) {
        if genuine {
            self.tampered.remove(name);
        } else {
            self.tampered.insert(name.to_owned());
        }
        if let Some(content) = record.as_ref().and_then(|stored| stored.record.as_ref()) {
            let about = key(&content.key());
            self.names_of
                .entry(about)
                .or_insert_with(|| (name.to_owned(), false))
                .1 |= genuine;
        }
        let past = self.past.entry(name.to_owned()).or_default();
        past.push(RecordVersion { t, genuine, record });
    }

    /// Whether the controller wrote this version of a record.
    pub(crate) fn was_written(&self, stored: &StoredRecord) -> bool {
        let mut past = self.past.get(&stored.name).into_iter().flatten();
        let is_this = |version: &&RecordVersion| {
            let record = version.record.as_ref();
            record.is_some_and(|record| record.version == stored.version)
        };
        past.find(is_this).is_none_or(|version| version.genuine)
    }

    /// What the controller wrote last before this version.
    pub(crate) fn last_before(&self, stored: &StoredRecord) -> Option<Record> {
        let number = |version: &str| version.parse::<u64>().unwrap_or(0);
        let past = self.past.get(&stored.name)?.iter().rev();
        let mut written = past.filter(|version| version.genuine && !version.is_made_anew());
        written.find_map(|version| {
            let record = version.record.as_ref()?;
            let earlier = number(&record.version) < number(&stored.version);
            record.record.clone().filter(|_| earlier)
        })
    }

    /// The newest version of a record that the controller wrote; `None` also when it removed it last.
    pub(crate) fn genuine(&self, name: &str) -> Option<Rc<StoredRecord>> {
        let past = self.past.get(name)?;
        past.iter().rev().find(|version| version.genuine)?.record.clone()
    }

    /// The name of the record about that, if there ever was one, and whether the controller ever wrote it.
    pub(crate) fn name_of(&self, about: &Key) -> Option<(&str, bool)> {
        let (name, written) = self.names_of.get(about)?;
        Some((name, *written))
    }

    /// Whether what is stored is what the controller wrote last.
    pub(crate) fn is_genuine(&self, name: &str) -> bool {
        !self.tampered.contains(name)
    }
}
