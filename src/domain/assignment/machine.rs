//! The machine of one assignment: what it remembers, and what every state does with it.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::memory::{Anchor, Anchors, List, SeenRequest, Tenure, Tick};
use super::record::Record;
use super::stored_record::{RecordWrite, StoredRecord};
use crate::api::{AssignmentState, CreateOutcome, InstanceArn, LastError, Reason, Timestamp};
use crate::domain::decision::Alert;
use crate::domain::fact_reader::{Freshness, Question};
use crate::domain::machine::{Create, Moment, Need, Notice, Sight};
use crate::domain::snapshot::{RequestFacts, is_later_version};
use crate::domain::timings::Timings;

/// What was configured.
#[derive(Debug, Clone, PartialEq)]
pub struct AssignmentConfig {
    /// The Identity Center instance.
    pub instance: InstanceArn,
    /// An instance whose records are given up, because an administrator said that it is left for good.
    pub abandoned: Option<InstanceArn>,
    /// Every delay.
    pub timings: Timings,
}

/// What the watches show when a pass begins.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// The record.
    pub record: Option<StoredRecord>,
    /// The live requests that name the record in their status, or claim it.
    pub requests: Vec<RequestFacts>,
}

/// How urgent the next step of a machine is, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Access has ended, and this process has not asked AWS yet to remove it.
    End,
    /// AWS was asked; whether the access is gone is looked at.
    Removal,
    /// Everything else.
    Ordinary,
}

/// What a reply is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Nothing,
    List,
    Container,
    Create,
    CreateStatus,
    Delete,
    DeleteStatus,
    Search,
    Store,
}

/// The machine of one assignment. It lives as long as the process has something to remember of it.
#[derive(Debug, Clone)]
pub struct AssignmentMachine {
    pub(super) name: String,
    pub(in crate::domain) config: AssignmentConfig,
    /// The newest record that is believed.
    pub(super) stored: Option<StoredRecord>,
    /// What is there instead of it, where that is something else.
    pub(super) instead: Option<Sight<Box<StoredRecord>>>,
    /// What is to be written back, because the stored record was lost or forged. Until it is stored it is what is believed.
    pub(super) restore: Option<Record>,
    pub(super) requests: BTreeMap<String, SeenRequest>,
    pub(super) claims_seen: BTreeMap<String, Tick>,
    pub(super) tenure: Tenure,
    pub(super) list: Option<List>,
    pub(super) anchors: Anchors,
    /// The final word of the newest create, where it is not on record yet.
    pub(super) word: Option<CreateOutcome>,
    /// The newest error, where it is not on record yet.
    pub(super) error: Option<LastError>,
    /// The intent that is being stored, by its time: what is stored is sent.
    pub(super) intent: Option<Timestamp>,
    pub(super) tick: Tick,
    /// The step in which this pass began.
    pub(super) pass: Tick,
    /// The step since which the record is in its present state.
    pub(super) state_since: Tick,
    /// The step in which the newest intent was stored.
    pub(super) create_since: Tick,
    /// In this pass a read or a write got no answer, or was refused: the API server is asked nothing more before the next.
    pub(super) unanswered: bool,
    /// The record may be another than what is remembered.
    pub(super) must_read: bool,
    /// It is: the API server refused a write that rested on what is remembered.
    pub(super) conflicted: bool,
    pub(super) outbox: Vec<Notice>,
    pub(super) asked: Asked,
    /// When the newest delete was sent; its answer may come half a minute later.
    pub(super) delete_sent: TimeDelta,
    /// The highest sequence seen of each object that had the record's name, by its uid.
    pub(super) sequences: BTreeMap<String, i64>,
}

impl AssignmentMachine {
    /// A machine that remembers nothing yet.
    pub fn new(name: impl Into<String>, config: AssignmentConfig) -> Self {
        Self {
            name: name.into(),
            config,
            stored: None,
            instead: None,
            restore: None,
            requests: BTreeMap::new(),
            claims_seen: BTreeMap::new(),
            tenure: Tenure::default(),
            list: None,
            anchors: Anchors::default(),
            word: None,
            error: None,
            intent: None,
            tick: 0,
            pass: 0,
            state_since: 0,
            create_since: 0,
            unanswered: false,
            must_read: false,
            conflicted: false,
            outbox: vec![],
            asked: Asked::Nothing,
            delete_sent: TimeDelta::zero(),
            sequences: BTreeMap::new(),
        }
    }

    /// The name of the record.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The record as this process believes it to be.
    pub fn record(&self) -> Option<&Record> {
        let stored = || self.stored.as_ref()?.record.as_ref();
        self.restore.as_ref().or_else(stored)
    }

    /// Whether nothing has to be remembered: the machine may be forgotten.
    pub fn is_idle(&self) -> bool {
        self.stored.is_none() && self.restore.is_none() && self.outbox.is_empty()
    }

    /// How urgent its next step is.
    pub fn urgency(&self, moment: &Moment) -> Urgency {
        match self.is_ending(moment) {
            true if self.tenure.deletes == 0 => Urgency::End,
            true => Urgency::Removal,
            false => Urgency::Ordinary,
        }
    }

    /// Whether access is to be taken away now, or was not taken away yet: it goes before everything else.
    pub fn is_ending(&self, moment: &Moment) -> bool {
        let over = |record: &Record| {
            let ended = self.with_ends(record.clone(), moment);
            record.is_there() && !ended.is_covered(moment.latest(&self.config.timings))
        };
        let deleting = |record: &Record| record.state() == AssignmentState::Deleting;
        self.tenure.went_ahead
            || self
                .record()
                .is_some_and(|record| deleting(record) || over(record))
    }

    /// Takes in what the watches show. They lag behind our own writes: what is older is passed over.
    pub fn see(&mut self, seen: Seen) {
        for (uid, request) in &mut self.requests {
            let shown = seen.requests.iter().any(|facts| facts.uid == *uid);
            if request.watched && !shown && request.sight != Sight::Gone {
                // Out of the watch means finished or gone, also for one that was read live before: a live read tells which.
                let sight = Sight::Unknown("it is no longer among the live requests".to_owned());
                *request = SeenRequest {
                    sight,
                    read: None,
                    watched: false,
                };
            }
        }
        for facts in seen.requests {
            self.see_request(facts);
        }
        match seen.record {
            Some(record) => {
                let newer = self.stored.as_ref().is_none_or(|known| is_newer(&record, known));
                if newer {
                    self.see_record(Sight::There(Box::new(record)));
                }
            }
            None if self.stored.is_some() => self.must_read = true,
            None => {}
        }
    }

    /// The believed record, with what was learned since it was stored.
    pub(super) fn draft(&self) -> Option<Record> {
        let mut record = self.record()?.clone();
        if let Some(word) = &self.word {
            record.conclude_create(word.clone());
        }
        Some(record)
    }

    /// Writes a record, without the claims that are known to be needed by nobody.
    pub(super) fn store(&mut self, mut record: Record, patience: Option<TimeDelta>) -> Need {
        let Some(stored) = &self.stored else {
            return self.rest(self.config.timings.lookup_retry);
        };
        if let Some(error) = &self.error
            && record.state() != AssignmentState::Absent
        {
            record.note_error(error.clone());
        }
        let write = stored.replace(record, patience);
        self.write(write)
    }

    pub(super) fn write(&mut self, write: RecordWrite) -> Need {
        self.asked = Asked::Store;
        Need::StoreRecord(Box::new(write))
    }

    pub(super) fn rest(&self, wait: TimeDelta) -> Need {
        Need::Rest(wait.clamp(TimeDelta::seconds(1), self.config.timings.resync_interval))
    }

    pub(super) fn ask(&mut self, asked: Asked, questions: Vec<Question>) -> Need {
        self.asked = asked;
        Need::Answer(
            questions
                .into_iter()
                .map(|question| (question, Freshness::Fresh))
                .collect(),
        )
    }

    pub(super) fn send_create(&mut self, create: Create) -> Need {
        self.asked = Asked::Create;
        Need::Create(create)
    }

    pub(super) fn send_delete(&mut self, record: &Record, moment: &Moment) -> Need {
        self.asked = Asked::Delete;
        self.delete_sent = moment.uptime;
        Need::Delete(record.key())
    }

    pub(super) fn alert(&mut self, reason: Reason, sentence: String) {
        self.tell(Alert::new(reason, sentence));
    }

    pub(super) fn tell(&mut self, alert: Alert) {
        self.outbox.push(Notice::Alert(alert));
    }

    /// Whether the record is about the configured instance: what another one says about it is not believed.
    pub(super) fn is_configured(&self, record: &Record) -> bool {
        record.spec.instance_arn == self.config.instance
    }

    /// How long ago a time on record is at least.
    pub(super) fn elapsed(&mut self, anchor: Anchor, time: Timestamp, moment: &Moment) -> TimeDelta {
        let timings = self.config.timings;
        self.anchors.elapsed(anchor, time, moment, &timings)
    }

    /// Whether something may be asked again that was last asked then.
    pub(super) fn is_time(&self, last: Option<TimeDelta>, moment: &Moment) -> bool {
        last.is_none_or(|last| moment.uptime - last >= self.config.timings.poll_interval)
    }
}

/// Whether this is another object, or a later version of the same.
fn is_newer(one: &StoredRecord, other: &StoredRecord) -> bool {
    one.uid != other.uid || is_later_version(&one.version, &other.version)
}
