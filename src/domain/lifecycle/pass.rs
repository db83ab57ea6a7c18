//! What one pass works on and how it ends.

use chrono::TimeDelta;

use crate::api::{
    Assignment, AssignmentState, AssignmentTuple, Condition, ConditionStatus, ConditionType,
    ElevationRequestStatus, HumanDuration, Phase, Reason, TeamSettingsSpec, Timestamp, set_condition,
};
use crate::domain::decision::{Action, Alert, Decision, Transition};
use crate::domain::inquiry::{Inquiry, Undecided};
use crate::domain::sentences;
use crate::domain::snapshot::{Lease, SettingsFact, Snapshot};
use crate::domain::timings::Timings;
use crate::domain::window::after;

/// One pass over one request: what is known, and what has been decided so far.
pub(super) struct Pass<'a> {
    pub snapshot: &'a Snapshot,
    pub now: Timestamp,
    pub inquiry: Inquiry<'a>,
    pub status: ElevationRequestStatus,
    pub action: Option<Action>,
    pub alerts: Vec<Alert>,
    wake_at: Option<Timestamp>,
    stores_nothing: bool,
}

impl<'a> Pass<'a> {
    pub fn new(snapshot: &'a Snapshot, now: Timestamp) -> Self {
        let mut status = snapshot.request.status.clone();
        if let Some(assignment) = status.assignment.as_mut() {
            leave_the_future(assignment, after(now, snapshot.timings.clock_skew), now);
        }
        Self {
            snapshot,
            now,
            inquiry: Inquiry::new(&snapshot.facts, &snapshot.timings, now),
            status,
            action: None,
            alerts: vec![],
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

    pub fn state(&self) -> AssignmentState {
        self.status
            .assignment
            .as_ref()
            .map_or(AssignmentState::None, |assignment| assignment.state)
    }

    pub fn tuple(&self) -> Option<AssignmentTuple> {
        self.status.assignment.as_ref()?.tuple.clone()
    }

    /// Changes the assignment's record, if there is one.
    pub fn assignment(&mut self, change: impl FnOnce(&mut Assignment)) {
        if let Some(assignment) = self.status.assignment.as_mut() {
            change(assignment);
        }
    }

    pub fn not_after(&self) -> Option<Timestamp> {
        self.status.window.as_ref()?.not_after
    }

    pub fn duration(&self) -> HumanDuration {
        let spec = self.snapshot.request.spec.duration;
        self.status.access.as_ref().map_or(spec, |access| access.duration)
    }

    /// Restates where the request is and what is awaited.
    pub fn says(&mut self, reason: Reason, message: &str) {
        self.status.reason = Some(reason);
        self.status.message = Some(sentences::message(message));
    }

    /// Moves to a phase that is not the last.
    pub fn go(&mut self, phase: Phase, reason: Reason, message: &str) {
        self.status.phase = Some(phase);
        self.says(reason, message);
    }

    /// Puts the finalizer on and stores nothing with it: what comes next is decided when it is on.
    pub fn set_finalizer_first(&mut self) {
        self.action = Some(Action::SetFinalizer);
        self.stores_nothing = true;
        self.wake(after(self.now, self.timings().lookup_retry));
    }

    /// Moves to a terminal phase. A finalizer goes after it, so that an object that is being deleted has its outcome on
    /// record before it goes; one that a crash left on is found by the list of finished requests.
    pub fn end(&mut self, phase: Phase, reason: Reason, message: &str) {
        if self.snapshot.request.has_finalizer {
            self.action = Some(Action::RemoveFinalizer);
            self.wake(after(self.now, self.timings().lookup_retry));
        }
        self.status.approvers = vec![];
        self.go(phase, reason, message);
    }

    /// Waits for what cannot be decided yet.
    pub fn wait(&mut self, undecided: &Undecided) {
        let retry = after(self.now, self.timings().lookup_retry);
        self.wake(undecided.until.unwrap_or(retry));
        let sentence = sentences::tried_again(&undecided.why);
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
        if let Some(at) = self.inquiry.stale_at() {
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
            message: sentences::message(message),
        };
        set_condition(&mut self.status.conditions, condition);
    }

    pub fn has_condition(&self, kind: ConditionType) -> Option<&Condition> {
        self.status
            .conditions
            .iter()
            .find(|condition| condition.kind == kind)
    }

    /// What keeps any grant from being made now, apart from policy.
    pub fn gate(&self) -> Result<&'a TeamSettingsSpec, Undecided> {
        let closed = |reason, why: String| Undecided {
            reason,
            why,
            until: None,
        };
        if let Some(why) = self.snapshot.guard.not_in_force() {
            let reason = match self.snapshot.guard.gap() {
                Some(_) => Reason::GuardBroken,
                None => Reason::GuardUnproven,
            };
            return Err(closed(reason, format!("Nothing is granted: {why}")));
        }
        if let Lease::Unsure(why) = &self.snapshot.lease {
            return Err(closed(Reason::LeaseUnsure, format!("Nothing is granted: {why}")));
        }
        let spread = self.snapshot.clocks.spread();
        if spread > self.timings().clock_skew {
            let why = format!(
                "Nothing is granted: clocks are {} seconds apart",
                spread.num_seconds()
            );
            return Err(closed(Reason::ClockSkew, why));
        }
        self.settings().ok_or_else(Pass::settings_missing)
    }

    pub fn settings_missing() -> Undecided {
        Undecided {
            reason: Reason::SettingsMissing,
            why: "Nothing is decided or granted without the TeamSettings named default: somebody has to apply them"
                .to_owned(),
            until: None,
        }
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
        self.status.finished = phase.is_some_and(Phase::is_terminal);
        let settled = self.status.finished || phase == Some(Phase::Active);
        let overdue = self
            .alerts
            .iter()
            .any(|alert| alert.reason == Reason::RevocationOverdue);
        let reason = if overdue {
            Reason::RevocationOverdue
        } else {
            self.status.reason.unwrap_or(Reason::LookupFailed)
        };
        if phase != before.phase || !before.finished {
            let status = if settled {
                ConditionStatus::True
            } else {
                ConditionStatus::False
            };
            self.condition(ConditionType::Settled, status, reason, "");
        }
        let transition = phase
            .filter(|_| phase != before.phase)
            .map(|to| transition(&self, to));
        self.decided(transition)
    }

    fn decided(self, transition: Option<Transition>) -> Decision {
        Decision {
            action: self.action,
            wake_at: self.wake_at,
            questions: self.inquiry.questions(),
            transition,
            alerts: self.alerts,
            status: self.status,
        }
    }
}

/// A time that has not come yet was written by a clock that was ahead: how long ago that was nobody knows, so it counts
/// from now. Otherwise a repetition, or a create that has to settle, would be waited for until then.
fn leave_the_future(assignment: &mut Assignment, latest: Timestamp, now: Timestamp) {
    let operations = [assignment.create.as_mut(), assignment.delete.as_mut()];
    for operation in operations.into_iter().flatten() {
        let times = [
            &mut operation.sent_time,
            &mut operation.last_seen_time,
            &mut operation.unanswered_time,
        ];
        for time in times {
            *time = time.map(|time| if time > latest { now } else { time });
        }
    }
}

fn transition(pass: &Pass<'_>, to: Phase) -> Transition {
    let status = &pass.status;
    let review = status.review.as_ref();
    // A request that is approved may be granted in the same step, and then says that.
    let approved = pass
        .has_condition(ConditionType::Approved)
        .filter(|_| to == Phase::Approved);
    Transition {
        from: pass.snapshot.request.status.phase,
        to,
        reason: approved.map_or(status.reason.unwrap_or(Reason::LookupFailed), |approved| {
            approved.reason
        }),
        message: approved
            .map_or(status.message.clone(), |approved| Some(approved.message.clone()))
            .unwrap_or_default(),
        eligibility_policy: status
            .eligibility
            .as_ref()
            .map(|policy| (policy.policy.clone(), policy.uid.clone(), policy.generation)),
        approver_policy: review
            .and_then(|review| Some((review.policy.clone()?, review.uid.clone()?, review.generation?))),
        counted: review
            .into_iter()
            .flat_map(|review| &review.verdicts)
            .filter(|verdict| verdict.counted)
            .map(|verdict| verdict.approver.clone())
            .collect(),
        at: pass.now,
    }
}
