//! The life of requests, end to end: a real API server, people with nothing but their roles, the controller's own
//! program as its own service account, and the sandbox for AWS.

pub(crate) mod population;
mod scene;
mod seal_key;
pub(crate) mod stage;

mod approval;
mod around;
mod crashes;
mod crowds;
mod ends;
mod forgeries;
mod kills;
mod observed;
mod outages;
mod slow_creates;
mod takeovers;
mod without_aws;

pub use scene::Scene;
