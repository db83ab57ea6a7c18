//! The seal: an HMAC by the controller over everything that a decision about a request, or a step of an assignment,
//! depends on.
//!
//! The admission policies keep people from writing a status. The seal reveals it when they did so nevertheless: in
//! a gap of the policies, directly in etcd, or in a restored backup. Without the key nobody can write a status that the
//! controller accepts.
//!
//! **What is sealed.** The object's uid (a status cannot be moved to another request), its spec but for `cancelled`,
//! which the requester may set at any time and which can only end access, and its status but for `approvals`, which
//! people write, and the seal itself. It is computed over the JSON that the API server
//! stores, not over our types, so that a field which an older or newer version does not know is sealed too.

mod record;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value};
use sha2::Sha256;

pub use crate::domain::SealCheck;

/// Separates this use of the key from others.
const DOMAIN: &[u8] = b"team-operator.io/seal/v1\n";

/// The version of the format.
const PREFIX: &str = "v1:";

/// Bytes of a key: as many as the hash gives.
const KEY_BYTES: usize = 32;

/// The seal key, stored in a Secret of the controller's namespace. Who has it can forge a status, and losing it breaks
/// every existing seal.
#[derive(Clone)]
pub struct SealKey([u8; KEY_BYTES]);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum SealKeyError {
    /// What is stored is no key.
    #[error("the key of the seal has {0} bytes instead of {KEY_BYTES}: restore the Secret from a backup")]
    Length(usize),
    /// The system gives no randomness.
    #[error("the system has no randomness for the key of the seal: {0}")]
    Randomness(getrandom::Error),
}

impl std::fmt::Debug for SealKey {
    /// Never the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey")
    }
}

impl SealKey {
    /// A new key.
    pub fn generate() -> Result<Self, SealKeyError> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(SealKeyError::Randomness)?;
        Ok(Self(bytes))
    }

    /// The key that was stored.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealKeyError> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| SealKeyError::Length(bytes.len()))
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The seal of an object as it is, or is about to be, stored. `object` has `metadata.uid`, `spec` and perhaps
    /// `status`.
    pub fn seal(&self, object: &Value) -> String {
        self.tag(DOMAIN, &sealed_part(object))
    }

    /// Whether the seal in `status.seal` is the controller's.
    ///
    /// A status that holds nothing but `approvals` needs no seal: the controller wrote nothing in it.
    pub fn check(&self, object: &Value) -> SealCheck {
        let Some(seal) = object["status"]["seal"].as_str() else {
            let written = sealed_part(object)["status"]
                .as_object()
                .is_some_and(|s| !s.is_empty());
            return if written {
                SealCheck::Broken
            } else {
                SealCheck::Unsealed
            };
        };
        if self.is_tag(seal, DOMAIN, &sealed_part(object)) {
            SealCheck::Valid
        } else {
            SealCheck::Broken
        }
    }

    /// A seal over a part of an object.
    fn tag(&self, domain: &[u8], part: &Value) -> String {
        format!("{PREFIX}{}", self.sign(domain, part))
    }

    /// Whether a text is the seal over this part of an object.
    fn is_tag(&self, seal: &str, domain: &[u8], part: &Value) -> bool {
        seal.strip_prefix(PREFIX)
            .is_some_and(|code| self.verify(domain, part, code))
    }

    /// An HMAC over any JSON, for records of our own; `domain` separates the uses.
    pub(super) fn sign(&self, domain: &[u8], value: &Value) -> String {
        hex(&self.mac(domain, value).finalize().into_bytes())
    }

    /// Whether [`sign`](Self::sign) gave this HMAC, compared in constant time.
    pub(super) fn verify(&self, domain: &[u8], value: &Value, code: &str) -> bool {
        unhex(code).is_some_and(|tag| self.mac(domain, value).verify_slice(&tag).is_ok())
    }

    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    fn mac(&self, domain: &[u8], value: &Value) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(domain);
        mac.update(canonical(value).as_bytes());
        mac
    }
}

fn sealed_part(object: &Value) -> Value {
    let mut status = object["status"].as_object().cloned().unwrap_or_default();
    status.remove("approvals");
    status.remove("seal");
    let mut spec = object["spec"].clone();
    if let Some(fields) = spec.as_object_mut() {
        fields.remove("cancelled");
    }
    let mut part = Map::new();
    part.insert("uid".to_owned(), object["metadata"]["uid"].clone());
    part.insert("spec".to_owned(), spec);
    part.insert("status".to_owned(), Value::Object(status));
    Value::Object(part)
}

/// JSON with its keys in order and without nulls, which the API server does not store.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().filter(|(_, v)| !v.is_null()).collect();
            fields.sort_by_key(|(key, _)| *key);
            let fields: Vec<_> = fields
                .iter()
                .map(|(k, v)| format!("{}:{}", Value::from(k.as_str()), canonical(v)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        scalar => scalar.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key() -> SealKey {
        SealKey::from_bytes(&[7; KEY_BYTES]).unwrap()
    }

    fn sealed() -> Value {
        let mut object = json!({
            "metadata": { "uid": "u-1", "resourceVersion": "5", "labels": { "team": "orders" } },
            "spec": { "accountId": "111122223333", "duration": "2h" },
            "status": {
                "phase": "Pending",
                "review": { "progress": "0/1", "deadline": "2026-12-01T09:00:00Z" },
                "approvals": [],
            },
        });
        object["status"]["seal"] = json!(key().seal(&object));
        object
    }

    #[test]
    fn the_seal_of_the_controller_is_good() {
        assert_eq!(key().check(&sealed()), SealCheck::Valid);
    }

    #[test]
    fn what_people_may_change_does_not_break_the_seal() {
        let mut object = sealed();
        object["status"]["approvals"] = json!([{ "approver": "bob", "decision": "Approved" }]);
        object["spec"]["cancelled"] = json!(true);
        object["metadata"]["labels"] = json!({});
        object["metadata"]["resourceVersion"] = json!("6");
        assert_eq!(key().check(&object), SealCheck::Valid);
    }

    #[test]
    fn any_other_change_breaks_the_seal() {
        let changes: [(&str, Value); 7] = [
            ("/metadata/uid", json!("u-2")),
            ("/spec/accountId", json!("999999999999")),
            ("/status/phase", json!("Approved")),
            ("/status/review/progress", json!("1/1")),
            ("/status/review", json!({})),
            ("/status/seal", json!("v1:00")),
            ("/status/seal", json!("nonsense")),
        ];
        for (pointer, value) in changes {
            let mut object = sealed();
            *object.pointer_mut(pointer).unwrap() = value;
            assert_eq!(key().check(&object), SealCheck::Broken, "{pointer}");
        }
        let mut added = sealed();
        added["status"]["unknownToThisVersion"] = json!(true);
        assert_eq!(key().check(&added), SealCheck::Broken);
    }

    #[test]
    fn another_key_does_not_make_a_good_seal() {
        assert_eq!(SealKey::generate().unwrap().check(&sealed()), SealCheck::Broken);
    }

    #[test]
    fn a_status_without_a_seal_is_untouched_or_forged() {
        let mut object = sealed();
        object["status"].as_object_mut().unwrap().remove("seal");
        assert_eq!(
            key().check(&object),
            SealCheck::Broken,
            "a phase that nobody sealed"
        );
        object["status"] = json!({ "approvals": [] });
        assert_eq!(key().check(&object), SealCheck::Unsealed);
        object.as_object_mut().unwrap().remove("status");
        assert_eq!(key().check(&object), SealCheck::Unsealed);
    }

    #[test]
    fn order_of_keys_and_nulls_do_not_matter_and_structure_does() {
        assert_eq!(
            canonical(&json!({ "b": 1, "a": null, "c": [{}] })),
            r#"{"b":1,"c":[{}]}"#
        );
        assert_ne!(
            canonical(&json!({ "a": "b\",\"c" })),
            canonical(&json!({ "a": "b", "c": "" }))
        );
    }

    #[test]
    fn a_key_of_another_length_is_refused_with_a_sentence() {
        let error = SealKey::from_bytes(&[1, 2, 3]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the key of the seal has 3 bytes instead of 32: restore the Secret from a backup"
        );
    }
}
