//! The options of `team-operator check` and `team-operator snapshot`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::AwsArguments;
use crate::api::HumanDuration;

/// The options of `team-operator check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArguments {
    /// Folder with policies and settings as YAML or JSON, or one file. Folders in it are read too.
    #[arg(long, value_name = "DIR")]
    pub policies: PathBuf,
    /// File with the organization, as team-operator snapshot writes it or as people do.
    #[arg(long, value_name = "FILE")]
    pub organization: PathBuf,
    /// File with cases: who asks for what, and what has to come of it.
    #[arg(long, value_name = "FILE")]
    pub cases: Option<PathBuf>,
    /// Folder with the policies as they were: prints who gains and who loses what.
    #[arg(long, value_name = "DIR")]
    pub diff: Option<PathBuf>,
    /// An account and a permission set: prints who may ask for it, and who approves.
    #[arg(long, value_names = ["ACCOUNT", "SET"], num_args = 2, value_delimiter = '\n')]
    pub who: Vec<String>,
    /// Fail where the organization file is older, or has no date.
    #[arg(long, value_name = "DURATION")]
    pub max_age: Option<HumanDuration>,
    /// Fail on warnings too, not on errors alone.
    #[arg(long)]
    pub strict: bool,
    /// How findings are printed: for people, or as annotations of a GitHub workflow.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = FindingFormat::Text)]
    pub format: FindingFormat,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FindingFormat {
    /// One finding a line, with file and line.
    Text,
    /// Workflow commands, which GitHub shows beside the lines of a pull request.
    Github,
}

/// The options of `team-operator snapshot`.
#[derive(Debug, Clone, Args)]
pub struct SnapshotArguments {
    /// Folder with policies and settings, or one file: the people, groups and permission sets that they name are looked up.
    #[arg(long, value_name = "DIR")]
    pub policies: PathBuf,
    /// File with cases, whose requesters and permission sets are looked up too.
    #[arg(long, value_name = "FILE")]
    pub cases: Option<PathBuf>,
    /// File that is written; standard output where it is left out.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Identity Center, and the use of AWS's limits.
    #[command(flatten)]
    pub aws: AwsArguments,
}
