//! The driver of the shipped machines: it does what a machine needs, one step at a time, so that anything can happen
//! between any two.

use chrono::TimeDelta;
use identity_center_sandbox::{Client, HoldId};
use team_operator::api::{AssignmentKey, ClaimRequest, InstanceArn};
use team_operator::domain::{
    Create, Facts, Guard, Lease, Moment, Need, OperationKind, RecordWrite, Reply, RequestMachine, Sent, Sight,
    Timings, Written,
};
use team_operator::ports::{CreateAnswer, DeleteAnswer, Effect, PortError, SendPermit};

use crate::cluster::{Landed, Write, WriteError, utc};
use crate::laws::{Seen, SentToAws};
use crate::process::{Pass, Work};
use crate::sabotage::Sabotage;
use crate::sim::Sim;
use crate::truth::{CreateTruth, key};

/// How long a write without an answer is waited for, where nobody says how long.
const PATIENCE: i64 = 10;
/// The longest sleep between two passes, where wake-ups are not all there is.
const LONGEST_SLEEP: i64 = 300;
/// When AWS lets a call go on that it held back; a create arrives within the time in which a signature is good.
const HELD_FOR: [i64; 4] = [40, 200, 600, 850];
/// A delete may land later than that, on whatever is there then.
const DELETE_HELD_FOR: [i64; 4] = [40, 200, 600, 1080];

/// Asked when a create is about to be signed.
#[derive(Debug)]
struct Permit(bool);

impl SendPermit for Permit {
    fn still_good(&self) -> bool {
        self.0
    }
}

impl Sim {
    pub(crate) fn instance_of(&self, process: usize) -> InstanceArn {
        let process = &self.processes[process];
        self.aws.caller(0, process.wrong_instance).instance_arn
    }

    /// One step of one pass in one process.
    pub(crate) fn drive(&mut self, process: usize, work: &Work) {
        let task = self.processes[process].memory.tasks.get_mut(work).unwrap();
        let pass = match task.pass.take() {
            Some(pass) => Some(pass),
            None => {
                task.due = i64::MAX;
                self.begin(process, work)
            }
        };
        let Some(mut pass) = pass else {
            self.processes[process].memory.tasks.remove(work);
            return;
        };
        self.pass_began_at = pass.began_at_step;
        let rests = match pass.need.take() {
            Some(need) => {
                self.meet(process, work, &mut pass, need);
                None
            }
            None => self.ask_machine(process, work, &mut pass),
        };
        self.set_aside(process, work, pass, rests);
    }

    /// A pass goes on at the next step, or is over.
    fn set_aside(&mut self, process: usize, work: &Work, pass: Pass, rests: Option<TimeDelta>) {
        let Some(rests) = rests else {
            if let Some(task) = self.processes[process].memory.tasks.get_mut(work) {
                task.pass = Some(pass);
            }
            return;
        };
        let longest = if self.setup.sleeps_long {
            i64::MAX / 4
        } else {
            LONGEST_SLEEP
        };
        let mut wait = rests.num_seconds().clamp(1, longest);
        if self.sabotage == Some(Sabotage::SleepsForEver) && matches!(work, Work::Record(_)) {
            wait = i64::MAX / 4;
        }
        if let (Some(machine), Some(gap), Work::Request(uid)) = (&pass.request, pass.gap, work) {
            let stored = self.cluster.objects.get(uid);
            let newest = stored.is_none_or(|stored| stored.version == pass.version);
            if machine.came_through() && newest {
                self.processes[process].judged(&mut self.cluster, uid, gap);
            }
        }
        let due = self.t + wait;
        let memory = &mut self.processes[process].memory;
        if let Some(task) = memory.tasks.get_mut(work) {
            task.due = task.due.min(due);
        }
        match work {
            Work::Request(uid) if !memory.objects.contains_key(uid) => {
                memory.tasks.remove(work);
            }
            Work::Record(name) => {
                let shell = &self.processes[process];
                let machine = shell.memory.machines.get(name);
                let over = machine.is_none_or(|machine| shell.may_forget(name, machine));
                if over {
                    let memory = &mut self.processes[process].memory;
                    memory.machines.remove(name);
                    memory.tasks.remove(work);
                }
            }
            Work::Request(_) => {}
        }
    }

    fn begin(&mut self, process: usize, work: &Work) -> Option<Pass> {
        let reaches = self.cluster.reaches(process, self.t);
        if reaches {
            // A process that renews its lease all the time hears the API server's clock.
            let ahead = self.cluster.clock_ahead;
            self.processes[process].hears_clock(false, ahead);
        }
        let instance = self.instance_of(process);
        let mut pass = Pass::new(self.t, self.steps);
        match work {
            Work::Record(name) => {
                let mut machine = self.processes[process].machine(name, &instance);
                let mut seen = self.processes[process].seen(name, &machine);
                if let Some(record) = &mut seen.record {
                    self.sabotage_record(record);
                }
                machine.see(seen);
                self.processes[process].memory.machines.insert(name.clone(), machine);
            }
            Work::Request(uid) => {
                let mut object = self.processes[process].memory.objects.get(uid).cloned()?;
                let guard = self.processes[process].guard(&self.cluster, process, uid, self.t);
                if matches!(guard, Guard::BrokenBefore(_)) {
                    // What the gap let in is voided on the object as it is, not as the watch had it.
                    object = self.cluster.objects.get(uid).cloned()?;
                    pass.gap = Some(self.cluster.guard.gaps);
                }
                pass.version = object.version;
                let mut snapshot = self.processes[process].snapshot(&object, guard, &instance);
                self.sabotage_snapshot(&mut snapshot);
                pass.request = Some(Box::new(RequestMachine::new(snapshot)));
            }
        }
        Some(pass)
    }

    /// The machine says what it needs next, or rests.
    fn ask_machine(&mut self, process: usize, work: &Work, pass: &mut Pass) -> Option<TimeDelta> {
        let mut moment = self.processes[process].moment(self.t);
        self.sabotage_moment(&mut moment, work);
        let reply = pass.reply.take().unwrap_or(Reply::Done);
        let need = match work {
            Work::Request(_) => pass.request.as_mut().unwrap().next(reply, &moment),
            Work::Record(name) => {
                let machines = &mut self.processes[process].memory.machines;
                machines.get_mut(name)?.next(reply, &moment)
            }
        };
        let need = self.sabotage_need(process, work, need, &moment);
        match need {
            Need::Rest(wait) => return Some(wait),
            Need::Answer(questions) => {
                pass.facts = Facts::default();
                pass.questions = questions.iter().map(|(question, _)| question.clone()).collect();
                pass.need = Some(Need::Answer(questions));
            }
            need => pass.need = Some(need),
        }
        None
    }

    /// Does what a machine needs.
    fn meet(&mut self, process: usize, work: &Work, pass: &mut Pass, need: Need) {
        let reply = match need {
            Need::Answer(questions) => return self.answer_one(process, pass, questions),
            Need::CheckPolicies => {
                let policies = self.processes[process].policies(&self.cluster, process, self.t);
                Reply::Policies(policies.map(|mut policies| {
                    self.sabotage_policies(&mut policies);
                    Box::new(policies)
                }))
            }
            Need::ProveGuard(_) => self.prove_guard(process, work, pass),
            Need::ReadRequest(about) => self.read_request(process, work, pass, about),
            Need::ReadRecord(name) => Reply::Record(self.read_record(process, &name)),
            Need::StoreStatus(status) => {
                let Work::Request(uid) = work else { unreachable!("{work:?}") };
                let write = Write::Status {
                    uid: uid.clone(),
                    version: pass.version,
                    status,
                };
                self.store_object(process, pass, &write)
            }
            Need::StoreFinalizer(present) => {
                let Work::Request(uid) = work else { unreachable!("{work:?}") };
                let write = Write::Finalizer {
                    uid: uid.clone(),
                    version: pass.version,
                    present,
                };
                self.store_object(process, pass, &write)
            }
            Need::StoreRecord(write) => self.store_record(process, work, pass, &write),
            Need::Create(create) => Reply::Sent(self.create(process, pass, &create)),
            Need::Delete(key) => Reply::Sent(self.delete(process, pass, &key)),
            Need::Tell(_) => Reply::Done,
            Need::Rest(_) => unreachable!("a rest needs nothing"),
        };
        pass.reply = Some(reply);
    }

    fn answer_one(
        &mut self,
        process: usize,
        pass: &mut Pass,
        questions: Vec<(team_operator::domain::Question, team_operator::domain::Freshness)>,
    ) {
        if !pass.questions.is_empty() {
            let question = pass.questions.remove(0);
            let caller = self
                .aws
                .caller(self.processes[process].ahead, self.processes[process].wrong_instance);
            let absent = &mut self.processes[process].memory.absent_groups;
            let took = self.aws.answer(&caller, &question, self.t, absent, &mut pass.facts);
            self.sabotage_facts(&mut pass.facts);
            let ahead = self.aws.ahead;
            self.processes[process].hears_clock(true, ahead);
            let slow = i64::from(self.numbers.once_in(self.setup.slow_call_once_in));
            pass.resume_at = self.t + took + slow;
        }
        if pass.questions.is_empty() {
            pass.reply = Some(Reply::Facts(Box::new(std::mem::take(&mut pass.facts))));
        } else {
            pass.need = Some(Need::Answer(questions));
        }
    }

    fn prove_guard(&mut self, process: usize, work: &Work, pass: &mut Pass) -> Reply {
        let Work::Request(uid) = work else { unreachable!("{work:?}") };
        let guard = self.processes[process].guard(&self.cluster, process, uid, self.t);
        let gap = Some(self.cluster.guard.gaps);
        if matches!(guard, Guard::BrokenBefore(_)) && pass.gap != gap {
            // The next pass reads the request live; this one grants nothing.
            return Reply::Guard(Guard::Unproven("there was a gap".to_owned()));
        }
        Reply::Guard(guard)
    }

    fn read_request(&mut self, process: usize, work: &Work, pass: &mut Pass, about: ClaimRequest) -> Reply {
        if !self.cluster.reaches(process, self.t) {
            return Reply::Request(about, Sight::Unknown("the API server does not answer".to_owned()));
        }
        let from_cache = self.sabotage == Some(Sabotage::ReadsFromTheCache);
        let cached = self.processes[process].memory.objects.get(&about.uid).cloned();
        let found = match cached {
            Some(cached) if from_cache => Some(cached),
            _ => self.cluster.objects.get(&about.uid).cloned(),
        };
        let Some(found) = found else {
            return Reply::Request(about, Sight::Gone);
        };
        if *work == Work::Request(about.uid.clone()) {
            pass.version = found.version;
        }
        let facts = found.facts();
        Reply::Request(about, Sight::There(Box::new(facts)))
    }

    fn read_record(&mut self, process: usize, name: &str) -> Sight<Box<team_operator::domain::StoredRecord>> {
        if !self.cluster.reaches(process, self.t) {
            return Sight::Unknown("the API server does not answer".to_owned());
        }
        match self.cluster.records.get(name).cloned() {
            Some(record) => {
                self.processes[process].see_record(record.clone(), self.t);
                let mut record = (*record).clone();
                self.sabotage_record(&mut record);
                Sight::There(Box::new(record))
            }
            None => Sight::Gone,
        }
    }

    /// How long a write without an answer is waited for.
    fn waits_for(&self, patience: Option<TimeDelta>) -> i64 {
        match patience {
            Some(_) if self.sabotage == Some(Sabotage::WaitsForItsWrite) => 600,
            Some(patience) => patience.num_seconds().clamp(0, PATIENCE),
            None => PATIENCE,
        }
    }

    /// Writes; what the process is told about it.
    fn write(
        &mut self,
        process: usize,
        pass: &mut Pass,
        write: &Write,
        patience: Option<TimeDelta>,
    ) -> Result<Landed, WriteError> {
        let (told, landed) = self.cluster.write(self.t, process, write);
        if let Some(landed) = landed {
            self.saw_write(process, landed);
        }
        let unanswered = matches!(told, Err(WriteError::NoAnswer));
        let waits = unanswered && self.sabotage == Some(Sabotage::WaitsForItsWrite);
        if waits || matches!(told, Err(WriteError::Hangs)) {
            pass.resume_at = self.t + self.waits_for(patience);
        }
        told
    }

    /// What was written, whether anybody was told or not.
    pub(crate) fn saw_write(&mut self, process: usize, landed: Landed) {
        let own = self.processes[process].ahead;
        let ahead = own.min(self.cluster.clock_ahead).min(self.aws.ahead);
        let earliest = (self.clock_stepped_at <= self.pass_began_at).then_some(self.t + ahead);
        match landed {
            Landed::Object { before, after } => {
                if before.finalizer && after.as_ref().is_none_or(|after| !after.finalizer) {
                    self.seen.push(Seen::FinalizerRemoved {
                        object: before.clone(),
                    });
                }
                if let Some(after) = after {
                    self.seen.push(Seen::Wrote { earliest, before, after });
                }
            }
            Landed::Record { before, after } => {
                self.seen.push(Seen::WroteRecord { earliest, before, after });
            }
        }
    }

    fn store_object(&mut self, process: usize, pass: &mut Pass, write: &Write) -> Reply {
        let told = self.write(process, pass, write, None);
        Reply::RequestWritten(match told {
            Ok(Landed::Object { after: Some(after), .. }) => {
                pass.version = after.version;
                self.processes[process].see_object(after.clone(), self.t);
                Written::Stored(Box::new(after.facts()))
            }
            Ok(Landed::Object { before, after: None }) => {
                let mut facts = before.facts();
                facts.has_finalizer = false;
                Written::Stored(Box::new(facts))
            }
            Ok(Landed::Record { .. }) => unreachable!("a request was written"),
            Err(WriteError::Conflict | WriteError::NotFound) => Written::Conflict,
            Err(WriteError::Refused) => Written::Refused("it is not accepted".to_owned()),
            Err(WriteError::NoAnswer | WriteError::Hangs) => Written::NoAnswer("no answer".to_owned()),
        })
    }

    fn store_record(&mut self, process: usize, work: &Work, pass: &mut Pass, write: &RecordWrite) -> Reply {
        let told = self.write(
            process,
            pass,
            &Write::Record(Box::new(write.clone())),
            write.patience,
        );
        let t = self.t;
        let shell = &mut self.processes[process];
        let record = Work::Record(write.name.clone());
        if told.is_err() {
            shell.memory.failed_writes.insert(write.name.clone(), t);
        }
        Reply::RecordWritten(match told {
            Ok(Landed::Record { after, .. }) => {
                match &after {
                    Some(after) => shell.see_record(after.clone(), t),
                    None => shell.record_goes(&write.name, t),
                }
                if *work != record {
                    shell.wake(record, t);
                }
                Written::Stored(after.map(|after| Box::new((*after).clone())))
            }
            Ok(Landed::Object { .. }) => unreachable!("a record was written"),
            Err(WriteError::Conflict | WriteError::NotFound) => Written::Conflict,
            Err(WriteError::Refused) => Written::Refused("it is not accepted".to_owned()),
            Err(WriteError::NoAnswer | WriteError::Hangs) => Written::NoAnswer("no answer".to_owned()),
        })
    }

    pub(crate) fn create(&mut self, process: usize, pass: &mut Pass, create: &Create) -> Sent {
        let mut key = create.key.clone();
        self.sabotage_key(&mut key);
        let moment: Moment = self.processes[process].moment(self.t);
        let latest = moment.latest(&Timings::default());
        let ignores_lease = self.sabotage == Some(Sabotage::IgnoresTheLease);
        let permitted = (moment.lease == Lease::Held || ignores_lease) && latest < create.not_after;
        if !permitted || self.processes[process].wrong_instance {
            return Sent::NotSent;
        }
        self.sends(process, OperationKind::Creation, &key);
        let caller = self.aws.caller(self.processes[process].ahead, false);
        let mut client = Client::new(&mut self.aws.world, &caller, utc(self.t));
        let answer = client.create(&key, &Permit(permitted));
        let took = i64::try_from(client.took().as_secs()).unwrap();
        let begun = client.begun().map(|id| id.as_str().to_owned());
        let held = client.held();
        self.sent(process, pass, &key, OperationKind::Creation, (took, begun, held));
        match answer {
            Ok(CreateAnswer::Accepted { request, state }) => Sent::Accepted { id: request, state },
            Ok(CreateAnswer::Withheld) => Sent::NotSent,
            Err(error) => failed(&error),
        }
    }

    fn delete(&mut self, process: usize, pass: &mut Pass, key: &AssignmentKey) -> Sent {
        if self.sabotage == Some(Sabotage::NeverDeletes) {
            return Sent::NotSent;
        }
        let caller = self
            .aws
            .caller(self.processes[process].ahead, self.processes[process].wrong_instance);
        if !self.processes[process].wrong_instance {
            self.sends(process, OperationKind::Deletion, key);
        }
        let mut client = Client::new(&mut self.aws.world, &caller, utc(self.t));
        let answer = client.delete(key);
        let took = i64::try_from(client.took().as_secs()).unwrap();
        let begun = client.begun().map(|id| id.as_str().to_owned());
        let held = client.held();
        self.sent(process, pass, key, OperationKind::Deletion, (took, begun, held));
        match answer {
            Ok(DeleteAnswer::Accepted { request, state }) => Sent::Accepted { id: request, state },
            Ok(DeleteAnswer::AlreadyGone(_)) => Sent::NothingThere,
            Err(error) => failed(&error),
        }
    }

    /// What is so when a call goes out.
    fn sends(&mut self, process: usize, kind: OperationKind, about: &AssignmentKey) {
        let heard = self.processes[process].memory.heard;
        let clocks = [Some(self.processes[process].ahead), heard[0], heard[1]];
        let seen = || clocks.iter().flatten();
        let sent = SentToAws {
            process,
            create: kind == OperationKind::Creation,
            key: about.clone(),
            leads: self.cluster.lease.holder == process && self.processes[process].lease(self.t) == Lease::Held,
            clocks_apart: seen().max().unwrap() - seen().min().unwrap(),
            latest: crate::cluster::stamp(self.t + seen().max().unwrap()),
            before: self.truth.tuples.get(&key(about)).cloned().unwrap_or_default(),
        };
        self.seen.push(Seen::Sent(Box::new(sent)));
    }

    fn sent(
        &mut self,
        process: usize,
        pass: &mut Pass,
        about: &AssignmentKey,
        kind: OperationKind,
        (took, begun, held): (i64, Option<String>, Option<HoldId>),
    ) {
        let about = key(about);
        if let Some(held) = held {
            let times = match kind {
                OperationKind::Creation => HELD_FOR,
                OperationKind::Deletion => DELETE_HELD_FOR,
            };
            let at = self.t + self.numbers.pick(&times);
            self.aws.held.push((held, at));
        }
        match kind {
            OperationKind::Creation => {
                if let Some(tuple) = self.truth.tuples.get_mut(&about) {
                    tuple.touched |= tuple.present;
                }
                self.truth.creates.push(CreateTruth {
                    key: about,
                    t: self.t,
                    operation: begun,
                    held,
                });
            }
            OperationKind::Deletion => {
                self.truth.asked.insert(about, self.t);
            }
        }
        self.looks_at_aws(false);
        let ahead = self.aws.ahead;
        self.processes[process].hears_clock(true, ahead);
        pass.resume_at = self.t + took;
    }
}

fn failed(error: &PortError) -> Sent {
    if error.effect == Effect::Uncertain {
        Sent::NoAnswer(error.to_string())
    } else {
        Sent::Refused(error.to_string())
    }
}
