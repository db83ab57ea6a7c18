//! What the controller needs from the world outside the cluster, as traits.
//!
//! The layers above know only these traits; `aws` implements them on the AWS SDK, a simulation implements them on
//! the sandbox's state machine.
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
mod ids;
mod organization;
mod permission_sets;

pub use crate::api::{AccountId, NameError};
pub use answers::{Aged, LastKnown, Lookup};
pub use ask::{Ask, Freshness, Urgency};
pub use assignments::{
    Assignments, CreateAnswer, DeleteAnswer, FailureKind, GoneEvidence, Listing, OperationKind,
    OperationState, Principal, SendPermit, Tuple,
};
pub use clock::{Clock, RemoteClock, TimeSeen};
pub use directory::{
    Attribute, Directory, Enabled, Group, MEMBERSHIP_GROUPS_MAX, Member, Members, Membership, User,
    UserLookup,
};
pub use error::{Class, Effect, PortError};
pub use ids::{GroupId, InstanceArn, OrganizationalUnitId, PermissionSetArn, RequestId, UserId};
pub use organization::{Account, AccountState, Organization, OrganizationTree, OuPath, OuStep};
pub use permission_sets::{PermissionSet, PermissionSets};
