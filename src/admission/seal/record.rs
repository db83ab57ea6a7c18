//! The seal of an assignment's record.
//!
//! The record is the controller's alone: its name, its uid, its spec and all of its status but the seal are sealed. An
//! object has no uid before it is stored, so the write that creates it is sealed without one. Whoever kept such a write
//! can store it again, under the same name and in the state Absent, in which nothing of ours is in AWS;
//! [`RecordSeal::OfCreation`] lets its reader tell.

use serde_json::{Map, Value};

use super::SealKey;
use crate::api::AssignmentState;
use crate::domain::RecordSeal;

/// Tells the seal of a record from that of a request: no status of one kind is ever taken for one of the other.
const RECORD_DOMAIN: &[u8] = b"team-operator.io/record-seal/v1\n";

/// The same for the write that creates a record, which knows no uid.
const CREATED_RECORD_DOMAIN: &[u8] = b"team-operator.io/created-record-seal/v1\n";

impl SealKey {
    /// The seal of a record as it is about to be stored. `object` has `metadata.name`, `spec`, `status` and, unless this
    /// write creates it, `metadata.uid`.
    pub fn seal_record(&self, object: &Value, created: bool) -> String {
        if created {
            self.tag(CREATED_RECORD_DOMAIN, &sealed_part_of_record(object, false))
        } else {
            self.tag(RECORD_DOMAIN, &sealed_part_of_record(object, true))
        }
    }

    /// Whether the seal of a record is the controller's. That of the creating write holds in the state Absent alone: every
    /// other state is written by a write that knows the uid.
    pub fn check_record(&self, object: &Value) -> RecordSeal {
        let seal = object["status"]["seal"].as_str().unwrap_or_default();
        if self.is_tag(seal, RECORD_DOMAIN, &sealed_part_of_record(object, true)) {
            return RecordSeal::Valid;
        }
        let absent = object["status"]["state"] == AssignmentState::Absent.as_str();
        if absent && self.is_tag(seal, CREATED_RECORD_DOMAIN, &sealed_part_of_record(object, false)) {
            return RecordSeal::OfCreation;
        }
        RecordSeal::Broken
    }
}

fn sealed_part_of_record(object: &Value, with_uid: bool) -> Value {
    let mut status = object["status"].clone();
    if let Some(fields) = status.as_object_mut() {
        fields.remove("seal");
    }
    let metadata = &object["metadata"];
    let mut part = Map::new();
    part.insert("name".to_owned(), metadata["name"].clone());
    if with_uid {
        part.insert("uid".to_owned(), metadata["uid"].clone());
    }
    part.insert("spec".to_owned(), object["spec"].clone());
    part.insert("status".to_owned(), status);
    Value::Object(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SealCheck;
    use serde_json::json;

    fn key() -> SealKey {
        SealKey::from_bytes(&[7; 32]).unwrap()
    }

    /// A record as its first write finds it, and as it is stored by a later one.
    fn record(created: bool) -> Value {
        let mut object = json!({
            "metadata": { "name": "111122223333-databaseadmin-0a", "resourceVersion": "5" },
            "spec": { "userId": "u-alice", "accountId": "111122223333" },
            "status": {
                "sequence": 1,
                "state": "Absent",
                "claims": [{ "request": { "uid": "r-1" }, "from": "2026-12-01T09:00:00Z" }],
            },
        });
        if !created {
            object["metadata"]["uid"] = json!("u-1");
        }
        object["status"]["seal"] = json!(key().seal_record(&object, created));
        object["metadata"]["uid"] = json!("u-1");
        object
    }

    #[test]
    fn the_seal_of_a_record_tells_the_creating_write_from_later_ones() {
        assert_eq!(key().check_record(&record(true)), RecordSeal::OfCreation);
        assert_eq!(key().check_record(&record(false)), RecordSeal::Valid);
    }

    #[test]
    fn only_a_write_that_knew_the_uid_speaks_of_any_other_state_than_absent() {
        for state in AssignmentState::ALL {
            let sealed = |created: bool| {
                let mut object = record(created);
                object["status"]["state"] = json!(state);
                object["status"]["seal"] = json!(key().seal_record(&object, created));
                key().check_record(&object)
            };
            assert_eq!(sealed(false), RecordSeal::Valid, "{state:?}");
            let expected = if state == AssignmentState::Absent {
                RecordSeal::OfCreation
            } else {
                RecordSeal::Broken
            };
            assert_eq!(sealed(true), expected, "{state:?}");
        }
    }

    #[test]
    fn a_record_that_was_moved_or_changed_has_a_broken_seal() {
        let changes: [(&str, Value); 8] = [
            ("/metadata/name", json!("111122223333-databaseadmin-0b")),
            ("/spec/userId", json!("u-mallory")),
            ("/spec", json!({})),
            ("/status/sequence", json!(2)),
            ("/status/state", json!("Present")),
            ("/status/claims/0/from", json!("2026-12-01T08:00:00Z")),
            ("/status/claims", json!([])),
            ("/status/seal", json!("v1:00")),
        ];
        for created in [true, false] {
            for (pointer, value) in &changes {
                let mut object = record(created);
                *object.pointer_mut(pointer).unwrap() = value.clone();
                assert_eq!(key().check_record(&object), RecordSeal::Broken, "{pointer}");
            }
            let mut added = record(created);
            added["status"]["unknownToThisVersion"] = json!(true);
            assert_eq!(key().check_record(&added), RecordSeal::Broken);
            for taken in ["spec", "status"] {
                let mut less = record(created);
                less.as_object_mut().unwrap().remove(taken);
                assert_eq!(key().check_record(&less), RecordSeal::Broken, "without {taken}");
            }
            let other = SealKey::generate().unwrap();
            assert_eq!(
                other.check_record(&record(created)),
                RecordSeal::Broken,
                "another key"
            );
        }
    }

    #[test]
    fn a_record_that_was_made_anew_has_only_the_seal_of_its_creating_write() {
        for uid in [json!("u-2"), Value::Null] {
            let (mut created, mut later) = (record(true), record(false));
            created["metadata"]["uid"] = uid.clone();
            later["metadata"]["uid"] = uid;
            assert_eq!(key().check_record(&created), RecordSeal::OfCreation);
            assert_eq!(key().check_record(&later), RecordSeal::Broken);
        }
    }

    #[test]
    fn the_seal_of_a_record_covers_fields_that_this_version_does_not_know_and_ignores_nulls_and_labels() {
        for created in [true, false] {
            let mut object = record(created);
            object["status"]["unknownToThisVersion"] = json!({ "deep": [1] });
            if created {
                object["metadata"].as_object_mut().unwrap().remove("uid");
            }
            object["status"]["seal"] = json!(key().seal_record(&object, created));
            object["metadata"]["uid"] = json!("u-1");
            let sealed = key().check_record(&object);
            assert_ne!(sealed, RecordSeal::Broken);
            object["status"]["lastError"] = Value::Null;
            object["metadata"]["labels"] = json!({ "team": "orders" });
            object["metadata"]["resourceVersion"] = json!("6");
            assert_eq!(key().check_record(&object), sealed);
            object["status"]["unknownToThisVersion"]["deep"] = json!([2]);
            assert_eq!(key().check_record(&object), RecordSeal::Broken);
        }
    }

    #[test]
    fn no_seal_of_one_kind_is_one_of_the_other() {
        let mut request = record(false);
        request["status"]["seal"] = json!(key().seal(&request));
        assert_eq!(key().check(&request), SealCheck::Valid);
        assert_eq!(key().check_record(&request), RecordSeal::Broken);
        for created in [true, false] {
            assert_eq!(key().check(&record(created)), SealCheck::Broken);
        }
    }
}
