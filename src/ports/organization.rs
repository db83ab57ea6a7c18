//! Accounts and organizational units.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Account, AccountId, Aged, CallOptions, LastKnown, Lookup, OrganizationalUnitId, OuPath, PortError,
};

/// AWS Organizations.
#[async_trait]
pub trait Organization: Send + Sync {
    /// One account: name, state and path. Fresh, this costs two calls: the account and its parent.
    async fn account(
        &self,
        options: &CallOptions,
        account: &AccountId,
    ) -> Result<Aged<Lookup<Account>>, PortError>;

    /// The whole organization. A fresh one takes two calls per organizational unit at a few calls a second:
    /// minutes for a large organization, so read it in the background.
    async fn tree(&self, options: &CallOptions) -> Result<Aged<Arc<OrganizationTree>>, PortError>;

    /// The last tree read successfully, without calling AWS.
    fn last_tree(&self) -> LastKnown<Arc<OrganizationTree>>;

    /// The management account. Assignments in it are impossible for a delegated administrator.
    async fn management_account(&self, options: &CallOptions) -> Result<Aged<AccountId>, PortError>;
}

/// The whole organization at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganizationTree {
    /// Every account by id.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Every organizational unit and the root, with the path that ends in it. Units cannot be moved in AWS, so a
    /// unit's path of ids never changes; names may.
    pub units: BTreeMap<OrganizationalUnitId, OuPath>,
}
