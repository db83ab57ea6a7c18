//! What Slack's answers mean.

use serde_json::Value;

use super::http::{HttpAnswer, retry_after};
use super::medium::refused;
use crate::api::Reason;
use crate::domain::notification::{Answer, Refusal};

/// Why a method did not do what was asked.
pub(super) enum Failure {
    /// The message that was to be edited cannot be.
    MessageGone,
    /// This is the answer.
    Final(Answer),
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Final(answer) => answer,
            Failure::MessageGone => message_refused("message_not_found"),
        }
    }
}

/// What an answer means: Slack says no with HTTP 200.
pub(super) fn judged(answer: &HttpAnswer) -> Result<Value, Failure> {
    let again = |reason, why: String| {
        Failure::Final(Answer::TriedAgain {
            reason,
            message: why,
            delay: retry_after(&answer.headers),
        })
    };
    if answer.status == 429 {
        return Err(again(
            Reason::Throttled,
            "Slack asks for fewer messages.".to_owned(),
        ));
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if body["ok"] == true {
        return Ok(body);
    }
    let Some(error) = body["error"].as_str() else {
        return Err(again(
            Reason::MediumUnavailable,
            format!("Slack answered {}.", answer.status),
        ));
    };
    Err(match error {
        "message_not_found" | "cant_update_message" | "edit_window_closed" => Failure::MessageGone,
        "ratelimited" | "rate_limited" => {
            again(Reason::Throttled, "Slack asks for fewer messages.".to_owned())
        }
        "internal_error"
        | "fatal_error"
        | "service_unavailable"
        | "request_timeout"
        | "team_added_to_org" => again(Reason::MediumUnavailable, format!("Slack says {}.", word(error))),
        "users_not_found" => Failure::Final(nobody()),
        "channel_not_found" | "not_in_channel" | "is_archived" => Failure::Final(refused(
            Reason::ChannelNotFound,
            format!(
                "Slack says {}: check the id of the channel, and invite the bot to it.",
                word(error)
            ),
        )),
        "invalid_auth"
        | "not_authed"
        | "account_inactive"
        | "token_revoked"
        | "token_expired"
        | "missing_scope"
        | "ekm_access_denied"
        | "access_denied"
        | "org_login_required"
        | "team_access_not_granted" => Failure::Final(refused(
            Reason::TokenRefused,
            format!(
                "Slack says {}: check the token of the channel and its scopes.",
                word(error)
            ),
        )),
        error if error.starts_with("restricted_action") => Failure::Final(refused(
            Reason::SenderRefused,
            format!(
                "Slack says {}: the workspace does not let the bot post there.",
                word(error)
            ),
        )),
        error => Failure::Final(message_refused(error)),
    })
}

fn message_refused(error: &str) -> Answer {
    Answer::Refused {
        refusal: Refusal::Message,
        reason: Reason::MessageRefused,
        message: format!(
            "Slack says {}, and would not accept the message another time.",
            word(error)
        ),
    }
}

/// Nobody has the address.
pub(super) fn nobody() -> Answer {
    Answer::Refused {
        refusal: Refusal::Person,
        reason: Reason::PersonNotFound,
        message: "Slack knows nobody with the e-mail address of the person.".to_owned(),
    }
}

/// An error of Slack's is a word; what is none is not repeated.
fn word(error: &str) -> &str {
    let is_word = error.len() <= 64
        && error
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_word { error } else { "an error without a word" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_class_of_error_is_known_by_its_word() {
        let judge = |status: u16, body: &str| {
            let answer = HttpAnswer {
                status: ::http::StatusCode::from_u16(status).unwrap(),
                headers: ::http::HeaderMap::new(),
                body: body.to_owned().into(),
            };
            match judged(&answer) {
                Ok(_) => "ok".to_owned(),
                Err(Failure::MessageGone) => "gone".to_owned(),
                Err(Failure::Final(Answer::Refused { refusal, reason, .. })) => {
                    format!("{refusal:?} {reason}")
                }
                Err(Failure::Final(Answer::TriedAgain { reason, .. })) => format!("again {reason}"),
                Err(Failure::Final(Answer::Sent { .. })) => "sent".to_owned(),
            }
        };
        for (status, error, expected) in [
            (200, "message_not_found", "gone"),
            (200, "ratelimited", "again Throttled"),
            (429, "", "again Throttled"),
            (200, "fatal_error", "again MediumUnavailable"),
            (200, "token_revoked", "Channel TokenRefused"),
            (200, "missing_scope", "Channel TokenRefused"),
            (200, "is_archived", "Channel ChannelNotFound"),
            (200, "not_in_channel", "Channel ChannelNotFound"),
            (
                200,
                "restricted_action_read_only_channel",
                "Channel SenderRefused",
            ),
            (200, "users_not_found", "Person PersonNotFound"),
            (200, "invalid_blocks", "Message MessageRefused"),
        ] {
            let body = json!({ "ok": false, "error": error }).to_string();
            assert_eq!(judge(status, &body), expected, "{error}");
        }
        assert_eq!(judge(200, "{\"ok\":true}"), "ok");
        assert_eq!(judge(502, "<html>"), "again MediumUnavailable");
    }
}
