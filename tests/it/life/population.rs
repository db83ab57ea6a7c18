//! The policies and the organization of end-to-end tests.

use serde_json::{Value, json};

/// How many accounts there are: each scene has one of its own.
pub const ACCOUNTS: usize = 60;

/// The initial settings and policies of every test.
pub fn rules() -> [Value; 3] {
    [settings(), eligibility_policy(), approver_policy()]
}

/// The id of an account by its number.
pub fn account_id(number: usize) -> String {
    format!("{:012}", 100_000_000_000 + number)
}

/// The settings of these tests.
pub fn settings() -> Value {
    json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "TeamSettings",
        "metadata": { "name": "default" },
        "spec": {
            "maxRequestDuration": "9h",
            "ticketNumber": { "requirement": "NotRequired" },
            "comments": "NotRequired",
        },
    })
}

/// Engineers may ask for everything, and `Waived` needs no approval.
fn eligibility_policy() -> Value {
    json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "EligibilityPolicy",
        "metadata": { "name": "engineers" },
        "spec": {
            "subjects": [{ "kind": "Group", "name": "Engineers" }],
            "organizationalUnits": [{ "id": "ou-ab12-test0001" }],
            "permissionSets": ["DatabaseAdmin", "ReadOnlyAccess"],
            "maxDuration": "8h",
        },
    })
}

/// One of the leads approves.
fn approver_policy() -> Value {
    json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "ApproverPolicy",
        "metadata": { "name": "leads" },
        "spec": {
            "organizationalUnits": [{ "id": "ou-ab12-test0001" }],
            "stages": [{
                "name": "lead",
                "approvers": [{ "kind": "Group", "name": "Leads" }],
                "approvalsRequired": 1,
            }],
        },
    })
}

/// The organization, as the sandbox reads it.
pub fn organization() -> String {
    let accounts: Vec<Value> = (0..ACCOUNTS)
        .map(|number| json!({ "id": account_id(number), "name": format!("account-{number}") }))
        .collect();
    let people = ["alice", "bob", "carol", "erin", "mallory"].map(|name| format!("{name}@example.com"));
    let users: Vec<Value> = people
        .iter()
        .map(|name| json!({ "userName": name, "email": name }))
        .collect();
    json!({
        "region": "eu-central-1",
        "managementAccount": { "id": "999999999999", "name": "management" },
        "organizationalUnits": [{ "name": "Test", "id": "ou-ab12-test0001", "accounts": accounts }],
        "users": users,
        "groups": [
            { "name": "Engineers", "members": ["alice@example.com", "bob@example.com", "mallory@example.com"] },
            { "name": "Leads", "members": ["bob@example.com", "carol@example.com"] },
            { "name": "Security", "members": ["carol@example.com", "erin@example.com"] },
        ],
        "permissionSets": [
            { "name": "DatabaseAdmin", "sessionDuration": "PT1H" },
            { "name": "ReadOnlyAccess", "sessionDuration": "PT1H" },
            { "name": "Waived", "sessionDuration": "PT1H" },
        ],
        "settings": {
            "operationTime": "300ms",
            "listLag": "300ms",
            "membershipLag": "0s",
            "conflictWindow": "200ms",
            "throttling": false,
        },
    })
    .to_string()
}
