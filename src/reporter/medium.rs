//! A medium: takes one message, and says what became of it.

use async_trait::async_trait;

use super::http::HttpClient;
use super::secrets::{SecretError, Secrets};
use crate::api::{NotificationChannelSpec, Reason, Timestamp};
use crate::domain::notification::{Answer, Call, MessageFacts, Refusal};

/// One message, ready to be rendered.
pub(super) struct Message<'a> {
    /// What is told, and where.
    pub(super) call: &'a Call,
    /// What it says.
    pub(super) facts: &'a MessageFacts,
    /// The address of the person, where the message is for one.
    pub(super) email: Option<&'a str>,
    /// The same for each attempt.
    pub(super) id: String,
    /// Who sends: the namespace of the reporter.
    pub(super) source: &'a str,
    /// Now.
    pub(super) now: Timestamp,
}

/// A channel with its secrets.
#[async_trait]
pub(super) trait Medium: Send + Sync {
    /// Sends one message.
    async fn send(&self, message: &Message<'_>) -> Answer;

    /// Sends a message that says that it is a test.
    async fn test(&self, channel: &str, id: String, source: &str, now: Timestamp) -> Answer;
}

/// The medium of a channel, or why there is none.
pub(super) async fn open(
    spec: &NotificationChannelSpec,
    secrets: &Secrets,
    http: &HttpClient,
    slack_api: &str,
) -> Result<Box<dyn Medium>, Answer> {
    #[cfg(feature = "webhook")]
    if let Some(webhook) = &spec.webhook {
        return match super::webhook::Webhook::open(webhook, secrets, http).await {
            Ok(webhook) => Ok(Box::new(webhook)),
            Err(error) => Err(error.into()),
        };
    }
    #[cfg(feature = "slack")]
    if let Some(slack) = &spec.slack {
        return match super::slack::Slack::open(slack, slack_api, secrets, http).await {
            Ok(slack) => Ok(Box::new(slack)),
            Err(error) => Err(error.into()),
        };
    }
    let _ = (spec, secrets, http, slack_api);
    Err(refused(
        Reason::MediumMissing,
        "This program was built without the medium of the channel: use an image that has it.",
    ))
}

/// A refusal of the whole channel.
pub(super) fn refused(reason: Reason, message: impl Into<String>) -> Answer {
    Answer::Refused {
        refusal: Refusal::Channel,
        reason,
        message: message.into(),
    }
}

impl From<SecretError> for Answer {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::NotFound(message) => refused(Reason::SecretNotFound, message),
            SecretError::Refused(message) => refused(Reason::SecretRefused, message),
            SecretError::Unread(message) => Answer::TriedAgain {
                reason: Reason::LookupFailed,
                message,
                delay: None,
            },
        }
    }
}
