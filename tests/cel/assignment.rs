//! The record of an assignment: what it is about never changes, and where it stands has no rules of its own.

use serde_json::{Value, json};
use team_operator::api::{
    AccountAssignment, AccountAssignmentStatus, AssignmentState, CreateResult, MAX_CLAIMS, Reason,
};

use crate::shared::{accepts, refuses, schema};

const TIME: &str = "2026-12-01T09:00:00Z";

/// A record with everything in it that there is.
fn record(state: AssignmentState) -> Value {
    json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "AccountAssignment",
        "metadata": { "name": "111122223333-databaseadmin-0a" },
        "spec": {
            "instanceArn": "arn:aws:sso:::instance/ssoins-1",
            "userId": "u-alice",
            "accountId": "111122223333",
            "permissionSetArn": "arn:aws:sso:::permissionSet/ssoins-1/ps-1",
            "userName": "alice",
            "accountName": "orders",
            "permissionSetName": "DatabaseAdmin",
        },
        "status": {
            "sequence": 7,
            "seal": "v1:00",
            "state": state,
            "stateTime": TIME,
            "baselineTime": TIME,
            "claims": [claim(1)],
            "create": { "sentTime": TIME, "outcome": { "result": CreateResult::Succeeded, "time": TIME } },
            "earlierCreatesUntil": TIME,
            "lastError": { "time": TIME, "operation": "CreateAccountAssignment", "reason": Reason::LookupFailed, "message": "later" },
            "until": TIME,
            "requests": "payments/request-1",
        },
    })
}

fn claim(number: usize) -> Value {
    json!({
        "request": { "namespace": "payments", "name": format!("request-{number}"), "uid": format!("r-{number}") },
        "from": TIME,
        "duration": "2h",
        "notAfter": TIME,
        "admittedUntil": TIME,
        "startTime": TIME,
        "endTime": TIME,
        "ended": { "time": TIME, "reason": Reason::EndReached, "message": "It is over.", "by": "alice@example.com" },
    })
}

/// The fields of a schema that this object has not.
fn missing(path: &str, schema: &Value, object: &Value, found: &mut Vec<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        if object[name].is_null() {
            found.push(path);
        } else {
            missing(&path, field, &object[name], found);
        }
    }
    if let Some(first) = object.as_array().and_then(|items| items.first()) {
        missing(&format!("{path}[]"), &schema["items"], first, found);
    }
}

#[test]
fn the_types_and_the_definition_know_the_same_fields() {
    let schema = schema("AccountAssignment");
    let whole = record(AssignmentState::Present);
    accepts(&schema, &whole, None);
    let typed: AccountAssignment = serde_json::from_value(whole.clone()).unwrap();
    assert_eq!(json!(typed), whole);
    let mut found = Vec::new();
    for part in ["spec", "status"] {
        missing(part, &schema["properties"][part], &whole[part], &mut found);
    }
    assert_eq!(found, [""; 0], "not tried here");
}

#[test]
fn a_record_is_about_one_assignment_for_ever() {
    let schema = schema("AccountAssignment");
    let old = record(AssignmentState::Present);
    accepts(&schema, &old, Some(&old));
    for (field, value) in [
        ("instanceArn", "arn:aws:sso:::instance/ssoins-2"),
        ("userId", "u-mallory"),
        ("accountId", "444455556666"),
        ("permissionSetArn", "arn:aws:sso:::permissionSet/ssoins-1/ps-2"),
    ] {
        let mut new = old.clone();
        new["spec"][field] = json!(value);
        let sentence = format!("{field} cannot be changed: another assignment is another record");
        refuses(&schema, &new, Some(&old), &sentence);
    }
    for (field, value) in [
        ("userName", "alice.smith"),
        ("accountName", "orders-prod"),
        ("permissionSetName", "DBA"),
    ] {
        let mut new = old.clone();
        new["spec"][field] = json!(value);
        accepts(&schema, &new, Some(&old));
    }
}

/// A record that was lost is written back in whatever state it was.
#[test]
fn a_record_goes_from_any_state_to_any_other() {
    let schema = schema("AccountAssignment");
    for old in AssignmentState::ALL {
        for new in AssignmentState::ALL {
            accepts(&schema, &record(new), Some(&record(old)));
        }
    }
}

#[test]
fn a_record_takes_as_many_claims_as_the_program_puts_in_and_their_durations_are_durations() {
    let schema = schema("AccountAssignment");
    let claims = &schema["properties"]["status"]["properties"]["claims"];
    let most = claims["maxItems"].as_u64().unwrap();
    assert!(
        most > MAX_CLAIMS as u64,
        "an end is stored as a claim where the request has none, also in a record that admits no more"
    );
    assert_eq!(claims["x-kubernetes-list-type"], "atomic");
    let mut full = record(AssignmentState::Present);
    full["status"]["claims"] = (1..=MAX_CLAIMS).map(claim).collect();
    accepts(&schema, &full, None);
    let read: Result<AccountAssignmentStatus, _> = serde_json::from_value(full["status"].clone());
    assert_eq!(read.unwrap().claims.len(), MAX_CLAIMS);
    full["status"]["claims"][MAX_CLAIMS - 1]["duration"] = json!("1d");
    refuses(&schema, &full, None, "write a duration longer than zero");
}
