//! What the controller needs from the world outside the cluster, as traits.
//!
//! The layers above know only these traits; `aws` implements them on the AWS SDK, the crate `identity-center-sandbox` on
//! its state machine, for tests.
//!
//! # What every port promises
//! - **Unknown is not empty.** A call that failed is an `Err(PortError)`. A thing that does not exist is
//!   [`Lookup::Absent`]. A group without members is [`Members::Nobody`]. A fact nobody has asked for yet is
//!   [`LastKnown::Never`]. The four cannot be mistaken for each other.
//! - **Every answer says how old it is** ([`Aged`]), and [`Ask::fresh`] demands one from AWS itself.
//! - **Dropping a call is safe**: nothing is left half done on our side. A write that was already on its way may
//!   still happen in AWS, exactly as with a lost answer.
//! - **No call hangs**: each ends within the adapter's timeout, waiting for the budget included.

mod answers;
mod ask;
mod assignments;
mod clock;
mod directory;
mod error;
mod instance;
mod leadership;
mod organization;
mod permission_sets;

pub use crate::api::{AccountId, NameError, OrganizationalUnitId};
/// Facts are the domain's: decisions rest on them.
pub use crate::domain::{
    Account, AccountState, Aged, Attribute, Enabled, FailureKind, GoneEvidence, Group, GroupId, InstanceArn,
    Listing, Lookup, Member, Members, Membership, OperationKind, OperationState, OuPath, OuStep,
    PermissionSet, PermissionSetArn, Principal, RequestId, User, UserId, UserLookup,
};
pub use answers::LastKnown;
pub use ask::{Ask, Freshness, Urgency};
pub use assignments::{Assignments, CreateAnswer, DeleteAnswer, SendPermit, Tuple};
pub use clock::{Clock, RemoteClock, TimeSeen};
pub use directory::{Directory, MEMBERSHIP_GROUPS_MAX};
pub use error::{Class, Effect, PortError};
pub use instance::Instance;
pub use leadership::Leadership;
pub use organization::{Organization, OrganizationTree};
pub use permission_sets::PermissionSets;
