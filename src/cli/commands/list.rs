//! `list`: what concerns a person now, or what they look for.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::Desk;
use crate::api::{Phase, Timestamp};
use crate::cli::arguments::{Format, ListArguments};
use crate::cli::failure::Failure;
use crate::cli::table::Table;
use crate::cli::text::visible;
use crate::cli::verbs::requests::{Found, Listing, list as list_requests, selectable};

/// How long after its end a request still concerns its requester.
const FRESH: TimeDelta = TimeDelta::days(1);

/// How long between two looks of `--watch`.
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_secs(2);

/// Lists requests, once or again and again.
pub async fn list(desk: &Desk, wanted: &ListArguments) -> Result<(), Failure> {
    let mut shown = look(desk, wanted, None).await?;
    if !wanted.watch {
        return Ok(());
    }
    loop {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        shown = look(desk, wanted, Some(shown)).await?;
    }
}

/// Lists, and prints unless that was printed before.
async fn look(desk: &Desk, wanted: &ListArguments, before: Option<String>) -> Result<String, Failure> {
    let now = desk.times.again().now;
    let (listing, parts) = if is_narrowed(wanted) {
        let listing = list_requests(&desk.session, &fields(wanted, &desk.session.person)).await?;
        let mut found: Vec<&Found> = listing
            .found
            .iter()
            .filter(|found| fits(found, wanted, desk, now))
            .collect();
        found.sort_by_key(|found| std::cmp::Reverse(found.created()));
        let parts = vec![("", found.into_iter().cloned().collect::<Vec<_>>())];
        (listing, parts)
    } else {
        concerning(desk, now).await?
    };
    let all: Vec<&Found> = parts.iter().flat_map(|(_, found)| found).collect();
    let version: String = all
        .iter()
        .map(|f| f.request.metadata.resource_version.clone().unwrap_or_default() + ",")
        .collect();
    if before.as_ref() == Some(&version) {
        return Ok(version);
    }
    super::completion::remember_requests(&desk.session, &all.iter().map(|&f| f.clone()).collect::<Vec<_>>());
    if !desk.prints_objects(&all)? && !all.is_empty() {
        desk.terminal.print(&tables(desk, &parts))?;
    }
    tell_of_gaps(desk, &listing);
    if all.is_empty() {
        desk.terminal.say(&format!(
            "{} in {}, asked as {}.",
            if is_narrowed(wanted) {
                "No such request"
            } else {
                "Nothing concerns you now"
            },
            desk.session.searched(),
            desk.session.described()
        ));
    }
    Ok(version)
}

/// What is missing from a list: unknown is not empty.
fn tell_of_gaps(desk: &Desk, listing: &Listing) {
    for (namespace, failure) in &listing.unknown {
        desk.terminal.warn(&format!(
            "What is in {} is not known.\n{failure}",
            visible(namespace)
        ));
    }
    if !listing.unreadable.is_empty() {
        let names = listing.unreadable.join(", ");
        desk.terminal.warn(&format!(
            "Written by a newer version and not shown: {}",
            visible(&names)
        ));
    }
}

/// For the person to decide, theirs and live, theirs and over since yesterday.
async fn concerning(
    desk: &Desk,
    now: Timestamp,
) -> Result<(Listing, Vec<(&'static str, Vec<Found>)>), Failure> {
    let me = &desk.session.person;
    let over = format!("spec.requester={},status.finished=true", selectable(me));
    // One after the other: what finishes in between is in both, and never in none.
    let live = list_requests(&desk.session, "status.finished!=true").await?;
    let over = list_requests(&desk.session, &over).await?;
    let mut to_decide: Vec<Found> = live
        .found
        .iter()
        .filter(|found| found.awaits(me))
        .cloned()
        .collect();
    to_decide.sort_by_key(Found::created);
    let mut mine: Vec<Found> = live
        .found
        .iter()
        .filter(|found| found.is_of(me) && !found.is_over())
        .cloned()
        .collect();
    mine.sort_by_key(Found::created);
    let ended_lately = |found: &&Found| ended(found).is_some_and(|end| end.to_utc() + FRESH >= now.to_utc());
    // A request that is over counts as finished when the journal has it: a moment later.
    let finished: BTreeSet<_> = over.found.iter().map(Found::uid).collect();
    let over_now = live
        .found
        .iter()
        .filter(|found| found.is_of(me) && found.is_over() && !finished.contains(&found.uid()));
    let all_over = over.found.iter().chain(over_now);
    let mut lately: Vec<Found> = all_over.filter(ended_lately).cloned().collect();
    lately.sort_by_key(|found| {
        // Times are in whole seconds.
        std::cmp::Reverse((ended(found), found.created(), found.name().to_owned()))
    });
    let parts = vec![
        ("FOR YOU TO DECIDE", to_decide),
        ("YOURS", mine),
        ("YOURS, OVER SINCE YESTERDAY", lately),
    ];
    Ok((live, parts))
}

/// When a request was over: the latest time that it tells.
fn ended(found: &Found) -> Option<Timestamp> {
    let status = found.status();
    let conditions = status
        .conditions
        .iter()
        .map(|condition| condition.last_transition_time);
    let gone = status
        .assignment
        .as_ref()
        .and_then(|assignment| assignment.gone_time);
    conditions.chain(gone).max().or_else(|| found.created())
}

fn is_narrowed(wanted: &ListArguments) -> bool {
    let ListArguments {
        mine,
        to_approve,
        decided_by_me,
        active,
        account,
        permission_set,
        user,
        phase,
        since,
        watch: _,
    } = wanted;
    *mine
        || *to_approve
        || *decided_by_me
        || *active
        || account.is_some()
        || permission_set.is_some()
        || user.is_some()
        || phase.is_some()
        || since.is_some()
}

/// What the API server selects by itself.
fn fields(wanted: &ListArguments, me: &str) -> String {
    let mut fields = Vec::new();
    match (&wanted.user, wanted.mine) {
        (Some(user), _) => fields.push(format!("spec.requester={}", selectable(user))),
        (None, true) => fields.push(format!("spec.requester={}", selectable(me))),
        (None, false) => {}
    }
    if let Some(account) = wanted
        .account
        .as_ref()
        .filter(|account| crate::api::AccountId::parse(account.as_str()).is_ok())
    {
        fields.push(format!("spec.accountId={account}"));
    }
    match (wanted.phase, wanted.active) {
        (Some(phase), _) => fields.push(format!("status.phase={}", phase.as_str())),
        (None, true) => fields.push(format!("status.phase={}", Phase::Active.as_str())),
        (None, false) if wanted.to_approve => {
            fields.push(format!("status.phase={}", Phase::Pending.as_str()));
        }
        (None, false) => {}
    }
    fields.join(",")
}

/// What only the plugin can select.
fn fits(found: &Found, wanted: &ListArguments, desk: &Desk, now: Timestamp) -> bool {
    let me = &desk.session.person;
    let status = found.status();
    let account = wanted.account.as_ref().is_none_or(|account| {
        let name = status.access.as_ref().map(|access| access.account_name.as_str());
        found.request.spec.account_id.as_str() == account || name == Some(account)
    });
    let set = wanted
        .permission_set
        .as_ref()
        .is_none_or(|set| found.request.spec.permission_set.as_str() == set);
    let decided = || status.approvals.iter().any(|entry| entry.approver == *me);
    let since = wanted.since.is_none_or(|since| {
        let first = now.checked_add(-TimeDelta::from(since));
        found
            .created()
            .zip(first)
            .is_some_and(|(created, first)| created >= first)
    });
    account
        && set
        && since
        && (!wanted.mine || found.is_of(me))
        && (!wanted.to_approve || found.awaits(me))
        && (!wanted.decided_by_me || decided())
}

fn tables(desk: &Desk, parts: &[(&str, Vec<Found>)]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, found)| !found.is_empty())
        .map(|(title, found)| {
            let title = if title.is_empty() || !desk.headings {
                String::new()
            } else {
                desk.terminal.heading(title) + "\n"
            };
            title + &table(desk, found).join("\n")
        })
        .collect();
    parts.join("\n\n")
}

fn table(desk: &Desk, requests: &[Found]) -> Vec<String> {
    let wide = desk.format == Format::Wide;
    let several = desk.session.place.namespaces.len() != 1;
    let mut heading = if several { vec!["NAMESPACE"] } else { vec![] };
    heading.extend([
        "NAME",
        "WHO",
        "ACCOUNT",
        "PERMISSION SET",
        "FOR",
        "PHASE",
        "APPROVALS",
        "ENDS",
        "AGE",
    ]);
    if wide {
        heading.extend(["TICKET", "REASON", "WHY"]);
    }
    let mut table = Table::new(&heading);
    for found in requests {
        let (spec, status) = (&found.request.spec, found.status());
        let mut row = if several {
            vec![found.namespace().to_owned()]
        } else {
            vec![]
        };
        row.extend([
            found.name().to_owned(),
            spec.requester.clone().unwrap_or_default(),
            short_account(found),
            spec.permission_set.to_string(),
            spec.duration.to_string(),
            status.phase.map_or("New", Phase::as_str).to_owned(),
            approvals(found),
            ends(desk, found),
            found
                .created()
                .map(|created| desk.times.age(created))
                .unwrap_or_default(),
        ]);
        if wide {
            row.extend([
                spec.ticket_number.clone().unwrap_or_default(),
                status.reason.map(|reason| reason.to_string()).unwrap_or_default(),
                spec.justification.clone().unwrap_or_default(),
            ]);
        }
        table.row(row);
    }
    let lines = table.lines(desk.headings, if wide { None } else { desk.terminal.width });
    lines.into_iter().map(|line| colored(desk, &line)).collect()
}

/// The phase in its color. A phase is the only cell that is exactly such a word between gaps.
fn colored(desk: &Desk, line: &str) -> String {
    let mut line = line.to_owned();
    for phase in Phase::ALL {
        let word = format!("   {}   ", phase.as_str());
        if line.contains(&word) {
            line = line.replacen(&word, &format!("   {}   ", desk.terminal.phase(Some(phase))), 1);
        }
    }
    line
}

/// Name and last digits, or the id.
fn short_account(found: &Found) -> String {
    let id = found.request.spec.account_id.as_str();
    let name = found
        .status()
        .access
        .map(|access| access.account_name)
        .filter(|name| !name.is_empty());
    match name {
        Some(name) => format!("{name} (…{})", &id[id.len().saturating_sub(4)..]),
        None => id.to_owned(),
    }
}

fn approvals(found: &Found) -> String {
    let Some(review) = found.status().review else {
        return String::new();
    };
    let progress = review.progress.unwrap_or_default();
    match review.current_stage {
        Some(stage) if found.phase() == Some(Phase::Pending) => format!("{stage} {progress}"),
        _ => progress,
    }
}

fn ends(desk: &Desk, found: &Found) -> String {
    let status = found.status();
    let end = status.window.and_then(|window| window.end_time);
    match (status.phase, end) {
        (Some(Phase::Active), Some(end)) => format!("{} ({})", desk.times.short(end), desk.times.away(end)),
        (_, Some(end)) => desk.times.short(end),
        (_, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_server_selects_what_it_can() {
        let wanted = |change: fn(&mut ListArguments)| {
            let mut wanted = ListArguments::default();
            change(&mut wanted);
            fields(&wanted, "al,ice")
        };
        assert_eq!(wanted(|_| ()), "");
        assert_eq!(wanted(|w| w.mine = true), "spec.requester=al\\,ice");
        assert_eq!(wanted(|w| w.to_approve = true), "status.phase=Pending");
        assert_eq!(
            wanted(|w| w.account = Some("111122223333".into())),
            "spec.accountId=111122223333"
        );
        assert_eq!(
            wanted(|w| w.account = Some("orders".into())),
            "",
            "names are for us to compare"
        );
    }
}
