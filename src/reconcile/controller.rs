//! Everything that runs while this process is the one that acts.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use futures::StreamExt as _;
use kube::api::DynamicObject;
use kube::runtime::controller::{Action as Next, Config};
use kube::runtime::events::Reporter;
use kube::runtime::{Controller as Runtime, WatchStreamExt as _, reflector, watcher};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::currency::Currency;
use super::guarding::GuardKeeper;
use super::memory::Memory;
use super::outside::{Outside, Settings};
use super::report::{AuditSink, Report};
use super::request::Request;
use super::requests::{LIVE, Requests};
use super::shell::{Rules, Shell, Turns};
use super::upkeep;
use super::watching::{RuleKind, follow, rules_are_known};
use crate::admission::{Guard, SealKey};
use crate::domain;

/// How long after a failure the controller's memory is read again.
const RETRY: Duration = Duration::from_secs(2);

/// What a controller is made of.
pub struct Parts {
    /// The controller's own client.
    pub client: kube::Client,
    /// Everything outside the cluster.
    pub outside: Outside,
    /// What was configured.
    pub settings: Settings,
    /// The guard of this installation.
    pub guard: Guard,
    /// The key of the seal.
    pub key: SealKey,
    /// Where audit lines go.
    pub audit: AuditSink,
    /// Who publishes Events.
    pub reporter: Reporter,
}

/// The controller, for as long as this process is the one that acts.
pub struct Controller {
    client: kube::Client,
    shell: Arc<Shell>,
}

impl Controller {
    /// A controller that does nothing yet.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            client,
            outside,
            settings,
            guard,
            key,
            audit,
            reporter,
        } = parts;
        let shell = Shell {
            requests: Requests::new(client.clone()),
            outside,
            settings,
            key,
            guard: GuardKeeper::new(guard),
            rules: RwLock::new(Rules::default()),
            currency: Currency::new(client.clone()),
            memory: Memory::default(),
            report: Report::new(client.clone(), reporter, audit),
            epoch: watch::Sender::new(0),
            opening: Turns::default(),
            live: OnceLock::new(),
        };
        Self {
            client,
            shell: Arc::new(shell),
        }
    }

    /// What the guard sees, and every change of it.
    pub fn guard(&self) -> watch::Receiver<domain::Guard> {
        self.shell.guard.changes()
    }

    /// Runs until `shutdown`; passes that are under way then are finished first.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + Sync + 'static) {
        let Self { client, shell } = self;
        let mut tasks = JoinSet::new();
        for kind in RuleKind::ALL {
            tasks.spawn(follow(Arc::clone(&shell), kind, client.clone()));
        }
        tasks.spawn(shell.clone().keep_the_guard());
        remember_settings(&shell, &client).await;
        rules_are_known(&shell).await;
        upkeep::start(&shell, &client, &mut tasks);
        tracing::info!("policies and settings are known; requests are looked at");
        requests(&shell, shutdown).await;
        tasks.shutdown().await;
    }
}

/// What settings said last matters only while there are none; a memory that cannot be read is asked again.
async fn remember_settings(shell: &Shell, client: &kube::Client) {
    loop {
        match upkeep::remembered_settings(shell, client).await {
            Ok(word) => {
                shell
                    .rules
                    .write()
                    .unwrap_or_else(PoisonError::into_inner)
                    .remembered = word;
                return;
            }
            Err(error) => tracing::warn!(%error, "it is tried again"),
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Passes over the live requests, until `shutdown`.
async fn requests(shell: &Arc<Shell>, shutdown: impl Future<Output = ()> + Send + Sync + 'static) {
    let resource = shell.requests.resource().clone();
    let writer = reflector::store::Writer::new(resource.clone());
    let store = writer.as_reader();
    let watched = watcher(
        shell.requests.everywhere(),
        watcher::Config::default().fields(LIVE),
    )
    .default_backoff()
    .modify(|object: &mut DynamicObject| object.metadata.managed_fields = None)
    .reflect(writer)
    .applied_objects();
    // It is set once, here.
    drop(shell.live.set(store.clone()));
    Runtime::for_stream_with(watched, store, resource)
        .with_config(Config::default().concurrency(shell.settings.concurrency))
        .reconcile_all_on(shell.new_epochs())
        .graceful_shutdown_on(shutdown)
        .run(pass, |_, never, _| match *never {}, Arc::clone(shell))
        .for_each(async |passed| {
            match passed {
                // It finished, or its watch is a moment ahead of its queue.
                Ok(_) | Err(kube::runtime::controller::Error::ObjectNotFound(_)) => {}
                Err(error) => {
                    let error = super::with_causes(&error);
                    tracing::warn!(error, "requests could not be watched; it is tried again");
                }
            }
        })
        .await;
}

async fn pass(object: Arc<DynamicObject>, shell: Arc<Shell>) -> Result<Next, std::convert::Infallible> {
    Ok(shell.pass(Request::new(&object)).await)
}
