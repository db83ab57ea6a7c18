//! The Lease in the API server: read, created, and replaced only with its last version.

use std::time::Duration;

use chrono::{DateTime, Utc};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Api, ObjectMeta, PostParams};

use super::LeaseSettings;
use super::evaluate::{Claim, Record};
use crate::controller::with_causes;

/// The Lease, with a timeout for every call.
pub(super) struct Store {
    leases: Api<Lease>,
    name: &'static str,
    namespace: String,
    duration: Duration,
    call_timeout: Duration,
}

/// Why a call failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CallError {
    /// The Lease was changed meanwhile.
    Changed,
    /// No response, or a refusal. A write may have taken effect.
    Failed(String),
}

impl Store {
    pub(super) fn new(client: kube::Client, settings: &LeaseSettings) -> Self {
        Self {
            leases: Api::namespaced(client, &settings.namespace),
            name: settings.name,
            namespace: settings.namespace.clone(),
            duration: settings.duration,
            call_timeout: settings.call_timeout(),
        }
    }

    pub(super) async fn read(&self) -> Result<Option<Lease>, CallError> {
        self.limited("read", self.leases.get_opt(self.name)).await
    }

    /// Writes a claim: replaces the Lease that was read, or creates one.
    pub(super) async fn write(
        &self,
        over: Option<&Lease>,
        claim: &Claim,
        renewed: MicroTime,
    ) -> Result<Lease, CallError> {
        let spec = LeaseSpec {
            holder_identity: Some(claim.identity.clone()),
            lease_duration_seconds: i32::try_from(self.duration.as_secs()).ok(),
            acquire_time: Some(claim.acquired.clone()),
            renew_time: Some(renewed),
            lease_transitions: Some(claim.transitions),
            ..LeaseSpec::default()
        };
        let Some(over) = over else {
            let lease = Lease {
                metadata: ObjectMeta {
                    name: Some(self.name.to_owned()),
                    ..ObjectMeta::default()
                },
                spec: Some(spec),
            };
            let params = PostParams::default();
            return self.limited("created", self.leases.create(&params, &lease)).await;
        };
        self.replace(over, spec).await
    }

    /// Clears the holder, so that the next replica need not wait.
    pub(super) async fn release(&self, lease: &Lease) -> Result<Lease, CallError> {
        let spec = LeaseSpec {
            holder_identity: None,
            ..lease.spec.clone().unwrap_or_default()
        };
        self.replace(lease, spec).await
    }

    /// Replaces with the `resourceVersion` that was read, which makes it a compare and swap.
    async fn replace(&self, over: &Lease, spec: LeaseSpec) -> Result<Lease, CallError> {
        let lease = Lease {
            metadata: over.metadata.clone(),
            spec: Some(spec),
        };
        let params = PostParams::default();
        self.limited("renewed", self.leases.replace(self.name, &params, &lease))
            .await
    }

    async fn limited<T>(
        &self,
        action: &str,
        call: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, CallError> {
        let why = match tokio::time::timeout(self.call_timeout, call).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(kube::Error::Api(status)))
                if status.is_conflict() || status.is_already_exists() || is_lease_gone(&status) =>
            {
                return Err(CallError::Changed);
            }
            Ok(Err(error)) => with_causes(&error),
            Err(_) => format!("no answer within {:?}", self.call_timeout),
        };
        let (name, namespace) = (self.name, &self.namespace);
        Err(CallError::Failed(format!(
            "the lease {name} in namespace {namespace} could not be {action}: {why}"
        )))
    }
}

/// The Lease itself was deleted; a missing namespace is "not found" as well, and a person has to act.
fn is_lease_gone(status: &kube::core::Status) -> bool {
    let about_leases = status
        .details
        .as_ref()
        .is_some_and(|details| details.kind == "leases");
    status.is_not_found() && about_leases
}

impl From<&Lease> for Record {
    fn from(lease: &Lease) -> Self {
        let spec = lease.spec.clone().unwrap_or_default();
        let metadata = &lease.metadata;
        let seconds = u64::try_from(spec.lease_duration_seconds.unwrap_or_default()).unwrap_or_default();
        // A Lease that was deleted and recreated is another one, even with the version of the first.
        let [uid, version] =
            [&metadata.uid, &metadata.resource_version].map(|text| text.clone().unwrap_or_default());
        Self {
            holder: spec.holder_identity.filter(|holder| !holder.is_empty()),
            duration: Duration::from_secs(seconds),
            acquired: spec.acquire_time,
            transitions: spec.lease_transitions.unwrap_or_default(),
            version: format!("{uid}/{version}"),
        }
    }
}

/// A time in the format of Leases; one that the format cannot hold becomes the epoch.
pub(super) fn micro_time(time: DateTime<Utc>) -> MicroTime {
    MicroTime(Timestamp::from_microsecond(time.timestamp_micros()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_without_anything_is_nobodys() {
        let record = Record::from(&Lease::default());
        assert_eq!(
            (record.holder, record.duration, record.transitions),
            (None, Duration::ZERO, 0)
        );
        let emptied = Lease {
            spec: Some(LeaseSpec {
                holder_identity: Some(String::new()),
                ..LeaseSpec::default()
            }),
            ..Lease::default()
        };
        assert_eq!(Record::from(&emptied).holder, None);
    }

    #[test]
    fn a_time_is_the_same_after_it_was_stored() {
        let now: DateTime<Utc> = "2026-03-01T12:00:00.123456789Z".parse().unwrap();
        let time = micro_time(now);
        let stored = serde_json::to_string(&time).unwrap();
        assert_eq!(stored, "\"2026-03-01T12:00:00.123456Z\"");
        assert_eq!(serde_json::from_str::<MicroTime>(&stored).unwrap(), time);
    }
}
