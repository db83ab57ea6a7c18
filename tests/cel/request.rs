//! What becomes of a request's spec and of the decisions about it, whoever writes.

use serde_json::{Value, json};

use crate::shared::{accepts, refuses, request, schema, step};

const APPEND: &str = "a recorded decision stays as it is, in its place: append yours to status.approvals";
const NOT_CHANGED: &str = "a request cannot be changed, only cancelled: create a new request instead";

fn approved(by: &str) -> Value {
    json!({ "approver": by, "decision": "Approved", "comment": "fine" })
}

#[test]
fn decisions_are_appended_and_never_changed_or_removed() {
    let schema = schema("ElevationRequest");
    let list = |entries: Vec<Value>| json!({ "approvals": entries });
    let bob = || approved("bob@example.com");
    let changed = json!({ "approver": "bob@example.com", "decision": "Approved", "comment": "not fine" });
    step(&schema, &list(vec![]), &list(vec![bob()]), None);
    step(
        &schema,
        &list(vec![bob()]),
        &list(vec![bob(), approved("carol@example.com")]),
        None,
    );
    step(&schema, &list(vec![bob()]), &list(vec![]), Some(APPEND));
    step(&schema, &list(vec![bob()]), &json!({}), Some(APPEND));
    step(&schema, &list(vec![bob()]), &list(vec![changed]), Some(APPEND));
    step(
        &schema,
        &list(vec![bob()]),
        &list(vec![approved("carol@example.com")]),
        Some(APPEND),
    );
    let both = || list(vec![bob(), approved("carol@example.com")]);
    let turned = list(vec![approved("carol@example.com"), bob()]);
    step(&schema, &both(), &turned, Some(APPEND));
    step(&schema, &list(vec![bob()]), &turned, Some(APPEND));
    let mut without_status = request(&json!({}));
    without_status.as_object_mut().unwrap().remove("status");
    refuses(
        &schema,
        &without_status,
        Some(&request(&list(vec![bob()]))),
        APPEND,
    );
}

#[test]
fn nobody_decides_on_their_own_request() {
    let schema = schema("ElevationRequest");
    let sentence = "nobody decides on their own request: somebody else must";
    for decision in ["Approved", "Rejected", "Revoked"] {
        let own = json!({ "approvals": [{ "approver": "alice@example.com", "decision": decision }] });
        refuses(&schema, &request(&own), None, sentence);
        let other = json!({ "approvals": [{ "approver": "bob@example.com", "decision": decision }] });
        accepts(&schema, &request(&other), None);
    }
}

#[test]
fn no_field_of_a_request_changes() {
    let schema = schema("ElevationRequest");
    let old = request(&json!({}));
    accepts(&schema, &old, Some(&old));
    for (field, value) in [
        ("requester", "bob@example.com"),
        ("accountId", "444455556666"),
        ("permissionSet", "ReadOnlyAccess"),
        ("startTime", "2026-12-02T09:00:00Z"),
        ("duration", "3h"),
        ("ticketNumber", "OPS-124"),
        ("justification", "something else"),
    ] {
        let mut new = old.clone();
        new["spec"][field] = json!(value);
        refuses(
            &schema,
            &new,
            Some(&old),
            &format!("{field} cannot be changed: create a new request instead"),
        );
    }
}

#[test]
fn no_optional_field_of_a_request_comes_or_goes() {
    let schema = schema("ElevationRequest");
    let with = request(&json!({}));
    for field in ["requester", "startTime", "ticketNumber", "justification"] {
        let mut without = with.clone();
        without["spec"].as_object_mut().unwrap().remove(field);
        accepts(&schema, &without, Some(&without));
        refuses(&schema, &without, Some(&with), NOT_CHANGED);
        refuses(&schema, &with, Some(&without), NOT_CHANGED);
    }
}

#[test]
fn a_cancelled_request_stays_cancelled() {
    let schema = schema("ElevationRequest");
    let cancelled = |value: Option<bool>| {
        let mut request = request(&json!({}));
        request["spec"]
            .as_object_mut()
            .unwrap()
            .extend(value.map(|v| ("cancelled".to_owned(), json!(v))));
        request
    };
    let all = [None, Some(false), Some(true)];
    for old in all {
        for new in all {
            let (before, after) = (cancelled(old), cancelled(new));
            if old == Some(true) && new != Some(true) {
                refuses(
                    &schema,
                    &after,
                    Some(&before),
                    "a cancelled request stays cancelled",
                );
            } else {
                accepts(&schema, &after, Some(&before));
            }
        }
    }
}

/// What people write is read in terminals, messages and logs.
#[test]
fn texts_are_one_plain_line() {
    let schema = schema("ElevationRequest");
    let sentence = "has a line break, a control character or an invisible one: write one line of plain text";
    let with = |field: &str, text: &str| {
        let mut request = request(&json!({}));
        match field {
            "comment" => {
                let entry = json!({ "approver": "bob@example.com", "decision": "Approved", "comment": text });
                request["status"] = json!({ "approvals": [entry] });
            }
            _ => request["spec"][field] = json!(text),
        }
        request
    };
    for field in ["justification", "ticketNumber", "comment"] {
        for text in [
            "two\nlines",
            "two\r\nlines",
            "a\ttab",
            "an escape \u{1b}[31m",
            "a bell\u{7}",
            "next line\u{85}",
            "line separator\u{2028}",
            "right to left \u{202e}nimda",
            "isolated \u{2066}nimda",
            "zero\u{200b}width",
            "byte order mark\u{feff}",
        ] {
            let refusal = format!("{field} {sentence}");
            refuses(&schema, &with(field, text), None, &refusal);
        }
        for text in [
            "",
            "restore of the orders table",
            "Größe: 5 µm, «да»",
            "中文",
            "שלום",
            "नमस्ते",
            "👩\u{200d}💻",
            "می\u{200c}خواهم",
        ] {
            accepts(&schema, &with(field, text), None);
        }
    }
}
