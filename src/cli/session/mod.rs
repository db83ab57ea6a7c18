//! A person at a cluster: who they are, and where to look.

mod cache;
mod kubeconfig;

use std::time::Duration;

use k8s_openapi::api::authentication::v1::{SelfSubjectReview, SelfSubjectReviewStatus};
use kube::Client;
use kube::api::{Api, PostParams};

pub use cache::Cache;
pub use kubeconfig::Connection;

use super::failure::{Failure, Kind, acts};
use super::text::shell_word;
use crate::api::{HumanDuration, TeamSettings, TeamSettingsSpec};

/// The environment variable with the namespace to look in.
pub const NAMESPACE_VARIABLE: &str = "TEAM_NAMESPACE";

/// What is known of TeamSettings. Forbidden is not absent, and neither is a failure.
#[derive(Debug)]
pub enum Settings {
    /// They are there.
    Found(Box<TeamSettings>),
    /// There is no object of that name, so nothing is accepted.
    Absent,
    /// The person may not read them: ClusterRole team-member is missing.
    Forbidden(Failure),
    /// They could not be read.
    Unknown(Failure),
}

/// Where requests are looked for, and why there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The namespaces; empty for all of them.
    pub namespaces: Vec<String>,
    /// What named them, for people.
    pub because: &'static str,
}

/// A person at a cluster.
pub struct Session {
    /// The client, with one configuration for the whole command.
    pub client: Client,
    /// The Kubernetes user name of the person, as the API server told it once.
    pub person: String,
    /// The name of the context.
    pub context: String,
    /// As whom the person acts, where they impersonate somebody.
    pub impersonates: Option<String>,
    /// Where to look.
    pub place: Place,
    /// TeamSettings, as far as they are known.
    pub settings: Settings,
    /// How the program is called, such as `kubectl team`.
    pub program: String,
    /// What completion answers from.
    pub cache: Option<Cache>,
    /// How long the controller is waited for.
    pub patience: Patience,
    /// The context that was chosen by a flag: printed commands repeat it.
    chosen_context: Option<String>,
}

/// How long the controller is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For what it makes of a decision.
    pub decision: Duration,
    /// For its answer to a question, such as what a person may request.
    pub question: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            decision: Duration::from_secs(30),
            question: Duration::from_secs(10),
        }
    }
}

impl Patience {
    fn chosen(chosen: Option<HumanDuration>) -> Self {
        let chosen = chosen.map(|chosen| Duration::from_secs(chosen.seconds().unsigned_abs()));
        let usual = Self::default();
        Self {
            decision: chosen.unwrap_or(usual.decision),
            question: chosen.unwrap_or(usual.question),
        }
    }
}

impl Session {
    /// Logs in: reads the kubeconfig, asks the API server who the person is, and where requests live.
    pub async fn open(
        connection: &Connection,
        namespace: Option<&str>,
        all_namespaces: bool,
        program: String,
    ) -> Result<Self, Failure> {
        let configured = connection.configured().await?;
        let cache = Cache::of(&configured.context, &configured.config.cluster_url.to_string());
        let client = Client::try_from(configured.config).map_err(|error| acts::WHO.failed(&error))?;
        // The first call alone: a login program runs once, and after its failure not again.
        let person = who(&client).await?;
        let variable = std::env::var(NAMESPACE_VARIABLE)
            .ok()
            .filter(|name| !name.is_empty());
        let settings = settings(&client).await;
        let place = place(
            namespace,
            all_namespaces,
            variable,
            &settings,
            configured.namespace,
        );
        Ok(Self {
            client,
            person,
            context: configured.context,
            impersonates: configured.impersonates,
            place,
            settings,
            program,
            cache,
            patience: Patience::chosen(connection.patience),
            chosen_context: connection.context.clone(),
        })
    }

    /// A person at a cluster that is played by a test.
    #[cfg(test)]
    pub fn played(client: Client, person: &str) -> Self {
        Self {
            client,
            person: person.to_owned(),
            context: "test".to_owned(),
            impersonates: None,
            place: Place {
                namespaces: vec!["access".to_owned()],
                because: "-n",
            },
            settings: Settings::Absent,
            program: "kubectl team".to_owned(),
            cache: None,
            patience: Patience::default(),
            chosen_context: None,
        }
    }

    /// The settings, where they could be read.
    pub fn settings(&self) -> Option<&TeamSettingsSpec> {
        match &self.settings {
            Settings::Found(settings) => Some(&settings.spec),
            _ => None,
        }
    }

    /// The namespace for something new.
    pub fn home(&self) -> Result<&str, Failure> {
        self.place.namespaces.first().map(String::as_str).ok_or_else(|| {
            Failure::new(
                Kind::Usage,
                "A request lives in one namespace: name it with -n instead of -A.",
            )
        })
    }

    /// Decisions are made by the person who is logged in, never in the name of another.
    pub fn decides_in_person(&self) -> Result<(), Failure> {
        match &self.impersonates {
            None => Ok(()),
            Some(user) => Err(Failure::new(
                Kind::Refused,
                format!("Decisions are made in person, and you act as {user:?} by impersonation."),
            )
            .advise("Leave --as out, or take `as` out of the kubeconfig's user.")),
        }
    }

    /// A command to repeat, with the namespace and the context in it.
    pub fn command(&self, verb: &str, words: &[&str], namespace: &str) -> String {
        let mut line = format!("{} {verb}", self.program);
        for word in words {
            line.push(' ');
            line.push_str(&shell_word(word));
        }
        line.push_str(" -n ");
        line.push_str(&shell_word(namespace));
        if let Some(context) = &self.chosen_context {
            line.push_str(" --context ");
            line.push_str(&shell_word(context));
        }
        line
    }

    /// Who asks which cluster, for confirmations and empty answers.
    pub fn described(&self) -> String {
        format!(
            "{} in context {}",
            super::text::visible(&self.person),
            super::text::visible(&self.context)
        )
    }

    /// Where was looked, for empty answers.
    pub fn searched(&self) -> String {
        let Place { namespaces, because } = &self.place;
        match namespaces.as_slice() {
            [] => "all namespaces".to_owned(),
            [one] => format!("namespace {one} ({because})"),
            many => format!("namespaces {} ({because})", many.join(", ")),
        }
    }
}

/// Who the API server takes us for.
async fn who(client: &Client) -> Result<String, Failure> {
    let reviews: Api<SelfSubjectReview> = Api::all(client.clone());
    let answer = reviews
        .create(&PostParams::default(), &SelfSubjectReview::default())
        .await;
    let review = answer.map_err(|error| acts::WHO.failed(&error))?;
    let name = |status: SelfSubjectReviewStatus| status.user_info?.username;
    review
        .status
        .and_then(name)
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Failure::new(Kind::Unreachable, "The API server did not say who you are."))
}

async fn settings(client: &Client) -> Settings {
    let all: Api<TeamSettings> = Api::all(client.clone());
    match all.get("default").await {
        Ok(settings) => Settings::Found(Box::new(settings)),
        Err(kube::Error::Api(status))
            if status.code == 404 && status.message.contains("\"default\" not found") =>
        {
            Settings::Absent
        }
        Err(kube::Error::Api(status)) if status.code == 403 => {
            Settings::Forbidden(acts::SETTINGS.failed(&kube::Error::Api(status)))
        }
        Err(error) => Settings::Unknown(acts::SETTINGS.failed(&error)),
    }
}

fn place(
    namespace: Option<&str>,
    all: bool,
    variable: Option<String>,
    settings: &Settings,
    of_context: String,
) -> Place {
    let at = |namespaces: Vec<String>, because| Place { namespaces, because };
    if all {
        return at(vec![], "-A");
    }
    if let Some(namespace) = namespace {
        return at(vec![namespace.to_owned()], "-n");
    }
    if let Some(namespace) = variable {
        return at(vec![namespace], NAMESPACE_VARIABLE);
    }
    match settings {
        Settings::Found(settings) if !settings.spec.request_namespaces.is_empty() => at(
            settings.spec.request_namespaces.clone(),
            "requestNamespaces of TeamSettings",
        ),
        _ => at(vec![of_context], "the context's"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(namespaces: &[&str]) -> Settings {
        let spec = TeamSettingsSpec {
            request_namespaces: namespaces.iter().map(|&name| name.to_owned()).collect(),
            ..TeamSettingsSpec::default()
        };
        Settings::Found(Box::new(TeamSettings::new("default", spec)))
    }

    #[test]
    fn what_says_most_exactly_where_to_look_wins() {
        let (team, none) = (settings(&["access-requests", "other"]), settings(&[]));
        let forbidden = Settings::Absent;
        let given = |namespace, all, variable: Option<&str>, settings| {
            let place = place(
                namespace,
                all,
                variable.map(str::to_owned),
                settings,
                "mine".to_owned(),
            );
            place.namespaces.join(",")
        };
        assert_eq!(given(Some("a"), false, Some("b"), &team), "a");
        assert_eq!(given(Some("a"), true, Some("b"), &team), "");
        assert_eq!(given(None, false, Some("b"), &team), "b");
        assert_eq!(given(None, false, None, &team), "access-requests,other");
        assert_eq!(given(None, false, None, &none), "mine");
        assert_eq!(given(None, false, None, &forbidden), "mine");
    }
}
