//! The controller's status writes: a merge patch of what changed, with the seal over what will be stored.

use serde_json::{Map, Value, json};

use super::stored_request::StoredRequest;
use crate::admission::SealKey;
use crate::api::ElevationRequestStatus;

/// The merge patch that makes `after` out of what is stored; `None` when nothing changes and the seal is good.
///
/// - It names the `resourceVersion` that was read: whoever wrote in between wins, and the pass begins anew.
/// - It never names `approvals`, which belong to people.
/// - Fields that this version does not know stay as they are, and are sealed with the rest.
pub fn sealed_patch(request: &StoredRequest, after: &ElevationRequestStatus, key: &SealKey) -> Option<Value> {
    // Of a request that nothing was said about yet there is nothing to seal.
    if after.phase.is_none() && request.status() == *after {
        return None;
    }
    let object = request.object();
    let stored = object["status"].clone();
    let change = difference(&stored, &ours(&request.status()), &ours(after));
    let unchanged = change.as_object().is_none_or(Map::is_empty);
    if unchanged && key.check(object) == crate::domain::SealCheck::Valid {
        return None;
    }
    let mut sealed = object.clone();
    merge(&mut sealed["status"], &change);
    let mut status = change;
    status["seal"] = json!(key.seal(&sealed));
    Some(json!({
        "metadata": { "resourceVersion": request.resource_version() },
        "status": status,
    }))
}

/// A status without what is not the controller's to write by field.
fn ours(status: &ElevationRequestStatus) -> Value {
    let mut status = json!(status);
    if let Some(fields) = status.as_object_mut() {
        fields.remove("approvals");
        fields.remove("seal");
    }
    status
}

/// What to merge into `stored`, which our types read as `before`, so that they read it as `after`.
fn difference(stored: &Value, before: &Value, after: &Value) -> Value {
    let nothing = Map::new();
    let fields = |value: &'_ Value| value.as_object().cloned().unwrap_or_default();
    let (stored, before) = (fields(stored), fields(before));
    let mut change = Map::new();
    for (name, new) in after.as_object().unwrap_or(&nothing) {
        match (stored.get(name), before.get(name)) {
            (Some(stored), _) if stored == new => {}
            // What reads the same is left alone, with what other versions put beside it.
            (Some(_), Some(old)) if old == new => {}
            (Some(stored @ Value::Object(_)), Some(old)) if new.is_object() => {
                let inner = difference(stored, old, new);
                if inner.as_object().is_some_and(|fields| !fields.is_empty()) {
                    change.insert(name.clone(), inner);
                }
            }
            _ => drop(change.insert(name.clone(), new.clone())),
        }
    }
    for name in before.keys().filter(|name| after.get(name).is_none()) {
        if stored.contains_key(name) {
            change.insert(name.clone(), Value::Null);
        }
    }
    Value::Object(change)
}

/// RFC 7386, as the API server carries it out.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (name, value) in patch {
        if value.is_null() {
            if let Some(fields) = target.as_object_mut() {
                fields.remove(name);
            }
        } else {
            merge(&mut target[name], value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Phase, Reason};
    use crate::domain::SealCheck;

    fn request(status: &Value) -> StoredRequest {
        let object = json!({
            "apiVersion": "team-operator.io/v1alpha1", "kind": "ElevationRequest",
            "metadata": { "uid": "u", "namespace": "orders", "name": "fix", "resourceVersion": "7" },
            "spec": { "accountId": "111122223333", "permissionSet": "DatabaseAdmin", "duration": "2h" },
            "status": status,
        });
        StoredRequest::new(&serde_json::from_value(object).unwrap())
    }

    /// What is stored when the API server has carried the patch out.
    fn carried_out(request: &StoredRequest, patch: &Value) -> Value {
        let mut object = request.object().clone();
        merge(&mut object["status"], &patch["status"]);
        object
    }

    fn pending(request: &StoredRequest) -> ElevationRequestStatus {
        ElevationRequestStatus {
            phase: Some(Phase::Pending),
            reason: Some(Reason::AwaitingApproval),
            ..request.status()
        }
    }

    #[test]
    fn the_seal_is_good_for_what_is_stored() {
        let key = SealKey::generate().unwrap();
        let request = request(&json!({ "approvals": [{ "approver": "bob", "decision": "Approved" }] }));
        let patch = sealed_patch(&request, &pending(&request), &key).unwrap();
        assert_eq!(patch["metadata"]["resourceVersion"], "7");
        assert_eq!(
            patch["status"]["approvals"],
            Value::Null,
            "approvals are not ours to write"
        );
        let stored = carried_out(&request, &patch);
        assert_eq!(key.check(&stored), SealCheck::Valid);
        assert_eq!(stored["status"]["approvals"][0]["approver"], "bob");
        assert_eq!(
            stored["status"]["finished"], false,
            "what the API server would fill in is written out"
        );
    }

    #[test]
    fn where_nothing_was_said_yet_nothing_is_sealed() {
        let key = SealKey::generate().unwrap();
        let new = request(&Value::Null);
        assert_eq!(sealed_patch(&new, &new.status(), &key), None);
    }

    #[test]
    fn an_unchanged_status_is_not_written_again() {
        let key = SealKey::generate().unwrap();
        let new = request(&Value::Null);
        let stored = carried_out(&new, &sealed_patch(&new, &pending(&new), &key).unwrap());
        let read = StoredRequest::new(&serde_json::from_value(stored).unwrap());
        assert_eq!(sealed_patch(&read, &read.status(), &key), None);
    }

    #[test]
    fn a_field_that_goes_is_taken_out_and_one_of_another_version_stays() {
        let key = SealKey::generate().unwrap();
        let request =
            request(&json!({ "reason": "Granting", "message": "old", "fromTheFuture": { "a": 1 } }));
        let after = ElevationRequestStatus {
            message: None,
            ..request.status()
        };
        let patch = sealed_patch(&request, &after, &key).unwrap();
        assert_eq!(
            patch["status"].as_object().unwrap().get("message"),
            Some(&Value::Null)
        );
        let stored = carried_out(&request, &patch);
        assert_eq!(stored["status"].get("message"), None);
        assert_eq!(stored["status"]["fromTheFuture"]["a"], 1);
        assert_eq!(key.check(&stored), SealCheck::Valid);
    }

    #[test]
    fn only_what_changed_inside_is_named() {
        let stored =
            json!({ "window": { "notAfter": "a", "unknown": 1 }, "list": [{ "x": 1, "unknown": 2 }] });
        let before = json!({ "window": { "notAfter": "a" }, "list": [{ "x": 1 }] });
        let after = json!({ "window": { "notAfter": "a", "endTime": "b" }, "list": [{ "x": 1 }] });
        assert_eq!(
            difference(&stored, &before, &after),
            json!({ "window": { "endTime": "b" } })
        );
    }
}
