//! Slack: one message for each request and channel, which is edited; what people must notice is a message of its own.

use ::http::Uri;
use ::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use async_trait::async_trait;
use serde_json::{Value, json};

use super::http::{HttpClient, HttpError};
use super::medium::{Medium, Message, refused};
use super::secrets::{SecretError, Secrets};
use super::slack_blocks::{blocks, closing_blocks, escaped};
use super::slack_errors::{Failure, judged, nobody};
use crate::api::{Audience, MessageReference, NotificationEvent, Reason, SlackDestination, Timestamp};
use crate::domain::notification::Answer;

/// What a Secret says that is for Slack.
const MEDIUM: &str = "slack";

/// A workspace, with the bot's token.
pub(super) struct Slack {
    destination: SlackDestination,
    api: String,
    token: String,
    http: HttpClient,
}

impl Slack {
    /// Reads the token.
    pub(super) async fn open(
        destination: &SlackDestination,
        api: &str,
        secrets: &Secrets,
        http: &HttpClient,
    ) -> Result<Self, SecretError> {
        let host = api
            .parse::<Uri>()
            .ok()
            .and_then(|uri| uri.host().map(str::to_owned))
            .unwrap_or_default();
        let token = secrets.entry(&destination.token_secret, MEDIUM, &host).await?;
        Ok(Self {
            destination: destination.clone(),
            api: api.trim_end_matches('/').to_owned(),
            token,
            http: http.clone(),
        })
    }

    /// Calls a method; its answer where it says ok.
    async fn call(&self, method: &str, content_type: &'static str, body: Vec<u8>) -> Result<Value, Failure> {
        let Ok(uri) = format!("{}/{method}", self.api).parse::<Uri>() else {
            return Err(Failure::Final(refused(
                Reason::DestinationRefused,
                "The address of Slack's API cannot be read.",
            )));
        };
        let Ok(mut token) = HeaderValue::from_str(&format!("Bearer {}", self.token)) else {
            return Err(Failure::Final(refused(
                Reason::TokenRefused,
                "The token is no text that a header takes.",
            )));
        };
        token.set_sensitive(true);
        let headers = vec![
            (AUTHORIZATION, token),
            (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        ];
        match self.http.post(&uri, headers, body).await {
            Ok(answer) => judged(&answer),
            Err(HttpError::Refused(message)) => {
                Err(Failure::Final(refused(Reason::DestinationRefused, message)))
            }
            Err(HttpError::Failed(message)) => Err(Failure::Final(Answer::TriedAgain {
                reason: Reason::MediumUnavailable,
                message: format!("Slack: {message}"),
                delay: None,
            })),
        }
    }

    async fn json(&self, method: &str, body: &Value) -> Result<Value, Failure> {
        self.call(
            method,
            "application/json; charset=utf-8",
            body.to_string().into_bytes(),
        )
        .await
    }

    /// Where the reader is: the channel, or the person by the address that the directory has now.
    async fn conversation(&self, message: &Message<'_>) -> Result<String, Failure> {
        let Some(email) = message.email else {
            return Ok(self.destination.channel.clone());
        };
        let form = format!("email={}", form_encoded(email));
        let found = self
            .call(
                "users.lookupByEmail",
                "application/x-www-form-urlencoded",
                form.into_bytes(),
            )
            .await?;
        match found["user"]["id"].as_str() {
            Some(id) if found["user"]["deleted"] != true => Ok(id.to_owned()),
            _ => Err(Failure::Final(nobody())),
        }
    }

    async fn post(&self, body: &mut Value, id: &str) -> Result<(MessageReference, bool), Failure> {
        body["unfurl_links"] = json!(false);
        body["unfurl_media"] = json!(false);
        // Not documented; where Slack honours it, a lost answer gives no second message.
        body["client_msg_id"] = json!(uuid(id));
        let answer = self.json("chat.postMessage", body).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let reference = MessageReference {
            conversation: text(&answer["channel"]),
            id: text(&answer["ts"]),
        };
        Ok((reference, answer["message"]["thread_ts"].is_string()))
    }

    async fn tell(&self, message: &Message<'_>) -> Result<MessageReference, Failure> {
        let call = message.call;
        let text = escaped(&message.facts.headline);
        let awaits_nobody = call.audience == Audience::Approvers && !call.wanted;
        let blocks = if awaits_nobody {
            closing_blocks(message.facts)
        } else {
            blocks(message.facts)
        };
        let mut shown = match &call.shown {
            Some(shown) => self.edit(shown, &text, &blocks).await?,
            None => None,
        };
        let is_new = shown.is_none();
        if shown.is_none() && !awaits_nobody {
            let conversation = self.conversation(message).await?;
            let mut body = json!({ "channel": conversation, "text": text, "blocks": blocks });
            shown = Some(self.post(&mut body, &message.id).await?.0);
        }
        // Edits tell nobody.
        let Some(parent) = shown else {
            return Err(Failure::Final(Answer::Sent { message: None }));
        };
        if is_new || !call.wanted || !is_noticed(call.happening.event, call.audience) {
            return Ok(parent);
        }
        let mut body = json!({ "channel": parent.conversation, "text": text, "blocks": blocks });
        if call.audience == Audience::Channel {
            body["thread_ts"] = json!(parent.id);
            body["reply_broadcast"] = json!(true);
            if let (Some(group), Some(blocks)) = (&self.destination.mention, body["blocks"].as_array_mut()) {
                let mention = json!({ "type": "mrkdwn", "text": format!("<!subteam^{group}>") });
                blocks.push(json!({ "type": "context", "elements": [mention] }));
            }
        }
        let (reply, is_reply) = self.post(&mut body, &message.id).await?;
        // An answer without its thread: the parent is gone, and this is the new one.
        let is_parent = call.audience != Audience::Channel || is_reply;
        Ok(if is_parent { parent } else { reply })
    }

    /// Brings a message up to date; none where it is gone.
    async fn edit(
        &self,
        shown: &MessageReference,
        text: &str,
        blocks: &Value,
    ) -> Result<Option<MessageReference>, Failure> {
        let body = json!({ "channel": shown.conversation, "ts": shown.id, "text": text, "blocks": blocks });
        match self.json("chat.update", &body).await {
            Ok(_) => Ok(Some(shown.clone())),
            Err(Failure::MessageGone) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

#[async_trait]
impl Medium for Slack {
    async fn send(&self, message: &Message<'_>) -> Answer {
        match self.tell(message).await {
            Ok(reference) => Answer::Sent {
                message: Some(reference),
            },
            Err(failure) => failure.into(),
        }
    }

    async fn test(&self, channel: &str, id: String, _: &str, _: Timestamp) -> Answer {
        let text = format!("This is a test of the NotificationChannel {channel}.");
        let mut body = json!({ "channel": self.destination.channel, "text": text });
        match self.post(&mut body, &id).await {
            Ok(_) => Answer::Sent { message: None },
            Err(failure) => failure.into(),
        }
    }
}

/// What somebody has to notice, and is told in a message of its own.
fn is_noticed(event: NotificationEvent, audience: Audience) -> bool {
    use NotificationEvent as Event;
    match audience {
        Audience::Channel => matches!(
            event,
            Event::StageAdvanced
                | Event::NobodyCanApprove
                | Event::Failed
                | Event::Reminder
                | Event::RevocationOverdue
        ),
        Audience::Requester => !matches!(event, Event::Ended | Event::Cancelled | Event::Scheduled),
        Audience::Approvers => matches!(event, Event::StageAdvanced | Event::Reminder),
    }
}

fn form_encoded(value: &str) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    value.bytes().map(encode).collect()
}

/// 32 hex digits in the form of a UUID.
fn uuid(id: &str) -> String {
    let part = |from: usize, to: usize| id.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_value_of_a_form() {
        assert_eq!(form_encoded("a+b&c@x.org"), "a%2Bb%26c%40x%2Eorg");
        assert_eq!(
            uuid("0123456789abcdef0123456789abcdef"),
            "01234567-89ab-cdef-0123-456789abcdef"
        );
    }
}
