//! What the controller needs in its own namespace, and that nobody else writes it there.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, NamespaceResourceScope, Resource};
use serde_json::{Value, json};
use team_operator::admission::{SealKeyError, load_or_create_secret};

use crate::support::{
    Actor, Answer, CONTROLLER_NAMESPACE, Ground, allowed, api_of, apply, cases, delete_on_purpose, forbidden,
};

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

/// What gives the controller its rights, and the settings; each with how kubectl names it.
fn controllers_rights() -> Vec<(Value, String)> {
    let role = "rbac.authorization.k8s.io/v1";
    let of_cluster = "team-operator:team-operator-system";
    let all = [
        ("v1", "ServiceAccount", "serviceaccounts", "team-operator", true),
        (role, "Role", "roles", "team-operator", true),
        (role, "RoleBinding", "rolebindings", "team-operator", true),
        (role, "ClusterRole", "clusterroles", of_cluster, false),
        (
            role,
            "ClusterRoleBinding",
            "clusterrolebindings",
            of_cluster,
            false,
        ),
        (
            "team-operator.io/v1alpha1",
            "TeamSettings",
            "teamsettings",
            "default",
            false,
        ),
    ];
    let objects = all.map(|(version, kind, plural, name, is_there)| {
        let mut object = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": name } });
        let mut kubectl = format!("{plural} {name}");
        if is_there {
            object["metadata"]["namespace"] = json!(CONTROLLER_NAMESPACE);
            kubectl = format!("{kubectl} --namespace {CONTROLLER_NAMESPACE}");
        }
        (object, kubectl)
    });
    objects.into()
}

/// A dry run of its deletion.
async fn is_deleted(who: &Actor, object: &Value) -> Answer {
    let name = object["metadata"]["name"].as_str().unwrap();
    let params = DeleteParams::default().dry_run();
    api_of(&who.client, object)
        .delete(name, &params)
        .await
        .map(|_| Value::Null)
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

    async fn the_controllers_rights_and_the_settings_are_not_deleted_by_mistake(ground: Ground) {
        for who in others(&ground) {
            for (object, kubectl) in controllers_rights() {
                let name = object["metadata"]["name"].as_str().unwrap();
                let refusal = format!(
                    "the team-operator controller needs {name} to end access; to uninstall it: team-operator uninstall; if you mean this one \
                     object: kubectl annotate {kubectl} team-operator.io/allow-deletion=true"
                );
                forbidden(is_deleted(&who, &object).await, &refusal);
            }
        }
    }

    async fn rights_of_others_are_deleted_as_ever(ground: Ground) {
        let root = ground.root();
        let elsewhere = [
            json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "team-operator", "namespace": ground.namespace } }),
            json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                "metadata": { "name": "team-operator", "namespace": ground.namespace }, "rules": [] }),
            json!({ "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": { "name": ground.namespace, "namespace": CONTROLLER_NAMESPACE } }),
        ];
        for object in elsewhere {
            apply(&ground.master().client, &object).await.unwrap();
            allowed(is_deleted(&root, &object).await);
        }
    }

    async fn a_deployment_of_the_controllers_account_is_not_deleted_by_mistake_and_any_other_is(ground: Ground) {
        for (account, is_needed) in [("team-operator", true), ("default", false)] {
            let name = format!("{}-{account}", ground.namespace);
            let labels = json!({ "app": name });
            let object = json!({
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": { "name": name, "namespace": CONTROLLER_NAMESPACE },
                "spec": {
                    "replicas": 0,
                    "selector": { "matchLabels": labels },
                    "template": {
                        "metadata": { "labels": labels },
                        "spec": { "serviceAccountName": account, "containers": [{ "name": "one", "image": "registry.example.com/one" }] },
                    },
                },
            });
            let master = ground.master().client;
            apply(&master, &object).await.unwrap();
            let answer = is_deleted(&ground.root(), &object).await;
            if is_needed {
                forbidden(answer, "the team-operator controller needs");
                delete_on_purpose(&master, &object).await.unwrap();
            } else {
                allowed(answer);
                api_of(&master, &object).delete(&name, &DeleteParams::default()).await.unwrap();
            }
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
