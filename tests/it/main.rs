//! What only a real API server knows: schemas, CEL, admission, roles, status. One binary, so that the clusters are
//! started once.

mod changes;
mod deletion;
mod limits;
mod requests;
mod reviews;
mod settings;
mod support;
