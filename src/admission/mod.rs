//! Identity that nobody can forge: the admission policies, their installation, and the guard that proves them.
//!
//! The policies run inside the API server. There is no webhook to run, to certify or to lose; what there is to
//! check is that the policies are still there and still ours, and that is the guard's work.

mod guard;
mod installation;
mod key_store;
mod seal;

use std::time::Duration;

/// How long one call of this room to the API server may take. kube's own read timeout is none.
const API_TIMEOUT: Duration = Duration::from_secs(10);

pub use guard::{
    Comparison, Continuity, Found, Guard, GuardError, GuardRecord, GuardReport, GuardState, LiveObject,
    ObjectMark, Observation, Probe, compare, continuity, judge,
};
pub use installation::{Installation, InstallationError};
pub use key_store::{KeyStoreError, load_or_create};
pub use seal::{SealCheck, SealKey, SealKeyError};
