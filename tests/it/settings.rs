//! Which policies and settings the API server accepts, and who may write them.

use serde_json::{Value, json};
use team_operator::admission::Installation;
use team_operator::api::ALLOW_DELETION;

use crate::support::{
    Ground, allowed, api_of, approver_policy, cases, eligibility_policy, forbidden, invalid, settings, until,
};

const ONE_PLACE: &str = "name at least one account in accounts or one unit in organizationalUnits";

cases! {
    async fn the_settings_that_are_not_given_are_those_of_the_product(ground: Ground) {
        let bare = json!({ "apiVersion": "team-operator.io/v1alpha1", "kind": "TeamSettings", "metadata": { "name": "default" } });
        let api = ground.root().cluster_scoped("TeamSettings");
        let params = kube::api::PostParams { dry_run: true, ..Default::default() };
        let mut object: kube::api::DynamicObject = serde_json::from_value(bare).unwrap();
        object.metadata.resource_version = api.get("default").await.unwrap().metadata.resource_version;
        let stored = api.replace("default", &params, &object).await.unwrap();
        assert_eq!(stored.data["spec"], json!({
            "approvalWorkflow": "Required",
            "justification": "Required",
            "comments": "Required",
            "ticketNumber": { "requirement": "Required" },
            "maxRequestDuration": "9h",
            "requestExpiry": "3h",
            "maxStartDelay": "720h",
            "maxOpenRequests": 20,
            "identity": { "usernamePrefixes": [""], "attribute": "UserName" },
            "waiver": "Never",
            "onEligibilityLost": "Revoke",
        }));
    }

    async fn there_is_one_teamsettings_and_its_name_is_default(ground: Ground) {
        let mut other = settings();
        other["metadata"]["name"] = json!("other");
        let answer = ground.root().tries_shared("TeamSettings", other).await;
        invalid(answer, "there is one TeamSettings and its name is default");
    }

    async fn a_form_of_tickets_that_is_no_regular_expression_is_refused(ground: Ground) {
        let patch = json!({ "spec": { "ticketNumber": { "pattern": "(OPS" } } });
        let params = kube::api::PatchParams { dry_run: true, ..Default::default() };
        let api = ground.root().cluster_scoped("TeamSettings");
        let answer = api.patch("default", &params, &kube::api::Patch::Merge(patch)).await;
        invalid(answer.map(|s| json!(s)), "write a regular expression as RE2 takes it, such as '^[A-Z]+-[0-9]+$'");
    }

    async fn no_prefix_of_user_names_is_the_beginning_of_another(ground: Ground) {
        let api = ground.root().cluster_scoped("TeamSettings");
        let with = async |prefixes: &[&str]| {
            let patch = json!({ "spec": { "identity": { "usernamePrefixes": prefixes } } });
            let params = kube::api::PatchParams { dry_run: true, ..Default::default() };
            api.patch("default", &params, &kube::api::Patch::Merge(patch)).await.map(|s| json!(s))
        };
        allowed(with(&["admin:", "dev:"]).await);
        for wrong in [&["", "oidc:"], &["dev:", "dev:eu:"], &["dev:", "dev:"]] {
            invalid(with(wrong).await, "no prefix may be the beginning of another, or a user name could stand for two people");
        }
    }

    async fn an_eligibility_policy_names_an_account_or_a_unit(ground: Ground) {
        let root = ground.root();
        for places in [json!({}), json!({ "accounts": [] }), json!({ "accounts": [], "organizationalUnits": [] })] {
            let answer = root.tries_shared("EligibilityPolicy", with_places(eligibility_policy("p"), &places)).await;
            invalid(answer, ONE_PLACE);
            let answer = root.tries_shared("ApproverPolicy", with_places(approver_policy("p"), &places)).await;
            invalid(answer, ONE_PLACE);
        }
    }

    async fn a_policy_over_a_unit_covers_what_is_below_it_and_asks_for_approval(ground: Ground) {
        let places = json!({ "organizationalUnits": [{ "id": "ou-ab12-prod0001" }, { "id": "r-ab12", "includeNested": false }] });
        let policy = with_places(eligibility_policy("p"), &places);
        let stored = allowed(ground.root().tries_shared("EligibilityPolicy", policy).await);
        assert_eq!(stored["spec"]["organizationalUnits"][0]["includeNested"], true);
        assert_eq!(stored["spec"]["organizationalUnits"][1]["includeNested"], false);
        assert_eq!(stored["spec"]["approvalRequired"], true);
        let stored = allowed(ground.root().tries_shared("ApproverPolicy", approver_policy("p")).await);
        assert_eq!(stored["spec"]["stages"][0]["approvalsRequired"], 1);
    }

    async fn lists_are_as_long_as_the_product_says_and_no_longer(ground: Ground) {
        for (kind, list, most, item) in long_lists() {
            let policy = |count: usize| {
                let mut policy = if kind == "ApproverPolicy" { approver_policy("p") } else { eligibility_policy("p") };
                let items: Vec<Value> = (0..count).map(item).collect();
                let (parent, field) = list.rsplit_once('/').unwrap();
                policy.pointer_mut(parent).unwrap()[field] = json!(items);
                policy
            };
            allowed(ground.root().tries_shared(kind, policy(most)).await);
            let answer = ground.root().tries_shared(kind, policy(most + 1)).await;
            invalid(answer, &format!("must have at most {most} items"));
        }
    }

    async fn lists_that_would_mean_nothing_are_refused_when_empty(ground: Ground) {
        for (kind, list) in [
            ("EligibilityPolicy", "subjects"), ("EligibilityPolicy", "permissionSets"),
            ("ApproverPolicy", "permissionSets"), ("ApproverPolicy", "stages"),
        ] {
            let mut policy = if kind == "ApproverPolicy" { approver_policy("p") } else { eligibility_policy("p") };
            policy["spec"][list] = json!([]);
            invalid(ground.root().tries_shared(kind, policy).await, &format!("spec.{list} in body should have at least 1 items"));
        }
    }

    async fn two_stages_do_not_have_one_name(ground: Ground) {
        let mut policy = approver_policy("p");
        policy["spec"]["stages"] = json!([stage("lead"), stage("security"), stage("lead")]);
        invalid(ground.root().tries_shared("ApproverPolicy", policy).await, "give each stage a name of its own");
    }

    async fn policy_admins_write_policies_and_requesters_do_not(ground: Ground) {
        let paul = ground.person("paul@example.com");
        allowed(paul.tries_shared("EligibilityPolicy", eligibility_policy("p")).await);
        allowed(paul.tries_shared("ApproverPolicy", approver_policy("p")).await);
        let answer = ground.alice().tries_shared("EligibilityPolicy", eligibility_policy("p")).await;
        forbidden(answer, "cannot create resource \"eligibilitypolicies\"");
        let answer = ground.alice().tries_shared("ApproverPolicy", approver_policy("p")).await;
        forbidden(answer, "cannot create resource \"approverpolicies\"");
        let answer = ground.alice().tries_shared("TeamSettings", settings()).await;
        forbidden(answer, "cannot create resource \"teamsettings\"");
    }

    async fn with_policy_writers_only_they_write_policies(alone: Alone) {
        let name = "team-operator-policy-writers";
        let writers = Installation::default().with_policy_writers(vec!["paul@example.com".to_owned()]).unwrap();
        let rendered = writers.validating_policies().into_iter().find(|p| p["metadata"]["name"] == name).unwrap();
        // Only the list of writers is ours here: everything else stays as it is on the server.
        let mut policy = on_the_server(&alone, &rendered).await;
        policy["spec"]["variables"] = rendered["spec"]["variables"].clone();
        alone.applies(&policy).await;
        until("policy writers are in force", async || {
            alone.root().tries_shared("ApproverPolicy", approver_policy("p")).await.err()
        }).await;
        for (kind, object) in [
            ("ApproverPolicy", approver_policy("p")), ("EligibilityPolicy", eligibility_policy("p")), ("TeamSettings", settings()),
        ] {
            for other in [alone.root(), alone.master()] {
                let expected = format!("{} is none of the policyWriters of this installation", other.name);
                forbidden(other.tries_shared(kind, object.clone()).await, &expected);
            }
        }
        allowed(alone.person("paul@example.com").tries_shared("ApproverPolicy", approver_policy("p")).await);
        let api = alone.root().cluster_scoped("TeamSettings");
        // Otherwise another policy refuses it first.
        let meant = |value: Value| kube::api::Patch::Merge(json!({ "metadata": { "annotations": { ALLOW_DELETION: value } } }));
        let writer = alone.person("paul@example.com").cluster_scoped("TeamSettings");
        writer.patch("default", &kube::api::PatchParams::default(), &meant(json!("true"))).await.unwrap();
        let answer = api.delete("default", &kube::api::DeleteParams::default().dry_run()).await;
        writer.patch("default", &kube::api::PatchParams::default(), &meant(Value::Null)).await.unwrap();
        forbidden(answer.map(|_| Value::Null), "is none of the policyWriters of this installation");
        let change = kube::api::Patch::Merge(json!({ "spec": { "maxOpenRequests": 1000 } }));
        let params = kube::api::PatchParams { dry_run: true, ..kube::api::PatchParams::default() };
        let answer = api.patch("default", &params, &change).await;
        forbidden(answer.map(|_| Value::Null), "is none of the policyWriters of this installation");
    }
}

/// An object as it is on the server now.
async fn on_the_server(ground: &Ground, object: &Value) -> Value {
    let name = object["metadata"]["name"].as_str().unwrap();
    json!(api_of(&ground.master().client, object).get(name).await.unwrap())
}

type Item = fn(usize) -> Value;

/// Every list of a policy, with the most items that it may have.
fn long_lists() -> Vec<(&'static str, &'static str, usize, Item)> {
    let account: Item = |n| json!(format!("{n:012}"));
    let unit: Item = |n| json!({ "id": format!("ou-ab12-{n:08}") });
    let subject: Item = |n| json!({ "kind": "User", "name": format!("user-{n}") });
    let set: Item = |n| json!(format!("Set{n}"));
    let stage: Item = |n| stage(&format!("stage-{n}"));
    let mut lists = vec![
        ("EligibilityPolicy", "/spec/subjects", 100, subject),
        ("ApproverPolicy", "/spec/stages", 5, stage),
        ("ApproverPolicy", "/spec/stages/0/approvers", 20, subject),
    ];
    for kind in ["EligibilityPolicy", "ApproverPolicy"] {
        lists.push((kind, "/spec/accounts", 500, account));
        lists.push((kind, "/spec/organizationalUnits", 100, unit));
        lists.push((kind, "/spec/permissionSets", 100, set));
    }
    lists
}

fn stage(name: &str) -> Value {
    json!({ "name": name, "approvers": [{ "kind": "Group", "name": "Leads" }] })
}

fn with_places(mut policy: Value, places: &Value) -> Value {
    let spec = policy["spec"].as_object_mut().unwrap();
    spec.remove("accounts");
    spec.extend(places.as_object().unwrap().clone());
    policy
}
