//! People and groups, from the identity store.
//!
//! "Not found" is an answer about a person or a group. When AWS reports that the store itself is missing, the error's
//! class is `Unavailable` (see `classify/mod.rs`), so that a wrong region never looks like an empty directory.

use async_trait::async_trait;
use aws_sdk_identitystore::types::{AlternateIdentifier, MemberId, UniqueAttribute, UserStatus};
use aws_smithy_types::Document;
use futures::future::FutureExt as _;

use super::budget::Family;
use super::call_site::{CallSite, Service};
use super::connect::{Aws, aged};
use super::shared_reads::{for_everybody, may_share};
use crate::ports::{
    Aged, Attribute, CallOptions, Class, Directory, Effect, Enabled, Group, GroupId, Lookup,
    MEMBERSHIP_GROUPS_MAX, Members, Membership, PortError, User, UserId, UserLookup,
};

const SERVICE: Service = Service::IdentityStore;
const FAMILY: Family = Family::IdentityStore;

#[async_trait]
impl Directory for Aws {
    async fn user_by_attribute(
        &self,
        options: &CallOptions,
        attribute: Attribute,
        value: &str,
    ) -> Result<Aged<UserLookup>, PortError> {
        let key = (attribute, value.to_owned());
        if let Some(kept) = self.shared.user_names.get(options, &key, self.now()) {
            return Ok(kept);
        }
        let asked = self.now();
        let answer = match self.user_id(options, attribute, value).await? {
            None => UserLookup::Absent,
            Some(id) => match self.fetch_user(options, &id).await?.value {
                Lookup::Absent => UserLookup::Absent, // deleted between the two calls
                Lookup::Found(user) => UserLookup::compared(user, attribute, value),
            },
        };
        let answer = aged(answer, asked);
        self.shared.user_names.put(key, &answer);
        Ok(answer)
    }

    async fn user(&self, options: &CallOptions, user: &UserId) -> Result<Aged<Lookup<User>>, PortError> {
        match self.shared.users.get(options, user, self.now()) {
            Some(kept) => Ok(kept),
            None => self.fetch_user(options, user).await,
        }
    }

    async fn group_by_name(
        &self,
        options: &CallOptions,
        name: &str,
    ) -> Result<Aged<Lookup<Group>>, PortError> {
        let key = name.to_owned();
        if let Some(kept) = self.shared.group_names.get(options, &key, self.now()) {
            return Ok(kept);
        }
        let asked = self.now();
        let answer = aged(self.fetch_group(options, name).await?, asked);
        self.shared.group_names.put(key, &answer);
        Ok(answer)
    }

    async fn memberships(
        &self,
        options: &CallOptions,
        user: &UserId,
        groups: &[GroupId],
    ) -> Result<Aged<Vec<Membership>>, PortError> {
        let asked = self.now();
        if groups.is_empty() {
            return Ok(aged(Vec::new(), asked));
        }
        let site = CallSite::read(
            SERVICE,
            "IsMemberInGroups",
            format!("user {user} and {} groups", groups.len()),
        );
        if groups.len() > MEMBERSHIP_GROUPS_MAX {
            let sentence =
                format!("at most {MEMBERSHIP_GROUPS_MAX} groups can be queried at once. Split the query.");
            return Err(site.error(Class::Invalid, Effect::None, sentence));
        }
        match self.membership_call(options, &site, user, groups).await {
            Ok(answers) => Ok(aged(answers, asked)),
            // One missing group (or the user) fails the whole query: query each group by itself.
            Err(error) if error.class == Class::NotFound => Ok(aged(
                self.memberships_one_by_one(options, user, groups).await?,
                asked,
            )),
            Err(error) => Err(error),
        }
    }

    async fn members(
        &self,
        options: &CallOptions,
        group: &GroupId,
    ) -> Result<Aged<Lookup<Members>>, PortError> {
        if let Some(kept) = self.shared.members.get(options, group, self.now()) {
            return Ok(kept);
        }
        if !may_share(options) {
            return self.read_members(options, group).await;
        }
        let (aws, id) = (self.clone(), group.clone());
        let begin = || async move { aws.read_members(&for_everybody(), &id).await }.boxed();
        self.shared.members_read.join(group.clone(), begin).await
    }
}

impl Aws {
    /// The identity store, once AWS has named the instance.
    pub(super) fn store(&self, site: &CallSite) -> Result<&str, PortError> {
        let instance = self.shared.instance.get();
        let store = instance.map(|instance| instance.identity_store_id.as_str());
        store.ok_or_else(|| {
            site.error(
                Class::Unavailable,
                Effect::None,
                "the identity store is not known yet, because AWS has not answered since the start. AWS is asked again.",
            )
        })
    }

    async fn user_id(
        &self,
        options: &CallOptions,
        attribute: Attribute,
        value: &str,
    ) -> Result<Option<UserId>, PortError> {
        let path = match attribute {
            Attribute::UserName => "userName",
            Attribute::Email => "emails.value",
        };
        let site = CallSite::read(
            SERVICE,
            "GetUserId",
            format!("the user whose {path} is {value:?}"),
        );
        let identifier = unique(&site, path, value)?;
        let client = &self.shared.store;
        let call = client
            .get_user_id()
            .identity_store_id(self.store(&site)?)
            .alternate_identifier(identifier)
            .send();
        match self.shared.caller.run(FAMILY, options, &site, call).await {
            Ok(answer) => Ok(Some(UserId::new(answer.user_id()))),
            Err(error) if error.class == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn fetch_user(
        &self,
        options: &CallOptions,
        user: &UserId,
    ) -> Result<Aged<Lookup<User>>, PortError> {
        let site = CallSite::read(SERVICE, "DescribeUser", format!("user {user}"));
        let asked = self.now();
        let call = self
            .shared
            .store
            .describe_user()
            .identity_store_id(self.store(&site)?)
            .user_id(user.as_str())
            .send();
        let answer = match self.shared.caller.run(FAMILY, options, &site, call).await {
            Err(error) if error.class == Class::NotFound => Lookup::Absent,
            Err(error) => return Err(error),
            Ok(answer) => Lookup::Found(User {
                id: UserId::new(answer.user_id()),
                user_name: answer
                    .user_name()
                    .ok_or_else(|| site.incomplete("UserName"))?
                    .to_owned(),
                email: answer
                    .emails()
                    .first()
                    .and_then(|email| email.value())
                    .map(Into::into),
                enabled: match answer.user_status() {
                    None | Some(UserStatus::Enabled) => Enabled::Yes,
                    Some(UserStatus::Disabled) => Enabled::No,
                    Some(_) => Enabled::Unrecognized,
                },
            }),
        };
        let answer = aged(answer, asked);
        self.shared.users.put(user.clone(), &answer);
        Ok(answer)
    }

    async fn fetch_group(&self, options: &CallOptions, name: &str) -> Result<Lookup<Group>, PortError> {
        let site = CallSite::read(SERVICE, "GetGroupId", format!("the group named {name:?}"));
        let identifier = unique(&site, "displayName", name)?;
        let client = &self.shared.store;
        let call = client
            .get_group_id()
            .identity_store_id(self.store(&site)?)
            .alternate_identifier(identifier)
            .send();
        let id = match self.shared.caller.run(FAMILY, options, &site, call).await {
            Ok(answer) => GroupId::new(answer.group_id()),
            Err(error) if error.class == Class::NotFound => return Ok(Lookup::Absent),
            Err(error) => return Err(error),
        };
        let site = CallSite::read(SERVICE, "DescribeGroup", format!("group {id}"));
        let call = client
            .describe_group()
            .identity_store_id(self.store(&site)?)
            .group_id(id.as_str())
            .send();
        match self.shared.caller.run(FAMILY, options, &site, call).await {
            // Another spelling is another group: names are compared byte for byte.
            Ok(answer) if answer.display_name() == Some(name) => Ok(Lookup::Found(Group {
                id,
                name: name.to_owned(),
            })),
            Ok(_) => Ok(Lookup::Absent),
            Err(error) if error.class == Class::NotFound => Ok(Lookup::Absent),
            Err(error) => Err(error),
        }
    }

    async fn membership_call(
        &self,
        options: &CallOptions,
        site: &CallSite,
        user: &UserId,
        groups: &[GroupId],
    ) -> Result<Vec<Membership>, PortError> {
        let client = &self.shared.store;
        let call = client
            .is_member_in_groups()
            .identity_store_id(self.store(site)?)
            .member_id(MemberId::UserId(user.as_str().to_owned()))
            .set_group_ids(Some(
                groups.iter().map(|group| group.as_str().to_owned()).collect(),
            ))
            .send();
        let answer = self.shared.caller.run(FAMILY, options, site, call).await?;
        let about = |group: &GroupId| {
            let row = answer
                .results()
                .iter()
                .find(|row| row.group_id() == Some(group.as_str()));
            row.map(|row| {
                if row.membership_exists() {
                    Membership::Member
                } else {
                    Membership::NotMember
                }
            })
        };
        let answers: Option<Vec<Membership>> = groups.iter().map(about).collect();
        answers.ok_or_else(|| site.incomplete("result for each group"))
    }

    async fn memberships_one_by_one(
        &self,
        options: &CallOptions,
        user: &UserId,
        groups: &[GroupId],
    ) -> Result<Vec<Membership>, PortError> {
        let mut answers = Vec::with_capacity(groups.len());
        for group in groups {
            let site = CallSite::read(
                SERVICE,
                "IsMemberInGroups",
                format!("user {user} and group {group}"),
            );
            match self
                .membership_call(options, &site, user, std::slice::from_ref(group))
                .await
            {
                Ok(one) => answers.extend(one),
                Err(error) if error.class == Class::NotFound => {
                    answers.push(self.why_missing(options, user, group).await?);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(answers)
    }

    /// Either the group is gone, or the user is: somebody who does not exist is in no group.
    async fn why_missing(
        &self,
        options: &CallOptions,
        user: &UserId,
        group: &GroupId,
    ) -> Result<Membership, PortError> {
        let site = CallSite::read(
            SERVICE,
            "DescribeGroup",
            format!("group {group} (for user {user})"),
        );
        let call = self
            .shared
            .store
            .describe_group()
            .identity_store_id(self.store(&site)?)
            .group_id(group.as_str())
            .send();
        match self.shared.caller.run(FAMILY, options, &site, call).await {
            Ok(_) => Ok(Membership::NotMember),
            Err(error) if error.class == Class::NotFound => Ok(Membership::GroupAbsent),
            Err(error) => Err(error),
        }
    }
}

fn unique(site: &CallSite, path: &str, value: &str) -> Result<AlternateIdentifier, PortError> {
    UniqueAttribute::builder()
        .attribute_path(path)
        .attribute_value(Document::String(value.to_owned()))
        .build()
        .map(AlternateIdentifier::UniqueAttribute)
        .map_err(|error| {
            site.error(
                Class::Invalid,
                Effect::None,
                format!("the request cannot be built: {error}."),
            )
        })
}
