//! `eligible`: what a person may ask for.

use std::collections::BTreeSet;

use super::Desk;
use super::facts::Facts;
use crate::api::{AccountId, EligibilityEntry, EligibilityReviewStatus, EligibleAccount, HumanDuration};
use crate::cli::arguments::{EligibleArguments, Format};
use crate::cli::failure::{Failure, Kind};
use crate::cli::table::Table;
use crate::cli::verbs::eligibility::{Answer, ask, everything};
use crate::cli::verbs::names;

/// Shows what the person may ask for.
pub async fn eligible(desk: &Desk, wanted: EligibleArguments) -> Result<(), Failure> {
    let id = wanted
        .account
        .as_deref()
        .and_then(|account| AccountId::parse(account).ok());
    let mut answer = match ask(&desk.session, everything(id)).await? {
        Answer::Complete(answer) => *answer,
        Answer::Unknown(said) => {
            return Err(Failure::new(
                Kind::TimedOut,
                "What you may ask for is not known: the controller has not answered in time.",
            )
            .quoting(said.unwrap_or_else(|| "(the controller said nothing)".to_owned()))
            .advise(format!(
                "`{} check` says whether the controller works.",
                desk.session.program
            )));
        }
    };
    super::completion::remember(&desk.session, &answer);
    if let Some(account) = &wanted.account {
        let meant =
            names::account(account, &answer)?.accepted(desk.terminal.asks, account, |a| a.name.clone())?;
        only(&mut answer, &meant.id);
    }
    let nothing = answer.entries.is_empty();
    if !desk.prints_computed("Eligibility", &answer)? {
        if desk.format == Format::Name {
            let accounts = answer.entries.iter().flat_map(|entry| &entry.accounts);
            let ids: BTreeSet<_> = accounts.map(|account| &account.id).collect();
            let lines: Vec<String> = ids.iter().map(|id| format!("{id}\n")).collect();
            desk.terminal.print(&lines.concat())?;
        } else if !nothing {
            desk.terminal.print(&table(desk, &answer))?;
        }
    }
    if answer.truncated {
        desk.terminal
            .warn("The list is cut: there is more that you may ask for. Narrow it with --account ID.");
    }
    if nothing {
        return Err(Failure::new(
            Kind::No,
            format!(
                "No policy lets you ask for anything, as {}.",
                desk.session.described()
            ),
        )
        .quoting(answer.message.unwrap_or_default()));
    }
    Ok(())
}

fn only(answer: &mut EligibilityReviewStatus, id: &AccountId) {
    for entry in &mut answer.entries {
        entry.accounts.retain(|account| account.id == *id);
    }
    answer.entries.retain(|entry| !entry.accounts.is_empty());
}

/// One row for each account and each way in which it may be asked for.
fn table(desk: &Desk, answer: &EligibilityReviewStatus) -> String {
    let mut table = Table::new(&[
        "ACCOUNT",
        "ID",
        "PERMISSION SETS",
        "AT MOST",
        "APPROVAL",
        "POLICY",
        "PLACE",
    ]);
    let mut rows: Vec<(&EligibleAccount, &EligibilityEntry)> = answer
        .entries
        .iter()
        .flat_map(|entry| entry.accounts.iter().map(move |account| (account, entry)))
        .collect();
    rows.sort_by(|(a, one), (b, other)| (&a.name, &a.id, &one.policy).cmp(&(&b.name, &b.id, &other.policy)));
    for (account, entry) in rows {
        let sets: Vec<&str> = entry
            .permission_sets
            .iter()
            .map(crate::api::PermissionSetName::as_str)
            .collect();
        table.row([
            account.name.clone(),
            account.id.to_string(),
            sets.join(","),
            at_most(entry.max_duration),
            approval(entry),
            entry.policy.clone(),
            account.ou_path.clone(),
        ]);
    }
    let width = if desk.format == Format::Wide {
        None
    } else {
        desk.terminal.width
    };
    let mut facts = Facts::for_terminal(&desk.terminal);
    for line in table.lines(desk.headings, width) {
        facts.line(line);
    }
    facts.text()
}

fn at_most(duration: HumanDuration) -> String {
    duration.to_string()
}

fn approval(entry: &EligibilityEntry) -> String {
    match (entry.approval_required, entry.stages.as_slice()) {
        (false, _) => "not needed".to_owned(),
        (true, []) => "needed".to_owned(),
        (true, stages) => format!("by {}", stages.join(", then ")),
    }
}
