//! An Identity Center in a box: as asynchronous, throttled, conflicting and forgetful as the real one.
//!
//! It is the whole of AWS that this project knows: organization, directory, permission sets and assignments. Tests,
//! the quickstart and people without an AWS account use it through AWS's own wire protocol; a simulation uses the
//! same state machine directly.
//!
//! # The way of a call
//! ```text
//! HTTP request ─► wire (AWS JSON 1.1) ─► World::answer(call, now) ─► wire ─► server (delivers, delays, drops)
//!                                             ▲
//!                control (/sandbox/…): changes, faults, settings, log
//! ```
//! [`World`] is a pure state machine: `(state, operation, now) → answer`, without a clock, tokio, or randomness that
//! is not seeded. The same calls at the same times give the same answers.
//!
//! # What is awkward, and where to switch it
//! | AWS | here |
//! |---|---|
//! | operations take time, fail later, are forgotten | [`Settings::operation_time`], `operation_polls`, `status_lifetime`; effects `fail`, `stuck`, `vanish` |
//! | creating twice is fine, deleting nothing has two answers | [`Settings::delete_missing`] |
//! | conflicts, shared rate limits, outstanding creates, one role at a time per account | `conflict_window`, `throttling`, `outstanding_creates`, `same_account` |
//! | lists lag, pages are empty | `list_lag`, `membership_lag`, `empty_page_every`, effect `lag` |
//! | refusals and failures of every kind | effects `refuse` and `fail`, `denied`, `unserved`, `delegated_administrator`, `encryption_key` |
//! | answers get lost, late, doubled, or are not from AWS at all | effects `lost`, `hold`, `slow`, `twice`, `unavailable`, `html` |
//! | people and accounts change underfoot | [`Change`] |
//!
//! # Caveats
//! Signatures are not verified. The region is taken from the signature and a foreign one answers as AWS does there:
//! no instance. Where AWS documents nothing (how long operations take, how long their records live, what happens
//! to two operations in one account) the defaults are guesses, and each is a setting.

mod assignment_operations;
mod changes;
mod control;
mod entities;
mod faults;
mod identifiers;
mod identity_store;
mod instances;
mod limits;
mod log;
mod operation;
mod organization_changes;
mod organization_file;
mod organizations;
mod pages;
mod permission_sets;
mod presence;
mod reply;
mod server;
mod settings;
mod store;
mod text_duration;
mod wire;
mod world;

#[cfg(test)]
mod world_tests;

pub use changes::{Change, ChangeError};
pub use faults::{Effect, Script, Selector};
pub use log::LogEntry;
pub use operation::{
    AlternateIdentifier, AssignmentInput, Call, MemberId, Operation, Paging, Service, UniqueAttribute,
};
pub use organization_file::{FileError, OrganizationFile};
pub use reply::{
    AccountRow, Answer, AssignmentRow, Delivery, EmailRow, EncryptionDetails, HoldId, InstanceDescription,
    InstanceMetadata, MembershipResult, MembershipRow, OperationStatus, OrganizationDescription, Outcome,
    ParentRow, PermissionSetDescription, Reply, ServiceError, UnitRow, UserDescription,
};
pub use server::{Options, RunningSandbox, StartError};
pub use settings::{DeleteMissing, EncryptionKey, SameAccount, Settings};
pub use world::World;
