//! What only a real API server knows: schemas, CEL, admission, roles, status. One binary, so that the clusters are
//! started once.

mod decision_fields;
mod decision_forms;
mod decisions;
mod requests;
mod support;
