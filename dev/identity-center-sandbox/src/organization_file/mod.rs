//! The organization as a YAML file, checked so that a mistake is reported with its line.

mod raw;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_saphyr::Spanned;

use self::raw::{Raw, RawAccount, RawAssignment, RawGroup, RawPermissionSet, RawUnit, RawUser};
use super::changes::Change;
use super::identifiers::Identifiers;
use super::organization_changes::ACCOUNT_STATES;
use super::session_duration::is_session_duration;
use super::settings::Settings;
use super::world::World;
use team_operator::ports::AccountId;

/// Organizational units nest at most this deep below the root: AWS's limit.
const UNIT_DEPTH_MAX: usize = 5;
/// Permission set names have at most this many characters: AWS's limit.
const PERMISSION_SET_NAME_MAX: usize = 32;

/// A checked organization, ready to become a [`World`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationFile {
    ids: Identifiers,
    region: String,
    settings: Settings,
    changes: Vec<Change>,
}

/// What is wrong with the file: everything that is, each with its line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct FileError(Vec<String>);

impl OrganizationFile {
    /// Reads and checks a file's text.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let raw: Raw = serde_saphyr::from_str(text).map_err(|error| {
            let line = error
                .location()
                .map_or_else(String::new, |at| format!("line {}: ", at.line()));
            FileError(vec![format!("{line}{}", error.without_snippet())])
        })?;
        Checker::default().check(raw)
    }

    /// The region in which the instance lives.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The world as the file describes it.
    pub fn world(&self, now: DateTime<Utc>) -> Result<World, FileError> {
        let mut world = World::empty(self.ids.clone(), self.region.clone(), self.settings.clone(), now);
        for change in &self.changes {
            world
                .change(change, now)
                .map_err(|error| FileError(vec![error.to_string()]))?;
        }
        world.all_from_the_start();
        Ok(world)
    }
}

/// Collects the changes that build the world and everything that is wrong.
#[derive(Default)]
struct Checker {
    errors: Vec<String>,
    changes: Vec<Change>,
    seen: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Checker {
    fn check(mut self, raw: Raw) -> Result<OrganizationFile, FileError> {
        let Raw {
            partition,
            region,
            seed,
            management_account,
            accounts,
            organizational_units,
            users,
            groups,
            permission_sets,
            assignments,
            settings,
        } = raw;
        if !matches!(partition.value.as_str(), "aws" | "aws-us-gov" | "aws-cn") {
            self.error(&partition, "is no partition; use aws, aws-us-gov or aws-cn");
        }
        let management = management_account.id.value.clone();
        self.account(management_account, "Root");
        for account in accounts {
            self.account(account, "Root");
        }
        for unit in organizational_units {
            self.unit(unit, "Root", 1);
        }
        for user in users {
            self.user(user);
        }
        for group in groups {
            self.group(group);
        }
        for set in permission_sets {
            self.permission_set(set);
        }
        for assignment in assignments {
            self.assignment(assignment);
        }
        if let Some(account) = &settings.delegated_administrator
            && !self.seen.get("account").is_some_and(|ids| ids.contains(account))
        {
            self.errors.push(format!(
                "settings.delegatedAdministrator names {account:?}, which is no account here"
            ));
        }
        if !self.errors.is_empty() {
            return Err(FileError(self.errors));
        }
        let ids = Identifiers {
            seed,
            partition: partition.value,
            management_account: management,
        };
        Ok(OrganizationFile {
            ids,
            region,
            settings,
            changes: self.changes,
        })
    }

    fn error(&mut self, at: &Spanned<String>, problem: &str) {
        self.errors
            .push(format!("line {}: {:?} {problem}", at.referenced.line(), at.value));
    }

    /// Notes a name and complains when it was there before.
    fn once(&mut self, kind: &'static str, name: &Spanned<String>) {
        if name.value.trim().is_empty() {
            self.error(name, &format!("is no name for a {kind}"));
        }
        if !self.seen.entry(kind).or_default().insert(name.value.clone()) {
            self.error(name, &format!("is there twice; every {kind} may be named once"));
        }
    }

    fn known(&mut self, kind: &'static str, name: &Spanned<String>) {
        if !self
            .seen
            .get(kind)
            .is_some_and(|names| names.contains(&name.value))
        {
            self.error(
                name,
                &format!("is no {kind} of this file; add it, or correct the name"),
            );
        }
    }

    fn account(&mut self, account: RawAccount, unit: &str) {
        let RawAccount { id, name, state } = account;
        self.once("account", &id);
        if let Err(error) = AccountId::parse(id.value.clone()) {
            self.errors
                .push(format!("line {}: {error}", id.referenced.line()));
        }
        if let Some(state) = &state
            && !ACCOUNT_STATES.contains(&state.value.as_str())
        {
            self.error(
                state,
                "is no account state; use ACTIVE, SUSPENDED, PENDING_CLOSURE or CLOSED",
            );
        }
        self.changes.push(Change::PutAccount {
            id: id.value,
            name: Some(name),
            unit: Some(unit.to_owned()),
            state: state.map(|state| state.value),
        });
    }

    fn unit(&mut self, unit: RawUnit, parent: &str, depth: usize) {
        let RawUnit {
            name,
            id,
            accounts,
            organizational_units,
        } = unit;
        let path = format!("{parent}/{}", name.value);
        if depth > UNIT_DEPTH_MAX {
            self.error(
                &name,
                &format!("is nested more than {UNIT_DEPTH_MAX} units deep, which AWS does not allow"),
            );
        }
        if name.value.contains('/') || name.value.trim().is_empty() {
            self.error(
                &name,
                "is no name for a unit here: it may not be blank or contain a slash",
            );
        }
        if !self
            .seen
            .entry("organizational unit")
            .or_default()
            .insert(path.clone())
        {
            self.error(
                &name,
                "is there twice in the same unit; give one of them another name",
            );
        }
        if let Some(id) = &id
            && !self
                .seen
                .entry("organizational unit id")
                .or_default()
                .insert(id.clone())
        {
            self.error(&name, &format!("has the id {id:?}, which another unit has too"));
        }
        self.changes.push(Change::PutUnit {
            name: name.value,
            parent: parent.to_owned(),
            id,
        });
        for account in accounts {
            self.account(account, &path);
        }
        for inner in organizational_units {
            self.unit(inner, &path, depth + 1);
        }
    }

    fn user(&mut self, user: RawUser) {
        let RawUser {
            user_name,
            email,
            enabled,
        } = user;
        self.once("user", &user_name);
        if let Some(email) = &email {
            self.once("e-mail address", email);
        }
        let email = email.map(|email| email.value);
        self.changes.push(Change::PutUser {
            user_name: user_name.value,
            email,
            enabled: Some(enabled),
            rename_to: None,
        });
    }

    fn group(&mut self, group: RawGroup) {
        let RawGroup { name, members } = group;
        self.once("group", &name);
        for member in &members {
            self.known("user", member);
        }
        let members = members.into_iter().map(|member| member.value).collect();
        self.changes.push(Change::PutGroup {
            name: name.value,
            members: Some(members),
            rename_to: None,
        });
    }

    fn permission_set(&mut self, set: RawPermissionSet) {
        let RawPermissionSet {
            name,
            session_duration,
        } = set;
        self.once("permission set", &name);
        if name.value.chars().count() > PERMISSION_SET_NAME_MAX {
            self.error(
                &name,
                &format!("is longer than the {PERMISSION_SET_NAME_MAX} characters AWS allows"),
            );
        }
        if !is_session_duration(&session_duration.value) {
            self.error(
                &session_duration,
                "is no session duration; AWS takes PT1H to PT12H, for instance PT1H30M",
            );
        }
        self.changes.push(Change::PutPermissionSet {
            name: name.value,
            session_duration: session_duration.value,
        });
    }

    fn assignment(&mut self, assignment: RawAssignment) {
        let RawAssignment {
            account,
            permission_set,
            user,
            group,
        } = assignment;
        self.known("account", &account);
        self.known("permission set", &permission_set);
        match (&user, &group) {
            (Some(user), None) => self.known("user", user),
            (None, Some(group)) => self.known("group", group),
            _ => self.error(
                &account,
                "is assigned to neither or both of a user and a group; name exactly one",
            ),
        }
        self.changes.push(Change::PutAssignment {
            account: account.value,
            permission_set: permission_set.value,
            user: user.map(|user| user.value),
            group: group.map(|group| group.value),
        });
    }
}
