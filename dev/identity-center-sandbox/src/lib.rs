//! IAM Identity Center, simulated: as asynchronous, throttled, conflicting and forgetful as the real one.
//!
//! It is the whole of AWS that team-operator knows: organization, directory, permission sets and assignments. Tests,
//! the quickstart and people without an AWS account use it through AWS's own wire protocol; tests that have no network
//! ask the same state machine through team-operator's ports.
//!
//! # The way of a call
//! ```text
//! HTTP request ─► wire (AWS JSON 1.1) ─► World::answer(call, now) ─► wire ─► server (delivers, delays, drops)
//!                                             ▲  ▲
//!            control (/sandbox/…): changes, ──┘  └── Client (one question of a port, at one moment) ◄─ WorldPorts (async)
//!            faults, settings, log
//! ```
//! [`World`] is a pure state machine: `(state, operation, now) → answer`, without a clock, tokio, or randomness that
//! is not seeded. The same calls at the same times give the same answers.
//!
//! # Asking it without a network
//! [`Client`] has a method for each question of team-operator's ports, and its answer is what the adapters on the AWS SDK
//! would have made of it: the same classes of failure, uncertainty where a write's answer got lost, "vanished" and "already
//! gone". It is synchronous and deterministic. What else a call did is asked afterwards: how long the caller waited, which
//! operation AWS took on without saying so, which call it holds back.
//!
//! ```
//! use chrono::{DateTime, TimeDelta};
//! use identity_center_sandbox::{Caller, Client, Effect, OrganizationFile, Script, Selector};
//! use team_operator::ports::{self, AccountId, Attribute, SendPermit, AssignmentKey, UserLookup};
//!
//! #[derive(Debug)]
//! struct Always;
//! impl SendPermit for Always {
//!     fn still_good(&self) -> bool {
//!         true
//!     }
//! }
//!
//! let organization = r#"
//!   region: eu-central-1
//!   managementAccount: {id: "999999999999", name: management}
//!   accounts: [{id: "111122223333", name: orders}]
//!   users: [{userName: alice}]
//!   permissionSets: [{name: Admin, sessionDuration: PT4H}]
//! "#;
//! let now = DateTime::UNIX_EPOCH;
//! let mut world = OrganizationFile::parse(organization)?.world(now)?;
//! let caller = Caller::of(&world);
//!
//! // Questions are methods; several may be asked at one moment.
//! let mut client = Client::new(&mut world, &caller, now);
//! let set = client.permission_set_by_name("Admin")?.value.found().expect("it is in the file");
//! let UserLookup::Found(alice) = client.user_by_attribute(Attribute::UserName, "alice")?.value else {
//!     panic!("she is in the file")
//! };
//!
//! // The answer to a create gets lost on the way back. AWS has taken it on all the same.
//! world.script(Script {
//!     id: 0,
//!     on: Selector::default(),
//!     after: 0,
//!     times: Some(1),
//!     effect: Effect::Lost { applied: true },
//! });
//! let tuple = AssignmentKey {
//!     instance_arn: caller.instance_arn.clone(),
//!     user_id: alice.id,
//!     account_id: AccountId::parse("111122223333")?,
//!     permission_set_arn: set.arn,
//! };
//! let mut client = Client::new(&mut world, &caller, now);
//! let error = client.create(&tuple, &Always).expect_err("the answer is lost");
//! assert_eq!(error.effect, ports::Effect::Uncertain);
//! let begun = client.begun().cloned().expect("AWS accepted it");
//!
//! // Whoever asks finds it under way, and later in the list.
//! let mut client = Client::new(&mut world, &caller, now + TimeDelta::seconds(1));
//! assert_eq!(client.creates_in_progress(&tuple)?.value, [begun]);
//! let mut client = Client::new(&mut world, &caller, now + TimeDelta::minutes(1));
//! assert!(client.list(&tuple.account_id, &tuple.permission_set_arn)?.value.holds_user(&tuple.user_id));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! [`WorldPorts`] implements the port traits on it, for code that runs under tokio: it waits as long as the answers take, and
//! tells a [`Process`] what happens, so that a test can stop or kill one around a call. [`Client::call`] makes any single
//! [`Operation`]; [`World::release`] lets a held one go on.
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
mod client;
mod control;
mod entities;
mod faults;
mod identifiers;
mod identity_store;
mod instances;
mod limits;
mod log;
mod operation;
mod operation_records;
mod organization_changes;
mod organization_file;
mod organizations;
mod pages;
mod permission_sets;
mod ports;
mod presence;
mod reply;
mod server;
mod settings;
mod shared;
mod store;
mod text_duration;
mod wire;
mod world;

#[cfg(test)]
mod world_tests;

pub use changes::{Change, ChangeError};
pub use client::{Caller, Client};
pub use faults::{Effect, Script, Selector};
pub use log::LogEntry;
pub use operation::{
    AlternateIdentifier, AssignmentInput, Call, MemberId, Operation, OperationStatusFilter, Paging, Service,
    UniqueAttribute,
};
pub use organization_file::{FileError, OrganizationFile};
pub use ports::{Process, WorldPorts};
pub use reply::{
    AccountRow, Answer, AssignmentRow, Delivery, EmailRow, EncryptionDetails, HoldId, InstanceDescription,
    InstanceMetadata, MembershipResult, MembershipRow, OperationRow, OperationStatus,
    OrganizationDescription, Outcome, ParentRow, PermissionSetDescription, Reply, ServiceError, UnitRow,
    UserDescription,
};
pub use server::{Options, RunningSandbox, StartError};
pub use settings::{DeleteMissing, EncryptionKey, SameAccount, Settings};
pub use world::World;
