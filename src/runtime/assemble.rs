//! Assembles the controller from what was prepared, and runs it.

use std::sync::Arc;
use std::time::Duration;

use kube::runtime::events::Reporter;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::cluster::Cluster;
use super::leader::Leader;
use super::readiness::Readiness;
use super::shutdown::Shutdown;
use crate::admission::{Guard, Installation, SealKey, journal_seed};
use crate::api::InstanceArn;
use crate::aws::Aws;
use crate::controller::{Config, Controller, Delays, Parts, Ports, Stopped};
use crate::domain::{self, IdentityCenter, Timings};
use crate::journal::{Health, Journal, JournalParts, SigningKey};
use crate::metrics::{Metrics, World};
use crate::ports::{Clock, Leadership};

/// The name of the line of `/readyz` about the admission policies.
const GUARD_FACT: &str = "admission policies";
/// The name of the line of `/readyz` about the memory of a leader.
const WATCHES_FACT: &str = "watches";
/// The name of the line of `/readyz` about ends of access.
const ENDS_FACT: &str = "ends";

/// The name of the line of `/readyz` about the journal.
const JOURNAL_FACT: &str = "journal";

/// How often the Secret with the journal's key is read.
const KEY_INTERVAL: Duration = Duration::from_secs(30);

/// Everything the controller needs to run as the leader.
pub(super) struct Prepared {
    /// The names of the installation in the cluster.
    pub(super) installation: Installation,
    /// The client of the API server, and the API server's clock.
    pub(super) cluster: Cluster,
    /// The AWS adapters, and AWS's clock.
    pub(super) aws: Aws,
    /// What is known of the Identity Center instance.
    pub(super) identity_center: watch::Receiver<IdentityCenter>,
    /// An instance that is left for good.
    pub(super) abandoned_instance: Option<InstanceArn>,
    /// The key of the seal.
    pub(super) seal_key: SealKey,
    /// The lease that this replica holds.
    pub(super) leader: Arc<Leader>,
    /// The controller's own clock.
    pub(super) clock: Arc<dyn Clock>,
    /// The delays of decisions.
    pub(super) timings: Timings,
    /// The delays of background work.
    pub(super) delays: Delays,
    /// How many requests are reconciled concurrently.
    pub(super) concurrency: u16,
    /// What the journal is made of.
    pub(super) journal: JournalParts,
    /// The state shown in `/readyz`.
    pub(super) readiness: Readiness,
    /// What is measured.
    pub(super) metrics: Metrics,
}

/// Runs the controller as the leader until shutdown is requested; reconciles in progress are finished first.
pub(super) async fn lead(prepared: Prepared, shutdown: Shutdown) -> Stopped {
    let readiness = prepared.readiness.clone();
    let leader = Arc::clone(&prepared.leader);
    let (client, namespace) = (
        prepared.cluster.client.clone(),
        prepared.installation.namespace().to_owned(),
    );
    let controller = controller(prepared);
    let journal = controller.journal();
    let mut reports = JoinSet::new();
    reports.spawn(report_guard(controller.guard(), readiness.clone()));
    reports.spawn(report_journal(journal.health(), readiness.clone()));
    reports.spawn(follow_journal_key(journal, client, namespace));
    reports.spawn(report_ends(controller.world(), readiness));
    reports.spawn(controller.watch_the_seal_key());
    let shutdown = async move { shutdown.requested().await };
    let stopped = controller.run(shutdown, async { leader.lost().await }).await;
    reports.shutdown().await;
    stopped
}

fn controller(prepared: Prepared) -> Controller {
    let Prepared {
        installation,
        cluster,
        aws,
        identity_center,
        abandoned_instance,
        seal_key,
        leader,
        clock,
        timings,
        delays,
        concurrency,
        journal,
        readiness: _,
        metrics,
    } = prepared;
    let aws = Arc::new(aws);
    let leadership: Arc<dyn Leadership> = leader;
    Controller::new(Parts {
        client: cluster.client.clone(),
        ports: Ports {
            directory: aws.clone(),
            organization: aws.clone(),
            permission_sets: aws.clone(),
            assignments: aws.clone(),
            instance: aws.clone(),
            clock,
            aws_clock: aws,
            api_server_clock: cluster.clock,
            leadership,
        },
        config: Config {
            identity_center,
            abandoned_instance,
            timings,
            delays,
            concurrency,
            namespace: installation.namespace().to_owned(),
        },
        guard: Guard::new(cluster.client, installation, seal_key.clone()),
        key: seal_key,
        journal,
        reporter: Reporter::from("team-operator"),
        metrics,
    })
}

/// Shows the ends of access in `/readyz`. Another process would not remove faster what AWS does not confirm.
async fn report_ends(mut world: watch::Receiver<Option<World>>, readiness: Readiness) {
    readiness.not_ready(WATCHES_FACT, "records and live requests are being read");
    while world.changed().await.is_ok() {
        let seen = world.borrow_and_update().clone();
        let Some(World {
            overdue,
            oldest_overdue,
            next_end,
            ..
        }) = seen
        else {
            continue;
        };
        // The watchdog looks for the first time when they have been read.
        readiness.ready(WATCHES_FACT, "records and live requests are known");
        match (oldest_overdue, next_end) {
            (Some(since), _) => readiness.warn(
                ENDS_FACT,
                format!(
                    "AWS has not confirmed in time that access is gone: {overdue} in all, the oldest ended at {since}. See \
                     kubectl get aa"
                ),
            ),
            (None, Some(next)) => readiness.ready(ENDS_FACT, format!("none is overdue; the next is at {next}")),
            (None, None) => readiness.ready(ENDS_FACT, "none is overdue, and none is to come"),
        }
    }
}

/// Shows the guard's state in `/readyz`. Access is removed in any state, so the process is always ready.
async fn report_guard(mut guard: watch::Receiver<domain::Guard>, readiness: Readiness) {
    loop {
        let warning = match &*guard.borrow_and_update() {
            domain::Guard::Intact => None,
            domain::Guard::Unproven(why) => Some(format!("nothing is granted: {why}")),
            domain::Guard::Broken(why) => Some(format!("not in force; nothing is granted: {why}")),
            domain::Guard::BrokenBefore(why) => Some(format!("in force again: {why}")),
        };
        match warning {
            None => readiness.ready(GUARD_FACT, "in force, and a forgery was refused"),
            Some(sentence) => readiness.warn(GUARD_FACT, sentence),
        }
        if guard.changed().await.is_err() {
            return;
        }
    }
}

/// Shows whether the journal can be written in `/readyz`. Access is removed in any state, so the process is always ready.
async fn report_journal(mut health: watch::Receiver<Health>, readiness: Readiness) {
    loop {
        let sentence = match &*health.borrow_and_update() {
            Health::Writable => "written".to_owned(),
            Health::Unwritable(why) => format!("nothing is granted: {why}"),
        };
        readiness.ready(JOURNAL_FACT, sentence);
        if health.changed().await.is_err() {
            return;
        }
    }
}

/// Exchanges the key of the journal when its Secret holds another one, or none, for ever. Somebody deletes it to rotate the key.
async fn follow_journal_key(journal: Journal, client: kube::Client, namespace: String) {
    loop {
        tokio::time::sleep(KEY_INTERVAL).await;
        match journal_key(client.clone(), &namespace).await {
            // The journal ignores the one that it has.
            Ok(key) => journal.exchange_key(key),
            Err(why) => tracing::warn!(why, "the journal's key could not be read; it is tried again"),
        }
    }
}

/// The key that signs checkpoints; made at the first start, and when somebody deleted it.
pub(super) async fn journal_key(client: kube::Client, namespace: &str) -> Result<SigningKey, String> {
    let seed = journal_seed(client, namespace)
        .await
        .map_err(|error| error.to_string())?;
    SigningKey::from_seed(&seed).map_err(|error| error.to_string())
}
