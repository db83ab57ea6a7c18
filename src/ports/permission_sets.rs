//! Permission sets.

use async_trait::async_trait;

use super::{AccountId, Aged, CallOptions, Lookup, PermissionSet, PermissionSetArn, PortError};

/// The permission sets of the instance.
#[async_trait]
pub trait PermissionSets: Send + Sync {
    /// The set with exactly this name. While the set exists its name belongs to one ARN: AWS cannot rename sets.
    async fn by_name(
        &self,
        options: &CallOptions,
        name: &str,
    ) -> Result<Aged<Lookup<PermissionSet>>, PortError>;

    /// The set with this ARN.
    async fn by_arn(
        &self,
        options: &CallOptions,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Lookup<PermissionSet>>, PortError>;

    /// The accounts in which the set exists as a role.
    async fn provisioned_in(
        &self,
        options: &CallOptions,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Lookup<Vec<AccountId>>>, PortError>;
}
