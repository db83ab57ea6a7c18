//! What lives and benchmarks are played on: a control plane with everything installed, an Identity Center in a box, and
//! the controller as a process of its own.
//!
//! In here is only what the tests in `it/` and the benchmark `lives` both use.

mod controller;
mod objects;
pub mod roles;
pub mod wait;

pub use controller::{CONTROLLER_NAMESPACE, identity_center, install, is_guarded, program};
pub use objects::{api_of, apply};
pub use wait::{eventually, until};
