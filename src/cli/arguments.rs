//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::session::Connection;
use super::terminal::Color;
use super::verbs::wait::Goal;
use crate::api::{HumanDuration, Phase};

/// Temporary, approved access to AWS accounts: ask for it, approve it, end it.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "kubectl-team",
    version,
    propagate_version = false,
    after_help = "Flags stand after `team`: kubectl passes on none that stand before it.\n\
                  Exit codes: 0 done, 1 refused, 2 wrong usage, 3 the answer is no, 4 not found, 5 timed out, \
                  6 no cluster or no login, 130 interrupted."
)]
pub struct Arguments {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Common {
    /// How to reach the cluster.
    #[command(flatten)]
    pub connection: Connection,
    /// The namespace of the requests [default: TEAM_NAMESPACE, else what TeamSettings say, else the context's].
    #[arg(
        short,
        long,
        global = true,
        value_name = "NAME",
        conflicts_with = "all_namespaces"
    )]
    pub namespace: Option<String>,
    /// Look in all namespaces.
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// How results are printed.
    #[arg(short, long, global = true, value_name = "FORMAT", default_value = "table")]
    pub output: Format,
    /// Leave the headings of tables out.
    #[arg(long, global = true)]
    pub no_headers: bool,
    /// Print results alone.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Do not ask for a confirmation.
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// When to color phases.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Show times in UTC alone.
    #[arg(long, global = true)]
    pub utc: bool,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For people with a wide screen.
    Wide,
    /// One name a line.
    Name,
    /// The objects as JSON.
    Json,
    /// The objects as YAML.
    Yaml,
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Ask for access to an account.
    #[command(visible_alias = "ask")]
    Request(RequestArguments),
    /// Show what you may ask for, how long, and who approves.
    Eligible(EligibleArguments),
    /// List requests: those that wait for you, yours, and what ended in the last day.
    #[command(visible_alias = "ls")]
    List(ListArguments),
    /// Show everything about one request.
    #[command(visible_alias = "show")]
    Describe(NameArgument),
    /// Approve requests.
    Approve(ApproveArguments),
    /// Reject requests that wait for approval.
    Reject(DecisionArguments),
    /// Stop requests of others, whatever phase they are in.
    Revoke(DecisionArguments),
    /// Take back a request of yours, or end your access early.
    #[command(visible_alias = "done")]
    Cancel(NamesArgument),
    /// Wait until a request is approved, active or over.
    Wait(WaitArguments),
    /// Explain why a request waits, or whether you would get some access, without asking for it.
    Explain(ExplainArguments),
    /// Export requests for auditors, one row each.
    Export(ExportArguments),
    /// Check whether this cluster is ready for you.
    Check,
    /// Print a script that completes this command in your shell.
    Completion(CompletionArguments),
    /// Print the versions of this program and of the cluster.
    Version,
}

/// The name of a request.
#[derive(Debug, Clone, Args)]
pub struct NameArgument {
    /// The name of the request, or NAMESPACE/NAME.
    pub name: String,
}

/// Names of requests.
#[derive(Debug, Clone, Args)]
pub struct NamesArgument {
    /// The names of the requests, or NAMESPACE/NAME.
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
}

/// What to ask for.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "On a terminal you are asked for what is missing, shown what will be asked, and asked to confirm it."
)]
pub struct RequestArguments {
    /// The account: its id, its name, or the beginning of its name.
    #[arg(conflicts_with_all = ["again", "file"])]
    pub account: Option<String>,
    /// The permission set: its name, or the beginning of it.
    pub permission_set: Option<String>,
    /// How long, such as 2h or 1h30m.
    #[arg(long = "for", value_name = "DURATION")]
    pub duration: Option<HumanDuration>,
    /// When it starts: 09:00, 2026-12-02T09:00, +1h or RFC 3339 [default: as soon as it is approved].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Why, in one line.
    #[arg(long, value_name = "TEXT")]
    pub why: Option<String>,
    /// The ticket.
    #[arg(long, value_name = "NUMBER")]
    pub ticket: Option<String>,
    /// Ask for the same again, as this request did; what flags name is changed. It may overlap without a gap.
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    pub again: Option<String>,
    /// Create the requests of a YAML file.
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Make a new request, also where a live one gives the same.
    #[arg(long)]
    pub new: bool,
    /// The name of the request [default: the account's, with something random].
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    pub name: Option<String>,
    /// Wait until it is approved, or active.
    #[arg(long, value_name = "GOAL", num_args = 0..=1, require_equals = true, default_missing_value = "active")]
    pub wait: Option<Goal>,
    /// How long to wait at most.
    #[arg(long, value_name = "DURATION", requires = "wait")]
    pub timeout: Option<HumanDuration>,
}

/// What to look for in what one may ask for.
#[derive(Debug, Clone, Args)]
pub struct EligibleArguments {
    /// Only this account: its id, its name, or the beginning of its name.
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
}

/// Which requests to list.
#[derive(Debug, Clone, Args, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct ListArguments {
    /// Only your own, over or not.
    #[arg(long)]
    pub mine: bool,
    /// Only those that your approval counts for now.
    #[arg(long)]
    pub to_approve: bool,
    /// Only those that you decided on.
    #[arg(long)]
    pub decided_by_me: bool,
    /// Only those with access now.
    #[arg(long)]
    pub active: bool,
    /// Only this account, by id or name.
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Only this permission set.
    #[arg(long = "set", value_name = "NAME")]
    pub permission_set: Option<String>,
    /// Only requests of this person, by Kubernetes user name.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Only requests in this phase.
    #[arg(long, value_name = "PHASE", value_parser = phase)]
    pub phase: Option<Phase>,
    /// Only requests that were made in this time before now, such as 24h.
    #[arg(long, value_name = "DURATION")]
    pub since: Option<HumanDuration>,
    /// List again at every change.
    #[arg(short, long)]
    pub watch: bool,
}

/// What to approve.
#[derive(Debug, Clone, Args)]
pub struct ApproveArguments {
    /// The decision.
    #[command(flatten)]
    pub decision: DecisionArguments,
    /// One after another, all that wait for you: a approves, x rejects, Enter skips, q ends.
    #[arg(long, conflicts_with_all = ["names", "yes"])]
    pub next: bool,
}

/// What to decide on.
#[derive(Debug, Clone, Args)]
pub struct DecisionArguments {
    /// The names of the requests, or NAMESPACE/NAME.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Why, in one line.
    #[arg(short, long = "message", value_name = "TEXT")]
    pub message: Option<String>,
}

/// What to wait for.
#[derive(Debug, Clone, Args)]
pub struct WaitArguments {
    /// The name of the request, or NAMESPACE/NAME.
    pub name: String,
    /// What to wait for.
    #[arg(long = "for", value_name = "GOAL", default_value = "active")]
    pub goal: Goal,
    /// How long at most [default: as long as it takes].
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<HumanDuration>,
}

/// What to explain.
#[derive(Debug, Clone, Args)]
pub struct ExplainArguments {
    /// The name of a request; or an account, with a permission set after it.
    pub name_or_account: String,
    /// The permission set.
    #[arg(requires = "duration")]
    pub permission_set: Option<String>,
    /// How long, such as 2h.
    #[arg(long = "for", value_name = "DURATION")]
    pub duration: Option<HumanDuration>,
    /// When it would start.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// What to export.
#[derive(Debug, Clone, Args)]
pub struct ExportArguments {
    /// Only requests that were made from this time on, as RFC 3339 or a date.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only requests that were made before this time.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: ExportFormat,
}

/// The format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// RFC 4180, with a heading.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// Which shell to complete in.
#[derive(Debug, Clone, Args)]
pub struct CompletionArguments {
    /// The shell; `kubectl` prints what to put on PATH as `kubectl_complete-team`.
    pub shell: Shell,
}

/// The shells that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// For kubectl's own completion, in every shell.
    Kubectl,
    /// Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
}

/// A phase by its word, in any case.
fn phase(word: &str) -> Result<Phase, String> {
    let named = Phase::ALL
        .into_iter()
        .find(|phase| phase.as_str().eq_ignore_ascii_case(word));
    named.ok_or_else(|| {
        let words: Vec<&str> = Phase::ALL.iter().map(|phase| phase.as_str()).collect();
        format!("a phase is one of {}", words.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_is_consistent() {
        let mut command = Arguments::command();
        command.build();
        command.debug_assert();
    }

    #[test]
    fn every_flag_and_command_has_a_sentence() {
        for command in Arguments::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.len() > 5, "{} {}", command.get_name(), argument.get_id());
            }
        }
    }

    #[test]
    fn a_phase_is_written_in_any_case() {
        assert_eq!(phase("active"), Ok(Phase::Active));
        assert!(phase("gone").unwrap_err().contains("Pending, Approved"));
    }
}
