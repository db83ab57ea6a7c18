//! An organization file as the answers that AWS would give.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::IgnoredAny;

use crate::api::{
    AccountId, GroupId, OrganizationalUnitId, PermissionSetArn, PermissionSetName, Timestamp, UserId,
};
use crate::domain::policy_status::OrganizationFacts;
use crate::domain::{
    Account, AccountState, Aged, Attribute, Enabled, Fact, Facts, Freshness, Group, GroupLookup, ListAnswer,
    Listing, Lookup, Member, Members, Membership, OuPath, OuStep, PermissionSet, Question, User, UserLookup,
};
use crate::organization_file::{Absent, FileAccount, FileUnit, OrganizationFile, session_minutes};

/// How long ago what is not there was last there: long enough to count as gone.
const LONG_AGO: TimeDelta = TimeDelta::days(365);

/// The answers.
#[derive(Debug, Clone)]
pub struct Directory {
    users: BTreeMap<String, User>,
    groups: BTreeMap<String, BTreeSet<String>>,
    sets: BTreeMap<String, PermissionSet>,
    sets_in_management: BTreeSet<String>,
    organization: OrganizationFacts,
    management: AccountId,
    partial: bool,
    absent: Absent,
    now: DateTime<Utc>,
    /// Whether the controller is a delegated administrator.
    pub delegated_administrator: bool,
    /// The instance that was read; empty in a file that people wrote.
    pub instance: String,
    /// When it was read.
    pub observed: Option<Timestamp>,
}

impl Directory {
    /// The answers of a file, as if they were given now.
    pub fn of(file: OrganizationFile<IgnoredAny>, now: Timestamp) -> Self {
        let root = OuStep {
            id: OrganizationalUnitId::as_given(file.root_id.clone().unwrap_or_else(|| "r-root".to_owned())),
            name: "Root".to_owned(),
        };
        let path = OuPath(vec![root.clone()]);
        let mut organization = OrganizationFacts::default();
        if file.root_id.is_some() {
            organization.units.insert(root.id, path.clone());
        }
        for account in std::iter::once(&file.management_account).chain(&file.accounts) {
            put_account(&mut organization, account, &path);
        }
        for unit in &file.organizational_units {
            put_unit(&mut organization, unit, &path);
        }
        let users = file.users.into_iter().map(|user| {
            let name = user.user_name.value;
            let known = User {
                id: UserId::new(name.clone()),
                user_name: name.clone(),
                email: user.email.map(|email| email.value),
                enabled: if user.enabled { Enabled::Yes } else { Enabled::No },
            };
            (name, known)
        });
        let groups = file.groups.into_iter().map(|group| {
            let members = group.members.into_iter().map(|member| member.value);
            (group.name.value, members.collect())
        });
        let in_management = file
            .permission_sets
            .iter()
            .filter(|set| set.provisioned_in_management_account)
            .map(|set| set.name.value.clone())
            .collect();
        let sets = file.permission_sets.into_iter().map(|set| {
            let minutes = session_minutes(&set.session_duration.value).unwrap_or(60);
            let known = PermissionSet {
                arn: PermissionSetArn::new(set.name.value.clone()),
                name: set.name.value.clone(),
                session_duration: Duration::from_secs(u64::from(minutes) * 60),
            };
            (set.name.value, known)
        });
        Self {
            users: users.collect(),
            groups: groups.collect(),
            sets: sets.collect(),
            sets_in_management: in_management,
            organization,
            management: AccountId::as_given(file.management_account.id.value),
            partial: file.partial,
            absent: file.absent,
            now: now.to_utc(),
            delegated_administrator: file.delegated_administrator,
            instance: file.instance_arn.unwrap_or_default(),
            observed: file.observed_time,
        }
    }

    /// Accounts and units.
    pub fn organization(&self) -> &OrganizationFacts {
        &self.organization
    }

    /// Everybody, by UserName.
    pub fn people(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// The account of this id or exact name.
    pub fn account(&self, id_or_name: &str) -> Option<&Account> {
        let accounts = || self.organization.accounts.values();
        let mut named = accounts().filter(|account| account.name == id_or_name);
        accounts()
            .find(|account| account.id.as_str() == id_or_name)
            .or_else(|| named.next().filter(|_| named.next().is_none()))
    }

    /// Puts the answers among the facts.
    pub fn answer(&self, questions: &[(Question, Freshness)], facts: &mut Facts) {
        for (question, _) in questions {
            self.answer_one(question.clone(), facts);
        }
    }

    fn answer_one(&self, question: Question, facts: &mut Facts) {
        match question {
            Question::UserByName(attribute, name) => {
                let fact = self.user_by_name(attribute, &name);
                facts.users_by_name.insert((attribute, name), fact);
            }
            Question::User(id) => {
                let user = self.users.get(id.as_str()).cloned();
                facts.users.insert(id, self.known(lookup(user)));
            }
            Question::Group(name) => {
                let fact = self.group(&name);
                facts.groups.insert(name, fact);
            }
            Question::Membership(user, group) => {
                let is_in = |members: &BTreeSet<String>| {
                    if members.contains(user.as_str()) {
                        Membership::Member
                    } else {
                        Membership::NotMember
                    }
                };
                let membership = self
                    .groups
                    .get(group.as_str())
                    .map_or(Membership::GroupAbsent, is_in);
                facts.memberships.insert((user, group), self.known(membership));
            }
            Question::Members(group) => {
                let members = self.groups.get(group.as_str()).map(|names| self.members(names));
                facts.members.insert(group, self.known(lookup(members)));
            }
            Question::Account(id) => {
                let account = self.organization.accounts.get(&id).cloned();
                facts.accounts.insert(id, self.known(lookup(account)));
            }
            Question::ManagementAccount => {
                facts.management_account = Some(self.known(self.management.clone()));
            }
            Question::PermissionSetByName(name) => {
                let fact = self.set_by_name(name.as_str());
                facts.permission_sets_by_name.insert(name, fact);
            }
            Question::PermissionSet(arn) => {
                let set = self.sets.get(arn.as_str()).cloned();
                facts.permission_sets.insert(arn, self.known(lookup(set)));
            }
            Question::ProvisionedIn(arn) => {
                let accounts = self.sets.get(arn.as_str()).map(|set| {
                    let is_there = self.sets_in_management.contains(&set.name);
                    is_there.then(|| self.management.clone()).into_iter().collect()
                });
                facts.provisioned_in.insert(arn, self.known(lookup(accounts)));
            }
            Question::Instance => facts.instance = Some(self.known(Lookup::Found(()))),
            Question::Listing(..) => {
                facts.listing = Some(self.known(ListAnswer::Listed(Listing::default())));
            }
            // Of what becomes of access, which a file does not know, nobody asks before there is any.
            Question::Operation(..) | Question::CreatesInProgress(_) => {}
        }
    }

    fn known<T>(&self, value: T) -> Fact<T> {
        Fact::Known(Aged {
            value,
            observed_at: self.now,
        })
    }

    fn user_by_name(&self, attribute: Attribute, name: &str) -> Fact<UserLookup> {
        let value = |user: &User| match attribute {
            Attribute::UserName => Some(user.user_name.clone()),
            Attribute::Email => user.email.clone(),
        };
        // AWS finds names whatever their case.
        let same = |user: &&User| value(user).is_some_and(|value| value.eq_ignore_ascii_case(name));
        let exact = self
            .users
            .values()
            .find(|user| value(user).as_deref() == Some(name));
        match exact.or_else(|| self.users.values().find(same)) {
            Some(user) => self.known(UserLookup::compared(user.clone(), attribute, name)),
            None if self.partial && !self.absent.users.iter().any(|absent| absent == name) => {
                not_read("user", name)
            }
            None => self.known(UserLookup::Absent),
        }
    }

    fn set_by_name(&self, name: &str) -> Fact<Lookup<PermissionSet>> {
        let set = self.sets.get(name).cloned();
        let absent = || self.absent.permission_sets.iter().any(|absent| absent == name);
        if set.is_none() && self.partial && !absent() {
            return not_read("permission set", name);
        }
        self.known(lookup(set))
    }

    fn group(&self, name: &str) -> Fact<GroupLookup> {
        if self.groups.contains_key(name) {
            return self.known(GroupLookup::Found(Group {
                id: GroupId::new(name),
                name: name.to_owned(),
            }));
        }
        if self.partial && !self.absent.groups.iter().any(|absent| absent == name) {
            return not_read("group", name);
        }
        let since = (self.now - LONG_AGO).into();
        self.known(GroupLookup::Absent { since })
    }

    fn members(&self, names: &BTreeSet<String>) -> Members {
        let users = names.iter().filter_map(|name| self.users.get(name));
        let known = |user: &User| {
            Member::Known(Aged {
                value: user.clone(),
                observed_at: self.now,
            })
        };
        Members::of(users.map(known).collect())
    }

    /// The permission set's name, where there is one.
    pub fn permission_set(&self, name: &str) -> Option<PermissionSetName> {
        self.sets
            .contains_key(name)
            .then(|| PermissionSetName::as_given(name))
    }
}

/// A snapshot has only whom it was asked for; nobody else is known to be absent.
fn not_read<T>(what: &str, name: &str) -> Fact<T> {
    Fact::Unknown(format!(
        "The organization file was made before {what} {name:?} was named: make it anew with team-operator snapshot"
    ))
}

fn lookup<T>(found: Option<T>) -> Lookup<T> {
    found.map_or(Lookup::Absent, Lookup::Found)
}

fn put_account(organization: &mut OrganizationFacts, account: &FileAccount, path: &OuPath) {
    let id = AccountId::as_given(account.id.value.clone());
    let state = match account.state.as_ref().map(|state| state.value.as_str()) {
        None | Some("ACTIVE") => AccountState::Active,
        Some("PENDING_ACTIVATION") => AccountState::PendingActivation,
        Some("SUSPENDED") => AccountState::Suspended,
        Some("PENDING_CLOSURE") => AccountState::PendingClosure,
        Some("CLOSED") => AccountState::Closed,
        Some(_) => AccountState::Unrecognized,
    };
    let known = Account {
        id: id.clone(),
        name: account.name.clone(),
        state,
        path: path.clone(),
    };
    organization.accounts.insert(id, known);
}

fn put_unit(organization: &mut OrganizationFacts, unit: &FileUnit, above: &OuPath) {
    let mut path = above.clone();
    let id = OrganizationalUnitId::as_given(unit.id.clone().unwrap_or_default());
    path.0.push(OuStep {
        id: id.clone(),
        name: unit.name.value.clone(),
    });
    // Without an id no policy can name it.
    if unit.id.is_some() {
        organization.units.insert(id, path.clone());
    }
    for account in &unit.accounts {
        put_account(organization, account, &path);
    }
    for inner in &unit.organizational_units {
        put_unit(organization, inner, &path);
    }
}
