//! The mutation pass: drops each expression, operation and resource of each admission policy in turn and finds the case
//! that notices. `MUTATE=1 cargo test --test it mutation -- --nocapture`; `MUTATE=decisions` tries only the mutants
//! with that in their name; `UPDATE=1` as well writes the result into `tests/mutation.md`.

use std::path::Path;

use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

use crate::support::{Case, Cluster, World, api_of, apply, eventually, installation_for, reinstall};

/// How many cases run at once on a mutant.
const CASES_AT_ONCE: usize = 4;

/// One way to weaken a policy.
struct Mutant {
    policy: Value,
    what: String,
    mutated: Value,
}

impl Mutant {
    fn name(&self) -> String {
        format!(
            "{} {}",
            self.policy["metadata"]["name"].as_str().unwrap(),
            self.what
        )
    }
}

/// Mutants that no case can notice, with the reason why that is right. One that is noticed after all fails the pass.
const EQUIVALENT: &[(&str, &str)] = &[];

#[tokio::test]
async fn every_expression_of_every_policy_is_missed_by_some_case() {
    let Ok(wanted) = std::env::var("MUTATE") else {
        return println!("skipped: the mutation pass takes half an hour; MUTATE=1 runs it");
    };
    let is_wanted = |mutant: &Mutant| wanted == "1" || mutant.name().contains(&wanted);
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::start(World::Stamping).await.unwrap()));
    let cases = crate::all_cases();
    let mut rows = Vec::new();
    let mutants = installation_for(World::Stamping)
        .policies()
        .iter()
        .flat_map(mutants_of)
        .filter(is_wanted)
        .collect::<Vec<_>>();
    println!("{} mutants, {} cases", mutants.len(), cases.len());
    assert_eq!(
        first_to_notice(cluster, &cases, "").await,
        None,
        "a case fails without any mutant"
    );
    for (index, mutant) in mutants.iter().enumerate() {
        let name = mutant.policy["metadata"]["name"].as_str().unwrap();
        replace(cluster, &mutant.policy, &mutant.mutated).await;
        wait_until_it_acts(cluster, index).await;
        let noticed = first_to_notice(cluster, &cases, name).await;
        println!("{name} {}: {}", mutant.what, noticed.unwrap_or("NOT NOTICED"));
        rows.push((name.to_owned(), mutant.what.clone(), noticed));
        reinstall(cluster).await;
    }
    report(&rows);
    let missed: Vec<_> = rows
        .iter()
        .filter(|(policy, what, case)| {
            let known = EQUIVALENT
                .iter()
                .any(|(mutant, _)| *mutant == format!("{policy} {what}"));
            case.is_some() == known
        })
        .collect();
    assert!(
        missed.is_empty(),
        "noticed by no case, or noticed against expectation: {missed:#?}"
    );
}

/// Every mutant of one policy. What is left out: texts, names, and variables, which the expressions use.
fn mutants_of(policy: &Value) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let mut add = |what: String, change: &dyn Fn(&mut Value)| {
        let mut mutated = policy.clone();
        change(&mut mutated["spec"]);
        mutants.push(Mutant {
            policy: policy.clone(),
            what,
            mutated,
        });
    };
    let spec = &policy["spec"];
    for index in 0..length(&spec["validations"]) {
        // Replaced rather than removed: a policy needs at least one.
        add(format!("validation {index}"), &|spec| {
            spec["validations"][index]["expression"] = json!("true");
        });
    }
    for list in ["matchConditions", "auditAnnotations"] {
        for index in 0..length(&spec[list]) {
            let name = spec[list][index]["name"]
                .as_str()
                .or(spec[list][index]["key"].as_str())
                .unwrap();
            add(format!("{list} {name}"), &|spec| remove(&mut spec[list], index));
        }
    }
    let rules = &spec["matchConstraints"]["resourceRules"];
    for rule in 0..length(rules) {
        for list in ["operations", "resources"] {
            for index in 0..length(&rules[rule][list]) {
                let name = rules[rule][list][index].as_str().unwrap();
                let all = rules[rule]["resources"].to_string();
                let what = if list == "operations" {
                    format!("{name} of {all}")
                } else {
                    format!("resource {name}")
                };
                add(what, &|spec| {
                    let rule = &mut spec["matchConstraints"]["resourceRules"][rule];
                    remove(&mut rule[list], index);
                    if length(&rule[list]) == 0 {
                        // A rule needs at least one of each: this one then matches nothing that exists.
                        rule["resources"] = json!(["nothing"]);
                        rule["operations"] = json!(["CREATE"]);
                    }
                });
            }
        }
    }
    if spec["matchConstraints"]["namespaceSelector"].is_object() {
        add("namespaceSelector".to_owned(), &|spec| {
            spec["matchConstraints"]["namespaceSelector"] = Value::Null;
        });
    }
    if policy["kind"] == "MutatingAdmissionPolicy" {
        add("mutation".to_owned(), &|spec| {
            spec["matchConditions"] = json!([{ "name": "never", "expression": "false" }]);
        });
    }
    if spec["paramRef"].is_object() {
        add("parameterNotFoundAction".to_owned(), &|spec| {
            spec["paramRef"]["parameterNotFoundAction"] = json!("Allow");
        });
    }
    mutants
}

fn length(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

fn remove(list: &mut Value, index: usize) {
    list.as_array_mut().unwrap().remove(index);
}

/// Puts the mutant in the place of the policy: by merge patch, since applying would keep what a list had. A null takes a
/// field away.
async fn replace(cluster: &Cluster, policy: &Value, mutated: &Value) {
    let policies = api_of(&cluster.plane.admin().unwrap(), policy);
    let patch = json!({ "spec": mutated["spec"] });
    let name = policy["metadata"]["name"].as_str().unwrap();
    policies
        .patch(name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .unwrap();
}

/// A policy of the test's own, written after the mutant: when it acts, the mutant does. All policies of a kind are read
/// in the order in which they were written.
async fn wait_until_it_acts(cluster: &Cluster, number: usize) {
    let admin = cluster.plane.admin().unwrap();
    let name = format!("marker-{number}");
    for kind in ["ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"] {
        for object in marker(kind, &name) {
            apply(&admin, &object).await.unwrap();
        }
    }
    let maps: Api<k8s_openapi::api::core::v1::ConfigMap> = Api::namespaced(admin, "default");
    eventually("the mutant acts", async || {
        let map = serde_json::from_value(json!({ "metadata": { "name": name } })).unwrap();
        let params = kube::api::PostParams {
            dry_run: true,
            ..Default::default()
        };
        match maps.create(&params, &map).await {
            Err(kube::Error::Api(status)) => status.message.contains(&format!("{name} stamped")),
            Ok(_) | Err(_) => false,
        }
    })
    .await;
}

/// Refuses a ConfigMap of its name, and says whether the mutating marker has stamped it by then.
fn marker(kind: &str, name: &str) -> [Value; 2] {
    let rules = json!([{ "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"] }]);
    let conditions = json!([{ "name": "marker", "expression": format!("object.metadata.name == '{name}'") }]);
    let mut spec = json!({ "failurePolicy": "Fail", "matchConstraints": { "resourceRules": rules }, "matchConditions": conditions });
    let mut binding = json!({ "policyName": "mutation-marker" });
    if kind == "ValidatingAdmissionPolicy" {
        spec["validations"] = json!([{
            "expression": "false",
            "messageExpression": format!("'{name} ' + (has(object.metadata.labels) ? 'stamped' : 'waits')"),
        }]);
        binding["validationActions"] = json!(["Deny"]);
    } else {
        spec["reinvocationPolicy"] = json!("Never");
        spec["mutations"] = json!([{
            "patchType": "ApplyConfiguration",
            "applyConfiguration": { "expression": "Object{metadata: Object.metadata{labels: {'stamped': 'yes'}}}" },
        }]);
    }
    let object = |kind: String, spec: Value| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind,
            "metadata": { "name": "mutation-marker" },
            "spec": spec,
        })
    };
    [
        object(kind.to_owned(), spec),
        object(format!("{kind}Binding"), binding),
    ]
}

/// The first case that fails, looking first where the policy's own cases are.
async fn first_to_notice(cluster: &'static Cluster, cases: &[Case], policy: &str) -> Option<&'static str> {
    let about = policy.trim_start_matches("team-operator-").trim_end_matches('s');
    let mut ordered: Vec<Case> = cases.to_vec();
    ordered.sort_by_key(|case| !case.name.contains(about));
    let local = tokio::task::LocalSet::new();
    let search = async {
        for batch in ordered.chunks(CASES_AT_ONCE) {
            let running: Vec<_> = batch
                .iter()
                .map(|c| (c.name, tokio::task::spawn_local((c.run)(cluster))))
                .collect();
            let mut noticed = None;
            for (name, case) in running {
                if case.await.is_err() {
                    noticed.get_or_insert(name);
                }
            }
            if noticed.is_some() {
                return noticed;
            }
        }
        None
    };
    local.run_until(search).await
}

/// Writes the rows of the mutants that were tried in the place of their old ones.
fn report(rows: &[(String, String, Option<&str>)]) {
    let line = |(policy, what, case): &(String, String, Option<&str>)| {
        let case = case.map_or("nothing".to_owned(), |case| {
            format!("`{}`", case.trim_start_matches("it::"))
        });
        format!("| {policy} | {what} | {case} |\n")
    };
    let new: String = rows.iter().map(line).collect();
    println!("{new}");
    if std::env::var_os("UPDATE").is_none() {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutation.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("<!-- mutation pass -->\n").unwrap();
    let (table, after) = rest.split_once("<!-- end of mutation pass -->").unwrap();
    let mutated = |line: &&str| {
        rows.iter()
            .any(|(policy, what, _)| line.starts_with(&format!("| {policy} | {what} |")))
    };
    let kept: String = table
        .split_inclusive('\n')
        .skip(2)
        .filter(|line| !mutated(line))
        .collect();
    let head = "| policy | what is dropped | noticed by |\n|---|---|---|\n";
    let text =
        format!("{before}<!-- mutation pass -->\n{head}{kept}{new}<!-- end of mutation pass -->{after}");
    std::fs::write(path, text).unwrap();
}
