//! The life of the process, one function a step.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::arguments::{ArgumentError, AuditLog, LeaseArguments, RunArguments};
use super::clock::SystemClock;
use super::cluster::{Cluster, ClusterError};
use super::definitions::{DEFINITIONS_FACT, wait_for_definitions};
use super::health::HealthServer;
use super::lead::lead;
use super::leader::{Elector, LEADER_FACT, Leader, LeaseSettings};
use super::patience::until_it_works;
use super::readiness::Readiness;
use super::shutdown::Shutdown;
use super::telemetry::{TelemetryError, start_logging};
use crate::admission::{Installation, InstallationError, SealKey, load_or_create};
use crate::aws::{Aws, AwsSettings, Finding, Verdict};
use crate::domain::Timings;
use crate::ports::{CallOptions, Clock, Instance as _};
use crate::reconcile::Delays;

/// How long what is under way may take to end. With the lease, less than the 30 s after which Kubernetes kills.
const GRACE: Duration = Duration::from_secs(20);
/// How long giving back the lease may take; after that it runs out by itself.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);

/// Facts of `/readyz` that are this file's; the definitions and the lease speak for themselves.
const AWS_FACT: &str = "AWS";
const SEAL_FACT: &str = "seal";
/// What has to be there before anything is done, in the order in which it is waited for.
const NEEDED: [&str; 4] = [DEFINITIONS_FACT, AWS_FACT, SEAL_FACT, LEADER_FACT];

/// Why the process ends otherwise than it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The options make no sense together.
    #[error(transparent)]
    Arguments(#[from] ArgumentError),
    /// A name of the installation cannot be used.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// Nothing can be logged.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// It could not be asked to end.
    #[error("signals cannot be waited for: {0}")]
    Signals(io::Error),
    /// The audit log cannot be written.
    #[error("the audit log {path} cannot be opened: {source}; choose another with --audit-log")]
    AuditLog {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Probes cannot be answered.
    #[error(
        "cannot listen on {address}: {source}; choose another with --health-listen (port 0 takes a free one)"
    )]
    Health {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// There is no cluster to talk to.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Somebody else leads.
    #[error("the lead is lost: {0}; ending, so that the other one acts alone")]
    LostLeadership(String),
}

/// Everything that acting takes, once it is there.
pub struct Prepared {
    /// The names in the cluster.
    pub installation: Installation,
    /// Kubernetes, and its clock.
    pub cluster: Cluster,
    /// AWS, and its clock.
    pub aws: Aws,
    /// Whether we act as a delegated administrator, who cannot assign the management account.
    pub delegated_administrator: bool,
    /// The key of the seal.
    pub seal_key: SealKey,
    /// That we are the one that acts.
    pub leader: Arc<Leader>,
    /// Our own clock.
    pub clock: Arc<dyn Clock>,
    /// The delays of decisions.
    pub timings: Timings,
    /// The delays of upkeep.
    pub delays: Delays,
    /// How many requests are worked on at once.
    pub concurrency: u16,
    /// Where audit lines go.
    pub audit_log: Box<dyn Write + Send>,
    /// What `/readyz` says.
    pub readiness: Readiness,
}

/// Runs the controller until it is asked to end, or somebody else leads.
pub async fn run(arguments: RunArguments) -> Result<(), RunError> {
    arguments.check()?;
    let installation = arguments.installation.installation()?;
    start_logging(arguments.output.log_format, &arguments.output.log_level)?;
    let shutdown = Shutdown::on_signals().map_err(RunError::Signals)?;
    let audit_log = open_audit_log(&arguments.output.audit_log)?;
    let readiness = nothing_ready();
    let _health = serve_health(arguments.output.health_listen, &readiness).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let cluster = Cluster::configure(&arguments.cluster, Arc::clone(&clock)).await?;
    let preparation = prepare(arguments, installation, cluster, clock, audit_log, readiness);
    // Until it leads nothing has been begun that would have to be ended.
    let prepared = tokio::select! {
        prepared = preparation => prepared,
        () = shutdown.requested() => return Ok(()),
    };
    act(prepared, shutdown).await
}

/// Everything that has to be waited for before acting, in an order in which each step can say what it lacks.
async fn prepare(
    arguments: RunArguments,
    installation: Installation,
    cluster: Cluster,
    clock: Arc<dyn Clock>,
    audit_log: Box<dyn Write + Send>,
    readiness: Readiness,
) -> Prepared {
    wait_for_definitions(&cluster.client, &readiness).await;
    let (aws, delegated_administrator) = connect_aws(&arguments.aws.settings(), &clock, &readiness).await;
    let seal_key = load_seal_key(&cluster, &installation, &readiness).await;
    let lease = lease_settings(&arguments.lease, &installation, &clock);
    let leader = Elector::acquire(cluster.client.clone(), lease, readiness.clone()).await;
    Prepared {
        installation,
        cluster,
        aws,
        delegated_administrator,
        seal_key,
        leader: Arc::new(leader),
        clock,
        timings: Timings::from(&arguments.timings),
        delays: Delays::from(&arguments.delays),
        concurrency: arguments.cluster.concurrency,
        audit_log,
        readiness,
    }
}

/// Acts until it is asked to end, and gives the lease back; or until somebody else has it.
async fn act(prepared: Prepared, shutdown: Shutdown) -> Result<(), RunError> {
    let leader = Arc::clone(&prepared.leader);
    let mut acting = pin!(lead(prepared, shutdown.clone()));
    tokio::select! {
        why = leader.lost() => return Err(RunError::LostLeadership(why)),
        () = shutdown.requested() => {
            if timeout(GRACE, acting).await.is_err() {
                tracing::warn!("what was under way did not end within {} s and is left as it is", GRACE.as_secs());
            }
        }
        () = &mut acting => {}
    }
    if timeout(RELEASE_TIMEOUT, leader.release()).await.is_err() {
        tracing::warn!("the lease could not be given back and runs out by itself");
    }
    Ok(())
}

fn open_audit_log(audit_log: &AuditLog) -> Result<Box<dyn Write + Send>, RunError> {
    match audit_log {
        AuditLog::StandardOutput => Ok(Box::new(io::stdout())),
        AuditLog::File(path) => match OpenOptions::new().create(true).append(true).open(path) {
            Ok(file) => Ok(Box::new(file)),
            Err(source) => Err(RunError::AuditLog {
                path: path.clone(),
                source,
            }),
        },
    }
}

/// Every step is said to be open, or the first ones alone would look like all.
fn nothing_ready() -> Readiness {
    let readiness = Readiness::default();
    for fact in NEEDED {
        readiness.not_ready(fact, "its turn has not come yet");
    }
    readiness
}

async fn serve_health(address: SocketAddr, readiness: &Readiness) -> Result<HealthServer, RunError> {
    let server = HealthServer::start(address, readiness.clone())
        .await
        .map_err(|source| RunError::Health { address, source })?;
    tracing::info!(address = %server.address(), "serving /healthz and /readyz");
    Ok(server)
}

/// Finds the instance, and as what we act. Waits for AWS as long as it takes.
async fn connect_aws(settings: &AwsSettings, clock: &Arc<dyn Clock>, readiness: &Readiness) -> (Aws, bool) {
    readiness.not_ready(AWS_FACT, "connecting");
    let connected = until_it_works(AWS_FACT, readiness, async || {
        Aws::connect(settings.clone(), Arc::clone(clock)).await
    });
    let aws = connected.await;
    let delegated = match aws.delegated_administrator(&CallOptions::background()).await {
        Ok(delegated) => delegated,
        Err(error) => {
            // Nothing is granted wrongly for it: AWS itself refuses the management account to such an administrator.
            tracing::warn!(%error, "whether we are a delegated administrator is not known; taken for the management account");
            false
        }
    };
    let problems = report(&aws.preflight().await);
    // Ready all the same: what is wrong with the instance must not keep removals from being tried.
    readiness.ready(AWS_FACT, format!("instance {}{problems}", aws.arn()));
    (aws, delegated)
}

/// Logs each finding, and gives those that will keep something from working.
fn report(findings: &[Finding]) -> String {
    let mut problems = String::new();
    for Finding {
        check,
        verdict,
        sentence,
    } in findings
    {
        match verdict {
            Verdict::Good => tracing::info!(?check, "{sentence}"),
            Verdict::Warning | Verdict::Unknown => tracing::warn!(?check, "{sentence}"),
            Verdict::Problem => {
                tracing::error!(?check, "{sentence}");
                problems.push_str("; found at the start: ");
                problems.push_str(sentence);
            }
        }
    }
    problems
}

async fn load_seal_key(cluster: &Cluster, installation: &Installation, readiness: &Readiness) -> SealKey {
    let load = async || load_or_create(cluster.client.clone(), installation.namespace()).await;
    let key = until_it_works(SEAL_FACT, readiness, load).await;
    readiness.ready(SEAL_FACT, "the key is loaded");
    key
}

fn lease_settings(
    arguments: &LeaseArguments,
    installation: &Installation,
    clock: &Arc<dyn Clock>,
) -> LeaseSettings {
    LeaseSettings {
        namespace: installation.namespace().to_owned(),
        identity: arguments.identity.clone().unwrap_or_else(replica_name),
        duration: arguments.duration(),
        renew_interval: arguments.renew_interval(),
        clock: Arc::clone(clock),
    }
}

/// The pod's name, which a container has as its host name, and an ending of its own: containers restart under one name.
fn replica_name() -> String {
    let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "team-operator".to_owned());
    let mut ending = std::process::id().to_be_bytes();
    // Without randomness the id of the process still tells two apart on one host.
    let _ = getrandom::fill(&mut ending);
    format!("{host}-{:08x}", u32::from_be_bytes(ending))
}
