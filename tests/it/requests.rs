//! The rights of requesters: what they can request, and only in their own name.

use serde_json::{Value, json};

use crate::support::{Actor, CONTROLLER_NAMESPACE, World, allowed, cases, forbidden, invalid, request};

const ONLY_FOR_YOURSELF: &str = "you may ask only for yourself: set spec.requester to alice@example.com";

cases! {
    async fn a_request_in_the_own_name_is_accepted(ground: Ground) {
        let request = allowed(ground.alice().asks(|_| ()).await);
        assert_eq!(request["spec"]["requester"], "alice@example.com");
        assert_eq!(request["status"], json!({ "approvals": [] }));
    }

    async fn a_name_that_leaves_no_room_for_its_events_is_refused(ground: Ground) {
        let named = |length: usize| move |r: &mut Value| r["metadata"] = json!({ "name": "n".repeat(length) });
        allowed(ground.alice().tries(named(200)).await);
        let sentence = "the name of a request has at most 200 characters, so that its Events can be named after it";
        invalid(ground.alice().asks(named(201)).await, sentence);
    }

    async fn a_request_in_another_name_is_refused(ground: Ground) {
        let answer = ground.alice().asks(|r| r["spec"]["requester"] = json!("bob@example.com")).await;
        forbidden(answer, ONLY_FOR_YOURSELF);
    }

    async fn a_name_that_is_left_out_is_stamped_or_the_refusal_says_which_to_put(ground: Ground) {
        let answer = ground.alice().asks(without_requester).await;
        if ground.cluster.world == World::Stamping {
            assert_eq!(allowed(answer)["spec"]["requester"], "alice@example.com");
        } else {
            forbidden(answer, ONLY_FOR_YOURSELF);
        }
    }

    async fn an_empty_name_is_stamped_or_the_refusal_says_which_to_put(ground: Ground) {
        let answer = ground.alice().asks(|r| r["spec"]["requester"] = json!("")).await;
        if ground.cluster.world == World::Stamping {
            assert_eq!(allowed(answer)["spec"]["requester"], "alice@example.com");
        } else {
            forbidden(answer, ONLY_FOR_YOURSELF);
        }
    }

    async fn a_cluster_admin_cannot_ask_in_the_name_of_another(ground: Ground) {
        for admin in [ground.root(), ground.master()] {
            let answer = admin.creates(request("alice@example.com")).await;
            forbidden(answer, &format!("you may ask only for yourself: set spec.requester to {}", admin.name));
        }
    }

    async fn a_machine_cannot_ask(ground: Ground) {
        for machine in [ground.robot().await, ground.controller()] {
            let expected = format!("a request is made by a person, and {} is a machine: log in as yourself", machine.name);
            forbidden(machine.asks(|_| ()).await, &expected);
        }
    }

    /// The same refusal whatever else is wrong with the request: the guard's probe relies on it.
    async fn a_machine_that_asks_for_too_much_is_told_that_it_is_a_machine(ground: Ground) {
        let answer = ground.controller().asks(|r| r["spec"]["duration"] = json!("10h")).await;
        forbidden(answer, "is a machine: log in as yourself");
    }

    async fn a_status_that_comes_with_a_new_request_is_dropped(ground: Ground) {
        let request = allowed(ground.alice().asks(|r| {
            r["status"] = json!({
                "phase": "Approved",
                "approvals": [{ "approver": "bob@example.com", "decision": "Approved" }],
            });
        }).await);
        assert_eq!(request["status"], json!({ "approvals": [] }));
    }

    async fn a_new_request_cannot_be_cancelled_already(ground: Ground) {
        let answer = ground.alice().asks(|r| r["spec"]["cancelled"] = json!(true)).await;
        invalid(answer, "a new request cannot be cancelled already: leave spec.cancelled out");
        allowed(ground.alice().asks(|r| r["spec"]["cancelled"] = json!(false)).await);
    }

    async fn a_request_does_not_live_in_the_namespace_of_the_controller(ground: Ground) {
        let alice = Actor { namespace: CONTROLLER_NAMESPACE.to_owned(), ..ground.alice() };
        let expected = "requests do not live in team-operator-system, the namespace of the controller: choose another with -n";
        invalid(alice.asks(|_| ()).await, expected);
    }

    async fn a_new_request_cannot_have_finalizers(ground: Ground) {
        let answer = ground.alice().asks(|r| r["metadata"]["finalizers"] = json!(["example.com/mine"])).await;
        forbidden(answer, "leave metadata.finalizers and metadata.ownerReferences out of a request");
    }

    async fn a_new_request_cannot_have_owners(ground: Ground) {
        let answer = ground.alice().asks(|r| r["metadata"]["ownerReferences"] = owners()).await;
        forbidden(answer, "leave metadata.finalizers and metadata.ownerReferences out of a request");
    }

    async fn the_role_of_requesters_gives_no_right_on_a_status(ground: Ground) {
        // Alice's other role lets her append decisions: somebody with the one role only is needed here.
        let name = ground.new_request().await;
        let audrey = ground.person("audrey@example.com");
        forbidden(audrey.patches_status(&name, json!({ "phase": "Approved" })).await, "cannot patch resource \"elevationrequests/status\"");
        let only_requester = rules_of(&ground.master(), "team-requester").await;
        assert!(only_requester.iter().all(|resource| !resource.contains("/status")), "{only_requester:?}");
    }

    async fn applying_the_same_request_again_changes_nothing(ground: Ground) {
        let alice = ground.alice();
        let manifest = manifest(ground.cluster.world);
        let first = allowed(alice.applies("again", manifest.clone()).await);
        assert_eq!(first["spec"]["requester"], "alice@example.com");
        let second = allowed(alice.applies("again", manifest.clone()).await);
        assert_eq!(without_version(&second), without_version(&first));
        // The first write stores the status that the definition fills in; after it there is nothing left to write.
        let third = allowed(alice.applies("again", manifest.clone()).await);
        assert_eq!(third, second);
        let merged = allowed(alice.patches("again", json!({ "spec": manifest["spec"] })).await);
        assert_eq!(merged, second);
    }

    async fn a_replacement_without_the_stamped_name_is_refused(ground: Ground) {
        ground.lets_everybody(&["update"]).await;
        let name = ground.new_request().await;
        let mut object = allowed(ground.alice().reads(&name).await);
        without_requester(&mut object);
        invalid(ground.alice().replaces(object).await, "a request cannot be changed, only cancelled: create a new request instead");
    }

    async fn a_decision_sent_to_the_request_itself_is_never_recorded(ground: Ground) {
        let name = ground.request_in("Pending").await;
        let entry = json!({ "approver": "bob@example.com", "decision": "Approved", "comment": "fine" });
        let bob = ground.bob();
        let list = json!({ "status": { "approvals": [entry] } });
        let appended = json!([{ "op": "add", "path": "/status/approvals/-", "value": entry }]);
        let applied = json!({ "apiVersion": "team-operator.io/v1alpha1", "kind": "ElevationRequest", "status": list["status"] });
        for answer in [
            bob.patches(&name, list).await,
            bob.patches_by_json(&name, appended).await,
            bob.applies(&name, applied).await,
        ] {
            if ground.cluster.world == World::Stamping {
                invalid(answer, "repeat the command with --subresource=status");
            } else {
                // Without the mutation nothing inside the API server sees what it drops; that nothing was left to change, it does.
                forbidden(answer, "only alice@example.com may change this request");
            }
        }
        assert_eq!(allowed(bob.reads(&name).await)["status"]["approvals"], json!([]));
    }

    async fn the_mark_of_a_misdirected_decision_is_refused_whoever_sets_it(ground: Ground) {
        let mark = json!({ "team-operator.io/misdirected": "status" });
        let answer = ground.alice().asks(|r| r["metadata"]["annotations"] = mark.clone()).await;
        invalid(answer, "decisions are recorded in the status subresource: repeat the command with --subresource=status");
        let name = ground.new_request().await;
        let answer = ground.alice().patches(&name, json!({ "metadata": { "annotations": mark } })).await;
        invalid(answer, "repeat the command with --subresource=status");
    }

    async fn a_replacement_without_a_status_is_not_taken_for_a_decision(ground: Ground) {
        ground.lets_everybody(&["update"]).await;
        let name = ground.request_in("Pending").await;
        allowed(ground.bob().decides(&name, "Approved").await);
        let mut object = allowed(ground.alice().reads(&name).await);
        object.as_object_mut().unwrap().remove("status");
        object["metadata"]["labels"] = json!({ "team": "orders" });
        let replaced = allowed(ground.alice().replaces(object).await);
        assert_eq!(replaced["metadata"]["labels"]["team"], "orders");
        assert_eq!(replaced["status"]["approvals"][0]["approver"], "bob@example.com");
        // With the status as it was read, as editors send it.
        allowed(ground.alice().replaces(replaced).await);
    }
}

fn without_requester(request: &mut Value) {
    request["spec"].as_object_mut().unwrap().remove("requester");
}

/// A request without the one thing in it that every write changes.
fn without_version(request: &Value) -> Value {
    let mut request = request.clone();
    request["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resourceVersion");
    request
}

/// What lies in Git: with the name only where nobody fills it in.
fn manifest(world: World) -> Value {
    let mut manifest = request("alice@example.com");
    if world == World::Stamping {
        without_requester(&mut manifest);
    }
    manifest
}

pub fn owners() -> Value {
    json!([{ "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "4f5d7a52-0d3c-4a3b-9a6f-0b1a3c7c0c1e" }])
}

/// The resources that a role of ours gives any right on.
async fn rules_of(actor: &Actor, role: &str) -> Vec<String> {
    use k8s_openapi::api::rbac::v1::ClusterRole;
    let role = kube::Api::<ClusterRole>::all(actor.client.clone())
        .get(role)
        .await
        .unwrap();
    let rules = role.rules.unwrap_or_default();
    rules
        .into_iter()
        .flat_map(|rule| rule.resources.unwrap_or_default())
        .collect()
}
