//! The admission policies that prevent forged identities, their installation, and the guard that verifies them.
//!
//! The policies run inside the API server. There is no webhook to keep available and no certificate to
//! rotate. The guard verifies that the policies are still in force and unchanged.

pub(crate) mod api_call;
mod guard;
mod installation;
mod key_store;
mod reporter_roles;
mod seal;

use std::time::Duration;

/// How long one call to the API server may take; kube sets no timeout for it.
pub(crate) const API_TIMEOUT: Duration = Duration::from_secs(10);

pub use api_call::with_causes;
pub use guard::{
    Comparison, Continuity, Found, Guard, GuardError, GuardRecord, GuardReport, GuardState, LiveObject,
    ObjectMark, Observation, Probe, compare, continuity, judge,
};
pub use installation::{Installation, InstallationError};
pub use key_store::{
    KeyStoreError, SEAL_SECRET, journal_seed, load_or_create, load_or_create_secret, stored_seal_key,
};
pub use reporter_roles::reporter_manifests;
pub use seal::{SealCheck, SealKey, SealKeyError};
