//! The options of `team-operator run`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

use super::delays::{duration, seconds};
use super::{ADVANCED, BackgroundDelayArguments, InstallationArguments, TimingArguments};
use crate::api::HumanDuration;
use crate::aws::{AwsSettings, BudgetSettings, CacheAges, Timeouts};
use crate::metrics::Metrics;

/// The highest rate that can be configured: far above AWS's limits, for a sandbox without limits.
const HIGHEST_RATE: f64 = 10_000.0;

/// The largest multiple of AWS Organizations' limits that can be configured, for the same reason.
const HIGHEST_SHARE: f64 = 1_000.0;

/// The options of `team-operator run`.
#[derive(Debug, Clone, Args)]
pub struct RunArguments {
    /// The names of the installation.
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
    /// Identity Center, and the use of AWS's limits.
    #[command(flatten)]
    pub aws: AwsArguments,
    /// Leader election.
    #[command(flatten)]
    pub lease: LeaseArguments,
    /// Logs, journal and health endpoints.
    #[command(flatten)]
    pub output: OutputArguments,
    /// The delays of decisions.
    #[command(flatten)]
    pub timings: TimingArguments,
    /// The delays of background work.
    #[command(flatten)]
    pub delays: BackgroundDelayArguments,
}

/// The cluster that the controller manages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArguments {
    /// Path of a kubeconfig file. Default: KUBECONFIG, then ~/.kube/config, then the pod's service account.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig. Default: the current context.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Maximum number of ElevationRequests that are reconciled concurrently.
    #[arg(long, value_name = "NUMBER", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub max_concurrent_reconciles: u16,
}

/// Identity Center, and the use of AWS's limits. Credentials and endpoints come from AWS's standard variables and files.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "AWS")]
pub struct AwsArguments {
    /// Primary region of Identity Center. Default: the region of AWS's standard variables and files.
    #[arg(long, value_name = "REGION")]
    pub aws_region: Option<String>,
    /// ARN of the Identity Center instance. Required only where the account has access to several.
    #[arg(long, value_name = "ARN")]
    pub identity_center_instance_arn: Option<String>,
    /// ARN of an Identity Center instance that is abandoned for good: AccountAssignments that name it are given up, and what is
    /// left in it is not removed.
    #[arg(long, value_name = "ARN")]
    pub abandoned_instance: Option<String>,
    /// Maximum calls per second to the sso-admin API. AWS's limit is 20, shared by all clients of the instance.
    #[arg(long, value_name = "NUMBER", default_value_t = BudgetSettings::default().sso_admin_rate, value_parser = rate)]
    pub aws_sso_admin_rate: f64,
    /// Maximum calls per second to the identitystore API. AWS's limit is 20, shared by all clients of the instance.
    #[arg(long, value_name = "NUMBER", default_value_t = BudgetSettings::default().identity_store_rate, value_parser = rate)]
    pub aws_identity_store_rate: f64,
    /// Fraction of AWS Organizations' rate limits to use, such as 0.5. Values above 1 are for sandboxes only.
    #[arg(long, value_name = "FRACTION", default_value_t = BudgetSettings::default().organizations_share, value_parser = share)]
    pub aws_organizations_share: f64,
    /// Maximum number of concurrent assignment creates and deletes in AWS, besides the slots reserved for removals.
    #[arg(long, value_name = "NUMBER", default_value_t = outstanding(), value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub aws_max_operations: u16,
    /// Timeout for establishing a connection to AWS.
    #[arg(long, help_heading = ADVANCED, value_name = "DURATION", default_value_t = seconds(Timeouts::default().connect))]
    pub aws_connect_timeout: HumanDuration,
    /// Timeout for one attempt of a call to AWS.
    #[arg(long, help_heading = ADVANCED, value_name = "DURATION", default_value_t = seconds(Timeouts::default().attempt))]
    pub aws_attempt_timeout: HumanDuration,
    /// Timeout for one call to AWS, including retries and the resolution of credentials.
    #[arg(long, help_heading = ADVANCED, value_name = "DURATION", default_value_t = seconds(Timeouts::default().operation))]
    pub aws_operation_timeout: HumanDuration,
}

/// Leader election.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = "Leader election")]
pub struct LeaseArguments {
    /// How long a lease stays valid after its last renewal. After that a standby takes over.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Duration::from_secs(10)))]
    pub lease_duration: HumanDuration,
    /// How often the leader renews its lease; at most half of --lease-duration.
    #[arg(long, value_name = "DURATION", default_value_t = seconds(Duration::from_secs(3)))]
    pub lease_renew_interval: HumanDuration,
    /// Unique name of this replica in the lease. Default: the host name with a random suffix.
    #[arg(long, value_name = "NAME")]
    pub lease_identity: Option<String>,
}

/// Logs, journal and health endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArguments {
    /// Format of log lines. Logs are written to standard error.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Log level (error, warn, info, debug, trace), or levels per module such as `info,team_operator::aws=debug`. The
    /// default reduces the lines of the kube library, which repeat the controller's own.
    #[arg(long, value_name = "FILTER", default_value = "info,kube_client::client::builder=off,kube_runtime::controller=warn", value_parser = filter)]
    pub log_level: String,
    /// File that the journal is appended to, one JSON object per line, each on disk before the access that it justifies; `-` is
    /// standard output, where nobody knows what becomes of it.
    #[arg(long, value_name = "FILE|-", default_value = "-")]
    pub journal: JournalFile,
    /// Address of /healthz, /readyz and /metrics. Port 0 selects a free port, which is logged.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8081")]
    pub health_listen: SocketAddr,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text.
    Text,
    /// One JSON object per line.
    Json,
}

/// The destination of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalFile {
    /// Standard output.
    StandardOutput,
    /// A file that is appended to.
    File(PathBuf),
}

/// Options that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// One lost renewal would let the lease expire.
    #[error(
        "--lease-renew-interval {renew} is more than half of --lease-duration {lease}: one lost renewal would end leadership"
    )]
    RenewedTooLate {
        /// The value.
        renew: HumanDuration,
        /// The value.
        lease: HumanDuration,
    },
}

impl RunArguments {
    /// Whether the options are consistent; each alone was checked when it was parsed.
    pub fn check(&self) -> Result<(), ArgumentError> {
        self.lease.check()
    }
}

impl LeaseArguments {
    /// Whether one lost renewal is survived.
    pub fn check(&self) -> Result<(), ArgumentError> {
        let (renew, lease) = (self.lease_renew_interval, self.lease_duration);
        if renew.seconds() * 2 > lease.seconds() {
            return Err(ArgumentError::RenewedTooLate { renew, lease });
        }
        Ok(())
    }

    /// How long a lease lasts, for timers.
    pub fn duration(&self) -> Duration {
        duration(self.lease_duration)
    }

    /// How often it is renewed, for timers.
    pub fn renew_interval(&self) -> Duration {
        duration(self.lease_renew_interval)
    }
}

impl AwsArguments {
    /// The settings of the adapters.
    pub fn settings(&self, metrics: &Metrics) -> AwsSettings {
        let Self {
            aws_region,
            identity_center_instance_arn,
            abandoned_instance: _,
            aws_sso_admin_rate,
            aws_identity_store_rate,
            aws_organizations_share,
            aws_max_operations,
            aws_connect_timeout,
            aws_attempt_timeout,
            aws_operation_timeout,
        } = self;
        AwsSettings {
            region: aws_region.clone(),
            instance_arn: identity_center_instance_arn.clone(),
            endpoint_url: None,
            credentials: None,
            timeouts: Timeouts {
                connect: duration(*aws_connect_timeout),
                attempt: duration(*aws_attempt_timeout),
                operation: duration(*aws_operation_timeout),
            },
            ages: CacheAges::default(),
            budget: BudgetSettings {
                sso_admin_rate: *aws_sso_admin_rate,
                identity_store_rate: *aws_identity_store_rate,
                organizations_share: *aws_organizations_share,
                outstanding: usize::from(*aws_max_operations),
                ..BudgetSettings::default()
            },
            metrics: metrics.clone(),
        }
    }
}

impl FromStr for JournalFile {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "-" => Self::StandardOutput,
            path => Self::File(path.into()),
        })
    }
}

/// The default as a type that clap can range-check.
fn outstanding() -> u16 {
    u16::try_from(BudgetSettings::default().outstanding).unwrap_or(u16::MAX)
}

fn rate(text: &str) -> Result<f64, String> {
    number_up_to(text, HIGHEST_RATE)
        .ok_or_else(|| format!("set calls per second, above 0 and at most {HIGHEST_RATE}"))
}

fn share(text: &str) -> Result<f64, String> {
    number_up_to(text, HIGHEST_SHARE)
        .ok_or_else(|| format!("set a fraction such as 0.5, above 0 and at most {HIGHEST_SHARE}"))
}

fn number_up_to(text: &str, most: f64) -> Option<f64> {
    text.parse()
        .ok()
        .filter(|number| *number > 0.0 && *number <= most)
}

pub(super) fn filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!("not a log level: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::run_arguments;
    use super::*;

    #[test]
    fn without_options_aws_is_used_as_the_adapters_default() {
        let settings = run_arguments(&[]).aws.settings(&Metrics::default());
        let AwsSettings {
            region,
            instance_arn,
            timeouts,
            budget,
            ..
        } = settings;
        assert_eq!((region, instance_arn), (None, None));
        assert_eq!(timeouts, Timeouts::default());
        assert_eq!(budget, BudgetSettings::default());
    }

    #[test]
    fn what_is_said_about_aws_reaches_the_adapters() {
        let arguments = run_arguments(&[
            "--aws-region=eu-central-1",
            "--identity-center-instance-arn=arn",
            "--aws-sso-admin-rate=4.5",
            "--aws-identity-store-rate=3",
            "--aws-organizations-share=0.25",
            "--aws-max-operations=2",
            "--aws-connect-timeout=1s",
            "--aws-attempt-timeout=2s",
            "--aws-operation-timeout=3s",
        ]);
        let settings = arguments.aws.settings(&Metrics::default());
        assert_eq!(settings.region.as_deref(), Some("eu-central-1"));
        assert_eq!(settings.instance_arn.as_deref(), Some("arn"));
        let seconds = Duration::from_secs;
        let timeouts = Timeouts {
            connect: seconds(1),
            attempt: seconds(2),
            operation: seconds(3),
        };
        assert_eq!(settings.timeouts, timeouts);
        let budget = BudgetSettings {
            sso_admin_rate: 4.5,
            identity_store_rate: 3.0,
            organizations_share: 0.25,
            outstanding: 2,
            ..BudgetSettings::default()
        };
        assert_eq!(settings.budget, budget);
    }

    #[test]
    fn a_lease_outlives_one_renewal_that_gets_lost() {
        assert_eq!(run_arguments(&[]).check(), Ok(()));
        assert_eq!(run_arguments(&["--lease-duration=6s"]).check(), Ok(()));
        let error = run_arguments(&["--lease-duration=5s"])
            .check()
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("--lease-renew-interval 3s is more than half of --lease-duration 5s"),
            "{error}"
        );
    }

    #[test]
    fn a_dash_is_standard_output_and_all_else_a_file() {
        assert_eq!(run_arguments(&[]).output.journal, JournalFile::StandardOutput);
        let file = JournalFile::File("journal.jsonl".into());
        assert_eq!(run_arguments(&["--journal=journal.jsonl"]).output.journal, file);
    }
}
