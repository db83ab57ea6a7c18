//! The ports that the controller talks through, and what was configured.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::api::InstanceArn;
use crate::domain::{AssignmentConfig, IdentityCenter, Timings};
use crate::ports::{
    Assignments, Clock, Directory, Instance, Leadership, Organization, PermissionSets, RemoteClock,
};

/// The ports that the controller talks through.
#[derive(Clone)]
pub struct Ports {
    /// People and groups.
    pub directory: Arc<dyn Directory>,
    /// Accounts and units.
    pub organization: Arc<dyn Organization>,
    /// Permission sets.
    pub permission_sets: Arc<dyn PermissionSets>,
    /// Assignments.
    pub assignments: Arc<dyn Assignments>,
    /// The instance itself.
    pub instance: Arc<dyn Instance>,
    /// The clock of this machine.
    pub clock: Arc<dyn Clock>,
    /// AWS's clock.
    pub aws_clock: Arc<dyn RemoteClock>,
    /// The API server's clock.
    pub api_server_clock: Arc<dyn RemoteClock>,
    /// Whether this process is the one that acts.
    pub leadership: Arc<dyn Leadership>,
}

/// What was configured.
#[derive(Debug, Clone)]
pub struct Config {
    /// The Identity Center that everything happens in; what AWS says of it becomes known later where AWS is away at the start.
    pub identity_center: watch::Receiver<IdentityCenter>,
    /// An instance that is left for good: records that name it are given up.
    pub abandoned_instance: Option<InstanceArn>,
    /// The delays of the decisions.
    pub timings: Timings,
    /// The delays of background work.
    pub delays: Delays,
    /// How many passes over requests run at once; as many over assignments, and as many over assignments that end.
    pub concurrency: u16,
    /// The namespace of the controller, where its memory is.
    pub namespace: String,
}

impl Config {
    /// What assignment machines are configured with.
    pub fn of_assignments(&self) -> AssignmentConfig {
        AssignmentConfig {
            instance: self.identity_center.borrow().instance_arn.clone(),
            abandoned: self.abandoned_instance.clone(),
            timings: self.timings,
        }
    }
}

/// The delays of background work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delays {
    /// How often the guard proves the admission policies while nobody asks.
    pub guard_interval: Duration,
    /// How often the statuses of policies are made anew while nothing changes.
    pub policy_status_interval: Duration,
    /// How often finished requests are looked through.
    pub retention_interval: Duration,
    /// How often every assignment in AWS is compared with the records.
    pub sweep_interval: Duration,
    /// How long before its end people are told that access ends.
    pub ends_soon_notice: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            guard_interval: Duration::from_mins(1),
            policy_status_interval: Duration::from_mins(15),
            retention_interval: Duration::from_hours(1),
            sweep_interval: Duration::from_hours(6),
            ends_soon_notice: Duration::from_mins(10),
        }
    }
}
