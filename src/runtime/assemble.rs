//! Assembles the controller from what was prepared, and runs it.

use std::io::Write;
use std::sync::Arc;

use kube::runtime::events::Reporter;
use tokio::sync::watch;

use super::cluster::Cluster;
use super::leader::Leader;
use super::readiness::Readiness;
use super::shutdown::Shutdown;
use crate::admission::{Guard, Installation, SealKey};
use crate::api::InstanceArn;
use crate::aws::Aws;
use crate::controller::{Config, Controller, Delays, Parts, Ports, Stopped};
use crate::domain::{self, IdentityCenter, Timings};
use crate::ports::{Clock, Instance as _, Leadership};

/// The name of the line of `/readyz` about the admission policies.
const GUARD_FACT: &str = "admission policies";

/// Everything the controller needs to run as the leader.
pub(super) struct Prepared {
    /// The names of the installation in the cluster.
    pub(super) installation: Installation,
    /// The client of the API server, and the API server's clock.
    pub(super) cluster: Cluster,
    /// The AWS adapters, and AWS's clock.
    pub(super) aws: Aws,
    /// Whether the controller runs as a delegated administrator, who cannot assign access to the management account.
    pub(super) delegated_administrator: bool,
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
    /// The destination of audit lines.
    pub(super) audit_log: Box<dyn Write + Send>,
    /// The state shown in `/readyz`.
    pub(super) readiness: Readiness,
}

/// Runs the controller as the leader until shutdown is requested; reconciles in progress are finished first.
pub(super) async fn lead(prepared: Prepared, shutdown: Shutdown) -> Stopped {
    let readiness = prepared.readiness.clone();
    let controller = controller(prepared);
    let guard_status = tokio::spawn(report_guard(controller.guard(), readiness));
    let stopped = controller.run(async move { shutdown.requested().await }).await;
    guard_status.abort();
    stopped
}

fn controller(prepared: Prepared) -> Controller {
    let Prepared {
        installation,
        cluster,
        aws,
        delegated_administrator,
        abandoned_instance,
        seal_key,
        leader,
        clock,
        timings,
        delays,
        concurrency,
        audit_log,
        readiness: _,
    } = prepared;
    let instance_arn = aws.arn();
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
            identity_center: IdentityCenter {
                instance_arn,
                delegated_administrator,
            },
            abandoned_instance,
            timings,
            delays,
            concurrency,
            namespace: installation.namespace().to_owned(),
        },
        guard: Guard::new(cluster.client, installation, seal_key.clone()),
        key: seal_key,
        audit: audit_log,
        reporter: Reporter::from("team-operator"),
    })
}

/// Shows the guard's state in `/readyz`. Access is removed in any state, so the process is always ready.
async fn report_guard(mut guard: watch::Receiver<domain::Guard>, readiness: Readiness) {
    loop {
        let sentence = match &*guard.borrow_and_update() {
            domain::Guard::Intact => "in force, and a forgery was refused".to_owned(),
            domain::Guard::Unproven(why) => format!("nothing is granted: {why}"),
            domain::Guard::Broken(why) => format!("not in force; nothing is granted: {why}"),
            domain::Guard::BrokenBefore(why) => format!("in force again: {why}"),
        };
        readiness.ready(GUARD_FACT, sentence);
        if guard.changed().await.is_err() {
            return;
        }
    }
}
