//! What a process brings: its arguments, its logs, its clients, its clock, and whether it is the one that acts.

mod clock;

#[cfg(feature = "controller")]
mod arguments;
#[cfg(feature = "controller")]
mod cluster;
#[cfg(feature = "controller")]
mod definitions;
#[cfg(feature = "controller")]
mod health;
#[cfg(feature = "controller")]
mod lead;
#[cfg(feature = "controller")]
mod leader;
#[cfg(feature = "controller")]
mod manifests;
#[cfg(feature = "controller")]
mod patience;
#[cfg(feature = "controller")]
mod readiness;
#[cfg(feature = "controller")]
mod run;
#[cfg(feature = "controller")]
mod shutdown;
#[cfg(feature = "controller")]
mod telemetry;

pub use clock::SystemClock;

#[cfg(feature = "controller")]
pub use self::{
    arguments::{
        ArgumentError, Arguments, AuditLog, AwsArguments, ClusterArguments, Command, InstallationArguments,
        LeaseArguments, LogFormat, ManifestsArguments, OutputArguments, RunArguments, ShellDelayArguments,
        TimingArguments,
    },
    cluster::{ApiServerClock, Cluster, ClusterError},
    definitions::wait_for_definitions,
    health::HealthServer,
    leader::{Elector, LEASE_NAME, Leader, LeaseSettings},
    manifests::{ManifestsError, print_manifests},
    readiness::{Fact, Readiness},
    run::{Prepared, RunError, run},
    shutdown::Shutdown,
    telemetry::{TelemetryError, start_logging},
};
