//! What only a real API server knows: schemas, CEL, admission, roles, status. One binary, so that the clusters are
//! started once.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it found by ending there"
)]

mod controller;
mod decision_fields;
mod decision_forms;
mod decision_limits;
mod decision_races;
mod decisions;
mod definitions;
mod identity;
mod namespaces;
mod requests;
mod roles;
mod status_rules;
mod support;
