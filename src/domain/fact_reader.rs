//! Looking facts up, and noting which were looked for in vain.
//!
//! A decision names the facts that it needs by looking for them. What is missing or too old becomes a [`Question`];
//! the driver answers the questions and asks for a decision again, within the same pass, until none is left. So nobody but the
//! decision itself knows what a decision needs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::facts::{
    Account, Aged, Attribute, Fact, GroupLookup, ListAnswer, Lookup, Members, Membership, OperationKind,
    OperationState, PermissionSet, User, UserLookup,
};
use super::timings::Timings;
use super::window::after;
use crate::api::{
    AccountId, AssignmentKey, GroupId, PermissionSetArn, PermissionSetName, Reason, RequestId, Timestamp,
    UserId,
};

/// What was asked and answered in this pass, or is remembered from earlier ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// People by a name.
    pub users_by_name: BTreeMap<(Attribute, String), Fact<UserLookup>>,
    /// People by id.
    pub users: BTreeMap<UserId, Fact<Lookup<User>>>,
    /// Groups by display name.
    pub groups: BTreeMap<String, Fact<GroupLookup>>,
    /// Who is in which group.
    pub memberships: BTreeMap<(UserId, GroupId), Fact<Membership>>,
    /// Everybody in a group.
    pub members: BTreeMap<GroupId, Fact<Lookup<Members>>>,
    /// Accounts with their places.
    pub accounts: BTreeMap<AccountId, Fact<Lookup<Account>>>,
    /// The organization's management account.
    pub management_account: Option<Fact<AccountId>>,
    /// Permission sets by name.
    pub permission_sets_by_name: BTreeMap<PermissionSetName, Fact<Lookup<PermissionSet>>>,
    /// Permission sets by ARN.
    pub permission_sets: BTreeMap<PermissionSetArn, Fact<Lookup<PermissionSet>>>,
    /// In which accounts permission sets are provisioned.
    pub provisioned_in: BTreeMap<PermissionSetArn, Fact<Lookup<Vec<AccountId>>>>,
    /// Whether the configured instance answers and exists.
    pub instance: Option<Fact<Lookup<()>>>,
    /// Who holds the permission set of this request in its account.
    pub listing: Option<Fact<ListAnswer>>,
    /// Operations by kind and id.
    pub operations: BTreeMap<(OperationKind, RequestId), Fact<OperationState>>,
    /// Creates of ours for the assignment that AWS has accepted and not finished.
    pub creates_in_progress: Option<Fact<Vec<RequestId>>>,
}

impl Facts {
    /// Takes in newer answers.
    pub fn merge(&mut self, newer: Facts) {
        let Facts {
            users_by_name,
            users,
            groups,
            memberships,
            members,
            accounts,
            management_account,
            permission_sets_by_name,
            permission_sets,
            provisioned_in,
            instance,
            listing,
            operations,
            creates_in_progress,
        } = newer;
        self.users_by_name.extend(users_by_name);
        self.users.extend(users);
        self.groups.extend(groups);
        self.memberships.extend(memberships);
        self.members.extend(members);
        self.accounts.extend(accounts);
        self.management_account = management_account.or(self.management_account.take());
        self.permission_sets_by_name.extend(permission_sets_by_name);
        self.permission_sets.extend(permission_sets);
        self.provisioned_in.extend(provisioned_in);
        self.instance = instance.or(self.instance.take());
        self.listing = listing.or(self.listing.take());
        self.operations.extend(operations);
        self.creates_in_progress = creates_in_progress.or(self.creates_in_progress.take());
    }
}

/// A fact that a decision needs. The answer goes into the field of [`Facts`] that bears the same name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Who bears this name?
    UserByName(Attribute, String),
    /// Who has this id?
    User(UserId),
    /// Which group has this display name?
    Group(String),
    /// Is the user in the group?
    Membership(UserId, GroupId),
    /// Who is in the group?
    Members(GroupId),
    /// What is this account, and where?
    Account(AccountId),
    /// Which account manages the organization?
    ManagementAccount,
    /// Which permission set has this name?
    PermissionSetByName(PermissionSetName),
    /// What is this permission set?
    PermissionSet(PermissionSetArn),
    /// In which accounts is this permission set provisioned?
    ProvisionedIn(PermissionSetArn),
    /// Does the configured instance answer?
    Instance,
    /// Who holds the request's permission set in its account?
    Listing(AccountId, PermissionSetArn),
    /// How does this operation stand?
    Operation(OperationKind, RequestId),
    /// Which creates of ours for this assignment has AWS accepted and not finished?
    CreatesInProgress(AssignmentKey),
}

/// A decision that cannot be taken yet. It never grants and never denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// Why, in one word.
    pub reason: Reason,
    /// Why, as a sentence without its full stop.
    pub why: String,
    /// When time alone will decide it.
    pub until: Option<Timestamp>,
}

/// How old a fact may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// Within [`Timings::recheck_interval`].
    Cached,
    /// Within [`Timings::fresh_fact_max_age`].
    Fresh,
}

/// One pass's reading of the facts.
#[derive(Debug)]
pub struct FactReader<'a> {
    facts: &'a Facts,
    timings: &'a Timings,
    now: Timestamp,
    missing: RefCell<BTreeMap<Question, Freshness>>,
    stale_at: Cell<Option<Timestamp>>,
}

impl<'a> FactReader<'a> {
    /// Reads `facts` as of `now`.
    pub fn new(facts: &'a Facts, timings: &'a Timings, now: Timestamp) -> Self {
        Self {
            facts,
            timings,
            now,
            missing: RefCell::default(),
            stale_at: Cell::default(),
        }
    }

    /// What was looked for in vain, in a fixed order. What was there and too old is asked of its source, not of a cache.
    pub fn questions(&self) -> Vec<(Question, Freshness)> {
        let missing = self.missing.borrow();
        missing
            .iter()
            .map(|(question, freshness)| (question.clone(), *freshness))
            .collect()
    }

    /// When the first cached fact that was used becomes too old.
    pub fn stale_at(&self) -> Option<Timestamp> {
        self.stale_at.get()
    }

    /// The moment of this pass.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The delays.
    pub fn timings(&self) -> &'a Timings {
        self.timings
    }

    pub(super) fn user_by_name(
        &self,
        attribute: Attribute,
        name: &str,
        freshness: Freshness,
    ) -> Result<&'a UserLookup, Undecided> {
        let key = (attribute, name.to_owned());
        let fact = self.facts.users_by_name.get(&key);
        self.value(fact, freshness, || Question::UserByName(key.0, key.1.clone()))
    }

    pub(super) fn user(&self, id: &UserId, freshness: Freshness) -> Result<&'a Lookup<User>, Undecided> {
        self.value(self.facts.users.get(id), freshness, || Question::User(id.clone()))
    }

    pub(super) fn group(&self, name: &str, freshness: Freshness) -> Result<&'a GroupLookup, Undecided> {
        self.value(self.facts.groups.get(name), freshness, || {
            Question::Group(name.to_owned())
        })
    }

    pub(super) fn membership(
        &self,
        user: &UserId,
        group: &GroupId,
        freshness: Freshness,
    ) -> Result<Membership, Undecided> {
        let key = (user.clone(), group.clone());
        let fact = self.facts.memberships.get(&key);
        self.value(fact, freshness, || {
            Question::Membership(key.0.clone(), key.1.clone())
        })
        .copied()
    }

    pub(super) fn members(&self, group: &GroupId) -> Result<&'a Lookup<Members>, Undecided> {
        self.value(self.facts.members.get(group), Freshness::Cached, || {
            Question::Members(group.clone())
        })
    }

    pub(super) fn account(
        &self,
        id: &AccountId,
        freshness: Freshness,
    ) -> Result<&'a Lookup<Account>, Undecided> {
        self.value(self.facts.accounts.get(id), freshness, || {
            Question::Account(id.clone())
        })
    }

    /// However old the answer is: an organization keeps its management account.
    pub(super) fn management_account(&self) -> Result<&'a AccountId, Undecided> {
        match &self.facts.management_account {
            Some(Fact::Known(aged)) => Ok(&aged.value),
            fact => self.value(fact.as_ref(), Freshness::Cached, || Question::ManagementAccount),
        }
    }

    pub(super) fn provisioned_in(
        &self,
        set: &PermissionSetArn,
        freshness: Freshness,
    ) -> Result<&'a Lookup<Vec<AccountId>>, Undecided> {
        self.value(self.facts.provisioned_in.get(set), freshness, || {
            Question::ProvisionedIn(set.clone())
        })
    }

    pub(super) fn permission_set_by_name(
        &self,
        name: &PermissionSetName,
        freshness: Freshness,
    ) -> Result<&'a Lookup<PermissionSet>, Undecided> {
        self.value(self.facts.permission_sets_by_name.get(name), freshness, || {
            Question::PermissionSetByName(name.clone())
        })
    }

    pub(super) fn listing(
        &self,
        account: &AccountId,
        permission_set: &PermissionSetArn,
        freshness: Freshness,
    ) -> Result<&'a Aged<ListAnswer>, Undecided> {
        self.answer(self.facts.listing.as_ref(), freshness, || {
            Question::Listing(account.clone(), permission_set.clone())
        })
    }

    fn value<T>(
        &self,
        fact: Option<&'a Fact<T>>,
        freshness: Freshness,
        question: impl Fn() -> Question,
    ) -> Result<&'a T, Undecided> {
        self.answer(fact, freshness, question).map(|aged| &aged.value)
    }

    fn answer<T>(
        &self,
        fact: Option<&'a Fact<T>>,
        freshness: Freshness,
        question: impl Fn() -> Question,
    ) -> Result<&'a Aged<T>, Undecided> {
        let age = self.oldest(freshness);
        match fact {
            Some(Fact::Known(aged)) if aged.age(self.now.to_utc()) <= age => {
                if freshness == Freshness::Cached {
                    let stale_at = after(aged.observed_at.into(), age + TimeDelta::seconds(1));
                    let earliest = self.stale_at.get().map_or(stale_at, |known| known.min(stale_at));
                    self.stale_at.set(Some(earliest));
                }
                Ok(aged)
            }
            Some(Fact::Unknown(why)) => Err(Undecided::lookup(why.clone())),
            outdated @ (Some(Fact::Known(_)) | None) => {
                let source = if outdated.is_some() {
                    Freshness::Fresh
                } else {
                    Freshness::Cached
                };
                self.missing.borrow_mut().insert(question(), source);
                Err(Undecided::lookup("AWS has not been asked yet"))
            }
        }
    }

    fn oldest(&self, freshness: Freshness) -> TimeDelta {
        match freshness {
            Freshness::Cached => self.timings.recheck_interval,
            Freshness::Fresh => self.timings.fresh_fact_max_age,
        }
    }
}

impl Undecided {
    /// Why it cannot be decided, with no time that would change that.
    pub fn because(reason: Reason, why: impl Into<String>) -> Self {
        Self {
            reason,
            why: why.into(),
            until: None,
        }
    }

    /// A lookup gave no answer.
    pub fn lookup(why: impl Into<String>) -> Self {
        Self::because(Reason::LookupFailed, why)
    }
}

#[cfg(test)]
mod tests;
