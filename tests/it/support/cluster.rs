//! Clusters: one a world, shared by every test of it, with our manifests installed and people bound to our roles.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use team_operator::admission::Installation;
use team_operator_control_plane::{ControlPlane, MutatingAdmission, Options};
use tokio::sync::{OnceCell, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::actor::Actor;
use super::acts::account_assignment;
use super::objects::replace;
use super::population::{approver_names, people};
use crate::stage::roles::bindings;
use crate::stage::{CONTROLLER_NAMESPACE, apply, eventually, until};

/// What a cluster does with MutatingAdmissionPolicy. The guarantee is the same in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// Names that are left out are filled in.
    Stamping,
    /// The kinds are not there at all, as before Kubernetes 1.36.
    NotServed,
    /// The kinds are there and do nothing.
    Inert,
}

/// A cluster of one world with everything installed.
pub struct Cluster {
    pub world: World,
    pub plane: ControlPlane,
    pub controller_token: String,
    /// Held for writing by tests that change what all share: settings, policies, definitions.
    shared_objects: RwLock<()>,
    namespaces: AtomicUsize,
}

/// Where one test happens: a namespace of its own in a shared cluster.
pub struct Ground {
    pub cluster: &'static Cluster,
    pub namespace: String,
    _others_leave_policies_alone: Option<RwLockReadGuard<'static, ()>>,
}

/// The settings that tests start from.
pub fn settings() -> Value {
    json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "TeamSettings",
        "metadata": { "name": "default" },
        "spec": {
            "maxRequestDuration": "9h",
            "maxStartDelay": "720h",
            "ticketNumber": { "requirement": "Required", "pattern": "^[A-Z]+-[0-9]+$" },
        },
    })
}

impl Cluster {
    /// The shared cluster of a world; none where this Kubernetes cannot be of that world.
    pub async fn shared(world: World) -> Option<&'static Cluster> {
        static STAMPING: OnceCell<Option<Cluster>> = OnceCell::const_new();
        static NOT_SERVED: OnceCell<Option<Cluster>> = OnceCell::const_new();
        static INERT: OnceCell<Option<Cluster>> = OnceCell::const_new();
        let cell = match world {
            World::Stamping => &STAMPING,
            World::NotServed => &NOT_SERVED,
            World::Inert => &INERT,
        };
        cell.get_or_init(|| Cluster::start(world)).await.as_ref()
    }

    /// A cluster of a world that nobody else uses.
    pub async fn start(world: World) -> Option<Cluster> {
        let mutating_admission = match world {
            World::Stamping => MutatingAdmission::Stamping,
            World::NotServed => MutatingAdmission::NotServed,
            World::Inert => MutatingAdmission::Inert,
        };
        let options = Options {
            people: people(),
            mutating_admission,
            controller_manager: true,
            ..Options::default()
        };
        let plane = ControlPlane::start(options)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        // An existing cluster that serves the kinds is taken to apply them: a healthy one does.
        if plane.mutating_admission().unwrap_or(MutatingAdmission::Stamping) != mutating_admission {
            return None;
        }
        let admin = plane.admin().unwrap();
        install(&admin, world).await;
        let controller_token = plane
            .service_account_token(CONTROLLER_NAMESPACE, "team-operator")
            .await
            .unwrap();
        let cluster = Cluster {
            world,
            plane,
            controller_token,
            shared_objects: RwLock::const_new(()),
            namespaces: AtomicUsize::new(0),
        };
        wait_until_in_force(&cluster).await;
        Some(cluster)
    }

    /// A namespace of its own, while nobody changes what all share.
    pub async fn ground(&'static self) -> Ground {
        let others = self.shared_objects.read().await;
        Ground {
            cluster: self,
            namespace: self.new_namespace().await,
            _others_leave_policies_alone: Some(others),
        }
    }

    /// The cluster for oneself: to change what all share. Whoever changes it puts it back.
    pub async fn alone(&'static self) -> (Ground, RwLockWriteGuard<'static, ()>) {
        let alone = self.shared_objects.write().await;
        let namespace = self.new_namespace().await;
        (
            Ground {
                cluster: self,
                namespace,
                _others_leave_policies_alone: None,
            },
            alone,
        )
    }

    async fn new_namespace(&self) -> String {
        let number = self.namespaces.fetch_add(1, Ordering::Relaxed);
        let name = format!("test-{}-{number}", std::process::id());
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        apply(&self.plane.admin().unwrap(), &object).await.unwrap();
        name
    }
}

/// Policies act about a second after they were written: the tests begin when each has been seen to act.
pub async fn wait_until_in_force(cluster: &Cluster) {
    let namespace = cluster.new_namespace().await;
    let actor = |client| Actor {
        name: "alice@example.com".to_owned(),
        client,
        namespace: namespace.clone(),
    };
    let alice = actor(cluster.plane.client("alice@example.com").unwrap());
    let said = |answer: Result<Value, kube::Error>| answer.err().map(|e| e.to_string()).unwrap_or_default();
    eventually("the policy of limits acts", async || {
        said(alice.asks(|r| r["spec"]["duration"] = json!("10h")).await)
            .contains("team-operator-needs-teamsettings")
    })
    .await;
    eventually("the policy of requests acts", async || {
        said(alice.asks(|r| r["spec"]["requester"] = json!("nobody")).await)
            .contains("team-operator-requests")
    })
    .await;
    let request = until("a request is accepted", async || alice.asks(|_| ()).await.ok()).await;
    let name = request["metadata"]["name"].as_str().unwrap().to_owned();
    let mut look = 0;
    eventually("the policy of decisions acts", async || {
        // Something else at each look: what got through before the policy acted must not stand in the way.
        look += 1;
        let status = json!({ "message": format!("look {look}") });
        said(alice.patches_status(&name, status).await).contains("team-operator-decisions")
    })
    .await;
    let master = Actor {
        name: ControlPlane::admin_name().to_owned(),
        ..actor(cluster.plane.admin().unwrap())
    };
    eventually("the policy of assignments acts", async || {
        let record = account_assignment("111122223333-databaseadmin-0a", &namespace);
        said(master.tries_shared("AccountAssignment", record).await).contains("team-operator-assignments")
    })
    .await;
    if cluster.world == World::Stamping {
        eventually("names are stamped", async || {
            alice
                .asks(|r| drop(r["spec"].as_object_mut().unwrap().remove("requester")))
                .await
                .is_ok()
        })
        .await;
    }
}

impl Ground {
    /// Somebody by their user name.
    pub fn person(&self, name: &str) -> Actor {
        let client = self.cluster.plane.client(name).unwrap();
        Actor {
            name: name.to_owned(),
            client,
            namespace: self.namespace.clone(),
        }
    }

    /// Alice asks.
    pub fn alice(&self) -> Actor {
        self.person("alice@example.com")
    }

    /// Bob approves.
    pub fn bob(&self) -> Actor {
        self.person("bob@example.com")
    }

    /// Carol approves too.
    pub fn carol(&self) -> Actor {
        self.person("carol@example.com")
    }

    /// Mallory has every role that Alice and Bob have, and bad intentions.
    pub fn mallory(&self) -> Actor {
        self.person("mallory@example.com")
    }

    /// Erin is in security: she holds the verb `revoke`.
    pub fn erin(&self) -> Actor {
        self.person("erin@example.com")
    }

    /// Root is a cluster admin: bound to the role cluster-admin.
    pub fn root(&self) -> Actor {
        self.person("root@example.com")
    }

    /// The group that no RBAC holds back, `system:masters`.
    pub fn master(&self) -> Actor {
        self.person(ControlPlane::admin_name())
    }

    /// As many approvers as race each other.
    pub fn approvers(&self) -> Vec<Actor> {
        approver_names().iter().map(|name| self.person(name)).collect()
    }

    /// The controller, by a real token of its service account.
    pub fn controller(&self) -> Actor {
        let client = self
            .cluster
            .plane
            .client_with_token(&self.cluster.controller_token)
            .unwrap();
        let name = Installation::default().controller_user_name();
        Actor {
            name,
            client,
            namespace: self.namespace.clone(),
        }
    }

    /// A service account of this namespace that is bound to every role for people.
    pub async fn robot(&self) -> Actor {
        let account = json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": { "name": "robot", "namespace": self.namespace },
        });
        apply(&self.master().client, &account).await.unwrap();
        let token = self
            .cluster
            .plane
            .service_account_token(&self.namespace, "robot")
            .await
            .unwrap();
        let client = self.cluster.plane.client_with_token(&token).unwrap();
        let name = format!("system:serviceaccount:{}:robot", self.namespace);
        Actor {
            name,
            client,
            namespace: self.namespace.clone(),
        }
    }

    /// A request of Alice's, as the API server takes it.
    pub async fn new_request(&self) -> String {
        let request = self.alice().asks(|_| ()).await.unwrap();
        request["metadata"]["name"].as_str().unwrap().to_owned()
    }

    /// A request of Alice's in a phase, with Bob and Carol as approvers and reviewers.
    pub async fn request_in(&self, phase: &str) -> String {
        let name = self.new_request().await;
        let people = ["bob@example.com", "carol@example.com"];
        let first = if phase == "Active" { "Approved" } else { phase };
        let status = json!({ "phase": first, "approvers": people, "reviewers": people });
        self.controller().patches_status(&name, status).await.unwrap();
        if phase != first {
            self.controller()
                .patches_status(&name, json!({ "phase": phase }))
                .await
                .unwrap();
        }
        name
    }
}

/// What is installed in a world.
pub fn installation_for(world: World) -> Installation {
    Installation::default().with_stamping(world != World::NotServed)
}

/// Puts everything back as it was installed, whatever a mutant or a failed case left behind.
pub async fn reinstall(cluster: &Cluster) {
    let admin = cluster.plane.admin().unwrap();
    let of_ours = |object: &&Value| {
        object["apiVersion"]
            .as_str()
            .is_some_and(|v| v.starts_with("admission") || v.starts_with("apiext"))
    };
    for object in installation_for(cluster.world).manifests().iter().filter(of_ours) {
        replace(&admin, object).await;
    }
    replace(&admin, &settings()).await;
    wait_until_in_force(cluster).await;
}

async fn install(admin: &kube::Client, world: World) {
    for object in installation_for(world).manifests().iter().chain(&bindings()) {
        apply(admin, object)
            .await
            .unwrap_or_else(|error| panic!("{} {}: {error}", object["kind"], object["metadata"]["name"]));
    }
    // The definitions take a moment to be served.
    until("TeamSettings are served", async || {
        apply(admin, &settings()).await.ok()
    })
    .await;
}
