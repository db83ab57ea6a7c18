//! Deleting a definition would delete every request with it: it is asked for twice.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use team_operator::api::all_crds;

use crate::support::{Ground, allowed, apply, awaited, cases, forbidden};

/// Admission answers as it would, and nothing is deleted: everybody here needs the definitions.
fn only_asking() -> DeleteParams {
    DeleteParams {
        dry_run: true,
        ..DeleteParams::default()
    }
}

fn told(kind: &str, name: &str) -> String {
    format!(
        "deleting this definition deletes every {kind} and what it proves; if that is meant: kubectl annotate crd {name} \
         team-operator.io/allow-deletion=true"
    )
}

fn definitions(ground: &Ground) -> Api<CustomResourceDefinition> {
    Api::all(ground.master().client)
}

async fn deletes(ground: &Ground, name: &str, params: &DeleteParams) -> Result<Value, kube::Error> {
    definitions(ground)
        .delete(name, params)
        .await
        .map(|_| Value::Null)
}

/// A definition that no test needs, in a group.
async fn spare_definition(ground: &Ground, group: &str) -> String {
    let plural = format!("spares{}", ground.namespace.replace('-', ""));
    let name = format!("{plural}.{group}");
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": name },
        "spec": {
            "group": group,
            "names": { "plural": plural, "kind": plural },
            "scope": "Cluster",
            "versions": [{
                "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": { "type": "object" } },
            }],
        },
    });
    apply(&ground.master().client, &definition).await.unwrap();
    name
}

async fn is_gone(ground: &Ground, name: &str) {
    let (definitions, name) = (&definitions(ground), name);
    awaited("the definition is gone", || async move {
        definitions.get_opt(name).await.unwrap().is_none().then_some(())
    })
    .await;
}

cases! {
    async fn none_of_our_definitions_is_deleted_by_the_way(ground: Ground) {
        let crds = all_crds();
        assert_eq!(crds.len(), 8);
        for crd in crds {
            let name = crd["metadata"]["name"].as_str().unwrap();
            let kind = crd["spec"]["names"]["kind"].as_str().unwrap();
            forbidden(deletes(&ground, name, &only_asking()).await, &told(kind, name));
        }
    }

    async fn a_definition_of_our_group_is_deleted_only_with_the_annotation(ground: Ground) {
        let name = spare_definition(&ground, "team-operator.io").await;
        let kind = name.split_once('.').unwrap().0;
        let annotate = async |value: &str| {
            let annotation = json!({ "metadata": { "annotations": { "team-operator.io/allow-deletion": value } } });
            let patch = Patch::Merge(annotation);
            definitions(&ground).patch(&name, &PatchParams::default(), &patch).await.unwrap();
        };
        forbidden(deletes(&ground, &name, &DeleteParams::default()).await, &told(kind, &name));
        annotate("false").await;
        forbidden(deletes(&ground, &name, &DeleteParams::default()).await, &told(kind, &name));
        annotate("true").await;
        allowed(deletes(&ground, &name, &DeleteParams::default()).await);
        is_gone(&ground, &name).await;
    }

    async fn the_definitions_of_others_are_none_of_our_business(ground: Ground) {
        let name = spare_definition(&ground, "example.com").await;
        allowed(deletes(&ground, &name, &DeleteParams::default()).await);
        is_gone(&ground, &name).await;
    }
}
