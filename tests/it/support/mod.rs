//! What every test here stands on: clusters in three worlds, people with nothing but their roles, and expectations.

mod actor;
mod acts;
mod alone;
mod audit;
mod cases;
mod cluster;
mod expect;
mod impersonation;
mod objects;
mod population;
mod probe;
mod published;
mod wait;

pub use actor::{Actor, request};
pub use acts::{account_assignment, approver_policy, eligibility_policy};
pub use alone::Alone;
pub(crate) use cases::cases;
pub use cases::{Case, Footing, caught, run_case};
pub use cluster::{Cluster, Ground, World, installation_for, reinstall, settings, wait_until_in_force};
pub use expect::{Answer, allowed, forbidden, invalid, refused, sentence};
pub use objects::{delete_on_purpose, replace};
pub use population::people;
pub use probe::probe;
pub use published::{FINALIZER, pending_status};
pub use wait::{TELLING_PATIENCE, awaited};

pub use crate::stage::{CONTROLLER_NAMESPACE, api_of, apply, eventually, until};
