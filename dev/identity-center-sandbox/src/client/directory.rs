//! The questions of [`Directory`](team_operator::ports::Directory).

use team_operator::ports::{
    Aged, Attribute, Class, Effect, Enabled, Group, GroupId, Lookup, MEMBERSHIP_GROUPS_MAX, Member, Members,
    Membership, PortError, User, UserId, UserLookup,
};

use super::refusal::failure;
use super::{Client, absent, aged};
use crate::operation::{AlternateIdentifier, MemberId, Operation, UniqueAttribute};
use crate::reply::{Reply, UserDescription};

impl Client<'_> {
    /// [`Directory::user_by_attribute`](team_operator::ports::Directory::user_by_attribute).
    pub fn user_by_attribute(
        &mut self,
        attribute: Attribute,
        value: &str,
    ) -> Result<Aged<UserLookup>, PortError> {
        let asked = self.asked();
        let path = match attribute {
            Attribute::UserName => "userName",
            Attribute::Email => "emails.value",
        };
        let call = Operation::GetUserId {
            identity_store_id: self.store(),
            alternate_identifier: named(path, value),
        };
        let id = absent(self.ask(&call, |reply| match reply {
            Reply::UserId { user_id, .. } => Some(UserId::new(user_id)),
            _ => None,
        }))?;
        let user = match id {
            Some(id) => self.described(&id)?,
            None => None,
        };
        let answer = user.map_or(UserLookup::Absent, |user| {
            UserLookup::compared(user, attribute, value)
        });
        Ok(aged(answer, asked))
    }

    /// [`Directory::user`](team_operator::ports::Directory::user).
    pub fn user(&mut self, user: &UserId) -> Result<Aged<Lookup<User>>, PortError> {
        let asked = self.asked();
        let found = self.described(user)?;
        Ok(aged(found.map_or(Lookup::Absent, Lookup::Found), asked))
    }

    /// [`Directory::group_by_name`](team_operator::ports::Directory::group_by_name).
    pub fn group_by_name(&mut self, name: &str) -> Result<Aged<Lookup<Group>>, PortError> {
        let asked = self.asked();
        let call = Operation::GetGroupId {
            identity_store_id: self.store(),
            alternate_identifier: named("displayName", name),
        };
        let id = absent(self.ask(&call, |reply| match reply {
            Reply::GroupId { group_id, .. } => Some(GroupId::new(group_id)),
            _ => None,
        }))?;
        let group = match id {
            Some(id) => self.group(&id)?.filter(|group| group.name == name),
            None => None,
        };
        Ok(aged(group.map_or(Lookup::Absent, Lookup::Found), asked))
    }

    /// [`Directory::memberships`](team_operator::ports::Directory::memberships).
    pub fn memberships(
        &mut self,
        user: &UserId,
        groups: &[GroupId],
    ) -> Result<Aged<Vec<Membership>>, PortError> {
        let asked = self.asked();
        if groups.is_empty() {
            return Ok(aged(Vec::new(), asked));
        }
        if groups.len() > MEMBERSHIP_GROUPS_MAX {
            let sentence = format!("at most {MEMBERSHIP_GROUPS_MAX} groups fit into one question");
            let call = self.membership_call(user, groups);
            return Err(failure(&call, Class::Invalid, Effect::None, sentence));
        }
        if let Some(answers) = absent(self.membership(user, groups))? {
            return Ok(aged(answers, asked));
        }
        // One missing group, or the user, spoils the whole question.
        let mut answers = Vec::with_capacity(groups.len());
        for group in groups {
            match absent(self.membership(user, std::slice::from_ref(group)))? {
                Some(one) => answers.extend(one),
                None if self.group(group)?.is_some() => answers.push(Membership::NotMember),
                None => answers.push(Membership::GroupAbsent),
            }
        }
        Ok(aged(answers, asked))
    }

    /// [`Directory::members`](team_operator::ports::Directory::members).
    pub fn members(&mut self, group: &GroupId) -> Result<Aged<Lookup<Members>>, PortError> {
        let (asked, store) = (self.asked(), self.store());
        let call = |paging| Operation::ListGroupMemberships {
            identity_store_id: store.clone(),
            group_id: group.to_string(),
            paging,
        };
        let rows = absent(self.pages(call, |reply| match reply {
            Reply::Memberships {
                group_memberships,
                next_token,
            } => Some((group_memberships, next_token)),
            _ => None,
        }))?;
        let Some(rows) = rows else {
            return Ok(aged(Lookup::Absent, asked));
        };
        let mut ids: Vec<UserId> = rows
            .into_iter()
            .map(|row| UserId::new(row.member_id.user_id))
            .collect();
        ids.sort();
        ids.dedup(); // pages of a list that changes may overlap
        let mut people = Vec::with_capacity(ids.len());
        for id in ids {
            let asked = self.asked();
            if let Some(user) = self.described(&id)? {
                people.push(Member::Known(aged(user, asked)));
            }
        }
        Ok(aged(Lookup::Found(Members::of(people)), asked))
    }

    fn described(&mut self, id: &UserId) -> Result<Option<User>, PortError> {
        let call = Operation::DescribeUser {
            identity_store_id: self.store(),
            user_id: id.to_string(),
        };
        absent(self.ask(&call, |reply| match reply {
            Reply::User(user) => Some(person(*user)),
            _ => None,
        }))
    }

    fn group(&mut self, id: &GroupId) -> Result<Option<Group>, PortError> {
        let call = Operation::DescribeGroup {
            identity_store_id: self.store(),
            group_id: id.to_string(),
        };
        absent(self.ask(&call, |reply| match reply {
            Reply::Group { display_name, .. } => Some(Group {
                id: id.clone(),
                name: display_name,
            }),
            _ => None,
        }))
    }

    fn membership(&mut self, user: &UserId, groups: &[GroupId]) -> Result<Vec<Membership>, PortError> {
        let call = self.membership_call(user, groups);
        self.ask(&call, |reply| match reply {
            Reply::MembershipResults { results } => Some(
                results
                    .iter()
                    .map(|result| {
                        if result.membership_exists {
                            Membership::Member
                        } else {
                            Membership::NotMember
                        }
                    })
                    .collect(),
            ),
            _ => None,
        })
    }

    fn membership_call(&self, user: &UserId, groups: &[GroupId]) -> Operation {
        Operation::IsMemberInGroups {
            identity_store_id: self.store(),
            member_id: MemberId {
                user_id: user.to_string(),
            },
            group_ids: groups.iter().map(ToString::to_string).collect(),
        }
    }
}

fn named(path: &str, value: &str) -> AlternateIdentifier {
    AlternateIdentifier {
        unique_attribute: Some(UniqueAttribute {
            attribute_path: path.into(),
            attribute_value: value.into(),
        }),
        external_id: None,
    }
}

fn person(user: UserDescription) -> User {
    User {
        id: UserId::new(user.user_id),
        user_name: user.user_name,
        email: user.emails.into_iter().next().map(|email| email.value),
        enabled: if user.user_status == "ENABLED" {
            Enabled::Yes
        } else {
            Enabled::No
        },
    }
}
