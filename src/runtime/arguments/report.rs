//! The options of `team-operator report`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use clap::Args;

use super::delays::seconds;
use super::run::filter;
use super::{ADVANCED, ClusterArguments, LeaseArguments, LogFormat};
use crate::api::HumanDuration;
use crate::aws::{AwsSettings, BudgetSettings};
use crate::domain::notification::Pace;
use crate::metrics::Metrics;

/// The options of `team-operator report`.
#[derive(Debug, Clone, Args)]
pub struct ReportArguments {
    /// Namespace of the reporter, its Lease, its reports and the Secrets of channels. The default is POD_NAMESPACE, where it is set.
    #[arg(long, value_name = "NAME", default_value = "team-operator-reporter")]
    pub namespace: String,
    /// Path of a kubeconfig file. Default: KUBECONFIG, then ~/.kube/config, then the pod's service account.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig. Default: the current context.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Host or network that messages may be sent to although it is not public, and without TLS. Repeatable (in the environment: one
    /// per line).
    #[arg(long, value_name = "HOST|CIDR", value_delimiter = '\n')]
    pub allow_destination: Vec<String>,
    /// Address of Slack's Web API.
    #[arg(long, help_heading = ADVANCED, value_name = "URL", default_value = "https://slack.com/api")]
    pub slack_api: String,
    /// Primary region of Identity Center, whose directory has the addresses of people. Default: the region of AWS's standard variables
    /// and files.
    #[arg(long, value_name = "REGION")]
    pub aws_region: Option<String>,
    /// ARN of the Identity Center instance. Required only where the account has access to several.
    #[arg(long, value_name = "ARN")]
    pub identity_center_instance_arn: Option<String>,
    /// Leader election.
    #[command(flatten)]
    pub lease: LeaseArguments,
    /// Logs and health endpoints.
    #[command(flatten)]
    pub log: LogArguments,
    /// The delays of deliveries.
    #[command(flatten)]
    pub pace: PaceArguments,
}

/// Logs and health endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = "Output")]
pub struct LogArguments {
    /// Format of log lines. Logs are written to standard error.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Log level (error, warn, info, debug, trace), or levels per module such as `info,team_operator::reporter=debug`.
    #[arg(long, value_name = "FILTER", default_value = "info,kube_client::client::builder=off", value_parser = filter)]
    pub log_level: String,
    /// Address of /healthz, /readyz and /metrics. Port 0 selects a free port, which is logged.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8081")]
    pub health_listen: SocketAddr,
}

/// The delays of deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = "Delays")]
pub struct PaceArguments {
    /// How long a request settles before a medium that shows its newest state tells of it.
    #[arg(long, help_heading = ADVANCED, value_name = "DURATION", default_value_t = seconds(Duration::from_secs(10)))]
    pub settle_time: HumanDuration,
    /// Delay after the first failed attempt to send a message; it doubles with each further one.
    #[arg(long, help_heading = ADVANCED, value_name = "DURATION", default_value_t = seconds(Duration::from_secs(5)))]
    pub delivery_retry_min: HumanDuration,
    /// Longest delay between two attempts to send a message.
    #[arg(long, help_heading = ADVANCED, value_name = "DURATION", default_value_t = seconds(Duration::from_mins(30)))]
    pub delivery_retry_max: HumanDuration,
    /// How often one message is tried on a channel that refuses everything.
    #[arg(long, help_heading = ADVANCED, value_name = "DURATION", default_value_t = seconds(Duration::from_mins(15)))]
    pub probe_interval: HumanDuration,
}

impl ReportArguments {
    /// The cluster.
    pub fn cluster(&self) -> ClusterArguments {
        ClusterArguments {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            ..ClusterArguments::default()
        }
    }
}

/// Calls per second to the directory: few, because AWS's limit is shared with the controller.
const DIRECTORY_RATE: f64 = 2.0;

impl ReportArguments {
    /// The settings of the directory.
    pub fn aws_settings(&self, metrics: &Metrics) -> AwsSettings {
        AwsSettings {
            region: self.aws_region.clone(),
            instance_arn: self.identity_center_instance_arn.clone(),
            budget: BudgetSettings {
                sso_admin_rate: DIRECTORY_RATE,
                identity_store_rate: DIRECTORY_RATE,
                ..BudgetSettings::default()
            },
            metrics: metrics.clone(),
            ..AwsSettings::default()
        }
    }
}

impl From<&PaceArguments> for Pace {
    fn from(arguments: &PaceArguments) -> Self {
        Self {
            settle: TimeDelta::from(arguments.settle_time),
            retry_min: TimeDelta::from(arguments.delivery_retry_min),
            retry_max: TimeDelta::from(arguments.delivery_retry_max),
            probe: TimeDelta::from(arguments.probe_interval),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, parsed};
    use super::*;

    #[test]
    fn without_options_the_delays_are_those_of_the_domain() {
        let Command::Report(arguments) = parsed(&["report"]).unwrap().command else {
            panic!("expected report")
        };
        assert_eq!(Pace::from(&arguments.pace), Pace::default());
    }
}
