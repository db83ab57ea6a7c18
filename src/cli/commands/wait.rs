//! `wait`, and what `request --wait` does after it asked.

use super::Desk;
use super::facts::Facts;
use crate::api::{HumanDuration, Phase};
use crate::cli::arguments::WaitArguments;
use crate::cli::failure::{Failure, Kind};
use crate::cli::text::visible;
use crate::cli::verbs::requests::{Found, get};
use crate::cli::verbs::wait::{Goal, wait as wait_for};

/// Waits for a request that a person names.
pub async fn wait(desk: &Desk, wanted: &WaitArguments) -> Result<(), Failure> {
    let found = get(&desk.session, &wanted.name).await?;
    until(desk, &found, wanted.goal, wanted.timeout).await
}

/// Waits, tells what happens on the way, and says what to do with what came of it.
pub async fn until(
    desk: &Desk,
    found: &Found,
    goal: Goal,
    timeout: Option<HumanDuration>,
) -> Result<(), Failure> {
    let mut told = (None, None);
    let tell = |now: &Found| {
        let status = now.status();
        let news = (status.phase, status.message.clone());
        if told != news {
            desk.terminal.say(&progress(desk, now));
            told = news;
        }
    };
    let limit = timeout.map(|timeout| std::time::Duration::from_secs(timeout.seconds().unsigned_abs()));
    let waited = tokio::select! {
        waited = wait_for(&desk.session, found, goal, limit, tell) => waited,
        _ = tokio::signal::ctrl_c() => Err(Failure::new(Kind::Interrupted, "You stopped waiting; the request goes on.")),
    };
    let again = || {
        let goal = format!("--for={}", goal.word());
        desk.session
            .command("wait", &[found.name(), &goal], found.namespace())
    };
    match waited {
        Ok(reached) if desk.prints_object(&reached)? => Ok(()),
        Ok(reached) => desk.terminal.print(&ready(desk, &reached)),
        Err(failure) if matches!(failure.kind, Kind::TimedOut | Kind::Interrupted) => {
            Err(failure.advise(format!("To wait again: {}", again())))
        }
        // What the controller said was told on the way.
        Err(failure) if failure.kind == Kind::No && !desk.terminal.quiet => Err(Failure {
            said: None,
            ..failure
        }),
        Err(failure) => Err(failure),
    }
}

/// One line and the controller's words.
fn progress(desk: &Desk, now: &Found) -> String {
    let mut facts = Facts::for_terminal(&desk.terminal);
    let phase = desk.terminal.phase(now.phase());
    facts.words(
        &format!("{} is {phase}.", now.name()),
        now.status().message.as_deref(),
    );
    if facts.text().is_empty() {
        facts.line(format!("{} is {phase}.", now.name()));
    }
    facts.text()
}

/// What to do with access that is there.
pub fn ready(desk: &Desk, found: &Found) -> String {
    let name = found.name();
    let status = found.status();
    if found.phase() != Some(Phase::Active) {
        return format!("{name} is {}.\n", found.phase().map_or("new", Phase::as_str));
    }
    let access = super::facts::Access::of(found);
    let end = status.window.and_then(|window| window.end_time);
    let until = end.map(|end| {
        format!(
            ", until {} ({})",
            desk.times.full(end),
            desk.times.again().away(end)
        )
    });
    let what = format!("{} in {}", access.permission_set, access.account_in_full());
    let mut lines = vec![visible(&format!("Ready: {what}{}.", until.unwrap_or_default()))];
    let portal = desk
        .session
        .settings()
        .and_then(|settings| settings.access_portal_url.as_ref());
    lines.extend(portal.map(|portal| visible(&format!("Access portal: {portal}"))));
    lines.push(
        "On the command line: aws sso login, then a profile with this account and permission set.".to_owned(),
    );
    lines.push(format!(
        "When you are done: {}",
        desk.session.command("cancel", &[name], found.namespace())
    ));
    lines.join("\n") + "\n"
}
