//! Accounts and organizational units.

use super::entities::{Account, Unit};
use super::instances::seconds;
use super::operation::{Operation, Paging};
use super::pages::ORGANIZATIONS_PAGE;
use super::reply::{AccountRow, OrganizationDescription, Outcome, ParentRow, Reply, ServiceError, UnitRow};
use super::world::World;

impl World {
    /// Every Organizations operation.
    pub(super) fn organizations(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::DescribeOrganization {} => Ok(Reply::Organization {
                organization: self.organization(),
            }),
            Operation::DescribeAccount { account_id } => self.describe_account(account_id),
            Operation::DescribeOrganizationalUnit {
                organizational_unit_id,
            } => self.describe_unit(organizational_unit_id),
            Operation::ListRoots { paging } => self.list_roots(paging),
            Operation::ListAccounts { paging } => self.list_accounts(None, paging),
            Operation::ListAccountsForParent { parent_id, paging } => {
                self.known_parent(parent_id)?;
                self.list_accounts(Some(parent_id), paging)
            }
            Operation::ListOrganizationalUnitsForParent { parent_id, paging } => {
                self.list_units(parent_id, paging)
            }
            Operation::ListParents { child_id, paging } => {
                let parent = self.parent_row(child_id)?;
                let (parents, next_token) = self.page([parent], paging, ORGANIZATIONS_PAGE)?;
                Ok(Reply::Parents { parents, next_token })
            }
            Operation::ListDelegatedAdministrators { paging, .. } => self.list_delegated(paging),
            other => Err(ServiceError::invalid(format!(
                "{} is not an Organizations operation",
                other.name()
            ))),
        }
    }

    fn describe_account(&self, id: &str) -> Outcome {
        let found = self.accounts.get(id).map(|account| self.account_row(account));
        let account = found.ok_or_else(|| {
            ServiceError::new(
                "AccountNotFoundException",
                "You specified an account that doesn't exist.",
            )
        })?;
        Ok(Reply::Account { account })
    }

    fn describe_unit(&self, id: &str) -> Outcome {
        let found = self
            .units
            .iter()
            .find(|unit| unit.id == id && unit.parent.is_some());
        let unit = found.ok_or_else(|| {
            ServiceError::new(
                "OrganizationalUnitNotFoundException",
                "You specified a unit that doesn't exist.",
            )
        })?;
        Ok(Reply::Unit {
            organizational_unit: self.unit_row(unit),
        })
    }

    fn list_roots(&mut self, paging: &Paging) -> Outcome {
        let roots: Vec<UnitRow> = self
            .units
            .iter()
            .take(1)
            .map(|root| self.unit_row(root))
            .collect();
        let (roots, next_token) = self.page(roots, paging, ORGANIZATIONS_PAGE)?;
        Ok(Reply::Roots { roots, next_token })
    }

    fn list_accounts(&mut self, parent: Option<&String>, paging: &Paging) -> Outcome {
        let inside = self
            .accounts
            .values()
            .filter(|account| parent.is_none_or(|parent| account.parent == *parent));
        let rows: Vec<AccountRow> = inside.map(|account| self.account_row(account)).collect();
        let (accounts, next_token) = self.page(rows, paging, ORGANIZATIONS_PAGE)?;
        Ok(Reply::AccountList { accounts, next_token })
    }

    fn list_units(&mut self, parent: &String, paging: &Paging) -> Outcome {
        self.known_parent(parent)?;
        let inside = self
            .units
            .iter()
            .filter(|unit| unit.parent.as_ref() == Some(parent));
        let rows: Vec<UnitRow> = inside.map(|unit| self.unit_row(unit)).collect();
        let (organizational_units, next_token) = self.page(rows, paging, ORGANIZATIONS_PAGE)?;
        Ok(Reply::Units {
            organizational_units,
            next_token,
        })
    }

    fn list_delegated(&mut self, paging: &Paging) -> Outcome {
        let registered = self
            .settings
            .delegated_administrator
            .as_ref()
            .and_then(|id| self.accounts.get(id));
        let rows: Vec<AccountRow> = registered
            .map(|account| self.account_row(account))
            .into_iter()
            .collect();
        let (delegated_administrators, next_token) = self.page(rows, paging, ORGANIZATIONS_PAGE)?;
        Ok(Reply::DelegatedAdministrators {
            delegated_administrators,
            next_token,
        })
    }

    fn organization(&self) -> OrganizationDescription {
        OrganizationDescription {
            id: self.ids.organization_id(),
            arn: self.ids.organization_arn(),
            feature_set: "ALL".into(),
            master_account_id: self.ids.management_account.clone(),
            master_account_arn: self
                .ids
                .organizations_arn("account", &self.ids.management_account),
        }
    }

    fn known_parent(&self, id: &str) -> Result<(), ServiceError> {
        if self.units.iter().any(|unit| unit.id == id) {
            return Ok(());
        }
        Err(ServiceError::new(
            "ParentNotFoundException",
            "You specified a parent that doesn't exist.",
        ))
    }

    fn parent_row(&self, child: &str) -> Result<ParentRow, ServiceError> {
        let of_account = self.accounts.get(child).map(|account| account.parent.clone());
        let of_unit = || {
            self.units
                .iter()
                .find(|unit| unit.id == child)
                .and_then(|unit| unit.parent.clone())
        };
        let parent = of_account.or_else(of_unit).ok_or_else(|| {
            ServiceError::new(
                "ChildNotFoundException",
                "You specified a child that doesn't exist or has no parent.",
            )
        })?;
        let is_root = self.units.first().is_some_and(|root| root.id == parent);
        Ok(ParentRow {
            id: parent,
            r#type: if is_root { "ROOT" } else { "ORGANIZATIONAL_UNIT" }.into(),
        })
    }

    fn unit_row(&self, unit: &Unit) -> UnitRow {
        let kind = if unit.parent.is_none() { "root" } else { "ou" };
        let arn = self.ids.organizations_arn(kind, &unit.id);
        UnitRow {
            id: unit.id.clone(),
            arn,
            name: unit.name.clone(),
        }
    }

    fn account_row(&self, account: &Account) -> AccountRow {
        AccountRow {
            id: account.id.clone(),
            arn: self.ids.organizations_arn("account", &account.id),
            email: account.email.clone(),
            name: account.name.clone(),
            state: account.state.clone(),
            joined_timestamp: seconds(self.began_at),
        }
    }
}
