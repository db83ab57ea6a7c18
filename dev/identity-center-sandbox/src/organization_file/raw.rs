//! The file as it is typed: every value that can be wrong remembers its line.

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::settings::Settings;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Raw {
    #[serde(default = "default_partition")]
    pub(super) partition: Spanned<String>,
    pub(super) region: String,
    #[serde(default)]
    pub(super) seed: u64,
    pub(super) management_account: RawAccount,
    #[serde(default)]
    pub(super) accounts: Vec<RawAccount>,
    #[serde(default)]
    pub(super) organizational_units: Vec<RawUnit>,
    #[serde(default)]
    pub(super) users: Vec<RawUser>,
    #[serde(default)]
    pub(super) groups: Vec<RawGroup>,
    #[serde(default)]
    pub(super) permission_sets: Vec<RawPermissionSet>,
    #[serde(default)]
    pub(super) assignments: Vec<RawAssignment>,
    #[serde(default)]
    pub(super) settings: Settings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawAccount {
    pub(super) id: Spanned<String>,
    pub(super) name: String,
    pub(super) state: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawUnit {
    pub(super) name: Spanned<String>,
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) accounts: Vec<RawAccount>,
    #[serde(default)]
    pub(super) organizational_units: Vec<RawUnit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawUser {
    pub(super) user_name: Spanned<String>,
    pub(super) email: Option<Spanned<String>>,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawGroup {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) members: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawPermissionSet {
    pub(super) name: Spanned<String>,
    pub(super) session_duration: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawAssignment {
    pub(super) account: Spanned<String>,
    pub(super) permission_set: Spanned<String>,
    pub(super) user: Option<Spanned<String>>,
    pub(super) group: Option<Spanned<String>>,
}

fn default_partition() -> Spanned<String> {
    let nowhere = serde_saphyr::Location::UNKNOWN;
    Spanned::new("aws".to_owned(), nowhere, nowhere)
}

fn yes() -> bool {
    true
}
