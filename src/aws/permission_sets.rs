//! Permission sets, from sso-admin.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ssoadmin::operation::list_accounts_for_provisioned_permission_set::ListAccountsForProvisionedPermissionSetOutput;
use aws_sdk_ssoadmin::operation::list_permission_sets::ListPermissionSetsOutput;
use chrono::{DateTime, TimeDelta, Utc};

use super::budget::Family;
use super::call_site::{CallSite, Service};
use super::connect::{Aws, aged};
use super::session_duration;
use crate::ports::{
    AccountId, Aged, CallOptions, Class, Freshness, Lookup, PermissionSet, PermissionSetArn, PermissionSets,
    PortError,
};

const SERVICE: Service = Service::SsoAdmin;
const FAMILY: Family = Family::SsoAdmin;

/// What is known of all permission sets. AWS cannot find one by name, so all are described once; later only those
/// whose ARN is new.
#[derive(Debug)]
pub(super) struct Catalogue {
    max_age: Duration,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    sets: HashMap<PermissionSetArn, Aged<PermissionSet>>,
    listed_at: Option<DateTime<Utc>>,
}

impl Catalogue {
    pub(super) fn new(max_age: Duration) -> Self {
        Self {
            max_age,
            known: Mutex::new(Known::default()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn young(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let age = now - at;
        age >= TimeDelta::zero() && age.to_std().is_ok_and(|age| age < self.max_age)
    }

    fn named(&self, name: &str) -> Option<Aged<PermissionSet>> {
        self.lock()
            .sets
            .values()
            .find(|set| set.value.name == name)
            .cloned()
    }

    /// Records one set, or that it no longer exists.
    fn note(&self, arn: &PermissionSetArn, answer: &Aged<Lookup<PermissionSet>>) {
        let mut known = self.lock();
        match &answer.value {
            Lookup::Found(set) => drop(
                known
                    .sets
                    .insert(arn.clone(), aged(set.clone(), answer.observed_at)),
            ),
            Lookup::Absent => drop(known.sets.remove(arn)),
        }
    }
}

#[async_trait]
impl PermissionSets for Aws {
    async fn by_name(
        &self,
        options: &CallOptions,
        name: &str,
    ) -> Result<Aged<Lookup<PermissionSet>>, PortError> {
        let catalogue = &self.shared.catalogue;
        if let Some(set) = catalogue.named(name) {
            let answer = self.by_arn(options, &set.value.arn).await?;
            if matches!(&answer.value, Lookup::Found(set) if set.name == name) {
                return Ok(answer);
            }
        }
        let asked = self.now();
        let listed_at = catalogue.lock().listed_at;
        let listed =
            listed_at.filter(|at| options.freshness == Freshness::Cached && catalogue.young(*at, asked));
        let observed_at = match listed {
            Some(at) => at,
            None => self.list_new_sets(options).await?,
        };
        Ok(match catalogue.named(name) {
            Some(set) => set.map(Lookup::Found),
            None => aged(Lookup::Absent, observed_at),
        })
    }

    async fn by_arn(
        &self,
        options: &CallOptions,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Lookup<PermissionSet>>, PortError> {
        let catalogue = &self.shared.catalogue;
        let kept = catalogue.lock().sets.get(permission_set).cloned();
        if let Some(kept) = kept
            && options.freshness == Freshness::Cached
            && catalogue.young(kept.observed_at, self.now())
        {
            return Ok(kept.map(Lookup::Found));
        }
        let answer = self.describe_set(options, permission_set).await?;
        catalogue.note(permission_set, &answer);
        Ok(answer)
    }

    async fn provisioned_in(
        &self,
        options: &CallOptions,
        permission_set: &PermissionSetArn,
    ) -> Result<Aged<Lookup<Vec<AccountId>>>, PortError> {
        let site = CallSite::read(
            SERVICE,
            "ListAccountsForProvisionedPermissionSet",
            format!("permission set {permission_set}"),
        );
        let (asked, mut accounts) = (self.now(), Vec::new());
        let (instance, arn) = (self.shared.instance_arn.as_str(), permission_set.as_str());
        let list = || self.shared.sso.list_accounts_for_provisioned_permission_set();
        let call = |token| {
            list()
                .instance_arn(instance)
                .permission_set_arn(arn)
                .set_next_token(token)
                .send()
        };
        let take = |page: &ListAccountsForProvisionedPermissionSetOutput| {
            for id in page.account_ids() {
                accounts.push(
                    AccountId::parse(id.as_str()).map_err(|_| site.incomplete("well-formed account id"))?,
                );
            }
            Ok(page.next_token().map(Into::into))
        };
        match self.shared.caller.pages(FAMILY, options, &site, call, take).await {
            Ok(()) => Ok(aged(Lookup::Found(accounts), asked)),
            Err(error) if error.class == Class::NotFound => {
                self.confirm_instance(options, &site).await?;
                Ok(aged(Lookup::Absent, asked))
            }
            Err(error) => Err(error),
        }
    }
}

impl Aws {
    async fn describe_set(
        &self,
        options: &CallOptions,
        arn: &PermissionSetArn,
    ) -> Result<Aged<Lookup<PermissionSet>>, PortError> {
        let site = CallSite::read(SERVICE, "DescribePermissionSet", format!("permission set {arn}"));
        let asked = self.now();
        let client = &self.shared.sso;
        let call = client
            .describe_permission_set()
            .instance_arn(self.shared.instance_arn.as_str())
            .permission_set_arn(arn.as_str())
            .send();
        let answer = match self.shared.caller.run(FAMILY, options, &site, call).await {
            Ok(answer) => answer,
            Err(error) if error.class == Class::NotFound => {
                self.confirm_instance(options, &site).await?;
                return Ok(aged(Lookup::Absent, asked));
            }
            Err(error) => return Err(error),
        };
        let set = answer
            .permission_set()
            .ok_or_else(|| site.incomplete("PermissionSet"))?;
        let name = set.name().ok_or_else(|| site.incomplete("Name"))?.to_owned();
        // AWS's default where none is set is one hour.
        let text = set.session_duration().unwrap_or("PT1H");
        let session_duration =
            session_duration::parse(text).ok_or_else(|| site.incomplete("readable SessionDuration"))?;
        Ok(aged(
            Lookup::Found(PermissionSet {
                arn: arn.clone(),
                name,
                session_duration,
            }),
            asked,
        ))
    }

    /// "Not found" is only an answer about a set if the instance itself answers in the same pass.
    async fn confirm_instance(&self, options: &CallOptions, about: &CallSite) -> Result<(), PortError> {
        let site = CallSite {
            operation: "ListPermissionSets",
            ..about.clone()
        };
        let call = self
            .shared
            .sso
            .list_permission_sets()
            .instance_arn(self.shared.instance_arn.as_str())
            .max_results(1)
            .send();
        match self.shared.caller.run(FAMILY, options, &site, call).await {
            Ok(_) => Ok(()),
            Err(error) if error.class == Class::NotFound => Err(PortError {
                class: Class::Unavailable,
                ..error
            }),
            Err(error) => Err(error),
        }
    }

    /// Lists all ARNs, describes those that are new, and drops those that no longer exist. Returns when the list was
    /// requested.
    async fn list_new_sets(&self, options: &CallOptions) -> Result<DateTime<Utc>, PortError> {
        let site = CallSite::read(
            SERVICE,
            "ListPermissionSets",
            format!("instance {}", self.shared.instance_arn),
        );
        let (asked, mut arns) = (self.now(), Vec::new());
        let list = || {
            self.shared
                .sso
                .list_permission_sets()
                .instance_arn(self.shared.instance_arn.as_str())
        };
        let call = |token| list().set_next_token(token).send();
        let take = |page: &ListPermissionSetsOutput| {
            arns.extend(
                page.permission_sets()
                    .iter()
                    .map(|arn| PermissionSetArn::new(arn.as_str())),
            );
            Ok(page.next_token().map(Into::into))
        };
        self.shared
            .caller
            .pages(FAMILY, options, &site, call, take)
            .await?;
        let catalogue = &self.shared.catalogue;
        for arn in &arns {
            let known = catalogue.lock().sets.contains_key(arn);
            if !known {
                catalogue.note(arn, &self.describe_set(options, arn).await?);
            }
        }
        let mut known = catalogue.lock();
        known.sets.retain(|arn, _| arns.contains(arn));
        known.listed_at = Some(asked);
        Ok(asked)
    }
}
