//! An organization as a YAML file: accounts, units, people, groups and permission sets, checked so that a mistake is reported
//! with its line. `team-operator check` decides on it, `team-operator snapshot` writes it, and the sandbox simulates it.

mod check;
mod entries;
mod session_duration;

use serde::de::DeserializeOwned;

pub use check::ACCOUNT_STATES;
pub use entries::{
    Absent, FileAccount, FileAssignment, FileGroup, FilePermissionSet, FileUnit, FileUser, OrganizationFile,
};
pub use session_duration::{is_session_duration, session_duration, session_minutes};

/// What is wrong with the file: everything that is, each with its line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct FileError(pub Vec<String>);

impl<S: Default + DeserializeOwned> OrganizationFile<S> {
    /// Reads and checks a file's text.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let file: Self = serde_saphyr::from_str(text).map_err(|error| {
            let line = error
                .location()
                .map_or_else(String::new, |at| format!("line {}: ", at.line()));
            FileError(vec![format!("{line}{}", error.without_snippet())])
        })?;
        check::check(&file)?;
        Ok(file)
    }
}
