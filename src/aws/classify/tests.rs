//! The catalogue of refusals, as a table.

use super::*;
use crate::aws::call_site::Service;

fn site() -> CallSite {
    CallSite {
        service: Service::SsoAdmin,
        operation: "CreateAccountAssignment",
        resource: "account 1".into(),
        writes: true,
    }
}

fn judged(status: u16, body: &str) -> (Class, String) {
    judge(&site(), &Refusal::read(status, None, body.as_bytes()))
}

const CATALOGUE: &[(u16, &str, Class, &str)] = &[
    (
        400,
        r#"{"__type":"ThrottlingException","Message":"Rate exceeded"}"#,
        Class::Throttled,
        "fewer calls",
    ),
    (
        400,
        r#"{"__type":"ThrottlingException","Message":"There are too many requests processing. Please try again later."}"#,
        Class::Throttled,
        "too many requests",
    ),
    (
        400,
        r#"{"__type":"TooManyRequestsException"}"#,
        Class::Throttled,
        "fewer calls",
    ),
    (429, "", Class::Throttled, "fewer calls"),
    (
        400,
        r#"{"__type":"ConflictException","Message":"x"}"#,
        Class::Conflict,
        "tried again",
    ),
    (
        400,
        r#"{"__type":"ConcurrentModificationException"}"#,
        Class::Conflict,
        "tried again",
    ),
    (
        400,
        r#"{"__type":"ResourceNotFoundException","Message":""}"#,
        Class::NotFound,
        "region and instance",
    ),
    (
        400,
        r#"{"__type":"ResourceNotFoundException","ResourceType":"IDENTITY_STORE"}"#,
        Class::Unavailable,
        "identity store itself",
    ),
    (
        400,
        r#"{"__type":"ResourceNotFoundException","ResourceType":"USER"}"#,
        Class::NotFound,
        "still exists",
    ),
    (
        400,
        r#"{"__type":"AccountNotFoundException"}"#,
        Class::NotFound,
        "still exists",
    ),
    (
        400,
        r#"{"__type":"ParentNotFoundException"}"#,
        Class::NotFound,
        "still exists",
    ),
    (
        400,
        r#"{"__type":"ChildNotFoundException"}"#,
        Class::NotFound,
        "still exists",
    ),
    (
        400,
        r#"{"__type":"ServiceQuotaExceededException"}"#,
        Class::Denied,
        "quota",
    ),
    (
        400,
        r#"{"__type":"AccessDeniedException"}"#,
        Class::Denied,
        "sso:CreateAccountAssignment",
    ),
    (
        400,
        r#"{"__type":"ValidationException","Message":"bad"}"#,
        Class::Invalid,
        "bad",
    ),
    (
        400,
        r#"{"__type":"InvalidInputException"}"#,
        Class::Invalid,
        "values",
    ),
    (
        400,
        r#"{"__type":"AWSOrganizationsNotInUseException"}"#,
        Class::Invalid,
        "no organization",
    ),
    (
        400,
        r#"{"__type":"UnknownOperationException"}"#,
        Class::Invalid,
        "does not serve",
    ),
    (
        403,
        r#"{"__type":"InvalidSignatureException","Message":"Signature expired"}"#,
        Class::Denied,
        "clock",
    ),
    (400, r#"{"__type":"RequestExpired"}"#, Class::Denied, "clock"),
    (
        403,
        r#"{"__type":"UnrecognizedClientException"}"#,
        Class::Denied,
        "credentials",
    ),
    (
        400,
        r#"{"__type":"ExpiredTokenException"}"#,
        Class::Denied,
        "renewed",
    ),
    (
        500,
        r#"{"__type":"InternalServerException"}"#,
        Class::Unavailable,
        "internal error",
    ),
    (
        400,
        r#"{"__type":"ServiceException"}"#,
        Class::Unavailable,
        "internal error",
    ),
    (503, "", Class::Unavailable, "503"),
    (
        500,
        "<!doctype html><h1>Internal Server Error</h1>",
        Class::Unavailable,
        "not AWS's",
    ),
    (404, "<html>not found</html>", Class::Invalid, "proxy"),
    (
        400,
        r#"{"__type":"NeverHeardOfIt"}"#,
        Class::Invalid,
        "NeverHeardOfIt",
    ),
    (
        403,
        r#"{"__type":"NeverHeardOfIt"}"#,
        Class::Denied,
        "role allows",
    ),
];

#[test]
fn every_known_refusal_has_a_class_and_says_what_to_check() {
    for (status, body, class, mentions) in CATALOGUE {
        let (judged, sentence) = judged(*status, body);
        assert_eq!(judged, *class, "{status} {body}");
        assert!(
            sentence.contains(mentions),
            "{sentence:?} does not mention {mentions:?}"
        );
    }
}

#[test]
fn trouble_with_an_encryption_key_is_the_operators_whatever_the_code() {
    for (code, reason) in [
        ("AccessDeniedException", "KMS_AccessDeniedException"),
        ("ValidationException", "KMS_DisabledException"),
        ("ValidationException", "KMS_InvalidStateException"),
        ("ResourceNotFoundException", "KMS_NotFoundException"),
        ("ResourceNotFoundException", "KMS_KEY_NOT_FOUND"),
    ] {
        let (class, sentence) = judged(400, &format!(r#"{{"__type":"{code}","Reason":"{reason}"}}"#));
        assert_eq!(
            class,
            Class::Denied,
            "{reason}: a missing key must never look like a missing assignment"
        );
        assert!(sentence.contains("kms:Decrypt"), "{sentence}");
    }
    let throttled = r#"{"__type":"ThrottlingException","Reason":"KMS_ThrottlingException"}"#;
    assert_eq!(judged(400, throttled).0, Class::Throttled);
}

#[test]
fn namespaces_urls_and_headers_around_codes_do_not_matter() {
    let body = br#"{"__type":"com.amazonaws.sso#ConflictException:http://x/","message":"m"}"#;
    let refusal = Refusal::read(400, None, body);
    assert_eq!(
        (refusal.code.as_deref(), refusal.message.as_str()),
        (Some("ConflictException"), "m")
    );
    let refusal = Refusal::read(400, Some("ThrottlingException:"), body);
    assert!(refusal.is_throttling());
}

#[test]
fn the_delay_that_aws_asks_for_is_kept() {
    let refusal = Refusal::read(
        400,
        None,
        br#"{"__type":"ThrottlingException","RetryAfterSeconds":7}"#,
    );
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(7)));
    let refusal = Refusal::read(
        400,
        None,
        br#"{"__type":"ThrottlingException","RetryAfterSeconds":0}"#,
    );
    assert_eq!(refusal.retry_after, None);
}
