//! What people change in the world while it runs, by the names people use.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::entities::{Group, PermissionSet, Standing, User};
use super::operation::AssignmentInput;
use super::presence::Presence;
use super::world::World;
use team_operator::organization_file::is_session_duration;

/// One change, made at once and behind AWS's back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "change",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
#[expect(
    missing_docs,
    reason = "the fields are what they are called; absent ones stay as they are"
)]
pub enum Change {
    /// Creates a user or changes one. A name that was deleted before gets a new id.
    PutUser {
        user_name: String,
        email: Option<String>,
        enabled: Option<bool>,
        rename_to: Option<String>,
    },
    /// Deletes a user; their assignments stay, as in AWS.
    RemoveUser { user_name: String },
    /// Creates a group, or renames it, or replaces its members.
    PutGroup {
        name: String,
        members: Option<Vec<String>>,
        rename_to: Option<String>,
    },
    /// Deletes a group.
    RemoveGroup { name: String },
    /// Adds one user to a group.
    AddMember { group: String, user_name: String },
    /// Takes one user out of a group.
    RemoveMember { group: String, user_name: String },
    /// Creates an organizational unit, or renames it. Units are named by id or by path, `Root/Production`.
    PutUnit {
        name: String,
        parent: String,
        id: Option<String>,
    },
    /// Deletes an empty organizational unit.
    RemoveUnit { unit: String },
    /// Creates an account, renames it, moves it to a unit, or changes its state.
    PutAccount {
        id: String,
        name: Option<String>,
        unit: Option<String>,
        state: Option<String>,
    },
    /// Takes an account out of the organization.
    RemoveAccount { id: String },
    /// Creates a permission set or changes its session duration (ISO 8601, `PT1H` to `PT12H`).
    PutPermissionSet { name: String, session_duration: String },
    /// Deletes a permission set, with its assignments.
    RemovePermissionSet { name: String },
    /// Somebody else assigns; exactly one of user and group.
    PutAssignment {
        account: String,
        permission_set: String,
        user: Option<String>,
        group: Option<String>,
    },
    /// Somebody else removes an assignment.
    RemoveAssignment {
        account: String,
        permission_set: String,
        user: Option<String>,
        group: Option<String>,
    },
    /// Lets every operation that is stuck succeed now.
    FinishStuck {},
    /// AWS forgets the records of all operations, finished or not.
    ForgetOperations {},
}

/// Why a change cannot be made; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// It names something that is not there.
    #[error(
        "there is no {kind} {name:?}; create it first, or look at GET /sandbox/organization for what there is"
    )]
    Unknown {
        /// What kind of thing.
        kind: &'static str,
        /// The name given.
        name: String,
    },
    /// It would make the organization impossible in AWS.
    #[error("{0}")]
    Impossible(String),
}

impl World {
    /// Makes one change.
    pub fn change(&mut self, change: &Change, now: DateTime<Utc>) -> Result<(), ChangeError> {
        self.settle(now);
        match change {
            Change::PutUser {
                user_name,
                email,
                enabled,
                rename_to,
            } => self.put_user(user_name, email.as_ref(), *enabled, rename_to.as_ref()),
            Change::RemoveUser { user_name } => self.remove_user(user_name),
            Change::PutGroup {
                name,
                members,
                rename_to,
            } => self.put_group(name, members.as_deref(), rename_to.as_ref(), now),
            Change::RemoveGroup { name } => {
                self.group_mut(name)?.deleted = true;
                Ok(())
            }
            Change::AddMember { group, user_name } => self.set_member(group, user_name, true, now),
            Change::RemoveMember { group, user_name } => self.set_member(group, user_name, false, now),
            Change::PutUnit { name, parent, id } => self.put_unit(name, parent, id.as_ref()),
            Change::RemoveUnit { unit } => self.remove_unit(unit),
            Change::PutAccount {
                id,
                name,
                unit,
                state,
            } => self.put_account(id, name.as_ref(), unit.as_ref(), state.as_ref()),
            Change::RemoveAccount { id } => match self.accounts.remove(id) {
                Some(_) => Ok(()),
                None => Err(unknown("account", id)),
            },
            Change::PutPermissionSet {
                name,
                session_duration,
            } => self.put_permission_set(name, session_duration),
            Change::RemovePermissionSet { name } => self.remove_permission_set(name, now),
            Change::PutAssignment {
                account,
                permission_set,
                user,
                group,
            } => self.assign(account, permission_set, user.as_ref(), group.as_ref(), true, now),
            Change::RemoveAssignment {
                account,
                permission_set,
                user,
                group,
            } => self.assign(account, permission_set, user.as_ref(), group.as_ref(), false, now),
            Change::FinishStuck {} => {
                self.finish_stuck(now);
                Ok(())
            }
            Change::ForgetOperations {} => {
                for operation in &mut self.operations {
                    operation.forgotten = true;
                }
                Ok(())
            }
        }
    }

    fn finish_stuck(&mut self, now: DateTime<Utc>) {
        let open = self
            .operations
            .iter_mut()
            .filter(|one| one.state == Standing::InProgress);
        for stuck in open.filter(|one| one.due_at.is_none()) {
            stuck.due_at = Some(now);
        }
        self.settle(now);
    }

    fn remove_user(&mut self, name: &str) -> Result<(), ChangeError> {
        let user = self.user_mut(name)?;
        user.deleted = true;
        let id = user.id.clone();
        for group in &mut self.groups {
            group.members.remove(&id);
        }
        Ok(())
    }

    fn put_user(
        &mut self,
        name: &str,
        email: Option<&String>,
        enabled: Option<bool>,
        rename_to: Option<&String>,
    ) -> Result<(), ChangeError> {
        if self.user_mut(name).is_err() {
            let incarnation = self.incarnation("user", name);
            self.users.push(User {
                id: self.ids.user_id(name, incarnation),
                user_name: name.to_owned(),
                email: None,
                enabled: true,
                deleted: false,
                revision: 0,
            });
        }
        let user = self.user_mut(name)?;
        user.revision += 1;
        user.email = email.cloned().or_else(|| user.email.clone());
        user.enabled = enabled.unwrap_or(user.enabled);
        user.user_name = rename_to.cloned().unwrap_or_else(|| name.to_owned());
        Ok(())
    }

    fn put_group(
        &mut self,
        name: &str,
        members: Option<&[String]>,
        rename_to: Option<&String>,
        now: DateTime<Utc>,
    ) -> Result<(), ChangeError> {
        let wanted: Option<Vec<String>> = match members {
            Some(names) => Some(
                names
                    .iter()
                    .map(|user| self.user_id(user))
                    .collect::<Result<_, _>>()?,
            ),
            None => None,
        };
        let created = self.group_mut(name).is_err();
        if created {
            let id = self.ids.group_id(
                name,
                self.incarnations
                    .get(&format!("group {name}"))
                    .copied()
                    .unwrap_or(0),
            );
            self.incarnation("group", name);
            self.groups.push(Group {
                id,
                name: name.into(),
                deleted: false,
                members: [].into(),
            });
        }
        let group = self.group_mut(name)?;
        for user in wanted.iter().flatten() {
            let fresh = if created {
                Presence::from_the_start()
            } else {
                Presence::default()
            };
            group
                .members
                .entry(user.clone())
                .or_insert(fresh)
                .set(true, now, Duration::ZERO);
        }
        if let Some(wanted) = wanted {
            let others = group
                .members
                .iter_mut()
                .filter(|(user, _)| !wanted.contains(user));
            others.for_each(|(_, presence)| presence.set(false, now, Duration::ZERO));
        }
        group.name = rename_to.cloned().unwrap_or_else(|| name.to_owned());
        Ok(())
    }

    fn set_member(
        &mut self,
        group: &str,
        user: &str,
        present: bool,
        now: DateTime<Utc>,
    ) -> Result<(), ChangeError> {
        let user = self.user_id(user)?;
        self.group_mut(group)?
            .members
            .entry(user)
            .or_default()
            .set(present, now, Duration::ZERO);
        Ok(())
    }

    fn put_permission_set(&mut self, name: &str, session_duration: &str) -> Result<(), ChangeError> {
        if !is_session_duration(session_duration) {
            let sentence = format!("{session_duration:?} is no session duration; AWS takes PT1H to PT12H");
            return Err(ChangeError::Impossible(sentence));
        }
        let duration = session_duration.to_owned();
        if let Some(set) = self.permission_sets.iter_mut().find(|set| set.name == name) {
            set.session_duration = duration;
            return Ok(());
        }
        let incarnation = self.incarnation("permission-set", name);
        let arn = self.ids.permission_set_arn(name, incarnation);
        self.permission_sets.push(PermissionSet {
            arn,
            name: name.into(),
            session_duration: duration,
        });
        Ok(())
    }

    fn remove_permission_set(&mut self, name: &str, now: DateTime<Utc>) -> Result<(), ChangeError> {
        let arn = self.permission_set_arn(name)?;
        self.permission_sets.retain(|set| set.arn != arn);
        let of_set = self
            .assignments
            .values_mut()
            .filter(|one| one.input.permission_set_arn == arn);
        of_set.for_each(|one| one.presence.set(false, now, Duration::ZERO));
        Ok(())
    }

    fn assign(
        &mut self,
        account: &str,
        permission_set: &str,
        user: Option<&String>,
        group: Option<&String>,
        present: bool,
        now: DateTime<Utc>,
    ) -> Result<(), ChangeError> {
        if !self.accounts.contains_key(account) {
            return Err(unknown("account", account));
        }
        let (principal_type, principal_id) = match (user, group) {
            (Some(user), None) => ("USER", self.user_id(user)?),
            (None, Some(group)) => ("GROUP", self.group_mut(group)?.id.clone()),
            _ => {
                return Err(ChangeError::Impossible(
                    "an assignment is for either a user or a group".into(),
                ));
            }
        };
        let input = AssignmentInput {
            instance_arn: self.ids.instance_arn(),
            target_id: account.to_owned(),
            target_type: "AWS_ACCOUNT".into(),
            permission_set_arn: self.permission_set_arn(permission_set)?,
            principal_type: principal_type.into(),
            principal_id,
        };
        self.set_assignment(&input, present, now, Duration::ZERO);
        Ok(())
    }

    fn user_mut(&mut self, name: &str) -> Result<&mut User, ChangeError> {
        let found = self
            .users
            .iter_mut()
            .find(|user| user.user_name == name && !user.deleted);
        found.ok_or_else(|| unknown("user", name))
    }

    fn user_id(&mut self, name: &str) -> Result<String, ChangeError> {
        self.user_mut(name).map(|user| user.id.clone())
    }

    fn group_mut(&mut self, name: &str) -> Result<&mut Group, ChangeError> {
        let found = self
            .groups
            .iter_mut()
            .find(|group| group.name == name && !group.deleted);
        found.ok_or_else(|| unknown("group", name))
    }

    fn permission_set_arn(&self, name: &str) -> Result<String, ChangeError> {
        let found = self.permission_sets.iter().find(|set| set.name == name);
        found
            .map(|set| set.arn.clone())
            .ok_or_else(|| unknown("permission set", name))
    }
}

pub(super) fn unknown(kind: &'static str, name: &str) -> ChangeError {
    ChangeError::Unknown {
        kind,
        name: name.to_owned(),
    }
}
