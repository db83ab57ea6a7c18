//! What all passes share, and the snapshot that each decides on.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use chrono::TimeDelta;
use futures::Stream;
use kube::api::DynamicObject;
use kube::runtime::reflector::Store;
use tokio::sync::watch;

use super::currency::Currency;
use super::guarding::GuardKeeper;
use super::memory::Memory;
use super::outside::{Outside, Settings};
use super::policies::Kept;
use super::report::Report;
use super::request::Request;
use super::requests::Requests;
use crate::admission::SealKey;
use crate::api::{
    ApproverPolicySpec, Assignment, AssignmentState, EligibilityPolicySpec, OnEligibilityLost,
    TeamSettingsSpec, Timestamp,
};
use crate::domain::{self, Clocks, Facts, RequestFacts, SettingsFact, Sibling, Snapshot};
use crate::ports::{RemoteClock, TimeSeen};

/// What all passes share.
pub struct Shell {
    /// Requests in the API server.
    pub requests: Requests,
    /// Everything outside the cluster.
    pub outside: Outside,
    /// What was configured.
    pub settings: Settings,
    /// The key of the seal.
    pub key: SealKey,
    /// The guard.
    pub guard: GuardKeeper,
    /// Policies and settings, as the watches have them.
    pub rules: RwLock<Rules>,
    /// Whether that is what the API server has.
    pub currency: Currency,
    /// What is remembered between passes.
    pub memory: Memory,
    /// Events and audit lines.
    pub report: Report,
    /// Counts the changes around requests: policies, settings, the guard. A new number wakes all.
    pub epoch: watch::Sender<u64>,
    /// Whose new requests are being opened.
    pub opening: Turns,
    /// The live requests, as the watch has them.
    pub live: OnceLock<Store<DynamicObject>>,
}

/// Whose turn it is: one at a time for each name. Two names may share a turn; that costs them a moment.
pub struct Turns([tokio::sync::Mutex<()>; 64]);

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| tokio::sync::Mutex::new(())))
    }
}

impl Turns {
    /// Waits for the turn of this name; it lasts as long as what is returned.
    pub async fn of(&self, name: &str) -> tokio::sync::MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % 64).unwrap_or_default();
        self.0[place].lock().await
    }
}

/// Policies and settings.
#[derive(Debug, Default)]
pub struct Rules {
    /// Who may ask for what.
    pub eligibility: Kept<EligibilityPolicySpec>,
    /// Who approves what.
    pub approver: Kept<ApproverPolicySpec>,
    /// The one object named `default`.
    pub settings: Kept<TeamSettingsSpec>,
    /// What settings said about lost eligibility before this process began.
    pub remembered: Option<OnEligibilityLost>,
}

impl Rules {
    /// The settings as decisions see them.
    pub fn settings_fact(&self) -> SettingsFact {
        if let Some(settings) = self.settings.existing().next() {
            return SettingsFact::Present(settings.spec.clone());
        }
        let gone = self.settings.last_gone();
        let began = || Timestamp::from(chrono::DateTime::UNIX_EPOCH);
        let since = gone
            .and_then(|gone| gone.gone_since)
            .or(self.settings.known_since())
            .unwrap_or_else(began);
        let on_eligibility_lost = gone.map(|gone| gone.spec.on_eligibility_lost).or(self.remembered);
        SettingsFact::Missing {
            since,
            on_eligibility_lost,
        }
    }
}

impl Shell {
    /// The present moment, as statuses store it.
    pub fn now(&self) -> Timestamp {
        self.outside.clock.now().into()
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
    pub fn rules(&self) -> std::sync::RwLockReadGuard<'_, Rules> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The live requests, as the watch and our own writes have them.
    pub fn live_requests(&self) -> Vec<Request> {
        let live = self.live_objects();
        live.iter()
            .map(|object| self.memory.newest(Request::new(object)))
            .collect()
    }

    /// The live requests as the watch has them, without what was written since.
    pub fn live_objects(&self) -> Vec<Arc<DynamicObject>> {
        self.live.get().map(Store::state).unwrap_or_default()
    }

    /// Everything that one decision may look at.
    pub fn snapshot(&self, request: RequestFacts, facts: Facts, guard: domain::Guard) -> Snapshot {
        let open_requests = self.open_requests(&request);
        let seen_siblings = self.seen_siblings(&request);
        let rules = self.rules();
        Snapshot {
            request,
            settings: rules.settings_fact(),
            eligibility_policies: rules.eligibility.facts(),
            approver_policies: rules.approver.facts(),
            facts,
            guard,
            lease: self.outside.leadership.lease(),
            clocks: self.clocks(),
            open_requests,
            seen_siblings,
            identity_center: self.settings.identity_center.clone(),
            timings: self.settings.timings,
        }
    }

    fn clocks(&self) -> Clocks {
        let ahead = |clock: &dyn RemoteClock| -> Option<TimeDelta> {
            let TimeSeen { remote, local } = clock.last_seen()?;
            Some(remote - local)
        };
        Clocks {
            api_server_ahead: ahead(&*self.outside.api_server_clock),
            aws_ahead: ahead(&*self.outside.aws_clock),
        }
    }

    /// Only a new request is held against the limit.
    fn open_requests(&self, request: &RequestFacts) -> BTreeMap<String, usize> {
        let mut open = BTreeMap::new();
        if request.status.phase.is_some() {
            return open;
        }
        // All of them are looked at for each new one, so none is copied.
        for other in self.live_objects() {
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
            let is_open = status["phase"].is_string() && status["finished"] != true;
            if let Some(user) = status["requester"]["userId"].as_str().filter(|_| is_open) {
                *open.entry(user.to_owned()).or_default() += 1;
            }
        }
        open
    }

    /// They matter when access begins to end, so nobody looks for them before and after.
    fn seen_siblings(&self, request: &RequestFacts) -> Vec<Sibling> {
        let assignment = request.status.assignment.as_ref();
        let may_begin_to_end = |assignment: &Assignment| {
            matches!(
                assignment.state,
                AssignmentState::Granting | AssignmentState::Held
            )
        };
        if !assignment.is_some_and(may_begin_to_end) {
            return vec![];
        }
        let account = request.spec.account_id.as_str();
        let live = self.live_objects();
        let of_account = live
            .iter()
            .filter(|other| other.data["spec"]["accountId"] == account);
        of_account
            .map(|other| self.memory.newest(Request::new(other)).as_sibling())
            .collect()
    }
}
