//! The questions of [`PermissionSets`](team_operator::ports::PermissionSets).

use std::time::Duration;

use team_operator::ports::{
    AccountId, Aged, Class, Effect, Lookup, PermissionSet, PermissionSetArn, PortError,
};

use super::refusal::failure;
use super::{Client, absent, aged};
use crate::operation::Operation;
use crate::reply::{PermissionSetDescription, Reply};
use team_operator::organization_file::session_minutes;

impl Client<'_> {
    /// [`PermissionSets::by_name`](team_operator::ports::PermissionSets::by_name).
    pub fn permission_set_by_name(&mut self, name: &str) -> Result<Aged<Lookup<PermissionSet>>, PortError> {
        let asked = self.asked();
        for arn in self.permission_set_arns()? {
            let found = self.described_set(&PermissionSetArn::new(arn))?;
            if let Some(set) = found.filter(|set| set.name == name) {
                return Ok(aged(Lookup::Found(set), asked));
            }
        }
        Ok(aged(Lookup::Absent, asked))
    }

    /// [`PermissionSets::by_arn`](team_operator::ports::PermissionSets::by_arn).
    pub fn permission_set(
        &mut self,
        arn: &PermissionSetArn,
    ) -> Result<Aged<Lookup<PermissionSet>>, PortError> {
        let asked = self.asked();
        let found = self.described_set(arn)?;
        Ok(aged(found.map_or(Lookup::Absent, Lookup::Found), asked))
    }

    /// [`PermissionSets::provisioned_in`](team_operator::ports::PermissionSets::provisioned_in).
    pub fn provisioned_in(
        &mut self,
        arn: &PermissionSetArn,
    ) -> Result<Aged<Lookup<Vec<AccountId>>>, PortError> {
        let (asked, instance) = (self.asked(), self.instance());
        let call = |paging| Operation::ListAccountsForProvisionedPermissionSet {
            instance_arn: instance.clone(),
            permission_set_arn: arn.to_string(),
            paging,
        };
        let rows = absent(self.pages(call, |reply| match reply {
            Reply::Accounts {
                account_ids,
                next_token,
            } => Some((account_ids, next_token)),
            _ => None,
        }))?;
        let Some(rows) = rows else {
            self.confirm_instance()?;
            return Ok(aged(Lookup::Absent, asked));
        };
        let accounts = rows.into_iter().map(AccountId::as_given).collect();
        Ok(aged(Lookup::Found(accounts), asked))
    }

    fn permission_set_arns(&mut self) -> Result<Vec<String>, PortError> {
        let instance = self.instance();
        let call = |paging| Operation::ListPermissionSets {
            instance_arn: instance.clone(),
            paging,
        };
        self.pages(call, |reply| match reply {
            Reply::PermissionSets {
                permission_sets,
                next_token,
            } => Some((permission_sets, next_token)),
            _ => None,
        })
    }

    fn described_set(&mut self, arn: &PermissionSetArn) -> Result<Option<PermissionSet>, PortError> {
        let call = Operation::DescribePermissionSet {
            instance_arn: self.instance(),
            permission_set_arn: arn.to_string(),
        };
        let found = absent(self.ask(&call, |reply| match reply {
            Reply::PermissionSet { permission_set } => Some(permission_set),
            _ => None,
        }))?;
        let Some(found) = found else {
            self.confirm_instance()?;
            return Ok(None);
        };
        let set = described(arn, found).ok_or_else(|| {
            let sentence = "the answer has no readable SessionDuration".to_owned();
            failure(&call, Class::Unavailable, Effect::None, sentence)
        })?;
        Ok(Some(set))
    }

    /// "Not found" is only an answer about a set if the instance itself answers.
    fn confirm_instance(&mut self) -> Result<(), PortError> {
        match self.permission_set_arns() {
            Ok(_) => Ok(()),
            Err(error) if error.class == Class::NotFound => Err(PortError {
                class: Class::Unavailable,
                ..error
            }),
            Err(error) => Err(error),
        }
    }
}

fn described(arn: &PermissionSetArn, set: PermissionSetDescription) -> Option<PermissionSet> {
    let minutes = session_minutes(&set.session_duration)?;
    Some(PermissionSet {
        arn: arn.clone(),
        name: set.name,
        session_duration: Duration::from_mins(minutes.into()),
    })
}
