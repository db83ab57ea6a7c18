//! What every test here stands on: clusters in three worlds, people with nothing but their roles, and expectations.

mod actor;
mod cases;
mod cluster;
mod expect;
mod wait;

pub(crate) use cases::cases;
pub use cases::{Case, run_case};
pub use cluster::{
    CONTROLLER_NAMESPACE, Cluster, Ground, World, apply, installation_for, settings, wait_until_in_force,
};
pub use expect::{allowed, forbidden, invalid, refused};
pub use wait::{eventually, until};
