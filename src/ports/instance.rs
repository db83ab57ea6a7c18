//! The Identity Center instance itself.

use async_trait::async_trait;

use super::{Aged, Ask, InstanceArn, Lookup, PortError};

/// The instance that everything happens in: found once at the start, and the same ever after.
#[async_trait]
pub trait Instance: Send + Sync {
    /// Its ARN, which is stored with every assignment.
    fn arn(&self) -> InstanceArn;

    /// Whether it answers and is there; always from AWS. What AWS does not find is believed to be gone only when this
    /// says "found" in the same pass.
    async fn lookup(&self, ask: &Ask) -> Result<Aged<Lookup<()>>, PortError>;

    /// Whether we act as a delegated administrator, who cannot assign the management account.
    async fn delegated_administrator(&self, ask: &Ask) -> Result<bool, PortError>;
}
