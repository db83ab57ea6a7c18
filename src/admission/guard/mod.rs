//! The guard: verifies the admission policies before anything relies on them.
//!
//! The policies are intact when every object of ours exists, denies, and equals the manifest of this version, and when a
//! forged write, made as a dry run, is refused by our own policy. The judgment is pure (`judge`); this file reads the
//! cluster and stores the record.
//!
//! # What it detects
//! - Policies, bindings or definitions that are missing, weakened, or of another version: at once.
//! - The same problems after they were repaired, also while the controller was down: from the record of uids and
//!   generations.
//!
//! # What it does not detect
//! - Impersonation, and mutating webhooks of others: see the API server's audit log.
//! - A second API server that lags behind: the probe verifies the one that responds. Changes of policies take effect
//!   within about a second on each.

mod compare;
mod judge;
mod look;
mod observation;
mod probe;
mod record;

use std::sync::Arc;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ObjectMeta, PostParams};

pub use compare::{Comparison, compare};
pub use judge::{Continuity, GuardState, continuity, judge};
pub use observation::{Found, LiveObject, Observation, Probe};
pub use record::{GuardRecord, ObjectMark};

use self::look::Sources;
use super::API_TIMEOUT;
use super::installation::Installation;
use super::seal::SealKey;

/// The ConfigMap that keeps the record, in the controller's namespace.
const RECORD_NAME: &str = "team-operator-guard";

/// Verifies the admission policies of one installation and keeps the record.
#[derive(Clone)]
pub struct Guard {
    client: kube::Client,
    installation: Installation,
    key: SealKey,
    sources: Arc<Sources>,
}

/// The result of one check of the guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardReport {
    /// Whether the policies can be relied on now.
    pub state: GuardState,
    /// Whether they could be relied on since the last record.
    pub continuity: Continuity,
    /// What was observed.
    pub observation: Observation,
    /// The record that it was compared with; `None` when there is no authentic one.
    pub record: Option<GuardRecord>,
}

impl GuardReport {
    /// The same check with another probe of the same time: requests that are granted at once share one check, each with
    /// its own probe. The result is never better than that of the shared check.
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

    /// The report as a sentence for people.
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
    /// The API server refused.
    #[error("the guard's record, ConfigMap {RECORD_NAME}, could not be {action}: {source}")]
    Record {
        /// `read` or `written`.
        action: &'static str,
        /// The API server's error.
        source: kube::Error,
    },
    /// The API server did not answer.
    #[error("the guard's record, ConfigMap {RECORD_NAME}, could not be {0}: no answer within 10 s")]
    Timeout(&'static str),
}

impl Guard {
    /// A guard that reads with this client, expects this installation, and signs its record with this key.
    pub fn new(client: kube::Client, installation: Installation, key: SealKey) -> Self {
        Self {
            sources: Arc::new(Sources::of(&installation)),
            client,
            installation,
            key,
        }
    }

    /// Checks with a forged request, which is possible at any time.
    pub async fn check(&self) -> GuardReport {
        self.look(probe::forge_request(
            self.client.clone(),
            self.installation.namespace(),
        ))
        .await
    }

    /// Checks with a forged decision on this request, right before its grant.
    pub async fn check_on(&self, namespace: &str, name: &str) -> GuardReport {
        self.look(self.forge_on(namespace, name)).await
    }

    /// Tries a forged decision on this request, for a check that is made at the same time.
    pub async fn forge_on(&self, namespace: &str, name: &str) -> Probe {
        probe::forge_decision(self.client.clone(), namespace, name).await
    }

    /// Stores what an intact report observed as the record that later checks are compared with. This ends a break, so the
    /// caller must first have excluded everything that was written during the gap.
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

    /// Reads concurrently, because a grant waits for it. A record that is slightly older than the observation can at worst
    /// show a gap that is none; it never hides one.
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
            // An unreadable record is not a missing one: nothing is granted, and nothing is void.
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

    /// Replaces exactly the version that was read, so that two controllers never overwrite each other's record unnoticed.
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
    fn another_probe_makes_a_report_worse_and_never_better() {
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
