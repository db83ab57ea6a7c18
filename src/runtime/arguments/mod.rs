//! Command line options and environment variables.
//!
//! Every flag can also be set as an environment variable: `--lease-duration` as `TEAM_OPERATOR_LEASE_DURATION`. The names
//! are computed, so that none is forgotten or spelled differently.

mod delays;
mod journal;
mod policy_check;
#[cfg(feature = "report")]
mod report;
mod run;

use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use delays::{BackgroundDelayArguments, TimingArguments};
pub use journal::{
    ByTime, EvidenceArguments, JournalArguments, JournalCommand, ListArguments, ListFormat, ProveArguments,
    VerifyArguments,
};
pub use policy_check::{CheckArguments, FindingFormat, SnapshotArguments};
#[cfg(feature = "report")]
pub use report::{LogArguments, PaceArguments, ReportArguments};
pub use run::{
    ArgumentError, AwsArguments, ClusterArguments, JournalFile, LeaseArguments, LogFormat, OutputArguments,
    RunArguments,
};

use crate::admission::{Installation, InstallationError};
use crate::api::HumanDuration;

/// The variable with the pod's namespace, where the manifest sets it with the downward API.
const POD_NAMESPACE: &str = "POD_NAMESPACE";

/// The heading of options that an installation rarely changes.
const ADVANCED: &str = "Advanced";

/// Just-in-time access to AWS accounts through IAM Identity Center, approved and audited as Kubernetes resources.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "team-operator",
    version,
    after_help = "Every flag can also be set as an environment variable: --lease-duration as TEAM_OPERATOR_LEASE_DURATION."
)]
pub struct Arguments {
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Run the controller. With several replicas one leads and the others are standbys.
    Run(Box<RunArguments>),
    /// Run the reporter, which tells people what becomes of requests. It changes no request and no assignment.
    #[cfg(feature = "report")]
    Report(Box<ReportArguments>),
    /// Print the manifests to apply before the controller runs: CustomResourceDefinitions, RBAC and admission policies.
    #[command(
        after_help = "To install it, and again after every upgrade:\n  team-operator manifests | kubectl apply --server-side -f -"
    )]
    Manifests(ManifestsArguments),
    /// Fail while access depends on the controller: an AccountAssignment that is not Absent, or claimed by a request. The chart
    /// runs it before it is uninstalled.
    UninstallCheck(UninstallCheckArguments),
    /// End all access, wait until AWS has confirmed each removal, and let what the controller needs be removed.
    #[command(
        after_help = "Requests end in your own name, which needs the verb revoke (ClusterRole team-security). Nothing is removed before \
                      all access has ended, and nothing is granted from the beginning until --abort."
    )]
    Uninstall(UninstallArguments),
    /// Check policies and settings in files before they are applied: what they mean together, cases, and who gains and loses what.
    /// Needs no cluster and no AWS. Exit codes: 0 nothing is wrong, 1 something is, 2 the files cannot be read.
    Check(CheckArguments),
    /// Write the organization file that check reads, from the real AWS, which is only read.
    Snapshot(SnapshotArguments),
    /// Verify, list and prove what a journal tells, without a cluster and without AWS.
    #[command(subcommand)]
    Journal(JournalCommand),
}

/// The options of `team-operator uninstall-check`.
#[derive(Debug, Clone, Args)]
pub struct UninstallCheckArguments {
    /// Path of a kubeconfig file. Default: KUBECONFIG, then ~/.kube/config, then the pod's service account.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig. Default: the current context.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
}

impl UninstallCheckArguments {
    /// The cluster that is asked.
    pub fn cluster(&self) -> ClusterArguments {
        ClusterArguments {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            ..ClusterArguments::default()
        }
    }
}

/// The options of `team-operator uninstall`.
#[derive(Debug, Clone, Args)]
pub struct UninstallArguments {
    /// The names of the installation.
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// Path of a kubeconfig file. Default: KUBECONFIG, then ~/.kube/config, then the pod's service account.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig. Default: the current context.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// How long to wait until all access has ended and everything is removed.
    #[arg(long, value_name = "DURATION", default_value = "30m")]
    pub timeout: HumanDuration,
    /// Take back that what the controller needs may be deleted: requests are granted again.
    #[arg(long, conflicts_with = "remove_everything")]
    pub abort: bool,
    /// Afterwards remove everything that was installed: definitions with every request and record, controller, policies, roles and
    /// the controller's namespace. Export first what you have to keep.
    #[arg(long)]
    pub remove_everything: bool,
}

impl UninstallArguments {
    /// The cluster that it is uninstalled from.
    pub fn cluster(&self) -> ClusterArguments {
        ClusterArguments {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            ..ClusterArguments::default()
        }
    }
}

/// The options of `team-operator manifests`.
#[derive(Debug, Clone, Args)]
pub struct ManifestsArguments {
    /// The names of the installation.
    #[command(flatten)]
    pub installation: InstallationArguments,
    /// Fill in user names that are left out of requests and decisions. Requires MutatingAdmissionPolicy (Kubernetes 1.36
    /// or later); set to false on older clusters.
    #[arg(long, value_name = "true|false", default_value_t = true, action = ArgAction::Set)]
    pub stamping: bool,
    /// Kubernetes user who may write policies and settings. Repeatable (in the environment: one per line). If not set,
    /// RBAC alone decides.
    #[arg(long = "policy-writer", value_name = "USER", value_delimiter = '\n')]
    pub policy_writers: Vec<String>,
    /// Print the namespace, service account and rights of the reporter too, in this namespace. If not set, nobody is told anything.
    #[arg(long, value_name = "NAME")]
    pub reporter_namespace: Option<String>,
}

/// The names of the installation. They must be the same for `run` and `manifests`: the controller compares the cluster
/// with the manifests.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = "Installation")]
pub struct InstallationArguments {
    /// Namespace of the controller, its Lease and its Secret. For `run` the default is POD_NAMESPACE, where it is set.
    #[arg(long, value_name = "NAME", default_value = "team-operator-system")]
    pub namespace: String,
    /// Service account of the controller. The admission policies recognize the controller by this name.
    #[arg(long, value_name = "NAME", default_value = "team-operator")]
    pub service_account: String,
}

impl InstallationArguments {
    /// The installation of these names.
    pub fn installation(&self) -> Result<Installation, InstallationError> {
        Installation::new(&self.namespace, &self.service_account)
    }
}

impl ManifestsArguments {
    /// The installation to print.
    pub fn installation(&self) -> Result<Installation, InstallationError> {
        let Self {
            installation,
            stamping,
            policy_writers,
            reporter_namespace: _,
        } = self;
        Ok(installation
            .installation()?
            .with_policy_writers(policy_writers.clone())?
            .with_stamping(*stamping))
    }
}

impl Arguments {
    /// The options of this process. Exits with an explanation when they are invalid, and after `--help`.
    pub fn from_command_line() -> Self {
        let mut command = command(std::env::var(POD_NAMESPACE).ok());
        let matches = command.get_matches_mut();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit())
    }
}

/// The command with what the derive cannot express: the environment variables, and the namespace of the pod.
fn command(pod_namespace: Option<String>) -> clap::Command {
    let named = Arguments::command().mut_subcommands(|subcommand| subcommand.mut_args(with_variable));
    let Some(namespace) = pod_namespace else {
        return named;
    };
    let processes = ["run", "report"]
        .into_iter()
        .filter(|name| named.find_subcommand(name).is_some());
    let processes: Vec<&str> = processes.collect();
    processes.into_iter().fold(named, |command, name| {
        command.mut_subcommand(name, |process| {
            process.mut_arg("namespace", |argument| argument.default_value(namespace.clone()))
        })
    })
}

fn with_variable(argument: clap::Arg) -> clap::Arg {
    let variable = argument.get_long().map(variable_of);
    match variable {
        Some(variable) => argument.env(variable),
        None => argument,
    }
}

fn variable_of(long: &str) -> String {
    format!("TEAM_OPERATOR_{}", long.replace('-', "_").to_uppercase())
}

/// Parses a command line without the environment of the process that runs the tests.
#[cfg(test)]
pub(crate) fn parsed(arguments: &[&str]) -> Result<Arguments, clap::Error> {
    parsed_in(None, arguments)
}

#[cfg(test)]
fn parsed_in(pod_namespace: Option<&str>, arguments: &[&str]) -> Result<Arguments, clap::Error> {
    let line = std::iter::once("team-operator").chain(arguments.iter().copied());
    let no_variable = |argument: clap::Arg| argument.env(clap::builder::Resettable::Reset);
    let command = command(pod_namespace.map(str::to_owned));
    let command = command.mut_subcommands(|subcommand| subcommand.mut_args(no_variable));
    let matches = command.try_get_matches_from(line)?;
    Arguments::from_arg_matches(&matches)
}

#[cfg(test)]
pub(crate) fn run_arguments(arguments: &[&str]) -> RunArguments {
    let line: Vec<&str> = std::iter::once("run").chain(arguments.iter().copied()).collect();
    match parsed(&line).unwrap().command {
        Command::Run(arguments) => *arguments,
        _ => panic!("expected run"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_consistent() {
        command(None).debug_assert();
        command(Some("platform".to_owned())).debug_assert();
    }

    #[test]
    fn every_flag_has_a_variable_and_a_help_text() {
        for subcommand in command(None).get_subcommands() {
            for argument in subcommand.get_arguments() {
                let long = argument.get_long().unwrap();
                let variable = argument.get_env().unwrap().to_str().unwrap();
                assert_eq!(variable, variable_of(long));
                let help = argument.get_help().unwrap().to_string();
                assert!(help.len() > 20, "--{long} needs a longer help text: {help}");
            }
        }
        assert_eq!(variable_of("lease-duration"), "TEAM_OPERATOR_LEASE_DURATION");
    }

    #[test]
    fn run_uses_the_namespace_of_its_pod_unless_set() {
        let namespace =
            |pod: Option<&str>, arguments: &[&str]| match parsed_in(pod, arguments).unwrap().command {
                Command::Run(run) => run.installation.namespace,
                Command::Manifests(manifests) => manifests.installation.namespace,
                _ => panic!("expected run or manifests"),
            };
        assert_eq!(namespace(None, &["run"]), "team-operator-system");
        assert_eq!(namespace(Some("platform"), &["run"]), "platform");
        assert_eq!(
            namespace(Some("platform"), &["run", "--namespace=other"]),
            "other"
        );
        assert_eq!(namespace(Some("ci"), &["manifests"]), "team-operator-system");
    }

    #[test]
    fn the_options_of_an_installation_become_one() {
        let line = [
            "manifests",
            "--namespace=platform",
            "--service-account=elevator",
            "--stamping=false",
            "--policy-writer=flux",
            "--policy-writer",
            "CN=admin,O=platform",
        ];
        let Command::Manifests(arguments) = parsed(&line).unwrap().command else {
            panic!("expected manifests")
        };
        let expected = Installation::new("platform", "elevator")
            .and_then(|i| i.with_policy_writers(vec!["flux".to_owned(), "CN=admin,O=platform".to_owned()]))
            .unwrap()
            .with_stamping(false);
        assert_eq!(arguments.installation(), Ok(expected));
    }

    #[test]
    fn an_invalid_value_is_explained() {
        for (wrong, sentence) in [
            (&["run", "--lease-duration=15"][..], "such as 90m, 2h or 1h30m"),
            (&["run", "--aws-sso-admin-rate=0"], "above 0 and at most 10000"),
            (&["run", "--aws-max-operations=0"], "0 is not in 1..=1000"),
            (&["run", "--max-concurrent-reconciles=0"], "0 is not in 1..=1000"),
            (&["run", "--log-level=a=b=c"], "not a log level"),
            (&["run", "--log-format=xml"], "possible values: text, json"),
            (&["run", "--health-listen=8081"], "invalid socket address"),
            (&["manifests", "--stamping=maybe"], "possible values: true, false"),
        ] {
            let error = parsed(wrong).unwrap_err().to_string();
            assert!(error.contains(sentence), "{wrong:?} gives:\n{error}");
        }
    }
}
