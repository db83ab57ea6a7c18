//! The options of `team-operator journal`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::api::Timestamp;

/// What is asked of a journal.
#[derive(Debug, Clone, Subcommand)]
pub enum JournalCommand {
    /// Verify that nothing is missing and nothing was changed. Exit codes: 0 sound to its end, 1 broken, 2 unreadable, 3 sound and
    /// its end not provable.
    Verify(VerifyArguments),
    /// List the requests that a journal tells of, with the size of the population.
    List(ListArguments),
    /// Print the lines of one request, each with its inclusion proof.
    Prove(ProveArguments),
    /// Write the evidence about one request into a folder or tar file: the request, votes, policies, timeline, lines with proofs and a
    /// manifest; or check evidence that was written.
    Evidence(EvidenceArguments),
}

/// Where a journal is, and what somebody outside knows of it.
#[derive(Debug, Clone, Args)]
pub struct JournalArguments {
    /// Files of the journal, in any order; as written, or as a container runtime wraps the lines.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Verifier key, as TeamSettings and the controller's log show it; that of one tree is enough. Repeatable.
    #[arg(long = "vkey", value_name = "KEY", value_delimiter = '\n')]
    pub vkeys: Vec<String>,
    /// File with a checkpoint that was kept elsewhere. Repeatable.
    #[arg(long = "checkpoint", value_name = "FILE", value_delimiter = '\n')]
    pub checkpoints: Vec<PathBuf>,
    /// Field of a log shipper's JSON objects that has each line as a string.
    #[arg(long, value_name = "NAME")]
    pub field: Option<String>,
}

/// The options of `team-operator journal verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArguments {
    /// The journal.
    #[command(flatten)]
    pub journal: JournalArguments,
    /// File that keeps the last verified checkpoint: the next run compares with it and reads only what is new.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
}

/// The options of `team-operator journal list`.
#[derive(Debug, Clone, Args)]
pub struct ListArguments {
    /// The journal.
    #[command(flatten)]
    pub journal: JournalArguments,
    /// Only requests of this person: Kubernetes user name or Identity Center id.
    #[arg(long, value_name = "NAME")]
    pub person: Option<String>,
    /// Only requests for this account: id or name.
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Only requests for this permission set.
    #[arg(long, value_name = "NAME")]
    pub permission_set: Option<String>,
    /// Only requests under this EligibilityPolicy or ApproverPolicy.
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// Only requests whose newest phase is this, such as Ended.
    #[arg(long, value_name = "PHASE")]
    pub outcome: Option<String>,
    /// Only requests from this time on, as RFC 3339 in UTC.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<String>,
    /// Only requests up to this time, as RFC 3339 in UTC.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub to: Option<String>,
    /// What --from and --to are about: when the request was created, or when there was access.
    #[arg(long, value_name = "TIME", value_enum, default_value_t = ByTime::Created)]
    pub by: ByTime,
    /// The format of the list. The population is printed to standard error beside CSV and JSON.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ListFormat::Table)]
    pub format: ListFormat,
}

/// Which time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ByTime {
    /// When the request was created.
    Created,
    /// When there was access.
    Access,
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A table for people.
    Table,
    /// CSV (RFC 4180).
    Csv,
    /// One JSON object.
    Json,
}

/// The options of `team-operator journal prove`.
#[derive(Debug, Clone, Args)]
pub struct ProveArguments {
    /// Uid of the request.
    #[arg(long, value_name = "UID")]
    pub uid: String,
    /// The journal.
    #[command(flatten)]
    pub journal: JournalArguments,
}

/// The options of `team-operator journal evidence`.
#[derive(Debug, Clone, Args)]
pub struct EvidenceArguments {
    /// Uid of the request.
    #[arg(long, value_name = "UID", required_unless_present = "verify")]
    pub uid: Option<String>,
    /// Folder to write into, or tar file where the name ends in .tar; it must not exist yet.
    #[arg(long, value_name = "PATH", required_unless_present = "verify")]
    pub output: Option<PathBuf>,
    /// Check evidence that was written before, by itself: a folder or a tar file. Exit code 3 without --vkey.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["uid", "output", "files", "checkpoints"])]
    pub verify: Option<PathBuf>,
    /// The journal.
    #[command(flatten)]
    pub journal: JournalArguments,
}

fn time(text: &str) -> Result<String, String> {
    let value = serde_json::Value::from(text);
    let parsed: Result<Timestamp, _> = serde_json::from_value(value);
    let parsed = parsed.map_err(|_| "write a time such as 2026-12-01T09:00:00Z".to_owned())?;
    Ok(parsed.to_string())
}
