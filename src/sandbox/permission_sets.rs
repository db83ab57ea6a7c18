//! Permission sets and where they are provisioned.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::entities::PermissionSet;
use super::instances::seconds;
use super::operation::Operation;
use super::pages::{PAGE, PageRequest};
use super::reply::{Outcome, PermissionSetDescription, Reply, ServiceError};
use super::world::World;

impl World {
    /// The reading operations on permission sets.
    pub(super) fn permission_sets(&mut self, operation: &Operation, now: DateTime<Utc>) -> Outcome {
        match operation {
            Operation::ListPermissionSets {
                max_results,
                next_token,
                ..
            } => {
                let request = PageRequest {
                    max_results: *max_results,
                    next_token: next_token.as_deref(),
                    cap: PAGE,
                };
                let arns: Vec<String> = self.permission_sets.iter().map(|set| set.arn.clone()).collect();
                let (permission_sets, next_token) = self.page(arns, &request)?;
                Ok(Reply::PermissionSets {
                    permission_sets,
                    next_token,
                })
            }
            Operation::ListPermissionSetsProvisionedToAccount {
                account_id,
                max_results,
                next_token,
                ..
            } => {
                self.known_account(account_id)?;
                let request = PageRequest {
                    max_results: *max_results,
                    next_token: next_token.as_deref(),
                    cap: PAGE,
                };
                let sets = self.provisioned(now, |account, set| {
                    (account == account_id).then(|| set.to_owned())
                });
                let (permission_sets, next_token) = self.page(sets, &request)?;
                Ok(Reply::PermissionSets {
                    permission_sets,
                    next_token,
                })
            }
            Operation::ListAccountsForProvisionedPermissionSet {
                permission_set_arn,
                max_results,
                next_token,
                ..
            } => {
                self.known_permission_set(permission_set_arn)?;
                let request = PageRequest {
                    max_results: *max_results,
                    next_token: next_token.as_deref(),
                    cap: PAGE,
                };
                let accounts = self.provisioned(now, |account, set| {
                    (set == permission_set_arn).then(|| account.to_owned())
                });
                let (account_ids, next_token) = self.page(accounts, &request)?;
                Ok(Reply::Accounts {
                    account_ids,
                    next_token,
                })
            }
            Operation::DescribePermissionSet {
                permission_set_arn, ..
            } => {
                let set = self.known_permission_set(permission_set_arn)?;
                let permission_set = PermissionSetDescription {
                    name: set.name.clone(),
                    permission_set_arn: set.arn.clone(),
                    description: String::new(),
                    created_date: seconds(self.began_at),
                    session_duration: set.session_duration.clone(),
                };
                Ok(Reply::PermissionSet { permission_set })
            }
            other => Err(ServiceError::invalid(format!(
                "{} is not about permission sets",
                other.name()
            ))),
        }
    }

    /// Picks from the pairs of account and permission set that have at least one assignment, as seen by a list.
    fn provisioned(
        &self,
        now: DateTime<Utc>,
        pick: impl Fn(&str, &str) -> Option<String>,
    ) -> BTreeSet<String> {
        let present = self
            .assignments
            .values()
            .filter(|assignment| assignment.presence.seen(now, self.settings.list_lag));
        present
            .filter_map(|assignment| pick(&assignment.input.target_id, &assignment.input.permission_set_arn))
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
