//! Acting: the controller with everything that was prepared for it.

use std::sync::Arc;

use kube::runtime::events::Reporter;
use tokio::sync::watch;

use super::readiness::Readiness;
use super::run::Prepared;
use super::shutdown::Shutdown;
use crate::admission::Guard;
use crate::domain::{self, IdentityCenter};
use crate::ports::{Instance as _, Leadership};
use crate::reconcile::{Controller, Outside, Parts, Settings};

/// The fact of `/readyz` about the admission policies.
const GUARD_FACT: &str = "admission policies";

/// Acts as the leader until it is asked to end; what is under way then is finished first.
pub(super) async fn lead(prepared: Prepared, shutdown: Shutdown) {
    let readiness = prepared.readiness.clone();
    let controller = controller(prepared);
    let telling = tokio::spawn(tell(controller.guard(), readiness));
    controller.run(async move { shutdown.requested().await }).await;
    telling.abort();
}

fn controller(prepared: Prepared) -> Controller {
    let Prepared {
        installation,
        cluster,
        aws,
        delegated_administrator,
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
        outside: Outside {
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
        settings: Settings {
            identity_center: IdentityCenter {
                instance_arn,
                delegated_administrator,
            },
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

/// Shows what the guard sees. Access ends whatever it is, so the process is ready all the same.
async fn tell(mut guard: watch::Receiver<domain::Guard>, readiness: Readiness) {
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
