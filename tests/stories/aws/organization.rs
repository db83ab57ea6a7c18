//! Accounts, units, permission sets and the instance, as a process asks for them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use identity_center_sandbox::{Operation, Paging, Reply};
use serde_json::Value;
use team_operator::ports::{
    Account, AccountId, AccountState, Aged, Ask, Instance, InstanceArn, LastKnown, Lookup, Organization,
    OrganizationTree, OrganizationalUnitId, OuPath, OuStep, PermissionSet, PermissionSetArn, PermissionSets,
    PortError,
};

use super::Adapter;
use super::directory::absent;

#[async_trait]
impl Organization for Adapter {
    async fn account(&self, _: &Ask, account: &AccountId) -> Result<Aged<Lookup<Account>>, PortError> {
        let call = Operation::DescribeAccount {
            account_id: account.as_str().to_owned(),
        };
        Ok(self.aged(match absent(self.call(call).await)? {
            Some(Reply::Account { account: row }) => Lookup::Found(Account {
                id: account.clone(),
                name: row.name,
                state: state(&row.state),
                path: self.path_of(account.as_str()).await?,
            }),
            _ => Lookup::Absent,
        }))
    }

    async fn tree(&self, ask: &Ask) -> Result<Aged<Arc<OrganizationTree>>, PortError> {
        let summary = self.aws.world().summary();
        let ids = |kind: &str| -> Vec<String> {
            let all = summary[kind].as_array().into_iter().flatten();
            all.filter_map(|one| one["id"].as_str().map(ToOwned::to_owned))
                .collect()
        };
        let mut tree = OrganizationTree::default();
        for id in ids("accounts") {
            let id = AccountId::parse(id).unwrap();
            if let Lookup::Found(account) = self.account(ask, &id).await?.value {
                tree.accounts.insert(id, account);
            }
        }
        for id in ids("units") {
            let is_root = id.starts_with("r-");
            let mut path = if is_root {
                OuPath::default()
            } else {
                self.path_of(&id).await?
            };
            let unit = OrganizationalUnitId::parse(id.clone()).unwrap();
            path.0.push(step(&summary, &id));
            tree.units.insert(unit, path);
        }
        Ok(self.aged(Arc::new(tree)))
    }

    fn last_tree(&self) -> LastKnown<Arc<OrganizationTree>> {
        LastKnown::Never
    }

    async fn management_account(&self, _: &Ask) -> Result<Aged<AccountId>, PortError> {
        let summary = self.aws.world().summary();
        let id = summary["managementAccount"].as_str().unwrap();
        Ok(self.aged(AccountId::parse(id).unwrap()))
    }
}

#[async_trait]
impl PermissionSets for Adapter {
    async fn by_name(&self, ask: &Ask, name: &str) -> Result<Aged<Lookup<PermissionSet>>, PortError> {
        for arn in self.set_arns().await? {
            if let Lookup::Found(set) = self.by_arn(ask, &PermissionSetArn::new(arn)).await?.value
                && set.name == name
            {
                return Ok(self.aged(Lookup::Found(set)));
            }
        }
        Ok(self.aged(Lookup::Absent))
    }

    async fn by_arn(
        &self,
        _: &Ask,
        set: &PermissionSetArn,
    ) -> Result<Aged<Lookup<PermissionSet>>, PortError> {
        let call = Operation::DescribePermissionSet {
            instance_arn: self.instance_arn(),
            permission_set_arn: set.as_str().to_owned(),
        };
        let Some(Reply::PermissionSet {
            permission_set: found,
        }) = absent(self.call(call).await)?
        else {
            // Absence is only believed of an instance that answers.
            self.set_arns().await?;
            return Ok(self.aged(Lookup::Absent));
        };
        let hours = found
            .session_duration
            .trim_start_matches("PT")
            .trim_end_matches('H')
            .parse();
        Ok(self.aged(Lookup::Found(PermissionSet {
            arn: set.clone(),
            name: found.name,
            session_duration: Duration::from_hours(hours.unwrap()),
        })))
    }

    async fn provisioned_in(
        &self,
        _: &Ask,
        set: &PermissionSetArn,
    ) -> Result<Aged<Lookup<Vec<AccountId>>>, PortError> {
        let call = Operation::ListAccountsForProvisionedPermissionSet {
            instance_arn: self.instance_arn(),
            permission_set_arn: set.as_str().to_owned(),
            paging: Paging::default(),
        };
        Ok(self.aged(match absent(self.call(call).await)? {
            Some(Reply::Accounts { account_ids, .. }) => {
                let accounts = account_ids.into_iter().map(|id| AccountId::parse(id).unwrap());
                Lookup::Found(accounts.collect())
            }
            _ => Lookup::Absent,
        }))
    }
}

#[async_trait]
impl Instance for Adapter {
    fn arn(&self) -> InstanceArn {
        InstanceArn::new(self.instance_arn())
    }

    async fn lookup(&self, _: &Ask) -> Result<Aged<Lookup<()>>, PortError> {
        let call = Operation::DescribeInstance {
            instance_arn: self.instance_arn(),
        };
        let found = absent(self.call(call).await)?;
        Ok(self.aged(found.map_or(Lookup::Absent, |_| Lookup::Found(()))))
    }

    async fn delegated_administrator(&self, _: &Ask) -> Result<bool, PortError> {
        Ok(false)
    }
}

impl Adapter {
    async fn set_arns(&self) -> Result<Vec<String>, PortError> {
        let call = Operation::ListPermissionSets {
            instance_arn: self.instance_arn(),
            paging: Paging::default(),
        };
        match self.call(call).await? {
            Reply::PermissionSets { permission_sets, .. } => Ok(permission_sets),
            other => unreachable!("{other:?}"),
        }
    }

    async fn path_of(&self, id: &str) -> Result<OuPath, PortError> {
        let summary = self.aws.world().summary();
        let mut path = vec![];
        let mut child = id.to_owned();
        loop {
            let call = Operation::ListParents {
                child_id: child,
                paging: Paging::default(),
            };
            let parents = match absent(self.call(call).await)? {
                Some(Reply::Parents { parents, .. }) => parents,
                _ => vec![],
            };
            let Some(parent) = parents.into_iter().next() else {
                return Ok(OuPath(path));
            };
            path.insert(0, step(&summary, &parent.id));
            if parent.r#type == "ROOT" {
                return Ok(OuPath(path));
            }
            child = parent.id;
        }
    }
}

fn step(summary: &Value, id: &str) -> OuStep {
    let units = summary["units"].as_array().into_iter().flatten();
    let mut found = units.filter(|unit| unit["id"] == id);
    let path = found.next().and_then(|unit| unit["path"].as_str()).unwrap_or(id);
    OuStep {
        id: OrganizationalUnitId::parse(id).unwrap(),
        name: path.rsplit('/').next().unwrap_or(path).to_owned(),
    }
}

fn state(state: &str) -> AccountState {
    match state {
        "ACTIVE" => AccountState::Active,
        "SUSPENDED" => AccountState::Suspended,
        "CLOSED" => AccountState::Closed,
        _ => AccountState::Unrecognised,
    }
}
