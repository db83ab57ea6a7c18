//! One message, in golden files that programs of others check: `tests/python/notifications.py`.

use std::path::Path;

use serde_json::{Value, json};

use crate::api::{Audience, RequestReportSpec, Timestamp};
use crate::domain::notification::{Call, MessageFacts, Subject, Told, facts_of, happenings};

/// When the message is sent.
pub(super) fn now() -> Timestamp {
    serde_json::from_value(json!("2026-12-01T09:00:30Z")).unwrap()
}

/// What alice's request is told as while it waits, with texts that would do harm.
pub(super) fn message() -> (Call, MessageFacts) {
    let spec = json!({
        "requester": "alice@example.com",
        "accountId": "111122223333",
        "permissionSet": "DatabaseAdmin",
        "duration": "2h",
        "ticketNumber": "=OPS-123",
        "justification": "<!channel> *now* https://evil.example \u{202e}& more",
    });
    let status = json!({
        "phase": "Pending",
        "reason": "AwaitingApproval",
        "access": {
            "instanceArn": "arn:aws:sso:::instance/ssoins-1",
            "accountId": "111122223333",
            "accountName": "orders",
            "ouPath": "Root/Production",
            "permissionSetArn": "arn:aws:sso:::permissionSet/ps-1",
            "permissionSetName": "DatabaseAdmin",
            "sessionDuration": "1h",
            "duration": "2h",
        },
        "review": {
            "deadline": "2026-12-01T12:00:00Z",
            "progress": "0/1",
            "currentStage": "lead",
            "stages": [{ "name": "lead", "approvalsRequired": 1, "approvalsCounted": 0 }],
        },
        "approvers": ["bob@example.com"],
        "history": [{
            "sequence": 1,
            "time": "2026-12-01T09:00:00Z",
            "phase": "Pending",
            "reason": "AwaitingApproval",
            "message": "Waiting for approval of stage lead (0 of 1) by bob@example.com.",
            "by": "alice@example.com",
        }],
    });
    let told = Told {
        about: RequestReportSpec {
            kind: "ElevationRequest".to_owned(),
            namespace: Some("access-requests".to_owned()),
            name: "orders-x7k2p".to_owned(),
            uid: "5b0c7f5e-0b5d-4e9a-9d57-1d9c3f0a1b2c".to_owned(),
        },
        created: now(),
        subject: Subject::Request(Box::new((
            serde_json::from_value(spec).unwrap(),
            serde_json::from_value(status).unwrap(),
        ))),
    };
    let channel = serde_json::from_value(json!({ "events": ["ApprovalNeeded"] })).unwrap();
    let happening = happenings(&told, &channel, now()).remove(0);
    let link = Some("https://console.example.com/{namespace}/{name}");
    let facts = facts_of(&told, &happening, Audience::Channel, None, link, now());
    let call = Call {
        channel: "production".to_owned(),
        destination: "0123456789abcdef".to_owned(),
        recipient: None,
        audience: Audience::Channel,
        happening,
        shown: None,
        wanted: true,
    };
    (call, facts)
}

/// Compares with a golden file, or rewrites it.
#[track_caller]
pub(super) fn is_golden(name: &str, value: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/notifications")
        .join(name);
    let text = serde_json::to_string_pretty(value).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        text, golden,
        "{name} is another: run UPDATE=1 cargo test --lib reporter"
    );
}
