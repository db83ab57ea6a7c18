//! The decisions: who may have access, who has to approve it, when it starts and when it ends.
//!
//! Everything here is a function of its arguments. Nothing reads a clock, asks anybody, fails or remembers; what is
//! not known is a value of its own ([`Undecided`]) and never taken for a no or for a yes.

mod approval;
mod approvers;
mod decision;
mod eligibility;
mod facts;
mod inquiry;
mod lifecycle;
pub mod policy_status;
pub mod retention;
pub mod review;
mod sentences;
mod snapshot;
mod timings;
mod window;

#[cfg(test)]
mod fixtures;

pub use approval::{Approved, Basis};
pub use approvers::{Governing, Person, StagePeople, can_be_reached, governing, people_of};
pub use decision::{Action, Alert, Decision, Grant, Transition};
pub use eligibility::{Asked, Eligibility, Eligible, evaluate};
pub use facts::{
    Account, AccountState, Aged, Attribute, Enabled, Fact, FailureKind, GoneEvidence, Group, GroupId,
    GroupLookup, InstanceArn, ListAnswer, Listing, Lookup, Member, Members, Membership, OperationKind,
    OperationState, OuPath, OuStep, PermissionSet, PermissionSetArn, Principal, RequestId, User, UserId,
    UserLookup,
};
pub use inquiry::{Facts, Inquiry, Question, Undecided};
pub use lifecycle::{Answer, decide, due_from_memory, held_back, record_answer};
pub use sentences::tried_again;
pub use snapshot::{
    Clocks, Guard, IdentityCenter, Lease, Policies, PolicyFact, RequestFacts, SealCheck, SettingsFact,
    Sibling, Snapshot,
};
pub use timings::Timings;
