//! Accounts, from AWS Organizations.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_organizations::operation::list_parents::ListParentsOutput;
use futures::future::FutureExt as _;

use super::budget::Family;
use super::call_site::{CallSite, Service};
use super::connect::{Aws, aged};
use super::shared_reads::{for_everybody, may_share};
use super::tree::converted;
use crate::ports::{
    Account, AccountId, Aged, CallOptions, Class, Freshness, LastKnown, Lookup, Organization,
    OrganizationTree, OrganizationalUnitId, OuPath, PortError,
};

const SERVICE: Service = Service::Organizations;

#[async_trait]
impl Organization for Aws {
    async fn account(
        &self,
        options: &CallOptions,
        account: &AccountId,
    ) -> Result<Aged<Lookup<Account>>, PortError> {
        if options.freshness == Freshness::Fresh {
            return self.fresh_account(options, account).await;
        }
        let tree = self.tree_for(options).await?;
        let found = tree.value.accounts.get(account).cloned();
        Ok(tree.map(|_| found.map_or(Lookup::Absent, Lookup::Found)))
    }

    async fn tree(&self, options: &CallOptions) -> Result<Aged<Arc<OrganizationTree>>, PortError> {
        self.tree_for(options).await
    }

    fn last_tree(&self) -> LastKnown<Arc<OrganizationTree>> {
        self.shared.tree.last()
    }

    async fn management_account(&self, options: &CallOptions) -> Result<Aged<AccountId>, PortError> {
        if let Some(kept) = self.shared.management_account.get(options, &(), self.now()) {
            return Ok(kept);
        }
        if !may_share(options) {
            return self.describe_organization(options).await;
        }
        let aws = self.clone();
        let begin = || async move { aws.describe_organization(&for_everybody()).await }.boxed();
        self.shared.management_account_read.join((), begin).await
    }
}

impl Aws {
    async fn describe_organization(&self, options: &CallOptions) -> Result<Aged<AccountId>, PortError> {
        let site = CallSite::read(SERVICE, "DescribeOrganization", "the organization");
        let asked = self.now();
        let call = self.shared.organizations.describe_organization().send();
        let answer = self
            .shared
            .caller
            .run(Family::OrganizationsDescribe, options, &site, call)
            .await?;
        let id = answer
            .organization()
            .and_then(|organization| organization.master_account_id());
        let id = id
            .and_then(|id| AccountId::parse(id).ok())
            .ok_or_else(|| site.incomplete("MasterAccountId"))?;
        let answer = aged(id, asked);
        self.shared.management_account.put((), &answer);
        Ok(answer)
    }

    /// `DescribeAccount` for name and state, one `ListParents` for the position. The path above the parent comes from the
    /// cached tree: units cannot be moved in AWS, so only a unit created since then requires another traversal.
    async fn fresh_account(
        &self,
        options: &CallOptions,
        account: &AccountId,
    ) -> Result<Aged<Lookup<Account>>, PortError> {
        let asked = self.now();
        let site = CallSite::read(SERVICE, "DescribeAccount", format!("account {account}"));
        let call = self
            .shared
            .organizations
            .describe_account()
            .account_id(account.as_str())
            .send();
        let answer = match self
            .shared
            .caller
            .run(Family::OrganizationsDescribeAccount, options, &site, call)
            .await
        {
            Ok(answer) => answer,
            Err(error) if error.class == Class::NotFound => return Ok(aged(Lookup::Absent, asked)),
            Err(error) => return Err(error),
        };
        let Some(parent) = self.parent(options, account).await? else {
            return Ok(aged(Lookup::Absent, asked)); // left the organization between the two calls
        };
        let path = self.path_to(options, &parent).await?;
        let account = answer.account().and_then(|account| converted(account, path));
        let account = account.ok_or_else(|| site.incomplete("Account"))?;
        Ok(aged(Lookup::Found(account), asked))
    }

    async fn parent(
        &self,
        options: &CallOptions,
        account: &AccountId,
    ) -> Result<Option<OrganizationalUnitId>, PortError> {
        let site = CallSite::read(SERVICE, "ListParents", format!("account {account}"));
        let mut found = None;
        let list = || {
            self.shared
                .organizations
                .list_parents()
                .child_id(account.as_str())
        };
        let call = |token| list().set_next_token(token).send();
        let take = |page: &ListParentsOutput| {
            found = found.take().or(page
                .parents()
                .first()
                .and_then(|parent| parent.id())
                .map(OrganizationalUnitId::as_given));
            Ok(page.next_token().filter(|_| found.is_none()).map(Into::into))
        };
        match self
            .shared
            .caller
            .pages(Family::OrganizationsParents, options, &site, call, take)
            .await
        {
            Ok(()) => found.map(Some).ok_or_else(|| site.incomplete("parent")),
            Err(error) if error.class == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn path_to(&self, options: &CallOptions, unit: &OrganizationalUnitId) -> Result<OuPath, PortError> {
        if let LastKnown::Seen(tree) = self.shared.tree.last()
            && let Some(path) = tree.value.units.get(unit)
        {
            return Ok(path.clone());
        }
        let tree = self.tree_for(&options.clone().fresh()).await?;
        let site = CallSite::read(SERVICE, "ListParents", format!("organizational unit {unit}"));
        tree.value
            .units
            .get(unit)
            .cloned()
            .ok_or_else(|| site.incomplete("position in the organization"))
    }
}
