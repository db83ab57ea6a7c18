//! The environment of end-to-end tests and benchmarks: a control plane with everything installed, the sandbox for AWS, and
//! the controller as a separate process.
//!
//! Contains only what the tests in `it/` and the benchmark `lives` share.

mod controller;
mod objects;
pub mod roles;
pub mod wait;

pub use controller::{CONTROLLER_NAMESPACE, identity_center, install, is_guarded, program};
pub use objects::{api_of, apply};
pub use wait::{eventually, until};
