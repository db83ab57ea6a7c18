//! People and groups, as a process asks for them.

use async_trait::async_trait;
use identity_center_sandbox::{
    AlternateIdentifier, MemberId, Operation, Paging, Reply, UniqueAttribute, UserDescription,
};
use team_operator::ports::{
    Aged, Ask, Attribute, Class, Directory, Enabled, Group, GroupId, Lookup, Member, Members, Membership,
    PortError, User, UserId, UserLookup,
};

use super::Adapter;

#[async_trait]
impl Directory for Adapter {
    async fn user_by_attribute(
        &self,
        _: &Ask,
        attribute: Attribute,
        value: &str,
    ) -> Result<Aged<UserLookup>, PortError> {
        let path = match attribute {
            Attribute::UserName => "userName",
            Attribute::Email => "emails.value",
        };
        let call = Operation::GetUserId {
            identity_store_id: self.store_id(),
            alternate_identifier: named(path, value),
        };
        let found = match absent(self.call(call).await)? {
            Some(Reply::UserId { user_id, .. }) => self.described(&UserId::new(user_id)).await?,
            _ => None,
        };
        Ok(self.aged(found.map_or(UserLookup::Absent, |user| {
            let actual = match attribute {
                Attribute::UserName => user.user_name.clone(),
                Attribute::Email => user.email.clone().unwrap_or_default(),
            };
            if actual == value {
                UserLookup::Found(user)
            } else {
                UserLookup::OtherSpelling { actual }
            }
        })))
    }

    async fn user(&self, _: &Ask, user: &UserId) -> Result<Aged<Lookup<User>>, PortError> {
        let found = self.described(user).await?;
        Ok(self.aged(found.map_or(Lookup::Absent, Lookup::Found)))
    }

    async fn group_by_name(&self, _: &Ask, name: &str) -> Result<Aged<Lookup<Group>>, PortError> {
        let call = Operation::GetGroupId {
            identity_store_id: self.store_id(),
            alternate_identifier: named("displayName", name),
        };
        Ok(self.aged(match absent(self.call(call).await)? {
            Some(Reply::GroupId { group_id, .. }) => Lookup::Found(Group {
                id: GroupId::new(group_id),
                name: name.to_owned(),
            }),
            _ => Lookup::Absent,
        }))
    }

    async fn memberships(
        &self,
        _: &Ask,
        user: &UserId,
        groups: &[GroupId],
    ) -> Result<Aged<Vec<Membership>>, PortError> {
        let mut answers = vec![];
        for group in groups {
            let call = Operation::IsMemberInGroups {
                identity_store_id: self.store_id(),
                member_id: MemberId {
                    user_id: user.as_str().to_owned(),
                },
                group_ids: vec![group.as_str().to_owned()],
            };
            answers.push(match absent(self.call(call).await)? {
                Some(Reply::MembershipResults { results })
                    if results.iter().any(|result| result.membership_exists) =>
                {
                    Membership::Member
                }
                Some(_) => Membership::NotMember,
                None => Membership::GroupAbsent,
            });
        }
        Ok(self.aged(answers))
    }

    async fn members(&self, _: &Ask, group: &GroupId) -> Result<Aged<Lookup<Members>>, PortError> {
        let call = Operation::ListGroupMemberships {
            identity_store_id: self.store_id(),
            group_id: group.as_str().to_owned(),
            paging: Paging::default(),
        };
        let Some(Reply::Memberships {
            group_memberships: rows,
            ..
        }) = absent(self.call(call).await)?
        else {
            return Ok(self.aged(Lookup::Absent));
        };
        let mut people = vec![];
        for row in rows {
            if let Some(user) = self.described(&UserId::new(row.member_id.user_id)).await? {
                people.push(Member {
                    user: self.aged(user),
                });
            }
        }
        people.sort_by(|one, other| one.user.value.id.cmp(&other.user.value.id));
        Ok(self.aged(Lookup::Found(if people.is_empty() {
            Members::Nobody
        } else {
            Members::People(people)
        })))
    }
}

impl Adapter {
    async fn described(&self, id: &UserId) -> Result<Option<User>, PortError> {
        let call = Operation::DescribeUser {
            identity_store_id: self.store_id(),
            user_id: id.as_str().to_owned(),
        };
        Ok(match absent(self.call(call).await)? {
            Some(Reply::User(user)) => Some(person(&user)),
            _ => None,
        })
    }

    pub(super) fn aged<T>(&self, value: T) -> Aged<T> {
        Aged {
            value,
            observed_at: self.now(),
        }
    }
}

/// What AWS does not find is no failure.
pub(super) fn absent(answer: Result<Reply, PortError>) -> Result<Option<Reply>, PortError> {
    match answer {
        Ok(reply) => Ok(Some(reply)),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn named(path: &str, value: &str) -> AlternateIdentifier {
    AlternateIdentifier {
        unique_attribute: Some(UniqueAttribute {
            attribute_path: path.to_owned(),
            attribute_value: value.into(),
        }),
        external_id: None,
    }
}

fn person(user: &UserDescription) -> User {
    User {
        id: UserId::new(&user.user_id),
        user_name: user.user_name.clone(),
        email: user.emails.first().map(|email| email.value.clone()),
        enabled: if user.user_status == "ENABLED" {
            Enabled::Yes
        } else {
            Enabled::No
        },
    }
}
