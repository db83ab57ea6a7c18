//! What drives both machines: a machine says what it needs next, its driver does that and replies.
//!
//! ```text
//! loop { match machine.next(reply, &moment) { Need::… => reply = …, Need::Rest(_) => break } }
//! ```
//!
//! A machine is a value without IO. The order in which things are looked up, proven, stored and sent exists in it alone,
//! so that the controller, the simulation, the stories and the unit tests drive the same code.

use chrono::TimeDelta;

use super::assignment::{Record, RecordWrite, StoredRecord};
use super::decision::{Alert, Proof, Transition};
use super::fact_reader::{Facts, Freshness, Question};
use super::facts::OperationState;
use super::snapshot::{Clocks, Guard, Lease, Policies, RequestFacts, SettingsFact};
use super::timings::Timings;
use crate::api::{
    ApproverPolicySpec, AssignmentKey, AssignmentState, Claim, ClaimRequest, ElevationRequestStatus,
    EligibilityPolicySpec, Reason, RequestId, Timestamp,
};

/// The present, as the driver knows it when it calls a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// What the clock of this machine says.
    pub now: Timestamp,
    /// How long the process has been running, by a clock that never steps.
    pub uptime: TimeDelta,
    /// How far other clocks are ahead of ours.
    pub clocks: Clocks,
    /// Whether this process may write, and grant.
    pub lease: Lease,
}

impl Moment {
    /// What the latest clock says: ends go by it.
    pub fn latest(&self, timings: &Timings) -> Timestamp {
        self.clocks.latest(self.now, timings.clock_skew)
    }

    /// What the earliest clock says: waits go by it.
    pub fn earliest(&self, timings: &Timings) -> Timestamp {
        self.clocks.earliest(self.now, timings.clock_skew)
    }

    /// Whether the clocks agree well enough for a grant.
    pub fn clocks_agree(&self, timings: &Timings) -> bool {
        self.clocks.spread() <= timings.clock_skew
    }
}

/// What a machine needs its driver to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Need {
    /// Answer these questions; a fresh one from its source, not from a cache. Reply: [`Reply::Facts`].
    Answer(Vec<(Question, Freshness)>),
    /// See whether the watches show all of the policies and settings that there are. Reply: [`Reply::Policies`].
    CheckPolicies,
    /// Prove that the admission policies are in force. Reply: [`Reply::Guard`].
    ProveGuard(Proof),
    /// Read a request from the API server itself. Reply: [`Reply::Request`].
    ReadRequest(ClaimRequest),
    /// Read the record of this name from the API server itself. Reply: [`Reply::Record`].
    ReadRecord(String),
    /// Store the status of the request. Reply: [`Reply::RequestWritten`].
    StoreStatus(Box<ElevationRequestStatus>),
    /// Put our finalizer on the request, or take it off. Reply: [`Reply::RequestWritten`].
    StoreFinalizer(bool),
    /// Store a record, or remove it. Reply: [`Reply::RecordWritten`].
    StoreRecord(Box<RecordWrite>),
    /// Send a create to AWS. Reply: [`Reply::Sent`].
    Create(Create),
    /// Send a delete to AWS. Reply: [`Reply::Sent`].
    Delete(AssignmentKey),
    /// Tell people; nobody waits for it. Reply: [`Reply::Done`].
    Tell(Vec<Notice>),
    /// Do nothing for that long, unless something changes.
    Rest(TimeDelta),
}

/// A create to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// Which assignment.
    pub key: AssignmentKey,
    /// It must not be signed at or after this time, by any clock.
    pub not_after: Timestamp,
}

/// What the driver replies.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A pass begins.
    Start,
    /// What was needed is done.
    Done,
    /// The answers that there are. A question whose lookup failed has an answer too: unknown.
    Facts(Box<Facts>),
    /// Policies and settings; `None` while the watches show less than there is.
    Policies(Option<Box<PolicySet>>),
    /// Whether the admission policies can be relied on.
    Guard(Guard),
    /// A request, read live.
    Request(ClaimRequest, Sight<Box<RequestFacts>>),
    /// A record, read live.
    Record(Sight<Box<StoredRecord>>),
    /// What became of a write to the request.
    RequestWritten(Written<Box<RequestFacts>>),
    /// What became of a write to a record.
    RecordWritten(Written<Option<Box<StoredRecord>>>),
    /// What AWS answered to a create or delete.
    Sent(Sent),
}

/// Policies and settings.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicySet {
    /// The one TeamSettings.
    pub settings: SettingsFact,
    /// Whether the settings allow to delete what the controller needs.
    pub deletion_allowed: bool,
    /// Who may ask for what.
    pub eligibility: Policies<EligibilityPolicySpec>,
    /// Who approves what.
    pub approver: Policies<ApproverPolicySpec>,
}

/// What was seen of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight<T> {
    /// It is like this.
    There(T),
    /// There is no such object.
    Gone,
    /// Nobody can tell. The text says why.
    Unknown(String),
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq)]
pub enum Written<T> {
    /// It is stored, like this.
    Stored(T),
    /// Somebody wrote in between, or the object is gone: read again and decide again.
    Conflict,
    /// The API server does not accept it. The text says why.
    Refused(String),
    /// The API server gave no answer: the write may have landed, or land later.
    NoAnswer(String),
}

/// What AWS answered to a create or delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It was accepted.
    Accepted {
        /// Its name for asking about it.
        id: RequestId,
        /// Sometimes final at once.
        state: OperationState,
    },
    /// It was not signed.
    NotSent,
    /// AWS refused it: it will not take effect.
    Refused(String),
    /// AWS refused it, because it is at work on something else in the account: it will not take effect, and soon may be taken.
    Busy(String),
    /// There is nothing to delete.
    NothingThere,
    /// No usable answer: it may take effect.
    NoAnswer(String),
}

/// Something to tell people.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// A request moved to another phase.
    Transition(Transition),
    /// Something must not go unnoticed.
    Alert(Alert),
    /// A record moved to another state, or its claims changed.
    RecordStep(RecordStep),
}

/// A stored step of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordStep {
    /// The name of the record.
    pub name: String,
    /// Which assignment it is about.
    pub key: AssignmentKey,
    /// The record's sequence after the step.
    pub sequence: i64,
    /// The state before; `None` for a new record.
    pub from: Option<AssignmentState>,
    /// The state after; `None` when the record was removed.
    pub to: Option<AssignmentState>,
    /// The requests whose claims ended with this step, and why.
    pub ended: Vec<(ClaimRequest, Reason)>,
    /// The requests whose access was confirmed with this step.
    pub confirmed: Vec<ClaimRequest>,
    /// When access ended that AWS confirmed with this step to be gone.
    pub access_ended: Option<Timestamp>,
    /// When.
    pub time: Timestamp,
}

impl RecordStep {
    /// What was stored between two versions of a record; nothing where there is none.
    pub fn between(
        name: &str,
        before: Option<&Record>,
        after: Option<&Record>,
        time: Timestamp,
    ) -> Option<Self> {
        let about = after.or(before)?;
        let known = |uid: &str| before.and_then(|before| before.claim(uid));
        let claims = || after.into_iter().flat_map(|after| &after.status.claims);
        let ended = claims().filter_map(|claim| {
            let new = known(&claim.request.uid).is_none_or(|known| known.ended.is_none());
            let end = claim.ended.as_ref().filter(|_| new)?;
            Some((claim.request.clone(), end.reason))
        });
        let confirmed = claims().filter(|claim| {
            claim.is_confirmed() && !known(&claim.request.uid).is_some_and(Claim::is_confirmed)
        });
        Some(Self {
            name: name.to_owned(),
            key: about.key(),
            sequence: about.status.sequence,
            from: before.map(Record::state),
            to: after.map(Record::state),
            ended: ended.collect(),
            confirmed: confirmed.map(|claim| claim.request.clone()).collect(),
            access_ended: before.filter(|_| is_gone(after)).and_then(ended_access),
            time,
        })
    }
}

/// Whether nothing of ours is in AWS any more.
fn is_gone(after: Option<&Record>) -> bool {
    after.is_none_or(|after| after.state() == AssignmentState::Absent)
}

/// When access ended that is being deleted; nothing where AWS never confirmed any.
fn ended_access(before: &Record) -> Option<Timestamp> {
    let was_access = before.status.claims.iter().any(Claim::is_confirmed);
    before
        .last_end()
        .filter(|_| was_access && before.state() == AssignmentState::Deleting)
}
