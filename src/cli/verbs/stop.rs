//! Stopping a request, whatever phase it is in and whichever it goes to meanwhile.

use std::time::Instant;

use super::BETWEEN_LOOKS;
use super::decide::{Appending, Entry, append, own_entry, verdict};
use super::requests::{Found, again};
use crate::api::{Phase, Reason, ReviewDecision};
use crate::cli::failure::{Failure, Kind, acts};
use crate::cli::session::Session;

/// Through how many phases a request is followed, each as long as the person has patience, before it is told that it could not be
/// stopped.
const PHASES: u32 = 2;

/// What a rejection says where the person says nothing: settings may ask for a comment, and stopping must not wait for one.
const STOPPED: &str = "stopped without a comment";

/// What became of the wish to stop.
#[derive(Debug)]
pub enum Stopped {
    /// The entry of this person stops it.
    ByPerson(Box<Found>),
    /// It was over, or ending, already.
    Already(Box<Found>),
    /// The entry is recorded, and the controller has not acted in time.
    NotYet(Box<Found>),
}

/// Stops a request. Nothing but its uid has to be as it was shown.
pub async fn stop(session: &Session, seen: &Found, comment: Option<&str>) -> Result<Stopped, Failure> {
    session.decides_in_person()?;
    if seen.is_of(&session.person) {
        return Err(
            Failure::new(Kind::Refused, format!("{} is your own request.", seen.name())).advise(format!(
                "To end it: {}",
                session.command("cancel", &[seen.name()], seen.namespace())
            )),
        );
    }
    let patience = session.patience.decision;
    let since = Instant::now();
    let mut recorded: Option<Instant> = None;
    let mut last: Option<Failure> = None;
    while since.elapsed() < patience * PHASES {
        let now = match again(session, seen).await {
            Ok(now) => now,
            Err(failure) if failure.kind == Kind::Unreachable && since.elapsed() < patience => {
                last = Some(failure);
                tokio::time::sleep(BETWEEN_LOOKS).await;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        let Some((decision, comment)) = wanted(now.phase(), comment) else {
            if let Some(outcome) = outcome(session, &now) {
                return Ok(outcome);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
            continue;
        };
        if own_entry(&now, &session.person, decision) {
            if let Some(void) = verdict(&now, &session.person, decision).filter(|verdict| !verdict.counted) {
                return Err(does_not_count(seen, decision, void.reason));
            }
            if recorded.get_or_insert_with(Instant::now).elapsed() > patience {
                return Ok(Stopped::NotYet(Box::new(now)));
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
            continue;
        }
        if let Some(failure) = send(session, &now, decision, comment).await? {
            // Refused twice in the same phase: it is no race.
            let same_phase = again(session, seen).await?.phase() == now.phase();
            let is_second = last.replace(failure.clone()).is_some();
            if failure.kind != Kind::Unreachable && same_phase && is_second {
                return Err(failure);
            }
        }
    }
    Err(last.unwrap_or_else(|| {
        let in_vain = format!("{} could not be stopped in {:?}.", seen.name(), patience * PHASES);
        Failure::new(Kind::TimedOut, in_vain).advise("Repeat the command.")
    }))
}

fn does_not_count(seen: &Found, decision: ReviewDecision, reason: Reason) -> Failure {
    let why = format!(
        "Your {decision:?} of {} is recorded but does not count: {reason}.",
        seen.name()
    );
    Failure::new(Kind::No, why).advise("Somebody else has to stop it: `describe` says who can.")
}

/// Appends the entry. A failure that another look may explain is given back; one that it cannot ends the command.
async fn send(
    session: &Session,
    now: &Found,
    decision: ReviewDecision,
    comment: Option<&str>,
) -> Result<Option<Failure>, Failure> {
    let entry = Entry {
        act: acts::STOP,
        decision,
        comment,
        conditions: vec![],
    };
    match append(session, now, entry).await {
        Ok(_) => Ok(None),
        Err(Appending::Failed(failure)) => Err(failure),
        Err(Appending::Lost(failure)) => Ok(Some(failure)),
        Err(Appending::Refused(status)) => Ok(Some(acts::STOP.failed(&kube::Error::Api(status)))),
    }
}

/// The entry that stops a request in this phase; none where none can, or none is needed.
fn wanted(phase: Option<Phase>, comment: Option<&str>) -> Option<(ReviewDecision, Option<&str>)> {
    match phase {
        Some(Phase::Pending) => Some((ReviewDecision::Rejected, comment.or(Some(STOPPED)))),
        Some(Phase::Approved | Phase::Active) => Some((ReviewDecision::Revoked, comment)),
        _ => None,
    }
}

/// What it means that no entry is needed any more; none before the controller has looked at the request.
fn outcome(session: &Session, now: &Found) -> Option<Stopped> {
    let phase = now.phase()?;
    let mine = [ReviewDecision::Rejected, ReviewDecision::Revoked]
        .into_iter()
        .any(|decision| own_entry(now, &session.person, decision));
    let stopped = matches!(phase, Phase::Rejected | Phase::Revoked | Phase::Revoking);
    Some(if mine && stopped {
        Stopped::ByPerson(Box::new(now.clone()))
    } else {
        Stopped::Already(Box::new(now.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_rejected_while_it_waits_and_revoked_afterwards() {
        assert_eq!(
            wanted(Some(Phase::Pending), None),
            Some((ReviewDecision::Rejected, Some(STOPPED)))
        );
        assert_eq!(
            wanted(Some(Phase::Pending), Some("no")),
            Some((ReviewDecision::Rejected, Some("no")))
        );
        for phase in [Phase::Approved, Phase::Active] {
            assert_eq!(wanted(Some(phase), None), Some((ReviewDecision::Revoked, None)));
        }
        for phase in Phase::ALL.into_iter().filter(|phase| phase.is_terminal()) {
            assert_eq!(wanted(Some(phase), None), None);
        }
        assert_eq!(wanted(None, None), None);
    }
}
