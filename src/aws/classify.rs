//! What a failed SDK call means. The only place that looks at AWS's error codes.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ssoadmin::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::Value;

use super::call::Site;
use crate::ports::{Class, Effect, PortError};

/// What an HTTP answer says about its failure, whatever the service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// For instance `ConflictException`; `None` when the answer is not in AWS's form.
    pub(super) code: Option<String>,
    /// AWS's sentence.
    pub(super) message: String,
    /// The `Reason` member; sso-admin and identitystore name trouble with encryption keys there.
    pub(super) reason: Option<String>,
    /// The `ResourceType` member of identitystore: what is not found.
    pub(super) missing: Option<String>,
    /// The `RetryAfterSeconds` member of identitystore.
    pub(super) retry_after: Option<Duration>,
}

impl Refusal {
    /// Reads an answer of the JSON protocols. Anything else becomes a refusal without a code.
    pub(super) fn read(status: u16, type_header: Option<&str>, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let code = type_header
            .or_else(|| text("__type"))
            .or_else(|| text("code"))
            .map(short_code);
        Self {
            status,
            code: code.filter(|code| !code.is_empty()).map(Into::into),
            message: text("Message")
                .or_else(|| text("message"))
                .unwrap_or_default()
                .to_owned(),
            reason: text("Reason").map(Into::into),
            missing: text("ResourceType").map(Into::into),
            retry_after: body
                .get("RetryAfterSeconds")
                .and_then(Value::as_u64)
                .filter(|seconds| *seconds > 0)
                .map(Duration::from_secs),
        }
    }

    /// Whether AWS asks for fewer calls.
    pub(super) fn is_throttling(&self) -> bool {
        matches!(
            self.code.as_deref(),
            Some(
                "ThrottlingException"
                    | "ThrottledException"
                    | "Throttling"
                    | "TooManyRequestsException"
                    | "RequestLimitExceeded"
                    | "RequestThrottled"
                    | "SlowDown"
                    | "LimitExceededException"
            )
        ) || self.status == 429
    }
}

/// Codes come as `namespace#Code:url`; only the middle counts.
fn short_code(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code)
}

/// Turns an SDK error into a port error.
pub(super) fn classify<E>(site: &Site, error: SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let (class, effect, sentence, retry_after) = match &error {
        SdkError::ServiceError(service) => {
            let raw = service.raw();
            let header = raw.headers().get("x-amzn-errortype");
            let mut refusal = Refusal::read(
                raw.status().as_u16(),
                header,
                raw.body().bytes().unwrap_or_default(),
            );
            if refusal.code.is_none() {
                refusal.code = service.err().code().map(Into::into); // STS answers in XML
                refusal.message = service.err().message().unwrap_or_default().to_owned();
            }
            let (class, sentence) = judge(site, &refusal);
            let effect = if refusal.status >= 500 {
                Effect::Uncertain
            } else {
                Effect::None
            };
            (class, effect, sentence, refusal.retry_after)
        }
        SdkError::ResponseError(response) => {
            let refusal = Refusal::read(response.raw().status().as_u16(), None, b"");
            let (class, sentence) = judge(site, &refusal);
            (class, Effect::Uncertain, sentence, None)
        }
        SdkError::TimeoutError(_) => (
            Class::Unavailable,
            Effect::Uncertain,
            "no answer within the timeout. Check the network between here and AWS; it is tried again.".into(),
            None,
        ),
        _ if credentials_missing(&error) => (Class::Denied, Effect::None, no_credentials(&error), None),
        SdkError::ConstructionFailure(_) => (
            Class::Invalid,
            Effect::None,
            format!(
                "the request could not be built: {}. Check region, endpoint and settings.",
                chain(&error)
            ),
            None,
        ),
        _ => (
            Class::Unavailable,
            Effect::Uncertain,
            unreachable_endpoint(&error),
            None,
        ),
    };
    let effect = if site.writes { effect } else { Effect::None };
    PortError {
        class,
        operation: site.operation,
        resource: site.resource.clone(),
        sentence,
        effect,
        retry_after,
        source: Some(Arc::new(error)),
    }
}

/// The class of a refusal, and the sentence about it.
pub(super) fn judge(site: &Site, refusal: &Refusal) -> (Class, String) {
    let said = said(refusal);
    if let Some(reason) = refusal
        .reason
        .as_deref()
        .filter(|reason| reason.starts_with("KMS"))
    {
        return if reason.contains("Throttling") {
            (
                Class::Throttled,
                format!("{said}: the key service is throttling. It is tried again."),
            )
        } else {
            (Class::Denied, format!("{said} ({reason}). {KEY_ADVICE}"))
        };
    }
    if refusal.is_throttling() {
        return (
            Class::Throttled,
            format!("{said}: AWS asks for fewer calls. {THROTTLING_ADVICE}"),
        );
    }
    let Some(code) = refusal.code.as_deref() else {
        return without_code(refusal.status);
    };
    match code {
        "ConflictException" | "ConcurrentModificationException" | "PolicyChangesInProgressException" => (
            Class::Conflict,
            format!("{said}: something else is being done to the same thing. It is tried again."),
        ),
        "ResourceNotFoundException" if refusal.missing.as_deref() == Some("IDENTITY_STORE") => (
            Class::Unavailable,
            format!("{said}: the identity store itself. Check the region and the instance."),
        ),
        "ResourceNotFoundException"
        | "AccountNotFoundException"
        | "ChildNotFoundException"
        | "ParentNotFoundException"
        | "OrganizationalUnitNotFoundException"
        | "RootNotFoundException"
        | "TargetNotFoundException" => (
            Class::NotFound,
            format!("{said}. Check that it still exists, and the region and instance configured."),
        ),
        "ServiceQuotaExceededException" => (
            Class::Denied,
            format!("{said}: an AWS quota is used up. Free some of it, or have it raised."),
        ),
        "AWSOrganizationsNotInUseException" => (
            Class::Invalid,
            format!("{said}: this account is in no organization. Check whose credentials are used."),
        ),
        "AccessDeniedException"
        | "AccessDenied"
        | "AccessDeniedForDependencyException"
        | "UnauthorizedException" => (Class::Denied, format!("{said}. {}", access_advice(site))),
        "InvalidSignatureException" | "RequestExpired" | "RequestTimeTooSkewed" | "SignatureDoesNotMatch" => {
            (Class::Denied, format!("{said}. {SIGNATURE_ADVICE}"))
        }
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "MissingAuthenticationTokenException"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "OptInRequired"
        | "NotAuthorized" => (Class::Denied, format!("{said}. {CREDENTIALS_ADVICE}")),
        "ValidationException"
        | "InvalidInputException"
        | "SerializationException"
        | "UnsupportedAPIEndpointException"
        | "ConstraintViolationException" => (
            Class::Invalid,
            format!("{said}: AWS finds the request itself wrong. Check the values it names."),
        ),
        "UnknownOperationException" | "UnknownOperation" | "InvalidAction" | "NotImplemented" => (
            Class::Invalid,
            format!("{said}: this endpoint does not serve the call. Check region and endpoint."),
        ),
        _ if refusal.status >= 500 || code.starts_with("Internal") || code.starts_with("Service") => (
            Class::Unavailable,
            format!("{said}: trouble inside AWS. It is tried again."),
        ),
        _ if refusal.status == 403 => (Class::Denied, format!("{said}. {}", access_advice(site))),
        _ => (
            Class::Invalid,
            format!("{said}. This refusal is not known here; look the code up in AWS's documentation."),
        ),
    }
}

const KEY_ADVICE: &str = "The instance is encrypted with a customer managed key: check that it is enabled and that its \
                          policy lets the controller's role use kms:Decrypt.";
const THROTTLING_ADVICE: &str = "It is tried again. If this goes on, other tools use the same instance heavily, or the budget is set too high.";
const SIGNATURE_ADVICE: &str = "Check this machine's clock (AWS refuses signatures more than five minutes off) and the \
                                secret access key.";
const CREDENTIALS_ADVICE: &str =
    "Check that the credentials are those of an existing role or user, and that they are renewed.";

fn access_advice(site: &Site) -> String {
    format!(
        "Check that the controller's role allows {}:{}, that it belongs to the management account or to a delegated \
         administrator, and whether the instance demands a VPC endpoint.",
        site.service.iam_prefix(),
        site.operation
    )
}

fn without_code(status: u16) -> (Class, String) {
    match status {
        500.. => (
            Class::Unavailable,
            format!(
                "HTTP {status} with an answer that is not AWS's. It is tried again; if this goes on, check the endpoint."
            ),
        ),
        200..300 => (
            Class::Unavailable,
            format!("HTTP {status} with an answer that cannot be read. Check that the endpoint is AWS."),
        ),
        _ => (
            Class::Invalid,
            format!("HTTP {status} with an answer that is not AWS's. Check endpoint and proxy."),
        ),
    }
}

fn said(refusal: &Refusal) -> String {
    let code = refusal.code.as_deref().unwrap_or("no code");
    let message = refusal.message.trim().trim_end_matches('.');
    if message.is_empty() {
        format!("AWS answers {code}")
    } else {
        format!("AWS answers {code}: {message}")
    }
}

fn credentials_missing(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<CredentialsError>() {
            return true;
        }
        next = error.source();
    }
    false
}

fn no_credentials(error: &(dyn Error + 'static)) -> String {
    format!(
        "no usable AWS credentials ({}). Give the pod a role (EKS Pod Identity, or AWS_ROLE_ARN with a web identity \
         token), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        chain(error)
    )
}

fn unreachable_endpoint(error: &(dyn Error + 'static)) -> String {
    format!(
        "the endpoint cannot be reached ({}). Check the network, proxy variables, AWS_REGION and AWS_ENDPOINT_URL.",
        chain(error)
    )
}

/// The error with everything underneath it, outermost first, without repetition.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests;
