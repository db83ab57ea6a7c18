//! The Secret with the key of the seal is swapped, and then missing, while the controller runs.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::api::{Api, DeleteParams, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;

use super::scene::Scene;
use crate::support::{CONTROLLER_NAMESPACE, until};

const SECRET: &str = "team-operator-seal";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_the_seal_that_is_swapped_or_missing_is_told_at_once_and_costs_nothing_meanwhile() {
    let scene = Scene::alone().await;
    let name = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    let secrets: Api<Secret> = Api::namespaced(scene.admin(), CONTROLLER_NAMESPACE);
    let namespaces: Api<Namespace> = Api::all(scene.admin());
    let meant = |value: serde_json::Value| json!({ "metadata": { "annotations": { "team-operator.io/allow-deletion": value } } });
    let annotate = async |value| {
        let patch = Patch::Merge(meant(value));
        namespaces
            .patch(CONTROLLER_NAMESPACE, &PatchParams::default(), &patch)
            .await
            .unwrap();
    };
    let before = secrets.get(SECRET).await.unwrap();
    annotate(json!("true")).await;
    let swap = async |key: ByteString| {
        // The API server takes a moment to see the annotation.
        until("the Secret is deleted", async || {
            secrets.delete(SECRET, &DeleteParams::default()).await.ok()
        })
        .await;
        let secret = Secret {
            metadata: ObjectMeta {
                name: Some(SECRET.to_owned()),
                ..ObjectMeta::default()
            },
            data: Some([("key".to_owned(), key)].into()),
            immutable: Some(true),
            ..Secret::default()
        };
        secrets.create(&PostParams::default(), &secret).await.unwrap();
    };
    swap(ByteString(vec![b'A'; 32])).await;
    scene
        .is_alarmed(SECRET, "holds another key than the one in use")
        .await;
    swap(before.data.unwrap()["key"].clone()).await;
    scene
        .eventually("the right key is told", async || {
            scene
                .stage
                .logs()
                .contains("the Secret holds the key in use again")
        })
        .await;
    annotate(serde_json::Value::Null).await;
    assert!(scene.has("alice", "DatabaseAdmin"));
    scene
        .person("alice")
        .patches(&name, json!({ "spec": { "cancelled": true } }))
        .await
        .unwrap();
    scene.is(&name, "Revoked").await;
}
