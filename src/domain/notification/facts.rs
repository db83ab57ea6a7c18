//! The facts of a message: one struct, from which every medium is rendered.

use schemars::JsonSchema;
use serde::Serialize;

use super::happening::Happening;
use super::plain::{Defused, defused};
use super::text;
use super::told::Told;
use crate::api::{Audience, NotificationEvent, Phase, Reason, ReviewDecision, TeamSettingsSpec, Timestamp};
use crate::domain::window::after;

/// The longest text of people in a message; names are shorter by their schemas.
const LONGEST_TEXT: usize = 500;

/// How many people a message names.
const NAMED: usize = 5;

/// What one message says.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageFacts {
    /// What happened.
    pub event: NotificationEvent,
    /// The fixed sentence about it.
    pub headline: String,
    /// The object that is told of.
    pub about: About,
    /// When it happened.
    pub time: Timestamp,
    /// Why, in one word.
    pub reason: Reason,
    /// Why, in a sentence of the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Defused>,
    /// Whose act it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Defused>,
    /// What that person wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<Defused>,
    /// What is asked for, where a request is told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessFacts>,
    /// How far the approval is, while it is awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalFacts>,
    /// What to do next.
    pub next: Vec<String>,
    /// Where to look, by the channel's own template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// When this was so.
    pub as_of: Timestamp,
    /// Why the reader gets it.
    pub why: String,
}

/// The object that is told of.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// Its kind.
    pub kind: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// The phase that it is in now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessFacts {
    /// Who asks.
    pub requester: Defused,
    /// The account.
    pub account_id: Defused,
    /// Its name, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_name: Option<Defused>,
    /// The units above the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ou_path: Option<Defused>,
    /// The permission set.
    pub permission_set: Defused,
    /// How long the access lasts.
    pub duration: String,
    /// When it should start, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted_start_time: Option<Timestamp>,
    /// When it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// Until when credentials may still work that were issued before the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials_until: Option<Timestamp>,
    /// The ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_number: Option<Defused>,
    /// Why the access is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<Defused>,
}

/// How far the approval of a request is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalFacts {
    /// The stage whose approvals are awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Defused>,
    /// Approvals counted of those needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Defused>,
    /// Who can approve: the first five.
    pub awaited: Vec<Defused>,
    /// How many can.
    pub awaited_count: usize,
    /// When the request expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

/// The facts of a message about something that happened, for one audience.
pub fn facts_of(
    told: &Told,
    happening: &Happening,
    audience: Audience,
    settings: Option<&TeamSettingsSpec>,
    link: Option<&str>,
    now: Timestamp,
) -> MessageFacts {
    let phase = told.request().and_then(|(_, status)| status.phase);
    let access = access_of(told);
    let approval = approval_of(told);
    let mut facts = MessageFacts {
        event: happening.event,
        headline: String::new(),
        about: About {
            kind: told.about.kind.clone(),
            namespace: told.about.namespace.clone(),
            name: told.about.name.clone(),
            uid: told.about.uid.clone(),
            phase,
        },
        time: happening.time,
        reason: happening.reason,
        message: (!happening.message.is_empty()).then(|| defused(&happening.message, LONGEST_TEXT)),
        by: happening.by.as_ref().map(|by| defused(by, 256)),
        comment: comment_of(told, happening),
        access,
        approval,
        next: vec![],
        link: link.and_then(|link| filled(link, told)),
        as_of: now,
        why: text::why(audience).to_owned(),
    };
    facts.headline = text::headline(&facts);
    facts.next = text::next_step(
        &facts,
        audience,
        settings.and_then(|settings| settings.access_portal_url.as_deref()),
    );
    facts
}

fn access_of(told: &Told) -> Option<AccessFacts> {
    let (request, status) = told.request()?;
    let window = status.window.as_ref();
    let end_time = window.and_then(|window| window.end_time);
    let ended = status
        .ending
        .as_ref()
        .map(|ending| ending.requested_time)
        .or(end_time);
    let session = status.access.as_ref().map(|access| access.session_duration);
    let had_access = window.is_some_and(|window| window.start_time.is_some());
    let is_over = matches!(
        status.phase,
        Some(Phase::Ended | Phase::Revoked | Phase::Revoking)
    );
    Some(AccessFacts {
        requester: defused(request.requester.as_deref().unwrap_or("somebody"), 256),
        account_id: defused(request.account_id.as_str(), 64),
        account_name: status
            .access
            .as_ref()
            .map(|access| defused(&access.account_name, 128)),
        ou_path: status
            .access
            .as_ref()
            .map(|access| defused(&access.ou_path, LONGEST_TEXT)),
        permission_set: defused(request.permission_set.as_str(), 64),
        duration: request.duration.to_string(),
        wanted_start_time: request.start_time,
        start_time: window.and_then(|window| window.start_time),
        end_time,
        credentials_until: ended
            .zip(session)
            .filter(|_| had_access && is_over)
            .map(|(ended, session)| after(ended, session.into())),
        ticket_number: request
            .ticket_number
            .as_deref()
            .map(|ticket| defused(ticket, 128)),
        justification: request
            .justification
            .as_deref()
            .map(|text| defused(text, LONGEST_TEXT)),
    })
}

fn approval_of(told: &Told) -> Option<ApprovalFacts> {
    let (_, status) = told
        .request()
        .filter(|(_, status)| status.phase == Some(Phase::Pending))?;
    let review = status.review.as_ref();
    let awaited = status.approvers.iter().take(NAMED).map(|name| defused(name, 256));
    Some(ApprovalFacts {
        stage: review
            .and_then(|review| review.current_stage.as_deref())
            .map(|stage| defused(stage, 63)),
        progress: review
            .and_then(|review| review.progress.as_deref())
            .map(|progress| defused(progress, 32)),
        awaited: awaited.collect(),
        awaited_count: status.approvers.len(),
        deadline: review.and_then(|review| review.deadline),
    })
}

/// What the person wrote whose act it was.
fn comment_of(told: &Told, happening: &Happening) -> Option<Defused> {
    let (_, status) = told.request()?;
    let decision = match happening.event {
        NotificationEvent::Approved | NotificationEvent::StageAdvanced => ReviewDecision::Approved,
        NotificationEvent::Rejected => ReviewDecision::Rejected,
        NotificationEvent::Revoked => ReviewDecision::Revoked,
        _ => return None,
    };
    let by = happening.by.as_deref()?;
    let mut entries = status.approvals.iter();
    let entry = entries.find(|entry| entry.approver == by && entry.decision == decision)?;
    entry
        .comment
        .as_deref()
        .map(|comment| defused(comment, LONGEST_TEXT))
}

/// The channel's link for this object. Names of Kubernetes need no encoding but are encoded all the same.
fn filled(template: &str, told: &Told) -> Option<String> {
    let namespace = told.about.namespace.as_deref()?;
    let link = template.replace("{namespace}", &percent_encoded(namespace));
    Some(link.replace("{name}", &percent_encoded(&told.about.name)))
}

fn percent_encoded(value: &str) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    value.bytes().map(encode).collect()
}
