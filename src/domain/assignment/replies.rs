//! What each reply changes in what the machine remembers.

use super::machine::{Asked, AssignmentMachine};
use super::memory::{Delete, SeenRequest, Tenure, Word, error_of};
use super::record::Record;
use super::record_name;
use super::stored_record::{RecordSeal, StoredRecord};
use crate::api::{AssignmentState, CreateOutcome, CreateResult, Reason};
use crate::domain::fact_reader::Facts;
use crate::domain::facts::{Fact, OperationState};
use crate::domain::machine::{Moment, Notice, RecordStep, Reply, Sent, Sight, Written};
use crate::domain::snapshot::{RequestFacts, is_later_version};

impl AssignmentMachine {
    pub(super) fn take(&mut self, asked: Asked, reply: Reply, moment: &Moment) {
        match reply {
            Reply::Start => {
                self.pass = self.tick;
                self.unanswered = false;
            }
            Reply::Facts(facts) => self.take_facts(asked, *facts, moment),
            Reply::Request(about, sight) => self.take_request(&about.uid, sight, moment),
            Reply::Record(sight) => {
                let answered = !matches!(sight, Sight::Unknown(_));
                self.unanswered |= !answered;
                self.must_read &= !answered;
                self.conflicted = false;
                self.see_record(sight);
            }
            Reply::RecordWritten(written) => self.take_written(written, moment),
            Reply::Sent(sent) if asked == Asked::Create => self.take_create(sent, moment),
            Reply::Sent(sent) => self.take_delete(sent, moment),
            Reply::Done | Reply::Policies(_) | Reply::Guard(_) | Reply::RequestWritten(_) => {}
        }
    }

    /// A request that the watch shows. What is older than a live read told is passed over, and what was gone stays gone.
    pub(super) fn see_request(&mut self, facts: RequestFacts) {
        let known = self.requests.remove(&facts.uid);
        let read = known.as_ref().and_then(|known| known.read);
        let uid = facts.uid.clone();
        let sight = newest(known.map(|known| known.sight), facts);
        let watched = true;
        self.requests.insert(uid, SeenRequest { sight, read, watched });
    }

    /// A request that was read live. No answer takes nothing back that was known.
    fn take_request(&mut self, uid: &str, sight: Sight<Box<RequestFacts>>, moment: &Moment) {
        let known = self.requests.remove(uid);
        let watched = known.as_ref().is_some_and(|known| known.watched);
        let answered = !matches!(sight, Sight::Unknown(_));
        let sight = match (sight, known) {
            (Sight::Unknown(_), Some(known)) => known.sight,
            (Sight::There(facts), _) if facts.uid != uid => Sight::Gone,
            (Sight::There(facts), known) => newest(known.map(|known| known.sight), *facts),
            (sight, _) => sight,
        };
        let read = answered.then_some(moment.uptime);
        self.requests
            .insert(uid.to_owned(), SeenRequest { sight, read, watched });
        self.unanswered |= !answered;
    }

    /// A record that was read, or shown by the watch and is newer than what is known.
    pub(super) fn see_record(&mut self, sight: Sight<Box<StoredRecord>>) {
        match sight {
            Sight::Unknown(_) => {}
            Sight::Gone if self.stored.is_none() => self.instead = None,
            Sight::Gone => self.instead = Some(Sight::Gone),
            Sight::There(record) => {
                let seen = self.sequences.get(&record.uid).copied();
                let record = Box::new(record.after(seen));
                if self.is_believable(&record) {
                    self.restore = self
                        .restore
                        .take()
                        .filter(|restore| !is_part_of(restore, &record));
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
        let replaced = self.stored.as_ref().is_some_and(|known| known.uid != stored.uid);
        ours && !(replaced && self.remembers_access())
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
        let before = self.stored.as_ref().and_then(|stored| stored.record.as_ref());
        let before = before.map(|known| (known.state(), known.status.state_time));
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
        self.conflicted = false;
        self.stored = Some(stored);
    }

    pub(super) fn begin_tenure(&mut self) {
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
                if stored.seal != RecordSeal::OfCreation {
                    self.restore = None;
                }
                self.believe(*stored);
                self.settle_intent();
                self.word = None;
                self.error = None;
            }
            Written::Stored(None) => {
                let before = self.stored.take();
                self.tell_step(before.as_ref(), None, moment);
                self.forget();
            }
            Written::Conflict => {
                self.must_read = true;
                self.conflicted = true;
            }
            Written::Refused(why) => {
                self.unanswered = true;
                self.alert(
                    Reason::LookupFailed,
                    format!("The API server refuses the record {}: {why}", self.name),
                );
            }
            Written::NoAnswer(_) => {
                self.unanswered = true;
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

    /// Keeps the final word of the newest create until it is stored.
    pub(super) fn conclude_create(&mut self, result: CreateResult, moment: &Moment) {
        self.word = Some(CreateOutcome {
            result,
            time: moment.now,
        });
    }

    fn take_create(&mut self, sent: Sent, moment: &Moment) {
        self.tenure.creates = self.tenure.creates.saturating_add(1);
        self.tenure.create_polled = Some(moment.uptime);
        match sent {
            Sent::Accepted { id, state } => {
                self.tenure.create_id = Some(id);
                self.take_create_state(&state, moment);
            }
            Sent::NotSent => self.conclude_create(CreateResult::NotSent, moment),
            Sent::Refused(why) | Sent::Busy(why) => {
                self.error = Some(error_of("CreateAccountAssignment", &why, moment.now));
                self.conclude_create(CreateResult::Failed, moment);
            }
            // Nobody says this of a create; it is no word at all.
            Sent::NothingThere => {}
            Sent::NoAnswer(why) => self.error = Some(error_of("CreateAccountAssignment", &why, moment.now)),
        }
    }

    fn take_create_state(&mut self, state: &OperationState, moment: &Moment) {
        match state {
            OperationState::InProgress { .. } | OperationState::AlreadyGone(_) => {}
            OperationState::Succeeded => self.conclude_create(CreateResult::Succeeded, moment),
            OperationState::Failed { reason, .. } => {
                self.error = Some(error_of("CreateAccountAssignment", reason, moment.now));
                self.conclude_create(CreateResult::Failed, moment);
            }
            // AWS has forgotten it: nobody will tell any more.
            OperationState::Vanished => self.tenure.create_id = None,
        }
    }

    fn take_delete(&mut self, sent: Sent, moment: &Moment) {
        // What was answered may have waited for a minute in our own limiter before it was sent.
        let sent_at = match &sent {
            Sent::NoAnswer(_) => self.delete_sent,
            _ => moment.uptime,
        };
        let mut delete = Delete {
            sent: sent_at,
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
            Sent::Busy(why) => {
                delete.word = Some(Word::Busy);
                self.error = Some(error_of("DeleteAccountAssignment", &why, moment.now));
            }
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
            Asked::List => self.take_list(&facts, moment),
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
                    self.unanswered = true;
                }
                None => {}
            },
            Asked::Nothing | Asked::Create | Asked::Delete | Asked::Store => {}
        }
    }

    fn tell_step(&mut self, before: Option<&StoredRecord>, after: Option<&StoredRecord>, moment: &Moment) {
        let record = |stored: Option<&'_ StoredRecord>| stored.and_then(|stored| stored.record.clone());
        let (before, after) = (record(before), record(after));
        let step = RecordStep::between(&self.name, before.as_ref(), after.as_ref(), moment.now);
        self.outbox.extend(step.map(Notice::RecordStep));
    }
}

/// Whether a record knows of every request that another one, which was to be restored, does.
fn is_part_of(restore: &Record, stored: &StoredRecord) -> bool {
    let claims = &restore.status.claims;
    let known = |record: &Record| {
        claims
            .iter()
            .all(|claim| record.claim(&claim.request.uid).is_some())
    };
    stored.record.as_ref().is_some_and(known)
}

/// The newer one of what is known of a request and what is seen of it.
fn newest(known: Option<Sight<Box<RequestFacts>>>, seen: RequestFacts) -> Sight<Box<RequestFacts>> {
    match known {
        Some(Sight::Gone) => Sight::Gone,
        Some(Sight::There(known)) if is_later_version(&known.version, &seen.version) => Sight::There(known),
        Some(Sight::There(known)) => Sight::There(Box::new(seen.after(known.status.sequence))),
        Some(Sight::Unknown(_)) | None => Sight::There(Box::new(seen)),
    }
}
