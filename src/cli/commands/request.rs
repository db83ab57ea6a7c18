//! `request`: from a wish to a request, with nothing asked for that was not shown.

use super::Desk;
use super::facts::{Access, Facts, approval};
use super::request_file::from_file;
use crate::api::{
    AccountId, ElevationRequestSpec, EligibilityReviewStatus, HumanDuration, PermissionSetName, Requirement,
};
use crate::cli::arguments::{Format, RequestArguments};
use crate::cli::failure::{Failure, Kind};
use crate::cli::session::Settings;
use crate::cli::text::visible;
use crate::cli::verbs::create::{covering, create, new_name};
use crate::cli::verbs::eligibility::{Answer, ask, everything, whole};
use crate::cli::verbs::names;
use crate::cli::verbs::requests::{Found, get, list, selectable};

/// An account and a permission set, by id and full name.
pub struct Wish {
    pub account: AccountId,
    pub account_name: Option<String>,
    pub ou_path: Option<String>,
    pub set: PermissionSetName,
}

/// Asks for access.
pub async fn request(desk: &Desk, wanted: RequestArguments) -> Result<(), Failure> {
    if let Some(file) = &wanted.file {
        return from_file(desk, file, &wanted).await;
    }
    let (wish, spec) = wished(desk, &wanted).await?;
    if !wanted.new
        && let Some(there) = already_there(desk, &spec).await?
    {
        return shows_instead(desk, &there, &wanted).await;
    }
    let namespace = desk.session.home()?.to_owned();
    let review = dry_run(desk, &spec).await?;
    confirm(desk, &wish, &spec, review.as_ref(), &namespace)?;
    let name = wanted
        .name
        .clone()
        .unwrap_or_else(|| new_name(wish.account_name.as_deref().unwrap_or("request")));
    let created = create(&desk.session, &namespace, &name, &spec).await?;
    tells(desk, &created, &wanted).await
}

/// The wish of the command line, with what is missing asked for.
async fn wished(desk: &Desk, wanted: &RequestArguments) -> Result<(Wish, ElevationRequestSpec), Failure> {
    let before = match &wanted.again {
        Some(name) => Some(get(&desk.session, name).await?),
        None => None,
    };
    let old = before.as_ref().map(|found| found.request.spec.clone());
    let wish = if let Some(found) = &before {
        of_request(found)
    } else {
        named(desk, wanted).await?
    };
    let old_value = |value: fn(&ElevationRequestSpec) -> Option<String>| old.as_ref().and_then(value);
    let duration = match (wanted.duration, &old) {
        (Some(duration), _) => duration,
        (None, Some(old)) => old.duration,
        (None, None) => duration(&desk.missing("For how long (such as 2h)?", "--for")?)?,
    };
    let start_time = wanted.at.as_deref().map(|at| desk.times.start(at)).transpose()?;
    let settings = desk.session.settings();
    let needs = |requirement: Option<Requirement>| requirement == Some(Requirement::Required);
    let why = wanted
        .why
        .clone()
        .or_else(|| old_value(|old| old.justification.clone()));
    let justification = match why {
        None if needs(settings.map(|settings| settings.justification)) => {
            Some(desk.missing("Why?", "--why")?)
        }
        why => why,
    };
    let ticket = wanted
        .ticket
        .clone()
        .or_else(|| old_value(|old| old.ticket_number.clone()));
    let ticket_number = match ticket {
        None if needs(settings.map(|settings| settings.ticket_number.requirement)) => {
            Some(desk.missing("Ticket?", "--ticket")?)
        }
        ticket => ticket,
    };
    let spec = ElevationRequestSpec {
        requester: Some(desk.session.person.clone()),
        account_id: wish.account.clone(),
        permission_set: wish.set.clone(),
        start_time,
        duration,
        ticket_number,
        justification,
        cancelled: None,
    };
    Ok((wish, spec))
}

/// What the command line names, and what is picked where it names nothing.
async fn named(desk: &Desk, wanted: &RequestArguments) -> Result<Wish, Failure> {
    let account = match &wanted.account {
        Some(account) => account.clone(),
        None => picked(desk).await?,
    };
    let (account, set) = match (account.split_once(' '), &wanted.permission_set) {
        (Some((account, set)), None) => (account.to_owned(), set.trim().to_owned()),
        (_, Some(set)) => (account, set.clone()),
        (None, None) => (account, desk.missing("Permission set?", "PERMISSION_SET")?),
    };
    resolve(desk, &account, &set).await
}

fn duration(text: &str) -> Result<HumanDuration, Failure> {
    text.parse()
        .map_err(|error: crate::api::DurationError| Failure::new(Kind::Usage, error.to_string()))
}

/// What an earlier request was about.
fn of_request(found: &Found) -> Wish {
    let access = found.status().access;
    Wish {
        account: found.request.spec.account_id.clone(),
        account_name: access.as_ref().map(|access| access.account_name.clone()),
        ou_path: access.map(|access| access.ou_path),
        set: found.request.spec.permission_set.clone(),
    }
}

/// What a person picks who named nothing: what they asked for before comes first.
async fn picked(desk: &Desk) -> Result<String, Failure> {
    if !desk.terminal.asks {
        return desk.missing("", "ACCOUNT");
    }
    let mine = list(
        &desk.session,
        &format!("spec.requester={}", selectable(&desk.session.person)),
    )
    .await;
    let mut before: Vec<Found> = mine.map(|listing| listing.found).unwrap_or_default();
    before.sort_by_key(|found| std::cmp::Reverse(found.created()));
    let mut recent: Vec<(AccountId, PermissionSetName, String)> = Vec::new();
    for found in &before {
        let (account, set) = (&found.request.spec.account_id, &found.request.spec.permission_set);
        if recent.len() < 9 && !recent.iter().any(|(a, s, _)| a == account && s == set) {
            recent.push((account.clone(), set.clone(), Access::of(found).account_in_full()));
        }
    }
    for (number, (_, set, account)) in recent.iter().enumerate() {
        desk.terminal.warn(&format!(
            "  {}  {} in {}",
            number + 1,
            visible(set.as_str()),
            visible(account)
        ));
    }
    let question = if recent.is_empty() {
        "Account (id or name)?"
    } else {
        "A number, or an account (id or name)?"
    };
    let answer = desk.missing(question, "ACCOUNT")?;
    let number = answer.parse::<usize>().ok().filter(|_| answer.len() == 1);
    let chosen = number.and_then(|number| recent.get(number.checked_sub(1)?));
    Ok(chosen.map_or(answer, |(account, set, _)| format!("{account} {set}")))
}

/// The account and the permission set that are meant. An id needs no list; a name is looked up in a fresh one.
pub async fn resolve(desk: &Desk, account: &str, set: &str) -> Result<Wish, Failure> {
    let id = AccountId::parse(account).ok();
    let answer = match ask(&desk.session, everything(id.clone())).await? {
        Answer::Complete(answer) => answer,
        Answer::Unknown(said) => return without_answer(account, set, id, said),
    };
    super::completion::remember(&desk.session, &answer);
    let prefixes = desk.confirms();
    let found = names::account(account, &answer);
    if let (Err(_), Some(id)) = (&found, &id) {
        // Not one of theirs: the controller says why when the request is tried.
        let set =
            PermissionSetName::parse(set).map_err(|error| Failure::new(Kind::Usage, error.to_string()))?;
        return Ok(Wish {
            account: id.clone(),
            account_name: None,
            ou_path: None,
            set,
        });
    }
    let found = found?.accepted(prefixes, account, |account| {
        format!("{} ({})", account.name, account.id)
    })?;
    let set = names::permission_set(set, &found.id, &answer)?.accepted(
        prefixes,
        set,
        PermissionSetName::to_string,
    )?;
    Ok(Wish {
        account: found.id,
        account_name: Some(found.name),
        ou_path: Some(found.ou_path),
        set,
    })
}

/// Without an answer only what is named in full can be asked for.
fn without_answer(
    account: &str,
    set: &str,
    id: Option<AccountId>,
    said: Option<String>,
) -> Result<Wish, Failure> {
    let Some(account) = id else {
        let failure = Failure::new(
            Kind::TimedOut,
            format!("{account:?} cannot be looked up: the controller has not answered in time."),
        )
        .advise("Give the account by its twelve-digit id, and the permission set by its whole name.");
        return Err(match said {
            Some(said) => failure.quoting(said),
            None => failure,
        });
    };
    let set = PermissionSetName::parse(set).map_err(|error| Failure::new(Kind::Usage, error.to_string()))?;
    Ok(Wish {
        account,
        account_name: None,
        ou_path: None,
        set,
    })
}

/// A live request that gives what is wished. Where requests cannot be listed, that is said, and it is asked whether to go on.
async fn already_there(desk: &Desk, spec: &ElevationRequestSpec) -> Result<Option<Found>, Failure> {
    let fields = format!(
        "spec.requester={},status.finished!=true",
        selectable(&desk.session.person)
    );
    match list(&desk.session, &fields).await {
        Ok(listing) => Ok(covering(&listing.found, spec, desk.times.now).cloned()),
        Err(failure) if failure.kind == Kind::Refused => {
            desk.terminal.warn(&format!(
                "Whether you have such a request already is not known.\n{failure}"
            ));
            desk.goes_on("Ask anyway?")?;
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

async fn shows_instead(desk: &Desk, there: &Found, wanted: &RequestArguments) -> Result<(), Failure> {
    desk.terminal.say(&format!(
        "You have such a request already: {} is {}. To make another: --new.",
        there.name(),
        desk.terminal.phase(there.phase())
    ));
    if !desk.prints_object(there)? {
        desk.terminal
            .print(&format!("{}/{} unchanged\n", super::objects::KIND, there.name()))?;
    }
    match wanted.wait {
        Some(goal) => super::wait::until(desk, there, goal, wanted.timeout).await,
        None => Ok(()),
    }
}

/// What the controller would say. A clear no ends the command here; no answer is shown as unknown.
async fn dry_run(
    desk: &Desk,
    spec: &ElevationRequestSpec,
) -> Result<Option<EligibilityReviewStatus>, Failure> {
    let question = whole(
        spec.account_id.clone(),
        spec.permission_set.clone(),
        spec.duration,
        spec.start_time,
    );
    match ask(&desk.session, question).await? {
        Answer::Complete(answer) if answer.allowed == Some(false) => {
            let said = answer.message.unwrap_or_default();
            Err(
                Failure::new(Kind::No, "Nothing was asked for: the request would be denied.")
                    .quoting(said)
                    .advise(format!("What you may ask for: {} eligible", desk.session.program)),
            )
        }
        Answer::Complete(answer) => Ok(Some(*answer)),
        Answer::Unknown(_) => Ok(None),
    }
}

/// Shows exactly what is asked, and asks whether to go on.
fn confirm(
    desk: &Desk,
    wish: &Wish,
    spec: &ElevationRequestSpec,
    review: Option<&EligibilityReviewStatus>,
    namespace: &str,
) -> Result<(), Failure> {
    let mut facts = Facts::for_terminal(&desk.terminal);
    facts.words("Ticket:", spec.ticket_number.as_deref());
    facts.words("Why:", spec.justification.as_deref());
    facts.line(format!("You ask, as {}:", desk.session.described()));
    let access = Access {
        account: &spec.account_id,
        account_name: wish.account_name.as_deref(),
        ou_path: wish.ou_path.as_deref(),
        permission_set: spec.permission_set.as_str(),
        start: spec.start_time,
        duration: spec.duration,
        waits: true,
    };
    access.facts(&mut facts, &desk.times);
    approval(&mut facts, review);
    facts.fact("namespace", namespace);
    desk.terminal.say(&facts.text());
    if let Settings::Forbidden(failure) = &desk.session.settings {
        desk.terminal
            .say(&format!("What settings require is not known.\n{failure}"));
    }
    desk.goes_on("Ask for this?")
}

/// Prints what was made, and what happens next.
pub async fn tells(desk: &Desk, created: &Found, wanted: &RequestArguments) -> Result<(), Failure> {
    let name = created.name();
    if wanted.wait.is_none() || desk.format == Format::Name {
        if !desk.prints_object(created)? {
            desk.terminal
                .print(&format!("{}/{name} created\n", super::objects::KIND))?;
        }
    } else {
        desk.terminal
            .say(&format!("{}/{name} created", super::objects::KIND));
    }
    if let Some(goal) = wanted.wait {
        return super::wait::until(desk, created, goal, wanted.timeout).await;
    }
    let wait = desk.session.command("wait", &[name], created.namespace());
    desk.terminal.say(&format!("To wait for the access: {wait}"));
    Ok(())
}
