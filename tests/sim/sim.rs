//! One run: the world, its time, and whose turn it is.

use std::time::Duration;

use identity_center_sandbox::{DeleteMissing, World};
use team_operator::api::AssignmentState;

use crate::answers::Aws;
use crate::cluster::Cluster;
use crate::laws::{self, Seen, Violation};
use crate::numbers::Numbers;
use crate::plan::{Item, Plan, Setup, Wait};
use crate::process::{LEASE_DURATION, Process, Role};
use crate::sabotage::Sabotage;
use crate::truth::{Key, Truth};

/// More steps than this at one moment, and nothing ever comes to rest.
pub(crate) const STEPS_AT_ONE_MOMENT: usize = 3_000;
/// A run in which something is broken on purpose is left after so many steps.
const STEPS_OF_SABOTAGE: usize = 10_000;
/// How long after the last fault everything has to be over: the longest wait for an approval, for a start and for the
/// end of access, and then some.
const QUIESCENCE: i64 = 16 * 3600;

/// How long after the last fault an administrator has read every alert.
const ALERTS_READ_AFTER: i64 = 1800;

pub(crate) struct Sim {
    /// Seconds since the begin, in truth.
    pub(crate) t: i64,
    pub(crate) steps: usize,
    pub(crate) setup: Setup,
    pub(crate) cluster: Cluster,
    pub(crate) aws: Aws,
    pub(crate) processes: [Process; 2],
    pub(crate) truth: Truth,
    pub(crate) numbers: Numbers,
    /// What happened since the laws were last checked.
    pub(crate) seen: Vec<Seen>,
    pub(crate) sabotage: Option<Sabotage>,
    /// What happened, for a person; only written when somebody wants to read it.
    pub(crate) story: Option<Vec<String>>,
    pub(crate) steps_now: usize,
    /// When the laws were last held, and how many changes the cluster had seen then.
    checked: Option<(i64, usize)>,
    /// The step at which a clock was last set.
    pub(crate) clock_stepped_at: usize,
    /// The step at which the pass began whose turn it is.
    pub(crate) pass_began_at: usize,
}

impl Sim {
    pub(crate) fn new(plan: &Plan, sabotage: Option<Sabotage>, tells: bool) -> Self {
        let aws = Aws::new();
        let truth = Truth::new(&aws.world);
        let mut sim = Self {
            t: 0,
            steps: 0,
            setup: plan.setup.clone(),
            cluster: Cluster::default(),
            aws,
            processes: [Process::new(), Process::new()],
            truth,
            numbers: Numbers::new(plan.seed ^ 0x5EED),
            seen: vec![],
            sabotage,
            story: tells.then(Vec::new),
            steps_now: 0,
            checked: None,
            clock_stepped_at: 0,
            pass_began_at: 0,
        };
        sim.set_up();
        sim
    }

    fn set_up(&mut self) {
        let setup = self.setup.clone();
        behave(
            &mut self.aws.world,
            setup.operation_seconds,
            setup.list_lag_seconds,
        );
        let settings = &mut self.aws.world.settings;
        settings.same_account = setup.same_account;
        settings.status_lifetime = Duration::from_secs(setup.records_live_seconds);
        if setup.delete_fails_later {
            settings.delete_missing = DeleteMissing::FailsLater;
        }
        self.cluster.watch_lag = setup.watch_lag_seconds;
        self.first_rules();
        for (who, target) in setup.standing {
            self.assign_standing(who, target);
        }
        self.looks_at_aws(true);
        self.processes[0].lead(&self.cluster, 0);
    }

    /// Leads the whole run. The number of steps, or the law that was broken.
    pub(crate) fn run(&mut self, plan: &Plan) -> Result<usize, Violation> {
        for item in &plan.items {
            self.item(item)?;
        }
        self.faults_end();
        self.tidies_up();
        self.checked = None;
        self.check()?;
        self.wait(Wait::Seconds(ALERTS_READ_AFTER))?;
        self.administrators_help();
        let end = self.t + QUIESCENCE;
        while self.t < end && !self.is_quiet() && !self.is_given_up() {
            self.wait(Wait::Seconds(600))?;
        }
        if self.sabotage.is_none_or(|sabotage| sabotage.breaks() == "L15") && !self.is_given_up() {
            laws::at_the_end(self)?;
        }
        Ok(self.steps)
    }

    fn item(&mut self, item: &Item) -> Result<(), Violation> {
        self.wait(item.wait)?;
        self.tell(|| format!("{:?}", item.event));
        self.happen(&item.event);
        self.steps += 1;
        self.steps_now = 0;
        self.checked = None;
        self.check()
    }

    fn wait(&mut self, wait: Wait) -> Result<(), Violation> {
        match wait {
            Wait::Steps(steps) => {
                for _ in 0..steps {
                    if self.step()? {
                        continue;
                    }
                    match self.next_moment() {
                        Some(at) => self.pass_time(at)?,
                        None => break,
                    }
                }
            }
            Wait::Seconds(seconds) => {
                let end = self.t + seconds;
                while self.t < end && !self.is_given_up() {
                    if self.step()? {
                        continue;
                    }
                    let next = self.next_moment().unwrap_or(end).min(end);
                    self.pass_time(next)?;
                }
            }
        }
        Ok(())
    }

    /// What is broken on purpose may never come to rest: another run is more likely to show it.
    fn is_given_up(&self) -> bool {
        self.sabotage.is_some() && self.steps > STEPS_OF_SABOTAGE
    }

    /// One step of a controller, if one has anything to do now.
    fn step(&mut self) -> Result<bool, Violation> {
        self.news();
        let mut ready = vec![];
        for (index, process) in self.processes.iter().enumerate() {
            if !process.works(self.t) {
                continue;
            }
            for (work, task) in &process.memory.tasks {
                let due = task.pass.as_ref().map_or(task.due, |pass| pass.resume_at);
                if due <= self.t {
                    ready.push((index, work));
                }
            }
        }
        if ready.is_empty() {
            return Ok(false);
        }
        let (process, work) = ready[self.numbers.below(ready.len())];
        let work = work.clone();
        self.drive(process, &work);
        self.steps += 1;
        self.steps_now += 1;
        if self.steps_now > STEPS_AT_ONE_MOMENT && self.sabotage.is_none() {
            return Err(laws::no_rest(self));
        }
        self.check()?;
        Ok(true)
    }

    /// When the next thing happens by itself.
    fn next_moment(&self) -> Option<i64> {
        let mut next = i64::MAX;
        let mut at = |time: i64| {
            if time > self.t {
                next = next.min(time);
            }
        };
        self.aws.held.iter().for_each(|(_, time)| at(*time));
        self.cluster.hanging.iter().for_each(|(time, ..)| at(*time));
        at(self.cluster.read_only_until);
        for (index, process) in self.processes.iter().enumerate() {
            at(process.paused_until);
            at(self.cluster.away_until[index]);
            match process.role {
                Role::Down { until } => at(until.max(self.t + 1)),
                Role::Standby if self.t >= process.paused_until => {
                    at(self.cluster.lease.renewed + LEASE_DURATION + 1);
                }
                Role::Leading if self.t >= process.paused_until => {
                    let tasks = process.memory.tasks.values();
                    let due = tasks.map(|task| task.pass.as_ref().map_or(task.due, |pass| pass.resume_at));
                    due.for_each(|due| at(due.max(self.t + 1)));
                    if let Some(time) = process.next_news(&self.cluster) {
                        at(time.max(self.cluster.away_until[index]).max(self.t + 1));
                    }
                }
                Role::Standby | Role::Leading => {}
            }
        }
        (next < i64::MAX).then_some(next)
    }

    fn pass_time(&mut self, to: i64) -> Result<(), Violation> {
        // Whoever could renew its lease all the time has done so.
        let holder = self.cluster.lease.holder;
        if self.processes[holder].works(self.t) && self.cluster.is_writable(holder, self.t) {
            self.processes[holder].renewed = to;
            self.cluster.lease.renewed = to;
        }
        self.t = to;
        self.steps_now = 0;
        self.goes_on();
        self.looks_at_aws(false);
        self.check()
    }

    /// Calls that AWS held back, and writes that hung.
    fn goes_on(&mut self) {
        for (hold, begun) in self.aws.release(self.t) {
            let held = self
                .truth
                .creates
                .iter_mut()
                .find(|create| create.held == Some(hold));
            if let Some(create) = held {
                create.held = None;
                create.operation = create.operation.take().or(begun);
            }
        }
        let due = |hanging: &(i64, usize, crate::cluster::Write)| hanging.0 <= self.t;
        let (landing, waiting) = std::mem::take(&mut self.cluster.hanging)
            .into_iter()
            .partition::<Vec<_>, _>(due);
        self.cluster.hanging = waiting;
        for (_, process, write) in landing {
            if let Ok(landed) = self.cluster.land(self.t, &write) {
                self.saw_write(process, landed);
            }
        }
    }

    /// Holds what a step did against the laws. How things are changes only with what was seen, and with time.
    fn check(&mut self) -> Result<(), Violation> {
        let seen = std::mem::take(&mut self.seen);
        let now = (self.t, self.cluster.changes.len());
        if seen.is_empty() && self.checked == Some(now) {
            return Ok(());
        }
        self.checked = Some(now);
        self.notes_losses();
        laws::check(self, &seen)
    }

    /// Brings the truth about AWS up to date.
    pub(crate) fn looks_at_aws(&mut self, others: bool) {
        let truth = self.aws.world.truth(crate::cluster::utc(self.t));
        let cluster = &self.cluster;
        let ours = |about: &Key| {
            let stored = cluster.name_of(about).and_then(|(name, _)| cluster.genuine(name));
            let record = stored.as_ref().and_then(|stored| stored.record.as_ref());
            record.is_some_and(|record| record.state() != AssignmentState::Absent)
        };
        self.truth.observe(self.t, truth, others, ours);
        self.notes_who_joined();
    }

    /// What others made is ours as well once a create of ours has succeeded beside it.
    fn notes_who_joined(&mut self) {
        for index in 0..self.truth.creates.len() {
            let create = &self.truth.creates[index];
            let open = create
                .operation
                .as_ref()
                .is_some_and(|id| self.truth.open.contains_key(id));
            if !create.joins || create.held.is_some() || open {
                continue;
            }
            let succeeded = create
                .operation
                .clone()
                .is_some_and(|id| self.aws.has_succeeded(&id, self.t));
            let create = &mut self.truth.creates[index];
            create.joins = false;
            if let Some(tuple) = self.truth.tuples.get_mut(&create.key) {
                tuple.touched |= tuple.present && succeeded;
            }
        }
    }

    /// How far the farthest two of the three clocks are apart.
    pub(crate) fn clocks_apart(&self, process: usize) -> i64 {
        let clocks = [
            self.processes[process].ahead,
            self.cluster.clock_ahead,
            self.aws.ahead,
        ];
        clocks.iter().max().unwrap() - clocks.iter().min().unwrap()
    }

    /// Whether nothing is left to do.
    fn is_quiet(&self) -> bool {
        let over = |object: &crate::cluster::Object| {
            object.is_finished() && !object.finalizer && object.deleted_at.is_none()
        };
        self.cluster.objects.values().all(|object| over(object)) && self.cluster.records.is_empty()
    }

    pub(crate) fn tell(&mut self, what: impl FnOnce() -> String) {
        let t = self.t;
        if let Some(story) = &mut self.story {
            story.push(format!(
                "{:02}:{:02}:{:02}  {}",
                t / 3600,
                t / 60 % 60,
                t % 60,
                what()
            ));
        }
    }
}

pub(crate) fn behave(world: &mut World, operation_seconds: u64, list_lag_seconds: u64) {
    world.settings.operation_time = Duration::from_secs(operation_seconds);
    world.settings.list_lag = Duration::from_secs(list_lag_seconds);
}
