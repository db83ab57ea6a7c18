//! The definitions' CEL rules, without a cluster: each accepts what it should and refuses the rest, with its sentence.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[path = "cel/assignment.rs"]
mod assignment;
#[path = "cel/request.rs"]
mod request;
#[path = "cel/shared.rs"]
mod shared;
#[path = "cel/spec.rs"]
mod spec;
#[path = "cel/status.rs"]
mod status;
