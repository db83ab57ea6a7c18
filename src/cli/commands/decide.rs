//! `approve`, `reject`, `revoke` and `cancel`: each request by itself, with what became of it.

use super::Desk;
use super::facts::{Access, Facts, tail};
use crate::api::{Phase, ReviewDecision};
use crate::cli::arguments::DecisionArguments;
use crate::cli::failure::{Failure, Kind};
use crate::cli::text::{first_names, visible};
use crate::cli::verbs::cancel::cancel as cancel_one;
use crate::cli::verbs::decide::{Outcome, is_awaited, vote};
use crate::cli::verbs::requests::{Found, get};
use crate::cli::verbs::stop::{Stopped, stop};

/// Approves requests.
pub async fn approve(desk: &Desk, wanted: DecisionArguments) -> Result<(), Failure> {
    each(desk, &names_of(wanted.names, "approve --next")?, async |name| {
        let found = get(&desk.session, name).await?;
        decide(desk, &found, ReviewDecision::Approved, wanted.message.as_deref()).await
    })
    .await
}

/// Rejects requests; one that is approved already is revoked where the person wants that.
pub async fn reject(desk: &Desk, wanted: DecisionArguments) -> Result<(), Failure> {
    each(
        desk,
        &names_of(wanted.names, "list --to-approve")?,
        async |name| {
            let found = get(&desk.session, name).await?;
            let can_be_revoked = matches!(found.phase(), Some(Phase::Approved | Phase::Active));
            if can_be_revoked && desk.confirms() && !found.is_of(&desk.session.person) {
                let phase = desk.terminal.phase(found.phase());
                if desk
                    .terminal
                    .confirms(&format!("{name} is {phase} already. Revoke it instead?"))?
                {
                    return stop_one(desk, &found, wanted.message.as_deref()).await;
                }
            }
            decide(desk, &found, ReviewDecision::Rejected, wanted.message.as_deref()).await
        },
    )
    .await
}

/// Stops requests.
pub async fn revoke(desk: &Desk, wanted: DecisionArguments) -> Result<(), Failure> {
    each(desk, &names_of(wanted.names, "list")?, async |name| {
        let found = get(&desk.session, name).await?;
        desk.session.decides_in_person()?;
        shows(desk, &found, "stop");
        desk.goes_on("Stop it?")?;
        stop_one(desk, &found, wanted.message.as_deref()).await
    })
    .await
}

/// Cancels requests of the person.
pub async fn cancel(desk: &Desk, names: Vec<String>) -> Result<(), Failure> {
    each(desk, &names, async |name| {
        let found = get(&desk.session, name).await?;
        let cancelled = cancel_one(&desk.session, &found).await?;
        let said = match cancelled.phase() {
            Some(phase) if phase.is_terminal() => format!("is {} already", phase.as_str()),
            Some(Phase::Active | Phase::Revoking) => "is cancelled: the access is being removed".to_owned(),
            _ => "is cancelled".to_owned(),
        };
        desk.terminal.print(&format!("{} {said}\n", found.name()))
    })
    .await
}

/// One request after another: what fails keeps none of the others from being tried.
async fn each(
    desk: &Desk,
    names: &[String],
    mut act: impl AsyncFnMut(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut first = None;
    for (place, name) in names.iter().enumerate() {
        match act(name).await {
            Ok(()) => {}
            Err(failure) if names.len() == 1 || failure.kind == Kind::Closed => return Err(failure),
            Err(failure) => {
                desk.terminal.warn(&format!("{}: {failure}", visible(name)));
                let ends = matches!(failure.kind, Kind::Unreachable | Kind::Interrupted);
                let rest = &names[place + 1..];
                if ends && !rest.is_empty() {
                    desk.terminal.warn(&format!("Not tried: {}", rest.join(" ")));
                }
                let kind = failure.kind;
                first.get_or_insert(kind);
                if ends {
                    break;
                }
            }
        }
    }
    match first {
        None => Ok(()),
        Some(kind) => Err(Failure::new(kind, "Not everything was done.")),
    }
}

fn names_of(names: Vec<String>, instead: &str) -> Result<Vec<String>, Failure> {
    if names.is_empty() {
        return Err(Failure::new(Kind::Usage, "NAME is missing.").advise(format!("See also: {instead}")));
    }
    Ok(names)
}

/// Shows one request, records the decision on exactly that, and says what the controller made of it.
async fn decide(
    desk: &Desk,
    found: &Found,
    decision: ReviewDecision,
    comment: Option<&str>,
) -> Result<(), Failure> {
    is_awaited(&desk.session, found, decision)?;
    let (verb, question) = match decision {
        ReviewDecision::Approved => ("approve", "Approve it?"),
        _ => ("reject", "Reject it?"),
    };
    let comment = comment_for(desk, found, comment)?;
    shows(desk, found, verb);
    desk.goes_on(question)?;
    say_outcome(desk, found, decision, comment.as_deref()).await
}

/// The comment, asked for where settings require one.
pub fn comment_for(desk: &Desk, found: &Found, given: Option<&str>) -> Result<Option<String>, Failure> {
    let required = found
        .status()
        .review
        .is_some_and(|review| review.comment_required);
    match given.map(str::trim).filter(|comment| !comment.is_empty()) {
        Some(comment) => Ok(Some(comment.to_owned())),
        None if required => Ok(Some(desk.missing("Comment (required)?", "--message (-m)")?)),
        None => Ok(None),
    }
}

/// What is decided: the words of the requester first, the facts after them.
pub fn shows(desk: &Desk, found: &Found, verb: &str) {
    let mut facts = Facts::for_terminal(&desk.terminal);
    let spec = &found.request.spec;
    facts.words("Ticket:", spec.ticket_number.as_deref());
    facts.words("Why:", spec.justification.as_deref());
    let status = found.status();
    for entry in &status.approvals {
        let whose = format!("{} wrote, with {:?}:", visible(&entry.approver), entry.decision);
        facts.words(&whose, entry.comment.as_deref());
    }
    facts.line(format!(
        "You {verb} {}, as {}:",
        found.name(),
        desk.session.described()
    ));
    facts.fact("who", spec.requester.as_deref().unwrap_or("unknown"));
    Access::of(found).facts(&mut facts, &desk.times);
    facts.fact("phase", status.phase.map_or("New", Phase::as_str));
    if let Some(review) = &status.review {
        for stage in &review.stages {
            facts.fact(
                "stage",
                super::facts::stage(stage, review.current_stage.as_deref()),
            );
        }
    }
    if let Some(access) = &status.access {
        facts.fact("credentials", tail(access.session_duration));
    }
    facts.fact("namespace", found.namespace());
    desk.terminal.say(&facts.text());
}

/// Votes, and says what the controller made of it.
pub async fn say_outcome(
    desk: &Desk,
    found: &Found,
    decision: ReviewDecision,
    comment: Option<&str>,
) -> Result<(), Failure> {
    let name = found.name();
    match vote(&desk.session, found, decision, comment).await? {
        Outcome::Counted(now) => desk
            .terminal
            .print(&format!("{name}: {}\n", counted(&now, decision))),
        Outcome::Void(reason) => Err(Failure::new(
            Kind::No,
            format!("{name}: recorded but void: the controller does not count it ({reason})."),
        )
        .advise("An entry is never taken back: somebody else has to decide.")),
        Outcome::NotJudged(now) => Err(Failure::new(
            Kind::TimedOut,
            format!(
                "{name}: recorded, not judged yet; it is {}.",
                now.phase().map_or("new", Phase::as_str)
            ),
        )
        .quoting(now.status().message.unwrap_or_default())
        .advise(format!(
            "Look again: {}",
            desk.session.command("describe", &[name], now.namespace())
        ))),
    }
}

/// What a vote that counts did.
fn counted(now: &Found, decision: ReviewDecision) -> String {
    if decision == ReviewDecision::Rejected {
        return "rejected; nothing is granted.".to_owned();
    }
    let status = now.status();
    if status.phase != Some(Phase::Pending) {
        let phase = status.phase.map_or("new", Phase::as_str);
        return format!("counted; every approval is there, and the request is {phase}.");
    }
    let review = status.review.as_ref();
    let progress = review
        .and_then(|review| review.progress.clone())
        .unwrap_or_default()
        .replace('/', " of ");
    let stage = review
        .and_then(|review| review.current_stage.clone())
        .unwrap_or_default();
    let next = first_names(&status.approvers);
    format!("counted; stage {stage} has {progress}, and awaits {next}.")
}

async fn stop_one(desk: &Desk, found: &Found, comment: Option<&str>) -> Result<(), Failure> {
    let name = found.name();
    let phase = |now: &Found| now.phase().map_or("new", Phase::as_str);
    match stop(&desk.session, found, comment).await? {
        Stopped::ByPerson(now) if now.phase() == Some(Phase::Revoking) => desk
            .terminal
            .print(&format!("{name}: stopped; the access is being removed.\n")),
        Stopped::ByPerson(now) => desk
            .terminal
            .print(&format!("{name}: stopped; it is {}.\n", phase(&now))),
        Stopped::Already(now) => desk
            .terminal
            .print(&format!("{name}: nothing to stop; it is {}.\n", phase(&now))),
        Stopped::NotYet(now) => Err(Failure::new(
            Kind::TimedOut,
            format!(
                "{name}: recorded, and the controller has not acted in time; it is {}.",
                phase(&now)
            ),
        )
        .advise("Access ends as soon as the controller works again; `check` says whether it does.")),
    }
}
