//! `export`: one row for each request, complete or not at all.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta};
use serde_json::{Value, json};

use super::Desk;
use super::rows::{Rows, unwritten};
use crate::api::{ElevationRequestStatus, Phase, Reason, Timestamp};
use crate::cli::arguments::ExportArguments;
use crate::cli::failure::{Failure, Kind};
use crate::cli::text::visible;
use crate::cli::verbs::requests::{Found, Page, api, pages, places};

/// The version of the columns, in each row: it grows when one is removed or comes to mean something else.
const COLUMNS: &str = "1";

/// Exports requests. Everything is read into a temporary file first: what breaks off would look complete.
pub async fn export(desk: &Desk, wanted: &ExportArguments) -> Result<(), Failure> {
    let since = wanted
        .since
        .as_deref()
        .map(|text| moment(text, "--since"))
        .transpose()?;
    let until = wanted
        .until
        .as_deref()
        .map(|text| moment(text, "--until"))
        .transpose()?;
    let mut rows = Rows::new(wanted.format)?;
    for place in places(&desk.session) {
        let start = rows.mark()?;
        let step = |page: Page| match page {
            Page::Restart => rows.back_to(start),
            Page::Next(_, unreadable) if !unreadable.is_empty() => Err(Failure::new(
                Kind::Refused,
                format!(
                    "Nothing was exported: {} were written by a newer version.",
                    visible(&unreadable.join(", "))
                ),
            )
            .advise("Update the plugin.")),
            Page::Next(found, _) => {
                let is_wanted = |found: &&Found| {
                    found.created().is_some_and(|created| {
                        since.is_none_or(|since| created >= since)
                            && until.is_none_or(|until| created < until)
                    })
                };
                found
                    .iter()
                    .filter(is_wanted)
                    .try_for_each(|found| rows.add(&row(found)))
            }
        };
        pages(api(&desk.session, place), "", step).await?;
    }
    let count = rows.count;
    let empty = heading_row()?;
    let heading: Vec<&str> = row(&empty).into_iter().map(|(name, _)| name).collect();
    rows.print(desk, &heading)?;
    desk.terminal.say(&format!(
        "{count} requests from {}, read as {}.{}",
        desk.session.searched(),
        desk.session.described(),
        horizon(desk, since)
    ));
    Ok(())
}

/// What may be missing because it was removed in time.
fn horizon(desk: &Desk, since: Option<Timestamp>) -> String {
    let Some(settings) = desk.session.settings() else {
        return " Whether finished requests are removed after a time is not known: TeamSettings could not be read.".to_owned();
    };
    let Some(retention) = settings.retention else {
        return String::new();
    };
    let first = desk.times.now.checked_add(-TimeDelta::from(retention));
    match first.filter(|first| since.is_none_or(|since| since < *first)) {
        Some(first) => {
            format!(" Finished requests are removed after {retention}: what ended before {first} is missing.")
        }
        None => String::new(),
    }
}

/// A time or a day, in UTC.
fn moment(text: &str, flag: &str) -> Result<Timestamp, Failure> {
    let exact = DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|moment| moment.to_utc());
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let moment = exact.or_else(|| Some(day?.and_time(NaiveTime::MIN).and_utc()));
    moment.map(Timestamp::from).ok_or_else(|| {
        Failure::new(Kind::Usage, format!("{flag} {text:?} is no time."))
            .advise("Write 2026-12-01 or 2026-12-01T09:00:00Z.")
    })
}

/// A column: its name, and its value for one request.
type Column = (&'static str, String);

/// The columns of a request, in their order.
fn row(found: &Found) -> Vec<Column> {
    let status = found.status();
    let mut columns = asked(found, &status);
    columns.extend(became(&status));
    columns
}

fn text(value: Option<&String>) -> String {
    value.cloned().unwrap_or_default()
}

fn time(value: Option<Timestamp>) -> String {
    value.map(|time| time.to_string()).unwrap_or_default()
}

/// What was asked for, by whom.
fn asked(found: &Found, status: &ElevationRequestStatus) -> Vec<Column> {
    let spec = &found.request.spec;
    let (access, requester) = (status.access.as_ref(), status.requester.as_ref());
    vec![
        ("columns", COLUMNS.to_owned()),
        ("uid", found.uid().to_owned()),
        ("namespace", found.namespace().to_owned()),
        ("name", found.name().to_owned()),
        ("requester", text(spec.requester.as_ref())),
        (
            "requesterUserId",
            text(requester.map(|requester| &requester.user_id)),
        ),
        (
            "requesterEmail",
            text(requester.and_then(|requester| requester.email.as_ref())),
        ),
        ("accountId", spec.account_id.to_string()),
        ("accountName", text(access.map(|access| &access.account_name))),
        ("ouPath", text(access.map(|access| &access.ou_path))),
        ("permissionSet", spec.permission_set.to_string()),
        (
            "permissionSetArn",
            access
                .map(|access| access.permission_set_arn.clone())
                .unwrap_or_default(),
        ),
        ("ticketNumber", text(spec.ticket_number.as_ref())),
        ("justification", text(spec.justification.as_ref())),
        ("requestedTime", time(found.created())),
        ("requestedStart", time(spec.start_time)),
        ("requestedDuration", spec.duration.to_string()),
    ]
}

/// What became of it, and by which policies.
fn became(status: &ElevationRequestStatus) -> Vec<Column> {
    let window = status.window.clone().unwrap_or_default();
    let (assignment, ending) = (status.assignment.as_ref(), status.ending.as_ref());
    let eligibility = status.eligibility.as_ref();
    let policy = eligibility.map(|policy| version(&policy.policy, &policy.uid, policy.generation));
    let needed = eligibility.map(|policy| policy.approval_required.to_string());
    vec![
        ("eligibilityPolicy", policy.unwrap_or_default()),
        ("approvalRequired", needed.unwrap_or_default()),
        ("approverPolicy", approver_policy(status.review.as_ref())),
        ("decisions", decisions(status)),
        ("phase", status.phase.map_or("", Phase::as_str).to_owned()),
        ("reason", status.reason.map_or("", Reason::as_str).to_owned()),
        (
            "accessPossibleFrom",
            time(assignment.and_then(|assignment| assignment.possible_from)),
        ),
        ("accessBegan", time(window.start_time)),
        ("accessPlannedEnd", time(window.end_time)),
        (
            "endReason",
            ending.map_or("", |ending| ending.reason.as_str()).to_owned(),
        ),
        ("endedBy", text(ending.and_then(|ending| ending.by.as_ref()))),
        ("endRequested", time(ending.map(|ending| ending.requested_time))),
        (
            "accessGone",
            time(assignment.and_then(|assignment| assignment.gone_time)),
        ),
        (
            "credentialsExpiry",
            time(assignment.and_then(|assignment| assignment.credentials_expiry_time)),
        ),
    ]
}

fn version(name: &str, uid: &str, generation: i64) -> String {
    format!("{name} {uid} {generation}")
}

fn approver_policy(review: Option<&crate::api::Review>) -> String {
    let named = review.and_then(|r| Some(version(r.policy.as_ref()?, r.uid.as_ref()?, r.generation?)));
    named.unwrap_or_default()
}

/// Each decision with what became of it, as one JSON list: comments are text of people and may have any character in them.
fn decisions(status: &ElevationRequestStatus) -> String {
    let verdicts = status
        .review
        .as_ref()
        .map(|review| review.verdicts.as_slice())
        .unwrap_or_default();
    let decisions: Vec<Value> = status
        .approvals
        .iter()
        .map(|entry| {
            let verdict = verdicts
                .iter()
                .find(|v| v.approver == entry.approver && v.decision == entry.decision);
            json!({
                "approver": entry.approver,
                "decision": entry.decision,
                "comment": entry.comment,
                "counted": verdict.map(|v| v.counted),
                "reason": verdict.map(|v| v.reason),
                "stage": verdict.and_then(|v| v.stage.clone()),
                "userId": verdict.and_then(|v| v.user_id.clone()),
                "time": verdict.map(|v| v.time),
            })
        })
        .collect();
    if decisions.is_empty() {
        String::new()
    } else {
        json!(decisions).to_string()
    }
}

/// A request without anything, for the names of the columns.
fn heading_row() -> Result<Found, Failure> {
    let object = json!({
        "apiVersion": "team-operator.io/v1alpha1", "kind": "ElevationRequest", "metadata": {},
        "spec": { "accountId": "", "permissionSet": "", "duration": "1h" },
    });
    let raw = serde_json::from_value(object).map_err(|error| unwritten(&error))?;
    crate::cli::verbs::requests::readable(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_or_a_day_is_taken_and_anything_else_explained() {
        assert_eq!(
            moment("2026-12-01", "--since").unwrap().to_string(),
            "2026-12-01T00:00:00Z"
        );
        assert_eq!(
            moment("2026-12-01T09:00:00+01:00", "--since")
                .unwrap()
                .to_string(),
            "2026-12-01T08:00:00Z"
        );
        assert!(
            moment("yesterday", "--since")
                .unwrap_err()
                .to_string()
                .contains("--since \"yesterday\" is no time")
        );
    }
}
