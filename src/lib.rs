//! Temporary, approved, audited access to AWS accounts, as Kubernetes resources.
//!
//! Layers are folders, in reading order; each uses only those above it (ARCHITECTURE.md has the table, and
//! `tests/tidy.rs` holds the code to it).

pub mod api;

pub mod domain;

#[cfg(feature = "controller")]
pub mod admission;
