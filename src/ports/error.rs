//! Errors of calls through a port.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::Sent;

/// A failed call. Its `Display` is one or two sentences for people: the operation and its resource, AWS's message, and
/// what to check.
#[derive(Clone)]
pub struct PortError {
    /// The kind of failure; decides between a retry and waiting for a person.
    pub class: Class,
    /// The AWS operation, as AWS spells it, for instance `CreateAccountAssignment`.
    pub operation: &'static str,
    /// The resource, for instance `account 111122223333`.
    pub resource: String,
    /// What happened, and what to check.
    pub sentence: String,
    /// Whether AWS may have acted nevertheless. Matters for create and delete.
    pub effect: Effect,
    /// How long AWS asks to wait before the next call, where it says so.
    pub retry_after: Option<Duration>,
    /// The underlying error, for logs.
    pub source: Option<Arc<dyn Error + Send + Sync>>,
}

/// Kinds of failure, by how the caller reacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Too many calls, for AWS or for the controller's own budget. Retry later.
    Throttled,
    /// No usable response: network, timeout, an internal error. Retry later.
    Unavailable,
    /// Not permitted, no credentials, a quota, an encryption key: a person has to act.
    Denied,
    /// AWS rejects the call itself: the request or the configuration has to change.
    Invalid,
    /// Another operation on the same resource is in progress. Retry later.
    Conflict,
    /// A resource named in the call does not exist. AWS often does not say which.
    NotFound,
}

/// Whether a failed call may have had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It was never sent, or AWS refused it: nothing changed.
    None,
    /// It may have been executed, with the response lost.
    Uncertain,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 6] = [
        Self::Throttled,
        Self::Unavailable,
        Self::Denied,
        Self::Invalid,
        Self::Conflict,
        Self::NotFound,
    ];

    /// The name as a metric label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::NotFound => "not_found",
        }
    }
}

impl From<&PortError> for Sent {
    /// What a failed create or delete means to the machines.
    fn from(error: &PortError) -> Self {
        match (error.effect, error.class) {
            (Effect::Uncertain, _) => Self::NoAnswer(error.to_string()),
            (Effect::None, Class::Conflict) => Self::Busy(error.to_string()),
            (Effect::None, _) => Self::Refused(error.to_string()),
        }
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} for {}: {}",
            self.operation, self.resource, self.sentence
        )
    }
}

impl fmt::Debug for PortError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "PortError({:?}, {:?}, {self})",
            self.class, self.effect
        )
    }
}

impl Error for PortError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn Error + 'static))
    }
}
