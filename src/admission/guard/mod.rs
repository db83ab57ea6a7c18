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
mod look;
mod probe;
mod record;

use std::sync::Arc;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ObjectMeta, PostParams};

pub use compare::{Comparison, compare};
pub use judge::{Continuity, Found, GuardState, LiveObject, Observation, Probe, continuity, judge};
pub use record::{GuardRecord, ObjectMark};

use self::look::Sources;
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
    sources: Arc<Sources>,
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
    /// The record that it was held against; `None` when there is none that can be believed.
    pub record: Option<GuardRecord>,
}

impl GuardReport {
    /// The same look with another forgery that was tried at the same time. Many requests that are granted at once share
    /// one look and each bring their own forgery. What the look itself could not rely on stays so.
    #[must_use]
    pub fn with(&self, probe: Probe) -> Self {
        let observation = Observation {
            objects: self.observation.objects.clone(),
            probe,
        };
        let state = match (&self.state, judge(&observation)) {
            (GuardState::Intact, judged) | (_, judged @ GuardState::Broken(_)) => judged,
            (worse, _) => worse.clone(),
        };
        let continuity = match (&state, &self.continuity) {
            (GuardState::Broken(why), _) => Continuity::Broken(why.clone()),
            (GuardState::Unproven(_), Continuity::Unbroken) => Continuity::Open,
            (_, before) => before.clone(),
        };
        Self {
            state,
            continuity,
            observation,
            record: self.record.clone(),
        }
    }

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
        Self {
            sources: Arc::new(Sources::of(&installation)),
            client,
            installation,
            key,
        }
    }

    /// Looks with a forged request: what can be done at any time.
    pub async fn check(&self) -> GuardReport {
        self.look(probe::forge_request(
            self.client.clone(),
            self.installation.namespace(),
        ))
        .await
    }

    /// Looks with a forged decision on this very request: what is done right before its grant.
    pub async fn check_on(&self, namespace: &str, name: &str) -> GuardReport {
        self.look(self.forge_on(namespace, name)).await
    }

    /// A forged decision on this very request, for the look that goes with it.
    pub async fn forge_on(&self, namespace: &str, name: &str) -> Probe {
        probe::forge_decision(self.client.clone(), namespace, name).await
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
        if report.record.as_ref() == Some(&record) {
            return Ok(());
        }
        let stored = self.stored().await?;
        self.store(stored, &record).await
    }

    /// Everything at once: whoever is about to grant waits for it. A record that is a moment older than what is seen shows
    /// a gap at the worst that is none, and never hides one.
    async fn look(&self, forgery: impl Future<Output = Probe>) -> GuardReport {
        let objects = self.sources.look(&self.client);
        let (probe, objects, stored) = tokio::join!(forgery, objects, self.stored());
        let observation = Observation { objects, probe };
        let state = judge(&observation);
        match stored {
            Ok(stored) => {
                let record = self.read_record(stored.as_ref());
                let continuity = continuity(record.as_ref(), &observation, &state);
                GuardReport {
                    state,
                    continuity,
                    observation,
                    record,
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
                    record: None,
                }
            }
        }
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

#[cfg(test)]
mod tests {
    use super::{Continuity, GuardReport, GuardState, Observation, Probe};

    fn look(state: GuardState, continuity: Continuity) -> GuardReport {
        let observation = Observation {
            objects: Ok(vec![]),
            probe: Probe::Refused,
        };
        GuardReport {
            state,
            continuity,
            observation,
            record: None,
        }
    }

    #[test]
    fn another_forgery_makes_a_look_worse_and_never_better() {
        let intact = look(GuardState::Intact, Continuity::Unbroken);
        assert_eq!(intact.with(Probe::Refused), intact);
        let passed = intact.with(Probe::Passed);
        assert!(matches!(
            (passed.state, passed.continuity),
            (GuardState::Broken(_), Continuity::Broken(_))
        ));
        let unclear = intact.with(Probe::Inconclusive("no answer".to_owned()));
        assert!(matches!(unclear.state, GuardState::Unproven(_)));
        assert_eq!(unclear.continuity, Continuity::Open);
        for worse in [
            look(GuardState::Unproven("no answer".to_owned()), Continuity::Open),
            look(GuardState::Intact, Continuity::Broken("a gap".to_owned())),
        ] {
            assert_eq!(worse.with(Probe::Refused), worse);
        }
    }
}
