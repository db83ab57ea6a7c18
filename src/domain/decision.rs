//! What a pass decides, as values: nothing here has happened yet.

use super::approval::Approved;
use super::inquiry::Question;
use crate::api::{AssignmentTuple, ElevationRequestStatus, Phase, Reason, Timestamp};

/// What a pass decides.
///
/// The shell, in this order:
/// 1. with `questions`, answers them (a failed call is an answer: unknown) and decides again; nothing below is done;
/// 2. writes `status` if it differs from the one read, with the `resourceVersion` it was read with;
/// 3. only after that write succeeded, reads the other requests again, and unless they [hold it back](super::held_back)
///    carries out `action`, and writes what [`record_answer`](super::record_answer) makes of its answer;
/// 4. comes back at `wake_at` at the latest, and earlier when it likes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The status to write, without its seal.
    pub status: ElevationRequestStatus,
    /// At most one thing to do outside the status.
    pub action: Option<Action>,
    /// When time alone can change the answer; `None` when it cannot.
    pub wake_at: Option<Timestamp>,
    /// Facts that were looked for and are missing or too old: with any, the decision is provisional.
    pub questions: Vec<Question>,
    /// The step to another phase, for the audit log and an Event.
    pub transition: Option<Transition>,
    /// What somebody has to be told loudly.
    pub alerts: Vec<Alert>,
}

/// Something to do, after the status that names it is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Put our finalizer on the request.
    SetFinalizer,
    /// Create the assignment.
    Grant(Grant),
    /// Delete this assignment.
    Revoke(AssignmentTuple),
    /// Take our finalizer off the request.
    RemoveFinalizer,
}

/// An assignment to create.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// Which.
    pub tuple: AssignmentTuple,
    /// Why it may be created.
    pub approved: Approved,
    /// It must not be sent after this, by any clock.
    pub not_after: Timestamp,
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
    /// The EligibilityPolicy it rests on: name, uid, generation.
    pub eligibility_policy: Option<(String, String, i64)>,
    /// The ApproverPolicy it rests on: name, uid, generation.
    pub approver_policy: Option<(String, String, i64)>,
    /// The people whose approvals were counted, by user name.
    pub counted: Vec<String>,
    /// When it was decided.
    pub at: Timestamp,
}

/// Something that must not go unnoticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What, in one word.
    pub reason: Reason,
    /// What, in a sentence.
    pub sentence: String,
}
