//! The machine itself: what it remembers, how replies change that, and in which order it looks at what is due.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::memory::{Anchor, Anchors, Delete, List, SeenRequest, Tenure, Tick, Word, error_of};
use super::record::{Record, RecordSeal, RecordWrite, StoredRecord, access_lost};
use super::{absent, creating, deleting, offline, present, record_name, recovery};
use crate::api::{
    AssignmentState, Claim, ClaimEnd, CreateOutcome, CreateResult, InstanceArn, LastError, Phase, Reason,
    Timestamp,
};
use crate::domain::decision::Alert;
use crate::domain::fact_reader::{Facts, Freshness, Question};
use crate::domain::facts::{Fact, ListAnswer, Lookup, OperationKind, OperationState};
use crate::domain::machine::{Moment, Need, Notice, RecordStep, Reply, Sent, Sight, Written};
use crate::domain::request::stop;
use crate::domain::snapshot::{Lease, RequestFacts, SealCheck};
use crate::domain::timings::Timings;

/// How long an end waits for its write.
const END_PATIENCE: TimeDelta = TimeDelta::seconds(2);

/// How old a live read of a request may be when a create or a confirmation rests on it.
const LIVE_READ_AGE: TimeDelta = TimeDelta::seconds(5);

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
    /// What is to be written back into a record that was made anew.
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
    pub(super) store_failed: Option<Tick>,
    pub(super) must_read: bool,
    pub(super) outbox: Vec<Notice>,
    asked: Asked,
    facts: Facts,
    sequences: BTreeMap<String, i64>,
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
            store_failed: None,
            must_read: false,
            outbox: vec![],
            asked: Asked::Nothing,
            facts: Facts::default(),
            sequences: BTreeMap::new(),
        }
    }

    /// The record as this process believes it to be.
    pub fn record(&self) -> Option<&Record> {
        self.stored.as_ref()?.record.as_ref()
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
            if request.watched && !shown {
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
            let read = self.requests.get(&facts.uid).and_then(|known| known.read);
            let sight = Sight::There(Box::new(facts.clone()));
            let watched = true;
            self.requests
                .insert(facts.uid, SeenRequest { sight, read, watched });
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
        self.decide(moment)
    }

    fn take(&mut self, asked: Asked, reply: Reply, moment: &Moment) {
        match reply {
            Reply::Start => {
                self.pass = self.tick;
                self.store_failed = None;
            }
            Reply::Facts(facts) => self.take_facts(asked, *facts, moment),
            Reply::Request(about, sight) => {
                let read = Some(moment.uptime).filter(|_| !matches!(sight, Sight::Unknown(_)));
                let known = self.requests.remove(&about.uid);
                let watched = known.as_ref().is_some_and(|known| known.watched);
                let sight = match (sight, known) {
                    // No answer takes nothing back that was known.
                    (Sight::Unknown(_), Some(known)) => known.sight,
                    (Sight::There(facts), _) if facts.uid != about.uid => Sight::Gone,
                    (sight, _) => sight,
                };
                self.requests
                    .insert(about.uid.clone(), SeenRequest { sight, read, watched });
                if read.is_none() {
                    self.store_failed.get_or_insert(self.tick);
                }
            }
            Reply::Record(sight) => {
                self.must_read = false;
                if matches!(sight, Sight::Unknown(_)) {
                    self.store_failed.get_or_insert(self.tick);
                }
                self.see_record(sight);
            }
            Reply::RecordWritten(written) => self.take_written(written, moment),
            Reply::Sent(sent) if asked == Asked::Create => self.take_create(sent, moment),
            Reply::Sent(sent) => self.take_delete(sent, moment),
            Reply::Done | Reply::Policies(_) | Reply::Guard(_) | Reply::RequestWritten(_) => {}
        }
    }

    /// A record that was read, or shown by the watch and is newer than what is known.
    fn see_record(&mut self, sight: Sight<Box<StoredRecord>>) {
        match sight {
            Sight::Unknown(_) => {}
            Sight::Gone if self.stored.is_none() => self.instead = None,
            Sight::Gone => self.instead = Some(Sight::Gone),
            Sight::There(record) => {
                if self.is_believable(&record) {
                    self.believe(*record);
                } else {
                    self.instead = Some(Sight::There(record));
                }
            }
        }
    }

    /// Whether the object is the controller's own, newest word about this assignment.
    fn is_believable(&self, stored: &StoredRecord) -> bool {
        let Some(record) = &stored.record else {
            return false;
        };
        let ours = stored.seal == RecordSeal::Valid && record_name(&record.spec) == self.name;
        let known = self.sequences.get(&stored.uid).copied().unwrap_or(i64::MIN);
        let replaced = self.stored.as_ref().is_some_and(|known| known.uid != stored.uid);
        ours && record.status.sequence >= known && !(replaced && self.remembers_access())
    }

    /// Whether what is remembered must not be lost.
    pub(super) fn remembers_access(&self) -> bool {
        let open = |record: &Record| {
            record.state() != AssignmentState::Absent
                || record.status.claims.iter().any(|claim| claim.ended.is_none())
        };
        self.record().is_some_and(open)
    }

    /// Takes a record for what is stored.
    pub(super) fn believe(&mut self, stored: StoredRecord) {
        let Some(record) = &stored.record else { return };
        let (state, time) = (record.state(), record.status.state_time);
        let before = self
            .record()
            .map(|known| (known.state(), known.status.state_time));
        if before != Some((state, time)) {
            self.state_since = self.tick;
        }
        if state == AssignmentState::Absent && before.is_some_and(|(before, _)| before != state) {
            self.begin_tenure();
        }
        for claim in &record.status.claims {
            self.claims_seen
                .entry(claim.request.uid.clone())
                .or_insert(self.tick);
        }
        self.sequences.insert(stored.uid.clone(), record.status.sequence);
        self.instead = None;
        self.must_read = false;
        self.stored = Some(stored);
    }

    fn begin_tenure(&mut self) {
        self.tenure = Tenure::default();
        self.word = None;
        self.error = None;
        self.intent = None;
    }

    fn take_written(&mut self, written: Written<Option<Box<StoredRecord>>>, moment: &Moment) {
        match written {
            Written::Stored(Some(stored)) => {
                let before = self.stored.take();
                self.tell_step(before.as_ref(), Some(&stored), moment);
                self.stored = before;
                if stored.seal == RecordSeal::OfCreation {
                    recovery::created(self, *stored);
                } else {
                    self.believe(*stored);
                }
                self.settle_intent();
                self.word = None;
                self.error = None;
            }
            Written::Stored(None) => {
                let before = self.stored.take();
                self.tell_step(before.as_ref(), None, moment);
                self.begin_tenure();
                self.instead = None;
                self.list = None;
                self.requests.clear();
                self.claims_seen.clear();
            }
            Written::Conflict => self.must_read = true,
            Written::Refused(why) => {
                self.store_failed = Some(self.tick);
                self.alert(
                    Reason::LookupFailed,
                    format!("The API server refuses the record {}: {why}", self.name),
                );
            }
            Written::NoAnswer(_) => {
                self.store_failed = Some(self.tick);
                self.must_read = true;
            }
        }
    }

    /// An intent that is stored is sent in the very next step, or never.
    fn settle_intent(&mut self) {
        let sent_time = self
            .record()
            .and_then(|record| record.status.create.as_ref())
            .map(|create| create.sent_time);
        if self.intent.is_some() && self.intent == sent_time {
            self.create_since = self.tick;
            self.tenure.create_id = None;
            self.tenure.searched = None;
        }
    }

    fn take_create(&mut self, sent: Sent, moment: &Moment) {
        let failed = |result| {
            Some(CreateOutcome {
                result,
                time: moment.now,
            })
        };
        self.tenure.creates = self.tenure.creates.saturating_add(1);
        self.tenure.create_polled = Some(moment.uptime);
        match sent {
            Sent::Accepted { id, state } => {
                self.tenure.create_id = Some(id);
                self.take_create_state(&state, moment);
            }
            Sent::NotSent => self.word = failed(CreateResult::NotSent),
            Sent::Refused(why) => {
                self.error = Some(error_of("CreateAccountAssignment", &why, moment.now));
                self.word = failed(CreateResult::Failed);
            }
            // Nobody says this of a create; it is no word at all.
            Sent::NothingThere => {}
            Sent::NoAnswer(why) => self.error = Some(error_of("CreateAccountAssignment", &why, moment.now)),
        }
    }

    fn take_create_state(&mut self, state: &OperationState, moment: &Moment) {
        let word = |result| {
            Some(CreateOutcome {
                result,
                time: moment.now,
            })
        };
        match state {
            OperationState::InProgress { .. } | OperationState::AlreadyGone(_) => {}
            OperationState::Succeeded => self.word = word(CreateResult::Succeeded),
            OperationState::Failed { reason, .. } => {
                self.error = Some(error_of("CreateAccountAssignment", reason, moment.now));
                self.word = word(CreateResult::Failed);
            }
            // AWS has forgotten it: nobody will tell any more.
            OperationState::Vanished => self.tenure.create_id = None,
        }
    }

    fn take_delete(&mut self, sent: Sent, moment: &Moment) {
        let mut delete = Delete {
            sent: moment.uptime,
            id: None,
            word: None,
            polled: Some(moment.uptime),
            settled: None,
        };
        self.tenure.deletes = self.tenure.deletes.saturating_add(1);
        match sent {
            Sent::Accepted { id, state } => {
                delete.id = Some(id);
                self.tenure.delete = Some(delete);
                return self.take_delete_state(&state, moment);
            }
            Sent::NothingThere | Sent::NotSent => delete.word = Some(Word::Other),
            Sent::Refused(why) => {
                delete.word = Some(Word::Other);
                self.error = Some(error_of("DeleteAccountAssignment", &why, moment.now));
            }
            Sent::NoAnswer(why) => self.error = Some(error_of("DeleteAccountAssignment", &why, moment.now)),
        }
        self.tenure.delete = Some(delete);
    }

    fn take_delete_state(&mut self, state: &OperationState, moment: &Moment) {
        let Some(delete) = self.tenure.delete.as_mut() else {
            return;
        };
        match state {
            OperationState::InProgress { .. } => {}
            OperationState::Succeeded => delete.word = Some(Word::Succeeded),
            OperationState::AlreadyGone(_) => delete.word = Some(Word::Other),
            OperationState::Failed { reason, .. } => {
                delete.word = Some(Word::Other);
                self.error = Some(error_of("DeleteAccountAssignment", reason, moment.now));
            }
            OperationState::Vanished => delete.id = None,
        }
    }

    fn take_facts(&mut self, asked: Asked, facts: Facts, moment: &Moment) {
        match asked {
            Asked::List => self.take_list(facts, moment),
            Asked::Container => self.take_container(&facts),
            Asked::CreateStatus | Asked::DeleteStatus => {
                let Some(Fact::Known(state)) = facts.operations.into_values().next() else {
                    return;
                };
                if asked == Asked::CreateStatus {
                    self.take_create_state(&state.value, moment);
                } else {
                    self.take_delete_state(&state.value, moment);
                }
            }
            Asked::Search => match facts.creates_in_progress {
                Some(Fact::Known(found)) => match found.value.into_iter().next() {
                    Some(id) => {
                        self.tenure.create_id = Some(id);
                        self.tenure.create_polled = None;
                    }
                    None => self.tenure.searched = Some(moment.uptime),
                },
                Some(Fact::Unknown(why)) => {
                    self.error = Some(error_of("ListAccountAssignmentCreationStatus", &why, moment.now));
                    self.store_failed.get_or_insert(self.tick);
                }
                None => {}
            },
            Asked::Nothing | Asked::Create | Asked::Delete | Asked::Store => {}
        }
    }

    fn take_list(&mut self, facts: Facts, moment: &Moment) {
        let Some(record) = self.record() else { return };
        let user = record.spec.user_id.clone();
        let present = match &facts.listing {
            Some(Fact::Known(listing)) => match &listing.value {
                ListAnswer::Listed(listing) => Ok(listing.holds_user(&user)),
                ListAnswer::NotFound => Err(NOT_FOUND.to_owned()),
            },
            Some(Fact::Unknown(why)) => Err(why.clone()),
            None => Err("AWS was not asked".to_owned()),
        };
        if let Err(why) = &present
            && why != NOT_FOUND
        {
            self.error = Some(error_of("ListAccountAssignments", why, moment.now));
        }
        if let Some(list) = self.list.as_mut() {
            list.present = present;
        }
    }

    /// A "not found" does not say what was not found. It counts as absence only when the instance answers and the account or
    /// the permission set itself is confirmed to be gone.
    fn take_container(&mut self, facts: &Facts) {
        let Some(record) = self.record() else { return };
        let is_absent = |lookup: bool| lookup;
        let answers = matches!(&facts.instance, Some(Fact::Known(found)) if found.value != Lookup::Absent);
        let account = facts.accounts.get(&record.spec.account_id);
        let no_account = matches!(account, Some(Fact::Known(found)) if found.value == Lookup::Absent);
        let set = facts.permission_sets.get(&record.spec.permission_set_arn);
        let no_set = matches!(set, Some(Fact::Known(found)) if found.value == Lookup::Absent);
        let gone = answers && is_absent(no_account || no_set);
        if let Some(list) = self.list.as_mut() {
            list.present = if gone {
                Ok(false)
            } else {
                Err(
                    "AWS says that something was not found, although account and permission set exist"
                        .to_owned(),
                )
            };
        }
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
        if self.must_read && !due && self.store_failed.is_none() {
            return Need::ReadRecord(self.name.clone());
        }
        if due && !self.tenure.went_ahead {
            return self.end(ended, moment);
        }
        if self.tenure.went_ahead && is_there(&draft) {
            return self.ahead(draft, moment);
        }
        if let Some(need) = recovery::restore(self, moment) {
            return need;
        }
        if draft.status.claims != ended.status.claims && self.store_failed.is_none() {
            return self.store(ended, None);
        }
        if let Some(need) = self.read_what_left_the_watch(&draft) {
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
        let failed = self.store_failed.is_some() || self.instead.is_some();
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
        self.store(ended, Some(END_PATIENCE - waited))
    }

    /// A delete went ahead of its record: the next write is Deleting, whatever was added meanwhile.
    fn ahead(&mut self, draft: Record, moment: &Moment) -> Need {
        if let Some(need) = recovery::restore(self, moment) {
            return need;
        }
        if self.store_failed.is_none() && self.instead.is_none() {
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

    /// Reads the requests of open claims that the watch no longer shows, and those not read for long.
    fn read_what_left_the_watch(&mut self, record: &Record) -> Option<Need> {
        if self.store_failed.is_some() {
            return None;
        }
        let open = record.status.claims.iter().filter(|claim| claim.ended.is_none());
        let unknown = |claim: &&Claim| {
            let seen = self.requests.get(&claim.request.uid);
            !seen.is_some_and(|seen| matches!(seen.sight, Sight::There(_) | Sight::Gone))
        };
        let claim = open.into_iter().find(unknown)?;
        Some(Need::ReadRequest(claim.request.clone()))
    }

    /// The believed record, with what was learned since it was stored.
    pub(super) fn draft(&self) -> Option<Record> {
        let mut record = self.record()?.clone();
        if let Some(word) = &self.word {
            record.conclude_create(word.clone());
        }
        Some(record)
    }

    /// The record as time and people's stops make it.
    pub(super) fn with_ends(&self, mut record: Record, moment: &Moment) -> Record {
        for claim in &mut record.status.claims {
            if claim.ended.is_none()
                && let Some(end) = self.stop_of(claim, moment)
            {
                claim.ended = Some(end);
            }
        }
        record.expire(moment.now, moment.latest(&self.config.timings));
        record
    }

    /// What ends a claim without a look-up: its request is stopped, over, not sealed, or gone.
    fn stop_of(&self, claim: &Claim, moment: &Moment) -> Option<ClaimEnd> {
        match &self.requests.get(&claim.request.uid)?.sight {
            Sight::There(facts) => stop(facts, moment.now),
            Sight::Gone => Some(ClaimEnd {
                time: moment.now,
                reason: Reason::Deleted,
                message: Some("The request is gone.".to_owned()),
                by: None,
            }),
            Sight::Unknown(_) => None,
        }
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

    pub(super) fn send_create(&mut self, create: crate::domain::machine::Create) -> Need {
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

    fn tell_step(&mut self, before: Option<&StoredRecord>, after: Option<&StoredRecord>, moment: &Moment) {
        let content = |stored: Option<&StoredRecord>| stored.and_then(|stored| stored.record.clone());
        let (before, after) = (content(before), content(after));
        let Some(about) = after.as_ref().or(before.as_ref()) else {
            return;
        };
        let known = |uid: &str| before.as_ref().and_then(|before| before.claim(uid));
        let claims = || after.iter().flat_map(|after| &after.status.claims);
        let ended = claims().filter_map(|claim| {
            let new = known(&claim.request.uid).is_none_or(|known| known.ended.is_none());
            let end = claim.ended.as_ref().filter(|_| new)?;
            Some((claim.request.clone(), end.reason))
        });
        let confirmed = claims().filter(|claim| {
            claim.is_confirmed() && !known(&claim.request.uid).is_some_and(Claim::is_confirmed)
        });
        let step = RecordStep {
            name: self.name.clone(),
            key: about.key(),
            sequence: about.status.sequence,
            from: before.as_ref().map(Record::state),
            to: after.as_ref().map(Record::state),
            ended: ended.collect(),
            confirmed: confirmed.map(|claim| claim.request.clone()).collect(),
            time: moment.now,
        };
        self.outbox.push(Notice::RecordStep(step));
    }

    /// Whether the record is about the configured instance: what another one says about it is not believed.
    pub(super) fn is_configured(&self, record: &Record) -> bool {
        record.spec.instance_arn == self.config.instance
    }

    /// A list of AWS that was asked for after a step, and is not older than an age; or what to do to get one.
    pub(super) fn listed_after(
        &mut self,
        record: &Record,
        floor: Tick,
        oldest: Option<TimeDelta>,
        moment: &Moment,
    ) -> Result<List, Need> {
        if !self.is_configured(record) {
            return Err(self.rest(self.config.timings.resync_interval));
        }
        let young = |list: &List| oldest.is_none_or(|oldest| moment.uptime - list.asked <= oldest);
        match self.list.clone() {
            Some(list) if list.tick > floor && young(&list) => match &list.present {
                Ok(_) => Ok(list),
                Err(why) if why == NOT_FOUND => {
                    let container = vec![
                        Question::Instance,
                        Question::Account(record.spec.account_id.clone()),
                        Question::PermissionSet(record.spec.permission_set_arn.clone()),
                    ];
                    Err(self.ask(Asked::Container, container))
                }
                Err(_) if list.tick > self.pass => Err(self.rest(self.config.timings.lookup_retry)),
                Err(_) => Err(self.ask_list(record, moment)),
            },
            // One list a pass tells all that there is: the next comes with the next pass.
            Some(list) if list.tick > self.pass && list.tick <= floor && list.asked == moment.uptime => {
                Err(self.rest(self.config.timings.poll_interval))
            }
            _ => Err(self.ask_list(record, moment)),
        }
    }

    pub(super) fn ask_list(&mut self, record: &Record, moment: &Moment) -> Need {
        self.list = Some(List {
            tick: self.tick,
            asked: moment.uptime,
            time: moment.now,
            present: Err("AWS was not asked".to_owned()),
        });
        let spec = &record.spec;
        self.ask(
            Asked::List,
            vec![Question::Listing(
                spec.account_id.clone(),
                spec.permission_set_arn.clone(),
            )],
        )
    }

    /// How long ago a time on record is at least.
    pub(super) fn elapsed(&mut self, anchor: Anchor, time: Timestamp, moment: &Moment) -> TimeDelta {
        let timings = self.config.timings;
        self.anchors.elapsed(anchor, time, moment, &timings)
    }

    /// The claims for which the assignment may be created or confirmed now, their requests read live; or what to do first.
    pub(super) fn grantable(&mut self, record: &Record, moment: &Moment) -> Result<Vec<Claim>, Need> {
        let (now, latest) = (moment.now, moment.latest(&self.config.timings));
        let admitted = |claim: &&Claim| {
            claim.covers(now)
                && claim.covers(latest)
                && latest < claim.admitted_until
                && !claim.is_confirmed()
        };
        let ready: Vec<Claim> = record.status.claims.iter().filter(admitted).cloned().collect();
        if ready.is_empty() {
            return Ok(ready);
        }
        if !moment.clocks_agree(&self.config.timings) || !self.is_configured(record) {
            return Err(self.rest(self.config.timings.lookup_retry));
        }
        let mut grantable = vec![];
        for claim in ready {
            let seen = self.requests.get(&claim.request.uid);
            let read = seen.and_then(|seen| seen.read);
            if read.is_none_or(|read| moment.uptime - read > LIVE_READ_AGE) {
                if self.store_failed.is_some() {
                    return Err(self.rest(self.config.timings.lookup_retry));
                }
                return Err(Need::ReadRequest(claim.request));
            }
            if let Some(Sight::There(facts)) = seen.map(|seen| &seen.sight)
                && facts.seal == SealCheck::Valid
                && facts.status.phase == Some(Phase::Approved)
            {
                grantable.push(claim);
            }
        }
        Ok(grantable)
    }

    /// Which operation to ask about now, if one is under way and it is time.
    pub(super) fn poll_create(&mut self, record: &Record, moment: &Moment) -> Option<Need> {
        let open = record
            .status
            .create
            .as_ref()
            .is_some_and(|create| create.outcome.is_none());
        let id = self.tenure.create_id.clone().filter(|_| open)?;
        if !self.is_configured(record) || !self.is_time(self.tenure.create_polled, moment) {
            return None;
        }
        self.tenure.create_polled = Some(moment.uptime);
        Some(self.ask(
            Asked::CreateStatus,
            vec![Question::Operation(OperationKind::Creation, id)],
        ))
    }

    /// Whether something may be asked again that was last asked then.
    pub(super) fn is_time(&self, last: Option<TimeDelta>, moment: &Moment) -> bool {
        last.is_none_or(|last| moment.uptime - last >= self.config.timings.poll_interval)
    }
}

/// What a list says that knows the account, the permission set or the instance not.
const NOT_FOUND: &str = "AWS does not know the account, the permission set or the instance";

fn is_there(record: &Record) -> bool {
    matches!(
        record.state(),
        AssignmentState::Creating | AssignmentState::Present
    )
}

/// Whether one version of an object came after another: Kubernetes compares them as numbers.
fn is_newer(one: &StoredRecord, other: &StoredRecord) -> bool {
    let number = |version: &str| version.parse::<u64>().unwrap_or(0);
    one.uid != other.uid || number(&one.version) > number(&other.version)
}
