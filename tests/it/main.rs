//! What only a real API server knows: schemas, CEL, admission, roles, status. One binary, so that the clusters are
//! started once.

mod examples;
mod guard;
mod requests;
mod support;
