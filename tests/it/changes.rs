//! Changes of a request after its creation, by the requester and by others: only `cancelled` may be set.

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::requests::owners;
use crate::support::{Actor, Ground, allowed, cases, forbidden, invalid};

const NEW_REQUEST: &str = "create a new request instead (kubectl create, with metadata.generateName)";
const FINALIZERS: &str = "only the controller sets or removes finalizers: leave metadata.finalizers as it is";
const OWNERS: &str = "nobody sets owner references on a request: leave metadata.ownerReferences as it is";

/// Every field of a request that has a value, and another one for it.
fn other_values() -> [(&'static str, Value); 7] {
    [
        ("requester", json!("bob@example.com")),
        ("accountId", json!("444455556666")),
        ("permissionSet", json!("ReadOnlyAccess")),
        ("startTime", json!("2026-12-02T09:00:00Z")),
        ("duration", json!("3h")),
        ("ticketNumber", json!("OPS-124")),
        ("justification", json!("something else")),
    ]
}

cases! {
    async fn no_field_of_a_request_is_changed_by_patch(ground: Ground) {
        let name = full_request(&ground).await;
        for (field, value) in other_values() {
            let answer = ground.alice().patches(&name, json!({ "spec": { field: value } })).await;
            invalid(answer, &format!("{field} cannot be changed: {NEW_REQUEST}"));
        }
    }

    async fn no_field_of_a_request_is_changed_by_replacement(ground: Ground) {
        ground.lets_everybody(&["update"]).await;
        let name = full_request(&ground).await;
        for (field, value) in other_values() {
            let mut object = allowed(ground.alice().reads(&name).await);
            object["spec"][field] = value;
            invalid(ground.alice().replaces(object).await, &format!("{field} cannot be changed: {NEW_REQUEST}"));
        }
    }

    async fn no_field_of_a_request_is_taken_away(ground: Ground) {
        ground.lets_everybody(&["update"]).await;
        let name = full_request(&ground).await;
        for field in ["requester", "startTime", "ticketNumber", "justification"] {
            let expected = format!("a request cannot be changed, only cancelled: {NEW_REQUEST}");
            invalid(ground.alice().patches(&name, json!({ "spec": { field: null } })).await, &expected);
            let mut object = allowed(ground.alice().reads(&name).await);
            object["spec"].as_object_mut().unwrap().remove(field);
            invalid(ground.alice().replaces(object).await, &expected);
        }
    }

    async fn no_field_is_added_to_a_request(ground: Ground) {
        let name = ground.new_request().await;
        let answer = ground.alice().patches(&name, json!({ "spec": { "startTime": "2026-12-02T09:00:00Z" } })).await;
        invalid(answer, &format!("a request cannot be changed, only cancelled: {NEW_REQUEST}"));
    }

    async fn the_requester_cancels_once_and_for_all(ground: Ground) {
        let name = ground.new_request().await;
        let cancelled = allowed(ground.alice().patches(&name, json!({ "spec": { "cancelled": true } })).await);
        assert_eq!(cancelled["spec"]["cancelled"], true);
        for undone in [json!(false), json!(null)] {
            let answer = ground.alice().patches(&name, json!({ "spec": { "cancelled": undone } })).await;
            invalid(answer, "a cancelled request stays cancelled");
        }
    }

    async fn nobody_else_cancels_a_request(ground: Ground) {
        refused_to_all_others(&ground, &json!({ "spec": { "cancelled": true } })).await;
    }

    async fn nobody_else_labels_a_request(ground: Ground) {
        refused_to_all_others(&ground, &json!({ "metadata": { "labels": { "team": "mine" } } })).await;
    }

    async fn nobody_else_annotates_a_request(ground: Ground) {
        refused_to_all_others(&ground, &json!({ "metadata": { "annotations": { "note": "mine" } } })).await;
    }

    /// What mutating policies of others add to the finalizer's write must not keep access from being granted or removed.
    async fn a_stamp_on_the_controllers_own_write_does_not_stop_it(ground: Ground) {
        let name = ground.new_request().await;
        let stamped = json!({ "metadata": {
            "finalizers": ["team-operator.io/assignment"],
            "annotations": { "other.example.com/last-modified-by": "the controller" },
            "labels": { "other.example.com/checked": "yes" },
        } });
        let written = allowed(ground.controller().patches(&name, stamped).await);
        assert_eq!(written["metadata"]["labels"]["other.example.com/checked"], "yes");
        let cancelled = json!({ "spec": { "cancelled": true } });
        forbidden(ground.controller().patches(&name, cancelled).await, "only alice@example.com may change this request");
    }

    /// Each such write makes a new version, which the controller's own write would have to catch up with.
    async fn nobody_else_writes_a_request_without_changing_it(ground: Ground) {
        let name = ground.new_request().await;
        for other in [ground.mallory(), ground.root(), ground.master()] {
            let object = json!({
                "apiVersion": "team-operator.io/v1alpha1", "kind": "ElevationRequest", "metadata": { "name": name },
            });
            let params = PatchParams::apply("somebody");
            let answer = other.requests().patch(&name, &params, &Patch::Apply(object)).await;
            forbidden(answer.map(|object| json!(object)), "only alice@example.com may change this request");
        }
    }

    async fn what_is_attached_to_a_request_is_bounded(ground: Ground) {
        let many = |count: usize, value: &str| -> Value {
            (0..count).map(|number| (format!("key-{number}"), json!(value))).collect::<serde_json::Map<_, _>>().into()
        };
        let cases = [
            ("labels", many(32, "v"), None),
            ("labels", many(33, "v"), Some("a request has at most 32 labels, not 33")),
            ("annotations", many(32, "v"), None),
            ("annotations", many(33, "v"), Some("a request has at most 32 annotations, of at most 8,192 characters each")),
            ("annotations", many(1, &"a".repeat(8192)), None),
            ("annotations", many(1, &"a".repeat(8193)), Some("of at most 8,192 characters each")),
        ];
        for (field, attached, refusal) in cases {
            let made = ground.alice().asks(|request| request["metadata"][field] = attached.clone()).await;
            let name = ground.new_request().await;
            let changed = ground.alice().patches(&name, json!({ "metadata": { field: attached } })).await;
            for answer in [made, changed] {
                match refusal {
                    None => drop(allowed(answer)),
                    Some(refusal) => invalid(answer, refusal),
                }
            }
        }
    }

    async fn the_requester_labels_and_annotates_the_own_request(ground: Ground) {
        let name = ground.new_request().await;
        let metadata = json!({ "labels": { "team": "orders" }, "annotations": { "note": "at night" } });
        let changed = allowed(ground.alice().patches(&name, json!({ "metadata": metadata })).await);
        assert_eq!(changed["metadata"]["labels"]["team"], "orders");
        assert_eq!(changed["metadata"]["annotations"]["note"], "at night");
    }

    async fn nobody_gives_a_request_an_owner(ground: Ground) {
        let name = ground.new_request().await;
        for somebody in [ground.alice(), ground.mallory(), ground.root(), ground.master(), ground.controller()] {
            let answer = somebody.patches(&name, json!({ "metadata": { "ownerReferences": owners() } })).await;
            forbidden(answer, OWNERS);
        }
    }

    async fn only_the_controller_sets_finalizers(ground: Ground) {
        let name = ground.new_request().await;
        let with = json!({ "metadata": { "finalizers": ["team-operator.io/assignment"] } });
        for person in [ground.alice(), ground.mallory(), ground.root(), ground.master()] {
            forbidden(person.patches(&name, with.clone()).await, FINALIZERS);
        }
        allowed(ground.controller().patches(&name, with).await);
    }

    async fn only_the_controller_removes_finalizers(ground: Ground) {
        let name = ground.new_request().await;
        allowed(ground.controller().patches(&name, json!({ "metadata": { "finalizers": ["team-operator.io/assignment"] } })).await);
        let without = json!({ "metadata": { "finalizers": null } });
        for person in [ground.alice(), ground.mallory(), ground.root(), ground.master()] {
            forbidden(person.patches(&name, without.clone()).await, FINALIZERS);
        }
        let free = allowed(ground.controller().patches(&name, without).await);
        assert_eq!(free["metadata"]["finalizers"], Value::Null);
    }
}

/// A request of Alice's with a value in every field.
async fn full_request(ground: &Ground) -> String {
    let request = allowed(
        ground
            .alice()
            .asks(|r| r["spec"]["startTime"] = json!("2026-01-01T09:00:00Z"))
            .await,
    );
    request["metadata"]["name"].as_str().unwrap().to_owned()
}

/// Whoever is not the requester is told who is, and how to stop a request instead.
async fn refused_to_all_others(ground: &Ground, patch: &Value) {
    let name = ground.new_request().await;
    let others: [Actor; 3] = [ground.mallory(), ground.root(), ground.master()];
    for other in others {
        let answer = other.patches(&name, patch.clone()).await;
        forbidden(
            answer,
            "only alice@example.com may change this request; to stop it, add a Rejected or Revoked entry",
        );
    }
}
