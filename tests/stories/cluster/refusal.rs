//! How the API server says no.

use serde_json::{Value, json};

use super::kinds::Kind;

/// A refusal, as clients read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) reason: String,
    pub(crate) message: String,
}

impl Refusal {
    fn new(code: u16, reason: &str, message: String) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            message,
        }
    }

    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        Self::new(
            404,
            "NotFound",
            format!("{} {name:?} not found", kind.qualified()),
        )
    }

    pub(crate) fn not_served() -> Self {
        Self::new(
            404,
            "NotFound",
            "the server could not find the requested resource".to_owned(),
        )
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str) -> Self {
        Self::new(
            409,
            "AlreadyExists",
            format!("{} {name:?} already exists", kind.qualified()),
        )
    }

    pub(crate) fn conflict(kind: &Kind, name: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: the object has been modified; please apply your changes to the latest version and try again",
            kind.qualified()
        );
        Self::new(409, "Conflict", message)
    }

    pub(crate) fn forbidden(kind: &Kind, name: &str, reason: &str, why: &str) -> Self {
        let code = if reason == "Forbidden" { 403 } else { 422 };
        Self::new(
            code,
            reason,
            format!("{} {name:?} is forbidden: {why}", kind.qualified()),
        )
    }

    pub(crate) fn invalid(kind: &Kind, name: &str, mistakes: &[String]) -> Self {
        let all = match mistakes {
            [one] => one.clone(),
            all => format!("[{}]", all.join(", ")),
        };
        Self::new(
            422,
            "Invalid",
            format!("{}.{} {name:?} is invalid: {all}", kind.kind, kind.group),
        )
    }

    /// What etcd says through the server when it is full.
    pub(crate) fn read_only() -> Self {
        Self::new(
            500,
            "InternalError",
            "etcdserver: mvcc: database space exceeded".to_owned(),
        )
    }

    pub(crate) fn bad_request(why: String) -> Self {
        Self::new(400, "BadRequest", why)
    }

    /// The object that travels.
    pub(crate) fn status(&self) -> Value {
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        })
    }
}
