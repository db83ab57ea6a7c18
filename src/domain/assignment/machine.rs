//! The machine itself: what it remembers, how replies change that, and in which order it looks at what is due.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::memory::{Anchor, Anchors, List, SeenRequest, Tenure, Tick};
use super::record::{Record, RecordWrite, StoredRecord, access_lost};
use super::{absent, creating, deleting, offline, present, recovery};
use crate::api::{AssignmentState, CreateOutcome, InstanceArn, LastError, Reason, Timestamp};
use crate::domain::decision::Alert;
use crate::domain::fact_reader::{Freshness, Question};
use crate::domain::machine::{Create, Moment, Need, Notice, Reply, Sight};
use crate::domain::snapshot::{Lease, RequestFacts, is_later_version};
use crate::domain::timings::Timings;

/// How long an end waits for its write.
const END_PATIENCE: TimeDelta = TimeDelta::seconds(2);

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
    pub(super) must_read: bool,
    pub(super) outbox: Vec<Notice>,
    asked: Asked,
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
            outbox: vec![],
            asked: Asked::Nothing,
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

    /// Whether access is to be taken away now, or was not taken away yet: it goes before everything else.
    pub fn is_ending(&self, moment: &Moment) -> bool {
        let over = |record: &Record| {
            let there = matches!(
                record.state(),
                AssignmentState::Creating | AssignmentState::Present
            );
            there
                && !self
                    .with_ends(record.clone(), moment)
                    .is_covered(moment.latest(&self.config.timings))
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

    /// The next thing to do.
    pub fn next(&mut self, reply: Reply, moment: &Moment) -> Need {
        self.tick += 1;
        let asked = std::mem::replace(&mut self.asked, Asked::Nothing);
        self.take(asked, reply, moment);
        match self.decide(moment) {
            Need::Rest(wait) => Need::Rest(self.until_a_claim_changes(wait, moment)),
            need => need,
        }
    }

    /// A rest, cut at the next end or beginning of a claim.
    fn until_a_claim_changes(&self, wait: TimeDelta, moment: &Moment) -> TimeDelta {
        let latest = moment.latest(&self.config.timings);
        let claims = self.record().into_iter().flat_map(|record| &record.status.claims);
        let open = claims.filter(|claim| claim.ended.is_none());
        let times = open.flat_map(|claim| {
            let (begin, end) = (
                claim.from.to_utc() - moment.now.to_utc(),
                claim.end().to_utc() - latest.to_utc(),
            );
            [begin, end]
        });
        let next = times.filter(|left| *left > TimeDelta::zero()).min();
        next.map_or(wait, |next| wait.min(next.max(TimeDelta::seconds(1))))
    }

    pub(super) fn decide(&mut self, moment: &Moment) -> Need {
        if !self.outbox.is_empty() {
            return Need::Tell(std::mem::take(&mut self.outbox));
        }
        if matches!(moment.lease, Lease::HeldByAnother(_)) {
            return self.rest(self.config.timings.resync_interval);
        }
        let Some(draft) = self.draft() else {
            return recovery::without_memory(self, moment);
        };
        let ended = self.with_ends(draft.clone(), moment);
        let due = is_there(&draft) && !is_there(&ended);
        if due {
            self.tenure.due_since.get_or_insert(moment.uptime);
        }
        if let Lease::Unsure(_) = moment.lease {
            return offline::decide(self, &ended, moment);
        }
        if self.must_read && !due && !self.unanswered {
            return Need::ReadRecord(self.name.clone());
        }
        if due && !self.tenure.went_ahead {
            return self.end(ended, moment);
        }
        if self.tenure.went_ahead && is_there(&draft) {
            return self.ahead(draft, moment);
        }
        if let Some(need) = recovery::restore(self, None, moment) {
            return need;
        }
        if draft.status.claims != ended.status.claims && !self.unanswered {
            return self.store(ended, None);
        }
        if let Some(need) = self.read_claimants(&draft, moment) {
            return need;
        }
        match draft.state() {
            AssignmentState::Absent => absent::decide(self, draft, moment),
            AssignmentState::Creating => creating::decide(self, draft, moment),
            AssignmentState::Present => present::decide(self, draft, moment),
            AssignmentState::Deleting => deleting::decide(self, draft, moment),
        }
    }

    /// An end is stored first, but waits for its write no longer than a moment.
    fn end(&mut self, ended: Record, moment: &Moment) -> Need {
        let waited = self
            .tenure
            .due_since
            .map_or(TimeDelta::zero(), |since| moment.uptime - since);
        let failed = self.unanswered || self.instead.is_some();
        let patience = END_PATIENCE - waited;
        if ended.state() == AssignmentState::Deleting && (failed || waited >= END_PATIENCE) {
            self.tenure.went_ahead = true;
            self.asked = Asked::Delete;
            return Need::Delete(ended.key());
        }
        if self.must_read {
            return Need::ReadRecord(self.name.clone());
        }
        if failed {
            return self.rest(self.config.timings.lookup_retry);
        }
        if let Some(need) = recovery::restore(self, Some(patience), moment) {
            return need;
        }
        self.store(ended, Some(patience))
    }

    /// A delete went ahead of its record: the next write is Deleting, whatever was added meanwhile.
    fn ahead(&mut self, draft: Record, moment: &Moment) -> Need {
        if !self.unanswered {
            if let Some(need) = recovery::restore(self, None, moment) {
                return need;
            }
            if self.must_read {
                return Need::ReadRecord(self.name.clone());
            }
            let mut lost = self.with_ends(draft, moment);
            lost.lose(&access_lost(moment.now), moment.now);
            return self.store(lost, None);
        }
        match deleting::progress(self, &draft, moment) {
            deleting::Progress::Need(need) => need,
            // That nothing is left is stored when something can be stored again.
            deleting::Progress::Gone => self.rest(self.config.timings.lookup_retry),
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

    pub(super) fn send_delete(&mut self, record: &Record) -> Need {
        self.asked = Asked::Delete;
        Need::Delete(record.key())
    }

    pub(super) fn alert(&mut self, reason: Reason, sentence: String) {
        self.outbox.push(Notice::Alert(Alert { reason, sentence }));
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

fn is_there(record: &Record) -> bool {
    matches!(
        record.state(),
        AssignmentState::Creating | AssignmentState::Present
    )
}

/// Whether this is another object, or a later version of the same.
fn is_newer(one: &StoredRecord, other: &StoredRecord) -> bool {
    one.uid != other.uid || is_later_version(&one.version, &other.version)
}
