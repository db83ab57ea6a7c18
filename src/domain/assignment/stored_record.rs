//! A record as an object: as the API server has it, and as it is written.

use chrono::TimeDelta;

use crate::api::AssignmentState;

use super::record::Record;

/// A record as the API server has it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRecord {
    /// The name of the object.
    pub name: String,
    /// The uid of the object.
    pub uid: String,
    /// The resourceVersion that was read: the next write names it.
    pub version: String,
    /// Whether somebody asked for its deletion.
    pub deletion_requested: bool,
    /// Whether our finalizer is on it.
    pub has_finalizer: bool,
    /// Whether it is what the controller wrote.
    pub seal: RecordSeal,
    /// What it says; `None` when it cannot be read.
    pub record: Option<Record>,
}

impl StoredRecord {
    /// This record, as one believes it who has seen this sequence of the same object: a lower one is of before, and somebody wrote
    /// it back.
    #[must_use]
    pub fn after(mut self, seen: Option<i64>) -> Self {
        let sequence = self.record.as_ref().map(|record| record.status.sequence);
        if sequence < seen {
            self.seal = RecordSeal::Broken;
        }
        self
    }

    /// The write that replaces what is stored.
    pub fn replace(&self, record: Record, patience: Option<TimeDelta>) -> RecordWrite {
        let finalizer = record.state() != AssignmentState::Absent || self.deletion_requested;
        RecordWrite {
            name: self.name.clone(),
            base: Some((self.uid.clone(), self.version.clone())),
            record: Some(record.next_version()),
            finalizer,
            patience,
        }
    }

    /// The write that removes the object.
    pub fn delete(&self) -> RecordWrite {
        RecordWrite {
            name: self.name.clone(),
            base: Some((self.uid.clone(), self.version.clone())),
            record: None,
            finalizer: false,
            patience: None,
        }
    }
}

/// Whether a record is what the controller wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordSeal {
    /// It is.
    Valid,
    /// It bears the seal of the write that created it, which knew no uid yet: Absent, with its first claim.
    OfCreation,
    /// It is not.
    Broken,
}

/// A write of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordWrite {
    /// The name of the object.
    pub name: String,
    /// The uid and the resourceVersion that the write rests on; `None` creates the object.
    pub base: Option<(String, String)>,
    /// What is written; `None` deletes the object.
    pub record: Option<Record>,
    /// Whether our finalizer is on it afterwards.
    pub finalizer: bool,
    /// How long an end may wait for this write.
    pub patience: Option<TimeDelta>,
}

impl RecordWrite {
    /// The write that creates a record.
    pub fn create(name: String, record: Record) -> Self {
        Self {
            name,
            base: None,
            record: Some(record.next_version()),
            finalizer: false,
            patience: None,
        }
    }
}
