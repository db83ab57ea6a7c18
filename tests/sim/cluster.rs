//! A small API server: requests and records with versions, written by compare-and-swap, and a log of changes that watches
//! follow.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::{DateTime, Utc};
use team_operator::api::{
    ApproverPolicySpec, ElevationRequestSpec, ElevationRequestStatus, EligibilityPolicySpec, Phase,
    TeamSettingsSpec, Timestamp,
};
use team_operator::domain::{RecordSeal, RecordWrite, RequestFacts, SealCheck, StoredRecord};

use crate::plan::WriteFault;
use crate::truth::Key;

/// When every run begins.
const BEGIN: i64 = 1_800_000_000;

/// A moment of the simulated world, in seconds since its begin.
pub(crate) fn utc(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(BEGIN + seconds, 0).unwrap()
}

pub(crate) fn stamp(seconds: i64) -> Timestamp {
    utc(seconds).into()
}

/// The inverse of [`stamp`].
pub(crate) fn seconds(stamp: Timestamp) -> i64 {
    stamp.unix_seconds() - BEGIN
}

/// A request as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    pub(crate) uid: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) version: u64,
    pub(crate) generation: i64,
    pub(crate) created_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
    pub(crate) finalizer: bool,
    pub(crate) spec: ElevationRequestSpec,
    pub(crate) status: ElevationRequestStatus,
    pub(crate) seal: SealCheck,
}

impl Object {
    pub(crate) fn is_finished(&self) -> bool {
        self.status.phase.is_some_and(Phase::is_terminal)
    }

    pub(crate) fn facts(&self) -> RequestFacts {
        RequestFacts {
            uid: self.uid.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            version: self.version.to_string(),
            generation: self.generation,
            created_at: self.created_at,
            deleted_at: self.deleted_at,
            has_finalizer: self.finalizer,
            spec: self.spec.clone(),
            status: self.status.clone(),
            seal: self.seal,
        }
    }
}

/// A policy as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Policy<S> {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) generation: i64,
    pub(crate) spec: S,
}

/// Everything that policy writers wrote, as it is at a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rules {
    pub(crate) eligibility: Vec<Policy<EligibilityPolicySpec>>,
    pub(crate) approvers: Vec<Policy<ApproverPolicySpec>>,
    pub(crate) settings: Option<TeamSettingsSpec>,
}

/// What a watch tells.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Object(Rc<Object>),
    Gone(String),
    Record(Rc<StoredRecord>),
    RecordGone(String),
    Rules(Rc<Rules>),
}

/// The admission policies, as they really are.
#[derive(Debug, Clone, Default)]
pub(crate) struct GuardTruth {
    pub(crate) broken_until: Option<i64>,
    pub(crate) unproven_until: Option<i64>,
    /// How many gaps there were.
    pub(crate) gaps: u64,
    /// How many of them the controller has dealt with, as its record says.
    pub(crate) recorded: u64,
}

/// Why a write did not come back as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteError {
    Conflict,
    NotFound,
    Refused,
    /// No answer; it may have been written.
    NoAnswer,
    /// No answer yet; it lands later.
    Hangs,
}

/// What the controller wants to have written.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    Status {
        uid: String,
        version: u64,
        status: Box<ElevationRequestStatus>,
    },
    Finalizer {
        uid: String,
        version: u64,
        present: bool,
    },
    Record(Box<RecordWrite>),
}

/// What a write left behind.
#[derive(Debug, Clone)]
pub(crate) enum Landed {
    Object {
        before: Rc<Object>,
        /// `None` when the object went with its finalizer.
        after: Option<Rc<Object>>,
    },
    Record {
        before: Option<Rc<StoredRecord>>,
        after: Option<Rc<StoredRecord>>,
    },
}

/// The lease: who holds it, and when it was last renewed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LeaseTruth {
    pub(crate) holder: usize,
    pub(crate) renewed: i64,
}

/// One version of a record, and whether the controller wrote it.
#[derive(Debug, Clone)]
pub(crate) struct RecordVersion {
    pub(crate) t: i64,
    pub(crate) genuine: bool,
    /// `None` when it was removed.
    pub(crate) record: Option<Rc<StoredRecord>>,
}

impl RecordVersion {
    /// Whether it is the first version of an object.
    pub(crate) fn is_made_anew(&self) -> bool {
        let seal = self.record.as_ref().map(|stored| stored.seal);
        seal == Some(RecordSeal::OfCreation)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Cluster {
    pub(crate) objects: BTreeMap<String, Rc<Object>>,
    pub(crate) records: BTreeMap<String, Rc<StoredRecord>>,
    /// Every version that each record had.
    pub(crate) past: BTreeMap<String, Vec<RecordVersion>>,
    /// The names of records by what they are about, and whether the controller ever wrote one.
    pub(crate) names_of: BTreeMap<Key, (String, bool)>,
    /// The records that somebody else changed, and the controller has not put right yet.
    pub(crate) tampered: BTreeSet<String>,
    pub(crate) rules: Rc<Rules>,
    pub(crate) changes: Vec<(i64, Change)>,
    pub(crate) guard: GuardTruth,
    pub(crate) lease: LeaseTruth,
    /// Until when each process cannot reach the API server.
    pub(crate) away_until: [i64; 2],
    /// Until when nobody can write anything, the lease included.
    pub(crate) read_only_until: i64,
    pub(crate) watch_lag: i64,
    pub(crate) clock_ahead: i64,
    pub(crate) write_faults: [Vec<WriteFault>; 2],
    /// Writes that hang, who made them, and when they land.
    pub(crate) hanging: Vec<(i64, usize, Write)>,
    pub(crate) version: u64,
    names: u64,
}

impl Cluster {
    pub(crate) fn reaches(&self, process: usize, t: i64) -> bool {
        t >= self.away_until[process]
    }

    pub(crate) fn is_writable(&self, process: usize, t: i64) -> bool {
        self.reaches(process, t) && t >= self.read_only_until
    }

    pub(crate) fn in_force(&self, t: i64) -> bool {
        self.guard.broken_until.is_none_or(|until| t >= until)
    }

    pub(crate) fn proven(&self, t: i64) -> bool {
        self.guard.unproven_until.is_none_or(|until| t >= until)
    }

    /// A name or uid that was never given before.
    pub(crate) fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        // Uids do not sort by age in Kubernetes, so they do not here.
        let shuffled = self.names.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
        format!("{prefix}-{shuffled:04x}-{}", self.names)
    }

    pub(crate) fn create(&mut self, t: i64, namespace: &str, spec: ElevationRequestSpec) -> Rc<Object> {
        let uid = self.fresh("uid");
        let name = format!("r{}", self.names);
        let created_at = stamp(t + self.clock_ahead);
        let object = Object {
            uid,
            namespace: namespace.to_owned(),
            name,
            version: 0,
            generation: 1,
            created_at,
            deleted_at: None,
            finalizer: false,
            spec,
            status: ElevationRequestStatus::default(),
            seal: SealCheck::Unsealed,
        };
        self.store(t, object)
    }

    /// Changes an object, whoever does it; one that is deleted and has no finalizer goes.
    pub(crate) fn change(
        &mut self,
        t: i64,
        uid: &str,
        change: impl FnOnce(&mut Object),
    ) -> Option<Rc<Object>> {
        let mut object = (**self.objects.get(uid)?).clone();
        change(&mut object);
        if object.deleted_at.is_some() && !object.finalizer {
            self.objects.remove(uid);
            self.changes.push((t, Change::Gone(uid.to_owned())));
            return None;
        }
        Some(self.store(t, object))
    }

    /// A write of a controller, with the misfortune that it meets; what it left behind, if the controller is told.
    pub(crate) fn write(
        &mut self,
        t: i64,
        process: usize,
        write: &Write,
    ) -> (Result<Landed, WriteError>, Option<Landed>) {
        if !self.is_writable(process, t) {
            return (Err(WriteError::NoAnswer), None);
        }
        match self.write_faults[process].pop() {
            Some(WriteFault::Conflict) => (Err(WriteError::Conflict), None),
            Some(WriteFault::Refused) => (Err(WriteError::Refused), None),
            Some(WriteFault::NotWritten) => (Err(WriteError::NoAnswer), None),
            Some(WriteFault::AnswerLost) => {
                let landed = self.land(t, write).ok();
                (Err(WriteError::NoAnswer), landed)
            }
            Some(WriteFault::Hangs { seconds }) => {
                self.hanging.push((t + seconds, process, write.clone()));
                (Err(WriteError::Hangs), None)
            }
            None => match self.land(t, write) {
                Ok(landed) => (Ok(landed.clone()), Some(landed)),
                Err(error) => (Err(error), None),
            },
        }
    }

    /// Writes, if nobody wrote in between.
    pub(crate) fn land(&mut self, t: i64, write: &Write) -> Result<Landed, WriteError> {
        match write {
            Write::Status { uid, version, status } => self.land_object(t, uid, *version, |object| {
                let approvals = std::mem::take(&mut object.status.approvals);
                object.status = ElevationRequestStatus {
                    approvals,
                    ..(**status).clone()
                };
                object.seal = SealCheck::Valid;
            }),
            Write::Finalizer {
                uid,
                version,
                present,
            } => self.land_object(t, uid, *version, |object| object.finalizer = *present),
            Write::Record(write) => self.land_record(t, write),
        }
    }

    fn land_object(
        &mut self,
        t: i64,
        uid: &str,
        version: u64,
        change: impl FnOnce(&mut Object),
    ) -> Result<Landed, WriteError> {
        let before = self.objects.get(uid).ok_or(WriteError::NotFound)?.clone();
        if before.version != version {
            return Err(WriteError::Conflict);
        }
        let after = self.change(t, uid, change);
        Ok(Landed::Object { before, after })
    }

    pub(crate) fn put_rules(&mut self, t: i64, rules: Rules) {
        self.rules = Rc::new(rules);
        self.changes.push((t, Change::Rules(self.rules.clone())));
    }

    fn store(&mut self, t: i64, mut object: Object) -> Rc<Object> {
        self.version += 1;
        object.version = self.version;
        let object = Rc::new(object);
        self.objects.insert(object.uid.clone(), object.clone());
        self.changes.push((t, Change::Object(object.clone())));
        object
    }
}
