//! Permission sets: what access consists of.

use std::time::Duration;

use async_trait::async_trait;

use super::{AccountId, Aged, Ask, Lookup, PermissionSetArn, PortError};

/// The permission sets of the instance.
#[async_trait]
pub trait PermissionSets: Send + Sync {
    /// The set with exactly this name. A name belongs to one ARN as long as the set exists: AWS cannot rename sets.
    async fn by_name(&self, ask: &Ask, name: &str) -> Result<Aged<Lookup<PermissionSet>>, PortError>;

    /// The set with this ARN.
    async fn by_arn(
        &self,
        ask: &Ask,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Lookup<PermissionSet>>, PortError>;

    /// The accounts in which the set exists as a role. Always from AWS.
    async fn provisioned_in(
        &self,
        ask: &Ask,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Lookup<Vec<AccountId>>>, PortError>;
}

/// A permission set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionSet {
    /// Never changes.
    pub arn: PermissionSetArn,
    /// Never changes.
    pub name: String,
    /// How long credentials stay valid once issued, also after the assignment is gone: one hour to twelve.
    pub session_duration: Duration,
}
