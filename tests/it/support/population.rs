//! Who lives in the clusters: people in groups, and the groups bound to our roles.

use serde_json::{Value, json};
use team_operator_control_plane::Person;

/// How many people can approve at once: the race that is tried.
const APPROVERS_AT_ONCE: usize = 15;

/// Every role of ours for people, bound to a group of its name.
pub fn bindings() -> Vec<Value> {
    let roles = [
        "team-requester",
        "team-approver",
        "team-auditor",
        "team-policy-admin",
        "team-security",
    ];
    roles
        .iter()
        .map(|role| binding(role, role))
        .chain([binding("cluster-admin", "cluster-admins")])
        .collect()
}

fn binding(role: &str, group: &str) -> Value {
    let robots = ["team-requester", "team-approver", "team-security"].contains(&role);
    let mut subjects =
        vec![json!({ "kind": "Group", "name": group, "apiGroup": "rbac.authorization.k8s.io" })];
    if robots {
        // So that what refuses a service account is the policy and not RBAC.
        subjects.push(json!({
            "kind": "Group",
            "name": "system:serviceaccounts",
            "apiGroup": "rbac.authorization.k8s.io",
        }));
    }
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": { "name": format!("test-{role}") },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
        "subjects": subjects,
    })
}

pub fn people() -> Vec<Person> {
    let person = |name: &str, groups: &[&str]| Person {
        name: name.to_owned(),
        groups: groups.iter().map(|g| (*g).to_owned()).collect(),
    };
    let everyday = ["team-requester", "team-approver"];
    let mut people = vec![
        person("alice@example.com", &everyday),
        person("bob@example.com", &everyday),
        person("carol@example.com", &everyday),
        person("mallory@example.com", &everyday),
        person("erin@example.com", &["team-security"]),
        person("audrey@example.com", &["team-auditor"]),
        person("paul@example.com", &["team-policy-admin"]),
        person("root@example.com", &["cluster-admins"]),
    ];
    people.extend(approver_names().iter().map(|name| person(name, &everyday)));
    people
}

pub fn approver_names() -> Vec<String> {
    (1..=APPROVERS_AT_ONCE)
        .map(|number| format!("approver-{number:02}@example.com"))
        .collect()
}
