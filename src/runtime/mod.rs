//! What a process brings: its arguments, its logs, its clients, its clock, and whether it is the one that acts.

#[cfg(feature = "controller")]
mod arguments;
mod clock;
#[cfg(feature = "controller")]
mod cluster;
#[cfg(feature = "controller")]
mod definitions;
#[cfg(feature = "controller")]
mod manifests;
mod permit;
#[cfg(feature = "controller")]
mod readiness;
#[cfg(feature = "controller")]
mod run;
#[cfg(feature = "controller")]
mod telemetry;

#[cfg(feature = "controller")]
pub use arguments::{
    ArgumentError, Arguments, AuditLog, AwsArguments, ClusterArguments, Command, InstallationArguments,
    LeaseArguments, LogFormat, ManifestsArguments, OutputArguments, RunArguments, ShellDelayArguments,
    ShellDelays, TimingArguments,
};
pub use clock::SystemClock;
#[cfg(feature = "controller")]
pub use cluster::{ApiServerClock, Cluster, ClusterError};
#[cfg(feature = "controller")]
pub use definitions::wait_for_definitions;
#[cfg(feature = "controller")]
pub use manifests::{ManifestsError, print_manifests};
pub use permit::AlwaysSend;
#[cfg(feature = "controller")]
pub use readiness::{Fact, Readiness};
#[cfg(feature = "controller")]
pub use run::{RunError, run};
#[cfg(feature = "controller")]
pub use telemetry::{TelemetryError, start_logging, with_causes};
