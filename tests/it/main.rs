//! What only a real API server knows: schemas, CEL, admission, roles, status. One binary, so that the clusters are
//! started once.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod changes;
mod deletion;
mod examples;
mod guard;
mod limits;
mod requests;
mod reviews;
mod settings;
mod support;
