//! One record as the API server stores it, and the object that is written in its place.

use kube::api::DynamicObject;
use serde_json::{Value, json};

use crate::admission::SealKey;
use crate::api::{GROUP, VERSION};
use crate::domain::{Record, RecordSeal, RecordWrite, StoredRecord};

/// Our mark on a record whose assignment is, or may be, in AWS: it cannot go before that is settled.
pub const RECORD_FINALIZER: &str = "team-operator.io/assignment";

/// The record that the API server answered with. One that cannot be read counts as one with a broken seal.
pub fn read(object: &DynamicObject, key: &SealKey) -> StoredRecord {
    let metadata = &object.metadata;
    let json = json!(object);
    let record = content(&json);
    let seal = match &record {
        Some(_) => key.check_record(&json),
        None => RecordSeal::Broken,
    };
    StoredRecord {
        name: metadata.name.clone().unwrap_or_default(),
        uid: metadata.uid.clone().unwrap_or_default(),
        version: metadata.resource_version.clone().unwrap_or_default(),
        deletion_requested: metadata.deletion_timestamp.is_some(),
        has_finalizer: has_finalizer(object),
        seal,
        record,
    }
}

/// Whether our finalizer is on it.
pub fn has_finalizer(object: &DynamicObject) -> bool {
    let mut finalizers = object.metadata.finalizers.iter().flatten();
    finalizers.any(|finalizer| finalizer == RECORD_FINALIZER)
}

fn content(object: &Value) -> Option<Record> {
    Some(Record {
        spec: serde_json::from_value(object["spec"].clone()).ok()?,
        status: serde_json::from_value(object["status"].clone()).ok()?,
    })
}

/// The whole object that a write puts in the place of what is stored, sealed.
pub fn sealed(write: &RecordWrite, record: &Record, key: &SealKey) -> Value {
    let mut metadata = json!({ "name": write.name });
    if let Some((uid, version)) = &write.base {
        metadata["uid"] = json!(uid);
        metadata["resourceVersion"] = json!(version);
    }
    if write.finalizer {
        metadata["finalizers"] = json!([RECORD_FINALIZER]);
    }
    let mut object = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": "AccountAssignment",
        "metadata": metadata,
        "spec": record.spec,
        "status": record.status,
    });
    object["status"]["seal"] = json!(key.seal_record(&object, write.base.is_none()));
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{
        AccountAssignmentSpec, AccountId, InstanceArn, PermissionSetArn, PermissionSetName, Timestamp, UserId,
    };

    fn record() -> Record {
        let spec = AccountAssignmentSpec {
            instance_arn: InstanceArn::new("instance"),
            user_id: UserId::new("id-alice"),
            account_id: AccountId::parse("111122223333").unwrap(),
            permission_set_arn: PermissionSetArn::new("arn"),
            user_name: "alice".to_owned(),
            account_name: "orders".to_owned(),
            permission_set_name: PermissionSetName::parse("Admin").unwrap(),
        };
        Record::absent(spec, Timestamp::from(chrono::DateTime::UNIX_EPOCH))
    }

    /// What the API server makes of a written object.
    fn stored(mut object: Value, uid: &str) -> DynamicObject {
        object["metadata"]["uid"] = json!(uid);
        object["metadata"]["resourceVersion"] = json!("7");
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let key = SealKey::generate().unwrap();
        let created = RecordWrite::create("name".to_owned(), record());
        let content = created.record.clone().unwrap();
        let read_back = read(&stored(sealed(&created, &content, &key), "u"), &key);
        assert_eq!(read_back.seal, RecordSeal::OfCreation);
        let replaced = read_back.replace(record(), None);
        let content = replaced.record.clone().unwrap();
        let read_back = read(&stored(sealed(&replaced, &content, &key), "u"), &key);
        assert_eq!(read_back.seal, RecordSeal::Valid);
        assert_eq!((read_back.uid.as_str(), read_back.version.as_str()), ("u", "7"));
        assert_eq!(read_back.record.map(|record| record.spec), Some(content.spec));
    }

    #[test]
    fn what_cannot_be_read_is_there_and_broken() {
        let key = SealKey::generate().unwrap();
        let garbage = json!({
            "apiVersion": "team-operator.io/v1alpha1", "kind": "AccountAssignment",
            "metadata": { "name": "name", "finalizers": [RECORD_FINALIZER] },
            "spec": {}, "status": { "state": "Held" },
        });
        let read = read(&stored(garbage, "u"), &key);
        assert_eq!((read.seal, read.record), (RecordSeal::Broken, None));
        assert!(read.has_finalizer);
    }
}
