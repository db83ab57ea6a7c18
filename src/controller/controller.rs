//! Everything that runs while this process is the one that acts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use futures::future::FutureExt as _;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use kube::api::DynamicObject;
use kube::runtime::controller::{Action, Config as RuntimeConfig};
use kube::runtime::events::Reporter;
use kube::runtime::reflector::ObjectRef;
use kube::runtime::{Controller as Runtime, WatchStreamExt as _, reflector, watcher};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::assignments::{self, Machines, Queue, RecordCache, RecordClient};
use super::background;
use super::config::{Config, Ports};
use super::context::Context;
use super::journal_upkeep;
use super::journaled;
use super::policies::{PolicyCache, PolicyKind, PolicyStaleness, follow};
use super::proven_guard::ProvenGuard;
use super::report::Report;
use super::requests::{self, LIVE, LiveRequests, Memory, RequestClient, StoredRequest, Turns};
use super::watch_backoff::watch_backoff;
use super::watchdog::watch_ends;
use super::with_causes;
use crate::admission::{Guard, SealKey};
use crate::domain;
use crate::journal::{HeadObject, Journal, JournalParts, Writer};
use crate::metrics::{Metrics, WatchKind, World};

/// How long after a failure the controller's memory is read again.
const RETRY: Duration = Duration::from_secs(2);

/// What a controller is made of.
pub struct Parts {
    /// The controller's own client.
    pub client: kube::Client,
    /// Everything outside the cluster.
    pub ports: Ports,
    /// What was configured.
    pub config: Config,
    /// The guard of this installation.
    pub guard: Guard,
    /// The key of the seal.
    pub key: SealKey,
    /// What the journal is made of.
    pub journal: JournalParts,
    /// Who publishes Events.
    pub reporter: Reporter,
    /// What is measured.
    pub metrics: Metrics,
}

/// Why a controller stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// It was asked to.
    Shutdown,
    /// AWS does not answer this process while access is to be taken away: another one may reach it.
    AwsSilent,
    /// Another process leads. The text says which.
    LeadershipLost(String),
}

/// The controller, for as long as this process is the one that acts.
pub struct Controller {
    client: kube::Client,
    context: Arc<Context>,
    writer: Writer,
    woken: mpsc::UnboundedReceiver<ObjectRef<DynamicObject>>,
}

impl Controller {
    /// A controller that does nothing yet.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            client,
            ports,
            config,
            guard,
            key,
            journal,
            reporter,
            metrics,
        } = parts;
        let heads = Arc::new(HeadObject::new(client.clone(), &config.namespace));
        let (writer, journal) = Writer::new(journal, heads, Arc::clone(&ports.clock));
        let (wake, woken) = mpsc::unbounded_channel();
        let context = Context {
            requests: RequestClient::new(client.clone()),
            records: RecordClient::new(client.clone(), key.clone()),
            ports,
            machines: Machines::new(config.of_assignments()),
            queue: Queue::new(config.concurrency),
            config,
            key,
            guard: ProvenGuard::new(guard),
            policy_cache: RwLock::new(PolicyCache::default()),
            staleness: PolicyStaleness::new(client.clone()),
            memory: Memory::default(),
            report: Report::new(client.clone(), reporter, journal.clone()),
            journal,
            epoch: watch::Sender::new(0),
            opening: Turns::default(),
            live: LiveRequests::default(),
            record_cache: RecordCache::default(),
            woken: wake,
            started: Instant::now(),
            metrics,
            world: watch::Sender::new(None),
        };
        Self {
            client,
            context: Arc::new(context),
            writer,
            woken,
        }
    }

    /// What the guard sees, and every change of it.
    pub fn guard(&self) -> watch::Receiver<domain::Guard> {
        self.context.guard.changes()
    }

    /// What the watchdog sees of requests and ends, and every change of it; nothing before it has looked.
    pub fn world(&self) -> watch::Receiver<Option<World>> {
        self.context.world.subscribe()
    }

    /// The journal.
    pub fn journal(&self) -> Journal {
        self.context.journal.clone()
    }

    /// Looks at the Secret with the key of the seal for ever, and tells when it is not the key in use.
    pub fn watch_the_seal_key(&self) -> impl Future<Output = ()> + Send + use<> {
        background::watch_the_seal_key(Arc::clone(&self.context), self.client.clone())
    }

    /// Runs until `shutdown`, until leadership is `lost`, or until AWS has been silent for too long; passes that are under way at a
    /// shutdown are finished first. What the journal was handed is written then, for two seconds at most.
    ///
    /// Assignments wait for records and live requests to be known, and for nothing else: neither a policy that cannot be listed
    /// nor the guard delays an end.
    pub async fn run(
        self,
        shutdown: impl Future<Output = ()> + Send + Sync + 'static,
        lost: impl Future<Output = String> + Send,
    ) -> Stopped {
        let Self {
            client,
            context,
            writer,
            woken,
        } = self;
        let shutdown = shutdown.shared();
        let (mut tasks, mut writing) = (JoinSet::new(), JoinSet::new());
        writing.spawn(writer.run());
        tasks.spawn(journaled::wake_what_is_recorded(Arc::clone(&context)));
        tasks.spawn(journal_upkeep::tell_leadership(Arc::clone(&context)));
        tasks.spawn(journal_upkeep::measure(Arc::clone(&context)));
        for kind in PolicyKind::ALL {
            tasks.spawn(follow(Arc::clone(&context), kind, client.clone()));
        }
        tasks.spawn(assignments::follow_records(Arc::clone(&context)));
        tasks.spawn(watch_ends(Arc::clone(&context)));
        tasks.spawn(remember_settings(Arc::clone(&context), client.clone()));
        tasks.spawn(background::keep_the_guard(Arc::clone(&context)));
        background::start(&context, &client, &mut tasks);
        let requests = watch_requests(&context, woken, shutdown.clone());
        let assignments = assignments::run(Arc::clone(&context), shutdown);
        let stopped = tokio::select! {
            _ = async { tokio::join!(requests, assignments) } => Stopped::Shutdown,
            () = assignments::too_long_silence(&context) => Stopped::AwsSilent,
            why = lost => Stopped::LeadershipLost(why),
        };
        tasks.shutdown().await;
        context.journal.close().await;
        writing.shutdown().await;
        stopped
    }
}

/// What settings said last matters only while there are none; a memory that cannot be read is asked again.
async fn remember_settings(context: Arc<Context>, client: kube::Client) {
    loop {
        match background::remembered_settings(&context, &client).await {
            Ok(settings) => {
                context.policies_mut().remembered = Some(settings);
                context.begin_epoch();
                return;
            }
            Err(error) => tracing::warn!(%error, "it is tried again"),
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Passes over the live requests, until `shutdown`.
fn watch_requests<S>(
    context: &Arc<Context>,
    woken: mpsc::UnboundedReceiver<ObjectRef<DynamicObject>>,
    shutdown: S,
) -> impl Future<Output = ()> + use<S>
where
    S: Future<Output = ()> + Send + Sync + 'static,
{
    let resource = context.requests.resource().clone();
    let writer = reflector::store::Writer::new(resource.clone());
    let store = writer.as_reader();
    context.live.set_store(store.clone());
    let (before, after) = (Arc::clone(context), Arc::clone(context));
    let moved = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&moved);
    let watched = watcher(
        context.requests.everywhere(),
        watcher::Config::default().fields(LIVE),
    )
    .backoff(watch_backoff())
    .modify(|object: &mut DynamicObject| object.metadata.managed_fields = None)
    .inspect_ok(move |event| {
        let now = before.now();
        before.metrics.watch_event(WatchKind::ElevationRequest, now);
        *lock(&taken) = before.live.take(event);
    })
    .reflect(writer)
    // The store shows it now: whoever is woken finds it.
    .inspect_ok(move |_| after.requests_moved(std::mem::take(&mut *lock(&moved))))
    .applied_objects();
    let passes = Runtime::for_stream_with(watched, store, resource)
        .with_config(RuntimeConfig::default().concurrency(context.config.concurrency))
        .reconcile_all_on(context.new_epochs())
        .reconcile_on(woken_requests(woken))
        .graceful_shutdown_on(shutdown)
        .run(pass, |_, never, _| match *never {}, Arc::clone(context));
    let metrics = context.metrics.clone();
    passes.for_each(move |passed| {
        match passed {
            // It finished, or its watch is a moment ahead of its queue.
            Ok(_) | Err(kube::runtime::controller::Error::ObjectNotFound(_)) => {}
            Err(error) => {
                metrics.watch_error(WatchKind::ElevationRequest);
                let error = with_causes(&error);
                tracing::warn!(error, "requests could not be watched; it is tried again");
            }
        }
        std::future::ready(())
    })
}

/// Requests that are to be looked at because something beside them changed.
fn woken_requests(
    woken: mpsc::UnboundedReceiver<ObjectRef<DynamicObject>>,
) -> impl Stream<Item = ObjectRef<DynamicObject>> + Send + use<> {
    futures::stream::unfold(woken, async |mut woken| {
        woken.recv().await.map(|one| (one, woken))
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn pass(object: Arc<DynamicObject>, context: Arc<Context>) -> Result<Action, std::convert::Infallible> {
    Ok(requests::pass(&context, StoredRequest::new(&object)).await)
}
