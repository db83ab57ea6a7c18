//! `team-operator report`: the process that tells people.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::timeout;

use super::arguments::ReportArguments;
use super::clock::SystemClock;
use super::cluster::Cluster;
use super::definitions::{DEFINITIONS_FACT, wait_for_definitions};
use super::identity_center::AWS_FACT;
use super::leader::{Elector, LEADER_FACT, LeaseSettings, REPORTER_LEASE_NAME};
use super::readiness::{Readiness, State};
use super::retry_until_ok::retry_until_ok;
use super::run::{RELEASE_TIMEOUT, RunError, replica_name, serve_health};
use super::shutdown::Shutdown;
use super::telemetry::start_logging;
use crate::aws::Aws;
use crate::domain::notification::Pace;
use crate::metrics::Metrics;
use crate::ports::{Clock, Directory, Leadership};
use crate::reporter::{Allowed, DirectorySeen, Reporter, ReporterParts};

/// Runs the reporter until shutdown is requested or another replica sends.
pub async fn report(arguments: ReportArguments) -> Result<(), RunError> {
    arguments.lease.check()?;
    let allowed = Allowed::new(&arguments.allow_destination)?;
    start_logging(arguments.log.log_format, &arguments.log.log_level)?;
    let shutdown = Shutdown::on_signals().map_err(RunError::Signals)?;
    let readiness = Readiness::default();
    for fact in [DEFINITIONS_FACT, LEADER_FACT] {
        readiness.not_ready(fact, "not started yet");
    }
    let metrics = Metrics::of_the_reporter();
    let _health = serve_health(arguments.log.health_listen, &readiness, &metrics).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let cluster = Cluster::configure(&arguments.cluster(), Arc::clone(&clock)).await?;
    let settings = LeaseSettings {
        name: REPORTER_LEASE_NAME,
        namespace: arguments.namespace.clone(),
        identity: arguments
            .lease
            .lease_identity
            .clone()
            .unwrap_or_else(replica_name),
        duration: arguments.lease.duration(),
        renew_interval: arguments.lease.renew_interval(),
        clock: Arc::clone(&clock),
        metrics: metrics.clone(),
    };
    let acquire = async {
        wait_for_definitions(&cluster.client, &readiness).await;
        Elector::acquire(cluster.client.clone(), settings, readiness.clone()).await
    };
    let leader = tokio::select! {
        leader = acquire => Arc::new(leader),
        () = shutdown.requested() => return Ok(()),
    };
    let directory = directory(&arguments, &metrics, &clock, &readiness);
    let leadership: Arc<dyn Leadership> = leader.clone();
    let reporter = Reporter::new(ReporterParts {
        client: cluster.client,
        namespace: arguments.namespace.clone(),
        clock,
        leadership,
        allowed,
        slack_api: arguments.slack_api.clone(),
        directory,
        pace: Pace::from(&arguments.pace),
        metrics,
    });
    // Dropped in the middle of a batch at worst, which the next process goes on with.
    tokio::select! {
        why = leader.lost() => return Err(RunError::LostLeadership(why)),
        () = shutdown.requested() => {}
        () = reporter.run() => {}
    }
    if timeout(RELEASE_TIMEOUT, leader.release()).await.is_err() {
        tracing::warn!("lease not released in time; it will expire");
    }
    Ok(())
}

/// The directory, once AWS has named the instance: messages to people alone wait for it.
fn directory(
    arguments: &ReportArguments,
    metrics: &Metrics,
    clock: &Arc<dyn Clock>,
    readiness: &Readiness,
) -> DirectorySeen {
    let (seen, receiver) = watch::channel::<Option<Arc<dyn Directory>>>(None);
    let settings = arguments.aws_settings(metrics);
    let (clock, readiness) = (Arc::clone(clock), readiness.clone());
    tokio::spawn(async move {
        let connect = || Aws::connect(settings.clone(), Arc::clone(&clock));
        let aws = retry_until_ok(AWS_FACT, State::Warning, &readiness, connect).await;
        readiness.ready(AWS_FACT, "the directory is known");
        seen.send_replace(Some(Arc::new(aws)));
    });
    receiver
}
