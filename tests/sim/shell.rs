//! The shell around the decisions: exactly what [`Decision`](team_operator::domain::Decision) asks of it, one step at a
//! time, so that anything can happen between any two.

use std::rc::Rc;

use team_operator::api::ElevationRequestStatus;
use team_operator::domain::{
    Action, Aged, Answer, Decision, Fact, Facts, Guard, Lease, Question, SealCheck, decide, held_back,
    record_answer,
};

use crate::aws::Caller;
use crate::cluster::{Object, WriteError};
use crate::laws::Seen;
use crate::process::{Pass, Stage};
use crate::sabotage::Sabotage;
use crate::sim::Sim;

/// Rounds of questions after which a pass gives up and begins again later.
const ROUNDS: usize = 12;
/// How long a pass waits after a write that was not answered.
pub(crate) const WRITE_RETRY: i64 = 5;
/// The longest sleep between two passes.
const LONGEST_SLEEP: i64 = 300;

impl Sim {
    pub(crate) fn caller(&self, process: usize) -> Caller {
        let process = &self.processes[process];
        Caller {
            wrong_instance: process.wrong_instance,
            ahead: process.ahead,
        }
    }

    /// One step of one request's pass in one process.
    pub(crate) fn shell_step(&mut self, process: usize, uid: &str) {
        let task = self.processes[process].memory.tasks.get_mut(uid).unwrap();
        let next = match task.pass.take() {
            None => {
                task.due = i64::MAX;
                self.begin(process, uid)
            }
            Some(pass) => self.go_on(process, uid, pass),
        };
        let memory = &mut self.processes[process].memory;
        match next {
            Next::On(pass) => {
                memory.tasks.entry(uid.to_owned()).or_default().pass = Some(*pass);
            }
            Next::Again(at) => {
                if let Some(task) = memory.tasks.get_mut(uid) {
                    task.due = task.due.min(at);
                }
                if !memory.objects.contains_key(uid) {
                    memory.tasks.remove(uid);
                }
            }
        }
    }

    fn begin(&mut self, process: usize, uid: &str) -> Next {
        let Some(object) = self.processes[process].memory.objects.get(uid).cloned() else {
            return Next::Again(i64::MAX);
        };
        // A process that renews its lease all the time hears the API server's clock.
        if self.cluster.reaches(process, self.t) {
            let ahead = self.cluster.clock_ahead;
            self.processes[process].hears_clock(false, ahead);
        }
        let mut pass = Pass {
            read: object.clone(),
            object,
            facts: Facts::default(),
            stage: Stage::Decide,
            rounds: 0,
            resume_at: self.t,
            gap: None,
            remembered: 0,
            wake_at: i64::MAX,
            from_memory: false,
            began_at_step: self.steps,
        };
        self.remember_answers(process, &mut pass);
        if self.cluster.reaches(process, self.t) {
            return self.decide(process, uid, pass);
        }
        self.memory_acts(process, uid, pass)
    }

    /// Answers whose record could not be written are applied first.
    fn remember_answers(&self, process: usize, pass: &mut Pass) {
        let unwritten = self.processes[process].memory.unwritten.get(&pass.read.uid);
        pass.remembered = unwritten.map_or(0, Vec::len);
        if let Some(unwritten) = unwritten {
            let mut object = (*pass.read).clone();
            for (answer, at) in unwritten {
                object.status = record_answer(object.status, answer.clone(), *at);
            }
            pass.object = Rc::new(object);
        }
    }

    fn go_on(&mut self, process: usize, uid: &str, mut pass: Pass) -> Next {
        self.pass_began_at = pass.began_at_step;
        match std::mem::replace(&mut pass.stage, Stage::Decide) {
            Stage::Decide => self.decide(process, uid, pass),
            Stage::Ask(questions) => Next::On(Box::new(self.ask(process, pass, questions))),
            Stage::Write(decision) => self.write(process, uid, pass, *decision),
            Stage::LookAgain(action, before) => self.look_again(process, uid, pass, action, &before),
            Stage::Act(action) => self.act(process, uid, pass, action),
            Stage::Record(answer) => self.record(process, uid, &pass, answer),
        }
    }

    /// What the lease looks like to the process.
    pub(crate) fn lease(&self, process: usize) -> Lease {
        let believes = self.cluster.lease == process || self.processes[process].notices_after.is_some();
        if believes && self.cluster.reaches(process, self.t) {
            Lease::Held
        } else {
            Lease::Unsure("it was not renewed".to_owned())
        }
    }

    fn decide(&mut self, process: usize, uid: &str, mut pass: Pass) -> Next {
        let guard = self.processes[process].guard(&self.cluster, process, uid, self.t);
        if matches!(guard, Guard::BrokenBefore(_)) {
            // What the gap let in is voided on the object as it is, not as the watch had it.
            if pass.gap != Some(self.cluster.guard.gaps) {
                let Some(live) = self.cluster.objects.get(uid) else {
                    return Next::Again(self.t + 1);
                };
                pass.read = live.clone();
                pass.object = live.clone();
                self.remember_answers(process, &mut pass);
            }
            pass.gap = Some(self.cluster.guard.gaps);
        } else {
            pass.gap = None;
        }
        let now = self.processes[process].now(self.t);
        let instance = self.aws.instance_of(self.caller(process));
        let lease = self.lease(process);
        let mut snapshot = self.processes[process].snapshot(&pass, uid, guard, lease, &instance);
        self.sabotage_snapshot(&mut snapshot);
        let mut decision = decide(&snapshot, now);
        self.sabotage_decision(&snapshot, &mut decision);
        if !decision.questions.is_empty() {
            pass.rounds += 1;
            if pass.rounds > ROUNDS {
                return Next::Again(self.t + 30);
            }
            pass.stage = Stage::Ask(std::mem::take(&mut decision.questions));
            return Next::On(Box::new(pass));
        }
        let sleep = decision.wake_at.map(|at| at.unix_seconds() - now.unix_seconds());
        let longest = if self.setup.sleeps_long {
            i64::MAX / 4
        } else {
            LONGEST_SLEEP
        };
        pass.wake_at = sleep.map_or(i64::MAX, |seconds| self.t + seconds.clamp(1, longest));
        self.seen.push(Seen::Decided {
            snapshot: Box::new(snapshot),
            now,
            decision: Box::new(decision.clone()),
        });
        if self.sabotage == Some(Sabotage::ActsBeforeWriting)
            && let Some(action @ (Action::Grant(_) | Action::Revoke(_))) = decision.action.clone()
        {
            self.act(process, uid, pass, action);
            return Next::Again(self.t + 10);
        }
        pass.stage = Stage::Write(Box::new(decision));
        Next::On(Box::new(pass))
    }

    fn ask(&mut self, process: usize, mut pass: Pass, mut questions: Vec<Question>) -> Pass {
        let question = questions.remove(0);
        if question == Question::Siblings {
            self.ask_for_siblings(process, &mut pass);
        } else {
            self.aws.took = 0;
            let caller = self.caller(process);
            let absent = &mut self.processes[process].memory.absent_groups;
            self.aws
                .answer(caller, &question, self.t, absent, &mut pass.facts);
            if let Question::Operation(kind, id) = &question {
                let state = pass.facts.operations.get(&(*kind, id.clone()));
                let told = matches!(state, Some(Fact::Known(_)));
                self.truth.asked_about(id.as_str(), self.t, told);
            }
            self.sabotage_facts(&mut pass.facts);
            let ahead = self.aws.ahead;
            self.processes[process].hears_clock(true, ahead);
            let slow = i64::from(self.numbers.once_in(self.setup.slow_call_once_in));
            pass.resume_at = self.t + self.aws.took + slow;
        }
        pass.stage = if questions.is_empty() {
            Stage::Decide
        } else {
            Stage::Ask(questions)
        };
        pass
    }

    fn ask_for_siblings(&mut self, process: usize, pass: &mut Pass) {
        pass.facts.siblings = Some(if self.cluster.reaches(process, self.t) {
            let ahead = self.cluster.clock_ahead;
            self.processes[process].hears_clock(false, ahead);
            let others = self
                .cluster
                .objects
                .values()
                .filter(|object| object.spec.account_id == pass.object.spec.account_id);
            let value = others.map(|object| object.sibling()).collect();
            let observed_at = self.processes[process].now(self.t).to_utc();
            Fact::Known(Aged { value, observed_at })
        } else {
            Fact::Unknown("the API server does not answer".to_owned())
        });
        self.sabotage_facts(&mut pass.facts);
    }

    fn write(&mut self, process: usize, uid: &str, mut pass: Pass, decision: Decision) -> Next {
        let must_write = decision.status != pass.read.status;
        let before = pass.object.clone();
        if must_write {
            match self.store_status(process, &pass.read, decision.status) {
                Ok(stored) => {
                    let unwritten = self.processes[process].memory.unwritten.get_mut(uid);
                    if let Some(unwritten) = unwritten {
                        unwritten.drain(..pass.remembered.min(unwritten.len()));
                    }
                    pass.read = stored.clone();
                    pass.object = stored;
                }
                Err(again_at) => return Next::Again(again_at),
            }
        }
        let is_newest = self
            .cluster
            .objects
            .get(uid)
            .is_none_or(|stored| stored.version == pass.read.version);
        if let Some(gap) = pass.gap
            && is_newest
        {
            self.processes[process].judged(&mut self.cluster, uid, gap);
        }
        pass.stage = match decision.action {
            Some(action @ (Action::Grant(_) | Action::Revoke(_))) => Stage::LookAgain(action, before),
            Some(action) => Stage::Act(action),
            None => return Next::Again(pass.wake_at),
        };
        Next::On(Box::new(pass))
    }

    /// Whether another request holds back what was written down.
    fn look_again(
        &mut self,
        process: usize,
        uid: &str,
        mut pass: Pass,
        action: Action,
        before: &Object,
    ) -> Next {
        self.ask_for_siblings(process, &mut pass);
        let guard = self.processes[process].guard(&self.cluster, process, uid, self.t);
        let instance = self.aws.instance_of(self.caller(process));
        let lease = self.lease(process);
        let snapshot = self.processes[process].snapshot(&pass, uid, guard, lease, &instance);
        let now = self.processes[process].now(self.t);
        let looks = self.sabotage != Some(Sabotage::LooksOnlyOnce);
        let is_held_back = looks && held_back(&snapshot, &action, now).is_some();
        pass.stage = if is_held_back {
            Stage::Record(Answer::never_sent(&action, before.status.assignment.as_ref()))
        } else {
            Stage::Act(action)
        };
        Next::On(Box::new(pass))
    }

    /// Writes a status on top of the object that was read; when to try again if that fails.
    pub(crate) fn store_status(
        &mut self,
        process: usize,
        read: &Rc<Object>,
        status: ElevationRequestStatus,
    ) -> Result<Rc<Object>, i64> {
        let before = self.cluster.objects.get(&read.uid).cloned();
        let change = |object: &mut Object| {
            object.status = status;
            object.seal = SealCheck::Valid;
        };
        let written = self
            .cluster
            .write(self.t, process, &read.uid, read.version, change);
        let own = self.processes[process].ahead;
        let ahead = own.min(self.cluster.clock_ahead).min(self.aws.ahead);
        let earliest = (self.clock_stepped_at <= self.pass_began_at).then_some(self.t + ahead);
        // Whether the answer arrived or not, this is what was written.
        if let (Some(before), Some(after)) = (before, self.cluster.objects.get(&read.uid))
            && before.version != after.version
        {
            self.seen.push(Seen::Wrote {
                earliest,
                before,
                after: after.clone(),
            });
        }
        written.map_err(|error| match error {
            WriteError::Conflict => self.t + 1,
            WriteError::NotFound | WriteError::NoAnswer => self.t + WRITE_RETRY,
        })
    }
}

/// What becomes of a pass after a step.
pub(crate) enum Next {
    On(Box<Pass>),
    /// It is over; the next one begins then at the latest.
    Again(i64),
}
