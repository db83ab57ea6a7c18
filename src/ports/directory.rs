//! People and groups.

use async_trait::async_trait;

use super::{
    Aged, Ask, Attribute, Group, GroupId, Lookup, Members, Membership, PortError, User, UserId, UserLookup,
};

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
