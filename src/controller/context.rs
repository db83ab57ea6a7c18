//! What all passes share, and the snapshot that a pass over a request begins with.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use chrono::TimeDelta;
use futures::Stream;
use kube::api::DynamicObject;
use kube::runtime::reflector::ObjectRef;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::assignments::{Machines, Queue, RecordCache, RecordClient};
use super::config::{Config, Ports};
use super::policies::{PolicyCache, PolicyStaleness};
use super::proven_guard::ProvenGuard;
use super::report::Report;
use super::requests::{LiveRequests, Memory, Moved, RequestClient, StoredRequest, Turns};
use super::sending::clocks;
use crate::admission::SealKey;
use crate::api::{Phase, Timestamp};
use crate::domain::{
    Alert, Facts, JournalFact, Moment, OpenRequests, PolicySet, RequestFacts, Snapshot, StoredRecord,
    record_name, request::assignment_of,
};
use crate::journal::{Health, Journal};
use crate::metrics::{Metrics, World};

/// What all passes share.
pub struct Context {
    /// Requests in the API server.
    pub requests: RequestClient,
    /// Records in the API server.
    pub records: RecordClient,
    /// Everything outside the cluster.
    pub ports: Ports,
    /// What was configured.
    pub config: Config,
    /// The key of the seal.
    pub key: SealKey,
    /// The guard.
    pub guard: ProvenGuard,
    /// Policies and settings, as the watches have them.
    pub policy_cache: RwLock<PolicyCache>,
    /// Whether that is what the API server has.
    pub staleness: PolicyStaleness,
    /// What is remembered of requests between passes.
    pub memory: Memory,
    /// Events, and alarms in the log.
    pub report: Report,
    /// The journal.
    pub journal: Journal,
    /// Counts the changes around requests: policies, settings, the guard. A new number wakes all.
    pub epoch: watch::Sender<u64>,
    /// Whose new requests are being opened.
    pub opening: Turns,
    /// The live requests, as the watch has them.
    pub live: LiveRequests,
    /// The records, as the watch and our own writes have them.
    pub record_cache: RecordCache,
    /// The assignment machines that remember something.
    pub machines: Machines,
    /// Which record's turn it is.
    pub queue: Queue,
    /// Requests that are to be looked at because something beside them changed.
    pub woken: mpsc::UnboundedSender<ObjectRef<DynamicObject>>,
    /// When this process began, by the clock that never steps.
    pub started: Instant,
    /// What is measured.
    pub metrics: Metrics,
    /// What the watchdog sees; nothing before it has looked.
    pub world: watch::Sender<Option<World>>,
}

impl Context {
    /// The present moment, as statuses store it.
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now().into()
    }

    /// The present moment, as machines see it.
    pub fn moment(&self) -> Moment {
        Moment {
            now: self.now(),
            uptime: TimeDelta::from_std(self.started.elapsed()).unwrap_or(TimeDelta::MAX),
            clocks: clocks(&self.ports),
            lease: self.ports.leadership.lease(),
        }
    }

    /// How long to sleep for a rest of a decision. Decisions see whole seconds: what is left of the present one is over before
    /// the time that is waited for. A little more, or the clock still says the second before.
    pub fn precise(&self, wait: Duration) -> Duration {
        let now = self.ports.clock.now();
        let over = (now - Timestamp::from(now).to_utc()).to_std().unwrap_or_default();
        (wait.saturating_sub(over) + Duration::from_millis(5)).max(Duration::from_millis(50))
    }

    /// Whether a request can be decided: policies, settings and records are known completely.
    pub fn is_ready(&self) -> bool {
        self.record_cache.is_known() && self.policies().are_known()
    }

    /// The number of the present epoch.
    pub fn epoch(&self) -> u64 {
        *self.epoch.borrow()
    }

    /// Something around requests changed: all of them are looked at again. The number of the new epoch.
    pub fn begin_epoch(&self) -> u64 {
        let mut begun = 0;
        self.epoch.send_modify(|epoch| {
            *epoch += 1;
            begun = *epoch;
        });
        begun
    }

    /// One item for each new epoch; those that follow each other closely are one.
    pub fn new_epochs(&self) -> impl Stream<Item = ()> + Send + use<> {
        futures::stream::unfold(self.epoch.subscribe(), async |mut epochs| {
            epochs.changed().await.is_ok().then_some(((), epochs))
        })
    }

    /// Policies and settings, to read.
    pub fn policies(&self) -> RwLockReadGuard<'_, PolicyCache> {
        self.policy_cache.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Policies and settings, to change.
    pub fn policies_mut(&self) -> RwLockWriteGuard<'_, PolicyCache> {
        self.policy_cache.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until policies and settings are known.
    pub async fn policies_are_known(&self) {
        let mut epochs = self.epoch.subscribe();
        while !self.policies().are_known() {
            if epochs.changed().await.is_err() {
                return;
            }
        }
    }

    /// A live request, as the watch and our own writes have it.
    pub fn live_request(&self, uid: &str) -> Option<StoredRequest> {
        let newest = self.memory.newest(self.live.get(uid)?);
        (!newest.status().finished).then_some(newest)
    }

    /// The live requests that claim the assignment of a record.
    pub fn claimants(&self, record: &str) -> Vec<StoredRequest> {
        let stored = self.record_cache.get(record).and_then(|stored| stored.record);
        let claims = stored.into_iter().flat_map(|record| record.status.claims);
        claims
            .filter_map(|claim| self.live_request(&claim.request.uid))
            .collect()
    }

    /// A record changed: the requests that claim it are looked at, but for the one that changed it.
    pub fn wake_claimants(&self, record: &str, but: Option<&str>) {
        let stored = self.record_cache.get(record).and_then(|stored| stored.record);
        let claims = stored.into_iter().flat_map(|record| record.status.claims);
        let mut uids = self.live.naming(record);
        uids.extend(claims.map(|claim| claim.request.uid));
        for uid in uids.iter().filter(|uid| Some(uid.as_str()) != but) {
            self.wake_request(uid);
        }
    }

    /// What concerns a record is told about the record, and about each live request that claims it; the same once a minute.
    pub fn record_alert(&self, name: &str, alert: &Alert) {
        if self.memory.should_alert(name, alert.reason.as_str()) {
            self.metrics.alert(alert.reason);
            let record = self.record_cache.get(name);
            let uid = record.map(|record| record.uid).unwrap_or_default();
            self.report
                .record_alert(name, &uid, &self.claimants(name), alert, self.now());
        }
    }

    /// A request that is over is looked at once more: the journal has more of it.
    pub fn wake_if_over(&self, uid: &str) {
        let request = self.live_request(uid);
        if request.is_some_and(|request| request.status().phase.is_some_and(Phase::is_terminal)) {
            self.wake_request(uid);
        }
    }

    fn wake_request(&self, uid: &str) {
        let Some(request) = self.live.get(uid) else {
            return;
        };
        self.memory.wake(uid);
        let reference = ObjectRef::new_with(request.name(), self.requests.resource().clone());
        let reference = reference.within(request.namespace());
        // Nobody listens any more when the process ends.
        let _ = self.woken.send(reference);
    }

    /// Requests changed: the machines of the records that they name or claim look at them.
    pub fn requests_moved(&self, moved: Vec<Moved>) {
        for Moved { uid, mut records } in moved {
            records.extend(self.record_cache.claimed_by(&uid));
            for record in records {
                self.queue.wake(&record);
            }
        }
    }

    /// Everything that a pass over a request begins with.
    pub fn snapshot(&self, request: RequestFacts, facts: Facts) -> Snapshot {
        let open_requests = self.open_requests(&request);
        let record = self.record_of(&request);
        let journal = self.journal_fact(&request.uid);
        let PolicySet {
            settings,
            deletion_allowed,
            eligibility,
            approver,
        } = self.policies().policy_set();
        Snapshot {
            request,
            settings,
            deletion_allowed,
            eligibility_policies: eligibility,
            approver_policies: approver,
            facts,
            guard: self.guard.current(),
            journal,
            clocks: clocks(&self.ports),
            open_requests,
            record,
            identity_center: self.config.identity_center.borrow().clone(),
            timings: self.config.timings,
        }
    }

    fn journal_fact(&self, uid: &str) -> JournalFact {
        let unwritable = match &*self.journal.health().borrow() {
            Health::Writable => None,
            Health::Unwritable(why) => Some(why.clone()),
        };
        JournalFact {
            recorded: self.journal.committed(uid),
            unwritable,
            is_released: self.policies().release().is_some(),
        }
    }

    /// The record on which the request has a claim, or of the assignment that it names or is about.
    fn record_of(&self, request: &RequestFacts) -> Option<StoredRecord> {
        let claimed = self.record_cache.claimed_by(&request.uid).into_iter();
        let named = request.status.assignment.as_ref();
        let named = named.map(|assignment| assignment.name.clone());
        let about = || assignment_of(&request.status).map(|spec| record_name(&spec));
        let mut all = claimed.chain(named).chain(about());
        all.find_map(|name| self.record_cache.get(&name))
    }

    /// Only a new request counts against the limit.
    fn open_requests(&self, request: &RequestFacts) -> OpenRequests {
        let mut open = OpenRequests::default();
        if request.status.phase.is_some() {
            return open;
        }
        // All of them are looked at for each new one, so none is copied.
        let live: Vec<Arc<DynamicObject>> = self.live.all();
        for other in live {
            let metadata = &other.metadata;
            let (uid, version) = (metadata.uid.as_deref(), metadata.resource_version.as_deref());
            let (uid, version) = (uid.unwrap_or_default(), version.unwrap_or_default());
            if uid == request.uid {
                continue;
            }
            let newer = self.memory.newer(uid, version);
            let status = newer
                .as_ref()
                .map_or(&other.data["status"], |newer| &newer.object()["status"]);
            let phase: Option<Phase> = serde_json::from_value(status["phase"].clone()).ok();
            let is_open = phase.is_some_and(|phase| !phase.is_terminal());
            if let Some(user) = status["requester"]["userId"].as_str().filter(|_| is_open) {
                open.add(other.data["spec"]["requester"].as_str(), user);
            }
        }
        open
    }
}
