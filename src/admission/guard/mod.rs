//! The guard: proves the admission policies before anything relies on them.
//!
//! Two proofs make it intact: every object of ours is there, denies, and says what this version says; and a forgery,
//! made as a dry run, is refused by our own policy. The judgement is pure (`judge`); this file is its eyes and its
//! memory.
//!
//! # What it can show
//! - Policies, bindings or definitions that are missing, weakened, or of another version: at once.
//! - That they were so for a while and were put right again, also while the controller was down: in hindsight, from
//!   the record of uids and generations.
//!
//! # What it cannot show
//! - Impersonation, and other people's mutating webhooks: the API server's audit log does.
//! - A second API server that lags behind: the probe proves the one that answers it. Changes of policies act within
//!   about a second on each.

mod compare;
mod judge;
mod probe;
mod record;

use std::sync::Arc;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DynamicObject, ObjectMeta, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::Value;

pub use compare::{Comparison, compare};
pub use judge::{Continuity, Found, GuardState, LiveObject, Observation, Probe, continuity, judge};
pub use record::{GuardRecord, ObjectMark};

use super::API_TIMEOUT;
use super::installation::Installation;
use super::seal::SealKey;

/// The ConfigMap that keeps the record, in the controller's namespace.
const RECORD_NAME: &str = "team-operator-guard";

/// The guard's eyes and memory, for one installation.
#[derive(Clone)]
pub struct Guard {
    client: kube::Client,
    installation: Installation,
    key: SealKey,
    /// Every object that this version installs, and whether requests can be forged without it. Made once: it is held
    /// against the cluster every minute and before every grant.
    sources: Arc<[(Value, bool)]>,
}

/// What one look of the guard gave. A value: for the controller, for conditions, for a health endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardReport {
    /// Whether the policies can be relied on now.
    pub state: GuardState,
    /// Whether they could be since the last record.
    pub continuity: Continuity,
    /// What was seen.
    pub observation: Observation,
}

impl GuardReport {
    /// The report as one sentence for people.
    pub fn message(&self) -> String {
        match (&self.state, &self.continuity) {
            (GuardState::Intact, Continuity::Broken(why)) => {
                format!("the admission policies are in force, and were not all the time: {why}")
            }
            (GuardState::Intact, _) => "the admission policies are in force and refused a forgery".to_owned(),
            (GuardState::Unproven(why) | GuardState::Broken(why), _) => why.clone(),
        }
    }
}

/// Why the record could not be read or written. That there is none yet is not an error.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// The API server said no.
    #[error("the guard's record, ConfigMap {RECORD_NAME}, could not be {action}: {source}")]
    Record {
        /// `read` or `written`.
        action: &'static str,
        /// What the API server said.
        source: kube::Error,
    },
    /// The API server did not answer.
    #[error("the guard's record, ConfigMap {RECORD_NAME}, could not be {0}: no answer within 10 s")]
    Timeout(&'static str),
}

impl Guard {
    /// A guard that looks with this client, expects this installation, and signs its record with this key.
    pub fn new(client: kube::Client, installation: Installation, key: SealKey) -> Self {
        let enforcing = installation
            .validating_policies()
            .into_iter()
            .chain(crate::api::all_crds());
        let convenience = installation.mutating_policies().into_iter();
        let sources = enforcing.map(|source| (source, true));
        let sources = sources.chain(convenience.map(|source| (source, false)));
        Self {
            client,
            sources: sources.collect(),
            installation,
            key,
        }
    }

    /// Looks with a forged request: what can be done at any time.
    pub async fn check(&self) -> GuardReport {
        let forgery = probe::forge_request(self.client.clone(), self.installation.namespace());
        let (probe, objects) = tokio::join!(forgery, self.observe());
        self.report(Observation { objects, probe }).await
    }

    /// Looks with a forged decision on this very request: what is done right before its grant.
    pub async fn check_on(&self, namespace: &str, name: &str) -> GuardReport {
        let forgery = probe::forge_decision(self.client.clone(), namespace, name);
        let (probe, objects) = tokio::join!(forgery, self.observe());
        self.report(Observation { objects, probe }).await
    }

    /// The same for a look that was just taken: the objects as they were seen then, and a forged decision on this very
    /// request. Many requests that are granted at once share one look and each bring their own forgery.
    pub async fn check_on_after(&self, look: &Observation, namespace: &str, name: &str) -> GuardReport {
        let probe = probe::forge_decision(self.client.clone(), namespace, name).await;
        let objects = look.objects.clone();
        self.report(Observation { objects, probe }).await
    }

    /// Keeps what an intact report saw as the record that later looks are compared with. After a break this is what
    /// ends it: whoever calls it has seen to it that nothing of the gap counts.
    ///
    /// Does nothing for a report that is not intact.
    pub async fn remember(&self, report: &GuardReport) -> Result<(), GuardError> {
        let (GuardState::Intact, Ok(objects)) = (&report.state, &report.observation.objects) else {
            return Ok(());
        };
        let record = GuardRecord::of(objects);
        let stored = self.stored().await?;
        if self.read_record(stored.as_ref()).as_ref() == Some(&record) {
            return Ok(());
        }
        self.store(stored, &record).await
    }

    async fn report(&self, observation: Observation) -> GuardReport {
        let state = judge(&observation);
        match self.stored().await {
            Ok(stored) => {
                let continuity = continuity(self.read_record(stored.as_ref()).as_ref(), &observation, &state);
                GuardReport {
                    state,
                    continuity,
                    observation,
                }
            }
            // A record that cannot be read is not a record that is missing: nothing is granted, and nothing is void.
            Err(error) => {
                let state = if state.is_intact() {
                    GuardState::Unproven(error.to_string())
                } else {
                    state
                };
                GuardReport {
                    state,
                    continuity: Continuity::Open,
                    observation,
                }
            }
        }
    }

    /// Every object that this version installs, as it is in the cluster.
    async fn observe(&self) -> Result<Vec<LiveObject>, String> {
        // In the order of the sources, and all at once: whoever is about to grant waits for it.
        let looks = self.sources.iter();
        let looks = looks.map(async |(source, enforcing)| self.look(source, *enforcing).await);
        futures::future::try_join_all(looks).await
    }

    async fn look(&self, source: &Value, enforcing: bool) -> Result<LiveObject, String> {
        let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
        let (kind, name) = (text(&source["kind"]), text(&source["metadata"]["name"]));
        let (group, version) = source["apiVersion"]
            .as_str()
            .and_then(|v| v.split_once('/'))
            .unwrap_or_default();
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &kind));
        let objects: Api<DynamicObject> = Api::all_with(self.client.clone(), &resource);
        // A kind that is not served answers like an object that is not there: both leave nothing in force.
        let found = match tokio::time::timeout(API_TIMEOUT, objects.get_opt(&name)).await {
            Ok(Ok(found)) => found.map(|live| found_as(source, &live)),
            Ok(Err(error)) => return Err(format!("{kind} {name}: {error}")),
            Err(_) => {
                return Err(format!(
                    "{kind} {name}: no answer within {} s",
                    API_TIMEOUT.as_secs()
                ));
            }
        };
        Ok(LiveObject {
            kind,
            name,
            enforcing,
            found,
        })
    }

    fn read_record(&self, stored: Option<&ConfigMap>) -> Option<GuardRecord> {
        let data = stored?.data.as_ref()?;
        GuardRecord::verified(data.get("record")?, data.get("code")?, &self.key)
    }

    async fn stored(&self) -> Result<Option<ConfigMap>, GuardError> {
        match tokio::time::timeout(API_TIMEOUT, self.records().get_opt(RECORD_NAME)).await {
            Ok(Ok(stored)) => Ok(stored),
            Ok(Err(source)) => Err(GuardError::Record {
                action: "read",
                source,
            }),
            Err(_) => Err(GuardError::Timeout("read")),
        }
    }

    /// Writes over exactly what was read: two controllers that disagree must not undo one another's record unseen.
    async fn store(&self, stored: Option<ConfigMap>, record: &GuardRecord) -> Result<(), GuardError> {
        let (text, code) = record.signed(&self.key);
        let data = [("record".to_owned(), text), ("code".to_owned(), code)].into();
        let params = PostParams::default();
        let records = self.records();
        let written = if let Some(stored) = stored {
            let map = ConfigMap {
                data: Some(data),
                ..stored
            };
            tokio::time::timeout(API_TIMEOUT, records.replace(RECORD_NAME, &params, &map)).await
        } else {
            let metadata = ObjectMeta {
                name: Some(RECORD_NAME.to_owned()),
                ..ObjectMeta::default()
            };
            let map = ConfigMap {
                metadata,
                data: Some(data),
                ..ConfigMap::default()
            };
            tokio::time::timeout(API_TIMEOUT, records.create(&params, &map)).await
        };
        match written {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(source)) => Err(GuardError::Record {
                action: "written",
                source,
            }),
            Err(_) => Err(GuardError::Timeout("written")),
        }
    }

    fn records(&self) -> Api<ConfigMap> {
        Api::namespaced(self.client.clone(), self.installation.namespace())
    }
}

fn found_as(source: &Value, live: &DynamicObject) -> Found {
    let metadata = &live.metadata;
    Found {
        uid: metadata.uid.clone().unwrap_or_default(),
        generation: metadata.generation.unwrap_or_default(),
        denies: denies(&live.data["spec"]),
        text: compare(source, &live.data),
    }
}

/// Whether a policy or binding refuses at all. A definition has neither field.
fn denies(spec: &Value) -> bool {
    let ignores = spec["failurePolicy"] == "Ignore";
    let actions = &spec["validationActions"];
    !ignores
        && (actions.is_null()
            || actions
                .as_array()
                .is_some_and(|a| a.iter().any(|action| action == "Deny")))
}

#[cfg(test)]
mod tests {
    use super::denies;
    use serde_json::json;

    #[test]
    fn a_binding_that_only_warns_does_not_deny() {
        assert!(denies(&json!({ "validationActions": ["Deny"] })));
        assert!(denies(&json!({ "failurePolicy": "Fail" })));
        assert!(!denies(&json!({ "validationActions": ["Warn", "Audit"] })));
        assert!(!denies(&json!({ "validationActions": [] })));
        assert!(!denies(&json!({ "failurePolicy": "Ignore" })));
    }
}
