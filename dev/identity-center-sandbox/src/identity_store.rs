//! Users, groups and who is in which.

use chrono::{DateTime, Utc};

use super::entities::{Group, User};
use super::operation::{AlternateIdentifier, Call, MemberId, Operation};
use super::pages::PAGE;
use super::reply::{
    EmailRow, MembershipResult, MembershipRow, Outcome, Reply, ServiceError, UserDescription,
};
use super::world::World;

/// The most groups `IsMemberInGroups` takes.
const GROUPS_MAX: usize = 100;

impl World {
    /// Every identitystore operation.
    pub(super) fn identity_store(&mut self, call: &Call, now: DateTime<Utc>) -> Outcome {
        let operation = &call.operation;
        let store = self.ids.identity_store_id();
        let foreign_region = call.region.as_ref().is_some_and(|region| *region != self.region);
        if foreign_region || store_of(operation).is_some_and(|named| *named != store) {
            return Err(ServiceError::store_lacks("IDENTITY_STORE"));
        }
        match operation {
            Operation::GetUserId {
                alternate_identifier, ..
            } => {
                let user = self.user_by(alternate_identifier)?;
                Ok(Reply::UserId {
                    identity_store_id: store,
                    user_id: user.id.clone(),
                })
            }
            Operation::DescribeUser { user_id, .. } => {
                let user = self.live_user(user_id)?;
                Ok(Reply::User(Box::new(description(user, store))))
            }
            Operation::GetGroupId {
                alternate_identifier, ..
            } => {
                let name = attribute(alternate_identifier, &["displayName"])?.1;
                let group = self
                    .groups
                    .iter()
                    .find(|group| !group.deleted && same_name(&group.name, &name));
                let group = group.ok_or_else(|| ServiceError::store_lacks("GROUP"))?;
                Ok(Reply::GroupId {
                    identity_store_id: store,
                    group_id: group.id.clone(),
                })
            }
            Operation::DescribeGroup { group_id, .. } => {
                let Group { id, name, .. } = self.live_group(group_id)?.clone();
                Ok(Reply::Group {
                    identity_store_id: store,
                    group_id: id,
                    display_name: name,
                })
            }
            Operation::IsMemberInGroups {
                member_id, group_ids, ..
            } => self.is_member(member_id, group_ids, now),
            Operation::ListGroupMemberships { group_id, paging, .. } => {
                let rows = self.membership_rows(group_id, &store, now)?;
                let (group_memberships, next_token) = self.page(rows, paging, PAGE)?;
                Ok(Reply::Memberships {
                    group_memberships,
                    next_token,
                })
            }
            other => Err(ServiceError::invalid(format!(
                "{} is not an identity store operation",
                other.name()
            ))),
        }
    }

    fn user_by(&self, identifier: &AlternateIdentifier) -> Result<&User, ServiceError> {
        let (path, value) = attribute(identifier, &["userName", "emails.value"])?;
        let matches = |user: &&User| {
            let actual = if path == "userName" {
                Some(user.user_name.as_str())
            } else {
                user.email.as_deref()
            };
            !user.deleted && actual.is_some_and(|actual| same_name(actual, &value))
        };
        self.users
            .iter()
            .find(matches)
            .ok_or_else(|| ServiceError::store_lacks("USER"))
    }

    fn live_user(&self, id: &str) -> Result<&User, ServiceError> {
        let found = self.users.iter().find(|user| user.id == id && !user.deleted);
        found.ok_or_else(|| ServiceError::store_lacks("USER"))
    }

    fn live_group(&self, id: &str) -> Result<&Group, ServiceError> {
        let found = self.groups.iter().find(|group| group.id == id && !group.deleted);
        found.ok_or_else(|| ServiceError::store_lacks("GROUP"))
    }

    fn is_member(&self, member: &MemberId, groups: &[String], now: DateTime<Utc>) -> Outcome {
        if groups.is_empty() || groups.len() > GROUPS_MAX {
            return Err(ServiceError::invalid(format!(
                "GroupIds must have 1 to {GROUPS_MAX} entries."
            )));
        }
        self.live_user(&member.user_id)?;
        let mut results = Vec::with_capacity(groups.len());
        for id in groups {
            let group = self.live_group(id)?;
            let presence = group.members.get(&member.user_id);
            results.push(MembershipResult {
                group_id: id.clone(),
                member_id: member.clone(),
                membership_exists: presence
                    .is_some_and(|presence| presence.seen(now, self.settings.membership_lag)),
            });
        }
        Ok(Reply::MembershipResults { results })
    }

    fn membership_rows(
        &self,
        group: &str,
        store: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<MembershipRow>, ServiceError> {
        let members = &self.live_group(group)?.members;
        let seen = members
            .iter()
            .filter(|(_, presence)| presence.seen(now, self.settings.membership_lag));
        let row = |user: &String| MembershipRow {
            identity_store_id: store.to_owned(),
            membership_id: self.ids.membership_id(group, user),
            group_id: group.to_owned(),
            member_id: MemberId {
                user_id: user.clone(),
            },
        };
        Ok(seen.map(|(user, _)| row(user)).collect())
    }
}

/// AWS finds names whatever their case; callers that care compare for themselves.
fn same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn attribute<'a>(
    identifier: &'a AlternateIdentifier,
    paths: &[&str],
) -> Result<(&'a str, String), ServiceError> {
    let attribute = identifier
        .unique_attribute
        .as_ref()
        .ok_or_else(|| ServiceError::invalid("The sandbox finds by UniqueAttribute only."))?;
    let path = attribute.attribute_path.as_str();
    match attribute.attribute_value.as_str() {
        Some(value) if paths.contains(&path) => Ok((path, value.to_owned())),
        Some(_) => Err(ServiceError::invalid(format!(
            "AttributePath must be one of {}.",
            paths.join(", ")
        ))),
        None => Err(ServiceError::invalid("AttributeValue must be a string.")),
    }
}

fn description(user: &User, store: String) -> UserDescription {
    UserDescription {
        identity_store_id: store,
        user_id: user.id.clone(),
        user_name: user.user_name.clone(),
        display_name: user.user_name.clone(),
        emails: user
            .email
            .iter()
            .map(|value| EmailRow {
                value: value.clone(),
                primary: true,
            })
            .collect(),
        user_status: if user.enabled { "ENABLED" } else { "DISABLED" }.into(),
        revision: user.revision.to_string(),
    }
}

fn store_of(operation: &Operation) -> Option<&String> {
    match operation {
        Operation::GetUserId {
            identity_store_id, ..
        }
        | Operation::DescribeUser {
            identity_store_id, ..
        }
        | Operation::GetGroupId {
            identity_store_id, ..
        }
        | Operation::DescribeGroup {
            identity_store_id, ..
        }
        | Operation::IsMemberInGroups {
            identity_store_id, ..
        }
        | Operation::ListGroupMemberships {
            identity_store_id, ..
        } => Some(identity_store_id),
        _ => None,
    }
}
