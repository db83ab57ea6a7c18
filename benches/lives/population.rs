//! Who takes part, and by which rules.

use serde_json::{Value, json};
use team_operator_control_plane::Person;

/// People who ask, so that no two of a wave share lookups.
pub const PEOPLE: usize = 100;

/// Who approves.
pub const APPROVER: &str = "lead@example.com";

/// The permission set that somebody has to approve, and the one that nobody has to.
pub const APPROVED: &str = "DatabaseAdmin";
pub const WAIVED: &str = "Waived";

/// The permission set of what is done bare.
pub const BARE: &str = "Bare";

const UNIT: &str = "ou-ab12-test0001";

/// Somebody who asks, by number.
pub fn user_name(number: usize) -> String {
    format!("user-{:03}@example.com", number % PEOPLE)
}

/// An account, by number.
pub fn account_id(number: usize) -> String {
    format!("{:012}", 100_000_000_000 + number)
}

/// Everybody who talks to the API server.
pub fn people() -> Vec<Person> {
    let mut people: Vec<Person> = (0..PEOPLE)
        .map(|number| Person::new(user_name(number), ["team-requester"]))
        .collect();
    people.push(Person::new(APPROVER, ["team-approver"]));
    people
}

/// Settings and policies.
pub fn rules() -> Vec<Value> {
    let object = |kind: &str, name: &str, spec: Value| {
        json!({
            "apiVersion": "team-operator.io/v1alpha1", "kind": kind, "metadata": { "name": name }, "spec": spec,
        })
    };
    let eligibility = |sets: Value, approval_required: bool| {
        json!({
            "subjects": [{ "kind": "Group", "name": "Engineers" }],
            "organizationalUnits": [{ "id": UNIT }],
            "permissionSets": sets,
            "maxDuration": "8h",
            "approvalRequired": approval_required,
        })
    };
    let stage = json!({
        "name": "lead", "approvers": [{ "kind": "Group", "name": "Leads" }], "approvalsRequired": 1,
    });
    vec![
        object(
            "TeamSettings",
            "default",
            json!({ "ticketNumber": { "requirement": "NotRequired" }, "comments": "NotRequired" }),
        ),
        object(
            "EligibilityPolicy",
            "engineers",
            eligibility(json!([APPROVED, BARE]), true),
        ),
        object("EligibilityPolicy", "waived", eligibility(json!([WAIVED]), false)),
        object(
            "ApproverPolicy",
            "leads",
            json!({ "organizationalUnits": [{ "id": UNIT }], "stages": [stage] }),
        ),
    ]
}

/// The organization, as the sandbox reads it: without limits, and nothing lags.
pub fn organization(accounts: usize) -> String {
    let accounts: Vec<Value> = (0..accounts)
        .map(|number| json!({ "id": account_id(number), "name": format!("account-{number}") }))
        .collect();
    let engineers: Vec<String> = (0..PEOPLE).map(user_name).collect();
    let everybody = engineers.iter().map(String::as_str).chain([APPROVER]);
    let users: Vec<Value> = everybody
        .map(|name| json!({ "userName": name, "email": name }))
        .collect();
    json!({
        "region": "eu-central-1",
        "managementAccount": { "id": "999999999999", "name": "management" },
        "organizationalUnits": [{ "name": "Test", "id": UNIT, "accounts": accounts }],
        "users": users,
        "groups": [
            { "name": "Engineers", "members": engineers },
            { "name": "Leads", "members": [APPROVER] },
        ],
        "permissionSets": [
            { "name": APPROVED, "sessionDuration": "PT1H" },
            { "name": WAIVED, "sessionDuration": "PT1H" },
            { "name": BARE, "sessionDuration": "PT1H" },
        ],
        "settings": {
            "operationTime": "0s",
            "listLag": "0s",
            "membershipLag": "0s",
            "conflictWindow": "0s",
            "emptyPageEvery": 0,
            "throttling": false,
            "outstandingCreates": 10_000,
        },
    })
    .to_string()
}
