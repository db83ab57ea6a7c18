//! Permission sets: what access consists of.

use async_trait::async_trait;

use super::{AccountId, Aged, Ask, Lookup, PermissionSet, PermissionSetArn, PortError};

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
