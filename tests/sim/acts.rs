//! The part of the shell that does something: finalizers, creates, deletes, and the record of their answers.

use team_operator::api::AssignmentTuple;
use team_operator::domain::{Action, Answer, due_from_memory, record_answer};

use crate::aws::HELD_FOR;
use crate::cluster::Object;
use crate::laws::{Seen, Sent};
use crate::process::{Pass, Stage};
use crate::shell::{Next, WRITE_RETRY};
use crate::sim::Sim;
use crate::truth::key;

/// How often what is due is tried while the API server does not answer.
const MEMORY_RETRY: i64 = 60;

impl Sim {
    pub(crate) fn act(&mut self, process: usize, uid: &str, mut pass: Pass, action: Action) -> Next {
        let version = pass.object.version;
        let answer = match action {
            Action::SetFinalizer => {
                let set = |object: &mut Object| object.finalizer = true;
                let _again = self.cluster.write(self.t, process, uid, version, set);
                return Next::Again(self.t + WRITE_RETRY);
            }
            Action::RemoveFinalizer => {
                let before = self.cluster.objects.get(uid).cloned();
                let remove = |object: &mut Object| object.finalizer = false;
                let _again = self.cluster.write(self.t, process, uid, version, remove);
                let still = self
                    .cluster
                    .objects
                    .get(uid)
                    .is_some_and(|object| object.finalizer);
                if let Some(object) = before.filter(|object| object.finalizer && !still) {
                    self.seen.push(Seen::FinalizerRemoved { object });
                }
                return Next::Again(self.t + WRITE_RETRY);
            }
            Action::Grant(grant) => {
                let now = self.processes[process].now(self.t);
                if self.cluster.lease == process && now < grant.not_after {
                    self.send(process, uid, &pass, true, &grant.tuple)
                } else {
                    Answer::CreateWithheld
                }
            }
            Action::Revoke(tuple) => self.send(process, uid, &pass, false, &tuple),
        };
        pass.resume_at = self.t + self.aws.took;
        pass.stage = Stage::Record(answer);
        Next::On(Box::new(pass))
    }

    /// Sends a create or a delete to AWS.
    fn send(
        &mut self,
        process: usize,
        uid: &str,
        pass: &Pass,
        create: bool,
        tuple: &AssignmentTuple,
    ) -> Answer {
        let mut tuple = tuple.clone();
        self.sabotage_tuple(&mut tuple);
        let about = key(&tuple);
        let sent = Sent {
            uid: uid.to_owned(),
            create,
            tuple: tuple.clone(),
            from_memory: pass.from_memory,
            leads: self.cluster.lease == process,
            stored: self.cluster.objects.get(uid).cloned(),
            clocks_apart: if self.clock_stepped_at > pass.began_at_step {
                0
            } else {
                self.clocks_apart(process)
            },
            undisturbed: self
                .cluster
                .objects
                .get(uid)
                .is_some_and(|stored| stored.version == pass.object.version),
            before: self.truth.tuples.get(&about).cloned().unwrap_or_default(),
            open: self.known_open(&about),
            latest: self.latest_clock(process),
        };
        self.seen.push(Seen::Sent(Box::new(sent)));
        self.aws.took = 0;
        let caller = self.caller(process);
        let written = if create {
            self.aws.create(caller, &tuple, self.t)
        } else {
            self.aws.delete(caller, &tuple, self.t)
        };
        let ahead = self.aws.ahead;
        self.processes[process].hears_clock(true, ahead);
        let mut held = self.truth.held.iter();
        if held.any(|(key, until)| *key == about && *until >= self.t) {
            self.truth.overtaken.insert(about.clone());
        }
        if create && written.held {
            self.truth.held.push((about.clone(), self.t + HELD_FOR));
        }
        if create && (written.held || written.operation.is_some()) {
            self.truth.loose.push((self.t, about.clone()));
            self.truth.tuples.entry(about).or_default().touched = true;
        }
        self.looks_at_aws(false);
        written.answer
    }

    pub(crate) fn record(&mut self, process: usize, uid: &str, pass: &Pass, answer: Answer) -> Next {
        let now = self.processes[process].now(self.t);
        if !pass.from_memory {
            let status = record_answer(pass.object.status.clone(), answer.clone(), now);
            if status == pass.object.status || self.store_status(process, &pass.object, status).is_ok() {
                return Next::Again(pass.wake_at);
            }
        }
        let unwritten = self.processes[process]
            .memory
            .unwritten
            .entry(uid.to_owned())
            .or_default();
        unwritten.push((answer, now));
        Next::Again(if pass.from_memory {
            self.t + MEMORY_RETRY
        } else {
            self.t + 1
        })
    }

    /// While the API server does not answer, what is due is removed all the same.
    pub(crate) fn memory_acts(&mut self, process: usize, uid: &str, mut pass: Pass) -> Next {
        pass.facts = self.processes[process].siblings_from_memory(self.t);
        pass.from_memory = true;
        let guard = self.processes[process].guard(&self.cluster, process, uid, self.t);
        let instance = self.aws.instance_of(self.caller(process));
        let lease = self.lease(process);
        let snapshot = self.processes[process].snapshot(&pass, uid, guard, lease, &instance);
        match due_from_memory(&snapshot, self.processes[process].now(self.t)) {
            Some(action) => {
                pass.stage = Stage::Act(action);
                Next::On(Box::new(pass))
            }
            None => Next::Again(self.t + WRITE_RETRY),
        }
    }
}
