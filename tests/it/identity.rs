//! Ways to speak as the controller, and that they are closed: in its namespace, and nowhere else.

use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicyBinding;
use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::{Pod, Secret, ServiceAccount};
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::support::{
    Actor, CONTROLLER_NAMESPACE, Cluster, Ground, World, allowed, apply, awaited, cases, forbidden, until,
};

const NO_TOKEN: &str = "only nodes obtain tokens of the team-operator controller";
const NO_LONG_LIVED_TOKEN: &str = "no long-lived service account tokens in this namespace: they would speak as the team-operator controller";
const NO_ENTRY: &str =
    "nobody enters pods of this namespace: the token of the team-operator controller is inside";

type Answer = Result<Value, kube::Error>;

async fn asks_for_token(who: &Actor, namespace: &str, account: &str) -> Answer {
    let accounts: Api<ServiceAccount> = Api::namespaced(who.client.clone(), namespace);
    let request = TokenRequest::default();
    let token = accounts
        .create_token_request(account, &PostParams::default(), &request)
        .await;
    token.map(|_| Value::Null)
}

/// A service account, there in a namespace.
async fn account(ground: &Ground, namespace: &str, name: &str) {
    let object = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": name, "namespace": namespace },
    });
    apply(&ground.master().client, &object).await.unwrap();
}

fn secret(name: &str, kind: &str, account: &str) -> Secret {
    let object = json!({
        "metadata": { "name": name, "annotations": { "kubernetes.io/service-account.name": account } },
        "type": kind,
    });
    serde_json::from_value(object).unwrap()
}

async fn creates_secret(who: &Actor, namespace: &str, secret: &Secret) -> Answer {
    let secrets: Api<Secret> = Api::namespaced(who.client.clone(), namespace);
    secrets
        .create(&PostParams::default(), secret)
        .await
        .map(|s| json!(s))
}

/// Enters a pod, as far as admission lets; what is behind it needs a real node.
async fn enters(who: &Actor, namespace: &str, pod: &str, way: &str) -> Answer {
    let pods = kube::core::Request::new(format!("/api/v1/namespaces/{namespace}/pods"));
    let request = pods
        .create_subresource(way, pod, &PostParams::default(), vec![])
        .unwrap();
    who.client.request::<Value>(request).await
}

/// A pod that no node ever runs.
async fn pod(ground: &Ground, namespace: &str) -> String {
    let name = format!("spare-{}", ground.namespace);
    let object = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "automountServiceAccountToken": false,
            "containers": [{ "name": "nothing", "image": "example.com/nothing" }],
        },
    });
    let (client, object) = (&ground.master().client, &object);
    awaited("the namespace has its default account", || async move {
        apply(client, object).await.ok()
    })
    .await;
    name
}

async fn adds_container(who: &Actor, namespace: &str, pod: &str) -> Answer {
    let pods: Api<Pod> = Api::namespaced(who.client.clone(), namespace);
    let container = json!({ "name": "debug", "image": "example.com/debug" });
    let patch = Patch::Strategic(json!({ "spec": { "ephemeralContainers": [container] } }));
    let params = PatchParams::default();
    pods.patch_ephemeral_containers(pod, &params, &patch)
        .await
        .map(|p| json!(p))
}

async fn removes_pod(ground: &Ground, namespace: &str, name: &str) {
    let pods: Api<Pod> = Api::namespaced(ground.master().client, namespace);
    pods.delete(name, &DeleteParams::default().grace_period(0))
        .await
        .unwrap();
}

#[track_caller]
fn not_found(answer: Answer) {
    match answer {
        Err(kube::Error::Api(status)) => assert_eq!(status.code, 404, "{}", status.message),
        other => panic!("{other:?}"),
    }
}

cases! {
    async fn nobody_but_a_node_obtains_a_token_of_the_controller(ground: Ground) {
        for who in [ground.root(), ground.master()] {
            forbidden(asks_for_token(&who, CONTROLLER_NAMESPACE, "team-operator").await, NO_TOKEN);
        }
        let account = ground.somebody("system:serviceaccount:kube-system:tokens", &["system:masters"]);
        forbidden(asks_for_token(&account, CONTROLLER_NAMESPACE, "team-operator").await, NO_TOKEN);
    }

    async fn a_node_obtains_a_token_of_the_controller(ground: Ground) {
        let node = ground.somebody("system:node:worker-1", &["system:masters"]);
        allowed(asks_for_token(&node, CONTROLLER_NAMESPACE, "team-operator").await);
        let token = ground.cluster.plane.service_account_token(CONTROLLER_NAMESPACE, "team-operator").await;
        assert!(token.is_ok_and(|t| !t.is_empty()));
    }

    async fn tokens_of_other_accounts_are_none_of_our_business(ground: Ground) {
        let name = format!("other-{}", ground.namespace);
        account(&ground, CONTROLLER_NAMESPACE, &name).await;
        allowed(asks_for_token(&ground.root(), CONTROLLER_NAMESPACE, &name).await);
        account(&ground, &ground.namespace, "team-operator").await;
        allowed(asks_for_token(&ground.root(), &ground.namespace, "team-operator").await);
    }

    async fn whoever_impersonates_the_controller_is_not_the_controller(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let guise = ground.mighty(&ground.controller().name);
        let phase = guise.patches_status(&name, json!({ "phase": "Approved" })).await;
        forbidden(phase, "people write only status.approvals");
        let finalizers = json!({ "metadata": { "finalizers": ["team-operator.io/other"] } });
        forbidden(guise.patches(&name, finalizers.clone()).await, "only the controller sets or removes finalizers");
        allowed(ground.controller().patches_status(&name, json!({ "message": "Checked." })).await);
        allowed(ground.controller().patches(&name, finalizers).await);
    }

    async fn no_secret_in_the_controllers_namespace_becomes_its_token(ground: Ground) {
        let name = format!("token-{}", ground.namespace);
        let token = secret(&name, "kubernetes.io/service-account-token", "team-operator");
        for who in [ground.root(), ground.master()] {
            forbidden(creates_secret(&who, CONTROLLER_NAMESPACE, &token).await, NO_LONG_LIVED_TOKEN);
        }
    }

    async fn other_secrets_are_none_of_our_business(ground: Ground) {
        let name = format!("plain-{}", ground.namespace);
        let root = ground.root();
        allowed(creates_secret(&root, CONTROLLER_NAMESPACE, &secret(&name, "Opaque", "team-operator")).await);
        let secrets: Api<Secret> = Api::namespaced(root.client.clone(), CONTROLLER_NAMESPACE);
        let patch = Patch::Merge(json!({ "stringData": { "word": "secret" } }));
        secrets.patch(&name, &PatchParams::default(), &patch).await.unwrap();
        secrets.delete(&name, &DeleteParams::default()).await.unwrap();
        account(&ground, &ground.namespace, "team-operator").await;
        let token = secret(&name, "kubernetes.io/service-account-token", "team-operator");
        allowed(creates_secret(&root, &ground.namespace, &token).await);
    }

    async fn nobody_enters_a_pod_of_the_controllers_namespace(ground: Ground) {
        for who in [ground.root(), ground.master()] {
            for way in ["exec", "attach"] {
                forbidden(enters(&who, CONTROLLER_NAMESPACE, "any", way).await, NO_ENTRY);
                not_found(enters(&who, &ground.namespace, "any", way).await);
            }
        }
    }

    async fn nobody_puts_a_container_into_a_pod_of_the_controllers_namespace(ground: Ground) {
        let name = pod(&ground, CONTROLLER_NAMESPACE).await;
        let answers = [
            adds_container(&ground.root(), CONTROLLER_NAMESPACE, &name).await,
            adds_container(&ground.master(), CONTROLLER_NAMESPACE, &name).await,
        ];
        removes_pod(&ground, CONTROLLER_NAMESPACE, &name).await;
        for answer in answers {
            forbidden(answer, NO_ENTRY);
        }
        let elsewhere = pod(&ground, &ground.namespace).await;
        allowed(adds_container(&ground.root(), &ground.namespace, &elsewhere).await);
    }
}

/// Kubernetes never lets a Secret change its type, so that such a Secret must have been there before the policy was.
#[tokio::test]
async fn a_token_from_before_the_policy_is_not_written_again() {
    let Some(cluster) = Cluster::start(World::NotServed).await else {
        return println!("skipped: the existing cluster applies mutations");
    };
    let cluster = Box::leak(Box::new(cluster));
    if cluster.plane.is_external() {
        println!("skipped: the policies of an existing cluster are left alone");
        return;
    }
    let master = cluster.ground().await.master();
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(master.client.clone());
    let binding = bindings.get("team-operator-identity").await.unwrap();
    bindings
        .delete("team-operator-identity", &DeleteParams::default())
        .await
        .unwrap();
    let before = secret(
        "from-before",
        "kubernetes.io/service-account-token",
        "team-operator",
    );
    until("the policy is gone", async || {
        creates_secret(&master, CONTROLLER_NAMESPACE, &before).await.ok()
    })
    .await;
    let object = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": { "name": "team-operator-identity" }, "spec": binding.spec,
    });
    apply(&master.client, &object).await.unwrap();
    let another = secret(
        "from-after",
        "kubernetes.io/service-account-token",
        "team-operator",
    );
    until("the policy is back", async || {
        let answer = creates_secret(&master, CONTROLLER_NAMESPACE, &another).await;
        let secrets: Api<Secret> = Api::namespaced(master.client.clone(), CONTROLLER_NAMESPACE);
        let _ = secrets.delete("from-after", &DeleteParams::default()).await;
        answer.err()
    })
    .await;
    let secrets: Api<Secret> = Api::namespaced(master.client.clone(), CONTROLLER_NAMESPACE);
    let patch = Patch::Merge(json!({ "metadata": { "labels": { "touched": "yes" } } }));
    let answer = secrets
        .patch("from-before", &PatchParams::default(), &patch)
        .await;
    forbidden(answer.map(|s| json!(s)), NO_LONG_LIVED_TOKEN);
}
