//! Temporary, approved, audited access to AWS accounts, as Kubernetes resources.
//!
//! Layers are folders, in reading order; each uses only those above it (ARCHITECTURE.md has the table, and
//! `tests/tidy.rs` holds the code to it).

pub mod api;

pub mod domain;

#[cfg(feature = "organization-file")]
pub mod organization_file;

#[cfg(feature = "ports")]
pub mod ports;

#[cfg(feature = "aws")]
pub mod metrics;

#[cfg(feature = "aws")]
pub mod aws;

#[cfg(feature = "controller")]
pub mod admission;

#[cfg(feature = "controller")]
pub mod journal;

#[cfg(feature = "controller")]
pub mod controller;

#[cfg(feature = "controller")]
pub mod policy_check;

#[cfg(feature = "report")]
pub mod reporter;

#[cfg(feature = "ports")]
pub mod runtime;

#[cfg(feature = "cli")]
pub mod cli;
