//! The connection to IAM Identity Center: AWS is asked from the start, and only what needs its answer waits for it.
//!
//! Where AWS does not answer at the start, access is removed all the same: the sealed records name the instance, and a delete
//! needs no more. Everything else waits until AWS has named the instance.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::readiness::{Readiness, State};
use super::retry_until_ok::retry_until_ok;
use crate::admission::SealKey;
use crate::api::InstanceArn;
use crate::aws::{Aws, AwsSettings, Finding, Verdict};
use crate::controller::recorded_instance;
use crate::domain::IdentityCenter;
use crate::ports::{CallOptions, Clock, Instance as _};

/// The name of its line in `/readyz`.
pub(super) const AWS_FACT: &str = "AWS";
/// How long the leader waits for AWS before it begins with what records say: AWS answers within a second.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often records are read meanwhile.
const RECORDS_INTERVAL: Duration = Duration::from_secs(5);
/// How long the start waits to learn whether the controller is a delegated administrator.
const ADMINISTRATOR_PATIENCE: Duration = Duration::from_secs(5);
/// How soon what AWS did not say is asked again.
const RETRY: Duration = Duration::from_mins(1);
/// How often the preflight checks are repeated: what they find is changed by people.
const PREFLIGHT_INTERVAL: Duration = Duration::from_hours(1);

/// A connection that is being made.
pub(super) struct Connecting {
    settings: AwsSettings,
    clock: Arc<dyn Clock>,
    readiness: Readiness,
    task: JoinHandle<Aws>,
}

/// The ports on Identity Center, and what is known of it.
pub(super) struct Connected {
    /// The ports.
    pub(super) aws: Aws,
    /// What is known of the instance; it may become more.
    pub(super) identity_center: watch::Receiver<IdentityCenter>,
    /// Ends with a sentence when AWS names another instance than the one that the process began with.
    pub(super) contradicted: JoinHandle<String>,
}

impl Connecting {
    /// Asks AWS until it has named the instance.
    pub(super) fn start(settings: AwsSettings, clock: Arc<dyn Clock>, readiness: Readiness) -> Self {
        readiness.warn(AWS_FACT, "connecting");
        let (asked, by, shown) = (settings.clone(), Arc::clone(&clock), readiness.clone());
        let task = tokio::spawn(async move {
            let connect = || Aws::connect(asked.clone(), Arc::clone(&by));
            retry_until_ok(AWS_FACT, State::Warning, &shown, connect).await
        });
        Self {
            settings,
            clock,
            readiness,
            task,
        }
    }

    /// The ports as soon as AWS has named the instance, or a sealed record or an option does instead.
    pub(super) async fn ports(mut self, client: &kube::Client, key: &SealKey) -> Connected {
        let unasked = unasked(&self.settings, &self.clock, client, key);
        tokio::select! {
            biased;
            connected = &mut self.task => match connected {
                Ok(aws) => self.connected(aws).await,
                // The task ends without a value only with the process.
                Err(_) => std::future::pending().await,
            },
            aws = unasked => {
                tracing::warn!(
                    instance = %aws.instance_arn(),
                    "AWS has not answered since the start: access is removed in the instance of the records, nothing is granted"
                );
                self.unconnected(aws)
            }
        }
    }

    async fn connected(self, aws: Aws) -> Connected {
        let known = watch::Sender::new(not_delegated(&aws));
        let identity_center = known.subscribe();
        // Decisions on the management account rest on it. Where AWS does not say, AWS itself refuses what is not allowed.
        let asked = timeout(ADMINISTRATOR_PATIENCE, learn_administrator(&aws, &known)).await;
        let contradicted = tokio::spawn({
            let (aws, learned) = (aws.clone(), asked.unwrap_or(false));
            async move { keep_checking(&aws, learned, &known, &self.readiness).await }
        });
        Connected {
            aws,
            identity_center,
            contradicted,
        }
    }

    fn unconnected(self, aws: Aws) -> Connected {
        let known = watch::Sender::new(not_delegated(&aws));
        let identity_center = known.subscribe();
        let contradicted = tokio::spawn({
            let (aws, task, readiness) = (aws.clone(), self.task, self.readiness);
            async move {
                let Ok(found) = task.await else {
                    return std::future::pending().await;
                };
                // Before requests can be decided: that needs the identity store.
                let learned = learn_administrator(&found, &known).await;
                if !aws.learn(&found) {
                    return format!(
                        "AWS names the Identity Center instance {}, and the process began with {} of the records",
                        found.instance_arn(),
                        aws.instance_arn()
                    );
                }
                tracing::info!("AWS has named the instance of the records: requests are decided from now on");
                keep_checking(&aws, learned, &known, &readiness).await
            }
        });
        Connected {
            aws,
            identity_center,
            contradicted,
        }
    }
}

/// Ports on the instance that an option or a sealed record names.
async fn unasked(
    settings: &AwsSettings,
    clock: &Arc<dyn Clock>,
    client: &kube::Client,
    key: &SealKey,
) -> Aws {
    sleep(PATIENCE).await;
    loop {
        let named = match &settings.instance_arn {
            Some(arn) => Ok(Some(InstanceArn::new(arn))),
            None => recorded_instance(client.clone(), key.clone()).await,
        };
        match named {
            Ok(Some(arn)) => match Aws::unasked(settings.clone(), Arc::clone(clock), arn).await {
                Ok(aws) => return aws,
                // No region: nothing can be asked of AWS, and the other task says so.
                Err(error) => tracing::debug!(%error, "no ports without AWS"),
            },
            Ok(None) => {} // there is nothing to remove
            Err(error) => tracing::warn!(%error, "records could not be read; it is tried again"),
        }
        sleep(RECORDS_INTERVAL).await;
    }
}

fn not_delegated(aws: &Aws) -> IdentityCenter {
    IdentityCenter {
        instance_arn: aws.instance_arn().clone(),
        delegated_administrator: false,
    }
}

/// Asks whether the controller is a delegated administrator, who cannot assign access to the management account; whether AWS
/// said it.
async fn learn_administrator(aws: &Aws, known: &watch::Sender<IdentityCenter>) -> bool {
    match aws.delegated_administrator(&CallOptions::background()).await {
        Ok(delegated) => {
            known.send_modify(|known| known.delegated_administrator = delegated);
            true
        }
        Err(error) => {
            tracing::warn!(%error, "delegated administrator check failed; assuming the management account");
            false
        }
    }
}

/// Repeats the checks for ever, beside everything else: what they find keeps no removal from being tried.
async fn keep_checking(
    aws: &Aws,
    mut learned: bool,
    known: &watch::Sender<IdentityCenter>,
    readiness: &Readiness,
) -> String {
    loop {
        let problems = report(&aws.preflight().await);
        let sentence = format!("instance {}{problems}", aws.instance_arn());
        if problems.is_empty() {
            readiness.ready(AWS_FACT, sentence);
        } else {
            readiness.warn(AWS_FACT, sentence);
        }
        if !learned {
            learned = learn_administrator(aws, known).await;
        }
        let is_complete = learned && problems.is_empty();
        sleep(if is_complete { PREFLIGHT_INTERVAL } else { RETRY }).await;
    }
}

/// Logs each finding, and returns the problems.
fn report(findings: &[Finding]) -> String {
    let mut problems = String::new();
    for Finding {
        check,
        verdict,
        sentence,
    } in findings
    {
        match verdict {
            Verdict::Good => tracing::info!(?check, finding = %sentence, "preflight check passed"),
            Verdict::Warning | Verdict::Unknown => {
                tracing::warn!(?check, finding = %sentence, "preflight check needs attention");
            }
            Verdict::Problem => {
                tracing::error!(?check, finding = %sentence, "preflight check failed");
                problems.push_str("; preflight: ");
                problems.push_str(sentence);
            }
        }
    }
    problems
}
