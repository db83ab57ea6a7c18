//! What a refusal means to a caller. The adapters of team-operator read AWS's codes the same way; a contract test
//! compares the two.

use std::time::Duration;

use team_operator::ports::{Class, Effect, PortError};

use crate::operation::Operation;
use crate::reply::ServiceError;

/// AWS answered, and refused.
pub(super) fn refused(operation: &Operation, error: &ServiceError) -> PortError {
    let effect = if error.status >= 500 {
        effect_if_lost(operation)
    } else {
        Effect::None
    };
    let sentence = format!("{}: {}", error.code, error.message);
    PortError {
        retry_after: error
            .retry_after_seconds
            .map(|seconds| Duration::from_secs(seconds.into())),
        ..failure(operation, class(error), effect, sentence)
    }
}

/// A failure of this call.
pub(super) fn failure(operation: &Operation, class: Class, effect: Effect, sentence: String) -> PortError {
    let resource = operation
        .account()
        .map_or("Identity Center".to_owned(), |account| {
            format!("account {account}")
        });
    PortError {
        class,
        operation: operation.name(),
        resource,
        sentence,
        effect,
        retry_after: None,
        source: None,
    }
}

/// Only a write leaves something behind when its answer is lost.
pub(super) fn effect_if_lost(operation: &Operation) -> Effect {
    if operation.writes() {
        Effect::Uncertain
    } else {
        Effect::None
    }
}

fn class(error: &ServiceError) -> Class {
    let about_the_key = error
        .reason
        .as_ref()
        .is_some_and(|reason| reason.starts_with("KMS"));
    match error.code.as_str() {
        "ThrottlingException" | "TooManyRequestsException" => Class::Throttled,
        // A key that is missing must not look like an assignment that is.
        _ if about_the_key => Class::Denied,
        // A store that is missing says nothing about who is in it.
        _ if error.resource_type.as_deref() == Some("IDENTITY_STORE") => Class::Unavailable,
        "ConflictException" | "ConcurrentModificationException" => Class::Conflict,
        code if code.ends_with("NotFoundException") => Class::NotFound,
        "AccessDeniedException"
        | "ServiceQuotaExceededException"
        | "InvalidSignatureException"
        | "UnrecognizedClientException"
        | "ExpiredTokenException" => Class::Denied,
        "InternalServerException" => Class::Unavailable,
        _ if error.status >= 500 => Class::Unavailable,
        _ if error.status == 403 => Class::Denied,
        _ => Class::Invalid,
    }
}
