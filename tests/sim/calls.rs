//! Calls to AWS that change something: what was so when they went out, and what became of them.

use identity_center_sandbox::{Client, HoldId};
use team_operator::api::{AssignmentKey, Timestamp};
use team_operator::domain::{Create, Lease, Moment, OperationKind, Sent, Timings};
use team_operator::ports::{CreateAnswer, DeleteAnswer, SendPermit};

use crate::cluster::{stamp, utc};
use crate::laws::{Seen, SentToAws, covering};
use crate::process::Pass;
use crate::records::is_there;
use crate::sabotage::Sabotage;
use crate::sim::Sim;
use crate::truth::{CreateTruth, key};

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
    pub(crate) fn create(&mut self, process: usize, pass: &mut Pass, create: &Create) -> Sent {
        let mut key = create.key.clone();
        self.sabotage_key(&mut key);
        let moment: Moment = self.processes[process].moment(self.t);
        let latest = moment.latest(&Timings::default());
        let ignores_lease = self.sabotage == Some(Sabotage::IgnoresTheLease);
        let ignores_clocks = self.sabotage == Some(Sabotage::IgnoresClocks);
        let agree = moment.clocks_agree(&Timings::default()) || ignores_clocks;
        let permitted = (moment.lease == Lease::Held || ignores_lease) && agree && latest < create.not_after;
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
            Err(error) => (&error).into(),
        }
    }

    pub(crate) fn delete(&mut self, process: usize, pass: &mut Pass, key: &AssignmentKey) -> Sent {
        if self.sabotage == Some(Sabotage::NeverDeletes) {
            return Sent::NotSent;
        }
        let caller = self.aws.caller(
            self.processes[process].ahead,
            self.processes[process].wrong_instance,
        );
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
            Err(error) => (&error).into(),
        }
    }

    /// Whether a delete goes ahead of its record: a write of the record failed and nothing that the process knows covers the
    /// assignment; or the process has sent such a delete before, in the same tenure.
    fn goes_ahead(&mut self, process: usize, about: &AssignmentKey, latest: Timestamp) -> bool {
        let Some((name, _)) = self.cluster.name_of(&key(about)) else {
            return false;
        };
        let memory = &self.processes[process].memory;
        if memory.went_ahead.contains(name) {
            return true;
        }
        let known = memory.machines.get(name).and_then(|machine| machine.record());
        let Some(known) = known.filter(|record| is_there(record)) else {
            return false;
        };
        let covered = covering(self, known, latest).next().is_some();
        let leads =
            self.cluster.lease.holder == process && self.processes[process].lease(self.t) == Lease::Held;
        let failed = !leads || memory.failed_writes.contains(name) || !self.cluster.is_genuine(name);
        if covered || !failed {
            return false;
        }
        let name = name.to_owned();
        self.processes[process].memory.went_ahead.insert(name)
    }

    /// What is so when a call goes out.
    fn sends(&mut self, process: usize, kind: OperationKind, about: &AssignmentKey) {
        let heard = self.processes[process].memory.heard;
        let clocks = [Some(self.processes[process].ahead), heard[0], heard[1]];
        let seen = || clocks.iter().flatten();
        let goes_ahead = kind == OperationKind::Deletion
            && self.goes_ahead(process, about, stamp(self.t + seen().max().unwrap()));
        let sent = SentToAws {
            process,
            goes_ahead,
            create: kind == OperationKind::Creation,
            key: about.clone(),
            leads: self.cluster.lease.holder == process
                && self.processes[process].lease(self.t) == Lease::Held,
            clocks_apart: seen().max().unwrap() - seen().min().unwrap(),
            latest: stamp(self.t + seen().max().unwrap()),
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
                let tuple = self.truth.tuples.get(&about);
                let joins = tuple.is_some_and(|tuple| tuple.present && !tuple.touched);
                self.truth.creates.push(CreateTruth {
                    key: about,
                    t: self.t,
                    operation: begun,
                    held,
                    joins,
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
