//! The tree of the whole organization, read by traversing it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_organizations::operation::list_accounts_for_parent::ListAccountsForParentOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
use aws_sdk_organizations::types::{Account as SdkAccount, AccountState as SdkState};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use super::budget::Family;
use super::call_site::{CallSite, Service};
use super::connect::{Aws, aged};
use crate::ports::{
    Account, AccountId, AccountState, Aged, CallOptions, Freshness, LastKnown, OrganizationTree,
    OrganizationalUnitId, OuPath, OuStep, PortError,
};

const SERVICE: Service = Service::Organizations;

/// The last tree, and the lock that lets one traversal run at a time.
#[derive(Debug)]
pub(super) struct TreeKeeper {
    max_age: Duration,
    kept: StdMutex<Kept>,
    /// Counts traversals. Whether one began after a call is decided by number, because wall clocks can be set back.
    begun: AtomicU64,
    sweeping: Mutex<()>,
}

#[derive(Debug)]
struct Kept {
    tree: LastKnown<Arc<OrganizationTree>>,
    sweep: u64,
}

impl TreeKeeper {
    pub(super) fn new(max_age: Duration) -> Self {
        let kept = StdMutex::new(Kept {
            tree: LastKnown::Never,
            sweep: 0,
        });
        Self {
            max_age,
            kept,
            begun: AtomicU64::new(0),
            sweeping: Mutex::new(()),
        }
    }

    /// The last tree, however old.
    pub(super) fn last(&self) -> LastKnown<Arc<OrganizationTree>> {
        self.lock().tree.clone()
    }

    /// The cached tree if it comes from this traversal or a later one, or else if it is young enough.
    fn usable(&self, sweep: Option<u64>, now: DateTime<Utc>) -> Option<Aged<Arc<OrganizationTree>>> {
        let kept = self.lock();
        let LastKnown::Seen(tree) = &kept.tree else {
            return None;
        };
        let age = now - tree.observed_at;
        let usable = match sweep {
            Some(sweep) => kept.sweep >= sweep,
            None => age >= TimeDelta::zero() && age.to_std().is_ok_and(|age| age < self.max_age),
        };
        usable.then(|| tree.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Aws {
    /// The cached tree if it is young enough, else a new one. A call during a traversal waits for it and uses its
    /// result, unless a fresh one is required and the traversal began before.
    pub(super) async fn tree_for(
        &self,
        options: &CallOptions,
    ) -> Result<Aged<Arc<OrganizationTree>>, PortError> {
        let keeper = &self.shared.tree;
        let fresh = options.freshness == Freshness::Fresh;
        let wanted = fresh.then(|| keeper.begun.load(Ordering::Acquire) + 1);
        if let Some(tree) = keeper.usable(wanted, self.now()) {
            return Ok(tree);
        }
        let _one_at_a_time = keeper.sweeping.lock().await;
        if let Some(tree) = keeper.usable(wanted, self.now()) {
            return Ok(tree);
        }
        let sweep = keeper.begun.fetch_add(1, Ordering::AcqRel) + 1;
        let begun = self.now();
        let tree = aged(Arc::new(self.sweep(options).await?), begun);
        *keeper.lock() = Kept {
            tree: LastKnown::Seen(tree.clone()),
            sweep,
        };
        Ok(tree)
    }

    /// Walks from the root through all units. An account that moves meanwhile may be seen twice (the later position
    /// counts) or not at all; the fresh check of a single account does not rest on the tree's accounts.
    async fn sweep(&self, options: &CallOptions) -> Result<OrganizationTree, PortError> {
        let mut tree = OrganizationTree {
            accounts: BTreeMap::new(),
            units: BTreeMap::new(),
        };
        let mut to_visit = self.roots(options).await?;
        while let Some(path) = to_visit.pop() {
            let Some(unit) = path.0.last().map(|step| step.id.clone()) else {
                continue;
            };
            for account in self.accounts_under(options, &unit, &path).await? {
                tree.accounts.insert(account.id.clone(), account);
            }
            to_visit.extend(self.units_under(options, &unit, &path).await?);
            tree.units.insert(unit, path);
        }
        Ok(tree)
    }

    async fn roots(&self, options: &CallOptions) -> Result<Vec<OuPath>, PortError> {
        let site = CallSite::read(SERVICE, "ListRoots", "the organization");
        let mut roots = Vec::new();
        let call = |token| {
            self.shared
                .organizations
                .list_roots()
                .set_next_token(token)
                .send()
        };
        let take = |page: &ListRootsOutput| {
            for root in page.roots() {
                roots.push(
                    step(OuPath::default(), root.id(), root.name()).ok_or_else(|| site.incomplete("Id"))?,
                );
            }
            Ok(page.next_token().map(Into::into))
        };
        self.shared
            .caller
            .pages(Family::OrganizationsRoots, options, &site, call, take)
            .await?;
        Ok(roots)
    }

    async fn accounts_under(
        &self,
        options: &CallOptions,
        unit: &OrganizationalUnitId,
        path: &OuPath,
    ) -> Result<Vec<Account>, PortError> {
        let site = CallSite::read(
            SERVICE,
            "ListAccountsForParent",
            format!("organizational unit {unit}"),
        );
        let mut accounts = Vec::new();
        let list = || {
            self.shared
                .organizations
                .list_accounts_for_parent()
                .parent_id(unit.as_str())
        };
        let call = |token| list().set_next_token(token).send();
        let take = |page: &ListAccountsForParentOutput| {
            for account in page.accounts() {
                accounts.push(
                    converted(account, path.clone()).ok_or_else(|| site.incomplete("Id of an account"))?,
                );
            }
            Ok(page.next_token().map(Into::into))
        };
        self.shared
            .caller
            .pages(Family::OrganizationsParents, options, &site, call, take)
            .await?;
        Ok(accounts)
    }

    async fn units_under(
        &self,
        options: &CallOptions,
        unit: &OrganizationalUnitId,
        path: &OuPath,
    ) -> Result<Vec<OuPath>, PortError> {
        let site = CallSite::read(
            SERVICE,
            "ListOrganizationalUnitsForParent",
            format!("organizational unit {unit}"),
        );
        let mut units = Vec::new();
        let list = || {
            self.shared
                .organizations
                .list_organizational_units_for_parent()
                .parent_id(unit.as_str())
        };
        let call = |token| list().set_next_token(token).send();
        let take = |page: &ListOrganizationalUnitsForParentOutput| {
            for inner in page.organizational_units() {
                let inner = step(path.clone(), inner.id(), inner.name());
                units.push(inner.ok_or_else(|| site.incomplete("Id of a unit"))?);
            }
            Ok(page.next_token().map(Into::into))
        };
        self.shared
            .caller
            .pages(Family::OrganizationsParents, options, &site, call, take)
            .await?;
        Ok(units)
    }
}

/// AWS's account with its position.
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
        _ => AccountState::Unrecognized,
    }
}

/// One level further down.
fn step(mut path: OuPath, id: Option<&str>, name: Option<&str>) -> Option<OuPath> {
    let id = OrganizationalUnitId::as_given(id?);
    let name = name.unwrap_or(id.as_str()).to_owned();
    path.0.push(OuStep { id, name });
    Some(path)
}
