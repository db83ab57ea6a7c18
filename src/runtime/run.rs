//! The life of the process, one function a step.

use std::sync::Arc;

use super::arguments::{ArgumentError, RunArguments};
use super::clock::SystemClock;
use super::cluster::{Cluster, ClusterError};
use super::definitions::wait_for_definitions;
use super::readiness::Readiness;
use super::telemetry::{TelemetryError, start_logging};

/// Why the process ends otherwise than it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The options make no sense together.
    #[error(transparent)]
    Arguments(#[from] ArgumentError),
    /// Nothing can be logged.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// There is no cluster to talk to.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

/// Runs the controller.
pub async fn run(arguments: RunArguments) -> Result<(), RunError> {
    arguments.check()?;
    start_logging(arguments.output.log_format, &arguments.output.log_level)?;
    let cluster = Cluster::configure(&arguments.cluster, Arc::new(SystemClock)).await?;
    wait_for_definitions(&cluster.client, &Readiness::default()).await;
    Ok(())
}
