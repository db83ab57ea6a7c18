//! Permission sets and where they are provisioned.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::entities::PermissionSet;
use super::instances::seconds;
use super::operation::{Operation, Paging};
use super::pages::PAGE;
use super::reply::{Outcome, PermissionSetDescription, Reply, ServiceError};
use super::world::World;

impl World {
    /// The reading operations on permission sets.
    pub(super) fn permission_sets(&mut self, operation: &Operation, now: DateTime<Utc>) -> Outcome {
        match operation {
            Operation::ListPermissionSets { paging, .. } => {
                let arns: Vec<String> = self.permission_sets.iter().map(|set| set.arn.clone()).collect();
                self.list_sets(arns, paging)
            }
            Operation::ListPermissionSetsProvisionedToAccount {
                account_id, paging, ..
            } => {
                self.known_account(account_id)?;
                let sets = self.provisioned(now, |account, set| {
                    (account == account_id).then(|| set.to_owned())
                });
                self.list_sets(sets, paging)
            }
            Operation::ListAccountsForProvisionedPermissionSet {
                permission_set_arn,
                paging,
                ..
            } => {
                self.known_permission_set(permission_set_arn)?;
                let here = |account: &str, set: &str| (set == permission_set_arn).then(|| account.to_owned());
                let (account_ids, next_token) = self.page(self.provisioned(now, here), paging, PAGE)?;
                Ok(Reply::Accounts {
                    account_ids,
                    next_token,
                })
            }
            Operation::DescribePermissionSet {
                permission_set_arn, ..
            } => self.describe_set(permission_set_arn),
            other => Err(ServiceError::invalid(format!(
                "{} is not about permission sets",
                other.name()
            ))),
        }
    }

    fn list_sets(&mut self, arns: impl IntoIterator<Item = String>, paging: &Paging) -> Outcome {
        let (permission_sets, next_token) = self.page(arns, paging, PAGE)?;
        Ok(Reply::PermissionSets {
            permission_sets,
            next_token,
        })
    }

    fn describe_set(&self, arn: &str) -> Outcome {
        let set = self.known_permission_set(arn)?;
        let permission_set = PermissionSetDescription {
            name: set.name.clone(),
            permission_set_arn: set.arn.clone(),
            description: String::new(),
            created_date: seconds(self.began_at),
            session_duration: set.session_duration.clone(),
        };
        Ok(Reply::PermissionSet { permission_set })
    }

    /// Picks from the pairs of account and permission set that have at least one assignment, as seen by a list.
    fn provisioned(
        &self,
        now: DateTime<Utc>,
        pick: impl Fn(&str, &str) -> Option<String>,
    ) -> BTreeSet<String> {
        let lag = self.settings.list_lag;
        let present = self
            .assignments
            .values()
            .filter(|assignment| assignment.presence.seen(now, lag));
        let input = present.map(|assignment| &assignment.input);
        input
            .filter_map(|input| pick(&input.target_id, &input.permission_set_arn))
            .collect()
    }

    /// The permission set, or AWS's refusal.
    pub(super) fn known_permission_set(&self, arn: &str) -> Result<&PermissionSet, ServiceError> {
        self.permission_sets
            .iter()
            .find(|set| set.arn == arn)
            .ok_or_else(|| ServiceError::not_found(&format!("PermissionSet with ARN {arn}")))
    }

    /// Refuses an account that is not in the organization.
    pub(super) fn known_account(&self, account: &str) -> Result<(), ServiceError> {
        if self.accounts.contains_key(account) {
            Ok(())
        } else {
            Err(ServiceError::not_found(&format!("Account {account}")))
        }
    }
}
