//! Many people decide at once: none is lost, and whoever was not recorded was told.

use std::future::Future;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Actor, Ground, World, allowed, cases, sentence};

type Answers = Vec<(String, Result<Value, kube::Error>)>;

/// A request that all who race may approve.
async fn open_to_all(ground: &Ground) -> String {
    let names: Vec<String> = ground.approvers().into_iter().map(|p| p.name).collect();
    ground.pending(|s| s["approvers"] = json!(names)).await
}

/// Everybody at once.
async fn all_at_once<F>(ground: &Ground, approves: impl Fn(Actor) -> F) -> Answers
where
    F: Future<Output = Result<Value, kube::Error>> + Send + 'static,
{
    let mut racing = JoinSet::new();
    for person in ground.approvers() {
        let name = person.name.clone();
        let approval = approves(person);
        racing.spawn(async move { (name, approval.await) });
    }
    racing.join_all().await
}

/// The names in the list, in order of names.
async fn recorded(ground: &Ground, name: &str) -> Vec<String> {
    let entries = ground.decisions(name).await;
    let approver = |e: &Value| e["approver"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = entries.as_array().unwrap().iter().map(approver).collect();
    names.sort();
    names
}

async fn all_are_recorded(ground: &Ground, name: &str, answers: Answers) {
    let mut expected: Vec<String> = Vec::new();
    for (person, answer) in answers {
        allowed(answer);
        expected.push(person);
    }
    expected.sort();
    assert_eq!(expected.len(), 15);
    assert_eq!(recorded(ground, name).await, expected);
}

cases! {
    async fn fifteen_approvals_by_json_patch_are_all_recorded(ground: Ground) {
        let name = open_to_all(&ground).await;
        let approves = |person: Actor| {
            let name = name.clone();
            async move { person.decides(&name, "Approved").await }
        };
        let answers = all_at_once(&ground, approves).await;
        all_are_recorded(&ground, &name, answers).await;
    }

    async fn fifteen_approvals_by_server_side_apply_are_all_recorded(ground: Ground) {
        let name = open_to_all(&ground).await;
        let approves = |person: Actor| {
            let name = name.clone();
            let entry = json!({ "approver": person.name, "decision": "Approved" });
            async move { person.applies_status(&name, json!({ "approvals": [entry] })).await }
        };
        let answers = all_at_once(&ground, approves).await;
        all_are_recorded(&ground, &name, answers).await;
    }

    async fn fifteen_approvals_by_minimal_merge_patch_are_all_recorded_where_names_are_stamped(ground: Ground) {
        if ground.cluster.world == World::Stamping {
            let name = open_to_all(&ground).await;
            let approves = |person: Actor| {
                let name = name.clone();
                async move { person.patches_status(&name, json!({ "approvals": [{ "decision": "Approved" }] })).await }
            };
            let answers = all_at_once(&ground, approves).await;
            all_are_recorded(&ground, &name, answers).await;
        }
    }

    async fn of_fifteen_full_lists_by_merge_patch_each_is_recorded_or_refused(ground: Ground) {
        let name = open_to_all(&ground).await;
        let approves = |person: Actor| {
            let name = name.clone();
            async move {
                let seen = person.reads(&name).await?;
                let mut list = seen["status"]["approvals"].as_array().unwrap().clone();
                list.push(json!({ "approver": person.name, "decision": "Approved" }));
                person.patches_status(&name, json!({ "approvals": list })).await
            }
        };
        let answers = all_at_once(&ground, approves).await;
        let mut told_that_it_was_done = Vec::new();
        for (person, answer) in answers {
            match answer {
                Ok(_) => told_that_it_was_done.push(person),
                Err(error) => {
                    let said = sentence(&error);
                    assert!(said.contains("a recorded decision stays as it is, in its place"), "{said}");
                }
            }
        }
        told_that_it_was_done.sort();
        assert!(!told_that_it_was_done.is_empty(), "the first of them meets an empty list");
        assert_eq!(recorded(&ground, &name).await, told_that_it_was_done);
    }

    async fn a_decision_and_the_controllers_writes_at_once_lose_nothing(ground: Ground) {
        let name = open_to_all(&ground).await;
        let controller = ground.controller();
        let approves = |person: Actor| {
            let (name, controller) = (name.clone(), controller.clone());
            async move {
                let message = json!({ "message": format!("has seen {}", person.name) });
                controller.patches_status(&name, message).await?;
                person.decides(&name, "Approved").await
            }
        };
        let answers = all_at_once(&ground, approves).await;
        all_are_recorded(&ground, &name, answers).await;
    }
}
