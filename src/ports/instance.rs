//! The Identity Center instance itself.

use async_trait::async_trait;

use super::{Aged, CallOptions, InstanceArn, Lookup, PortError};

/// The configured instance: found once at the start, then fixed.
#[async_trait]
pub trait Instance: Send + Sync {
    /// Its ARN, which is stored with every assignment.
    fn arn(&self) -> InstanceArn;

    /// Whether it exists; always from AWS. "Not found" for anything in it counts only when this finds the instance in the
    /// same reconcile.
    async fn lookup(&self, options: &CallOptions) -> Result<Aged<Lookup<()>>, PortError>;

    /// Whether the controller runs as a delegated administrator, who cannot assign access to the management account.
    async fn delegated_administrator(&self, options: &CallOptions) -> Result<bool, PortError>;
}
