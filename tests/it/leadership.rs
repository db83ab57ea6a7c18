//! Which of several replicas leads, with the controller's own rights, on API servers that come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::Client;
use kube::api::{Api, DeleteParams, PostParams};
use serde_json::json;
use team_operator::admission::Installation;
use team_operator::domain;
use team_operator::metrics::Metrics;
use team_operator::ports::{Clock, Leadership as _};
use team_operator::runtime::{Cluster, Elector, LEASE_NAME, Leader, LeaseSettings, Readiness, SystemClock};
use team_operator_control_plane::{ControlPlane, Options};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use crate::stage::wait::PATIENCE;
use crate::support::{apply, eventually};

/// Leases are in whole seconds.
const LEASE: Duration = Duration::from_secs(3);
/// Where something has to happen within a lease: its margin is more than a busy machine is late.
const LONG_LEASE: Duration = Duration::from_secs(12);

/// One control plane for the tests that leave its servers alone.
async fn shared() -> &'static ControlPlane {
    static SHARED: OnceCell<ControlPlane> = OnceCell::const_new();
    SHARED
        .get_or_init(async || ControlPlane::start_own(Options::default()).await.unwrap())
        .await
}

/// A namespace in which replicas stand for election.
struct Ground {
    plane: ControlPlane,
    namespace: String,
    token: String,
}

impl Ground {
    async fn on(plane: &ControlPlane, namespace: &str) -> Self {
        let admin = plane.admin().unwrap();
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
        apply(&admin, &object).await.unwrap();
        for role in Installation::new(namespace, "team-operator").unwrap().roles() {
            apply(&admin, &role).await.unwrap();
        }
        Self {
            plane: plane.clone(),
            namespace: namespace.to_owned(),
            token: plane
                .service_account_token(namespace, "team-operator")
                .await
                .unwrap(),
        }
    }

    /// With the rights of the controller and no others, and the client that it has in production.
    fn client(&self) -> Client {
        let configuration = self.plane.config_with_token(&self.token).unwrap();
        Cluster::of(configuration, Arc::new(SystemClock)).unwrap().client
    }

    fn settings(&self, name: &str, duration: Duration) -> LeaseSettings {
        LeaseSettings {
            name: LEASE_NAME,
            namespace: self.namespace.clone(),
            identity: name.to_owned(),
            duration,
            renew_interval: Duration::from_secs(1),
            clock: Arc::new(SystemClock),
            metrics: Metrics::default(),
        }
    }

    async fn candidate(&self, name: &str, duration: Duration, readiness: Readiness) -> Leader {
        Elector::acquire(self.client(), self.settings(name, duration), readiness).await
    }

    async fn leader(&self, name: &str, duration: Duration) -> Leader {
        let candidate = self.candidate(name, duration, Readiness::default());
        within("nobody stands in the way", candidate).await
    }

    fn leases(&self) -> Api<Lease> {
        Api::namespaced(self.plane.admin().unwrap(), &self.namespace)
    }

    async fn stored(&self) -> LeaseSpec {
        self.leases().get(LEASE_NAME).await.unwrap().spec.unwrap()
    }

    /// Puts a name into the lease, as somebody would who took it.
    async fn seized_by(&self, name: &str) {
        loop {
            let mut lease = self.leases().get(LEASE_NAME).await.unwrap();
            lease.spec.as_mut().unwrap().holder_identity = Some(name.to_owned());
            let answer = self
                .leases()
                .replace(LEASE_NAME, &PostParams::default(), &lease)
                .await;
            match answer {
                Ok(_) => return,
                Err(kube::Error::Api(status)) if status.is_conflict() => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain: {what}"))
}

fn holds(leader: &Leader) -> bool {
    leader.lease() == domain::Lease::Held
}

#[tokio::test]
async fn of_two_replicas_one_leads_and_the_other_takes_over_when_it_lets_go() {
    let ground = Ground::on(shared().await, "lets-go").await;
    let first = ground.leader("first", LONG_LEASE).await;
    assert!(holds(&first), "{first:?}");
    let standby = Readiness::default();
    let second = ground.candidate("second", LONG_LEASE, standby.clone());
    tokio::pin!(second);
    let tried = timeout(LEASE, &mut second).await;
    assert!(tried.is_err() && holds(&first), "{first:?}");
    let (ready, said) = standby.report();
    assert!(
        ready && said.contains("standby: the lease team-operator in namespace lets-go is held by first"),
        "{said}"
    );
    let before = ground.stored().await;
    assert_eq!(before.lease_transitions, Some(0));

    let released = Instant::now();
    first.release().await;
    assert!(!holds(&first), "{first:?}");
    let second = within("the second takes over", second).await;
    assert!(
        released.elapsed() < LONG_LEASE,
        "took {:?}, as if it had fallen silent",
        released.elapsed()
    );
    assert!(holds(&second));
    let after = ground.stored().await;
    assert_eq!(after.holder_identity.as_deref(), Some("second"));
    assert_eq!(after.lease_transitions, Some(1));
    assert!(after.acquire_time > before.acquire_time, "{after:?}");
}

#[tokio::test]
async fn of_ten_that_come_at_once_one_leads() {
    let ground = Arc::new(Ground::on(shared().await, "at-once").await);
    let mut candidates = tokio::task::JoinSet::new();
    for number in 0..10 {
        let ground = Arc::clone(&ground);
        candidates.spawn(async move {
            let name = format!("replica-{number}");
            ground.candidate(&name, LEASE * 2, Readiness::default()).await
        });
    }
    let leader = within("one leads", candidates.join_next())
        .await
        .unwrap()
        .unwrap();
    // For longer than the lease lasts: the others see it renewed.
    assert!(
        timeout(LEASE * 3, candidates.join_next()).await.is_err(),
        "two lead"
    );
    assert!(holds(&leader));
}

#[tokio::test]
async fn a_leader_that_falls_silent_is_followed_when_its_lease_has_run_out() {
    let ground = Ground::on(shared().await, "silent").await;
    let first = ground.leader("first", LEASE).await;
    drop(first);
    let silent = Instant::now();
    let second = ground.leader("second", LEASE).await;
    assert!(
        silent.elapsed() >= LEASE,
        "took over after {:?}",
        silent.elapsed()
    );
    assert!(holds(&second));
    assert_eq!(ground.stored().await.lease_transitions, Some(1));
}

#[tokio::test]
async fn a_leader_that_sees_another_one_in_its_place_has_lost() {
    let ground = Ground::on(shared().await, "seized").await;
    let first = ground.leader("first", LONG_LEASE).await;
    ground.seized_by("somebody").await;
    assert_eq!(
        within("the first notices", first.lost()).await,
        "somebody holds the lease"
    );
    let domain::Lease::HeldByAnother(why) = first.lease() else {
        panic!("another one holds it, and the first does not say so");
    };
    assert_eq!(why, "somebody holds the lease");
    first.release().await;
    assert_eq!(ground.stored().await.holder_identity.as_deref(), Some("somebody"));
}

#[tokio::test]
async fn a_lease_that_is_deleted_is_made_again_unless_somebody_else_was_faster() {
    let ground = Ground::on(shared().await, "deleted").await;
    let first = ground.leader("first", LONG_LEASE).await;
    let before = ground.leases().get(LEASE_NAME).await.unwrap();
    ground
        .leases()
        .delete(LEASE_NAME, &DeleteParams::default())
        .await
        .unwrap();
    eventually("the lease is made again", async || {
        let lease = ground.leases().get_opt(LEASE_NAME).await.unwrap();
        lease.is_some_and(|lease| lease.metadata.uid != before.metadata.uid)
    })
    .await;
    eventually("the first is sure again", async || holds(&first)).await;
    assert_eq!(ground.stored().await.holder_identity.as_deref(), Some("first"));

    // Deleted and made by another one, between two looks of the first or not.
    loop {
        ground
            .leases()
            .delete(LEASE_NAME, &DeleteParams::default())
            .await
            .unwrap();
        let foreign = Lease {
            metadata: kube::api::ObjectMeta {
                name: Some(LEASE_NAME.to_owned()),
                ..Default::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some("faster".to_owned()),
                ..ground_spec()
            }),
        };
        match ground.leases().create(&PostParams::default(), &foreign).await {
            Ok(_) => break,
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(
        within("the first notices", first.lost()).await,
        "faster holds the lease"
    );
}

fn ground_spec() -> LeaseSpec {
    LeaseSpec {
        lease_duration_seconds: Some(3),
        lease_transitions: Some(0),
        ..LeaseSpec::default()
    }
}

/// A clock that can be set.
#[derive(Default)]
struct Settable(AtomicI64);

impl Clock for Settable {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + TimeDelta::seconds(self.0.load(Ordering::Relaxed))
    }
}

#[tokio::test]
async fn a_machine_that_slept_is_unsure_until_it_has_renewed() {
    let ground = Ground::on(shared().await, "slept").await;
    let clock = Arc::new(Settable::default());
    let settings = LeaseSettings {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..ground.settings("first", LONG_LEASE)
    };
    let acquired = Elector::acquire(ground.client(), settings, Readiness::default());
    let leader = within("nobody stands in the way", acquired).await;
    assert!(holds(&leader));
    // A monotonic clock stops while the machine sleeps; only the wall clock shows the time.
    clock.0.store(3600, Ordering::Relaxed);
    assert!(!holds(&leader), "an hour went by");
    eventually("it renews", async || holds(&leader)).await;
    // A clock that is set back proves nothing and takes nothing away.
    clock.0.store(0, Ordering::Relaxed);
    assert!(holds(&leader));
}

#[tokio::test]
async fn while_the_api_server_is_away_the_leader_is_unsure_and_then_leads_again() {
    let plane = ControlPlane::start_own(Options::default()).await.unwrap();
    let ground = Ground::on(&plane, "away").await;
    let readiness = Readiness::default();
    let candidate = ground.candidate("first", LONG_LEASE, readiness.clone());
    let leader = within("nobody stands in the way", candidate).await;
    assert!(holds(&leader) && readiness.report().0);
    plane.stop_api_server().unwrap();
    let stopped = Instant::now();
    eventually("the leader is unsure", async || !holds(&leader)).await;
    assert!(
        stopped.elapsed() < LONG_LEASE,
        "sure for {:?} without an API server",
        stopped.elapsed()
    );
    eventually("the reason is known", async || !readiness.report().0).await;
    let (_, said) = readiness.report();
    assert!(
        said.contains("[-] leader: leads, and cannot renew: the lease team-operator in namespace away"),
        "{said}"
    );
    // Beyond the end of the lease it has still not lost: nobody else was seen.
    let rest = LONG_LEASE.saturating_sub(stopped.elapsed()) + LEASE;
    assert!(timeout(rest, leader.lost()).await.is_err());

    plane.restart_api_server().await.unwrap();
    eventually("the leader is sure again", async || holds(&leader)).await;
    assert!(readiness.report().0, "{}", readiness.report().1);
    assert_eq!(
        ground.stored().await.lease_transitions,
        Some(0),
        "it was its own all the time"
    );
    within("the lease is released", leader.release()).await;
    assert_eq!(ground.stored().await.holder_identity, None);
}
