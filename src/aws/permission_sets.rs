//! Permission sets, from sso-admin.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ssoadmin::operation::list_accounts_for_provisioned_permission_set::ListAccountsForProvisionedPermissionSetOutput;
use aws_sdk_ssoadmin::operation::list_permission_sets::ListPermissionSetsOutput;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::FutureExt as _;
use tokio::sync::watch;

use super::budget::Family;
use super::call_site::{CallSite, Service};
use super::connect::{Aws, aged};
use super::session_duration;
use super::shared_reads::{SharedReads, for_everybody, may_share, read_each};
use crate::ports::{
    AccountId, Aged, CallOptions, Class, Freshness, Lookup, PermissionSet, PermissionSetArn, PermissionSets,
    PortError,
};

const SERVICE: Service = Service::SsoAdmin;
const FAMILY: Family = Family::SsoAdmin;

/// What is known of all permission sets. AWS cannot find one by name, so all are described once, whoever asks; later only those
/// whose ARN is new. Whoever looks for a name waits until that one is described, not for all.
pub(super) struct Catalogue {
    max_age: Duration,
    known: Mutex<Known>,
    /// Counts the sets that were described, for those who wait for one.
    described: watch::Sender<u64>,
    all_read: SharedReads<(), DateTime<Utc>>,
    one_read: SharedReads<PermissionSetArn, Aged<Lookup<PermissionSet>>>,
}

#[derive(Debug, Default)]
struct Known {
    sets: HashMap<PermissionSetArn, Aged<PermissionSet>>,
    /// Sets of the last list that AWS does not describe, each with its answer. One of them may bear any name that is not found.
    unreadable: HashMap<PermissionSetArn, PortError>,
    listed_at: Option<DateTime<Utc>>,
}

impl Catalogue {
    pub(super) fn new(max_age: Duration) -> Self {
        Self {
            max_age,
            known: Mutex::new(Known::default()),
            described: watch::Sender::new(0),
            all_read: SharedReads::default(),
            one_read: SharedReads::default(),
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

    /// When all sets were listed and described, if that is what an answer may rest on.
    fn complete_at(&self) -> Option<DateTime<Utc>> {
        let known = self.lock();
        known.listed_at.filter(|_| known.unreadable.is_empty())
    }

    /// That no set bears this name, if it can be told.
    fn absent(
        &self,
        name: &str,
        observed_at: DateTime<Utc>,
    ) -> Result<Aged<Lookup<PermissionSet>>, PortError> {
        let known = self.lock();
        match known.unreadable.values().next() {
            None => Ok(aged(Lookup::Absent, observed_at)),
            Some(error) => Err(PortError {
                sentence: format!(
                    "{} permission sets cannot be described, and one of them may be {name}. The first answer: {}",
                    known.unreadable.len(),
                    error.sentence
                ),
                ..error.clone()
            }),
        }
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
        known.unreadable.remove(arn);
        drop(known);
        self.described.send_modify(|count| *count = count.wrapping_add(1));
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
        let listed = catalogue
            .complete_at()
            .filter(|at| options.freshness == Freshness::Cached && catalogue.young(*at, asked));
        let observed_at = match listed {
            Some(at) => at,
            None if !may_share(options) => self.list_new_sets(options).await?,
            None => {
                let mut described = catalogue.described.subscribe();
                let aws = self.clone();
                let begin = || async move { aws.list_new_sets(&for_everybody()).await }.boxed();
                let mut all = catalogue.all_read.join((), begin);
                loop {
                    if let Some(set) = catalogue.named(name) {
                        return Ok(set.map(Lookup::Found));
                    }
                    tokio::select! {
                        listed_at = &mut all => break listed_at?,
                        _ = described.changed() => {}
                    }
                }
            }
        };
        match catalogue.named(name) {
            Some(set) => Ok(set.map(Lookup::Found)),
            None => catalogue.absent(name, observed_at),
        }
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
        if may_share(options) {
            return self.describe_for_everybody(permission_set.clone()).await;
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
        if let Some(kept) = self.shared.provisioned.get(options, permission_set, self.now()) {
            return Ok(kept);
        }
        if !may_share(options) {
            return self.list_provisioned(options, permission_set).await;
        }
        let (aws, arn) = (self.clone(), permission_set.clone());
        let begin = || async move { aws.list_provisioned(&for_everybody(), &arn).await }.boxed();
        self.shared
            .provisioned_read
            .join(permission_set.clone(), begin)
            .await
    }
}

impl Aws {
    async fn list_provisioned(
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
        let answer = match self.shared.caller.pages(FAMILY, options, &site, call, take).await {
            Ok(()) => aged(Lookup::Found(accounts), asked),
            Err(error) if error.class == Class::NotFound => {
                self.confirm_instance(options, &site).await?;
                aged(Lookup::Absent, asked)
            }
            Err(error) => return Err(error),
        };
        self.shared.provisioned.put(permission_set.clone(), &answer);
        Ok(answer)
    }

    /// Describes a set once for all who ask at the same time.
    async fn describe_for_everybody(
        &self,
        arn: PermissionSetArn,
    ) -> Result<Aged<Lookup<PermissionSet>>, PortError> {
        let (aws, wanted) = (self.clone(), arn.clone());
        let begin = || {
            async move {
                let answer = aws.describe_set(&for_everybody(), &wanted).await?;
                aws.shared.catalogue.note(&wanted, &answer);
                Ok(answer)
            }
            .boxed()
        };
        self.shared.catalogue.one_read.join(arn, begin).await
    }

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

    /// Lists all ARNs, describes those that are new, and drops those that no longer exist. One that cannot be described is
    /// remembered as such, and the others are described all the same. Returns when the list was requested.
    async fn list_new_sets(&self, options: &CallOptions) -> Result<DateTime<Utc>, PortError> {
        let site = CallSite::read(
            SERVICE,
            "ListPermissionSets",
            format!("instance {}", self.shared.instance_arn),
        );
        let (asked, mut arns) = (self.now(), HashSet::new());
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
        let new: Vec<PermissionSetArn> = {
            let known = catalogue.lock();
            arns.iter()
                .filter(|arn| !known.sets.contains_key(*arn))
                .cloned()
                .collect()
        };
        let describe = |arn| self.describe_for_everybody(arn);
        let mut unreadable = HashMap::new();
        read_each(new, describe, |arn, answer| {
            if let Err(error) = answer {
                unreadable.insert(arn, error);
            }
        })
        .await?;
        let mut known = catalogue.lock();
        known.sets.retain(|arn, _| arns.contains(arn));
        known.unreadable = unreadable;
        known.listed_at = Some(asked);
        Ok(asked)
    }
}
