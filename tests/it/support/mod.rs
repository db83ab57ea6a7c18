//! What every test here stands on: clusters in three worlds, people with nothing but their roles, and expectations.

mod actor;
mod audit;
mod cases;
mod cluster;
mod expect;
mod impersonation;
mod published;
mod wait;

pub use actor::{Actor, request};
pub(crate) use cases::cases;
pub use cases::{Case, run_case};
pub use cluster::{CONTROLLER_NAMESPACE, Cluster, Ground, World, apply, settings};
pub use expect::{allowed, forbidden, invalid, refused, sentence};
pub use published::{FINALIZER, pending_status};
pub use wait::{awaited, eventually, until};
