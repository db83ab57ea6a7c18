//! What people, policy writers, AWS and misfortune do.

use identity_center_sandbox::Change;
use team_operator::api::{
    AccountId, Approval, AssignmentState, ElevationRequestSpec, HumanDuration, PermissionSetName, Phase,
    ReviewDecision, Window,
};
use team_operator::domain::{SealCheck, StoredRecord};

use crate::cluster::{Object, stamp, utc};
use crate::forge::forged_status;
use crate::plan::{ACCOUNTS, Ask, Event, Forgery, LEADER, NAMESPACES, NEWEST, PEOPLE, Whose, target};
use crate::process::{Memory, Role};
use crate::sim::{Sim, behave};
use crate::truth::{Entry, Reality, RequestTruth};

/// Somebody from security who holds the verb `revoke`.
const SECURITY: &str = "sue";

impl Sim {
    pub(crate) fn happen(&mut self, event: &Event) {
        let t = self.t;
        match event {
            Event::Nothing => {}
            Event::Ask(ask) => self.asks(ask),
            Event::Vote {
                request,
                voter,
                decision,
            } => self.votes(*request, PEOPLE[*voter], *decision),
            Event::Cancel { request } => {
                self.on_request(*request, |object| {
                    object.spec.cancelled = Some(true);
                    object.generation += 1;
                });
            }
            Event::Delete { request } => {
                let at = stamp(t + self.cluster.clock_ahead);
                self.on_request(*request, |object| {
                    object.deleted_at = object.deleted_at.or(Some(at));
                });
            }
            Event::PutEligibility { .. }
            | Event::DropEligibility { .. }
            | Event::PutApprovers { .. }
            | Event::DropApprovers { .. }
            | Event::PutSettings { .. }
            | Event::DropSettings => self.writes_rules(event),
            Event::InAws(change) => self.changes_aws(change),
            Event::Fault(script) => {
                self.aws.world.script(script.clone());
            }
            Event::AwsBehaves {
                operation_seconds,
                list_lag_seconds,
            } => {
                behave(&mut self.aws.world, *operation_seconds, *list_lag_seconds);
            }
            Event::FaultsEnd => self.aws.world.remove_scripts(None),
            Event::Forge { request, what } => self.forges(*request, *what),
            Event::ForgeRecord { record, what } => self.forges_record(*record, *what),
            _ => self.misfortune(event),
        }
    }

    fn misfortune(&mut self, event: &Event) {
        let t = self.t;
        let holder = self.cluster.lease.holder;
        let named = |process: usize| if process == LEADER { holder } else { process };
        if matches!(event, Event::Clock { .. }) {
            self.clock_stepped_at = self.steps + 1;
        }
        match *event {
            Event::Crash {
                process,
                seconds,
                wrong_instance,
            } => {
                let process = named(process);
                self.processes[process].role = Role::Down { until: t + seconds };
                self.processes[process].wrong_instance = wrong_instance;
                self.processes[process].memory = Memory::default();
                if self.cluster.lease.holder == process {
                    self.forgets();
                }
            }
            Event::Pause { process, seconds } => self.processes[named(process)].paused_until = t + seconds,
            Event::ApiServerAway { process, seconds } => {
                self.cluster.away_until[named(process)] = t + seconds;
            }
            Event::ApiServerReadOnly { seconds } => self.cluster.read_only_until = t + seconds,
            Event::WriteFails { process, how, writes } => {
                self.cluster.write_faults[named(process)] = vec![how; writes];
            }
            Event::WatchLags { seconds } => self.cluster.watch_lag = seconds,
            Event::Clock {
                whose: Whose::Controller(process),
                ahead,
            } => self.processes[process].ahead = ahead,
            Event::Clock {
                whose: Whose::ApiServer,
                ahead,
            } => self.cluster.clock_ahead = ahead,
            // Farther off, AWS refuses every call, as a script can.
            Event::Clock {
                whose: Whose::Aws,
                ahead,
            } => self.aws.ahead = ahead.clamp(-280, 280),
            Event::GuardBreaks { seconds } => {
                self.cluster.guard.broken_until = Some(t + seconds);
                self.cluster.guard.gaps += 1;
            }
            Event::GuardUnproven { seconds } => self.cluster.guard.unproven_until = Some(t + seconds),
            _ => unreachable!("{event:?}"),
        }
    }

    /// From now on nothing is wrong any more.
    pub(crate) fn faults_end(&mut self) {
        self.aws.world.remove_scripts(None);
        self.changes_aws(&Change::FinishStuck {});
        self.aws.ahead = 0;
        self.cluster.clock_ahead = 0;
        self.cluster.away_until = [0, 0];
        self.cluster.read_only_until = 0;
        self.cluster.watch_lag = 0;
        self.cluster.write_faults = [vec![], vec![]];
        self.cluster.guard.broken_until = None;
        self.cluster.guard.unproven_until = None;
        for process in &mut self.processes {
            process.ahead = 0;
            process.paused_until = 0;
            if process.wrong_instance {
                process.wrong_instance = false;
                process.role = Role::Down { until: self.t };
                process.memory = Memory::default();
            }
        }
        behave(&mut self.aws.world, 2, 1);
        if self.cluster.rules.settings.is_none() {
            self.writes_rules(&Event::PutSettings { variant: 0 });
        }
        for account in ACCOUNTS {
            let active = Change::PutAccount {
                id: account.to_owned(),
                name: None,
                unit: None,
                state: Some("ACTIVE".to_owned()),
            };
            self.changes_aws(&active);
        }
        self.tell(|| "all faults end".to_owned());
    }

    pub(crate) fn changes_aws(&mut self, change: &Change) {
        // What cannot be done is not done: a plan does not know what is there.
        if self.aws.world.change(change, utc(self.t)).is_err() {
            return;
        }
        let others = matches!(change, Change::PutAssignment { .. });
        self.looks_at_aws(others);
        if !matches!(
            change,
            Change::PutAssignment { .. } | Change::RemoveAssignment { .. } | Change::ForgetOperations {}
        ) {
            self.truth.realities.push(self.t, Reality::of(&self.aws.world));
        }
    }

    pub(crate) fn assign_standing(&mut self, who: usize, number: usize) {
        let (account, permission_set) = target(number);
        let change = Change::PutAssignment {
            account: account.to_owned(),
            permission_set: permission_set.to_owned(),
            user: Some(PEOPLE[who].to_owned()),
            group: None,
        };
        self.changes_aws(&change);
    }

    fn asks(&mut self, ask: &Ask) {
        // Without settings nothing is accepted, and admission holds their limits.
        let Some(settings) = &self.cluster.rules.settings else {
            return;
        };
        let duration = HumanDuration::from_seconds(ask.minutes * 60).unwrap();
        if duration > settings.max_request_duration {
            return;
        }
        self.makes_request(
            PEOPLE[ask.who],
            ask.target,
            ask.namespace,
            ask.starts_in,
            duration,
            true,
        );
    }

    fn makes_request(
        &mut self,
        name: &str,
        number: usize,
        namespace: usize,
        starts_in: Option<i64>,
        duration: HumanDuration,
        in_person: bool,
    ) {
        let (account, permission_set) = target(number);
        let now = self.t + self.cluster.clock_ahead;
        let spec = ElevationRequestSpec {
            requester: Some(name.to_owned()),
            account_id: AccountId::parse(account).unwrap(),
            permission_set: PermissionSetName::parse(permission_set).unwrap(),
            start_time: starts_in.map(|seconds| stamp(now + seconds)),
            duration,
            ticket_number: Some("OPS-1".to_owned()),
            justification: Some("a reason".to_owned()),
            cancelled: None,
        };
        let person = self
            .truth
            .realities
            .now()
            .user_named(name)
            .map(|user| user.id.clone());
        let object = self.cluster.create(self.t, NAMESPACES[namespace], spec);
        let truth = RequestTruth {
            made_by: person.filter(|_| in_person),
            ..RequestTruth::default()
        };
        self.truth.requests.insert(object.uid.clone(), truth);
    }

    /// One of the live requests, by number; half the time one for which AWS is doing something, if there is one.
    fn request(&self, number: usize) -> Option<std::rc::Rc<Object>> {
        let live: Vec<_> = (self.cluster.objects.values())
            .filter(|object| !object.is_finished())
            .collect();
        if number == NEWEST {
            let age = |object: &&&std::rc::Rc<Object>| object.name[1..].parse::<u64>().unwrap_or_default();
            return live.iter().max_by_key(age).map(|object| (*object).clone());
        }
        let in_flight = |object: &Object| {
            let claims = |stored: &StoredRecord| {
                let record = stored.record.as_ref();
                record.is_some_and(|record| {
                    let moves = matches!(
                        record.state(),
                        AssignmentState::Creating | AssignmentState::Deleting
                    );
                    moves && record.claim(&object.uid).is_some()
                })
            };
            self.cluster.records.values().any(|stored| claims(stored))
        };
        let busy: Vec<_> = live.iter().filter(|object| in_flight(object)).copied().collect();
        let among = if number.is_multiple_of(2) && !busy.is_empty() {
            busy
        } else {
            live
        };
        among
            .get(number / 2 % among.len().max(1))
            .map(|object| (*object).clone())
    }

    /// Half the time people tidy up in the end, so that a run does not spend its steps on waiting for deadlines.
    pub(crate) fn tidies_up(&mut self) {
        let open: Vec<String> = (self.cluster.objects.values())
            .filter(|object| !object.is_finished())
            .map(|object| object.uid.clone())
            .collect();
        for uid in open.into_iter().filter(|_| self.setup.tidies_up) {
            self.cluster.change(self.t, &uid, |object| {
                object.spec.cancelled = Some(true);
                object.generation += 1;
            });
        }
    }

    fn on_request(&mut self, number: usize, change: impl FnOnce(&mut Object)) {
        if let Some(object) = self.request(number) {
            self.cluster.change(self.t, &object.uid, change);
        }
    }

    /// What admission lets people write.
    fn votes(&mut self, number: usize, name: &str, decision: ReviewDecision) {
        let Some(object) = self.request(number) else {
            return;
        };
        let status = &object.status;
        let reviewer = status.reviewers.iter().any(|one| one == name) || name == SECURITY;
        let allowed = match decision {
            ReviewDecision::Approved => {
                status.phase == Some(Phase::Pending) && status.approvers.iter().any(|one| one == name)
            }
            ReviewDecision::Rejected => status.phase == Some(Phase::Pending) && reviewer,
            ReviewDecision::Revoked => {
                matches!(status.phase, Some(Phase::Approved | Phase::Active)) && reviewer
            }
        };
        if allowed || !self.cluster.in_force(self.t) {
            self.writes_entry(&object, name, decision, false);
        }
    }

    fn writes_entry(&mut self, object: &Object, name: &str, decision: ReviewDecision, forged: bool) {
        let known = object
            .status
            .approvals
            .iter()
            .any(|entry| entry.approver == name && entry.decision == decision);
        // Rules of the definition, which hold without any policy.
        if known || object.spec.requester.as_deref() == Some(name) || object.status.approvals.len() >= 64 {
            return;
        }
        let entry = Approval {
            approver: name.to_owned(),
            decision,
            comment: None,
        };
        self.cluster
            .change(self.t, &object.uid, |object| object.status.approvals.push(entry));
        let in_gap = !self.cluster.in_force(self.t);
        let truth = self.truth.requests.entry(object.uid.clone()).or_default();
        let forged = forged || in_gap;
        truth
            .entries
            .insert((name.to_owned(), decision), Entry { forged });
    }

    fn forges(&mut self, number: usize, what: Forgery) {
        if self.cluster.in_force(self.t) {
            return;
        }
        if let Forgery::Request { of, target } = what {
            let duration = HumanDuration::from_seconds(600).unwrap();
            return self.makes_request(PEOPLE[of], target, 0, None, duration, false);
        }
        let Some(object) = self.request(number) else {
            return;
        };
        let later = object.status.window.clone();
        match what {
            Forgery::Approval { of } => {
                self.writes_entry(&object, PEOPLE[of], ReviewDecision::Approved, true);
            }
            Forgery::Approved if object.status.phase == Some(Phase::Pending) => {
                let not_after = Some(stamp(self.t + 7200));
                self.forges_status(&object, |object| {
                    object.status.phase = Some(Phase::Approved);
                    object.status.window = Some(Window {
                        not_after,
                        ..Window::default()
                    });
                });
            }
            Forgery::LaterEnd if later.as_ref().is_some_and(|window| window.end_time.is_none()) => {
                let end_time = Some(stamp(self.t + 86_400));
                self.forges_status(&object, |object| {
                    if let Some(window) = &mut object.status.window {
                        window.end_time = end_time;
                    }
                });
            }
            Forgery::Field(number) => {
                let status = forged_status(&object.status, number, stamp(self.t));
                self.forges_status(&object, |object| object.status = status);
            }
            Forgery::Approved | Forgery::LaterEnd | Forgery::Request { .. } => {}
        }
    }

    fn forges_status(&mut self, object: &Object, change: impl FnOnce(&mut Object)) {
        self.cluster.change(self.t, &object.uid, |object| {
            change(object);
            object.seal = SealCheck::Broken;
        });
        self.truth
            .requests
            .entry(object.uid.clone())
            .or_default()
            .status_forged = true;
    }
}
