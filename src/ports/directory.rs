//! People and groups.

use async_trait::async_trait;

use super::{Aged, Ask, GroupId, Lookup, PortError, UserId};

/// The most groups one membership question may name: AWS's limit for `IsMemberInGroups`.
pub const MEMBERSHIP_GROUPS_MAX: usize = 100;

/// Identity Center's users and groups.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The user whose attribute equals `value` byte for byte. AWS itself compares more generously; a user found
    /// with another spelling is [`UserLookup::OtherSpelling`], never a match.
    async fn user_by_attribute(
        &self,
        ask: &Ask,
        attribute: Attribute,
        value: &str,
    ) -> Result<Aged<UserLookup>, PortError>;

    /// The user with this id, as they are called now.
    async fn user(&self, ask: &Ask, user: &UserId) -> Result<Aged<Lookup<User>>, PortError>;

    /// The group with exactly this display name.
    async fn group_by_name(&self, ask: &Ask, name: &str) -> Result<Aged<Lookup<Group>>, PortError>;

    /// Whether one user is in each of up to [`MEMBERSHIP_GROUPS_MAX`] groups; always from AWS, never cached. The
    /// answers come in the order of `groups`. More groups are refused as [`Class::Invalid`](super::Class::Invalid).
    async fn memberships(
        &self,
        ask: &Ask,
        user: &UserId,
        groups: &[GroupId],
    ) -> Result<Aged<Vec<Membership>>, PortError>;

    /// Everybody in a group, with names. Members deleted meanwhile are left out.
    async fn members(&self, ask: &Ask, group: &GroupId) -> Result<Aged<Lookup<Members>>, PortError>;
}

/// By which attribute a person is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// The sign-in name.
    UserName,
    /// The e-mail address; Identity Center keeps at most one.
    Email,
}

/// What the directory says about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserLookup {
    /// Exactly this value.
    Found(User),
    /// AWS answered with somebody whose value differs, for instance in upper and lower case.
    OtherSpelling {
        /// The value as the directory has it.
        actual: String,
    },
    /// Nobody.
    Absent,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Never changes.
    pub id: UserId,
    /// May change.
    pub user_name: String,
    /// May change, may be missing.
    pub email: Option<String>,
    /// Whether the person may sign in.
    pub enabled: Enabled,
}

/// Whether a person may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enabled {
    /// Yes, or the directory does not say: an absent flag means enabled.
    Yes,
    /// The directory says DISABLED.
    No,
    /// The directory says something this version does not know. Neither grants nor ends anything by itself.
    Unrecognised,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Never changes.
    pub id: GroupId,
    /// May change.
    pub name: String,
}

/// One answer about one user and one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// The user is in the group.
    Member,
    /// The group exists and the user is not in it.
    NotMember,
    /// There is no such group (any more).
    GroupAbsent,
}

/// The people of a group that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// The group is empty: an answer, unlike a failed call and unlike a missing group.
    Nobody,
    /// At least one, in the order of their ids.
    People(Vec<Member>),
}

/// One person of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person; name and enabled flag may be as old as the cache of names allows.
    pub user: Aged<User>,
}
