//! The file as it is typed: every value that can be wrong remembers its line.

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::api::Timestamp;

/// An organization, as its file has it. `S` are the settings of a simulation, which only a simulation reads.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrganizationFile<S> {
    /// The second part of every ARN.
    #[serde(default = "default_partition")]
    pub partition: Spanned<String>,
    /// The region in which the instance lives.
    pub region: String,
    /// From which a simulation makes ids.
    #[serde(default)]
    pub seed: u64,
    /// The ARN of the instance that was read.
    #[serde(default)]
    pub instance_arn: Option<String>,
    /// When it was read; absent in a file that people wrote.
    #[serde(default)]
    pub observed_time: Option<Timestamp>,
    /// Whether only the people and groups are here that somebody asked for.
    #[serde(default)]
    pub partial: bool,
    /// Who was asked for and does not exist.
    #[serde(default)]
    pub absent: Absent,
    /// Whether the controller is a delegated administrator, who cannot assign the management account.
    #[serde(default)]
    pub delegated_administrator: bool,
    /// The id of the organization's root, where policies name it.
    #[serde(default)]
    pub root_id: Option<String>,
    /// The account that owns the organization.
    pub management_account: FileAccount,
    /// The accounts directly under the root.
    #[serde(default)]
    pub accounts: Vec<FileAccount>,
    /// The units directly under the root.
    #[serde(default)]
    pub organizational_units: Vec<FileUnit>,
    /// People.
    #[serde(default)]
    pub users: Vec<FileUser>,
    /// Groups.
    #[serde(default)]
    pub groups: Vec<FileGroup>,
    /// Permission sets.
    #[serde(default)]
    pub permission_sets: Vec<FilePermissionSet>,
    /// What is assigned before anybody asks.
    #[serde(default)]
    pub assignments: Vec<FileAssignment>,
    /// The settings of a simulation.
    #[serde(default)]
    pub settings: S,
}

/// Names that were looked for, and that nobody and nothing has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Absent {
    /// Users.
    #[serde(default)]
    pub users: Vec<String>,
    /// Groups.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Permission sets.
    #[serde(default)]
    pub permission_sets: Vec<String>,
}

/// An account.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileAccount {
    /// Twelve digits.
    pub id: Spanned<String>,
    /// Its name.
    pub name: String,
    /// Its state, `ACTIVE` where it is left out.
    pub state: Option<Spanned<String>>,
}

/// An organizational unit.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileUnit {
    /// Its name.
    pub name: Spanned<String>,
    /// Its id, by which policies name it.
    pub id: Option<String>,
    /// The accounts in it.
    #[serde(default)]
    pub accounts: Vec<FileAccount>,
    /// The units in it.
    #[serde(default)]
    pub organizational_units: Vec<FileUnit>,
}

/// A person.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileUser {
    /// The UserName.
    pub user_name: Spanned<String>,
    /// The e-mail address.
    pub email: Option<Spanned<String>>,
    /// Whether the person may sign in.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// A group.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileGroup {
    /// The display name.
    pub name: Spanned<String>,
    /// UserNames of its members.
    #[serde(default)]
    pub members: Vec<Spanned<String>>,
}

/// A permission set.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FilePermissionSet {
    /// Its name.
    pub name: Spanned<String>,
    /// `PT1H` to `PT12H`.
    pub session_duration: Spanned<String>,
    /// Whether it is provisioned in the management account, where a delegated administrator cannot assign it.
    #[serde(default)]
    pub provisioned_in_management_account: bool,
}

/// An assignment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileAssignment {
    /// The id of the account.
    pub account: Spanned<String>,
    /// The name of the permission set.
    pub permission_set: Spanned<String>,
    /// Whom it is assigned to: a person,
    pub user: Option<Spanned<String>>,
    /// or a group.
    pub group: Option<Spanned<String>>,
}

fn default_partition() -> Spanned<String> {
    let nowhere = serde_saphyr::Location::UNKNOWN;
    Spanned::new("aws".to_owned(), nowhere, nowhere)
}

fn yes() -> bool {
    true
}
