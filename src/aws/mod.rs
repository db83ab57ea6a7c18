//! The ports on the AWS SDK: IAM Identity Center, its identity store, and AWS Organizations.
//!
//! # Path of a call
//! ```text
//! port method ─► cache (young enough?) ─► budget (token, slot) ─► SDK ─► classify (one place) ─► PortError
//!                                                                   │
//!                                                                 meter (Date, throttling, retries)
//! ```
//! - **Standard variables work**: credentials, region, profiles, proxies, and endpoints (`AWS_ENDPOINT_URL`,
//!   `AWS_ENDPOINT_URL_SSO_ADMIN`, …) come through `aws-config`.
//! - **One owner of retries**: the SDK makes two attempts for a read and one for a write, so that the response to a
//!   write always belongs to the only attempt. Every other retry is a requeue by the caller.
//! - **ARNs are opaque**: they are not parsed, and no partition is assumed.
//! - **Instance**: discovered once at the start and fixed; in another one assignments are deleted, and nothing else is done.

mod assignments;
mod budget;
mod cache;
mod call;
mod call_site;
mod classify;
mod connect;
mod creates_in_progress;
mod directory;
mod failures;
mod instance;
mod members;
mod meter;
mod organization;
mod permission_sets;
mod preflight;
mod session_duration;
mod shared_reads;
mod tree;

pub use budget::{Budget, BudgetSettings, Family};
pub use connect::{Aws, AwsSettings, CacheAges, Timeouts};
pub use instance::Instance;
pub use meter::MeterReading;
pub use preflight::{Check, Finding, Verdict};
