//! `describe`: one request on one screen.

use super::Desk;
use super::facts::{Access, Facts, stage, tail};
use crate::api::{ElevationRequestStatus, HistoryEntry, Phase, Timestamp};
use crate::cli::failure::Failure;
use crate::cli::text::{first_names, visible};
use crate::cli::verbs::requests::{Found, get};

/// Shows one request.
pub async fn describe(desk: &Desk, name: &str) -> Result<(), Failure> {
    let found = get(&desk.session, name).await?;
    super::completion::remember_requests(&desk.session, std::slice::from_ref(&found));
    if desk.prints_object(&found)? {
        return Ok(());
    }
    desk.terminal.print(&screen(desk, &found))
}

fn screen(desk: &Desk, found: &Found) -> String {
    let mut facts = Facts::for_terminal(&desk.terminal);
    let (spec, status) = (&found.request.spec, found.status());
    let heading = |text: &str| desk.terminal.heading(text);
    let reason = status
        .reason
        .map(|reason| format!(" ({reason})"))
        .unwrap_or_default();
    facts.line(format!(
        "{} is {}{reason}",
        heading(found.name()),
        desk.terminal.phase(status.phase)
    ));
    facts.fact("namespace", found.namespace());
    facts.fact("who", who(found, &status));
    Access::of(found).facts(&mut facts, &desk.times);
    if let Some(access) = &status.access {
        facts.fact("credentials", tail(access.session_duration));
    }
    if let Some(policy) = &status.eligibility {
        facts.fact("allowed by", format!("EligibilityPolicy {}", policy.policy));
    }
    facts.words("Ticket:", spec.ticket_number.as_deref());
    facts.words("Why:", spec.justification.as_deref());
    facts.words("The controller says:", status.message.as_deref());
    approval(&mut facts, &heading("Approval"), &status);
    decisions(&mut facts, &heading("Decisions"), &status);
    timeline(desk, &mut facts, found, &status);
    assignment(&mut facts, &heading("In AWS"), &status);
    next(desk, &mut facts, found);
    facts.text()
}

fn who(found: &Found, status: &ElevationRequestStatus) -> String {
    let name = found.request.spec.requester.clone().unwrap_or_default();
    match &status.requester {
        Some(person) => format!(
            "{name} (Identity Center: {}, {})",
            person.user_name, person.user_id
        ),
        None => name,
    }
}

fn approval(facts: &mut Facts, heading: &str, status: &ElevationRequestStatus) {
    let Some(review) = &status.review else { return };
    facts.line(heading);
    if let Some(policy) = &review.policy {
        facts.fact("approved by", format!("ApproverPolicy {policy}"));
    }
    let current = review
        .current_stage
        .as_deref()
        .filter(|_| status.phase == Some(Phase::Pending));
    for one in &review.stages {
        facts.fact("stage", stage(one, current));
    }
    if status.phase == Some(Phase::Pending) {
        let can = if status.approvers.is_empty() {
            "nobody at the moment".to_owned()
        } else {
            first_names(&status.approvers)
        };
        facts.fact("can approve", can);
    }
    if !status.phase.is_some_and(Phase::is_terminal) && !status.reviewers.is_empty() {
        facts.fact("can stop it", first_names(&status.reviewers));
    }
}

fn decisions(facts: &mut Facts, heading: &str, status: &ElevationRequestStatus) {
    if status.approvals.is_empty() {
        return;
    }
    facts.line(heading);
    let verdicts = status
        .review
        .as_ref()
        .map(|review| review.verdicts.as_slice())
        .unwrap_or_default();
    for entry in &status.approvals {
        let verdict = verdicts
            .iter()
            .find(|verdict| verdict.approver == entry.approver && verdict.decision == entry.decision);
        let judged = match verdict {
            Some(verdict) if verdict.counted => "counts".to_owned(),
            Some(verdict) => format!("does not count ({})", verdict.reason),
            None => "not judged".to_owned(),
        };
        let decision = format!("{:?}", entry.decision).to_lowercase();
        let line = format!("  {decision} by {}, {judged}", visible(&entry.approver));
        match entry.comment.as_deref().filter(|comment| !comment.is_empty()) {
            Some(comment) => facts.words(&line, Some(comment)),
            None => facts.line(line),
        }
    }
}

/// What happened, from the history alone, in its order, which is right also within one second; then what comes.
fn timeline(desk: &Desk, facts: &mut Facts, found: &Found, status: &ElevationRequestStatus) {
    let line = |(time, what): (Timestamp, String)| {
        let (full, away) = (desk.times.full(time), desk.times.away(time));
        visible(&format!("  {full}  {what} ({away})"))
    };
    let asked = found.created().map(|time| (time, "asked".to_owned()));
    let steps = status.history.iter().map(|entry| (entry.time, step(entry)));
    facts.line(desk.terminal.heading("Timeline"));
    for moment in asked.into_iter().chain(steps).chain(to_come(found, status)) {
        facts.line(line(moment));
    }
}

/// A step of the history, in one line: the controller's sentences are in the request itself.
fn step(entry: &HistoryEntry) -> String {
    let by = entry
        .by
        .as_ref()
        .map(|by| format!(", by {by}"))
        .unwrap_or_default();
    match &entry.stage {
        Some(stage) => format!("stage {stage} complete{by}"),
        None => format!("{}: {}{by}", entry.phase.as_str(), entry.reason),
    }
}

/// What comes next as things are, in the order of time.
fn to_come(found: &Found, status: &ElevationRequestStatus) -> Vec<(Timestamp, String)> {
    let mut moments = Vec::new();
    let mut at =
        |time: Option<Timestamp>, what: &str| moments.extend(time.map(|time| (time, what.to_owned())));
    let waits = matches!(status.phase, None | Some(Phase::Pending));
    let review = status.review.as_ref();
    at(
        review.and_then(|review| review.deadline).filter(|_| waits),
        "expires if it is not approved",
    );
    let starts = waits || status.phase == Some(Phase::Approved);
    at(found.request.spec.start_time.filter(|_| starts), "wished start");
    let end = status.window.as_ref().and_then(|window| window.end_time);
    at(end.filter(|_| status.ending.is_none()), "access ends");
    let assignment = status.assignment.as_ref();
    at(
        assignment.and_then(|assignment| assignment.credentials_expiry_time),
        "last credentials stop working",
    );
    moments.sort_by_key(|(time, _)| *time);
    moments
}

fn assignment(facts: &mut Facts, heading: &str, status: &ElevationRequestStatus) {
    let Some(assignment) = &status.assignment else {
        return;
    };
    facts.line(heading);
    facts.fact(
        "assignment",
        format!("{} ({})", assignment.name, assignment.state.as_str()),
    );
    facts.words("  AWS said last:", assignment.last_error.as_deref());
}

/// What this person can do about it now.
fn next(desk: &Desk, facts: &mut Facts, found: &Found) {
    let (session, name) = (&desk.session, found.name());
    let status = found.status();
    let command = |verb: &str| session.command(verb, &[name], found.namespace());
    let mut lines = Vec::new();
    if found.awaits(&session.person) {
        lines.push(format!("To approve: {}", command("approve")));
        lines.push(format!("To reject:  {}", command("reject")));
    } else if !found.is_over() && status.reviewers.contains(&session.person) {
        lines.push(format!("To stop it: {}", command("revoke")));
    }
    if found.is_of(&session.person) {
        lines.push(if found.is_over() {
            format!("To ask again: {} request --again {name}", session.program)
        } else {
            format!("To end it: {}", command("cancel"))
        });
    }
    for line in lines {
        facts.line(line);
    }
}
