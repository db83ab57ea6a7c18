//! How a call to the outside fails.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A call that gave no answer. Its `Display` is one or two sentences for a person: what was tried on what, what
/// AWS said, and what to check.
#[derive(Clone)]
pub struct PortError {
    /// What kind of failure; decides between waiting a while and waiting for a person.
    pub class: Class,
    /// The AWS operation, as AWS spells it, for instance `CreateAccountAssignment`.
    pub operation: &'static str,
    /// What it was about, for instance `account 111122223333`.
    pub resource: String,
    /// What happened, and what to check.
    pub sentence: String,
    /// Whether AWS may have acted all the same. Matters for create and delete.
    pub effect: Effect,
    /// How long AWS asks to be left alone, where it says so.
    pub retry_after: Option<Duration>,
    /// The error underneath, for logs.
    pub source: Option<Arc<dyn Error + Send + Sync>>,
}

/// Kinds of failure, by what the caller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Too much was asked, of AWS or of our own budget. Try later.
    Throttled,
    /// No usable answer: network, timeout, an internal error. Try later.
    Unavailable,
    /// Not permitted, no credentials, a quota, an encryption key: waits for a person.
    Denied,
    /// AWS finds the question itself wrong: waits for a change of the request or the configuration.
    Invalid,
    /// Something else is being done to the same thing. Try later.
    Conflict,
    /// Something the question names does not exist. Which of the things is often not said.
    NotFound,
}

/// Whether a failed call may have had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It was never sent, or AWS refused it: nothing happened.
    None,
    /// It may have been carried out, with the answer lost.
    Uncertain,
}

impl Class {
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

    /// Whether waiting alone may help; otherwise a person or a change is needed.
    pub fn heals_by_waiting(self) -> bool {
        match self {
            // NotFound too: a new resource that has not reached every server of AWS yet looks the same.
            Self::Throttled | Self::Unavailable | Self::Conflict | Self::NotFound => true,
            Self::Denied | Self::Invalid => false,
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
