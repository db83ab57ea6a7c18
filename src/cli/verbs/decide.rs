//! Approving and rejecting: exactly what was seen is decided, once, and what became of it is read back.

use std::time::Instant;

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::BETWEEN_LOOKS;
use super::requests::{Found, again, api, readable};
use crate::api::{Phase, Reason, ReviewDecision, Verdict};
use crate::cli::failure::{Act, Failure, Kind, acts};
use crate::cli::session::Session;
use crate::cli::text::first_names;

/// How often a vote is sent whose answer was lost, or that met another write.
const ATTEMPTS: usize = 4;

/// What the controller made of a vote.
#[derive(Debug)]
pub enum Outcome {
    /// It counts.
    Counted(Box<Found>),
    /// It is recorded and does not count.
    Void(Reason),
    /// It is recorded, and the controller has not judged it in time.
    NotJudged(Box<Found>),
}

/// Whether the person's vote on what was seen is awaited; the refusal says what to do instead.
pub fn is_awaited(session: &Session, seen: &Found, decision: ReviewDecision) -> Result<(), Failure> {
    session.decides_in_person()?;
    let name = seen.name();
    let refused = |sentence: String| Failure::new(Kind::Refused, sentence);
    if seen.is_of(&session.person) {
        return Err(refused(format!(
            "{name} is your own request: somebody else decides on it."
        ))
        .advise(format!(
            "To take it back: {}",
            session.command("cancel", &[name], seen.namespace())
        )));
    }
    if own_entry(seen, &session.person, decision) {
        return Ok(());
    }
    let status = seen.status();
    match seen.phase() {
        Some(Phase::Pending) => {}
        None => {
            return Err(refused(format!("The controller has not looked at {name} yet."))
                .advise("Try again in a moment; `check` says whether the controller works."));
        }
        Some(phase @ (Phase::Approved | Phase::Active)) => {
            return Err(
                refused(format!("{name} is {} already.", phase.as_str())).advise(format!(
                    "To stop it: {}",
                    session.command("revoke", &[name], seen.namespace())
                )),
            );
        }
        Some(phase) => {
            return Err(refused(format!(
                "{name} is {}: there is nothing left to decide.",
                phase.as_str()
            ))
            .quoting(status.message.unwrap_or_default()));
        }
    }
    if decision == ReviewDecision::Approved && !seen.awaits(&session.person) {
        let who = match status.approvers.len() {
            0 => "nobody can at the moment".to_owned(),
            _ => format!("who can: {}", first_names(&status.approvers)),
        };
        return Err(refused(format!(
            "Your approval of {name} would not count now; {who}."
        )));
    }
    Ok(())
}

/// Records the vote on what was seen, and waits for what the controller makes of it.
pub async fn vote(
    session: &Session,
    seen: &Found,
    decision: ReviewDecision,
    comment: Option<&str>,
) -> Result<Outcome, Failure> {
    is_awaited(session, seen, decision)?;
    let recorded = record(session, seen, decision, comment).await?;
    judged(session, recorded, decision).await
}

async fn record(
    session: &Session,
    seen: &Found,
    decision: ReviewDecision,
    comment: Option<&str>,
) -> Result<Found, Failure> {
    let mut now = seen.clone();
    let mut last = None;
    for _ in 0..ATTEMPTS {
        // An answer that was lost, or the same command a second time: the entry is there.
        if own_entry(&now, &session.person, decision) {
            return Ok(now);
        }
        if let Some(change) = change(seen, &now) {
            return Err(Failure::new(
                Kind::Refused,
                format!(
                    "Nothing was decided: {} changed while you looked at it: {change}.",
                    seen.name()
                ),
            )
            .advise("Look at it again and repeat the command."));
        }
        let entry = Entry {
            act: acts::DECIDE,
            decision,
            comment,
            conditions: conditions(seen),
        };
        match append(session, seen, entry).await {
            Ok(found) => return Ok(found),
            Err(Appending::Refused(status)) => {
                now = again(session, seen).await?;
                let failure = acts::DECIDE.failed(&kube::Error::Api(status));
                let is_explained = own_entry(&now, &session.person, decision) || change(seen, &now).is_some();
                if !is_explained && last.replace(failure.clone()).is_some() {
                    return Err(failure);
                }
            }
            Err(Appending::Lost(failure)) => {
                now = again(session, seen).await.map_err(|_| unknown(failure.clone()))?;
                last = Some(failure);
            }
            Err(Appending::Failed(failure)) => return Err(failure),
        }
    }
    Err(last.unwrap_or_else(|| Failure::new(Kind::Refused, "The vote could not be recorded.")))
}

/// The answer to a write was lost, and so was the look that followed.
fn unknown(failure: Failure) -> Failure {
    let Failure { kind, said, .. } = failure;
    Failure {
        kind,
        sentence: "Whether your decision was recorded is not known: the connection broke.".to_owned(),
        said,
        advice: Some("Repeat the command: a decision is recorded once, however often it is sent.".to_owned()),
    }
}

/// Waits for the verdict on the person's entry.
async fn judged(session: &Session, mut now: Found, decision: ReviewDecision) -> Result<Outcome, Failure> {
    let since = Instant::now();
    loop {
        if let Some(verdict) = verdict(&now, &session.person, decision) {
            return Ok(if verdict.counted {
                Outcome::Counted(Box::new(now))
            } else {
                Outcome::Void(verdict.reason)
            });
        }
        // What ends a request is not always judged entry by entry.
        if decision == ReviewDecision::Rejected && now.phase() == Some(Phase::Rejected) {
            return Ok(Outcome::Counted(Box::new(now)));
        }
        let over = now.phase().is_some_and(Phase::is_terminal);
        if over || since.elapsed() > session.patience.decision {
            return Ok(Outcome::NotJudged(Box::new(now)));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
        now = again(session, &now).await?;
    }
}

/// What the controller made of the person's entry, by the policy that governs now.
pub fn verdict(found: &Found, person: &str, decision: ReviewDecision) -> Option<Verdict> {
    let review = found.status().review?;
    let is_of_now = |verdict: &Verdict| {
        verdict.policy_uid.is_none()
            || (verdict.policy_uid == review.uid && verdict.policy_generation == review.generation)
    };
    let mine = |verdict: &&Verdict| verdict.approver == person && verdict.decision == decision;
    review
        .verdicts
        .iter()
        .filter(mine)
        .find(|verdict| is_of_now(verdict))
        .cloned()
}

/// Whether the person has written such an entry.
pub fn own_entry(found: &Found, person: &str, decision: ReviewDecision) -> bool {
    let status = found.status();
    status
        .approvals
        .iter()
        .any(|entry| entry.approver == person && entry.decision == decision)
}

/// What a vote rests on: phase, stage, and the policy that says who approves.
fn conditions(seen: &Found) -> Vec<Value> {
    let status = seen.status();
    let review = status.review.as_ref();
    let tests = [
        ("/status/phase", status.phase.map(|phase| json!(phase))),
        (
            "/status/review/currentStage",
            review
                .and_then(|r| r.current_stage.as_ref())
                .map(|stage| json!(stage)),
        ),
        (
            "/status/review/uid",
            review.and_then(|r| r.uid.as_ref()).map(|uid| json!(uid)),
        ),
        (
            "/status/review/generation",
            review.and_then(|r| r.generation).map(|number| json!(number)),
        ),
    ];
    let present = tests.into_iter().filter_map(|(path, value)| Some((path, value?)));
    present
        .map(|(path, value)| json!({ "op": "test", "path": path, "value": value }))
        .collect()
}

/// Which of the conditions no longer holds.
pub fn change(seen: &Found, now: &Found) -> Option<String> {
    let (before, after) = (seen.status(), now.status());
    let word = |phase: Option<Phase>| phase.map_or("new", Phase::as_str);
    if before.phase != after.phase {
        return Some(format!(
            "it was {} and is {}",
            word(before.phase),
            word(after.phase)
        ));
    }
    let (before, after) = (before.review?, after.review?);
    let stage = |stage: Option<String>| stage.unwrap_or_else(|| "none".to_owned());
    if before.current_stage != after.current_stage {
        let (was, is) = (stage(before.current_stage), stage(after.current_stage));
        return Some(format!("stage {was} was awaited and now it is {is}"));
    }
    if (&before.uid, before.generation) != (&after.uid, after.generation) {
        return Some("the policy that says who approves was changed".to_owned());
    }
    None
}

/// An entry to append, and what must still be so when it is.
pub(super) struct Entry<'a> {
    pub act: Act,
    pub decision: ReviewDecision,
    pub comment: Option<&'a str>,
    pub conditions: Vec<Value>,
}

/// Why an entry was not appended.
pub(super) enum Appending {
    /// The API server refused it.
    Refused(Box<kube::core::Status>),
    /// No answer came: it may be there.
    Lost(Failure),
    /// It cannot be sent, or the person may not.
    Failed(Failure),
}

/// Appends one entry in the person's name to the request of this uid.
pub(super) async fn append(session: &Session, to: &Found, entry: Entry<'_>) -> Result<Found, Appending> {
    let Entry {
        act,
        decision,
        comment,
        conditions,
    } = entry;
    let mut operations = vec![json!({ "op": "test", "path": "/metadata/uid", "value": to.uid() })];
    operations.extend(conditions);
    let mut value = json!({ "approver": session.person, "decision": decision });
    if let Some(comment) = comment.filter(|comment| !comment.trim().is_empty()) {
        value["comment"] = json!(comment);
    }
    operations.push(json!({ "op": "add", "path": "/status/approvals/-", "value": value }));
    let patch = serde_json::from_value(Value::Array(operations)).map_err(|error| {
        Appending::Failed(Failure::new(
            Kind::Refused,
            format!("The decision cannot be written as a patch: {error}."),
        ))
    })?;
    let patch: Patch<()> = Patch::Json(patch);
    let answer = api(session, Some(to.namespace()))
        .patch_status(to.name(), &PatchParams::default(), &patch)
        .await;
    match answer {
        Ok(raw) => readable(raw).map_err(Appending::Failed),
        Err(kube::Error::Api(status)) => Err(if matches!(status.code, 408 | 429 | 500..) {
            Appending::Lost(act.failed(&kube::Error::Api(status)))
        } else if status.code == 401 {
            Appending::Failed(act.failed(&kube::Error::Api(status)))
        } else {
            Appending::Refused(status)
        }),
        Err(error) => Err(Appending::Lost(act.failed(&error))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lost_answers;
    use super::*;

    fn pending(change: impl FnOnce(&mut Value)) -> Found {
        let mut object = lost_answers::pending();
        change(&mut object);
        readable(serde_json::from_value(object).unwrap()).unwrap()
    }

    #[test]
    fn a_vote_rests_on_phase_stage_and_policy() {
        let paths: Vec<Value> = conditions(&pending(|_| ()))
            .iter()
            .map(|test| test["path"].clone())
            .collect();
        assert_eq!(
            paths,
            [
                "/status/phase",
                "/status/review/currentStage",
                "/status/review/uid",
                "/status/review/generation"
            ]
        );
    }

    #[test]
    fn what_changed_is_named() {
        let seen = pending(|_| ());
        assert_eq!(change(&seen, &seen), None);
        for (path, value, says) in [
            (
                "/status/phase",
                json!("Approved"),
                "it was Pending and is Approved",
            ),
            (
                "/status/review/currentStage",
                json!("security"),
                "stage lead was awaited and now it is security",
            ),
            (
                "/status/review/generation",
                json!(4),
                "the policy that says who approves was changed",
            ),
            (
                "/status/review/uid",
                json!("p2"),
                "the policy that says who approves was changed",
            ),
        ] {
            let now = pending(|object| *object.pointer_mut(path).unwrap() = value.clone());
            assert_eq!(change(&seen, &now).as_deref(), Some(says));
        }
    }

    #[test]
    fn a_verdict_of_an_earlier_policy_is_none() {
        let with = |generation: i64| {
            pending(|object| {
                object["status"]["review"]["verdicts"] = json!([{
                    "approver": "bob", "decision": "Approved", "policyUid": "p1", "policyGeneration": generation,
                    "counted": true, "reason": "Counted", "time": "2026-12-01T09:00:00Z",
                }]);
            })
        };
        assert!(verdict(&with(3), "bob", ReviewDecision::Approved).is_some());
        assert!(verdict(&with(2), "bob", ReviewDecision::Approved).is_none());
        assert!(verdict(&with(3), "carol", ReviewDecision::Approved).is_none());
        assert!(verdict(&with(3), "bob", ReviewDecision::Rejected).is_none());
    }
}
