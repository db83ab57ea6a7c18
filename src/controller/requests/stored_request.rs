//! One request as the API server stores it: the JSON that the seal is over, and what can be read of it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, OnceLock};

use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::admission::SealKey;
use crate::api::{
    AssignmentState, ClaimedAssignment, ElevationRequestSpec, ElevationRequestStatus, HumanDuration, Phase,
    Timestamp,
};
use crate::domain::{RequestFacts, SealCheck};

/// Our mark on a request that has, or may have, something in AWS: it cannot go before that is settled.
pub const FINALIZER: &str = "team-operator.io/access";

/// One request as the API server stores it.
///
/// The JSON is kept, because the seal is over it, and because an object that no longer fits our types (its definition was
/// weakened, or another version wrote it) must still be revoked.
///
/// Cheap to clone, and read once: a pass asks for its status again and again.
#[derive(Debug, Clone)]
pub struct StoredRequest {
    object: Arc<Value>,
    reading: Arc<OnceLock<Reading>>,
    /// What the key of this process says of it.
    seal: Arc<OnceLock<SealCheck>>,
}

impl PartialEq for StoredRequest {
    fn eq(&self, other: &Self) -> bool {
        self.object == other.object
    }
}

/// A spec and a status, read as well as possible.
#[derive(Debug)]
struct Reading {
    spec: ElevationRequestSpec,
    status: ElevationRequestStatus,
    whole: bool,
}

impl StoredRequest {
    /// The request that the API server answered with.
    pub fn new(object: &DynamicObject) -> Self {
        Self::of(json!(object))
    }

    fn of(object: Value) -> Self {
        Self {
            object: Arc::new(object),
            reading: Arc::default(),
            seal: Arc::default(),
        }
    }

    /// The JSON.
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> &str {
        self.metadata("uid")
    }

    /// `metadata.namespace`.
    pub fn namespace(&self) -> &str {
        self.metadata("namespace")
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.metadata("name")
    }

    /// `metadata.resourceVersion`: changes with every write to the object.
    pub fn resource_version(&self) -> &str {
        self.metadata("resourceVersion")
    }

    /// A number that changes with everything in the request that is decided about, and with nothing else: labels, annotations and
    /// managed fields make new versions too. For comparing within one process.
    pub fn substance(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let metadata = &self.object["metadata"];
        let parts = [
            &metadata["uid"],
            &metadata["deletionTimestamp"],
            &metadata["finalizers"],
            &self.object["spec"],
            &self.object["status"],
        ];
        for part in parts {
            part.to_string().hash(&mut hasher);
        }
        hasher.finish()
    }

    /// `namespace/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace(), self.name())
    }

    /// The finalizers on it.
    pub fn finalizers(&self) -> Vec<&str> {
        let all = self.object["metadata"]["finalizers"].as_array();
        all.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// What a decision looks at; a process has one key. An object that cannot be read as a whole has no access, or loses it.
    pub fn facts(&self, key: &SealKey) -> RequestFacts {
        let Reading { spec, status, whole } = self.read();
        let (spec, status) = (spec.clone(), status.clone());
        let time = |field: &str| -> Option<Timestamp> {
            serde_json::from_value(self.object["metadata"][field].clone()).ok()
        };
        RequestFacts {
            uid: self.uid().to_owned(),
            namespace: self.namespace().to_owned(),
            name: self.name().to_owned(),
            version: self.resource_version().to_owned(),
            generation: self.object["metadata"]["generation"].as_i64().unwrap_or_default(),
            created_at: time("creationTimestamp")
                .unwrap_or_else(|| Timestamp::from(chrono::DateTime::UNIX_EPOCH)),
            deleted_at: time("deletionTimestamp"),
            has_finalizer: self.finalizers().contains(&FINALIZER),
            spec,
            seal: *self.seal.get_or_init(|| match key.check(&self.object) {
                SealCheck::Unsealed | SealCheck::Valid if !*whole => SealCheck::Unreadable,
                check => check,
            }),
            status,
        }
    }

    /// The status, read as well as possible.
    pub fn status(&self) -> ElevationRequestStatus {
        self.read().status.clone()
    }

    fn metadata(&self, field: &str) -> &str {
        self.object["metadata"][field].as_str().unwrap_or_default()
    }

    fn read(&self) -> &Reading {
        self.reading.get_or_init(|| self.read_anew())
    }

    fn read_anew(&self) -> Reading {
        let spec = serde_json::from_value(self.object["spec"].clone());
        let status = match &self.object["status"] {
            Value::Null => Ok(ElevationRequestStatus::default()),
            status => serde_json::from_value(status.clone()),
        };
        let whole = spec.is_ok() && status.is_ok();
        Reading {
            spec: spec.unwrap_or_else(|_| nothing_asked()),
            status: status.unwrap_or_else(|_| salvaged(&self.object["status"])),
            whole,
        }
    }
}

/// In place of a spec that cannot be read. Nothing is granted for it.
fn nothing_asked() -> ElevationRequestSpec {
    ElevationRequestSpec {
        requester: None,
        account_id: crate::api::AccountId::as_given("unreadable"),
        permission_set: crate::api::PermissionSetName::as_given("unreadable"),
        start_time: None,
        duration: HumanDuration::from_hours(1),
        ticket_number: None,
        justification: None,
        cancelled: None,
    }
}

/// What is needed of a status that cannot be read as a whole: which access there may be. What cannot be read is taken
/// for the worse.
fn salvaged(status: &Value) -> ElevationRequestStatus {
    fn part<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
        serde_json::from_value(value.clone()).ok()
    }
    let recorded = &status["assignment"];
    let name: Option<String> = part(&recorded["name"]);
    let phase: Option<Phase> = part(&status["phase"]);
    ElevationRequestStatus {
        phase: phase.or(name.as_ref().map(|_| Phase::Active)),
        finished: phase.is_some_and(Phase::is_terminal),
        window: part(&status["window"]),
        access: part(&status["access"]),
        requester: part(&status["requester"]),
        assignment: name.map(|name| ClaimedAssignment {
            name,
            state: part(&recorded["state"]).unwrap_or(AssignmentState::Present),
            possible_from: None,
            gone_time: None,
            credentials_expiry_time: None,
            last_error: None,
        }),
        ..ElevationRequestStatus::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(status: &Value) -> StoredRequest {
        StoredRequest::of(json!({
            "metadata": { "uid": "u", "namespace": "orders", "name": "fix", "creationTimestamp": "2026-12-01T09:00:00Z" },
            "spec": { "accountId": "111122223333", "permissionSet": "DatabaseAdmin", "duration": "2h" },
            "status": status,
        }))
    }

    #[test]
    fn a_status_of_garbage_still_names_the_access_that_has_to_go() {
        let garbage =
            json!({ "phase": 7, "conditions": "none", "assignment": { "name": "record", "state": "Held" } });
        let facts = request(&garbage).facts(&SealKey::generate().unwrap());
        assert_eq!(facts.seal, SealCheck::Broken);
        assert_eq!(facts.status.phase, Some(Phase::Active));
        let assignment = facts.status.assignment.unwrap();
        assert_eq!(assignment.state, AssignmentState::Present);
        assert_eq!(assignment.name, "record");
    }

    #[test]
    fn what_is_decided_about_is_told_from_what_is_attached() {
        let object = request(&json!({ "phase": "Pending" })).object().clone();
        let with = |pointer: &str, value: Value| {
            let mut changed = object.clone();
            changed[pointer.split_once('/').unwrap().0][pointer.split_once('/').unwrap().1] = value;
            StoredRequest::of(changed).substance()
        };
        let before = StoredRequest::of(object.clone()).substance();
        for attached in ["labels", "annotations", "managedFields", "resourceVersion"] {
            assert_eq!(
                with(&format!("metadata/{attached}"), json!("new")),
                before,
                "{attached}"
            );
        }
        for (pointer, value) in [
            ("metadata/deletionTimestamp", json!("2026-12-01T09:00:00Z")),
            ("spec/cancelled", json!(true)),
            (
                "status/approvals",
                json!([{ "approver": "bob", "decision": "Approved" }]),
            ),
        ] {
            assert_ne!(with(pointer, value), before, "{pointer}");
        }
    }

    #[test]
    fn a_new_request_that_cannot_be_read_is_nobodys_forgery() {
        let key = SealKey::generate().unwrap();
        let at = |time: &str| {
            let mut object = request(&Value::Null).object().clone();
            object["spec"]["startTime"] = json!(time);
            StoredRequest::of(object).facts(&key).seal
        };
        assert_eq!(at("2026-12-01T09:00:00,5Z"), SealCheck::Unreadable);
        assert_eq!(at("2026-12-01T09:00:00.5Z"), SealCheck::Unsealed);
    }

    #[test]
    fn a_new_request_is_unsealed_and_whole() {
        let facts = request(&Value::Null).facts(&SealKey::generate().unwrap());
        assert_eq!(facts.seal, SealCheck::Unsealed);
        assert_eq!(facts.full_name(), "orders/fix");
        assert_eq!(facts.created_at.to_string(), "2026-12-01T09:00:00Z");
    }
}
