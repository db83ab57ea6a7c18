//! Scripted trouble: "the next two creates in this account fail with …".

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::operation::{Call, Service};
use super::reply::ServiceError;
use super::text_duration;

/// What happens to which calls, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Script {
    /// Given by the sandbox; counts up from 1.
    #[serde(default)]
    pub id: u64,
    /// Which calls.
    #[serde(default)]
    pub on: Selector,
    /// How many matching calls pass unharmed first.
    #[serde(default)]
    pub after: u32,
    /// How many matching calls are hit; absent is all of them until the script is removed.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens to them.
    pub effect: Effect,
}

/// Which calls; an absent field matches all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Selector {
    /// AWS's name of the operation, for instance `CreateAccountAssignment`.
    pub operation: Option<String>,
    /// The service.
    pub service: Option<Service>,
    /// The account in the input.
    pub account: Option<String>,
    /// The ARN of the permission set in the input.
    pub permission_set: Option<String>,
    /// The id of the user or group in the input.
    pub principal: Option<String>,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Effect {
    /// Refused at once, without effect.
    Refuse {
        /// An error code, or one of the short names `kms-access-denied`, `kms-disabled`, `kms-not-found`,
        /// `kms-throttled`, `signature-expired`, `too-many-outstanding`.
        code: String,
        /// Instead of the usual sentence.
        message: Option<String>,
        /// Instead of the usual `Reason`.
        reason: Option<String>,
        /// The `RetryAfterSeconds` member.
        retry_after_seconds: Option<u32>,
        /// Instead of the usual HTTP status.
        status: Option<u16>,
    },
    /// A create or delete is accepted and fails in the end.
    Fail {
        /// AWS's wording, or one of the short names `role-quota`, `policy-missing`, `principal-not-found`,
        /// `internal`, `entitlement-missing`.
        reason: String,
    },
    /// A create or delete never finishes, until the script `finish` change.
    Stuck,
    /// AWS forgets the record of the operation at once; the operation itself goes on.
    Vanish,
    /// What this create or delete does is seen by lists only so much later.
    Lag {
        /// On top of the settings.
        #[serde(with = "text_duration")]
        time: Duration,
    },
    /// The call is carried out twice, as when a request is delivered twice; the second answer arrives.
    Twice,
    /// The answer is lost: the connection breaks.
    Lost {
        /// Whether the operation took effect before.
        applied: bool,
    },
    /// The request (or its answer) is held back until it is released.
    Hold {
        /// Whether the operation takes effect before it is held, or only when it is released.
        applied: bool,
    },
    /// The answer takes this long.
    Slow {
        /// Longer than the caller's timeout makes it a lost answer.
        #[serde(with = "text_duration")]
        time: Duration,
    },
    /// HTTP 503.
    Unavailable {
        /// Whether the operation took effect all the same.
        #[serde(default)]
        applied: bool,
    },
    /// HTTP 500 with a page for people instead of AWS's form.
    Html {
        /// Whether the operation took effect all the same.
        #[serde(default)]
        applied: bool,
    },
}

impl Selector {
    fn matches(&self, call: &Call) -> bool {
        let operation = &call.operation;
        let agrees = |wanted: &Option<String>, actual: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == actual)
        };
        agrees(&self.operation, Some(operation.name()))
            && self.service.is_none_or(|service| service == operation.service())
            && agrees(&self.account, operation.account())
            && agrees(&self.permission_set, operation.permission_set())
            && agrees(&self.principal, operation.principal())
    }
}

/// The first script that hits the call, counted down. Scripts that only let the call pass are counted too.
pub(super) fn take(scripts: &mut Vec<Script>, call: &Call) -> Option<Script> {
    for (index, script) in scripts.iter_mut().enumerate() {
        if !script.on.matches(call) {
            continue;
        }
        if script.after > 0 {
            script.after -= 1;
            continue;
        }
        let hit = script.clone();
        if let Some(times) = script.times.as_mut() {
            *times = times.saturating_sub(1);
            if *times == 0 {
                scripts.remove(index);
            }
        }
        return Some(hit);
    }
    None
}

/// The refusal for a code or short name.
pub(super) fn refusal(effect: &Effect) -> Option<ServiceError> {
    let Effect::Refuse {
        code,
        message,
        reason,
        retry_after_seconds,
        status,
    } = effect
    else {
        return None;
    };
    let kms = |code: &str, reason: &str, text: &str| {
        let mut error = ServiceError::new(code, text);
        error.reason = Some(reason.into());
        error
    };
    let mut error = match code.as_str() {
        "kms-access-denied" => kms(
            "AccessDeniedException",
            "KMS_AccessDeniedException",
            "Access to the customer managed key was denied.",
        ),
        "kms-disabled" => kms(
            "ValidationException",
            "KMS_DisabledException",
            "The customer managed key is disabled.",
        ),
        "kms-not-found" => kms(
            "ResourceNotFoundException",
            "KMS_NotFoundException",
            "The customer managed key was not found.",
        ),
        "kms-throttled" => kms(
            "ThrottlingException",
            "KMS_ThrottlingException",
            "The key service is throttling.",
        ),
        "signature-expired" => {
            let mut error = ServiceError::new("InvalidSignatureException", SIGNATURE_EXPIRED);
            error.status = 403;
            error
        }
        "too-many-outstanding" => ServiceError::new("ThrottlingException", TOO_MANY_OUTSTANDING),
        code => ServiceError::new(code, usual_message(code)),
    };
    if let Some(message) = message {
        error.message.clone_from(message);
    }
    error.reason = reason.clone().or(error.reason);
    error.retry_after_seconds = retry_after_seconds.or(error.retry_after_seconds);
    error.status = status.unwrap_or(error.status);
    Some(error)
}

/// What AWS says when the signature's time is more than five minutes off.
pub(super) const SIGNATURE_EXPIRED: &str =
    "Signature expired: the time in the signature is earlier than the time of the server minus 5 min.";
/// AWS's wording for too many unfinished operations.
pub(super) const TOO_MANY_OUTSTANDING: &str =
    "There are too many requests processing. Please try again later.";
/// AWS's wording for a rate limit.
pub(super) const RATE_EXCEEDED: &str = "Rate exceeded";

fn usual_message(code: &str) -> &'static str {
    match code {
        "ConflictException" => "Conflict with a previous successful write. Please try again.",
        "ThrottlingException" | "TooManyRequestsException" => RATE_EXCEEDED,
        "AccessDeniedException" => "User is not authorized to perform this operation.",
        "ResourceNotFoundException" => "The requested resource does not exist.",
        "ServiceQuotaExceededException" => "The quota for this resource is used up.",
        "UnrecognizedClientException" => "The security token included in the request is invalid.",
        "ExpiredTokenException" => "The security token included in the request is expired.",
        "InternalServerException" => "An unexpected internal service exception was encountered.",
        _ => "Refused by a script of the sandbox.",
    }
}

/// The wording of an asynchronous failure for a short name; other texts are taken as they are.
pub(super) fn failure_wording(reason: &str, principal: &str, store: &str) -> String {
    match reason {
        "role-quota" => "Received a 409 status error: Cannot exceed quota for RolesPerAccount: 1000.".into(),
        "policy-missing" => {
            "Received a 404 status error: Not supported policy CustomerManagedBoundary.".into()
        }
        "principal-not-found" => format!(
            "Received a 404 status error: the USER assignee {principal} was not found in directory {store}."
        ),
        "internal" => "An unexpected internal service exception was encountered.".into(),
        "entitlement-missing" => "Received a 404 status error: EntitlementItem doesn't exist.".into(),
        other => other.into(),
    }
}
