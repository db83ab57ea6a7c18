//! What a file must not say.

use std::collections::{BTreeMap, BTreeSet};

use serde_saphyr::Spanned;

use super::session_duration::is_session_duration;
use super::{
    FileAccount, FileAssignment, FileError, FileGroup, FilePermissionSet, FileUnit, FileUser,
    OrganizationFile,
};
use crate::api::AccountId;

/// Organizational units nest at most this deep below the root: AWS's limit.
const UNIT_DEPTH_MAX: usize = 5;
/// Permission set names have at most this many characters: AWS's limit.
const PERMISSION_SET_NAME_MAX: usize = 32;

/// AWS's states of an account.
pub const ACCOUNT_STATES: [&str; 5] = [
    "ACTIVE",
    "SUSPENDED",
    "PENDING_ACTIVATION",
    "PENDING_CLOSURE",
    "CLOSED",
];

/// Collects everything that is wrong.
#[derive(Default)]
struct Checker {
    errors: Vec<String>,
    seen: BTreeMap<&'static str, BTreeSet<String>>,
}

/// Everything that is wrong with a file.
pub(super) fn check<S>(file: &OrganizationFile<S>) -> Result<(), FileError> {
    let mut checker = Checker::default();
    if !matches!(file.partition.value.as_str(), "aws" | "aws-us-gov" | "aws-cn") {
        checker.error(&file.partition, "is no partition; use aws, aws-us-gov or aws-cn");
    }
    checker.account(&file.management_account);
    for account in &file.accounts {
        checker.account(account);
    }
    for unit in &file.organizational_units {
        checker.unit(unit, "Root", 1);
    }
    for user in &file.users {
        checker.user(user);
    }
    for group in &file.groups {
        checker.group(group);
    }
    for set in &file.permission_sets {
        checker.permission_set(set);
    }
    for assignment in &file.assignments {
        checker.assignment(assignment);
    }
    if checker.errors.is_empty() {
        Ok(())
    } else {
        Err(FileError(checker.errors))
    }
}

impl Checker {
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
        let known = self.seen.get(kind);
        if !known.is_some_and(|names| names.contains(&name.value)) {
            self.error(
                name,
                &format!("is no {kind} of this file; add it, or correct the name"),
            );
        }
    }

    fn account(&mut self, account: &FileAccount) {
        let FileAccount { id, name: _, state } = account;
        self.once("account", id);
        if let Err(error) = AccountId::parse(id.value.clone()) {
            self.errors
                .push(format!("line {}: {error}", id.referenced.line()));
        }
        if let Some(state) = state
            && !ACCOUNT_STATES.contains(&state.value.as_str())
        {
            self.error(
                state,
                "is no account state; use ACTIVE, SUSPENDED, PENDING_CLOSURE or CLOSED",
            );
        }
    }

    fn unit(&mut self, unit: &FileUnit, parent: &str, depth: usize) {
        let FileUnit {
            name,
            id,
            accounts,
            organizational_units,
        } = unit;
        let path = format!("{parent}/{}", name.value);
        if depth > UNIT_DEPTH_MAX {
            self.error(
                name,
                &format!("is nested more than {UNIT_DEPTH_MAX} units deep, which AWS does not allow"),
            );
        }
        if name.value.contains('/') || name.value.trim().is_empty() {
            self.error(
                name,
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
                name,
                "is there twice in the same unit; give one of them another name",
            );
        }
        let ids = self.seen.entry("organizational unit id").or_default();
        if let Some(id) = id
            && !ids.insert(id.clone())
        {
            self.error(name, &format!("has the id {id:?}, which another unit has too"));
        }
        for account in accounts {
            self.account(account);
        }
        for inner in organizational_units {
            self.unit(inner, &path, depth + 1);
        }
    }

    fn user(&mut self, user: &FileUser) {
        self.once("user", &user.user_name);
        if let Some(email) = &user.email {
            self.once("e-mail address", email);
        }
    }

    fn group(&mut self, group: &FileGroup) {
        self.once("group", &group.name);
        for member in &group.members {
            self.known("user", member);
        }
    }

    fn permission_set(&mut self, set: &FilePermissionSet) {
        let FilePermissionSet {
            name,
            session_duration,
            provisioned_in_management_account: _,
        } = set;
        self.once("permission set", name);
        if name.value.chars().count() > PERMISSION_SET_NAME_MAX {
            self.error(
                name,
                &format!("is longer than the {PERMISSION_SET_NAME_MAX} characters AWS allows"),
            );
        }
        if !is_session_duration(&session_duration.value) {
            self.error(
                session_duration,
                "is no session duration; AWS takes PT1H to PT12H, for instance PT1H30M",
            );
        }
    }

    fn assignment(&mut self, assignment: &FileAssignment) {
        let FileAssignment {
            account,
            permission_set,
            user,
            group,
        } = assignment;
        self.known("account", account);
        self.known("permission set", permission_set);
        match (user, group) {
            (Some(user), None) => self.known("user", user),
            (None, Some(group)) => self.known("group", group),
            _ => self.error(
                account,
                "is assigned to neither or both of a user and a group; name exactly one",
            ),
        }
    }
}
