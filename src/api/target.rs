//! What policies refer to: users and groups, accounts and organizational units.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::OrganizationalUnitId;

/// A person or a group, by its name in IAM Identity Center.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// Whether the name is a user's or a group's.
    pub kind: SubjectKind,
    /// The user's UserName or the group's DisplayName in Identity Center, letter for letter. A name of a user is not
    /// a Kubernetes user name: it has no prefix.
    #[schemars(length(min = 1, max = 1024))]
    pub name: String,
}

/// What a [`Subject`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum SubjectKind {
    /// One person.
    User,
    /// All members of the group at the time of the decision.
    Group,
}

/// An organizational unit whose accounts a policy covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationalUnitTarget {
    /// The id of the unit (`ou-ab12-prod0001`) or of the organization's root (`r-ab12`).
    pub id: OrganizationalUnitId,
    /// Whether accounts of units below this one are covered too.
    #[serde(default = "nested_by_default")]
    pub include_nested: bool,
}

/// People who name a unit mean what is below it.
const fn nested_by_default() -> bool {
    true
}
