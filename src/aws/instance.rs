//! Finding the Identity Center instance to work in.

use async_trait::async_trait;
use aws_sdk_ssoadmin::operation::list_instances::ListInstancesOutput;

use super::budget::Family;
use super::call_site::{CallSite, Service};
use super::connect::{Aws, Clients, aged};
use crate::ports::{
    self, AccountId, Aged, CallOptions, Class, Effect, InstanceArn, Lookup, Organization as _, PortError,
};

/// The instance everything happens in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Stored with every assignment.
    pub arn: InstanceArn,
    /// The identity store that holds its users.
    pub identity_store_id: String,
    /// The account that owns it, the management account for an organization's instance; AWS may not say.
    pub owner: Option<AccountId>,
}

#[async_trait]
impl ports::Instance for Aws {
    fn arn(&self) -> InstanceArn {
        self.shared.instance_arn.clone()
    }

    async fn lookup(&self, options: &CallOptions) -> Result<Aged<Lookup<()>>, PortError> {
        let asked = self.now();
        match self.describe_instance(options).await {
            Ok(_) => Ok(aged(Lookup::Found(()), asked)),
            Err(error) if error.class == Class::NotFound => Ok(aged(Lookup::Absent, asked)),
            Err(error) => Err(error),
        }
    }

    async fn delegated_administrator(&self, options: &CallOptions) -> Result<bool, PortError> {
        let ours = self.our_account(options).await?;
        Ok(ours != self.management_account(options).await?.value)
    }
}

/// Lists the instances and picks the one that is configured, or the only one.
pub(super) async fn discover(clients: &Clients, configured: Option<&str>) -> Result<Instance, PortError> {
    let region = &clients.region;
    let site = CallSite::read(Service::SsoAdmin, "ListInstances", format!("region {region}"));
    let mut instances = Vec::new();
    let call = |token| clients.sso.list_instances().set_next_token(token).send();
    let take = |page: &ListInstancesOutput| {
        for one in page.instances() {
            let arn = one.instance_arn().ok_or_else(|| site.incomplete("InstanceArn"))?;
            let store = one
                .identity_store_id()
                .ok_or_else(|| site.incomplete("IdentityStoreId"))?;
            let owner = one.owner_account_id().and_then(|id| AccountId::parse(id).ok());
            instances.push(Instance {
                arn: InstanceArn::new(arn),
                identity_store_id: store.to_owned(),
                owner,
            });
        }
        Ok(page.next_token().map(Into::into))
    };
    clients
        .caller
        .pages(Family::SsoAdmin, &CallOptions::background(), &site, call, take)
        .await?;
    pick(instances, configured).map_err(|problem| site.error(Class::Invalid, Effect::None, problem))
}

fn pick(mut instances: Vec<Instance>, configured: Option<&str>) -> Result<Instance, String> {
    let arns = |instances: &[Instance]| {
        instances
            .iter()
            .map(|one| one.arn.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    if instances.is_empty() {
        return Err("there is no Identity Center instance in this region. Check that AWS_REGION is its primary region, and that \
                    the credentials belong to the management account or a delegated administrator."
            .into());
    }
    if let Some(configured) = configured {
        let found = arns(&instances);
        let wanted = instances.into_iter().find(|one| one.arn.as_str() == configured);
        return wanted.ok_or_else(|| {
            format!(
                "the configured instance {configured} was not found, but {found}. Check instance and region."
            )
        });
    }
    match instances.pop() {
        Some(only) if instances.is_empty() => Ok(only),
        last => {
            instances.extend(last);
            Err(format!(
                "there are several instances: {}. Configure the one to use.",
                arns(&instances)
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(arn: &str) -> Instance {
        Instance {
            arn: InstanceArn::new(arn),
            identity_store_id: "d-1".into(),
            owner: None,
        }
    }

    #[test]
    fn the_only_instance_or_the_configured_one_is_picked_and_nothing_else() {
        assert_eq!(pick(vec![instance("a")], None).unwrap().arn.as_str(), "a");
        assert_eq!(
            pick(vec![instance("a"), instance("b")], Some("b"))
                .unwrap()
                .arn
                .as_str(),
            "b"
        );
        assert!(pick(vec![], None).unwrap_err().contains("primary region"));
        assert!(
            pick(vec![instance("a"), instance("b")], None)
                .unwrap_err()
                .contains("a, b")
        );
        assert!(
            pick(vec![instance("a")], Some("b"))
                .unwrap_err()
                .contains("not found, but a")
        );
    }
}
