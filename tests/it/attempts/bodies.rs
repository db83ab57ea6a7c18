//! What is tried: forged statuses in every form of a write, changes of a request, requests and records in other names.

use http::Method;
use serde_json::{Value, json};

use super::{APPLY, Attempt, JSON, JSON_PATCH, KINDS, MERGE, STRATEGIC, requests_of};
use crate::support::Ground;

/// Statuses that nobody but the controller, or nobody at all, may write; `me` sends them.
pub(super) fn forged_statuses(me: &str, before: &Value) -> Vec<(String, Value)> {
    let entry = |approver: &str, decision: &str| json!({ "approver": approver, "decision": decision, "comment": "yes" });
    let mut all: Vec<(String, Value)> = vec![];
    // Other names, and names that only look like another.
    for approver in [
        "carol@example.com",
        "approver-01@example.com",
        "Carol@example.com",
        "carol@example.com ",
        " carol@example.com",
        "carol@example.com\u{200b}",
        "c\u{430}rol@example.com",
        "carol@example.com\u{0}",
        "system:serviceaccount:team-operator-system:team-operator",
        "system:masters",
        "*",
    ] {
        // What is written in the own name may be due.
        if approver != me {
            let decision = ["Approved", "Rejected", "Revoked"][all.len() % 3];
            let approvals = json!([entry(approver, decision)]);
            all.push((
                format!("{decision} as {approver:?}"),
                json!({ "approvals": approvals }),
            ));
        }
    }
    all.extend(malformed(me));
    all.extend(fields_of_the_controller(me, before));
    all
}

/// Lists of decisions that are none.
fn malformed(me: &str) -> Vec<(String, Value)> {
    let entry = |approver: &str, decision: &str| json!({ "approver": approver, "decision": decision, "comment": "yes" });
    let mut all: Vec<(String, Value)> = vec![];
    let two = json!([entry(me, "Approved"), entry("carol@example.com", "Approved")]);
    all.push(("two at once".to_owned(), json!({ "approvals": two })));
    let many: Vec<Value> = (0..60)
        .map(|number| entry(&format!("p{number}@example.com"), "Approved"))
        .collect();
    all.push(("sixty at once".to_owned(), json!({ "approvals": many })));
    for (what, approvals) in [
        ("a text", json!("carol@example.com")),
        ("null inside", json!([null])),
        ("an empty entry", json!([{}])),
        (
            "an entry without a decision",
            json!([{ "approver": "carol@example.com" }]),
        ),
        (
            "an unknown decision",
            json!([entry("carol@example.com", "Granted")]),
        ),
        (
            "an unknown field",
            json!([{ "approver": "carol@example.com", "decision": "Approved", "counted": true }]),
        ),
    ] {
        all.push((format!("approvals: {what}"), json!({ "approvals": approvals })));
    }
    all
}

/// What the controller alone writes.
fn fields_of_the_controller(me: &str, before: &Value) -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = vec![];
    let fields = [
        ("phase", json!("Active")),
        ("phase", json!("Ended")),
        ("finished", json!(true)),
        ("approvers", json!([me])),
        ("reviewers", json!([me])),
        ("seal", json!("v1:00")),
        ("sequence", json!(99)),
        ("requester", json!({ "userId": "x", "userName": me })),
        ("window", json!({ "endTime": "2999-01-01T00:00:00Z" })),
        (
            "review",
            json!({ "verdicts": [{ "approver": me, "decision": "Approved", "counted": true, "reason": "Counted", "time": "2026-12-01T09:00:00Z" }] }),
        ),
        ("message", json!("Security has approved already")),
        ("history", json!([])),
        ("conditions", json!([])),
    ];
    for (field, value) in fields {
        if before[field] != value {
            all.push((format!("status.{field} = {value}"), json!({ field: value })));
        }
    }
    all
}

/// The same status in each form of a write.
pub(super) fn in_every_form(path: &str, live: &Value, what: &str, status: &Value) -> Vec<Attempt> {
    let mut whole = live.clone();
    for (field, value) in status.as_object().unwrap() {
        whole["status"][field] = value.clone();
    }
    let operations: Vec<Value> = (status.as_object().unwrap().iter())
        .map(|(field, value)| json!({ "op": "add", "path": format!("/status/{field}"), "value": value }))
        .collect();
    let applied = json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "ElevationRequest",
        "metadata": { "name": live["metadata"]["name"] },
        "status": status,
    });
    let merge = json!({ "status": status }).to_string();
    let attempt = |form: &str, method, path: String, content_type, body| {
        Attempt::new(format!("{what}, {form}"), method, path, content_type, body)
    };
    vec![
        attempt("PUT", Method::PUT, path.to_owned(), JSON, whole.to_string()),
        attempt(
            "merge patch",
            Method::PATCH,
            path.to_owned(),
            MERGE,
            merge.clone(),
        ),
        attempt(
            "JSON patch",
            Method::PATCH,
            path.to_owned(),
            JSON_PATCH,
            json!(operations).to_string(),
        ),
        attempt(
            "forced apply",
            Method::PATCH,
            format!("{path}?fieldManager=team-operator&force=true"),
            APPLY,
            applied.to_string(),
        ),
        attempt(
            "strategic patch",
            Method::PATCH,
            path.to_owned(),
            STRATEGIC,
            merge,
        ),
    ]
}

/// What is tried on the request itself.
pub(super) fn on_the_request(namespace: &str, name: &str, live: &Value) -> Vec<Attempt> {
    let one = format!("{}/{name}", requests_of(namespace));
    let changed = |pointer: &[&str], value: Value| {
        let mut object = live.clone();
        let mut place = &mut object;
        for step in pointer {
            place = &mut place[*step];
        }
        *place = value;
        object.to_string()
    };
    let mut attempts = vec![];
    for (pointer, value) in [
        (vec!["spec", "requester"], json!("mallory@example.com")),
        (vec!["spec", "accountId"], json!("444444444444")),
        (vec!["spec", "permissionSet"], json!("BreakGlass")),
        (vec!["spec", "duration"], json!("9h")),
        (vec!["spec", "cancelled"], json!(true)),
        (vec!["spec", "justification"], json!("another")),
        (vec!["metadata", "finalizers"], json!(["example.com/mine"])),
        (vec!["metadata", "labels"], json!({ "mine": "yes" })),
        (vec!["metadata", "annotations"], json!({ "mine": "yes" })),
        (
            vec!["metadata", "ownerReferences"],
            json!([{ "apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "y" }]),
        ),
        (vec!["metadata", "uid"], json!("another")),
        (vec!["status", "phase"], json!("Active")),
        (
            vec!["status", "approvals"],
            json!([{ "approver": "carol@example.com", "decision": "Approved" }]),
        ),
    ] {
        let what = format!("{} = {value}", pointer.join("."));
        attempts.push(Attempt::new(
            format!("{what}, PUT"),
            Method::PUT,
            one.clone(),
            JSON,
            changed(&pointer, value.clone()),
        ));
        let patch = pointer
            .iter()
            .rev()
            .fold(value.clone(), |inner, step| json!({ *step: inner }));
        attempts.push(Attempt::new(
            format!("{what}, merge patch"),
            Method::PATCH,
            one.clone(),
            MERGE,
            patch.to_string(),
        ));
        let operation =
            json!([{ "op": "replace", "path": format!("/{}", pointer.join("/")), "value": value }]);
        attempts.push(Attempt::new(
            format!("{what}, JSON patch"),
            Method::PATCH,
            one.clone(),
            JSON_PATCH,
            operation.to_string(),
        ));
    }
    attempts.extend(odd_calls(namespace, name, live));
    attempts
}

/// Deletions, odd paths and odd bodies.
fn odd_calls(namespace: &str, name: &str, live: &Value) -> Vec<Attempt> {
    let all = requests_of(namespace);
    let one = format!("{all}/{name}");
    let (whole, status) = (live.to_string(), format!("{one}/status"));
    let active = r#"{"status":{"phase":"Active"}}"#;
    // The same key twice: which one is checked, and which one is stored?
    let twice = r#"{"status":{"phase":"Pending","phase":"Active","approvers":[]}}"#;
    let calls: [(Method, String, &'static str, &str); 17] = [
        (Method::DELETE, one.clone(), JSON, ""),
        (
            Method::DELETE,
            format!("{one}?propagationPolicy=Foreground"),
            JSON,
            "",
        ),
        (
            Method::DELETE,
            format!("{one}?propagationPolicy=Orphan&gracePeriodSeconds=0"),
            JSON,
            "",
        ),
        (Method::DELETE, status.clone(), JSON, ""),
        (Method::DELETE, all.clone(), JSON, ""),
        (Method::DELETE, format!("{all}?labelSelector=mine"), JSON, ""),
        (Method::PUT, one.clone(), JSON, "{"),
        (Method::PUT, status.clone(), JSON, ""),
        (Method::PUT, status.clone(), JSON, "[]"),
        (Method::POST, one.clone(), JSON, &whole),
        (Method::PUT, format!("{one}/approval"), JSON, &whole),
        (Method::PUT, format!("{one}/scale"), JSON, "{}"),
        (Method::PUT, one.replace("v1alpha1", "v1"), JSON, &whole),
        (Method::PUT, format!("{status}/x"), JSON, &whole),
        (Method::PATCH, status.clone(), JSON, active),
        (Method::PATCH, format!("{status}?dryRun=None"), MERGE, active),
        (
            Method::PATCH,
            format!("{status}?fieldValidation=Ignore"),
            MERGE,
            twice,
        ),
    ];
    let attempt = |(method, path, content_type, body): (Method, String, &'static str, &str)| {
        let what = format!("{method} {path} with {} bytes", body.len());
        Attempt::new(what, method, path, content_type, body.to_owned())
    };
    calls.into_iter().map(attempt).collect()
}

/// What is created in another name.
pub(super) fn created_in_another_name(ground: &Ground, me: &str) -> Vec<Attempt> {
    let all = requests_of(&ground.namespace);
    let request = |requester: &str| {
        json!({
            "apiVersion": "team-operator.io/v1alpha1", "kind": "ElevationRequest",
            "metadata": { "generateName": "forged-" },
            "spec": {
                "requester": requester, "accountId": "111122223333", "permissionSet": "DatabaseAdmin", "duration": "2h",
                "ticketNumber": "OPS-123", "justification": "forged",
            },
        })
    };
    let mut attempts = vec![];
    for requester in [
        "alice@example.com",
        "Alice@example.com",
        "alice@example.com ",
        "alice@example.com\u{0}",
        "system:admin",
    ] {
        let body = request(requester).to_string();
        attempts.push(Attempt::new(
            format!("POST as {requester:?}"),
            Method::POST,
            all.clone(),
            JSON,
            body,
        ));
    }
    let own = serde_json::to_string(me).unwrap();
    let twice = request("X").to_string().replace(
        "\"requester\":\"X\"",
        &format!("\"requester\":{own},\"requester\":\"alice@example.com\""),
    );
    attempts.push(Attempt::new(
        "POST with two requesters",
        Method::POST,
        format!("{all}?fieldValidation=Ignore"),
        JSON,
        twice,
    ));
    let named = request("alice@example.com").to_string();
    let mut impersonating = Attempt::new(
        "POST as whom the header names",
        Method::POST,
        all.clone(),
        JSON,
        named.clone(),
    );
    impersonating.headers = vec![("impersonate-user", "alice@example.com".to_owned())];
    let mut group = Attempt::new("POST as a group of masters", Method::POST, all, JSON, named);
    group.headers = vec![
        ("impersonate-user", me.to_owned()),
        ("impersonate-group", "system:masters".to_owned()),
    ];
    attempts.extend([impersonating, group]);
    attempts.extend(of_other_kinds(ground));
    attempts
}

/// A record, and a review about somebody else.
fn of_other_kinds(ground: &Ground) -> Vec<Attempt> {
    let mut attempts = vec![];
    let record = json!({
        "apiVersion": "team-operator.io/v1alpha1", "kind": "AccountAssignment",
        "metadata": { "name": "111122223333-databaseadmin-0a" },
        "spec": {
            "instanceArn": "arn:aws:sso:::instance/ssoins-0000000000000000", "userId": "u", "userName": "mallory@example.com",
            "accountId": "111122223333", "permissionSetArn": "arn:x", "permissionSetName": "DatabaseAdmin",
        },
    });
    attempts.push(Attempt::new(
        "a record",
        Method::POST,
        format!("{KINDS}/accountassignments"),
        JSON,
        record.to_string(),
    ));
    let review = json!({
        "apiVersion": "team-operator.io/v1alpha1", "kind": "EligibilityReview", "metadata": { "generateName": "forged-" },
        "spec": { "requester": "alice@example.com" },
    });
    let reviews = format!("{KINDS}/namespaces/{}/eligibilityreviews", ground.namespace);
    attempts.push(Attempt::new(
        "a review about another",
        Method::POST,
        reviews,
        JSON,
        review.to_string(),
    ));
    attempts
}
