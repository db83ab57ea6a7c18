//! Our roles, bound to groups of their names.

use serde_json::{Value, json};

/// Every role of ours for people, bound to a group of its name.
pub fn bindings() -> Vec<Value> {
    let roles = [
        "team-requester",
        "team-approver",
        "team-member",
        "team-auditor",
        "team-policy-admin",
        "team-settings-admin",
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
