//! Start-up, leading and shutdown of the process, one function per step.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::arguments::{ArgumentError, JournalFile, LeaseArguments, RunArguments};
use super::assemble::{Prepared, journal_key, lead};
use super::clock::SystemClock;
use super::cluster::{Cluster, ClusterError};
use super::definitions::{DEFINITIONS_FACT, wait_for_definitions};
use super::health::HealthServer;
use super::identity_center::{Connected, Connecting};
use super::leader::{Elector, LEADER_FACT, LEASE_NAME, LeaseSettings};
use super::readiness::{Readiness, State};
use super::retry_until_ok::retry_until_ok;
use super::shutdown::Shutdown;
use super::telemetry::{TelemetryError, start_logging};
use crate::admission::{Installation, InstallationError, SealKey, load_or_create};
use crate::api::InstanceArn;
use crate::controller::{Delays, Stopped};
use crate::domain::Timings;
use crate::journal::{FileSink, JournalParts, SigningKey, Sink, StreamSink};
use crate::metrics::Metrics;
use crate::ports::Clock;

/// How long reconciles in progress may take to finish at shutdown. With the release of the lease this is less than the
/// 30 s after which Kubernetes kills a pod.
const GRACE_PERIOD: Duration = Duration::from_secs(20);
/// How long the release of the lease may take; after that it expires.
pub(super) const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);

/// Names of lines of `/readyz` that this file sets.
const SEAL_FACT: &str = "seal";
const JOURNAL_KEY_FACT: &str = "journal key";
/// What has to be ready before the controller leads, in the order of start-up.
const NEEDED: [&str; 4] = [DEFINITIONS_FACT, SEAL_FACT, JOURNAL_KEY_FACT, LEADER_FACT];

/// Why the process exits with an error.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The options contradict each other.
    #[error(transparent)]
    Arguments(#[from] ArgumentError),
    /// A destination of messages cannot be read.
    #[cfg(feature = "report")]
    #[error("--allow-destination: {0}")]
    Destination(#[from] crate::reporter::AllowedError),
    /// A name of the installation cannot be used.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// Logging could not be started.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// Signals cannot be received.
    #[error("signals cannot be received: {0}")]
    Signals(io::Error),
    /// The journal cannot be written.
    #[error("the journal {path} cannot be opened: {source}; choose another with --journal")]
    Journal {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The health endpoint cannot be served.
    #[error(
        "cannot listen on {address}: {source}; choose another with --health-listen (port 0 takes a free one)"
    )]
    Health {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// No cluster is configured.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Another replica leads.
    #[error("leadership lost: {0}; exiting, so that only the other replica acts")]
    LostLeadership(String),
    /// AWS does not answer this replica.
    #[error(
        "AWS has not answered this replica while access was to be removed; exiting, so that another replica can try"
    )]
    AwsSilent,
    /// AWS names another instance than the records do.
    #[error("{0}; exiting, so that the next start goes by AWS")]
    AnotherInstance(String),
}

/// Runs the controller until shutdown is requested or another replica leads.
pub async fn run(arguments: RunArguments) -> Result<(), RunError> {
    arguments.check()?;
    let installation = arguments
        .installation
        .installation()?
        .with_policy_writers_as_installed();
    start_logging(arguments.output.log_format, &arguments.output.log_level)?;
    let shutdown = Shutdown::on_signals().map_err(RunError::Signals)?;
    let sink = open_journal(&arguments.output.journal)?;
    let readiness = nothing_ready();
    let metrics = Metrics::default();
    let _health = serve_health(arguments.output.health_listen, &readiness, &metrics).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let cluster = Cluster::configure(&arguments.cluster, Arc::clone(&clock)).await?;
    let preparation = prepare(arguments, installation, cluster, clock, sink, readiness, metrics);
    // Until it leads nothing has been started that would have to be finished.
    let (prepared, contradicted) = tokio::select! {
        prepared = preparation => prepared,
        () = shutdown.requested() => return Ok(()),
    };
    act(prepared, contradicted, shutdown).await
}

/// Waits for everything that the controller needs, in an order in which each step can report what is missing.
async fn prepare(
    arguments: RunArguments,
    installation: Installation,
    cluster: Cluster,
    clock: Arc<dyn Clock>,
    sink: Box<dyn Sink>,
    readiness: Readiness,
    metrics: Metrics,
) -> (Prepared, JoinHandle<String>) {
    let connecting = Connecting::start(
        arguments.aws.settings(&metrics),
        Arc::clone(&clock),
        readiness.clone(),
    );
    wait_for_definitions(&cluster.client, &readiness).await;
    let seal_key = load_seal_key(&cluster, &installation, &readiness).await;
    load_journal_key(&cluster, &installation, &readiness).await;
    let lease = lease_settings(&arguments.lease, &installation, &clock, &metrics);
    let leader = Elector::acquire(cluster.client.clone(), lease, readiness.clone()).await;
    // It may have been exchanged while another replica led.
    let key = load_journal_key(&cluster, &installation, &readiness).await;
    let Connected {
        aws,
        identity_center,
        contradicted,
    } = connecting.ports(&cluster.client, &seal_key).await;
    let prepared = Prepared {
        installation,
        cluster,
        aws,
        identity_center,
        abandoned_instance: arguments.aws.abandoned_instance.map(InstanceArn::new),
        seal_key,
        clock,
        timings: Timings::from(&arguments.timings),
        delays: Delays::from(&arguments.delays),
        concurrency: arguments.cluster.max_concurrent_reconciles,
        journal: JournalParts {
            sink,
            key,
            term: leader.term(),
        },
        leader: Arc::new(leader),
        readiness,
        metrics,
    };
    (prepared, contradicted)
}

/// Leads until shutdown is requested, then releases the lease; or until another replica holds it.
async fn act(
    prepared: Prepared,
    contradicted: JoinHandle<String>,
    shutdown: Shutdown,
) -> Result<(), RunError> {
    let leader = Arc::clone(&prepared.leader);
    let mut acting = pin!(lead(prepared, shutdown.clone()));
    let mut result = Ok(());
    tokio::select! {
        () = shutdown.requested() => {
            if timeout(GRACE_PERIOD, acting).await.is_err() {
                tracing::warn!(
                    grace_period_seconds = GRACE_PERIOD.as_secs(),
                    "reconciles in progress did not finish in time; aborted"
                );
            }
        }
        stopped = &mut acting => match stopped {
            Stopped::Shutdown => {}
            Stopped::AwsSilent => result = Err(RunError::AwsSilent),
            // There is nothing to release.
            Stopped::LeadershipLost(why) => return Err(RunError::LostLeadership(why)),
        },
        Ok(sentence) = contradicted => result = Err(RunError::AnotherInstance(sentence)),
    }
    if timeout(RELEASE_TIMEOUT, leader.release()).await.is_err() {
        tracing::warn!("lease not released in time; it will expire");
    }
    result
}

fn open_journal(journal: &JournalFile) -> Result<Box<dyn Sink>, RunError> {
    match journal {
        JournalFile::StandardOutput => Ok(Box::new(StreamSink::new(io::stdout()))),
        JournalFile::File(path) => match FileSink::open(path) {
            Ok(file) => Ok(Box::new(file)),
            Err(source) => Err(RunError::Journal {
                path: path.clone(),
                source,
            }),
        },
    }
}

/// Lists every step as not ready, or the first ones would look like all of them.
fn nothing_ready() -> Readiness {
    let readiness = Readiness::default();
    for fact in NEEDED {
        readiness.not_ready(fact, "not started yet");
    }
    readiness
}

pub(super) async fn serve_health(
    address: SocketAddr,
    readiness: &Readiness,
    metrics: &Metrics,
) -> Result<HealthServer, RunError> {
    let server = HealthServer::start(address, readiness.clone(), metrics.clone())
        .await
        .map_err(|source| RunError::Health { address, source })?;
    tracing::info!(address = %server.address(), "serving /healthz, /readyz and /metrics");
    Ok(server)
}

async fn load_seal_key(cluster: &Cluster, installation: &Installation, readiness: &Readiness) -> SealKey {
    let load = async || load_or_create(cluster.client.clone(), installation).await;
    let key = retry_until_ok(SEAL_FACT, State::Bad, readiness, load).await;
    readiness.ready(SEAL_FACT, "the key is loaded");
    key
}

async fn load_journal_key(
    cluster: &Cluster,
    installation: &Installation,
    readiness: &Readiness,
) -> SigningKey {
    let load = async || journal_key(cluster.client.clone(), installation.namespace()).await;
    let key = retry_until_ok(JOURNAL_KEY_FACT, State::Bad, readiness, load).await;
    readiness.ready(JOURNAL_KEY_FACT, "the key is loaded");
    key
}

fn lease_settings(
    arguments: &LeaseArguments,
    installation: &Installation,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> LeaseSettings {
    LeaseSettings {
        name: LEASE_NAME,
        namespace: installation.namespace().to_owned(),
        identity: arguments.lease_identity.clone().unwrap_or_else(replica_name),
        duration: arguments.duration(),
        renew_interval: arguments.renew_interval(),
        clock: Arc::clone(clock),
        metrics: metrics.clone(),
    }
}

/// The pod's name, which is the host name of its containers, and a random suffix: a container restarts under one name.
pub(super) fn replica_name() -> String {
    let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "team-operator".to_owned());
    let mut suffix = std::process::id().to_be_bytes();
    // Without randomness the process id still distinguishes two replicas on one host.
    let _ = getrandom::fill(&mut suffix);
    format!("{host}-{:08x}", u32::from_be_bytes(suffix))
}
