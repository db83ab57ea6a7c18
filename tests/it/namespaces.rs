//! A namespace with requests in it goes away: what the finalizer holds is ended first.

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use serde_json::{Value, json};
use team_operator::api::Phase;

use crate::support::{FINALIZER, Ground, allowed, awaited, cases, forbidden, sentence};

fn namespaces(ground: &Ground) -> Api<Namespace> {
    Api::all(ground.master().client)
}

async fn deletes_the_namespace(ground: &Ground) {
    namespaces(ground)
        .delete(&ground.namespace, &DeleteParams::default())
        .await
        .unwrap();
}

async fn the_namespace_is_gone(ground: &Ground) {
    awaited("the namespace is gone", || async move {
        namespaces(ground)
            .get_opt(&ground.namespace)
            .await
            .unwrap()
            .is_none()
            .then_some(())
    })
    .await;
}

/// A request with access, which the controller's finalizer holds.
async fn held(ground: &Ground) -> String {
    let name = ground.in_phase(Phase::Active).await;
    let finalizer = json!({ "metadata": { "finalizers": [FINALIZER] } });
    allowed(ground.controller().patches(&name, finalizer).await);
    name
}

/// Waits until Kubernetes says what it waits for.
async fn the_namespace_waits_for_the_finalizer(ground: &Ground) {
    let message = awaited("the namespace says what it waits for", || async move {
        let namespace = json!(namespaces(ground).get(&ground.namespace).await.unwrap());
        let conditions = namespace["status"]["conditions"].as_array()?.clone();
        let remaining = |c: &&Value| c["type"] == "NamespaceFinalizersRemaining" && c["status"] == "True";
        conditions
            .iter()
            .find(remaining)
            .map(|c| c["message"].as_str().unwrap().to_owned())
    })
    .await;
    assert!(
        message.contains(&format!("{FINALIZER} in 1 resource instances")),
        "{message}"
    );
}

/// Takes the namespace away from around what is still in it, as people do with a namespace that hangs.
async fn is_forced(ground: &Ground) {
    let mut namespace = namespaces(ground).get(&ground.namespace).await.unwrap();
    namespace.spec.as_mut().unwrap().finalizers = Some(vec![]);
    let body = serde_json::to_vec(&namespace).unwrap();
    let request = kube::core::Request::new("/api/v1/namespaces");
    let params = PostParams::default();
    let request = request
        .replace_subresource("finalize", &ground.namespace, &params, body)
        .unwrap();
    ground.master().client.request::<Value>(request).await.unwrap();
    the_namespace_is_gone(ground).await;
}

cases! {
    async fn requests_without_our_finalizer_go_with_their_namespace(ground: Ground) {
        ground.new_request().await;
        ground.in_phase(Phase::Pending).await;
        deletes_the_namespace(&ground).await;
        the_namespace_is_gone(&ground).await;
        let left = ground.master().requests().list(&ListParams::default()).await.unwrap();
        assert!(left.items.is_empty());
    }

    async fn a_namespace_waits_until_the_controller_has_taken_its_finalizer_off(ground: Ground) {
        let name = held(&ground).await;
        deletes_the_namespace(&ground).await;
        the_namespace_waits_for_the_finalizer(&ground).await;
        let controller = ground.controller();
        for phase in [Phase::Revoking, Phase::Revoked] {
            ground.moves(&name, phase).await;
        }
        let seen = allowed(controller.reads(&name).await);
        assert!(seen["metadata"]["deletionTimestamp"].is_string());
        assert_eq!(seen["status"]["phase"], "Revoked");
        for who in [ground.alice(), ground.root(), ground.master()] {
            let answer = who.patches(&name, json!({ "metadata": { "finalizers": null } })).await;
            forbidden(answer, "only the controller sets or removes finalizers");
        }
        allowed(controller.patches(&name, json!({ "metadata": { "finalizers": null } })).await);
        the_namespace_is_gone(&ground).await;
    }

    async fn access_can_be_revoked_while_its_namespace_goes_away(ground: Ground) {
        let name = held(&ground).await;
        deletes_the_namespace(&ground).await;
        the_namespace_waits_for_the_finalizer(&ground).await;
        allowed(ground.bob().decides(&name, "Revoked").await);
        allowed(ground.alice().patches(&name, json!({ "spec": { "cancelled": true } })).await);
        allowed(ground.controller().patches(&name, json!({ "metadata": { "finalizers": null } })).await);
    }

    async fn nobody_asks_in_a_namespace_that_goes_away(ground: Ground) {
        let name = held(&ground).await;
        deletes_the_namespace(&ground).await;
        the_namespace_waits_for_the_finalizer(&ground).await;
        for who in [ground.mallory(), ground.root()] {
            forbidden(who.asks(|_| ()).await, "because it is being terminated");
        }
        allowed(ground.controller().patches(&name, json!({ "metadata": { "finalizers": null } })).await);
    }

    async fn what_a_forced_namespace_leaves_behind_is_readable_and_not_writable(ground: Ground) {
        let name = held(&ground).await;
        deletes_the_namespace(&ground).await;
        the_namespace_waits_for_the_finalizer(&ground).await;
        is_forced(&ground).await;
        let controller = ground.controller();
        let left = controller.requests().list(&ListParams::default()).await.unwrap();
        assert_eq!(left.items.len(), 1);
        assert_eq!(left.items[0].data["status"]["phase"], "Active");
        let writes = [
            controller.patches_status(&name, json!({ "phase": "Revoking" })).await,
            controller.patches(&name, json!({ "metadata": { "finalizers": null } })).await,
            ground.bob().decides(&name, "Revoked").await,
        ];
        for write in writes {
            let said = sentence(&write.expect_err("a write in a namespace that is not there"));
            assert!(said.contains(&format!("namespaces \"{}\" not found", ground.namespace)), "{said}");
        }
    }
}
