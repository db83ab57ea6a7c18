//! The machine of one pass over a request: in which order a decision is looked up, proven, stored and told.

use chrono::TimeDelta;

use super::decide;
use crate::api::{ElevationRequestStatus, Reason, Timestamp};
use crate::domain::assignment::{Admission, Record, RecordSeal, RecordWrite, StoredRecord, record_name};
use crate::domain::decision::{Alert, Decision, Proof, RecordChange};
use crate::domain::machine::{Moment, Need, Notice, PolicySet, RecordStep, Reply, Sight, Written};
use crate::domain::snapshot::{Lease, RequestFacts, Snapshot};

/// How many steps one pass makes at most before others get their turn.
const STEPS: usize = 12;

/// How often a step may ask before its questions count as endless: more than twice for each of 64 votes, which are judged one
/// after the other, and for what else it looks at.
const ROUNDS: usize = 256;

/// One pass over one request.
#[derive(Debug, Clone)]
pub struct RequestMachine {
    snapshot: Snapshot,
    proven: Proof,
    policies_checked: bool,
    steps: usize,
    rounds: usize,
    pending: Option<Decision>,
    outbox: Vec<Notice>,
    /// What an outcome of a write means for the rest of the pass.
    halt: Option<Halt>,
    must_read_record: bool,
    must_read_request: bool,
}

/// Why a pass stops early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Halt {
    /// The object is gone.
    Gone,
    /// Something gave no answer.
    Failed,
    /// The watches are behind what the API server has.
    Behind,
}

impl RequestMachine {
    /// A pass over the request of this snapshot.
    pub fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot,
            proven: Proof::None,
            policies_checked: false,
            steps: 0,
            rounds: 0,
            pending: None,
            outbox: vec![],
            halt: None,
            must_read_record: false,
            must_read_request: false,
        }
    }

    /// The request as the pass knows it now.
    pub fn request(&self) -> &RequestFacts {
        &self.snapshot.request
    }

    /// Everything that the pass knows now.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The record as the pass knows it now.
    pub fn record(&self) -> Option<&StoredRecord> {
        self.snapshot.record.as_ref()
    }

    /// Whether the pass came through: what was decided is stored.
    pub fn came_through(&self) -> bool {
        self.halt.is_none()
    }

    /// The next thing to do.
    pub fn next(&mut self, reply: Reply, moment: &Moment) -> Need {
        self.snapshot.clocks = moment.clocks;
        self.take(reply, moment);
        self.decide(moment)
    }

    fn take(&mut self, reply: Reply, moment: &Moment) {
        match reply {
            Reply::Facts(facts) => self.snapshot.facts.merge(*facts),
            Reply::Policies(Some(policies)) => self.take_policies(*policies),
            Reply::Policies(None) => self.halt = Some(Halt::Behind),
            Reply::Guard(guard) => {
                // The proof that was asked for is the one that was given, whatever it says.
                if let Some(decision) = &self.pending {
                    self.proven = self.proven.max(decision.basis.proof);
                }
                self.snapshot.guard = guard;
            }
            // Another request of the same name.
            Reply::Request(_, Sight::There(request)) if request.uid != self.snapshot.request.uid => {
                self.halt = Some(Halt::Gone);
            }
            Reply::Request(_, Sight::There(request)) => {
                self.must_read_request = false;
                self.take_request(*request);
            }
            Reply::Request(_, Sight::Gone) => self.halt = Some(Halt::Gone),
            Reply::Request(_, Sight::Unknown(_)) | Reply::Record(Sight::Unknown(_)) => {
                self.halt = Some(Halt::Failed);
            }
            Reply::Record(sight) => {
                self.must_read_record = false;
                self.snapshot.record = match sight {
                    Sight::There(record) => {
                        let seen = self.sequence_seen(&record.uid);
                        Some(record.after(seen))
                    }
                    Sight::Gone | Sight::Unknown(_) => None,
                };
            }
            Reply::RequestWritten(written) => self.take_request_written(written),
            Reply::RecordWritten(written) => self.take_record_written(written, moment),
            Reply::Start | Reply::Done | Reply::Sent(_) => {}
        }
    }

    /// The sequence of the record that this pass began with, or wrote.
    fn sequence_seen(&self, uid: &str) -> Option<i64> {
        let known = self.snapshot.record.as_ref().filter(|known| known.uid == uid)?;
        Some(known.record.as_ref()?.status.sequence)
    }

    fn take_policies(&mut self, policies: PolicySet) {
        let PolicySet {
            settings,
            deletion_allowed,
            eligibility,
            approver,
        } = policies;
        let changed = self.snapshot.settings != settings
            || self.snapshot.deletion_allowed != deletion_allowed
            || self.snapshot.eligibility_policies != eligibility
            || self.snapshot.approver_policies != approver;
        self.policies_checked = !changed;
        self.snapshot.settings = settings;
        self.snapshot.deletion_allowed = deletion_allowed;
        self.snapshot.eligibility_policies = eligibility;
        self.snapshot.approver_policies = approver;
    }

    /// The request as it is now: whatever was looked up about AWS is looked up anew, and so is what it rests on.
    fn take_request(&mut self, request: RequestFacts) {
        let seen = self.snapshot.request.status.sequence;
        self.snapshot.request = request.after(seen);
        self.begin_step();
    }

    fn begin_step(&mut self) {
        self.snapshot.facts.listing = None;
        self.proven = Proof::None;
        self.policies_checked = false;
        self.rounds = 0;
        self.steps += 1;
    }

    fn take_request_written(&mut self, written: Written<Box<RequestFacts>>) {
        match written {
            Written::Stored(request) => {
                if let Some(decision) = self.pending.take() {
                    self.outbox.extend(decision.transition.map(Notice::Transition));
                    self.outbox.extend(decision.alerts.into_iter().map(Notice::Alert));
                }
                self.take_request(*request);
            }
            Written::Conflict => self.must_read_request = true,
            Written::Refused(why) => {
                self.halt = Some(Halt::Failed);
                let alerts = self
                    .pending
                    .take()
                    .map(|decision| decision.alerts)
                    .unwrap_or_default();
                self.outbox.extend(alerts.into_iter().map(Notice::Alert));
                let sentence = format!(
                    "The API server refuses the status of request {}: {why}",
                    self.snapshot.request.full_name()
                );
                self.outbox
                    .push(Notice::Alert(Alert::new(Reason::LookupFailed, sentence)));
            }
            Written::NoAnswer(_) => self.halt = Some(Halt::Failed),
        }
    }

    fn take_record_written(&mut self, written: Written<Option<Box<StoredRecord>>>, moment: &Moment) {
        match written {
            Written::Stored(record) => {
                let before = self.snapshot.record.take();
                self.snapshot.record = record.map(|record| *record);
                self.tell_step(before.as_ref(), moment);
                self.begin_step();
            }
            Written::Conflict => self.must_read_record = true,
            Written::Refused(_) | Written::NoAnswer(_) => self.halt = Some(Halt::Failed),
        }
    }

    fn tell_step(&mut self, before: Option<&StoredRecord>, moment: &Moment) {
        let Some(stored) = &self.snapshot.record else {
            return;
        };
        let before = before.filter(|before| before.uid == stored.uid);
        let before = before.and_then(|before| before.record.as_ref());
        let step = RecordStep::between(&stored.name, before, stored.record.as_ref(), moment.now);
        self.outbox.extend(step.map(Notice::RecordStep));
    }

    fn decide(&mut self, moment: &Moment) -> Need {
        if !self.outbox.is_empty() {
            return Need::Tell(std::mem::take(&mut self.outbox));
        }
        let retry = self.snapshot.timings.lookup_retry;
        if moment.lease != Lease::Held {
            // Whoever does not hold the lease writes nothing; ends are the assignment machine's.
            return Need::Rest(self.snapshot.timings.poll_interval);
        }
        match self.halt {
            Some(Halt::Gone) => return self.rest(None, moment),
            Some(Halt::Failed) => return Need::Rest(TimeDelta::seconds(1)),
            Some(Halt::Behind) => return Need::Rest(retry),
            None => {}
        }
        if self.must_read_request {
            return Need::ReadRequest(self.snapshot.request.claim_request());
        }
        if self.steps > STEPS || self.rounds > ROUNDS {
            return Need::Rest(TimeDelta::seconds(1));
        }
        let decision = decide(&self.snapshot, moment.now);
        self.carry_out(decision, moment)
    }

    /// Asks, checks, proves, stores: whatever is the first that is missing.
    fn carry_out(&mut self, decision: Decision, moment: &Moment) -> Need {
        if !decision.questions.is_empty() {
            self.rounds += 1;
            return Need::Answer(decision.questions);
        }
        if decision.basis.policies && !self.policies_checked {
            self.rounds += 1;
            return Need::CheckPolicies;
        }
        if decision.basis.proof > self.proven {
            self.rounds += 1;
            let proof = decision.basis.proof;
            self.pending = Some(decision);
            return Need::ProveGuard(proof);
        }
        if let Some(change) = &decision.record {
            return self.change_record(change.clone(), moment);
        }
        let before = &self.snapshot.request;
        if has_changed(&before.status, &decision.status) {
            let status = decision.status.clone();
            self.pending = Some(decision);
            return Need::StoreStatus(Box::new(status));
        }
        if !decision.alerts.is_empty() && self.pending.is_none() {
            // Nothing is stored with them, so they are told once in this pass.
            self.outbox
                .extend(decision.alerts.iter().cloned().map(Notice::Alert));
            self.pending = Some(decision);
            return Need::Tell(std::mem::take(&mut self.outbox));
        }
        match decision.finalizer {
            Some(present) if present != before.has_finalizer => {
                self.pending = Some(Decision {
                    transition: None,
                    alerts: vec![],
                    ..decision
                });
                Need::StoreFinalizer(present)
            }
            _ => self.rest(decision.wake_at, moment),
        }
    }

    fn change_record(&mut self, change: RecordChange, moment: &Moment) -> Need {
        let (RecordChange::Admit { spec, .. } | RecordChange::End { spec, .. }) = &change;
        let name = record_name(spec);
        let stored = self.snapshot.record.as_ref().filter(|stored| stored.name == name);
        if self.must_read_record || (stored.is_none() && self.snapshot.record.is_some()) {
            self.must_read_record = false;
            self.rounds += 1;
            return Need::ReadRecord(name);
        }
        let latest = moment.latest(&self.snapshot.timings);
        let mut record = match stored {
            Some(stored) => match &stored.record {
                // A forged one, written back with a claim of ours, would bear our seal.
                Some(record) if stored.seal != RecordSeal::Broken => record.clone(),
                // The assignment machine puts it right first.
                _ => return Need::Rest(self.snapshot.timings.poll_interval),
            },
            None => Record::absent((**spec).clone(), moment.now),
        };
        let before = record.clone();
        match change {
            RecordChange::Admit { claim, .. } => match record.admit(claim) {
                Admission::Admitted => {}
                // What is stored tells what to do instead.
                Admission::HadItsTurn | Admission::Full => {
                    return Need::Rest(self.snapshot.timings.poll_interval);
                }
            },
            RecordChange::End { fallback, end, .. } => record.end(fallback, &end, moment.now, latest),
        }
        if record == before {
            return Need::Rest(self.snapshot.timings.poll_interval);
        }
        Need::StoreRecord(Box::new(match stored {
            Some(stored) => stored.replace(record, None),
            None => RecordWrite::create(name, record),
        }))
    }

    /// Rests until time can change the answer.
    fn rest(&self, wake_at: Option<Timestamp>, moment: &Moment) -> Need {
        let longest = self.snapshot.timings.resync_interval;
        let wait = wake_at.map_or(longest, |at| at.to_utc() - moment.now.to_utc());
        Need::Rest(wait.clamp(TimeDelta::seconds(1), longest))
    }
}

/// Whether a status says something new; its number alone is nothing new.
fn has_changed(before: &ElevationRequestStatus, after: &ElevationRequestStatus) -> bool {
    *before != *after
}
