//! What the process provides: arguments, logging, clients, the clock and leader election.

mod clock;

#[cfg(feature = "controller")]
mod arguments;
#[cfg(feature = "controller")]
mod assemble;
#[cfg(feature = "controller")]
mod cluster;
#[cfg(feature = "controller")]
mod definitions;
#[cfg(feature = "controller")]
mod health;
#[cfg(feature = "controller")]
mod identity_center;
#[cfg(feature = "controller")]
mod journal_tools;
#[cfg(feature = "controller")]
mod leader;
#[cfg(feature = "controller")]
mod manifests;
#[cfg(feature = "controller")]
mod policy_check;
#[cfg(feature = "controller")]
mod readiness;
#[cfg(feature = "report")]
mod report;
#[cfg(feature = "controller")]
mod retry_until_ok;
#[cfg(feature = "controller")]
mod run;
#[cfg(feature = "controller")]
mod shutdown;
#[cfg(feature = "controller")]
mod snapshot;
#[cfg(feature = "controller")]
mod telemetry;
#[cfg(feature = "controller")]
mod uninstall;

pub use clock::SystemClock;

#[cfg(feature = "report")]
pub use self::{
    arguments::{LogArguments, PaceArguments, ReportArguments},
    report::report,
};

#[cfg(feature = "controller")]
pub use self::{
    arguments::{
        ArgumentError, Arguments, AwsArguments, BackgroundDelayArguments, CheckArguments, ClusterArguments,
        Command, FindingFormat, InstallationArguments, JournalFile, LeaseArguments, LogFormat,
        ManifestsArguments, OutputArguments, RunArguments, SnapshotArguments, TimingArguments,
        UninstallArguments, UninstallCheckArguments,
    },
    cluster::{ApiServerClock, Cluster, ClusterError},
    definitions::wait_for_definitions,
    health::HealthServer,
    journal_tools::journal,
    leader::{Elector, LEASE_NAME, Leader, LeaseSettings},
    manifests::{ManifestsError, print_manifests},
    policy_check::check_policies,
    readiness::{Fact, Readiness, State},
    run::{RunError, run},
    shutdown::Shutdown,
    snapshot::{SnapshotError, take_snapshot},
    telemetry::{TelemetryError, start_logging},
    uninstall::{UninstallCheckError, UninstallError, check_uninstall, uninstall},
};
