//! The whole organization, read sweep by sweep.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use aws_sdk_organizations::types::{Account as SdkAccount, AccountState as SdkState};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use super::budget::Family;
use super::call::{Service, Site};
use super::connect::{Aws, aged};
use crate::ports::{
    Account, AccountId, AccountState, Aged, Ask, Freshness, LastKnown, OrganizationTree,
    OrganizationalUnitId, OuPath, OuStep, PortError,
};

const SERVICE: Service = Service::Organizations;

/// The last tree, and the lock that lets one sweep run at a time.
#[derive(Debug)]
pub(super) struct TreeKeeper {
    max_age: Duration,
    last: StdMutex<LastKnown<Arc<OrganizationTree>>>,
    sweeping: Mutex<()>,
}

impl TreeKeeper {
    pub(super) fn new(max_age: Duration) -> Self {
        Self {
            max_age,
            last: StdMutex::new(LastKnown::Never),
            sweeping: Mutex::new(()),
        }
    }

    /// The last tree, however old.
    pub(super) fn last(&self) -> LastKnown<Arc<OrganizationTree>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn young(
        &self,
        now: DateTime<Utc>,
        at_least: Option<DateTime<Utc>>,
    ) -> Option<Aged<Arc<OrganizationTree>>> {
        let LastKnown::Seen(tree) = self.last() else {
            return None;
        };
        let age = now - tree.observed_at;
        let young = match at_least {
            Some(moment) => tree.observed_at >= moment,
            None => age >= TimeDelta::zero() && age.to_std().is_ok_and(|age| age < self.max_age),
        };
        young.then_some(tree)
    }

    fn keep(&self, tree: &Aged<Arc<OrganizationTree>>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = LastKnown::Seen(tree.clone());
    }
}

impl Aws {
    /// The kept tree if it is young enough, else a new one. Who comes while a sweep runs waits for it and takes its
    /// result, unless a fresh one is asked for and the sweep began before.
    pub(super) async fn tree_for(&self, ask: &Ask) -> Result<Aged<Arc<OrganizationTree>>, PortError> {
        let keeper = &self.shared.tree;
        let asked = self.now();
        let at_least = (ask.freshness == Freshness::Fresh).then_some(asked);
        if let Some(tree) = keeper.young(asked, at_least) {
            return Ok(tree);
        }
        let _one_at_a_time = keeper.sweeping.lock().await;
        if let Some(tree) = keeper.young(self.now(), at_least) {
            return Ok(tree);
        }
        let begun = self.now();
        let tree = aged(Arc::new(self.sweep(ask).await?), begun);
        keeper.keep(&tree);
        Ok(tree)
    }

    /// Walks from the root through all units. An account that moves meanwhile may be seen twice (the later place
    /// counts) or not at all; the fresh check of a single account does not rest on the tree's accounts.
    async fn sweep(&self, ask: &Ask) -> Result<OrganizationTree, PortError> {
        let mut tree = OrganizationTree {
            accounts: BTreeMap::new(),
            units: BTreeMap::new(),
        };
        let mut to_visit = self.roots(ask).await?;
        while let Some(path) = to_visit.pop() {
            let Some(unit) = path.0.last().map(|step| step.id.clone()) else {
                continue;
            };
            for account in self.accounts_under(ask, &unit, &path).await? {
                tree.accounts.insert(account.id.clone(), account);
            }
            to_visit.extend(self.units_under(ask, &unit, &path).await?);
            tree.units.insert(unit, path);
        }
        Ok(tree)
    }

    async fn roots(&self, ask: &Ask) -> Result<Vec<OuPath>, PortError> {
        let site = Site::read(SERVICE, "ListRoots", "the organization");
        let (mut roots, mut token) = (Vec::new(), None);
        loop {
            let call = self
                .shared
                .organizations
                .list_roots()
                .set_next_token(token)
                .send();
            let page = self
                .shared
                .caller
                .run(Family::OrganizationsRoots, ask, &site, call)
                .await?;
            for root in page.roots() {
                roots.push(
                    step(OuPath::default(), root.id(), root.name()).ok_or_else(|| site.incomplete("Id"))?,
                );
            }
            token = page.next_token().map(Into::into);
            if token.is_none() {
                return Ok(roots);
            }
        }
    }

    async fn accounts_under(
        &self,
        ask: &Ask,
        unit: &OrganizationalUnitId,
        path: &OuPath,
    ) -> Result<Vec<Account>, PortError> {
        let site = Site::read(
            SERVICE,
            "ListAccountsForParent",
            format!("organizational unit {unit}"),
        );
        let (mut accounts, mut token) = (Vec::new(), None);
        loop {
            let client = &self.shared.organizations;
            let call = client
                .list_accounts_for_parent()
                .parent_id(unit.as_str())
                .set_next_token(token)
                .send();
            let page = self
                .shared
                .caller
                .run(Family::OrganizationsParents, ask, &site, call)
                .await?;
            for account in page.accounts() {
                accounts.push(
                    converted(account, path.clone()).ok_or_else(|| site.incomplete("Id of an account"))?,
                );
            }
            token = page.next_token().map(Into::into);
            if token.is_none() {
                return Ok(accounts);
            }
        }
    }

    async fn units_under(
        &self,
        ask: &Ask,
        unit: &OrganizationalUnitId,
        path: &OuPath,
    ) -> Result<Vec<OuPath>, PortError> {
        let site = Site::read(
            SERVICE,
            "ListOrganizationalUnitsForParent",
            format!("organizational unit {unit}"),
        );
        let (mut units, mut token) = (Vec::new(), None);
        loop {
            let client = &self.shared.organizations;
            let call = client
                .list_organizational_units_for_parent()
                .parent_id(unit.as_str())
                .set_next_token(token)
                .send();
            let page = self
                .shared
                .caller
                .run(Family::OrganizationsParents, ask, &site, call)
                .await?;
            for inner in page.organizational_units() {
                let inner = step(path.clone(), inner.id(), inner.name());
                units.push(inner.ok_or_else(|| site.incomplete("Id of a unit"))?);
            }
            token = page.next_token().map(Into::into);
            if token.is_none() {
                return Ok(units);
            }
        }
    }
}

/// AWS's account with its place.
pub(super) fn converted(account: &SdkAccount, path: OuPath) -> Option<Account> {
    let id = AccountId::parse(account.id()?).ok()?;
    Some(Account {
        name: account.name().unwrap_or(id.as_str()).to_owned(),
        state: state(account.state()),
        path,
        id,
    })
}

fn state(state: Option<&SdkState>) -> AccountState {
    match state {
        Some(SdkState::Active) => AccountState::Active,
        Some(SdkState::PendingActivation) => AccountState::PendingActivation,
        Some(SdkState::Suspended) => AccountState::Suspended,
        Some(SdkState::PendingClosure) => AccountState::PendingClosure,
        Some(SdkState::Closed) => AccountState::Closed,
        _ => AccountState::Unrecognised,
    }
}

/// One step further down.
fn step(mut path: OuPath, id: Option<&str>, name: Option<&str>) -> Option<OuPath> {
    let id = OrganizationalUnitId::new(id?);
    let name = name.unwrap_or(id.as_str()).to_owned();
    path.0.push(OuStep { id, name });
    Some(path)
}
