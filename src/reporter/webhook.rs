//! The webhook: a CloudEvent as body, signed as Standard Webhooks says.

use ::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use ::http::{StatusCode, Uri};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::http::{HttpAnswer, HttpClient, HttpError, retry_after};
use super::medium::{Medium, Message, refused};
use super::secrets::{SecretError, Secrets};
use crate::api::{Reason, Timestamp, WebhookDestination};
use crate::domain::notification::{Answer, Refusal};

/// What a Secret says that is for a webhook.
const MEDIUM: &str = "webhook";

/// What the types of our CloudEvents begin with.
const TYPE: &str = "io.team-operator";

/// Where the schema of the data is published.
const SCHEMA: &str = "https://team-operator.io/schemas/notification.v1.json";

/// A web server with its key.
pub(super) struct Webhook {
    uri: Uri,
    key: Vec<u8>,
    http: HttpClient,
}

impl Webhook {
    /// Reads the address and the key.
    pub(super) async fn open(
        destination: &WebhookDestination,
        secrets: &Secrets,
        http: &HttpClient,
    ) -> Result<Self, SecretError> {
        let address = match (&destination.url, &destination.url_secret) {
            (Some(url), _) => url.clone(),
            (None, Some(from)) => secrets.of_medium(&from.name, MEDIUM).await?.text(&from.key)?,
            (None, None) => String::new(),
        };
        // The address may be a secret itself and is not repeated.
        let uri: Uri = address.parse().map_err(|_| {
            SecretError::Refused(
                "The address of the webhook cannot be read: write https://host/path.".to_owned(),
            )
        })?;
        let host = uri.host().unwrap_or_default().to_owned();
        if let Some(from) = &destination.url_secret {
            secrets.of_medium(&from.name, MEDIUM).await?.is_for_host(&host)?;
        }
        let secret = secrets.entry(&destination.signing_secret, MEDIUM, &host).await?;
        let key = signing_key(&secret).ok_or_else(|| {
            SecretError::Refused(format!(
                "The entry {} of the Secret {} is no signing key: write whsec_ and 24 to 64 bytes in base64.",
                destination.signing_secret.key, destination.signing_secret.name
            ))
        })?;
        Ok(Self {
            uri,
            key,
            http: http.clone(),
        })
    }

    async fn post(&self, id: &str, event: &Value, now: Timestamp) -> Answer {
        let body = event.to_string().into_bytes();
        let timestamp = now.unix_seconds().to_string();
        let signature = signature(&self.key, id, &timestamp, &body);
        let header = |name: &'static str, value: &str| {
            let value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""));
            (HeaderName::from_static(name), value)
        };
        let headers = vec![
            (
                CONTENT_TYPE,
                HeaderValue::from_static("application/cloudevents+json"),
            ),
            header("webhook-id", id),
            header("webhook-timestamp", &timestamp),
            header("webhook-signature", &signature),
        ];
        match self.http.post(&self.uri, headers, body).await {
            Ok(answer) => judged(&answer),
            Err(HttpError::Refused(message)) => refused(Reason::DestinationRefused, message),
            Err(HttpError::Failed(message)) => Answer::TriedAgain {
                reason: Reason::MediumUnavailable,
                message,
                delay: None,
            },
        }
    }
}

#[async_trait]
impl Medium for Webhook {
    async fn send(&self, message: &Message<'_>) -> Answer {
        let event = cloud_event(message);
        self.post(&message.id, &event, message.now).await
    }

    async fn test(&self, channel: &str, id: String, source: &str, now: Timestamp) -> Answer {
        let event = json!({
            "specversion": "1.0",
            "id": id,
            "source": source_uri(source),
            "type": format!("{TYPE}.channel.test.v1"),
            "subject": channel,
            "time": now,
            "datacontenttype": "application/json",
            "data": { "message": format!("This is a test of the NotificationChannel {channel}.") },
        });
        self.post(&id, &event, now).await
    }
}

/// The CloudEvent of a message.
fn cloud_event(message: &Message<'_>) -> Value {
    let facts = message.facts;
    let subject = match &facts.about.namespace {
        Some(namespace) => format!("{namespace}/{}", facts.about.name),
        None => facts.about.name.clone(),
    };
    json!({
        "specversion": "1.0",
        "id": message.id,
        "source": source_uri(message.source),
        "type": format!("{TYPE}.{}.v1", kebab(facts.event.as_str())),
        "subject": subject,
        "time": facts.time,
        "datacontenttype": "application/json",
        "dataschema": SCHEMA,
        "data": facts,
    })
}

fn source_uri(namespace: &str) -> String {
    format!("urn:team-operator:reporter:{namespace}")
}

/// `approval-needed` for `ApprovalNeeded`.
fn kebab(word: &str) -> String {
    let mut kebab = String::new();
    for character in word.chars() {
        if character.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(character.to_ascii_lowercase());
    }
    kebab
}

/// The key behind the form that Standard Webhooks gives it.
fn signing_key(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
    (24..=64).contains(&bytes.len()).then_some(bytes)
}

fn signature(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// What an answer means. Its body is shown to nobody: the receiver could be anything.
fn judged(answer: &HttpAnswer) -> Answer {
    let status = answer.status;
    let again = |reason| Answer::TriedAgain {
        reason,
        message: format!("The receiver answered {status}."),
        delay: retry_after(&answer.headers),
    };
    match status {
        _ if status.is_success() => Answer::Sent { message: None },
        StatusCode::TOO_MANY_REQUESTS => again(Reason::Throttled),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => again(Reason::MediumUnavailable),
        _ if status.is_server_error() => again(Reason::MediumUnavailable),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => refused(
            Reason::TokenRefused,
            format!("The receiver answered {status}: compare its signing key with that of the channel."),
        ),
        StatusCode::NOT_FOUND | StatusCode::GONE => refused(
            Reason::ChannelNotFound,
            format!("The receiver answered {status}: check the address of the channel."),
        ),
        _ if status.is_redirection() => refused(
            Reason::DestinationRefused,
            format!(
                "The receiver answered {status}, and redirects are not followed: write the final address."
            ),
        ),
        _ => Answer::Refused {
            refusal: Refusal::Message,
            reason: Reason::MessageRefused,
            message: format!(
                "The receiver answered {status}, and would not accept the message another time."
            ),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification of Standard Webhooks.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = signature(
            &key,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_message_is_the_golden_one() {
        let (call, facts) = super::super::samples::message();
        let now = super::super::samples::now();
        let message = Message {
            call: &call,
            facts: &facts,
            email: None,
            id: "0123456789abcdef0123456789abcdef".to_owned(),
            source: "team-operator-reporter",
            now,
        };
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (body, timestamp) = (cloud_event(&message).to_string(), now.unix_seconds().to_string());
        let signature = signature(
            &signing_key(secret).unwrap(),
            &message.id,
            &timestamp,
            body.as_bytes(),
        );
        let golden = json!({ "secret": secret, "id": message.id, "timestamp": timestamp, "signature": signature, "body": body });
        super::super::samples::is_golden("webhook.json", &golden);
    }

    #[test]
    fn a_key_has_its_prefix_and_its_length() {
        for wrong in [
            "",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_short",
            "whsec_!!!!",
        ] {
            assert_eq!(signing_key(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_event_is_named_as_cloudevents_ask() {
        assert_eq!(kebab("ApprovalNeeded"), "approval-needed");
        assert_eq!(kebab("Ended"), "ended");
    }

    #[test]
    fn an_answer_says_what_is_tried_again_and_what_is_not() {
        let answer = |status: u16, after: Option<&str>| {
            let mut headers = ::http::HeaderMap::new();
            if let Some(after) = after {
                headers.insert(::http::header::RETRY_AFTER, HeaderValue::from_str(after).unwrap());
            }
            judged(&HttpAnswer {
                status: StatusCode::from_u16(status).unwrap(),
                headers,
                body: hyper::body::Bytes::new(),
            })
        };
        let word = |answer: &Answer| match answer {
            Answer::Sent { .. } => "sent".to_owned(),
            Answer::Refused { refusal, reason, .. } => format!("{refusal:?} {reason}"),
            Answer::TriedAgain { reason, delay, .. } => {
                format!("again {reason} {:?}", delay.map(|delay| delay.num_seconds()))
            }
        };
        for (status, after, expected) in [
            (200, None, "sent"),
            (204, None, "sent"),
            (301, None, "Channel DestinationRefused"),
            (400, None, "Message MessageRefused"),
            (401, None, "Channel TokenRefused"),
            (404, None, "Channel ChannelNotFound"),
            (410, None, "Channel ChannelNotFound"),
            (429, Some("7"), "again Throttled Some(7)"),
            (429, Some("tomorrow"), "again Throttled None"),
            (500, None, "again MediumUnavailable None"),
            (503, Some("99999999"), "again MediumUnavailable Some(86400)"),
        ] {
            assert_eq!(word(&answer(status, after)), expected, "{status}");
        }
    }
}
