//! What a failed SDK call means. The only file that reads AWS's error codes.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ssoadmin::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::Value;

use super::call_site::CallSite;
use crate::ports::{Class, Effect, PortError};

/// What an HTTP response says about its failure, whatever the service.
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

    /// The `Reason`, if it is about the key that encrypts the instance.
    fn key_reason(&self) -> Option<&str> {
        self.reason.as_deref().filter(|reason| reason.starts_with("KMS"))
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
pub(super) fn classify<E>(site: &CallSite, error: SdkError<E, HttpResponse>) -> PortError
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
                service
                    .err()
                    .message()
                    .unwrap_or_default()
                    .clone_into(&mut refusal.message);
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
            "no response within the timeout. Check the network between the controller and AWS; it is tried again.".into(),
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

/// What a code means, and what to do about it.
struct Rule {
    codes: &'static [&'static str],
    class: Class,
    advice: &'static str,
}

/// AWS's codes for what this project calls. Advice with `{action}` names the permission that is missing.
const RULES: &[Rule] = &[
    Rule {
        codes: &[
            "ConflictException",
            "ConcurrentModificationException",
            "PolicyChangesInProgressException",
        ],
        class: Class::Conflict,
        advice: "Another operation on the same resource is in progress. It is tried again.",
    },
    Rule {
        codes: &[
            "ResourceNotFoundException",
            "AccountNotFoundException",
            "ChildNotFoundException",
            "ParentNotFoundException",
            "OrganizationalUnitNotFoundException",
            "RootNotFoundException",
            "TargetNotFoundException",
        ],
        class: Class::NotFound,
        advice: "Check that it still exists, and the region and instance configured.",
    },
    Rule {
        codes: &["ServiceQuotaExceededException"],
        class: Class::Denied,
        advice: "An AWS quota is exhausted: free some of it, or have it raised.",
    },
    Rule {
        codes: &["AWSOrganizationsNotInUseException"],
        class: Class::Invalid,
        advice: "This account is in no organization: check which credentials are used.",
    },
    Rule {
        codes: &[
            "AccessDeniedException",
            "AccessDenied",
            "AccessDeniedForDependencyException",
            "UnauthorizedException",
        ],
        class: Class::Denied,
        advice: ACCESS_ADVICE,
    },
    Rule {
        codes: &[
            "InvalidSignatureException",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
        ],
        class: Class::Denied,
        advice: "Check this machine's clock (AWS refuses signatures more than five minutes off) and the secret access key.",
    },
    Rule {
        codes: &[
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "ExpiredTokenException",
            "ExpiredToken",
            "MissingAuthenticationTokenException",
            "MissingAuthenticationToken",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "OptInRequired",
            "NotAuthorized",
        ],
        class: Class::Denied,
        advice: "Check that the credentials are those of an existing role or user, and that they are renewed.",
    },
    Rule {
        codes: &[
            "ValidationException",
            "InvalidInputException",
            "SerializationException",
            "UnsupportedAPIEndpointException",
            "ConstraintViolationException",
        ],
        class: Class::Invalid,
        advice: "AWS rejects the request itself: check the values it names.",
    },
    Rule {
        codes: &[
            "UnknownOperationException",
            "UnknownOperation",
            "InvalidAction",
            "NotImplemented",
        ],
        class: Class::Invalid,
        advice: "This endpoint does not serve the call: check region and endpoint.",
    },
    Rule {
        codes: &[
            "InternalServerException",
            "InternalFailure",
            "ServiceException",
            "ServiceUnavailableException",
        ],
        class: Class::Unavailable,
        advice: INTERNAL_ADVICE,
    },
];

const ACCESS_ADVICE: &str = "Check that the controller's role allows {action}, that it belongs to the management account \
                             or to a delegated administrator, and whether the instance demands a VPC endpoint.";
const INTERNAL_ADVICE: &str = "An internal error of AWS. It is tried again.";
const KEY_ADVICE: &str = "The instance is encrypted with a customer managed key: check that it is enabled and that its \
                          policy lets the controller's role use kms:Decrypt.";
const KEY_THROTTLING_ADVICE: &str = "The key service is throttling. It is tried again.";
const THROTTLING_ADVICE: &str = "AWS asks for fewer calls. It is tried again; if this goes on, other tools use the same \
                                 instance heavily, or the budget is set too high.";
const STORE_ADVICE: &str = "The identity store itself was not found: check the region and the instance.";
const UNKNOWN_ADVICE: &str =
    "This error code is not known to the controller: look it up in AWS's documentation.";

/// The class of a refusal, and the sentence about it.
pub(super) fn judge(site: &CallSite, refusal: &Refusal) -> (Class, String) {
    let Some(code) = refusal.code.as_deref().filter(|_| !refusal.is_throttling()) else {
        return match refusal.is_throttling() {
            true if refusal.key_reason().is_none() => {
                (Class::Throttled, said(site, refusal, THROTTLING_ADVICE))
            }
            true => (Class::Throttled, said(site, refusal, KEY_THROTTLING_ADVICE)),
            false => without_code(refusal.status),
        };
    };
    let (class, advice) = if refusal.key_reason().is_some() {
        (Class::Denied, KEY_ADVICE) // whatever the code, or a missing key would look like a missing assignment
    } else if refusal.missing.as_deref() == Some("IDENTITY_STORE") {
        (Class::Unavailable, STORE_ADVICE)
    } else if let Some(rule) = RULES.iter().find(|rule| rule.codes.contains(&code)) {
        (rule.class, rule.advice)
    } else if refusal.status >= 500 {
        (Class::Unavailable, INTERNAL_ADVICE)
    } else if refusal.status == 403 {
        (Class::Denied, ACCESS_ADVICE)
    } else {
        (Class::Invalid, UNKNOWN_ADVICE)
    };
    (class, said(site, refusal, advice))
}

/// AWS's own message, and what to do.
fn said(site: &CallSite, refusal: &Refusal, advice: &str) -> String {
    let code = refusal.code.as_deref().unwrap_or("no code");
    let reason = refusal
        .key_reason()
        .map_or_else(String::new, |reason| format!(" ({reason})"));
    let message = match refusal.message.trim().trim_end_matches('.') {
        "" => String::new(),
        message => format!(": {message}"),
    };
    let action = format!("{}:{}", site.service.iam_prefix(), site.operation);
    format!(
        "AWS answers {code}{reason}{message}. {}",
        advice.replace("{action}", &action)
    )
}

fn without_code(status: u16) -> (Class, String) {
    match status {
        500.. => (
            Class::Unavailable,
            format!(
                "HTTP {status} with a response that is not AWS's. It is tried again; if this goes on, check the endpoint."
            ),
        ),
        200..300 => (
            Class::Unavailable,
            format!("HTTP {status} with a response that cannot be read. Check that the endpoint is AWS."),
        ),
        _ => (
            Class::Invalid,
            format!("HTTP {status} with a response that is not AWS's. Check endpoint and proxy."),
        ),
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

/// The error with its sources, outermost first, without repetition.
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
