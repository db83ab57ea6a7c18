//! A process of the controller: what it remembers, what it sees of the cluster, and its machines.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::TimeDelta;
use team_operator::api::{
    ApproverPolicySpec, EligibilityPolicySpec, InstanceArn, OnEligibilityLost, Timestamp,
};
use team_operator::domain::request::assignment_of;
use team_operator::domain::{
    AssignmentConfig, AssignmentMachine, Clocks, Facts, Guard, IdentityCenter, Lease, Moment, Need, Policies,
    PolicyFact, PolicySet, Question, Reply, RequestMachine, Seen, SettingsFact, Snapshot, StoredRecord,
    Timings, record_name,
};

use crate::cluster::{Change, Cluster, Object, Policy, Rules, stamp};

/// An hourly list finds finished requests with a finalizer that was left behind.
const SWEEP_EVERY: i64 = 3600;
/// Policies that disappeared are remembered for the grace, and a little longer.
const POLICIES_REMEMBERED: i64 = 1000;
/// A holder that could not renew its lease for so long is not sure of it any more.
const RENEW_DEADLINE: i64 = 10;
/// A lease that was not renewed for so long is free.
pub(crate) const LEASE_DURATION: i64 = 15;

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It comes back then.
    Down { until: i64 },
    /// It runs and has not got the lease.
    Standby,
    /// It acts.
    Leading,
}

#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) role: Role,
    pub(crate) paused_until: i64,
    /// When it began to lead.
    pub(crate) began: i64,
    /// When it last renewed its lease.
    pub(crate) renewed: i64,
    /// How far its clock is ahead of the true time.
    pub(crate) ahead: i64,
    pub(crate) wrong_instance: bool,
    pub(crate) memory: Memory,
}

/// Everything that a crash loses.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    cursor: usize,
    pub(crate) objects: BTreeMap<String, Rc<Object>>,
    pub(crate) records: BTreeMap<String, Rc<StoredRecord>>,
    pub(crate) machines: BTreeMap<String, AssignmentMachine>,
    eligibility: Vec<PolicyFact<EligibilityPolicySpec>>,
    approvers: Vec<PolicyFact<ApproverPolicySpec>>,
    settings: Option<SettingsFact>,
    known_since: Option<Timestamp>,
    pub(crate) absent_groups: BTreeMap<String, Timestamp>,
    /// How far the clocks of the API server and of AWS are ahead of the true time, as they last said.
    pub(crate) heard: [Option<i64>; 2],
    pub(crate) tasks: BTreeMap<Work, Task>,
    /// When a write of each record last failed: a delete may have to go ahead of it.
    pub(crate) failed_writes: BTreeMap<String, i64>,
    /// The requests that were decided since the newest gap of the guard, and which gap that is.
    judged: (u64, BTreeSet<String>),
    sweep_at: i64,
}

/// What a pass is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    /// The record of that name.
    Record(String),
    /// The request of that uid.
    Request(String),
}

/// One place in the queue.
#[derive(Debug, Default)]
pub(crate) struct Task {
    /// When the next pass begins.
    pub(crate) due: i64,
    pub(crate) pass: Option<Pass>,
}

/// A pass under way.
#[derive(Debug)]
pub(crate) struct Pass {
    /// The machine of a request; that of a record lives in the process.
    pub(crate) request: Option<Box<RequestMachine>>,
    /// The version of the request that the pass knows.
    pub(crate) version: u64,
    /// What the machine is told next.
    pub(crate) reply: Option<Reply>,
    /// What the machine needs next.
    pub(crate) need: Option<Need>,
    /// Questions that are not answered yet, and the answers so far.
    pub(crate) questions: Vec<Question>,
    pub(crate) facts: Facts,
    /// The call under way is answered then.
    pub(crate) resume_at: i64,
    /// The gap of the guard that this pass decides about.
    pub(crate) gap: Option<u64>,
    /// The step of the run at which it began.
    pub(crate) began_at_step: usize,
}

impl Pass {
    pub(crate) fn new(t: i64, step: usize) -> Self {
        Self {
            request: None,
            version: 0,
            reply: Some(Reply::Start),
            need: None,
            questions: vec![],
            facts: Facts::default(),
            resume_at: t,
            gap: None,
            began_at_step: step,
        }
    }
}

impl Process {
    pub(crate) fn new() -> Self {
        Self {
            role: Role::Standby,
            paused_until: 0,
            began: 0,
            renewed: 0,
            ahead: 0,
            wrong_instance: false,
            memory: Memory::default(),
        }
    }

    pub(crate) fn works(&self, t: i64) -> bool {
        self.role == Role::Leading && t >= self.paused_until
    }

    pub(crate) fn now(&self, t: i64) -> Timestamp {
        stamp(t + self.ahead)
    }

    /// What the lease looks like to the process.
    pub(crate) fn lease(&self, t: i64) -> Lease {
        if t - self.renewed <= RENEW_DEADLINE {
            Lease::Held
        } else {
            Lease::Unsure("it was not renewed".to_owned())
        }
    }

    /// The present, as the process knows it.
    pub(crate) fn moment(&self, t: i64) -> Moment {
        Moment {
            now: self.now(t),
            uptime: TimeDelta::seconds(t - self.began),
            clocks: self.clocks(),
            lease: self.lease(t),
        }
    }

    /// Takes over: reads everything, and begins to follow what changes.
    pub(crate) fn lead(&mut self, cluster: &Cluster, t: i64) {
        self.role = Role::Leading;
        self.began = t;
        self.renewed = t;
        self.memory = Memory {
            cursor: cluster.changes.len(),
            known_since: Some(self.now(t)),
            ..Memory::default()
        };
        self.see_rules(&cluster.rules.clone(), t);
        for record in cluster.records.values() {
            self.see_record(record.clone(), t);
        }
        for object in cluster.objects.values().filter(|object| !object.is_finished()) {
            self.see_object(object.clone(), t);
        }
        self.sweep(cluster, t);
    }

    /// Another holds the lease: whatever was remembered is forgotten.
    pub(crate) fn stand_by(&mut self) {
        self.role = Role::Standby;
        self.memory = Memory::default();
    }

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
                Change::Record(record) => self.see_record(record.clone(), t),
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
        let task = self.memory.tasks.entry(work).or_insert(Task {
            due: t,
            pass: None,
        });
        task.due = task.due.min(t);
    }

    /// When the watch brings the next change.
    pub(crate) fn next_news(&self, cluster: &Cluster) -> Option<i64> {
        cluster
            .changes
            .get(self.memory.cursor)
            .map(|(at, _)| at + cluster.watch_lag)
    }

    fn object_goes(&mut self, uid: &str, t: i64) {
        let work = Work::Request(uid.to_owned());
        if self.memory.tasks.get(&work).is_some_and(|task| task.pass.is_none()) {
            self.memory.tasks.remove(&work);
        }
        if let Some(object) = self.memory.objects.remove(uid) {
            self.wake_records_of(&object, t);
        }
    }

    /// An object that the watch shows, or that a call returned.
    pub(crate) fn see_object(&mut self, object: Rc<Object>, t: i64) {
        let uid = object.uid.clone();
        let known = self.memory.objects.get(&uid).map_or(0, |known| known.version);
        if object.version <= known {
            return;
        }
        if object.is_finished() && !object.finalizer {
            // It leaves the watch of live requests.
            self.memory.objects.insert(uid.clone(), object);
            return self.object_goes(&uid, t);
        }
        self.wake_records_of(&object, t);
        self.memory.objects.insert(uid.clone(), object);
        self.wake(Work::Request(uid), t);
    }

    /// The records that a request names or claims.
    fn wake_records_of(&mut self, object: &Object, t: i64) {
        let named = object.status.assignment.iter().map(|assignment| assignment.name.clone());
        let claims = |record: &&Rc<StoredRecord>| {
            let content = record.record.as_ref();
            content.is_some_and(|content| content.claim(&object.uid).is_some())
        };
        let claimed = self.memory.records.values().filter(claims);
        let names: BTreeSet<String> = named.chain(claimed.map(|record| record.name.clone())).collect();
        for name in names {
            self.wake(Work::Record(name), t);
        }
    }

    /// A record that the watch shows, or that a call returned.
    pub(crate) fn see_record(&mut self, record: Rc<StoredRecord>, t: i64) {
        let number = |record: &StoredRecord| record.version.parse::<u64>().unwrap_or(0);
        let known = self.memory.records.get(&record.name).map_or(0, |known| number(known));
        if number(&record) <= known {
            return;
        }
        self.wake(Work::Record(record.name.clone()), t);
        self.wake_claimants(&record, t);
        self.memory.records.insert(record.name.clone(), record);
    }

    pub(crate) fn record_goes(&mut self, name: &str, t: i64) {
        if let Some(record) = self.memory.records.remove(name) {
            self.wake_claimants(&record, t);
        }
    }

    fn wake_claimants(&mut self, record: &StoredRecord, t: i64) {
        let claims = record.record.iter().flat_map(|content| &content.status.claims);
        let mut uids: BTreeSet<String> = claims.map(|claim| claim.request.uid.clone()).collect();
        uids.extend(self.naming(&record.name).map(|object| object.uid.clone()));
        for uid in uids {
            if self.memory.objects.contains_key(&uid) {
                self.wake(Work::Request(uid), t);
            }
        }
    }

    fn naming<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Rc<Object>> {
        let names = move |object: &&Rc<Object>| {
            let assignment = object.status.assignment.as_ref();
            assignment.is_some_and(|assignment| assignment.name == name) && !object.status.finished
        };
        self.memory.objects.values().filter(names)
    }

    /// Lists finished requests with a finalizer.
    fn sweep(&mut self, cluster: &Cluster, t: i64) {
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

    fn see_rules(&mut self, rules: &Rules, t: i64) {
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

    /// Whether the admission policies can be relied on, for one request, as far as this process can tell.
    pub(crate) fn guard(&self, cluster: &Cluster, process: usize, uid: &str, t: i64) -> Guard {
        if !cluster.reaches(process, t) {
            return Guard::Unproven("the API server does not answer".to_owned());
        }
        if !cluster.in_force(t) {
            return Guard::Broken("a policy is missing".to_owned());
        }
        if !cluster.proven(t) {
            return Guard::Unproven("the dry run gave no answer".to_owned());
        }
        let gaps = cluster.guard.gaps;
        let judged = self.memory.judged.0 == gaps && self.memory.judged.1.contains(uid);
        if cluster.guard.recorded == gaps || judged {
            Guard::Intact
        } else {
            Guard::BrokenBefore("a policy was missing".to_owned())
        }
    }

    /// Notes that a request was decided since the gap; when all were, the record of the guard is renewed.
    pub(crate) fn judged(&mut self, cluster: &mut Cluster, uid: &str, gap: u64) {
        if self.memory.judged.0 != gap {
            self.memory.judged = (gap, BTreeSet::new());
        }
        self.memory.judged.1.insert(uid.to_owned());
        self.renew_record(cluster);
    }

    /// Renews the record of the guard when every live request was decided since the gap.
    pub(crate) fn renew_record(&mut self, cluster: &mut Cluster) {
        let gap = cluster.guard.gaps;
        if self.memory.judged.0 != gap {
            self.memory.judged = (gap, BTreeSet::new());
        }
        let done = |object: &Rc<Object>| object.is_finished() || self.memory.judged.1.contains(&object.uid);
        if cluster.objects.values().all(done) {
            cluster.guard.recorded = gap;
        }
    }

    /// Policies and settings, when the watch has shown everything that there is.
    pub(crate) fn policies(&self, cluster: &Cluster, index: usize, t: i64) -> Option<PolicySet> {
        let ahead = &cluster.changes[self.memory.cursor.min(cluster.changes.len())..];
        let behind = ahead.iter().any(|(_, change)| matches!(change, Change::Rules(_)));
        if behind || !cluster.reaches(index, t) {
            return None;
        }
        let memory = &self.memory;
        let known_since = memory.known_since.unwrap();
        Some(PolicySet {
            settings: memory.settings.clone().unwrap(),
            eligibility: Policies {
                known_since,
                all: memory.eligibility.clone(),
            },
            approver: Policies {
                known_since,
                all: memory.approvers.clone(),
            },
        })
    }

    /// Everything that a decision about a request may look at.
    pub(crate) fn snapshot(&self, object: &Object, guard: Guard, instance: &InstanceArn) -> Snapshot {
        let memory = &self.memory;
        let known_since = memory.known_since.unwrap();
        let mut open_requests = BTreeMap::new();
        for other in memory.objects.values() {
            let open = other.uid != object.uid && !other.is_finished() && other.status.phase.is_some();
            if let (Some(requester), true) = (&other.status.requester, open) {
                *open_requests.entry(requester.user_id.clone()).or_insert(0) += 1;
            }
        }
        Snapshot {
            request: object.facts(),
            settings: memory.settings.clone().unwrap(),
            eligibility_policies: Policies {
                known_since,
                all: memory.eligibility.clone(),
            },
            approver_policies: Policies {
                known_since,
                all: memory.approvers.clone(),
            },
            facts: Facts::default(),
            guard,
            clocks: self.clocks(),
            open_requests,
            record: self.record_of(object).map(|record| (*record).clone()),
            identity_center: IdentityCenter {
                instance_arn: instance.clone(),
                delegated_administrator: false,
            },
            timings: Timings::default(),
        }
    }

    /// The record on which a request has a claim, or of the assignment that it is about.
    fn record_of(&self, object: &Object) -> Option<Rc<StoredRecord>> {
        let claims = |record: &&Rc<StoredRecord>| {
            let content = record.record.as_ref();
            content.is_some_and(|content| content.claim(&object.uid).is_some())
        };
        if let Some(record) = self.memory.records.values().find(claims) {
            return Some(record.clone());
        }
        let name = assignment_of(&object.status).map(|spec| record_name(&spec))?;
        self.memory.records.get(&name).cloned()
    }

    /// Takes the machine of a record out, told what the watches show.
    pub(crate) fn machine(&mut self, name: &str, instance: &InstanceArn) -> AssignmentMachine {
        let known = self.memory.machines.remove(name);
        let config = AssignmentConfig {
            instance: instance.clone(),
            abandoned: None,
            timings: Timings::default(),
        };
        known.unwrap_or_else(|| AssignmentMachine::new(name, config))
    }

    /// What the watches show of a record.
    pub(crate) fn seen(&self, name: &str, machine: &AssignmentMachine) -> Seen {
        let record = self.memory.records.get(name).map(|record| (**record).clone());
        let shown = record.as_ref().and_then(|record| record.record.as_ref());
        let claims = shown.into_iter().chain(machine.record());
        let claims = claims.flat_map(|record| &record.status.claims);
        let mut uids: BTreeSet<String> = claims.map(|claim| claim.request.uid.clone()).collect();
        uids.extend(self.naming(name).map(|object| object.uid.clone()));
        let live = uids.iter().filter_map(|uid| self.memory.objects.get(uid));
        let live = live.filter(|object| !object.status.finished);
        let requests = live.map(|object| object.facts()).collect();
        Seen { record, requests }
    }

    /// Whether nothing has to be remembered of a record.
    pub(crate) fn may_forget(&self, name: &str, machine: &AssignmentMachine) -> bool {
        machine.is_idle() && !self.memory.records.contains_key(name) && self.naming(name).next().is_none()
    }

    /// How far the clock of AWS, or of the API server, is ahead of the true time, as an answer just said.
    pub(crate) fn hears_clock(&mut self, of_aws: bool, ahead: i64) {
        self.memory.heard[usize::from(of_aws)] = Some(ahead);
    }

    /// How far other clocks are ahead. What was heard is kept against a clock that does not step, so that it stays right
    /// when ours is set.
    pub(crate) fn clocks(&self) -> Clocks {
        let offset = |heard: Option<i64>| heard.map(|ahead| TimeDelta::seconds(ahead - self.ahead));
        let [api_server, aws] = self.memory.heard;
        Clocks {
            api_server_ahead: offset(api_server),
            aws_ahead: offset(aws),
        }
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
