//! What is decided about a request, as values: nothing here has happened yet.

use super::fact_reader::{Freshness, Question};
use crate::api::{AccountAssignmentSpec, Claim, ClaimEnd, ElevationRequestStatus, Phase, Reason, Timestamp};

/// What is decided about a request.
///
/// With questions it is provisional. Without, in this order: what it rests on is proven, the change of the record is stored,
/// the status is stored, the finalizer is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The status to write, without its seal.
    pub status: ElevationRequestStatus,
    /// What to change in the record of the assignment.
    pub record: Option<RecordChange>,
    /// Whether our finalizer is to be put on (true) or taken off (false).
    pub finalizer: Option<bool>,
    /// When time alone can change the answer; `None` when it cannot.
    pub wake_at: Option<Timestamp>,
    /// Facts that were looked for and are missing or too old.
    pub questions: Vec<(Question, Freshness)>,
    /// What it rests on.
    pub basis: Basis,
    /// The step to another phase, for the audit log and an Event.
    pub transition: Option<Transition>,
    /// What somebody has to be told loudly.
    pub alerts: Vec<Alert>,
}

/// What a decision rests on, apart from the facts that it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// Policies or settings: older ones must not be taken for them.
    pub policies: bool,
    /// What the admission policies vouch for.
    pub proof: Proof,
}

impl Basis {
    /// Nothing: ends that were asked for or have come.
    pub const NOTHING: Basis = Basis {
        policies: false,
        proof: Proof::None,
    };
}

/// A change of the record that a request wants.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordChange {
    /// The request may have the assignment: its claim is added, or its admission renewed.
    Admit {
        /// Which assignment.
        spec: Box<AccountAssignmentSpec>,
        /// The claim.
        claim: Claim,
    },
    /// Its claim ends.
    End {
        /// Which assignment.
        spec: Box<AccountAssignmentSpec>,
        /// The claim that is stored as ended where there is none.
        fallback: Claim,
        /// Why it ends.
        end: ClaimEnd,
    },
}

/// A step from one phase to another, with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The phase before; `None` for a new request.
    pub from: Option<Phase>,
    /// The phase after.
    pub to: Phase,
    /// Why, in one word.
    pub reason: Reason,
    /// Why, in sentences.
    pub message: String,
    /// The EligibilityPolicy it rests on.
    pub eligibility_policy: Option<PolicyVersion>,
    /// The ApproverPolicy it rests on.
    pub approver_policy: Option<PolicyVersion>,
    /// The people whose approvals were counted, by user name.
    pub counted: Vec<String>,
    /// When it was decided.
    pub at: Timestamp,
}

/// One version of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// The generation of its spec.
    pub generation: i64,
}

/// Something that must not go unnoticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What, in one word: one of [`Reason::ALERTS`].
    pub reason: Reason,
    /// What, in a sentence.
    pub sentence: String,
}

impl Alert {
    /// An alert, for one of the reasons that the runbooks explain.
    pub fn new(reason: Reason, sentence: String) -> Self {
        debug_assert!(Reason::ALERTS.contains(&reason), "{reason} has no runbook");
        Self { reason, sentence }
    }
}

/// How much of the guard is proven; the greater proves the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// Nothing.
    None,
    /// That people are who they are said to be.
    People,
    /// And that nobody forges decisions on this very request.
    ThisRequest,
}
