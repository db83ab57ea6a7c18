//! Which call is made on what, for its errors.

use super::budget::BudgetExhausted;
use crate::ports::{Class, Effect, PortError};

/// What a call is about, for its error.
#[derive(Debug, Clone)]
pub(super) struct CallSite {
    pub(super) service: Service,
    pub(super) operation: &'static str,
    pub(super) resource: String,
    /// Whether the call changes something, so that a lost response may hide an effect.
    pub(super) writes: bool,
}

/// The service a call goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    SsoAdmin,
    IdentityStore,
    Organizations,
    Sts,
}

impl Service {
    /// The prefix of the service's actions in IAM policies.
    pub(super) fn iam_prefix(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso",
            Self::IdentityStore => "identitystore",
            Self::Organizations => "organizations",
            Self::Sts => "sts",
        }
    }
}

impl CallSite {
    /// A call that changes nothing.
    pub(super) fn read(service: Service, operation: &'static str, resource: impl Into<String>) -> Self {
        Self {
            service,
            operation,
            resource: resource.into(),
            writes: false,
        }
    }

    /// A call whose response may be lost after it took effect.
    pub(super) fn write(service: Service, operation: &'static str, resource: impl Into<String>) -> Self {
        Self {
            service,
            operation,
            resource: resource.into(),
            writes: true,
        }
    }

    /// Whether AWS may have acted when the response to this call is lost.
    pub(super) fn effect_if_lost(&self) -> Effect {
        if self.writes {
            Effect::Uncertain
        } else {
            Effect::None
        }
    }

    /// An error of ours about this call.
    pub(super) fn error(&self, class: Class, effect: Effect, sentence: impl Into<String>) -> PortError {
        PortError {
            class,
            operation: self.operation,
            resource: self.resource.clone(),
            sentence: sentence.into(),
            effect,
            retry_after: None,
            source: None,
        }
    }

    /// A response without something that AWS always sends.
    pub(super) fn incomplete(&self, missing: &str) -> PortError {
        self.error(
            Class::Unavailable,
            self.effect_if_lost(),
            format!("the response has no {missing}. Check that the endpoint is AWS."),
        )
    }

    /// The budget allowed no call in time.
    pub(super) fn budget_exhausted(&self, BudgetExhausted { waited }: BudgetExhausted) -> PortError {
        let sentence = format!(
            "the controller's own budget of AWS calls was exhausted for {} s. It is tried again; if this goes on, look at \
             what is waiting, and at the budget's settings.",
            waited.as_secs()
        );
        self.error(Class::Throttled, Effect::None, sentence)
    }
}
