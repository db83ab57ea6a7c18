//! What the controller needs in its own namespace, and that nobody else writes it there.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, NamespaceResourceScope, Resource};
use serde_json::{Value, json};
use team_operator::admission::{SealKeyError, load_or_create_secret};

use crate::support::{Actor, Answer, CONTROLLER_NAMESPACE, Ground, allowed, cases, forbidden};

/// An object that the controller needs.
struct Needed {
    resource: ApiResource,
    name: &'static str,
}

fn needed() -> [Needed; 6] {
    fn of<K: Resource<DynamicType = (), Scope = NamespaceResourceScope>>(name: &'static str) -> Needed {
        let resource = ApiResource::erase::<K>(&());
        Needed { resource, name }
    }
    [
        of::<Lease>("team-operator"),
        of::<Secret>("team-operator-seal"),
        of::<ConfigMap>("team-operator-guard"),
        of::<ConfigMap>("team-operator-memory"),
        of::<Secret>("team-operator-journal-key"),
        of::<ConfigMap>("team-operator-journal"),
    ]
}

impl Needed {
    fn api(&self, who: &Actor, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(who.client.clone(), namespace, &self.resource)
    }

    fn refusal(&self) -> String {
        format!(
            "only the team-operator controller writes {}, which it needs to end access; if you mean it: kubectl annotate \
             namespace {CONTROLLER_NAMESPACE} team-operator.io/allow-deletion=true",
            self.name
        )
    }

    /// A dry run: it is refused or allowed, and nothing is there afterwards.
    async fn is_created(&self, who: &Actor, namespace: &str) -> Answer {
        let object = DynamicObject::new(self.name, &self.resource);
        let params = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        let answer = self.api(who, namespace).create(&params, &object).await;
        answer.map(|object| json!(object))
    }

    async fn is_changed(&self, who: &Actor, namespace: &str) -> Answer {
        let patch = Patch::Merge(json!({ "metadata": { "labels": { "changed": "yes" } } }));
        let params = PatchParams {
            dry_run: true,
            ..PatchParams::default()
        };
        let answer = self.api(who, namespace).patch(self.name, &params, &patch).await;
        answer.map(|object| json!(object))
    }

    async fn is_deleted(&self, who: &Actor, namespace: &str) -> Answer {
        let params = DeleteParams::default().dry_run();
        let answer = self.api(who, namespace).delete(self.name, &params).await;
        answer.map(|_| Value::Null)
    }

    /// The object is there, as the controller makes it.
    async fn is_there(&self, ground: &Ground) {
        if self.resource.kind == "Secret" {
            let client = ground.controller().client;
            let key = || Ok::<_, SealKeyError>(vec![7; 32]);
            load_or_create_secret(client, CONTROLLER_NAMESPACE, self.name, key)
                .await
                .unwrap();
            return;
        }
        let object = DynamicObject::new(self.name, &self.resource);
        let made = self.api(&ground.controller(), CONTROLLER_NAMESPACE);
        match made.create(&PostParams::default(), &object).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(error) => panic!("{}: {error}", self.name),
        }
    }
}

/// Those whom RBAC does not hold back, and one who bears the controller's name without its token.
fn others(ground: &Ground) -> Vec<Actor> {
    vec![
        ground.root(),
        ground.master(),
        ground.mighty(&ground.controller().name),
        ground.mighty("system:serviceaccount:kube-system:generic-garbage-collector"),
    ]
}

async fn deletes_namespace(who: &Actor, name: &str) -> Answer {
    let namespaces: Api<Namespace> = Api::all(who.client.clone());
    let params = DeleteParams::default().dry_run();
    namespaces.delete(name, &params).await.map(|_| Value::Null)
}

cases! {
    async fn nobody_else_writes_what_the_controller_needs(ground: Ground) {
        for needed in needed() {
            needed.is_there(&ground).await;
            for who in others(&ground) {
                forbidden(needed.is_created(&who, CONTROLLER_NAMESPACE).await, &needed.refusal());
                forbidden(needed.is_changed(&who, CONTROLLER_NAMESPACE).await, &needed.refusal());
                forbidden(needed.is_deleted(&who, CONTROLLER_NAMESPACE).await, &needed.refusal());
            }
        }
    }

    async fn other_objects_there_and_the_same_names_elsewhere_are_none_of_our_business(ground: Ground) {
        let root = ground.root();
        for needed in needed() {
            allowed(needed.is_created(&root, &ground.namespace).await);
            let other = Needed { name: "somebody-elses", ..needed };
            allowed(other.is_created(&root, CONTROLLER_NAMESPACE).await);
        }
    }

    async fn the_controllers_namespace_is_not_deleted_by_mistake(ground: Ground) {
        let refusal = "this namespace holds what the team-operator controller needs to end access; if you mean it: kubectl annotate \
                       namespace team-operator-system team-operator.io/allow-deletion=true";
        for who in others(&ground) {
            forbidden(deletes_namespace(&who, CONTROLLER_NAMESPACE).await, refusal);
        }
        allowed(deletes_namespace(&ground.root(), &ground.namespace).await);
    }
}
