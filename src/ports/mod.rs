//! What the controller needs from outside the cluster, as traits.
//!
//! The layers above know only these traits; `aws` implements them on the AWS SDK, the crate `identity-center-sandbox` on
//! its state machine, for tests.
//!
//! # Contract of every port
//! - **Unknown is not empty.** A failed call is an `Err(PortError)`. Something that does not exist is
//!   [`Lookup::Absent`]. A group without members is [`Members::Nobody`]. A fact that was never read is
//!   [`LastKnown::Never`]. The types keep the four apart.
//! - **Every answer has its time of observation** ([`Aged`]), and [`CallOptions::fresh`] demands one from AWS itself.
//! - **Dropping a call is safe**: no local state is left inconsistent. A write that was already sent may still take
//!   effect in AWS, exactly as with a lost response.
//! - **No call hangs**: each returns within the adapter's timeout, waiting for the budget included.

mod answers;
mod assignments;
mod call_options;
mod clock;
mod directory;
mod error;
mod instance;
mod leadership;
mod organization;
mod permission_sets;

pub use crate::api::{
    AccountId, AssignmentKey, GroupId, InstanceArn, NameError, OrganizationalUnitId, PermissionSetArn,
    RequestId, UserId,
};
// Facts are types of the domain, because decisions read them.
pub use crate::domain::{
    Account, AccountState, Aged, Attribute, Enabled, FailureKind, GoneEvidence, Group, Listing, Lookup,
    Member, Members, Membership, OperationKind, OperationState, OuPath, OuStep, PermissionSet, Principal,
    User, UserLookup,
};
pub use answers::LastKnown;
pub use assignments::{Assignments, CreateAnswer, DeleteAnswer, SendPermit};
pub use call_options::{CallOptions, Freshness, Priority};
pub use clock::{Clock, RemoteClock, TimeSeen};
pub use directory::{Directory, MEMBERSHIP_GROUPS_MAX};
pub use error::{Class, Effect, PortError};
pub use instance::Instance;
pub use leadership::Leadership;
pub use organization::{Organization, OrganizationTree};
pub use permission_sets::PermissionSets;
