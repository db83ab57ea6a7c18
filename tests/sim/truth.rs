//! What really is so and who really did what: the laws are checked against this, not against what the controller says.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use identity_center_sandbox::{AssignmentRow, HoldId, World};
use serde::Deserialize;
use team_operator::api::{AssignmentKey, ReviewDecision, Subject, SubjectKind};

use crate::cluster::Rules;

/// How long ago something may have been true that a decision rests on: a fact's longest life within a pass, with the
/// slowest calls.
pub(crate) const RECENTLY: i64 = 240;

/// How long after it was sent a create may take effect of which nobody knows, in seconds.
const CREATE_BOUND: i64 = 1200;

/// User, account and permission set of an assignment.
pub(crate) type Key = (String, String, String);

pub(crate) fn key(key: &AssignmentKey) -> Key {
    (
        key.user_id.as_str().to_owned(),
        key.account_id.as_str().to_owned(),
        key.permission_set_arn.as_str().to_owned(),
    )
}

/// The people and things of AWS at a moment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reality {
    pub(crate) users: Vec<UserTruth>,
    groups: Vec<GroupTruth>,
    pub(crate) units: Vec<UnitTruth>,
    pub(crate) accounts: Vec<AccountTruth>,
    pub(crate) permission_sets: Vec<SetTruth>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserTruth {
    pub(crate) id: String,
    pub(crate) user_name: String,
    pub(crate) enabled: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct GroupTruth {
    name: String,
    members: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct UnitTruth {
    pub(crate) id: String,
    pub(crate) path: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AccountTruth {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) parent: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SetTruth {
    pub(crate) arn: String,
    pub(crate) name: String,
}

impl Reality {
    pub(crate) fn of(world: &World) -> Self {
        serde_json::from_value(world.summary()).unwrap()
    }

    pub(crate) fn user_named(&self, name: &str) -> Option<&UserTruth> {
        self.users.iter().find(|user| user.user_name == name)
    }

    pub(crate) fn is_enabled(&self, id: &str) -> bool {
        self.users.iter().any(|user| user.id == id && user.enabled)
    }

    /// Whether one of the subjects names the person.
    pub(crate) fn is_among(&self, id: &str, subjects: &[Subject]) -> bool {
        let name = self
            .users
            .iter()
            .find(|user| user.id == id)
            .map(|user| user.user_name.as_str());
        subjects.iter().any(|subject| match subject.kind {
            SubjectKind::User => Some(subject.name.as_str()) == name,
            SubjectKind::Group => self
                .groups
                .iter()
                .any(|group| group.name == subject.name && group.members.iter().any(|member| member == id)),
        })
    }

    /// The ids of the units above an account, the nearest first.
    pub(crate) fn units_above(&self, account: &str) -> Vec<&str> {
        let Some(account) = self.accounts.iter().find(|one| one.id == account) else {
            return vec![];
        };
        let Some(parent) = self.units.iter().find(|unit| unit.id == account.parent) else {
            return vec![];
        };
        let above = |unit: &&UnitTruth| parent.path.starts_with(&format!("{}/", unit.path));
        let mut all: Vec<&UnitTruth> = self.units.iter().filter(above).collect();
        all.push(parent);
        all.sort_by_key(|unit| std::cmp::Reverse(unit.path.len()));
        all.iter().map(|unit| unit.id.as_str()).collect()
    }
}

/// A value with its past.
#[derive(Debug, Clone)]
pub(crate) struct History<T>(Vec<(i64, Rc<T>)>);

impl<T> History<T> {
    pub(crate) fn new(first: T) -> Self {
        Self(vec![(i64::MIN, Rc::new(first))])
    }

    pub(crate) fn push(&mut self, t: i64, value: T) {
        self.0.push((t, Rc::new(value)));
    }

    pub(crate) fn now(&self) -> &T {
        &self.0.last().unwrap().1
    }

    /// Everything that was so at some time since `t`.
    pub(crate) fn since(&self, t: i64) -> &[(i64, Rc<T>)] {
        let first = self.0.iter().rposition(|(at, _)| *at <= t).unwrap_or(0);
        &self.0[first..]
    }
}

/// Who really wrote an entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) forged: bool,
}

/// What is really so about a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestTruth {
    /// The person who made it; `None` when it was made in the name of another.
    pub(crate) made_by: Option<String>,
    /// The status was changed by somebody else at some time.
    pub(crate) status_forged: bool,
    pub(crate) entries: BTreeMap<(String, ReviewDecision), Entry>,
    /// Verdicts that count and were true when they were written: person, policy uid, generation, stage.
    pub(crate) good_votes: BTreeSet<(String, String, i64, String)>,
    /// Policy really asked for no approval when the request was made.
    pub(crate) waived: bool,
    /// Since when somebody who may has wanted it to end, or the status has not been ours.
    pub(crate) stopped_at: Option<i64>,
}

/// What is really so about an assignment.
#[derive(Debug, Clone, Default)]
pub(crate) struct TupleTruth {
    pub(crate) present: bool,
    /// Since when it has been so.
    pub(crate) since: i64,
    /// Somebody else made it, and no request of ours was about it then.
    pub(crate) by_others: bool,
    /// A create of ours was carried out since it is there.
    pub(crate) touched: bool,
    /// Since when nobody has had a right to it; the laws keep this up to date.
    pub(crate) unowned_since: Option<i64>,
    /// When a claim last covered it, as far as any process could know; the laws keep this up to date.
    pub(crate) covered_at: Option<i64>,
    /// Since when somebody has been there who knows of it and could ask AWS; the laws keep this up to date.
    pub(crate) known_since: Option<i64>,
}

#[derive(Debug)]
pub(crate) struct Truth {
    pub(crate) realities: History<Reality>,
    pub(crate) rules: History<Rules>,
    pub(crate) requests: BTreeMap<String, RequestTruth>,
    pub(crate) tuples: BTreeMap<Key, TupleTruth>,
    /// Operations under way in AWS, by id: about what, and since when.
    pub(crate) open: BTreeMap<String, (Key, i64)>,
    /// Operations that AWS has forgotten.
    pub(crate) forgotten: BTreeSet<String>,
    /// Every create that was sent.
    pub(crate) creates: Vec<CreateTruth>,
    /// When intents to create were stored.
    pub(crate) intents: Vec<(Key, i64)>,
    /// When a list of an account and permission set was last asked for.
    pub(crate) listed: BTreeMap<(String, String), i64>,
    /// When a delete was last sent.
    pub(crate) asked: BTreeMap<Key, i64>,
    /// What a forger and a crash together made everybody forget.
    pub(crate) lost: BTreeSet<Key>,
    /// Since when AWS has been well.
    pub(crate) healthy_since: Option<i64>,
    /// How many changes of the cluster were looked at.
    pub(crate) changes_seen: usize,
}

/// A create that was sent.
#[derive(Debug, Clone)]
pub(crate) struct CreateTruth {
    pub(crate) key: Key,
    pub(crate) t: i64,
    /// What AWS took on, whether anybody was told or not.
    pub(crate) operation: Option<String>,
    /// AWS holds it back.
    pub(crate) held: Option<HoldId>,
    /// The assignment was there already, and not by us: it becomes ours when the create succeeds.
    pub(crate) joins: bool,
}

impl Truth {
    pub(crate) fn new(world: &World) -> Self {
        Self {
            realities: History::new(Reality::of(world)),
            rules: History::new(Rules::default()),
            requests: BTreeMap::new(),
            tuples: BTreeMap::new(),
            open: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            creates: vec![],
            intents: vec![],
            listed: BTreeMap::new(),
            asked: BTreeMap::new(),
            lost: BTreeSet::new(),
            healthy_since: Some(i64::MIN),
            changes_seen: 0,
        }
    }

    /// Whether a create of ours may still take effect. One that AWS forgot to list as in progress is beyond anybody.
    pub(crate) fn may_land(&self, about: &Key) -> bool {
        self.creates.iter().any(|create| {
            let open = |id: &String| self.open.contains_key(id) && !self.forgotten.contains(id);
            create.key == *about && (create.held.is_some() || create.operation.as_ref().is_some_and(open))
        })
    }

    /// Whether what is there since then may come from a create that AWS had forgotten to be in progress, later than any create
    /// takes effect that it has not.
    pub(crate) fn landed_late(&self, about: &Key, since: i64) -> bool {
        let forgotten = |create: &CreateTruth| {
            let forgotten = create
                .operation
                .as_ref()
                .is_some_and(|id| self.forgotten.contains(id));
            create.key == *about && forgotten && since - create.t > CREATE_BOUND
        };
        self.creates.iter().any(forgotten)
    }

    /// Looks at AWS. `others` did it if anybody else but us changed something just now; `ours` says which assignments a
    /// request of ours is about.
    pub(crate) fn observe(
        &mut self,
        t: i64,
        (assigned, open): (
            Vec<AssignmentRow>,
            Vec<(String, identity_center_sandbox::AssignmentInput, bool)>,
        ),
        others: bool,
        ours: impl Fn(&Key) -> bool,
    ) {
        let present: BTreeSet<Key> = assigned
            .into_iter()
            .map(|row| (row.principal_id, row.account_id, row.permission_set_arn))
            .collect();
        for (key, tuple) in &mut self.tuples {
            if tuple.present && !present.contains(key) {
                *tuple = TupleTruth {
                    since: t,
                    ..TupleTruth::default()
                };
            }
        }
        for key in present {
            let by_others = others && !ours(&key);
            let tuple = self.tuples.entry(key).or_default();
            if !tuple.present {
                *tuple = TupleTruth {
                    present: true,
                    since: t,
                    by_others,
                    touched: !others,
                    ..TupleTruth::default()
                };
            }
        }
        let about = |input: identity_center_sandbox::AssignmentInput| {
            (input.principal_id, input.target_id, input.permission_set_arn)
        };
        let known = std::mem::take(&mut self.open);
        for (id, input, can_be_read) in open {
            if !can_be_read {
                self.forgotten.insert(id.clone());
            }
            let since = known.get(&id).map_or(t, |(_, since)| *since);
            self.open.insert(id, (about(input), since));
        }
    }
}
