//! Waits for the CustomResourceDefinitions of our kinds.

use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::Condition as _;
use kube::{Api, Client};
use tokio::time::{Instant, sleep, timeout};

use super::readiness::Readiness;
use crate::admission::API_TIMEOUT;
use crate::api;
use crate::controller::with_causes;

/// The interval of the checks: short, for somebody who has just applied the manifests.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How often the same reason is logged again.
const LOG_INTERVAL: Duration = Duration::from_mins(1);
/// The name of its line in `/readyz`.
pub(super) const DEFINITIONS_FACT: &str = "definitions";

/// Waits until the cluster serves all our kinds. Logs what is missing and what to do, at once and then every minute.
pub async fn wait_for_definitions(client: &Client, readiness: &Readiness) {
    let mut logged: Option<(String, Instant)> = None;
    while let Some(sentence) = what_is_missing(client).await {
        readiness.not_ready(DEFINITIONS_FACT, &sentence);
        let is_news = logged
            .as_ref()
            .is_none_or(|(last, at)| *last != sentence || at.elapsed() >= LOG_INTERVAL);
        if is_news {
            tracing::warn!(reason = %sentence, "CustomResourceDefinitions not ready");
            logged = Some((sentence, Instant::now()));
        }
        sleep(CHECK_INTERVAL).await;
    }
    readiness.ready(DEFINITIONS_FACT, "the cluster serves all kinds");
}

/// What is missing before all our kinds are served, as a sentence.
async fn what_is_missing(client: &Client) -> Option<String> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let mut missing = Vec::new();
    for name in names() {
        let found = match timeout(API_TIMEOUT, definitions.get_opt(&name)).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return Some(unreadable(&with_causes(&error))),
            Err(_) => {
                return Some(unreadable(&format!(
                    "no answer within {} s",
                    API_TIMEOUT.as_secs()
                )));
            }
        };
        if !is_crd_established().matches_object(found.as_ref()) {
            missing.push(name);
        }
    }
    if missing.is_empty() {
        return None;
    }
    Some(format!(
        "waiting until the cluster serves {}; to install them: the chart team-operator-crds, or team-operator manifests | kubectl apply --server-side -f -",
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
        assert_eq!(names().len(), 8);
        assert!(names().contains(&"elevationrequests.team-operator.io".to_owned()));
    }
}
