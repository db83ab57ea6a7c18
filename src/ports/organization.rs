//! Accounts and organizational units.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::{AccountId, Aged, Ask, LastKnown, Lookup, OrganizationalUnitId, PortError};

/// AWS Organizations.
#[async_trait]
pub trait Organization: Send + Sync {
    /// One account: name, state and path. Fresh, this costs two calls: the account and its parent.
    async fn account(&self, ask: &Ask, account: &AccountId) -> Result<Aged<Lookup<Account>>, PortError>;

    /// The whole organization. A fresh one takes two calls for each organizational unit at a few calls a second:
    /// minutes for a large organization, so ask for it in the background.
    async fn tree(&self, ask: &Ask) -> Result<Aged<Arc<OrganizationTree>>, PortError>;

    /// The last tree read successfully, without asking AWS.
    fn last_tree(&self) -> LastKnown<Arc<OrganizationTree>>;

    /// The management account. Assignments in it are impossible for a delegated administrator.
    async fn management_account(&self, ask: &Ask) -> Result<Aged<AccountId>, PortError>;
}

/// An account with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// May change.
    pub name: String,
    /// Only `Active` accounts can be granted; in all states removal is tried.
    pub state: AccountState,
    /// From the root down to the unit that holds the account.
    pub path: OuPath,
}

/// AWS's `Account.State`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// Usable.
    Active,
    /// `PENDING_ACTIVATION`: being created.
    PendingActivation,
    /// Suspended by AWS; may come back.
    Suspended,
    /// `PENDING_CLOSURE`: being closed.
    PendingClosure,
    /// Closed.
    Closed,
    /// AWS said nothing, or something this version does not know.
    Unrecognised,
}

/// The units above an account, the root first, the nearest last. Never empty for an account in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OuPath(pub Vec<OuStep>);

/// One unit (or the root) of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OuStep {
    /// Compared by policies.
    pub id: OrganizationalUnitId,
    /// Shown to people.
    pub name: String,
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

impl OuPath {
    /// For people: `Root/Production/Payments`.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|step| step.name.as_str()).collect();
        names.join("/")
    }
}
