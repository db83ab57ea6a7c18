//! Waiting for the definitions of our kinds.

use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::Condition as _;
use kube::{Api, Client};
use tokio::time::{Instant, sleep, timeout};

use super::readiness::Readiness;
use crate::api;
use crate::reconcile::with_causes;

/// Between two looks: somebody who has just applied the manifests does not wait long.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// As long as nothing changes, this often it is said again.
const SAY_AGAIN: Duration = Duration::from_mins(1);
/// How long one look at one definition may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(10);
/// Under what `/readyz` speaks of it.
pub(super) const DEFINITIONS_FACT: &str = "definitions";

/// Waits until the cluster serves all our kinds. Says once, and then each minute, what it waits for and what to do.
pub async fn wait_for_definitions(client: &Client, readiness: &Readiness) {
    let mut said: Option<(String, Instant)> = None;
    while let Some(sentence) = what_is_missing(client).await {
        readiness.not_ready(DEFINITIONS_FACT, &sentence);
        let is_news = said
            .as_ref()
            .is_none_or(|(last, at)| *last != sentence || at.elapsed() >= SAY_AGAIN);
        if is_news {
            tracing::warn!("{sentence}");
            said = Some((sentence, Instant::now()));
        }
        sleep(BETWEEN_LOOKS).await;
    }
    readiness.ready(DEFINITIONS_FACT, "the cluster serves all kinds");
}

/// What has to happen before all our kinds are served, as a sentence.
async fn what_is_missing(client: &Client) -> Option<String> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let mut missing = Vec::new();
    for name in names() {
        let found = match timeout(LOOK_TIMEOUT, definitions.get_opt(&name)).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return Some(unreadable(&with_causes(&error))),
            Err(_) => return Some(unreadable("no answer within 10 s")),
        };
        if !is_crd_established().matches_object(found.as_ref()) {
            missing.push(name);
        }
    }
    if missing.is_empty() {
        return None;
    }
    Some(format!(
        "waiting until the cluster serves {}; to install them: team-operator manifests | kubectl apply --server-side -f -",
        missing.join(", ")
    ))
}

fn unreadable(why: &str) -> String {
    format!("waiting until the API server shows the definitions of our kinds: {why}")
}

fn names() -> Vec<String> {
    let name = |definition: &serde_json::Value| definition["metadata"]["name"].as_str().map(str::to_owned);
    api::all_crds().iter().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_waited_for() {
        assert_eq!(names().len(), 5);
        assert!(names().contains(&"elevationrequests.team-operator.io".to_owned()));
    }
}
