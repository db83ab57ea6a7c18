//! The driver of the shipped machines: it does what a machine needs, one step at a time, so that anything can happen
//! between any two.

use chrono::TimeDelta;
use team_operator::api::{ClaimRequest, InstanceArn};
use team_operator::domain::{Facts, Guard, Need, Question, Reply, RequestMachine, Sight};

use crate::cluster::Write;
use crate::laws::Seen;
use crate::process::{Pass, Work};
use crate::sabotage::Sabotage;
use crate::shadow::shadow;
use crate::sim::{STEPS_AT_ONE_MOMENT, Sim};

/// The longest sleep between two passes, where wake-ups are not all there is.
const LONGEST_SLEEP: i64 = 300;

/// So many steps before a run is left that comes to no rest, every step is told.
const STEPS_TOLD: usize = 20;

impl Sim {
    pub(crate) fn instance_of(&self, process: usize) -> InstanceArn {
        let process = &self.processes[process];
        self.aws.caller(0, process.wrong_instance).instance_arn
    }

    /// One step of one pass in one process.
    pub(crate) fn drive(&mut self, process: usize, work: &Work) {
        let task = self.processes[process].memory.tasks.get_mut(work).unwrap();
        let pass = if let Some(pass) = task.pass.take() {
            Some(pass)
        } else {
            task.due = i64::MAX;
            self.begin(process, work)
        };
        let Some(mut pass) = pass else {
            self.processes[process].memory.tasks.remove(work);
            return;
        };
        self.pass_began_at = pass.began_at_step;
        let rests = if let Some(need) = pass.need.take() {
            self.meet(process, work, &mut pass, need);
            None
        } else {
            self.ask_machine(process, work, &mut pass)
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
                self.processes[process]
                    .memory
                    .machines
                    .insert(name.clone(), machine);
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
                pass.shadow = self.looks_into().then(|| Box::new(shadow(snapshot.clone())));
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
            Work::Request(_) => {
                let need = pass.request.as_mut().unwrap().next(reply.clone(), &moment);
                self.follow_shadow(pass, &reply, &need, &moment);
                need
            }
            Work::Record(name) => {
                let machines = &mut self.processes[process].memory.machines;
                machines.get_mut(name)?.next(reply, &moment)
            }
        };
        let need = self.sabotage_need(process, work, need, &moment);
        if self.steps_now + STEPS_TOLD > STEPS_AT_ONE_MOMENT {
            self.tell(|| format!("      {work:?} needs {need:?}"));
        }
        match need {
            Need::Rest(wait) => {
                self.look_into_rest(process, (work, pass), wait, &moment);
                return Some(wait);
            }
            Need::Answer(questions) => {
                pass.facts = Facts::default();
                pass.questions = questions.iter().map(|(question, _)| question.clone()).collect();
                if matches!(work, Work::Record(_)) {
                    let asked = pass.questions.iter().cloned();
                    self.seen
                        .extend(asked.map(|question| Seen::AsksAboutRecord { question }));
                }
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
                let Work::Request(uid) = work else {
                    unreachable!("{work:?}")
                };
                let write = Write::Status {
                    uid: uid.clone(),
                    version: pass.version,
                    status,
                };
                self.store_object(process, pass, &write)
            }
            Need::StoreFinalizer(present) => {
                let Work::Request(uid) = work else {
                    unreachable!("{work:?}")
                };
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
            if let Question::Listing(account, set) = &question {
                let about = (account.as_str().to_owned(), set.as_str().to_owned());
                self.truth.listed.insert(about, self.t);
            }
            let caller = self.aws.caller(
                self.processes[process].ahead,
                self.processes[process].wrong_instance,
            );
            let absent = &mut self.processes[process].memory.absent_groups;
            let took = self
                .aws
                .answer(&caller, &question, self.t, absent, &mut pass.facts);
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
        let Work::Request(uid) = work else {
            unreachable!("{work:?}")
        };
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
                self.processes[process].see_record(&record, self.t);
                let mut record = (*self.processes[process].memory.judge(&record)).clone();
                self.sabotage_record(&mut record);
                Sight::There(Box::new(record))
            }
            None => Sight::Gone,
        }
    }
}
