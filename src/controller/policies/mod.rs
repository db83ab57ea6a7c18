//! Policies and settings: kept as the watches show them, and held against what the API server has.

mod policy_cache;
mod policy_store;
mod policy_watch;
mod staleness;

pub use policy_cache::{PolicyCache, PolicyKind};
pub use policy_watch::follow;
pub use staleness::PolicyStaleness;
