//! Users and groups.

use async_trait::async_trait;

use super::{
    Aged, Attribute, CallOptions, Group, GroupId, Lookup, Members, Membership, PortError, User, UserId,
    UserLookup,
};

/// The most groups in one membership query: AWS's limit for `IsMemberInGroups`.
pub const MEMBERSHIP_GROUPS_MAX: usize = 100;

/// Identity Center's users and groups.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The user whose attribute equals `value` byte for byte. AWS's own comparison is looser; a user found with another spelling is [`UserLookup::OtherSpelling`], never a match.
    async fn user_by_attribute(
        &self,
        options: &CallOptions,
        attribute: Attribute,
        value: &str,
    ) -> Result<Aged<UserLookup>, PortError>;

    /// The user with this id, with the current name.
    async fn user(&self, options: &CallOptions, user: &UserId) -> Result<Aged<Lookup<User>>, PortError>;

    /// The group with exactly this display name.
    async fn group_by_name(
        &self,
        options: &CallOptions,
        name: &str,
    ) -> Result<Aged<Lookup<Group>>, PortError>;

    /// Whether one user is in each of up to [`MEMBERSHIP_GROUPS_MAX`] groups; always from AWS, never cached. Answers
    /// are in the order of `groups`. More groups are refused as [`Class::Invalid`](super::Class::Invalid).
    async fn memberships(
        &self,
        options: &CallOptions,
        user: &UserId,
        groups: &[GroupId],
    ) -> Result<Aged<Vec<Membership>>, PortError>;

    /// All members of a group, with names. Members deleted meanwhile are omitted.
    async fn members(
        &self,
        options: &CallOptions,
        group: &GroupId,
    ) -> Result<Aged<Lookup<Members>>, PortError>;
}
