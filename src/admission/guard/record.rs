//! The guard's record of the last intact check.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::observation::LiveObject;
use crate::admission::seal::SealKey;

/// Separates the guard's use of the key from the seal's.
const DOMAIN: &[u8] = b"team-operator.io/guard-record/v1\n";

/// Every policy, binding and definition of ours at the last time the guard was intact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GuardRecord {
    /// One mark an object, in the order of the sources.
    pub objects: Vec<ObjectMark>,
}

/// Identifies the version of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectMark {
    /// The object's kind.
    pub kind: String,
    /// The object's name.
    pub name: String,
    /// The object's uid.
    pub uid: String,
    /// The object's generation.
    pub generation: i64,
}

impl GuardRecord {
    /// The record of these objects.
    pub fn of(objects: &[LiveObject]) -> Self {
        let marks = objects.iter().filter_map(|object| {
            let found = object.found.as_ref()?;
            Some(ObjectMark {
                kind: object.kind.clone(),
                name: object.name.clone(),
                uid: found.uid.clone(),
                generation: found.generation,
            })
        });
        Self {
            objects: marks.collect(),
        }
    }

    /// The record as it is stored: its JSON, and an HMAC that requires the key.
    pub fn signed(&self, key: &SealKey) -> (String, String) {
        let record = json!(self);
        (record.to_string(), key.sign(DOMAIN, &record))
    }

    /// The stored record; `None` when its HMAC is wrong, which counts as no record.
    pub fn verified(record: &str, code: &str, key: &SealKey) -> Option<Self> {
        let value = serde_json::from_str(record).ok()?;
        key.verify(DOMAIN, &value, code)
            .then(|| serde_json::from_value(value).ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> GuardRecord {
        let mark = ObjectMark {
            kind: "K".to_owned(),
            name: "n".to_owned(),
            uid: "u".to_owned(),
            generation: 1,
        };
        GuardRecord { objects: vec![mark] }
    }

    #[test]
    fn a_record_reads_back_with_its_key_only() {
        let key = SealKey::generate().unwrap();
        let (text, code) = record().signed(&key);
        assert_eq!(GuardRecord::verified(&text, &code, &key), Some(record()));
        assert_eq!(
            GuardRecord::verified(&text, &code, &SealKey::generate().unwrap()),
            None
        );
    }

    #[test]
    fn a_record_that_was_changed_is_no_record() {
        let key = SealKey::generate().unwrap();
        let (text, code) = record().signed(&key);
        assert_eq!(GuardRecord::verified(&text.replace('1', "2"), &code, &key), None);
        assert_eq!(GuardRecord::verified("{}", "", &key), None);
        assert_eq!(GuardRecord::verified("not json", &code, &key), None);
    }
}
