//! The record of an assignment, and every step of it. Both machines write records only through these methods.

use chrono::TimeDelta;

use crate::api::{
    AccountAssignmentSpec, AccountAssignmentStatus, AssignmentKey, AssignmentState, Claim, ClaimEnd, Create,
    CreateOutcome, CreateResult, LastError, MAX_CLAIMS, Reason, Timestamp,
};
use crate::domain::messages;
use crate::domain::window::{after, end_time};

/// How many characters of the requests' names a record shows (the schema's limit).
const NAMES_SHOWN: usize = 1024;

/// The record of one assignment: what it is, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Which assignment.
    pub spec: AccountAssignmentSpec,
    /// Where it stands.
    pub status: AccountAssignmentStatus,
}

/// Whether a record takes one more claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The claim is in it.
    Admitted,
    /// The request has had its turn: its claim has ended.
    HadItsTurn,
    /// It has as many claims as it takes.
    Full,
}

/// Whether AWS said of a create that it failed, or never had it.
fn certainly_failed(create: &Create) -> bool {
    let result = create.outcome.as_ref().map(|outcome| outcome.result);
    matches!(result, Some(CreateResult::Failed | CreateResult::NotSent))
}

impl Record {
    /// A new record without a claim.
    pub fn absent(spec: AccountAssignmentSpec, now: Timestamp) -> Self {
        let status = AccountAssignmentStatus {
            sequence: 0,
            seal: None,
            state: AssignmentState::Absent,
            state_time: now,
            baseline_time: None,
            claims: vec![],
            create: None,
            earlier_creates_until: None,
            last_error: None,
            until: None,
            requests: None,
        };
        Self { spec, status }
    }

    /// What names the assignment in AWS.
    pub fn key(&self) -> AssignmentKey {
        self.spec.key()
    }

    /// The state.
    pub fn state(&self) -> AssignmentState {
        self.status.state
    }

    /// When the last of the claims that have ended did.
    pub fn last_end(&self) -> Option<Timestamp> {
        let ends = self.status.claims.iter().filter_map(|claim| claim.ended.as_ref());
        ends.map(|end| end.time).max()
    }

    /// Whether the assignment is there, or may be, and is not being deleted.
    pub fn is_there(&self) -> bool {
        matches!(self.state(), AssignmentState::Creating | AssignmentState::Present)
    }

    /// The claim of a request.
    pub fn claim(&self, uid: &str) -> Option<&Claim> {
        self.status.claims.iter().find(|claim| claim.request.uid == uid)
    }

    /// The claims that cover a time.
    pub fn covering(&self, at: Timestamp) -> impl Iterator<Item = &Claim> {
        self.status.claims.iter().filter(move |claim| claim.covers(at))
    }

    /// Whether somebody claims the assignment at that time.
    pub fn is_covered(&self, at: Timestamp) -> bool {
        self.covering(at).next().is_some()
    }

    /// Whether every create of this tenure is known to have failed.
    pub fn creates_certainly_failed(&self) -> bool {
        self.status.earlier_creates_until.is_none()
            && self.status.create.as_ref().is_none_or(certainly_failed)
    }

    /// Until when a create whose outcome AWS has not told may still take effect.
    pub fn create_may_land_until(&self, create_bound: TimeDelta) -> Option<Timestamp> {
        let newest = self
            .status
            .create
            .as_ref()
            .filter(|create| create.outcome.is_none());
        let newest = newest.map(|create| after(create.sent_time, create_bound));
        newest.max(self.status.earlier_creates_until)
    }

    /// The claims that have not ended.
    fn open_claims(&mut self) -> impl Iterator<Item = &mut Claim> {
        self.status
            .claims
            .iter_mut()
            .filter(|claim| claim.ended.is_none())
    }

    /// Adds a claim. A request that has one already gets no second: its admission is renewed, unless it has ended.
    pub fn admit(&mut self, claim: Claim) -> Admission {
        let known = |known: &&mut Claim| known.request.uid == claim.request.uid;
        if let Some(known) = self.status.claims.iter_mut().find(known) {
            if known.ended.is_some() {
                return Admission::HadItsTurn;
            }
            known.admitted_until = known.admitted_until.max(claim.admitted_until);
            return Admission::Admitted;
        }
        if self.status.claims.len() >= MAX_CLAIMS {
            return Admission::Full;
        }
        self.status.claims.push(claim);
        Admission::Admitted
    }

    /// Takes over what was claimed, or ended, on another record of the same assignment.
    pub fn take_over(&mut self, claims: &[Claim]) {
        for claim in claims {
            match self
                .status
                .claims
                .iter_mut()
                .find(|known| known.request.uid == claim.request.uid)
            {
                Some(known) if known.ended.is_none() => known.ended.clone_from(&claim.ended),
                Some(_) => {}
                None => self.status.claims.push(claim.clone()),
            }
        }
    }

    /// Ends a claim, and deletes the assignment in the same step where it was the last one that covered it. `fallback` is
    /// stored as an ended claim where the request has none: an admission that is still on its way finds its turn taken.
    pub fn end(&mut self, fallback: Claim, end: &ClaimEnd, now: Timestamp, latest: Timestamp) {
        let uid = fallback.request.uid.clone();
        if self.claim(&uid).is_none() {
            self.status.claims.push(fallback);
        }
        if let Some(claim) = self.open_claims().find(|claim| claim.request.uid == uid) {
            claim.ended = Some(end.clone());
        }
        self.expire(now, latest);
    }

    /// Ends every claim whose time is over, and begins to delete what nobody claims any more.
    pub fn expire(&mut self, now: Timestamp, latest: Timestamp) {
        for claim in &mut self.status.claims {
            if claim.is_over(latest) {
                claim.ended = Some(claim.end_by_time());
            }
        }
        if !self.is_there() || self.is_covered(latest) {
            return;
        }
        if self.state() == AssignmentState::Creating && self.creates_certainly_failed() {
            self.become_absent(now);
        } else {
            self.move_to(AssignmentState::Deleting, now);
        }
    }

    /// Stores the intent to create the assignment, which a list lacked at `baseline`, for the first time or once more.
    pub fn intend(&mut self, baseline: Timestamp, now: Timestamp, create_bound: TimeDelta) {
        let unproven = self
            .status
            .create
            .take()
            .filter(|create| !certainly_failed(create));
        let carried = unproven.map(|create| after(create.sent_time, create_bound));
        self.status.earlier_creates_until = self.status.earlier_creates_until.max(carried);
        self.status.create = Some(Create {
            sent_time: now,
            outcome: None,
        });
        if self.state() == AssignmentState::Absent {
            self.status.baseline_time = Some(baseline);
            self.move_to(AssignmentState::Creating, now);
        }
    }

    /// Notes the final word of the newest create.
    pub fn conclude_create(&mut self, outcome: CreateOutcome) {
        if let Some(create) = self.status.create.as_mut()
            && create.outcome.is_none()
        {
            create.outcome = Some(outcome);
        }
    }

    /// AWS has the assignment.
    pub fn become_present(&mut self, now: Timestamp) {
        self.move_to(AssignmentState::Present, now);
        self.status.last_error = None;
    }

    /// AWS confirmed the access of one claim: from now on it has an end. `earliest` is what the earliest clock says: with one
    /// that is ahead now and set right later, the access would last longer.
    pub fn confirm(&mut self, uid: &str, now: Timestamp, earliest: Timestamp) {
        let waits = |claim: &&mut Claim| claim.request.uid == uid && claim.start_time.is_none();
        if let Some(claim) = self.open_claims().find(waits) {
            claim.start_time = Some(now);
            claim.end_time = Some(end_time(earliest, claim.duration, claim.not_after));
        }
    }

    /// The assignment is no longer there, or is about to go: what was confirmed for a claim is lost, and it is deleted to the
    /// end. Claims that were never confirmed wait for the next tenure.
    pub fn lose(&mut self, end: &ClaimEnd, now: Timestamp) {
        for claim in self.open_claims().filter(|claim| claim.is_confirmed()) {
            claim.ended = Some(end.clone());
        }
        self.move_to(AssignmentState::Deleting, now);
    }

    /// The person has the assignment without us: whoever claims it now ends, and nothing of ours is there.
    pub fn yield_to_standing_access(&mut self, end: &ClaimEnd, now: Timestamp, latest: Timestamp) {
        for claim in &mut self.status.claims {
            if claim.covers(latest) {
                claim.ended = Some(end.clone());
            }
        }
        if self.state() != AssignmentState::Absent {
            self.become_absent(now);
        }
    }

    /// Nothing of ours is there, and nothing of ours may come.
    pub fn become_absent(&mut self, now: Timestamp) {
        self.move_to(AssignmentState::Absent, now);
        self.status.create = None;
        self.status.baseline_time = None;
        self.status.earlier_creates_until = None;
    }

    /// Notes an error of AWS.
    pub fn note_error(&mut self, error: LastError) {
        self.status.last_error = Some(error);
    }

    /// Moves to a state.
    pub(super) fn move_to(&mut self, state: AssignmentState, now: Timestamp) {
        if self.state() != state {
            self.status.state = state;
            self.status.state_time = now;
        }
    }

    /// Leaves out the claims that nobody needs any more, as said by the caller.
    pub fn drop_claims(&mut self, mut needless: impl FnMut(&Claim) -> bool) {
        self.status.claims.retain(|claim| !needless(claim));
    }

    /// The record as it is written next: one step further, with what people read restated.
    #[must_use]
    pub fn next_version(mut self) -> Self {
        self.status.sequence = self.status.sequence.saturating_add(1);
        let open = || self.status.claims.iter().filter(|claim| claim.ended.is_none());
        let until = open().map(Claim::end).max();
        let names: Vec<String> = open().map(|claim| claim.request.full_name()).collect();
        self.status.until = until;
        self.status.requests =
            (!names.is_empty()).then(|| messages::shortened(&names.join(", "), NAMES_SHOWN));
        self
    }
}

/// What ended every claim that was confirmed when AWS no longer lists the assignment.
pub fn access_lost(now: Timestamp) -> ClaimEnd {
    ClaimEnd::new(
        now,
        Reason::AccessLost,
        "AWS no longer lists the assignment. It is not created again for this request; CloudTrail's event \
         DeleteAccountAssignment tells who removed it.",
    )
}

/// What ends every claim of a person who has the access without us.
pub fn standing_access(now: Timestamp) -> ClaimEnd {
    ClaimEnd::new(
        now,
        Reason::StandingAccess,
        "The requester has this access without the controller: nothing was created, and nothing will be removed.",
    )
}
