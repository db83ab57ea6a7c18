//! `approve --next`: one request after another, one key each.

use super::Desk;
use super::decide::{comment_for, say_outcome, shows};
use crate::api::ReviewDecision;
use crate::cli::failure::{Failure, Kind};
use crate::cli::verbs::requests::{Found, again, list};

/// Walks through everything that waits for the person, oldest first.
pub async fn approve_next(desk: &Desk) -> Result<(), Failure> {
    if !desk.terminal.asks {
        return Err(Failure::new(
            Kind::Usage,
            "approve --next asks about each request, and there is no terminal.",
        )
        .advise("Without one: list --to-approve, then approve NAME."));
    }
    desk.session.decides_in_person()?;
    let listing = list(&desk.session, "status.phase=Pending").await?;
    let mut waiting: Vec<Found> = listing
        .found
        .into_iter()
        .filter(|found| found.awaits(&desk.session.person))
        .collect();
    waiting.sort_by_key(Found::created);
    let count = waiting.len();
    for (place, found) in waiting.iter().enumerate() {
        desk.terminal.warn(&format!("\n{} of {count}", place + 1));
        // What was listed a while ago is read again before it is shown: it is decided as it is shown.
        let found = match again(&desk.session, found).await {
            Ok(found) if found.awaits(&desk.session.person) => found,
            Ok(_) => {
                desk.terminal
                    .say(&format!("{} does not wait for you any more.", found.name()));
                continue;
            }
            Err(failure) => {
                desk.terminal.warn(&failure.to_string());
                continue;
            }
        };
        if !decides(desk, &found).await? {
            break;
        }
    }
    if count == 0 {
        desk.terminal
            .say(&format!("Nothing waits for {}.", desk.session.described()));
    }
    Ok(())
}

/// Asks about one request; false where the person wants to end.
async fn decides(desk: &Desk, found: &Found) -> Result<bool, Failure> {
    loop {
        shows(desk, found, "decide on");
        let answer = desk.terminal.ask("a approve, x reject, Enter skip, q quit:")?;
        let (decision, comment) = match answer.as_str() {
            "" => return Ok(true),
            "q" => return Ok(false),
            "a" => (ReviewDecision::Approved, comment_for(desk, found, None)?),
            "x" => (
                ReviewDecision::Rejected,
                Some(desk.missing("Why is it rejected?", "--message (-m)")?),
            ),
            _ => continue,
        };
        if let Err(failure) = say_outcome(desk, found, decision, comment.as_deref()).await {
            desk.terminal.warn(&failure.to_string());
        }
        return Ok(true);
    }
}
