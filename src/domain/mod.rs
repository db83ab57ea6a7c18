//! The decisions: who may have access, who has to approve it, when it starts and when it ends.
//!
//! Everything here is a function of its arguments. Nothing reads a clock, asks anybody, fails or remembers; what is
//! not known is a value of its own ([`Undecided`]) and never taken for a no or for a yes.

mod advice;
pub mod assignment;
mod decision;
mod fact_reader;
mod facts;
pub mod journal;
pub mod machine;
mod messages;
pub mod notification;
pub mod policy;
pub mod request;
pub mod retention;
pub mod review;
mod snapshot;
mod timings;
mod window;

#[cfg(test)]
mod fixtures;

pub use advice::advice;
pub use assignment::{
    AssignmentConfig, AssignmentMachine, Outlook, Record, RecordSeal, RecordWrite, Seen, StoredRecord,
    Urgency, record_name,
};
pub use decision::{Alert, Basis, Decision, PolicyVersion, Proof, RecordChange, Transition};
pub use fact_reader::{FactReader, Facts, Freshness, Question, Undecided};
pub use facts::{
    Account, AccountState, Aged, Attribute, Enabled, Fact, FailureKind, GoneEvidence, Group, GroupLookup,
    ListAnswer, Listing, Lookup, Member, Members, Membership, OperationKind, OperationState, OuPath, OuStep,
    PermissionSet, Principal, User, UserLookup,
};
pub use machine::{Create, Moment, Need, Notice, PolicySet, RecordStep, Reply, Sent, Sight, Written};
pub use messages::{message, tried_again};
pub use policy::{approvers, eligibility, judging, policy_status};
pub use request::{RequestMachine, decide};
pub use snapshot::{
    Clocks, Guard, IdentityCenter, JournalFact, Lease, OpenRequests, Policies, PolicyFact, RequestFacts,
    SealCheck, SettingsFact, Snapshot, is_later_version,
};
pub use timings::Timings;
