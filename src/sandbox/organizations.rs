//! Accounts and organizational units.

use super::entities::{Account, Unit};
use super::instances::seconds;
use super::operation::Operation;
use super::pages::{ORGANIZATIONS_PAGE, PageRequest};
use super::reply::{AccountRow, OrganizationDescription, Outcome, ParentRow, Reply, ServiceError, UnitRow};
use super::world::World;

fn request<'a>(max_results: Option<usize>, next_token: Option<&'a String>) -> PageRequest<'a> {
    PageRequest {
        max_results,
        next_token: next_token.map(String::as_str),
        cap: ORGANIZATIONS_PAGE,
    }
}

impl World {
    /// Every Organizations operation.
    pub(super) fn organizations(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::DescribeOrganization {} => Ok(Reply::Organization {
                organization: self.organization(),
            }),
            Operation::ListRoots {
                max_results,
                next_token,
            } => {
                let roots: Vec<UnitRow> = self
                    .units
                    .iter()
                    .take(1)
                    .map(|root| self.unit_row(root))
                    .collect();
                let (roots, next_token) = self.page(roots, &request(*max_results, next_token.as_ref()))?;
                Ok(Reply::Roots { roots, next_token })
            }
            Operation::ListAccounts {
                max_results,
                next_token,
            } => {
                let rows: Vec<AccountRow> = self
                    .accounts
                    .values()
                    .map(|account| self.account_row(account))
                    .collect();
                let (accounts, next_token) = self.page(rows, &request(*max_results, next_token.as_ref()))?;
                Ok(Reply::AccountList { accounts, next_token })
            }
            Operation::ListAccountsForParent {
                parent_id,
                max_results,
                next_token,
            } => {
                self.known_parent(parent_id)?;
                let inside = self
                    .accounts
                    .values()
                    .filter(|account| account.parent == *parent_id);
                let rows: Vec<AccountRow> = inside.map(|account| self.account_row(account)).collect();
                let (accounts, next_token) = self.page(rows, &request(*max_results, next_token.as_ref()))?;
                Ok(Reply::AccountList { accounts, next_token })
            }
            Operation::ListOrganizationalUnitsForParent {
                parent_id,
                max_results,
                next_token,
            } => {
                self.known_parent(parent_id)?;
                let inside = self
                    .units
                    .iter()
                    .filter(|unit| unit.parent.as_ref() == Some(parent_id));
                let rows: Vec<UnitRow> = inside.map(|unit| self.unit_row(unit)).collect();
                let (organizational_units, next_token) =
                    self.page(rows, &request(*max_results, next_token.as_ref()))?;
                Ok(Reply::Units {
                    organizational_units,
                    next_token,
                })
            }
            Operation::ListParents {
                child_id,
                max_results,
                next_token,
            } => {
                let parent = self.parent_row(child_id)?;
                let (parents, next_token) =
                    self.page([parent], &request(*max_results, next_token.as_ref()))?;
                Ok(Reply::Parents { parents, next_token })
            }
            Operation::DescribeAccount { account_id } => match self.accounts.get(account_id) {
                Some(account) => Ok(Reply::Account {
                    account: self.account_row(account),
                }),
                None => Err(ServiceError::new(
                    "AccountNotFoundException",
                    "You specified an account that doesn't exist.",
                )),
            },
            Operation::DescribeOrganizationalUnit {
                organizational_unit_id: id,
            } => {
                match self
                    .units
                    .iter()
                    .find(|unit| unit.id == *id && unit.parent.is_some())
                {
                    Some(unit) => Ok(Reply::Unit {
                        organizational_unit: self.unit_row(unit),
                    }),
                    None => Err(ServiceError::new(
                        "OrganizationalUnitNotFoundException",
                        "No such unit.",
                    )),
                }
            }
            Operation::ListDelegatedAdministrators {
                max_results,
                next_token,
                ..
            } => {
                let registered = self
                    .settings
                    .delegated_administrator
                    .as_ref()
                    .and_then(|id| self.accounts.get(id));
                let rows: Vec<AccountRow> = registered
                    .map(|account| self.account_row(account))
                    .into_iter()
                    .collect();
                let (delegated_administrators, next_token) =
                    self.page(rows, &request(*max_results, next_token.as_ref()))?;
                Ok(Reply::DelegatedAdministrators {
                    delegated_administrators,
                    next_token,
                })
            }
            other => Err(ServiceError::invalid(format!(
                "{} is not an Organizations operation",
                other.name()
            ))),
        }
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
