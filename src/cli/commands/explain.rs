//! `explain`: why a request waits, or whether one would get some access.

use super::Desk;
use super::facts::{Access, Facts, approval};
use super::request::{Wish, resolve};
use crate::api::{ConditionStatus, Phase};
use crate::cli::arguments::ExplainArguments;
use crate::cli::failure::{Failure, Kind};
use crate::cli::verbs::eligibility::{Answer, ask, whole};
use crate::cli::verbs::requests::get;

/// Explains a request, or a wish.
pub async fn explain(desk: &Desk, wanted: ExplainArguments) -> Result<(), Failure> {
    match (&wanted.permission_set, wanted.duration) {
        (Some(set), Some(duration)) => {
            let start = wanted.at.as_deref().map(|at| desk.times.start(at)).transpose()?;
            would_be_allowed(desk, &wanted.name_or_account, set, duration, start).await
        }
        _ => waits(desk, &wanted.name_or_account).await,
    }
}

/// Would this be allowed? The question is answered by the code that decides requests, and nothing is asked for.
async fn would_be_allowed(
    desk: &Desk,
    account: &str,
    set: &str,
    duration: crate::api::HumanDuration,
    start: Option<crate::api::Timestamp>,
) -> Result<(), Failure> {
    let Wish {
        account,
        account_name,
        ou_path,
        set,
    } = resolve(desk, account, set).await?;
    let question = whole(account.clone(), set.clone(), duration, start);
    let answer = match ask(&desk.session, question).await? {
        Answer::Complete(answer) => answer,
        Answer::Unknown(said) => {
            let failure = Failure::new(Kind::TimedOut, "The controller has not answered in time.");
            return Err(match said {
                Some(said) => failure.quoting(said),
                None => failure.advise(format!("`{} check` says whether it works.", desk.session.program)),
            });
        }
    };
    let allowed = answer.allowed == Some(true);
    if !desk.prints_computed("Explanation", &answer)? {
        let mut facts = Facts::for_terminal(&desk.terminal);
        let access = Access {
            account: &account,
            account_name: account_name.as_deref(),
            ou_path: ou_path.as_deref(),
            permission_set: set.as_str(),
            start,
            duration,
            waits: true,
        };
        access.facts(&mut facts, &desk.times);
        if allowed {
            approval(&mut facts, Some(&answer));
        }
        facts.words("The controller says:", answer.message.as_deref());
        desk.terminal.print(&facts.text())?;
    }
    if allowed {
        return Ok(());
    }
    Err(Failure::new(Kind::No, "You would not get this access."))
}

/// Why does it wait, or why did it end?
async fn waits(desk: &Desk, name: &str) -> Result<(), Failure> {
    let found = get(&desk.session, name).await?;
    if desk.prints_object(&found)? {
        return Ok(());
    }
    let status = found.status();
    let mut facts = Facts::for_terminal(&desk.terminal);
    let reason = status
        .reason
        .map(|reason| format!(" ({reason})"))
        .unwrap_or_default();
    facts.line(format!(
        "{} is {}{reason}.",
        found.name(),
        desk.terminal.phase(status.phase)
    ));
    match &status.message {
        Some(message) => facts.words("The controller says:", Some(message)),
        None => facts.line("The controller has not looked at it yet; `check` says whether it works."),
    }
    for condition in status
        .conditions
        .iter()
        .filter(|condition| condition.status != ConditionStatus::True)
    {
        let state = if condition.status == ConditionStatus::Unknown {
            "is not known"
        } else {
            "does not hold"
        };
        facts.words(
            &format!("{:?} {state} ({}):", condition.kind, condition.reason),
            Some(&condition.message),
        );
    }
    if let Some(error) = status
        .assignment
        .as_ref()
        .and_then(|assignment| assignment.last_error.as_ref())
    {
        facts.words("AWS said last:", Some(error));
    }
    if found.phase() == Some(Phase::Pending) {
        facts.line(format!(
            "To approve, for those who can: {}",
            desk.session
                .command("approve", &[found.name()], found.namespace())
        ));
    }
    desk.terminal.print(&facts.text())
}
