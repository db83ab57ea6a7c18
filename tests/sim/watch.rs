//! What a process sees of the cluster, and whom that wakes.

use std::collections::BTreeSet;
use std::rc::Rc;

use chrono::TimeDelta;
use team_operator::api::{OnEligibilityLost, Timestamp};
use team_operator::domain::{PolicyFact, SettingsFact, StoredRecord};

use crate::cluster::{Change, Cluster, Object, Policy, Rules};
use crate::process::{Process, Task, Work};

/// An hourly list finds finished requests with a finalizer that was left behind.
const SWEEP_EVERY: i64 = 3600;
/// Policies that disappeared are remembered for the grace, and a little longer.
const POLICIES_REMEMBERED: i64 = 1000;

impl Process {
    /// Follows the watch.
    pub(crate) fn watch(&mut self, cluster: &Cluster, t: i64) {
        while let Some((at, change)) = cluster.changes.get(self.memory.cursor) {
            if at + cluster.watch_lag > t {
                break;
            }
            self.memory.cursor += 1;
            match change {
                Change::Object(object) => self.see_object(object.clone(), t),
                Change::Gone(uid) => self.object_goes(uid, t),
                Change::Record(record) => self.see_record(record, t),
                Change::RecordGone(name) => {
                    if let Some(record) = self.memory.records.remove(name) {
                        self.wake_claimants(&record, t);
                    }
                    self.wake(Work::Record(name.clone()), t);
                }
                Change::Rules(rules) => {
                    self.see_rules(rules, t);
                    // What rules say may change every answer.
                    self.wake_all(t);
                }
            }
        }
        if t >= self.memory.sweep_at {
            self.sweep(cluster, t);
        }
    }

    pub(crate) fn wake_all(&mut self, t: i64) {
        self.memory
            .tasks
            .values_mut()
            .for_each(|task| task.due = task.due.min(t));
    }

    pub(crate) fn wake(&mut self, work: Work, t: i64) {
        let task = self
            .memory
            .tasks
            .entry(work)
            .or_insert(Task { due: t, pass: None });
        task.due = task.due.min(t);
    }

    /// When the watch brings the next change.
    pub(crate) fn next_news(&self, cluster: &Cluster) -> Option<i64> {
        cluster
            .changes
            .get(self.memory.cursor)
            .map(|(at, _)| at + cluster.watch_lag)
    }

    pub(crate) fn object_goes(&mut self, uid: &str, t: i64) {
        let work = Work::Request(uid.to_owned());
        if self
            .memory
            .tasks
            .get(&work)
            .is_some_and(|task| task.pass.is_none())
        {
            self.memory.tasks.remove(&work);
        }
        if let Some(object) = self.memory.objects.remove(uid) {
            self.wake_records_of(&object, t);
        }
    }

    /// An object that the watch shows, or that a call returned.
    pub(crate) fn see_object(&mut self, object: Rc<Object>, t: i64) {
        let uid = object.uid.clone();
        let over = self.memory.over.get(&uid).copied().unwrap_or(0);
        let known = self.memory.objects.get(&uid).map_or(over, |known| known.version);
        if object.version <= known {
            return;
        }
        if object.is_finished() && !object.finalizer {
            // It leaves the watch of live requests.
            self.memory.over.insert(uid.clone(), object.version);
            self.memory.objects.insert(uid.clone(), object);
            return self.object_goes(&uid, t);
        }
        self.wake_records_of(&object, t);
        self.memory.objects.insert(uid.clone(), object);
        self.wake(Work::Request(uid), t);
    }

    /// The records that a request names or claims.
    pub(crate) fn wake_records_of(&mut self, object: &Object, t: i64) {
        let of_status = object
            .status
            .assignment
            .iter()
            .map(|assignment| assignment.name.clone());
        let claims = |record: &&Rc<StoredRecord>| {
            let content = record.record.as_ref();
            content.is_some_and(|content| content.claim(&object.uid).is_some())
        };
        let claimed = self.memory.records.values().filter(claims);
        let names: BTreeSet<String> = of_status
            .chain(claimed.map(|record| record.name.clone()))
            .collect();
        for name in names {
            self.wake(Work::Record(name), t);
        }
    }

    /// A record that the watch shows, or that a call returned.
    pub(crate) fn see_record(&mut self, record: &Rc<StoredRecord>, t: i64) {
        let number = |record: &StoredRecord| record.version.parse::<u64>().unwrap_or(0);
        let known = self
            .memory
            .records
            .get(&record.name)
            .map_or(0, |known| number(known));
        if number(record) <= known || self.memory.removed.contains(&record.uid) {
            return;
        }
        let record = self.memory.judge(record);
        self.wake(Work::Record(record.name.clone()), t);
        self.wake_claimants(&record, t);
        self.memory.records.insert(record.name.clone(), record);
    }

    pub(crate) fn record_goes(&mut self, name: &str, t: i64) {
        if let Some(record) = self.memory.records.remove(name) {
            self.memory.removed.insert(record.uid.clone());
            self.wake_claimants(&record, t);
        }
    }

    pub(crate) fn wake_claimants(&mut self, record: &StoredRecord, t: i64) {
        let claims = record.record.iter().flat_map(|content| &content.status.claims);
        let mut uids: BTreeSet<String> = claims.map(|claim| claim.request.uid.clone()).collect();
        uids.extend(self.naming(&record.name).map(|object| object.uid.clone()));
        for uid in uids {
            if self.memory.objects.contains_key(&uid) {
                self.wake(Work::Request(uid), t);
            }
        }
    }

    pub(crate) fn naming<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Rc<Object>> {
        let names = move |object: &&Rc<Object>| {
            let assignment = object.status.assignment.as_ref();
            assignment.is_some_and(|assignment| assignment.name == name) && !object.status.finished
        };
        self.memory.objects.values().filter(names)
    }

    /// Lists finished requests with a finalizer.
    pub(crate) fn sweep(&mut self, cluster: &Cluster, t: i64) {
        self.memory.sweep_at = t + SWEEP_EVERY;
        for object in cluster
            .objects
            .values()
            .filter(|object| object.is_finished() && object.finalizer)
        {
            self.see_object(object.clone(), t);
            self.wake(Work::Request(object.uid.clone()), t);
        }
    }

    pub(crate) fn see_rules(&mut self, rules: &Rules, t: i64) {
        let now = self.now(t);
        merge(&mut self.memory.eligibility, &rules.eligibility, now);
        merge(&mut self.memory.approvers, &rules.approvers, now);
        self.memory.settings = Some(match (&rules.settings, self.memory.settings.take()) {
            (Some(settings), _) => SettingsFact::Present(settings.clone()),
            (None, Some(missing @ SettingsFact::Missing { .. })) => missing,
            (None, before) => SettingsFact::Missing {
                since: now,
                on_eligibility_lost: last_word(before),
            },
        });
    }
}

fn last_word(before: Option<SettingsFact>) -> Option<OnEligibilityLost> {
    match before {
        Some(SettingsFact::Present(settings)) => Some(settings.on_eligibility_lost),
        Some(SettingsFact::Missing {
            on_eligibility_lost, ..
        }) => on_eligibility_lost,
        None => None,
    }
}

/// The policies as they are now, with those that went a short while ago.
fn merge<S: Clone>(known: &mut Vec<PolicyFact<S>>, stored: &[Policy<S>], now: Timestamp) {
    let mut gone: Vec<PolicyFact<S>> = known
        .drain(..)
        .filter(|fact| !stored.iter().any(|policy| policy.uid == fact.uid))
        .map(|fact| PolicyFact {
            gone_since: fact.gone_since.or(Some(now)),
            ..fact
        })
        .collect();
    let remembered = TimeDelta::seconds(POLICIES_REMEMBERED);
    gone.retain(|fact| {
        fact.gone_since
            .is_some_and(|since| now.to_utc() - since.to_utc() < remembered)
    });
    known.extend(stored.iter().map(|policy| PolicyFact {
        name: policy.name.clone(),
        uid: policy.uid.clone(),
        generation: policy.generation,
        spec: policy.spec.clone(),
        gone_since: None,
    }));
    known.extend(gone);
}
