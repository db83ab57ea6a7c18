//! AWS's wire protocols: JSON 1.1 for sso-admin, identitystore and Organizations, the query protocol for STS.

use std::fmt::Write;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::operation::{Call, Operation, Service};
use super::reply::{Outcome, Reply, ServiceError};

/// How an answer has to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Json,
    Query,
}

/// What the `X-Amz-Target` of each service starts with; the SDKs' generated code has the same.
const TARGETS: [(&str, Service); 3] = [
    ("SWBExternalService.", Service::SsoAdmin),
    ("AWSIdentityStore.", Service::IdentityStore),
    ("AWSOrganizationsV20161128.", Service::Organizations),
];

/// Reads a request; on failure the refusal AWS would give.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> (Protocol, Result<Call, ServiceError>) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let region = text("authorization").and_then(signed_region);
    let Some(target) = text("x-amz-target") else {
        return (
            Protocol::Query,
            read_query(body).map(|operation| Call { operation, region }),
        );
    };
    (
        Protocol::Json,
        read_json(target, body).map(|operation| Call { operation, region }),
    )
}

fn read_json(target: &str, body: &[u8]) -> Result<Operation, ServiceError> {
    let known = TARGETS
        .iter()
        .find_map(|(prefix, service)| Some((target.strip_prefix(prefix)?, *service)));
    let (name, service) = known.ok_or_else(|| unknown(target))?;
    let input: Value = if body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(body).map_err(malformed)?
    };
    let operation: Operation =
        serde_json::from_value(json!({"operation": name, "input": input})).map_err(|error| {
            let text = error.to_string();
            if text.starts_with("unknown variant") {
                unknown(name)
            } else {
                malformed(error)
            }
        })?;
    if operation.service() == service {
        Ok(operation)
    } else {
        Err(unknown(target))
    }
}

fn read_query(body: &[u8]) -> Result<Operation, ServiceError> {
    let action = body
        .split(|byte| *byte == b'&')
        .find_map(|pair| pair.strip_prefix(b"Action="))
        .map(String::from_utf8_lossy);
    match action.as_deref() {
        Some("GetCallerIdentity") => Ok(Operation::GetCallerIdentity {}),
        Some(other) => Err(ServiceError::new(
            "InvalidAction",
            format!("Could not find operation {other}"),
        )),
        None => Err(ServiceError::new(
            "MissingAction",
            "The request names no operation; see GET /sandbox/",
        )),
    }
}

fn unknown(name: &str) -> ServiceError {
    ServiceError::new(
        "UnknownOperationException",
        format!("The sandbox does not know {name}; see GET /sandbox/"),
    )
}

#[expect(clippy::needless_pass_by_value, reason = "takes what map_err gives")]
fn malformed(error: serde_json::Error) -> ServiceError {
    ServiceError::new("SerializationException", error.to_string())
}

/// The region of a Signature Version 4 header: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn signed_region(authorization: &str) -> Option<String> {
    let (_, credential) = authorization.split_once("Credential=")?;
    credential
        .split(['/', ','])
        .nth(2)
        .filter(|region| !region.is_empty())
        .map(Into::into)
}

/// Writes an answer.
pub(super) fn write(protocol: Protocol, outcome: &Outcome) -> Response<Body> {
    let (status, content_type, body) = match (protocol, outcome) {
        (Protocol::Json, Ok(reply)) => (200, "application/x-amz-json-1.1", json_text(reply)),
        (Protocol::Json, Err(error)) => (
            error.status,
            "application/x-amz-json-1.1",
            json_error(error).to_string(),
        ),
        (Protocol::Query, Ok(reply)) => (200, "text/xml", query_text(reply)),
        (Protocol::Query, Err(error)) => (error.status, "text/xml", query_error(error)),
    };
    answer(
        StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
        content_type,
        body,
    )
}

/// A whole HTTP response.
pub(super) fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn json_text(reply: &Reply) -> String {
    serde_json::to_string(reply)
        .unwrap_or_else(|error| json!({"__type": "SandboxBug", "Message": error.to_string()}).to_string())
}

fn json_error(error: &ServiceError) -> Value {
    let mut body = json!({"__type": error.code, "Message": error.message});
    if let Some(reason) = &error.reason {
        body["Reason"] = json!(reason);
    }
    if let Some(resource_type) = &error.resource_type {
        body["ResourceType"] = json!(resource_type);
    }
    if let Some(seconds) = error.retry_after_seconds {
        body["RetryAfterSeconds"] = json!(seconds);
    }
    body
}

fn query_text(reply: &Reply) -> String {
    let Reply::CallerIdentity {
        account,
        arn,
        user_id,
    } = reply
    else {
        return query_error(&ServiceError::new(
            "InternalFailure",
            "only GetCallerIdentity speaks this protocol",
        ));
    };
    let mut text =
        String::from("<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">");
    let _ = write!(
        text,
        "<GetCallerIdentityResult><Arn>{arn}</Arn><UserId>{user_id}</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>sandbox</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    );
    text
}

fn query_error(error: &ServiceError) -> String {
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
         <Code>{}</Code><Message>{}</Message></Error><RequestId>sandbox</RequestId></ErrorResponse>",
        escape(&error.code),
        escape(&error.message)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_signed_json_request_is_read_with_its_region() {
        let headers = headers(&[
            ("x-amz-target", "SWBExternalService.DescribeInstance"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=KEY/20261122/eu-central-1/sso/aws4_request, Signature=0",
            ),
        ]);
        let (protocol, call) = read(&headers, br#"{"InstanceArn":"arn"}"#);
        assert_eq!(protocol, Protocol::Json);
        let operation = Operation::DescribeInstance {
            instance_arn: "arn".into(),
        };
        assert_eq!(
            call,
            Ok(Call {
                operation,
                region: Some("eu-central-1".into())
            })
        );
    }

    #[test]
    fn nonsense_is_refused_in_the_words_of_aws_and_never_a_panic() {
        let cases: [(&'static str, &[u8], &str); 6] = [
            ("SWBExternalService.ListInstances", b"{", "SerializationException"),
            (
                "SWBExternalService.DescribeInstance",
                b"{}",
                "SerializationException",
            ),
            (
                "SWBExternalService.DescribeInstance",
                br#"{"InstanceArn":7}"#,
                "SerializationException",
            ),
            (
                "SWBExternalService.CreateInstance",
                b"{}",
                "UnknownOperationException",
            ),
            (
                "AWSIdentityStore.ListInstances",
                b"{}",
                "UnknownOperationException",
            ),
            ("Nobody.Knows", b"\xff\xfe", "UnknownOperationException"),
        ];
        for (target, body, code) in cases {
            let (_, call) = read(&headers(&[("x-amz-target", target)]), body);
            assert_eq!(call.unwrap_err().code, code, "{target}");
        }
        assert_eq!(read(&HeaderMap::new(), b"").1.unwrap_err().code, "MissingAction");
    }
}
