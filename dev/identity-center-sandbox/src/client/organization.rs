//! The questions of [`Organization`](team_operator::ports::Organization).

use std::sync::Arc;

use team_operator::ports::{
    Account, AccountId, AccountState, Aged, Lookup, OrganizationTree, OrganizationalUnitId, OuPath, OuStep,
    PortError,
};

use super::{Client, absent, aged};
use crate::operation::{Operation, Paging};
use crate::reply::{AccountRow, Reply};
use crate::world::World;

impl Client<'_> {
    /// [`Organization::account`](team_operator::ports::Organization::account), always fresh. The path above the
    /// account's parent is no call, as for the adapters, which keep the tree: units cannot be moved in AWS.
    pub fn account(&mut self, account: &AccountId) -> Result<Aged<Lookup<Account>>, PortError> {
        let asked = self.asked();
        let call = Operation::DescribeAccount {
            account_id: account.to_string(),
        };
        let row = absent(self.ask(&call, |reply| match reply {
            Reply::Account { account } => Some(account),
            _ => None,
        }))?;
        let Some(row) = row else {
            return Ok(aged(Lookup::Absent, asked));
        };
        let call = |paging: Paging| Operation::ListParents {
            child_id: account.to_string(),
            paging,
        };
        let parents = absent(self.pages(call, |reply| match reply {
            Reply::Parents { parents, next_token } => Some((parents, next_token)),
            _ => None,
        }))?;
        let parent = parents.into_iter().flatten().next();
        Ok(aged(
            parent.map_or(Lookup::Absent, |parent| {
                Lookup::Found(described(account.clone(), row, self.world.path_to(&parent.id)))
            }),
            asked,
        ))
    }

    /// [`Organization::tree`](team_operator::ports::Organization::tree). It is read at once and without calls: in AWS it
    /// takes minutes, in the background.
    pub fn tree(&self) -> Aged<Arc<OrganizationTree>> {
        let mut tree = OrganizationTree::default();
        for unit in &self.world.units {
            let path = self.world.path_to(&unit.id);
            tree.units
                .insert(OrganizationalUnitId::as_given(unit.id.clone()), path);
        }
        for account in self.world.accounts.values() {
            let id = AccountId::as_given(account.id.clone());
            let found = Account {
                id: id.clone(),
                name: account.name.clone(),
                state: state(&account.state),
                path: self.world.path_to(&account.parent),
            };
            tree.accounts.insert(id, found);
        }
        aged(Arc::new(tree), self.asked())
    }

    /// [`Organization::management_account`](team_operator::ports::Organization::management_account).
    pub fn management_account(&mut self) -> Result<Aged<AccountId>, PortError> {
        let asked = self.asked();
        let call = Operation::DescribeOrganization {};
        let id = self.ask(&call, |reply| match reply {
            Reply::Organization { organization } => Some(organization.master_account_id),
            _ => None,
        })?;
        Ok(aged(AccountId::as_given(id), asked))
    }

    /// [`Instance::lookup`](team_operator::ports::Instance::lookup).
    pub fn instance_lookup(&mut self) -> Result<Aged<Lookup<()>>, PortError> {
        let asked = self.asked();
        let call = Operation::DescribeInstance {
            instance_arn: self.instance(),
        };
        let found = absent(self.call(call))?;
        Ok(aged(found.map_or(Lookup::Absent, |_| Lookup::Found(())), asked))
    }

    /// [`Instance::delegated_administrator`](team_operator::ports::Instance::delegated_administrator).
    pub fn delegated_administrator(&mut self) -> Result<bool, PortError> {
        let call = Operation::GetCallerIdentity {};
        let ours = self.ask(&call, |reply| match reply {
            Reply::CallerIdentity { account, .. } => Some(account),
            _ => None,
        })?;
        let management = self.management_account()?.value;
        Ok(ours != management.as_str())
    }
}

impl World {
    /// The units down to this one, the root first.
    fn path_to(&self, unit: &str) -> OuPath {
        let mut steps = Vec::new();
        let mut next = Some(unit);
        while let Some(unit) = next.and_then(|id| self.units.iter().find(|unit| unit.id == id)) {
            steps.push(OuStep {
                id: OrganizationalUnitId::as_given(unit.id.clone()),
                name: unit.name.clone(),
            });
            next = unit.parent.as_deref();
        }
        steps.reverse();
        OuPath(steps)
    }
}

fn described(id: AccountId, row: AccountRow, path: OuPath) -> Account {
    Account {
        id,
        name: row.name,
        state: state(&row.state),
        path,
    }
}

fn state(state: &str) -> AccountState {
    match state {
        "ACTIVE" => AccountState::Active,
        "PENDING_ACTIVATION" => AccountState::PendingActivation,
        "SUSPENDED" => AccountState::Suspended,
        "PENDING_CLOSURE" => AccountState::PendingClosure,
        "CLOSED" => AccountState::Closed,
        _ => AccountState::Unrecognized,
    }
}
