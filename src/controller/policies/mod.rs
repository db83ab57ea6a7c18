//! Policies and settings: kept as the watches show them, and compared with what the API server has.

mod policy_cache;
mod policy_store;
mod policy_watch;
mod staleness;

pub use policy_cache::{PolicyCache, PolicyKind, RememberedSettings, allows_deletion};
pub use policy_watch::follow;
pub use staleness::PolicyStaleness;
