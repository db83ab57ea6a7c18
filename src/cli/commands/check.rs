//! `check`: is this cluster ready for me? And `version`.

use k8s_openapi::api::authorization::v1::SelfSubjectAccessReview;
use kube::api::{Api, PostParams};
use serde_json::json;

use super::at_desk;
use crate::api::{Condition, ConditionStatus, ConditionType, GROUP, Reason, VERSION};
use crate::cli::arguments::Common;
use crate::cli::failure::{Failure, Kind, acts};
use crate::cli::session::{Session, Settings};
use crate::cli::terminal::Terminal;
use crate::cli::text::{quoted, visible};
use crate::cli::verbs::eligibility::{Answer, ask, everything};

/// What one check found.
enum Found {
    /// It is as it should be.
    Good(String),
    /// It may be meant so.
    Note(String, String),
    /// It is not; what to do.
    Bad(String, String),
}

/// What a person may do with their roles: verb, resource, subresource, and the role that allows it.
const RIGHTS: [(&str, &str, &str, &str); 7] = [
    ("list", "elevationrequests", "", "team-requester or team-approver"),
    (
        "watch",
        "elevationrequests",
        "",
        "team-requester or team-approver",
    ),
    ("create", "elevationrequests", "", "team-requester"),
    ("patch", "elevationrequests", "", "team-requester"),
    ("create", "eligibilityreviews", "", "team-requester"),
    ("patch", "elevationrequests", "status", "team-approver"),
    ("get", "teamsettings", "", "team-member"),
];

/// Checks everything, one line each, and fails where something is not as it should be.
pub async fn check(common: &Common, terminal: Terminal, program: String) -> Result<(), Failure> {
    let desk = match at_desk(common, terminal, program).await {
        Ok(desk) => desk,
        Err(failure) => {
            terminal.print("× the cluster can be reached\n")?;
            return Err(failure);
        }
    };
    let session = &desk.session;
    let mut bad = 0;
    let mut tell = |found: Found| {
        let text = match found {
            Found::Good(what) => format!("√ {what}\n"),
            Found::Note(what, note) => format!("‼ {what}\n    {note}\n"),
            Found::Bad(what, advice) => {
                bad += 1;
                format!("× {what}\n    {}\n", advice.replace('\n', "\n    "))
            }
        };
        terminal.print(&text)
    };
    tell(Found::Good(format!(
        "the cluster can be reached, as {}",
        session.described()
    )))?;
    let served = kinds_are_served(session).await;
    let is_served = matches!(served, Found::Good(_));
    tell(served)?;
    if is_served {
        for found in settings(session) {
            tell(found)?;
        }
        tell(Found::Good(format!(
            "requests are looked for in {}",
            session.searched()
        )))?;
        for found in rights(session).await? {
            tell(found)?;
        }
        tell(person(session).await)?;
    }
    match bad {
        0 => terminal.print("This cluster is ready for you.\n"),
        _ => Err(Failure::new(Kind::No, format!("{bad} of these checks failed."))),
    }
}

async fn kinds_are_served(session: &Session) -> Found {
    match session
        .client
        .list_api_group_resources(&format!("{GROUP}/{VERSION}"))
        .await
    {
        Ok(list)
            if list
                .resources
                .iter()
                .any(|resource| resource.name == "elevationrequests") =>
        {
            Found::Good(format!("the kinds of {GROUP}/{VERSION} are served"))
        }
        Ok(_) => Found::Bad(
            format!("the kinds of {GROUP}/{VERSION} are served"),
            "elevationrequests is not among them: an administrator runs `team-operator manifests`."
                .to_owned(),
        ),
        Err(error) => Found::Bad(
            format!("the kinds of {GROUP}/{VERSION} are served"),
            format!(
                "team-operator is not installed here, or this is another cluster.\n{}",
                acts::LIST.failed(&error)
            ),
        ),
    }
}

fn settings(session: &Session) -> Vec<Found> {
    let there = "TeamSettings are there".to_owned();
    let settings = match &session.settings {
        Settings::Found(settings) => settings,
        Settings::Absent => {
            return vec![Found::Bad(
                there,
                "There is none named default, so nothing is accepted: an administrator applies one."
                    .to_owned(),
            )];
        }
        Settings::Forbidden(failure) => {
            return vec![Found::Note(there, failure.to_string().replace('\n', "\n    "))];
        }
        Settings::Unknown(failure) => return vec![Found::Bad(there, failure.to_string())],
    };
    let conditions = settings
        .status
        .as_ref()
        .map(|status| status.conditions.as_slice())
        .unwrap_or_default();
    let state = |kind: ConditionType, what: &str, advice: &str| {
        let found: Option<&Condition> = conditions.iter().find(|condition| condition.kind == kind);
        match found {
            Some(condition) if condition.status == ConditionStatus::True => Found::Good(what.to_owned()),
            Some(condition) => {
                let said = quoted(&format!("{}: {}", condition.reason, condition.message));
                Found::Bad(what.to_owned(), format!("{advice}\n{said}"))
            }
            None => Found::Bad(
                what.to_owned(),
                "The controller has said nothing about it: is it running?".to_owned(),
            ),
        }
    };
    vec![
        Found::Good(there),
        state(
            ConditionType::Ready,
            "the settings are in force",
            "An administrator has to look at TeamSettings.",
        ),
        state(
            ConditionType::GuardIntact,
            "the admission policies are in force and proven",
            "Nothing is granted until they are; access still ends on time.",
        ),
    ]
}

async fn rights(session: &Session) -> Result<Vec<Found>, Failure> {
    let reviews: Api<SelfSubjectAccessReview> = Api::all(session.client.clone());
    let namespace = session.place.namespaces.first().cloned().unwrap_or_default();
    let ask = RIGHTS.map(|(verb, resource, below, _)| {
        let review = json!({ "spec": { "resourceAttributes": {
            "group": GROUP, "resource": resource, "subresource": below, "verb": verb, "namespace": namespace,
        } } });
        let reviews = reviews.clone();
        async move {
            let review = serde_json::from_value(review).map_err(kube::Error::SerdeError)?;
            let answer = reviews.create(&PostParams::default(), &review).await?;
            Ok::<bool, kube::Error>(answer.status.is_some_and(|status| status.allowed))
        }
    });
    let answers = futures::future::try_join_all(ask)
        .await
        .map_err(|error| acts::WHO.failed(&error))?;
    let found = RIGHTS
        .iter()
        .zip(answers)
        .map(|((verb, resource, below, role), allowed)| {
            let below = if below.is_empty() {
                String::new()
            } else {
                format!("/{below}")
            };
            let what = format!("you may {verb} {resource}{below}");
            if allowed {
                Found::Good(what)
            } else {
                Found::Note(
                    format!("you may not {verb} {resource}{below}"),
                    format!("The ClusterRole {role} allows it."),
                )
            }
        });
    Ok(found.collect())
}

/// Whether the controller answers, and knows who this is.
async fn person(session: &Session) -> Found {
    let what = "Identity Center knows you by your user name".to_owned();
    match ask(session, everything(None)).await {
        Ok(Answer::Complete(answer)) if answer.reason == Some(Reason::RequesterUnknown) => Found::Bad(
            what,
            format!(
                "Your Kubernetes user name is {}.\n{}\nAn administrator compares it with TeamSettings spec.identity.",
                visible(&session.person),
                quoted(&answer.message.unwrap_or_default())
            ),
        ),
        Ok(Answer::Complete(answer)) => {
            Found::Good(format!("{what}; {} policies let you ask", answer.entries.len()))
        }
        Ok(Answer::Unknown(said)) => Found::Bad(
            "the controller answers".to_owned(),
            format!(
                "No answer in time.\n{}",
                quoted(&said.unwrap_or_else(|| "(nothing)".to_owned()))
            ),
        ),
        Err(failure) if failure.kind == Kind::Refused => {
            Found::Note(what, "You may not ask: see above.".to_owned())
        }
        Err(failure) => Found::Bad(what, failure.to_string()),
    }
}

/// Prints the versions of the program and of the cluster.
pub async fn version(common: &Common, terminal: &Terminal, program: &str) -> Result<(), Failure> {
    terminal.print(&format!(
        "{program}: {}\nkinds: {GROUP}/{VERSION}\n",
        env!("CARGO_PKG_VERSION")
    ))?;
    let configured = common.connection.configured().await?;
    let client = kube::Client::try_from(configured.config).map_err(|error| acts::WHO.failed(&error))?;
    let version = client
        .apiserver_version()
        .await
        .map_err(|error| acts::WHO.failed(&error))?;
    terminal.print(&format!(
        "Kubernetes: {} (context {})\n",
        visible(&version.git_version),
        visible(&configured.context)
    ))
}
