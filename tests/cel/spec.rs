//! What may stand in a spec: durations and names, policies, settings, reviews.

use kube_cel::Validator;
use serde_json::{Value, json};
use team_operator::api::{AccountId, HumanDuration, OrganizationalUnitId, PermissionSetName, Timestamp};

use crate::shared::{accepts, refusals, refuses, request, schema};

#[test]
fn the_api_server_and_the_program_take_the_same_durations() {
    let schema = schema("ElevationRequest");
    for text in [
        "2h",
        "90m",
        "1h30m",
        "1s",
        "0h5m",
        "8000h",
        "7999h59m60s",
        "28800000s",
        "",
        "0",
        "0s",
        "0h0m0s",
        "-1h",
        "+1h",
        "1.5h",
        "1h 30m",
        "30m1h",
        "1h1h",
        "two hours",
        "h",
        "1",
        "1d",
        "8001h",
        "8000h1s",
        "28800001s",
        "99999999999999999999h",
        "9223372036854775807s",
        "1H",
    ] {
        let mut object = request(&json!({}));
        object["spec"]["duration"] = json!(text);
        if text.parse::<HumanDuration>().is_ok() {
            accepts(&schema, &object, None);
        } else {
            refuses(
                &schema,
                &object,
                None,
                "write a duration longer than zero and at most 8000h in whole hours",
            );
        }
    }
}

#[test]
fn every_time_that_the_api_server_takes_is_one_that_the_program_reads() {
    let taken = [
        "2026-12-01T09:00:00Z",
        "2026-12-01T09:00:00.5Z",
        "2026-12-01T09:00:00.123456789Z",
        "2026-12-01T11:00:00+02:00",
        "2026-12-01T23:00:00.25+14:00",
        "2026-12-01T09:00:00-00:00",
        "2028-02-29T09:00:00Z",
        "2000-02-29T09:00:00Z",
        "1000-01-01T00:00:00Z",
        "2999-12-31T23:59:59Z",
    ];
    let refused = [
        "",
        "tomorrow",
        "2026-12-01",
        "2026-12-01T09:00:00",
        "2026-12-01 09:00:00Z",
        "2026-12-01t09:00:00z",
        "2026-12-01T09:00:00,123456789Z",
        "2026-12-01T09:00:00,5+01:00",
        "2026-12-01T09:00:00.1234567890Z",
        "2026-12-01T09:00:00.Z",
        "2026-12-01T09:00:00+25:00",
        "2026-12-01T09:00:00+2:00",
        "2026-12-01T09:00:00+0200",
        "2026-12-01T09:00Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01T23:59:60Z",
        "2026-12-01T9:00:00Z",
        "2026-11-31T09:00:00Z",
        "2026-02-29T09:00:00Z",
        "2100-02-29T09:00:00Z",
        "2026-02-30T09:00:00Z",
        "2026-13-01T09:00:00Z",
        "2026-00-01T09:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "12026-12-01T09:00:00Z",
        "２026-12-01T09:00:00Z",
        "2026-12-01T09:00:00Z\n",
    ];
    for (kind, spec) in [
        ("ElevationRequest", json!({})),
        ("EligibilityReview", json!({ "requester": "alice@example.com" })),
    ] {
        let schema = schema(kind);
        let at = |text: &str| {
            let mut object = request(&json!({}));
            if kind == "EligibilityReview" {
                object["spec"] = spec.clone();
            }
            object["spec"]["startTime"] = json!(text);
            object
        };
        for text in taken {
            accepts(&schema, &at(text), None);
            assert!(serde_json::from_value::<Timestamp>(json!(text)).is_ok(), "{text}");
        }
        for text in refused {
            refuses(
                &schema,
                &at(text),
                None,
                "write a time such as 2026-12-01T09:00:00Z",
            );
        }
    }
}

#[test]
fn the_api_server_and_the_program_take_the_same_names() {
    let requests = schema("ElevationRequest");
    let policies = schema("ApproverPolicy");
    let long = "x".repeat(33);
    for text in [
        "111122223333",
        "000000000001",
        "",
        "11112222333",
        "1111222233334",
        "11112222333a",
        "Read_Only+=,.@-9",
        "Read Only",
        "Réadonly",
        "a/b",
        &long,
        "r-ab12",
        "r-abc",
        "ou-ab12-prod0001",
        "ou-ab12",
        "ou-AB12-prod0001",
    ] {
        let with = |field: &str| {
            let mut object = request(&json!({}));
            object["spec"][field] = json!(text);
            object
        };
        let unit = approver_policy(&json!({ "organizationalUnits": [{ "id": text }] }));
        for (schema, object, valid) in [
            (&requests, with("accountId"), AccountId::parse(text).is_ok()),
            (
                &requests,
                with("permissionSet"),
                PermissionSetName::parse(text).is_ok(),
            ),
            (&policies, unit, OrganizationalUnitId::parse(text).is_ok()),
        ] {
            let said = refusals(schema, &object, None);
            assert_eq!(said.is_empty(), valid, "{text:?}: {said:?}");
        }
    }
}

fn approver_policy(spec: &Value) -> Value {
    let mut policy = json!({
        "metadata": { "name": "production" },
        "spec": { "stages": [{ "name": "lead", "approvers": [{ "kind": "Group", "name": "Leads" }] }] },
    });
    policy["spec"]
        .as_object_mut()
        .unwrap()
        .extend(spec.as_object().unwrap().clone());
    policy
}

fn eligibility_policy(spec: &Value) -> Value {
    let mut policy = json!({
        "metadata": { "name": "developers" },
        "spec": {
            "subjects": [{ "kind": "Group", "name": "TEAM-Users" }],
            "permissionSets": ["DatabaseAdmin"],
            "maxDuration": "8h",
        },
    });
    policy["spec"]
        .as_object_mut()
        .unwrap()
        .extend(spec.as_object().unwrap().clone());
    policy
}

type Policy = fn(&Value) -> Value;

#[test]
fn a_policy_names_an_account_or_a_unit() {
    let kinds: [(&str, Policy); 2] = [
        ("ApproverPolicy", approver_policy),
        ("EligibilityPolicy", eligibility_policy),
    ];
    for (kind, policy) in kinds {
        let schema = schema(kind);
        for nowhere in [
            json!({}),
            json!({ "accounts": [] }),
            json!({ "accounts": [], "organizationalUnits": [] }),
        ] {
            refuses(
                &schema,
                &policy(&nowhere),
                None,
                "name at least one account in accounts or one unit",
            );
        }
        accepts(&schema, &policy(&json!({ "accounts": ["111122223333"] })), None);
        accepts(
            &schema,
            &policy(&json!({ "organizationalUnits": [{ "id": "r-ab12" }] })),
            None,
        );
    }
}

#[test]
fn stages_have_names_of_their_own() {
    let schema = schema("ApproverPolicy");
    let stages = |names: &[&str]| {
        let approvers = json!([{ "kind": "User", "name": "bob" }]);
        let stages: Vec<Value> = names
            .iter()
            .map(|name| json!({ "name": name, "approvers": approvers }))
            .collect();
        approver_policy(&json!({ "accounts": ["111122223333"], "stages": stages }))
    };
    accepts(&schema, &stages(&["lead", "security"]), None);
    refuses(
        &schema,
        &stages(&["lead", "security", "lead"]),
        None,
        "give each stage a name of its own",
    );
}

#[test]
fn settings_are_named_default_and_their_form_of_tickets_is_a_regular_expression() {
    let schema = schema("TeamSettings");
    let settings = |name: &str, pattern: &str| json!({ "metadata": { "name": name }, "spec": { "ticketNumber": { "pattern": pattern } } });
    accepts(&schema, &settings("default", "^[A-Z]+-[0-9]+$"), None);
    accepts(&schema, &json!({ "metadata": { "name": "default" } }), None);
    refuses(
        &schema,
        &settings("other", "^[A-Z]+$"),
        None,
        "there is one TeamSettings and its name is default",
    );
    // Not a refusal but a failure of the rule, which the API server shows with the same sentence.
    let broken = Validator::new().validate(&schema, &settings("default", "(OPS"), None);
    assert_eq!(
        broken.unwrap_err().as_slice()[0].field_path,
        "spec.ticketNumber.pattern"
    );
}

#[test]
fn settings_take_durations_like_requests() {
    let schema = schema("TeamSettings");
    for field in [
        "maxRequestDuration",
        "requestExpiry",
        "maxStartDelay",
        "retention",
    ] {
        let settings = |value: &str| json!({ "metadata": { "name": "default" }, "spec": { field: value } });
        accepts(&schema, &settings("24h"), None);
        refuses(
            &schema,
            &settings("1d"),
            None,
            "write a duration longer than zero",
        );
    }
}

#[test]
fn a_review_is_not_changed() {
    let schema = schema("EligibilityReview");
    let review = |spec: &Value, complete: bool| json!({ "metadata": { "name": "r" }, "spec": spec, "status": { "complete": complete } });
    let (one, other) = (
        json!({ "requester": "alice" }),
        json!({ "requester": "alice", "duration": "2h" }),
    );
    accepts(&schema, &review(&one, true), Some(&review(&one, false)));
    refuses(
        &schema,
        &review(&other, false),
        Some(&review(&one, false)),
        "a review cannot be changed: create a new one",
    );
}
