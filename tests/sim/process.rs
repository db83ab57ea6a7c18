//! A process of the controller: what it remembers, and what it sees of the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::TimeDelta;
use team_operator::api::{ApproverPolicySpec, EligibilityPolicySpec, OnEligibilityLost, Timestamp};
use team_operator::domain::{
    Action, Aged, Answer, Clocks, Decision, Fact, Facts, Guard, IdentityCenter, InstanceArn, Lease, Policies,
    PolicyFact, Question, SettingsFact, Snapshot, Timings,
};

use crate::cluster::{Change, Cluster, Object, Policy, Rules, stamp, utc};

/// An hourly list finds finished requests with a finalizer that was left behind.
const SWEEP_EVERY: i64 = 3600;
/// Policies that disappeared are remembered for the grace, and a little longer.
const POLICIES_REMEMBERED: i64 = 400;

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
    /// A leader that lost its lease notices after so many of its own steps.
    pub(crate) notices_after: Option<usize>,
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
    eligibility: Vec<PolicyFact<EligibilityPolicySpec>>,
    approvers: Vec<PolicyFact<ApproverPolicySpec>>,
    settings: Option<SettingsFact>,
    known_since: Option<Timestamp>,
    pub(crate) absent_groups: BTreeMap<String, Timestamp>,
    /// How far the clocks of the API server and of AWS are ahead of the true time, as they last said.
    pub(crate) heard: [Option<i64>; 2],
    /// Answers of AWS whose record could not be written yet.
    pub(crate) unwritten: BTreeMap<String, Vec<(Answer, Timestamp)>>,
    pub(crate) tasks: BTreeMap<String, Task>,
    /// The requests that were decided since the newest gap of the guard, and which gap that is.
    judged: (u64, BTreeSet<String>),
    sweep_at: i64,
}

/// One request's place in the queue.
#[derive(Debug, Default)]
pub(crate) struct Task {
    /// When the next pass begins.
    pub(crate) due: i64,
    pub(crate) pass: Option<Pass>,
}

/// A pass under way.
#[derive(Debug)]
pub(crate) struct Pass {
    /// As it was read.
    pub(crate) read: Rc<Object>,
    /// With what is remembered about it.
    pub(crate) object: Rc<Object>,
    pub(crate) facts: Facts,
    pub(crate) stage: Stage,
    pub(crate) rounds: usize,
    /// The call under way is answered then.
    pub(crate) resume_at: i64,
    /// The gap of the guard that this pass decides about.
    pub(crate) gap: Option<u64>,
    /// How many answers were remembered when the pass began.
    pub(crate) remembered: usize,
    /// When the decision wants to be taken again.
    pub(crate) wake_at: i64,
    /// The API server does not answer.
    pub(crate) from_memory: bool,
    /// The step of the run at which it began.
    pub(crate) began_at_step: usize,
}

#[derive(Debug)]
pub(crate) enum Stage {
    Decide,
    Ask(Vec<Question>),
    Write(Box<Decision>),
    /// The last look at the others, with the request as it was before this attempt.
    LookAgain(Action, Rc<Object>),
    Act(Action),
    Record(Answer),
}

impl Process {
    pub(crate) fn new() -> Self {
        Self {
            role: Role::Standby,
            paused_until: 0,
            notices_after: None,
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

    /// Takes over: reads everything, and begins to follow what changes.
    pub(crate) fn lead(&mut self, cluster: &Cluster, t: i64) {
        self.role = Role::Leading;
        self.notices_after = None;
        self.memory = Memory {
            cursor: cluster.changes.len(),
            known_since: Some(self.now(t)),
            ..Memory::default()
        };
        self.see_rules(&cluster.rules.clone(), t);
        for object in cluster.objects.values().filter(|object| !object.is_finished()) {
            self.see_object(object.clone(), t);
        }
        self.sweep(cluster, t);
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
                Change::Gone(uid) => {
                    self.memory.objects.remove(uid);
                    self.memory.unwritten.remove(uid);
                    if self.memory.tasks.get(uid).is_some_and(|task| task.pass.is_none()) {
                        self.memory.tasks.remove(uid);
                    }
                }
                Change::Rules(rules) => {
                    self.see_rules(rules, t);
                    // What rules say may change every answer.
                    self.memory
                        .tasks
                        .values_mut()
                        .for_each(|task| task.due = task.due.min(t));
                }
            }
        }
        if t >= self.memory.sweep_at {
            self.sweep(cluster, t);
        }
    }

    /// When the watch brings the next change.
    pub(crate) fn next_news(&self, cluster: &Cluster) -> Option<i64> {
        cluster
            .changes
            .get(self.memory.cursor)
            .map(|(at, _)| at + cluster.watch_lag)
    }

    fn see_object(&mut self, object: Rc<Object>, t: i64) {
        let uid = object.uid.clone();
        let known = self.memory.objects.get(&uid).map_or(0, |known| known.version);
        if object.version <= known {
            return;
        }
        let over = object.is_finished() && !object.finalizer;
        if over {
            // It leaves the watch of live requests.
            self.memory.objects.remove(&uid);
            self.memory.unwritten.remove(&uid);
            if self
                .memory
                .tasks
                .get(&uid)
                .is_some_and(|task| task.pass.is_none())
            {
                self.memory.tasks.remove(&uid);
            }
            return;
        }
        self.memory.objects.insert(uid.clone(), object);
        let task = self.memory.tasks.entry(uid).or_default();
        task.due = t;
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
            if let Some(task) = self.memory.tasks.get_mut(&object.uid) {
                task.due = task.due.min(t);
            }
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

    /// Everything that a decision may look at.
    pub(crate) fn snapshot(
        &self,
        pass: &Pass,
        uid: &str,
        guard: Guard,
        lease: Lease,
        instance: &str,
    ) -> Snapshot {
        let memory = &self.memory;
        let known_since = memory.known_since.unwrap();
        let mut open_requests = BTreeMap::new();
        for object in memory
            .objects
            .values()
            .filter(|object| object.uid != uid && !object.is_finished())
        {
            if let (Some(requester), Some(_)) = (&object.status.requester, object.status.phase) {
                *open_requests.entry(requester.user_id.clone()).or_insert(0) += 1;
            }
        }
        Snapshot {
            request: pass.object.facts(),
            settings: memory.settings.clone().unwrap(),
            eligibility_policies: Policies {
                known_since,
                all: memory.eligibility.clone(),
            },
            approver_policies: Policies {
                known_since,
                all: memory.approvers.clone(),
            },
            facts: pass.facts.clone(),
            guard,
            lease,
            clocks: self.clocks(),
            open_requests,
            seen_siblings: memory.objects.values().map(|object| object.sibling()).collect(),
            identity_center: IdentityCenter {
                instance_arn: InstanceArn::new(instance),
                delegated_administrator: false,
            },
            timings: Timings::default(),
        }
    }

    /// The siblings that this process remembers, for what is due while nobody can be asked.
    pub(crate) fn siblings_from_memory(&self, t: i64) -> Facts {
        let value = self
            .memory
            .objects
            .values()
            .map(|object| object.sibling())
            .collect();
        let observed_at = utc(t + self.ahead);
        Facts {
            siblings: Some(Fact::Known(Aged { value, observed_at })),
            ..Facts::default()
        }
    }

    /// How far the clock of AWS, or of the API server, is ahead of the true time, as an answer just said.
    pub(crate) fn hears_clock(&mut self, of_aws: bool, ahead: i64) {
        self.memory.heard[usize::from(of_aws)] = Some(ahead);
    }

    /// How far other clocks are ahead. What was heard is kept against a clock that does not step, so that it stays right
    /// when ours is set.
    fn clocks(&self) -> Clocks {
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
