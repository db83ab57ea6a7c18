//! What AWS says, as values: absence, age and ignorance are kept apart.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::api::{AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, Timestamp, UserId};

/// An answer with the moment at which AWS gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aged<T> {
    /// What was answered.
    pub value: T,
    /// When the question was sent: a change after this moment may be missing from the answer.
    pub observed_at: DateTime<Utc>,
}

impl<T> Aged<T> {
    /// How old the answer is at `now`; zero when the clock has stepped back behind it.
    pub fn age(&self, now: DateTime<Utc>) -> TimeDelta {
        (now - self.observed_at).max(TimeDelta::zero())
    }

    /// The same age around another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Aged<U> {
        Aged {
            value: change(self.value),
            observed_at: self.observed_at,
        }
    }
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// It was answered.
    Known(Aged<T>),
    /// It was asked and not answered. The text says why.
    Unknown(String),
}

/// What AWS says about something that may not exist. Both variants are answers; a failed call is neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<T> {
    /// It exists and looks like this.
    Found(T),
    /// AWS answered that it does not exist.
    Absent,
}

impl<T> Lookup<T> {
    /// The thing, if it exists.
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(value) => Some(value),
            Self::Absent => None,
        }
    }
}

/// By which attribute a person is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// The sign-in name.
    UserName,
    /// The e-mail address; Identity Center keeps at most one.
    Email,
}

/// What the directory says about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserLookup {
    /// Exactly this value.
    Found(User),
    /// AWS answered with somebody whose value differs, for instance in upper and lower case.
    OtherSpelling {
        /// The value as the directory has it.
        actual: String,
    },
    /// Nobody, or more than one.
    Absent,
}

impl UserLookup {
    /// What the user is whom AWS found for a value: it finds names whatever their case, and a name decides who somebody is.
    pub fn compared(user: User, attribute: Attribute, value: &str) -> Self {
        let actual = match attribute {
            Attribute::UserName => Some(user.user_name.clone()),
            Attribute::Email => user.email.clone(),
        };
        match actual {
            Some(actual) if actual == value => Self::Found(user),
            Some(actual) => Self::OtherSpelling { actual },
            None => Self::Absent,
        }
    }
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Never changes.
    pub id: UserId,
    /// May change.
    pub user_name: String,
    /// May change, may be missing.
    pub email: Option<String>,
    /// Whether the person may sign in.
    pub enabled: Enabled,
}

/// Whether a person may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enabled {
    /// Yes, or the directory does not say: an absent flag means enabled.
    Yes,
    /// The directory says DISABLED.
    No,
    /// The directory says something this version does not know. Neither grants nor ends anything by itself.
    Unrecognized,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Never changes.
    pub id: GroupId,
    /// May change.
    pub name: String,
}

/// What the directory says about the name of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupLookup {
    /// It exists.
    Found(Group),
    /// It does not, and has not since this controller first noticed.
    Absent {
        /// When that was: an absence counts only after a while, because tools delete and create again.
        since: Timestamp,
    },
}

/// One answer about one user and one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// The user is in the group.
    Member,
    /// The group exists and the user is not in it.
    NotMember,
    /// There is no such group (any more).
    GroupAbsent,
}

/// The people of a group that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// The group is empty: an answer, unlike a failed call and unlike a missing group.
    Nobody,
    /// At least one, in the order of their ids.
    People(Vec<Member>),
}

/// One person of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// The person; name and enabled flag may be as old as the cache of names allows.
    Known(Aged<User>),
    /// Somebody who is in the group, and of whom AWS says nothing more.
    Unreadable {
        /// Who it is.
        id: UserId,
        /// What AWS answered.
        why: String,
    },
}

impl Member {
    /// Who it is.
    pub fn id(&self) -> &UserId {
        match self {
            Self::Known(user) => &user.value.id,
            Self::Unreadable { id, .. } => id,
        }
    }
}

impl Members {
    /// These people.
    pub fn of(people: Vec<Member>) -> Self {
        if people.is_empty() {
            Self::Nobody
        } else {
            Self::People(people)
        }
    }

    /// Those of whom AWS told who they are.
    pub fn known(&self) -> impl Iterator<Item = &User> {
        self.all().iter().filter_map(|member| match member {
            Member::Known(user) => Some(&user.value),
            Member::Unreadable { .. } => None,
        })
    }

    /// The others, each with what AWS answered.
    pub fn unreadable(&self) -> impl Iterator<Item = (&UserId, &str)> {
        self.all().iter().filter_map(|member| match member {
            Member::Known(_) => None,
            Member::Unreadable { id, why } => Some((id, why.as_str())),
        })
    }

    fn all(&self) -> &[Member] {
        match self {
            Self::Nobody => &[],
            Self::People(people) => people,
        }
    }
}

/// An account with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// May change.
    pub name: String,
    /// Only `Active` accounts can be granted; in all states removal is tried.
    pub state: AccountState,
    /// From the root down to the unit that holds the account.
    pub path: OuPath,
}

/// AWS's `Account.State`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// Usable.
    Active,
    /// `PENDING_ACTIVATION`: being created.
    PendingActivation,
    /// Suspended by AWS; may come back.
    Suspended,
    /// `PENDING_CLOSURE`: being closed.
    PendingClosure,
    /// Closed.
    Closed,
    /// AWS said nothing, or something this version does not know.
    Unrecognized,
}

/// The units above an account, the root first, the nearest last. Never empty for an account in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OuPath(pub Vec<OuStep>);

/// One unit (or the root) of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OuStep {
    /// Compared by policies.
    pub id: OrganizationalUnitId,
    /// Shown to people.
    pub name: String,
}

impl OuPath {
    /// For people: `Root/Production/Payments`.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|step| step.name.as_str()).collect();
        names.join("/")
    }
}

/// A permission set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionSet {
    /// Never changes.
    pub arn: PermissionSetArn,
    /// Never changes.
    pub name: String,
    /// How long credentials stay valid once issued, also after the assignment is gone: one hour to twelve.
    pub session_duration: Duration,
}

/// What became of asking who holds a permission set in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListAnswer {
    /// The list.
    Listed(Listing),
    /// AWS does not know the account, the permission set or the instance, and does not say which.
    NotFound,
}

/// One list call's result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Everybody assigned; empty is an answer.
    pub principals: Vec<Principal>,
}

/// Who holds an assignment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A person directly.
    User(UserId),
    /// All members of a group.
    Group(GroupId),
}

impl Listing {
    /// Whether the user is assigned directly.
    pub fn holds_user(&self, user: &UserId) -> bool {
        self.principals
            .iter()
            .any(|principal| matches!(principal, Principal::User(id) if id == user))
    }

    /// The groups that are assigned: their members keep the access when the user's own assignment goes.
    pub fn groups(&self) -> impl Iterator<Item = &GroupId> {
        self.principals.iter().filter_map(|principal| match principal {
            Principal::Group(id) => Some(id),
            Principal::User(_) => None,
        })
    }
}

/// The two kinds of operation, whose ids live in separate spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OperationKind {
    /// Made by `create`.
    Creation,
    /// Made by `delete`.
    Deletion,
}

/// How an operation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationState {
    /// Not finished.
    InProgress {
        /// Asking sooner brings no news.
        ask_again_in: Duration,
    },
    /// AWS says it is done. A later list confirms.
    Succeeded,
    /// AWS gave up.
    Failed {
        /// What that means, as far as AWS's wording is known.
        kind: FailureKind,
        /// AWS's own words, and what to check.
        reason: String,
    },
    /// A deletion that failed because there was nothing to delete. A later list confirms.
    AlreadyGone(GoneEvidence),
    /// AWS no longer has a record of the operation: neither success nor failure is known.
    Vanished,
}

/// How AWS said that there is nothing to delete; there are two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoneEvidence {
    /// The delete itself was answered with `ResourceNotFoundException`.
    NotFoundAnswer,
    /// The delete was accepted and then failed: "Received a 404 status error", about an `EntitlementItem`.
    EntitlementMissing,
}

/// Why AWS gave up on an operation, from its wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The account has as many IAM roles as its quota allows.
    RoleQuota,
    /// A customer managed policy that the permission set names does not exist in the account.
    PolicyMissing,
    /// The directory does not know the user (deleted, or not yet there).
    PrincipalNotFound,
    /// AWS could not use the instance's encryption key.
    EncryptionKey,
    /// IAM denied an action that AWS took in the controller's name.
    NotAuthorized,
    /// AWS says nothing useful, or that it takes longer than usual.
    Internal,
    /// Wording not seen before.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_found_is_there() {
        assert_eq!(Lookup::Found("it").found(), Some("it"));
        assert_eq!(Lookup::<&str>::Absent.found(), None);
    }
}
