//! The fixed texts. What is foreign in them was defused before.

use super::facts::MessageFacts;
use crate::api::{Audience, NotificationEvent};

/// The sentence that a message begins with.
pub fn headline(facts: &MessageFacts) -> String {
    let Some(access) = &facts.access else {
        return "The admission policies are not in force. Nothing is granted; access still ends.".to_owned();
    };
    let account = match &access.account_name {
        Some(name) => format!("{name} ({})", access.account_id),
        None => access.account_id.to_string(),
    };
    let what = format!("{} in {account}", access.permission_set);
    let (who, duration) = (&access.requester, &access.duration);
    let by = facts
        .by
        .as_ref()
        .map(|by| format!(" by {by}"))
        .unwrap_or_default();
    match facts.event {
        NotificationEvent::ApprovalNeeded => {
            format!("Approval needed: {who} asks for {what} for {duration}.")
        }
        NotificationEvent::StageAdvanced => {
            format!("One stage is approved{by}, the next is awaited: {who}, {what}.")
        }
        NotificationEvent::NobodyCanApprove => format!("Nobody can approve: {who} asks for {what}."),
        NotificationEvent::Approved => format!("Approved{by}: {who}, {what} for {duration}."),
        NotificationEvent::Rejected => format!("Rejected{by}: {who}, {what}."),
        NotificationEvent::Denied => format!("Denied: {who}, {what}."),
        NotificationEvent::Expired => format!("Expired without approval: {who}, {what}."),
        NotificationEvent::Cancelled => format!("Cancelled{by}: {who}, {what}."),
        NotificationEvent::Scheduled => format!("Scheduled: {who}, {what} for {duration}."),
        NotificationEvent::Started => format!("Access has started: {who}, {what}."),
        NotificationEvent::EndsSoon => format!("Access ends soon: {who}, {what}."),
        NotificationEvent::Ended => format!("Access has ended: {who}, {what}."),
        NotificationEvent::Revoked => format!("Access was revoked{by}: {who}, {what}."),
        NotificationEvent::Failed => format!("Access could not be given: {who}, {what}."),
        NotificationEvent::RevocationOverdue => {
            format!("Access should be gone, and AWS has not confirmed it: {who}, {what}.")
        }
        NotificationEvent::Reminder => {
            format!("Still waiting for approval: {who} asks for {what} for {duration}.")
        }
        NotificationEvent::GuardBroken => "The admission policies are not in force.".to_owned(),
    }
}

/// What is shown below the headline: labels with values, in their order.
pub fn lines(facts: &MessageFacts) -> Vec<(&'static str, String)> {
    let mut lines: Vec<(&'static str, String)> = Vec::new();
    let mut add = |label, value: Option<String>| {
        if let Some(value) = value {
            lines.push((label, value));
        }
    };
    if let Some(access) = &facts.access {
        add("Requester", Some(access.requester.to_string()));
        let name = access
            .account_name
            .as_ref()
            .map(|name| format!("{name} ({})", access.account_id));
        add("Account", name.or_else(|| Some(access.account_id.to_string())));
        add(
            "Organizational unit",
            access.ou_path.as_ref().map(ToString::to_string),
        );
        add("Permission set", Some(access.permission_set.to_string()));
        add("Duration", Some(access.duration.clone()));
        add(
            "Wanted start",
            access.wanted_start_time.map(|time| time.to_string()),
        );
        add("Started", access.start_time.map(|time| time.to_string()));
        add("Ends", access.end_time.map(|time| time.to_string()));
        add("Ticket", access.ticket_number.as_ref().map(ToString::to_string));
        add(
            "Justification",
            access.justification.as_ref().map(ToString::to_string),
        );
    }
    if let Some(approval) = &facts.approval {
        add("Stage", approval.stage.as_ref().map(ToString::to_string));
        add("Approvals", approval.progress.as_ref().map(ToString::to_string));
        let named: Vec<String> = approval.awaited.iter().map(ToString::to_string).collect();
        let more = approval.awaited_count.saturating_sub(named.len());
        let awaited = match (named.is_empty(), more) {
            (true, _) => "nobody".to_owned(),
            (false, 0) => named.join(", "),
            (false, more) => format!("{} and {more} more", named.join(", ")),
        };
        add("Awaited from", Some(awaited));
        add("Expires", approval.deadline.map(|time| time.to_string()));
    }
    add("By", facts.by.as_ref().map(ToString::to_string));
    add("Comment", facts.comment.as_ref().map(ToString::to_string));
    add("Message", facts.message.as_ref().map(ToString::to_string));
    if let Some(until) = facts.access.as_ref().and_then(|access| access.credentials_until) {
        add("Issued credentials may work until", Some(until.to_string()));
    }
    add("Link", facts.link.clone());
    lines
}

/// What to do next, as lines that can be pasted.
pub fn next_step(facts: &MessageFacts, audience: Audience, portal: Option<&str>) -> Vec<String> {
    let Some(namespace) = facts.about.namespace.as_deref() else {
        return vec!["kubectl get teamsettings default -o yaml".to_owned()];
    };
    let name = &facts.about.name;
    let line = |verb: &str| format!("kubectl team {verb} {name} -n {namespace}");
    match facts.event {
        NotificationEvent::ApprovalNeeded
        | NotificationEvent::StageAdvanced
        | NotificationEvent::Reminder => {
            vec![line("approve"), line("reject")]
        }
        NotificationEvent::Started if audience == Audience::Requester => {
            let mut next: Vec<String> = portal
                .map(|portal| format!("Access portal: {portal}"))
                .into_iter()
                .collect();
            next.push(line("cancel"));
            next
        }
        NotificationEvent::Started | NotificationEvent::EndsSoon | NotificationEvent::RevocationOverdue
            if audience != Audience::Requester =>
        {
            vec![line("describe"), line("revoke")]
        }
        _ => vec![line("describe")],
    }
}

/// Why the reader gets a message.
pub(super) const fn why(audience: Audience) -> &'static str {
    match audience {
        Audience::Channel => "You read a channel that a NotificationChannel names.",
        Audience::Requester => "You made the request.",
        Audience::Approvers => "You can decide on the request now.",
    }
}
