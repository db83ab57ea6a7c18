//! A process of the controller: what it remembers, what it sees of the cluster, and its machines.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::TimeDelta;
use team_operator::api::{ApproverPolicySpec, EligibilityPolicySpec, InstanceArn, Timestamp};
use team_operator::domain::request::assignment_of;
use team_operator::domain::{
    AssignmentConfig, AssignmentMachine, Clocks, Facts, Guard, IdentityCenter, JournalFact, Lease, Moment,
    Need, OpenRequests, Policies, PolicyFact, PolicySet, Question, RecordSeal, Reply, RequestMachine, Seen,
    SettingsFact, Snapshot, StoredRecord, Timings, record_name,
};

use crate::cluster::{Change, Cluster, Object, stamp};

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
    pub(crate) cursor: usize,
    pub(crate) objects: BTreeMap<String, Rc<Object>>,
    pub(crate) records: BTreeMap<String, Rc<StoredRecord>>,
    pub(crate) machines: BTreeMap<String, AssignmentMachine>,
    pub(crate) eligibility: Vec<PolicyFact<EligibilityPolicySpec>>,
    pub(crate) approvers: Vec<PolicyFact<ApproverPolicySpec>>,
    pub(crate) settings: Option<SettingsFact>,
    pub(crate) known_since: Option<Timestamp>,
    pub(crate) absent_groups: BTreeMap<String, Timestamp>,
    /// How far the clocks of the API server and of AWS are ahead of the true time, as they last said.
    pub(crate) heard: [Option<i64>; 2],
    pub(crate) tasks: BTreeMap<Work, Task>,
    /// The last versions of requests that are over, and the uids of records that are gone: what a watch brings late is no news.
    pub(crate) over: BTreeMap<String, u64>,
    pub(crate) removed: BTreeSet<String>,
    /// The highest sequence that was seen of each record, by the uid of its object.
    sequences: BTreeMap<String, i64>,
    /// The records whose last write got no answer, or was refused: a delete may have to go ahead of it.
    pub(crate) failed_writes: BTreeSet<String>,
    /// The records of which a delete went ahead, until the end is stored.
    pub(crate) went_ahead: BTreeSet<String>,
    /// The requests that were decided since the newest gap of the guard, and which gap that is.
    pub(crate) judged: (u64, BTreeSet<String>),
    pub(crate) sweep_at: i64,
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
    /// The same pass beside policies about something else.
    pub(crate) shadow: Option<Box<RequestMachine>>,
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
            shadow: None,
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

impl Memory {
    /// A record that this process wrote is the newest, also where it was made anew and counts from one again.
    pub(crate) fn wrote(&mut self, record: &StoredRecord) {
        let sequence = record
            .record
            .as_ref()
            .map_or(0, |content| content.status.sequence);
        self.sequences.insert(record.uid.clone(), sequence);
    }

    /// The record as the machines are shown it: a version from before one that was seen is not believed.
    pub(crate) fn judge(&mut self, record: &Rc<StoredRecord>) -> Rc<StoredRecord> {
        if record.seal == RecordSeal::Broken {
            return record.clone();
        }
        let content = record.record.as_ref();
        let sequence = content.map_or(0, |content| content.status.sequence);
        let highest = self.sequences.entry(record.uid.clone()).or_insert(sequence);
        if sequence >= *highest {
            *highest = sequence;
            return record.clone();
        }
        Rc::new(StoredRecord {
            seal: RecordSeal::Broken,
            ..(**record).clone()
        })
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
            self.see_record(record, t);
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
            deletion_allowed: false,
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
        let mut open_requests = OpenRequests::default();
        for other in memory.objects.values() {
            let open = other.uid != object.uid && !other.is_finished() && other.status.phase.is_some();
            if let (Some(requester), true) = (&other.status.requester, open) {
                open_requests.add(other.spec.requester.as_deref(), &requester.user_id);
            }
        }
        Snapshot {
            // What was stored before the pass has arrived.
            journal: JournalFact {
                recorded: object.status.history.last().map_or(0, |entry| entry.sequence),
                unwritable: None,
                is_released: false,
            },
            request: object.facts(),
            settings: memory.settings.clone().unwrap(),
            deletion_allowed: false,
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
