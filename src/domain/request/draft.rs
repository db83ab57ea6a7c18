//! What a decision is written on, and what follows from the phase alone.

use chrono::TimeDelta;

use super::history;
use crate::api::{
    AssignmentState, Claim, ClaimEnd, ClaimedAssignment, Condition, ConditionStatus, ConditionType,
    ElevationRequestStatus, Ending, HumanDuration, Phase, Reason, TeamSettingsSpec, Timestamp, set_condition,
};
use crate::domain::assignment::{Record, RecordSeal};
use crate::domain::decision::Proof;
use crate::domain::decision::{Alert, Basis, Decision, PolicyVersion, RecordChange, Transition};
use crate::domain::fact_reader::{FactReader, Undecided};
use crate::domain::messages;
use crate::domain::snapshot::{SettingsFact, Snapshot};
use crate::domain::timings::Timings;
use crate::domain::window::after;

/// A decision that is being written: what is known, and what has been decided so far.
pub(super) struct Draft<'a> {
    pub snapshot: &'a Snapshot,
    pub now: Timestamp,
    pub reader: FactReader<'a>,
    pub status: ElevationRequestStatus,
    pub record: Option<RecordChange>,
    pub finalizer: Option<bool>,
    pub alerts: Vec<Alert>,
    /// Since when nothing of the request is in AWS, where that is known now.
    pub gone_time: Option<Timestamp>,
    /// Until when issued credentials can work, where that is known now.
    pub credentials_expiry_time: Option<Timestamp>,
    /// Whether access should have been removed by now.
    pub overdue: bool,
    /// Whether the request is denied because its status is a forged one.
    pub is_denied_as_forged: bool,
    basis: Basis,
    wake_at: Option<Timestamp>,
    stores_nothing: bool,
}

impl<'a> Draft<'a> {
    pub fn new(snapshot: &'a Snapshot, now: Timestamp) -> Self {
        Self {
            snapshot,
            now,
            reader: FactReader::new(&snapshot.facts, &snapshot.timings, now),
            status: snapshot.request.status.clone(),
            record: None,
            finalizer: None,
            alerts: vec![],
            gone_time: None,
            credentials_expiry_time: None,
            overdue: false,
            is_denied_as_forged: false,
            basis: Basis::NOTHING,
            wake_at: None,
            stores_nothing: false,
        }
    }

    pub fn timings(&self) -> &'a Timings {
        &self.snapshot.timings
    }

    /// What the latest clock says: ends go by it.
    pub fn latest(&self) -> Timestamp {
        self.snapshot.clocks.latest(self.now, self.timings().clock_skew)
    }

    /// What the earliest clock says: by it an operation can no longer take effect.
    pub fn earliest(&self) -> Timestamp {
        self.snapshot.clocks.earliest(self.now, self.timings().clock_skew)
    }

    pub fn settings(&self) -> Option<&'a TeamSettingsSpec> {
        match &self.snapshot.settings {
            SettingsFact::Present(settings) => Some(settings),
            SettingsFact::Missing { .. } => None,
        }
    }

    /// The record, where it is what the controller wrote.
    pub fn believed_record(&self) -> Option<&'a Record> {
        let stored = self.snapshot.record.as_ref()?;
        let record = stored.record.as_ref()?;
        match stored.seal {
            RecordSeal::Valid => Some(record),
            RecordSeal::Broken => None,
            // One that was lost is made anew empty, and tells nothing before it is restored.
            RecordSeal::OfCreation => {
                let known = self.status.assignment.as_ref();
                let was_there = known.is_some_and(|known| known.state != AssignmentState::Absent);
                let own = record.claim(&self.snapshot.request.uid).is_some();
                (own || !was_there).then_some(record)
            }
        }
    }

    /// The claim of this request on the record.
    pub fn own_claim(&self) -> Option<&'a Claim> {
        self.believed_record()?.claim(&self.snapshot.request.uid)
    }

    /// Notes that the decision rests on policies and settings, and on what the admission policies vouch for.
    pub fn rests_on(&mut self, proof: Proof) {
        self.basis.policies = true;
        self.basis.proof = self.basis.proof.max(proof);
    }

    pub fn not_after(&self) -> Option<Timestamp> {
        self.status.window.as_ref()?.not_after
    }

    pub fn duration(&self) -> HumanDuration {
        let spec = self.snapshot.request.spec.duration;
        self.status.access.as_ref().map_or(spec, |access| access.duration)
    }

    /// The longest session of the permission set that was seen: credentials live that long once they are issued.
    pub fn longest_session(&self) -> TimeDelta {
        let known = self
            .status
            .assignment
            .as_ref()
            .and_then(|assignment| assignment.credentials_expiry_time);
        let end = self.status.window.as_ref().and_then(|window| window.end_time);
        let seen = known.zip(end).map(|(known, end)| known.to_utc() - end.to_utc());
        let resolved = self
            .status
            .access
            .as_ref()
            .map(|access| TimeDelta::from(access.session_duration));
        seen.max(resolved).unwrap_or_default()
    }

    /// Restates where the request is and what is awaited.
    pub fn says(&mut self, reason: Reason, message: &str) {
        self.status.reason = Some(reason);
        self.status.message = Some(messages::message(message));
    }

    /// Moves to a phase that is not the last.
    pub fn go(&mut self, phase: Phase, reason: Reason, message: &str) {
        self.status.phase = Some(phase);
        self.says(reason, message);
    }

    /// Puts the finalizer on and stores nothing with it: what comes next is decided when it is on.
    pub fn set_finalizer_first(&mut self) {
        self.finalizer = Some(true);
        self.stores_nothing = true;
        self.wake(after(self.now, self.timings().lookup_retry));
    }

    /// Moves to a terminal phase. A finalizer goes after it, so that an object that is being deleted has its outcome on
    /// record before it goes; one that a crash left on is found by the list of finished requests.
    pub fn end(&mut self, phase: Phase, reason: Reason, message: &str) {
        self.status.approvers = vec![];
        self.go(phase, reason, message);
    }

    /// Writes down why the request ends, once.
    pub fn record_ending(&mut self, end: &ClaimEnd) {
        self.status.ending.get_or_insert_with(|| Ending {
            reason: end.reason,
            message: end.message.clone().unwrap_or_default(),
            by: end.by.clone(),
            requested_time: end.time,
        });
    }

    /// Waits for what cannot be decided yet.
    pub fn wait(&mut self, undecided: &Undecided) {
        let retry = after(self.now, self.timings().lookup_retry);
        self.wake(undecided.until.unwrap_or(retry));
        let sentence = messages::tried_again(&undecided.why);
        self.says(undecided.reason, &sentence);
    }

    pub fn wake(&mut self, at: Timestamp) {
        // A time in the past is as good as at once, and a timer cannot be set to it.
        let at = at.max(after(self.now, TimeDelta::seconds(1)));
        self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// Wakes when an end comes, by the latest clock: ours may be behind it.
    pub fn wake_at_end(&mut self, at: Timestamp) {
        let ahead = self.latest().to_utc() - self.now.to_utc();
        self.wake(after(at, -ahead));
    }

    /// Wakes when a cached fact that this decision rests on has grown too old.
    pub fn wake_when_stale(&mut self) {
        if let Some(at) = self.reader.stale_at() {
            self.wake(at);
        }
    }

    pub fn condition(&mut self, kind: ConditionType, status: ConditionStatus, reason: Reason, message: &str) {
        let condition = Condition {
            kind,
            status,
            observed_generation: Some(self.snapshot.request.generation),
            last_transition_time: self.now,
            reason,
            message: messages::message(message),
        };
        set_condition(&mut self.status.conditions, condition);
    }

    /// What keeps any grant from being made now, apart from policy.
    pub fn gate(&self) -> Result<&'a TeamSettingsSpec, Undecided> {
        let closed = |reason, why: String| Undecided::because(reason, why);
        if let Some(why) = self.snapshot.guard.not_in_force() {
            let reason = match self.snapshot.guard.gap() {
                Some(_) => Reason::GuardBroken,
                None => Reason::GuardUnproven,
            };
            return Err(closed(reason, format!("Nothing is granted: {why}")));
        }
        if self.snapshot.deletion_allowed {
            return Err(Draft::deletion_allowed());
        }
        if let Some(why) = &self.snapshot.journal.unwritable {
            let why = format!("Nothing is granted while the journal cannot be written: {why}");
            return Err(closed(Reason::JournalUnavailable, why));
        }
        let spread = self.snapshot.clocks.spread();
        if spread > self.timings().clock_skew {
            let why = format!(
                "Nothing is granted: clocks are {} seconds apart",
                spread.num_seconds()
            );
            return Err(closed(Reason::ClockSkew, why));
        }
        self.settings().ok_or_else(Draft::settings_missing)
    }

    pub fn settings_missing() -> Undecided {
        Undecided {
            reason: Reason::SettingsMissing,
            why: "Nothing is decided or granted without the TeamSettings named default: somebody has to apply them"
                .to_owned(),
            until: None,
        }
    }

    pub fn deletion_allowed() -> Undecided {
        let why = "Nothing is granted: TeamSettings allow to delete what the controller needs, so that team-operator can be uninstalled. \
                   To go on: team-operator uninstall --abort";
        Undecided::because(Reason::DeletionAllowed, why.to_owned())
    }

    /// The decision, with everything that follows from the phase alone.
    pub fn finish(mut self) -> Decision {
        let before = &self.snapshot.request.status;
        if self.stores_nothing {
            self.status = before.clone();
            return self.decided(None);
        }
        self.status.observed_generation = Some(self.snapshot.request.generation);
        let phase = self.status.phase;
        let over = phase.is_some_and(Phase::is_terminal);
        let settled = over || phase == Some(Phase::Active);
        if phase != before.phase || !over {
            let status = if settled {
                ConditionStatus::True
            } else {
                ConditionStatus::False
            };
            let reason = self.status.reason.filter(|_| !self.overdue);
            let reason = reason.unwrap_or(Reason::RevocationOverdue);
            self.condition(ConditionType::Settled, status, reason, "");
        }
        self.restate_assignment();
        history::tell(&mut self);
        self.record(over);
        if self.status.finished && self.snapshot.request.has_finalizer {
            self.finalizer = Some(false);
            self.wake(after(self.now, self.timings().lookup_retry));
        }
        if self.status != *before {
            self.status.sequence = Some(before.sequence.unwrap_or(0).saturating_add(1));
        }
        let transition = phase
            .filter(|_| phase != before.phase)
            .map(|to| transition(&self, to));
        self.decided(transition)
    }

    /// How much of the history the journal has goes with the next write; at the end of a life it has one of its own, and the
    /// request is finished by it.
    fn record(&mut self, over: bool) {
        let last = self.status.history.last().map_or(0, |entry| entry.sequence);
        let known = self
            .snapshot
            .journal
            .recorded
            .max(self.status.recorded.unwrap_or(0));
        let recorded = known.min(last);
        let may_finish = recorded >= last || self.snapshot.journal.is_released;
        let finishes = over && !self.status.finished && may_finish;
        if recorded > 0 && (finishes || self.status != self.snapshot.request.status) {
            self.status.recorded = Some(recorded);
        }
        if over {
            self.status.finished |= finishes;
            if !self.status.finished {
                self.wake(after(self.now, self.timings().lookup_retry));
            }
        }
    }

    /// Every write restates the record's state; that alone is no reason for a write.
    fn restate_assignment(&mut self) {
        let before = &self.snapshot.request.status;
        if self.status == *before {
            return;
        }
        let Some((record, claim)) = self.believed_record().zip(self.own_claim()) else {
            return;
        };
        let baseline = record.status.baseline_time.filter(|_| claim.ended.is_none());
        let known = self.status.assignment.take();
        let possible_from = known
            .as_ref()
            .and_then(|known| known.possible_from)
            .or_else(|| baseline.map(|baseline| baseline.max(claim.from)));
        let error = record.status.last_error.as_ref();
        self.status.assignment = Some(ClaimedAssignment {
            name: self
                .snapshot
                .record
                .as_ref()
                .map(|stored| stored.name.clone())
                .unwrap_or_default(),
            state: record.state(),
            possible_from,
            gone_time: self
                .gone_time
                .or(known.as_ref().and_then(|known| known.gone_time)),
            credentials_expiry_time: self
                .credentials_expiry_time
                .or(known.and_then(|known| known.credentials_expiry_time)),
            last_error: error.map(|error| error.message.clone()),
        });
    }

    fn decided(self, transition: Option<Transition>) -> Decision {
        Decision {
            record: self.record,
            finalizer: self.finalizer,
            wake_at: self.wake_at,
            questions: self.reader.questions(),
            basis: self.basis,
            transition,
            alerts: self.alerts,
            status: self.status,
        }
    }
}

fn transition(draft: &Draft<'_>, to: Phase) -> Transition {
    let status = &draft.status;
    let review = status.review.as_ref();
    let version = |name: &str, uid: &str, generation| PolicyVersion {
        name: name.to_owned(),
        uid: uid.to_owned(),
        generation,
    };
    let approver_policy = review.and_then(|review| {
        Some(version(
            review.policy.as_ref()?,
            review.uid.as_ref()?,
            review.generation?,
        ))
    });
    Transition {
        from: draft.snapshot.request.status.phase,
        to,
        reason: status.reason.unwrap_or(Reason::LookupFailed),
        message: status.message.clone().unwrap_or_default(),
        eligibility_policy: status
            .eligibility
            .as_ref()
            .map(|policy| version(&policy.policy, &policy.uid, policy.generation)),
        approver_policy,
        counted: review
            .into_iter()
            .flat_map(|review| &review.verdicts)
            .filter(|verdict| verdict.counted)
            .map(|verdict| verdict.approver.clone())
            .collect(),
        at: draft.now,
    }
}
