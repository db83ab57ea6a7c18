//! Objects to start from, and what the rules must say of them.

use kube_cel::{ErrorKind, Validator};
use serde_json::{Value, json};
use team_operator::api;

/// The schema of a kind, as the definitions have it.
pub fn schema(kind: &str) -> Value {
    let mut all = api::all_crds().into_iter();
    let crd = all.find(|crd| crd["spec"]["names"]["kind"] == kind).unwrap();
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
}

/// A request of Alice's with a status.
pub fn request(status: &Value) -> Value {
    json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "ElevationRequest",
        "metadata": { "name": "request" },
        "spec": {
            "requester": "alice@example.com",
            "accountId": "111122223333",
            "permissionSet": "DatabaseAdmin",
            "startTime": "2026-12-01T09:00:00Z",
            "duration": "2h",
            "ticketNumber": "OPS-123",
            "justification": "restore of the orders table",
        },
        "status": status,
    })
}

/// The sentences of the rules that refuse an object in place of an old one. A rule that cannot be evaluated is no
/// refusal but a mistake of ours.
#[track_caller]
pub fn refusals(schema: &Value, new: &Value, old: Option<&Value>) -> Vec<String> {
    let Err(errors) = Validator::new().validate(schema, new, old) else {
        return vec![];
    };
    let sentence = |error: &kube_cel::ValidationError| {
        assert_eq!(
            error.kind,
            ErrorKind::ValidationFailure,
            "{}: {}",
            error.rule,
            error.message
        );
        error.message.clone()
    };
    errors.as_slice().iter().map(sentence).collect()
}

#[track_caller]
pub fn accepts(schema: &Value, new: &Value, old: Option<&Value>) {
    assert_eq!(refusals(schema, new, old), [""; 0], "\nnew: {new}\nold: {old:?}");
}

#[track_caller]
pub fn refuses(schema: &Value, new: &Value, old: Option<&Value>, sentence: &str) {
    let said = refusals(schema, new, old);
    assert!(
        said.iter().any(|s| s.contains(sentence)),
        "{said:?}\nexpected: {sentence}\nnew: {new}\nold: {old:?}"
    );
}

/// Both ways: from this status to that one it goes, or is refused with a sentence.
#[track_caller]
pub fn step(schema: &Value, old: &Value, new: &Value, refusal: Option<&str>) {
    let (old, new) = (request(old), request(new));
    match refusal {
        None => accepts(schema, &new, Some(&old)),
        Some(sentence) => refuses(schema, &new, Some(&old), sentence),
    }
}
