//! One run: the world, its time, and whose turn it is.

use std::time::Duration;

use identity_center_sandbox::{DeleteMissing, World};
use team_operator::api::{AssignmentState, Timestamp};

use crate::aws::Aws;
use crate::cluster::{Cluster, stamp};
use crate::laws::{self, Seen, Violation};
use crate::numbers::Numbers;
use crate::plan::{Item, Plan, Setup, Wait};
use crate::process::{Process, Role};
use crate::sabotage::Sabotage;
use crate::truth::{Key, Truth, key};

/// More steps than this at one moment, and nothing ever comes to rest.
const STEPS_AT_ONE_MOMENT: usize = 3_000;
/// How long after the last fault everything has to be over: the longest wait for an approval, for a start and for the
/// end of access, and then some.
const QUIESCENCE: i64 = 16 * 3600;

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
    steps_now: usize,
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
        let cluster = &self.cluster;
        self.processes[0].lead(cluster, 0);
    }

    /// Leads the whole run. The number of steps, or the law that was broken.
    pub(crate) fn run(&mut self, plan: &Plan) -> Result<usize, Violation> {
        for item in &plan.items {
            self.item(item)?;
        }
        self.faults_end();
        self.tidies_up();
        self.check()?;
        let end = self.t + QUIESCENCE;
        while self.t < end && !self.is_quiet() {
            self.wait(Wait::Seconds(600))?;
        }
        if self.sabotage.is_none_or(|sabotage| sabotage.breaks() == "L15") {
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
                while self.t < end {
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

    /// One step of a controller, if one has anything to do now.
    fn step(&mut self) -> Result<bool, Violation> {
        self.news();
        let mut ready = vec![];
        for (index, process) in self.processes.iter().enumerate() {
            if !process.works(self.t) {
                continue;
            }
            for (uid, task) in &process.memory.tasks {
                let due = task.pass.as_ref().map_or(task.due, |pass| pass.resume_at);
                if due <= self.t {
                    ready.push((index, uid));
                }
            }
        }
        if ready.is_empty() {
            return Ok(false);
        }
        let (process, uid) = ready[self.numbers.below(ready.len())];
        let uid = uid.clone();
        self.shell_step(process, &uid);
        self.notices(process);
        self.steps += 1;
        self.steps_now += 1;
        if self.steps_now > STEPS_AT_ONE_MOMENT && self.sabotage.is_none() {
            return Err(laws::no_rest(self));
        }
        self.check()?;
        Ok(true)
    }

    /// What reaches the processes without their doing.
    fn news(&mut self) {
        for index in 0..2 {
            let lease = self.cluster.lease == index || self.processes[1 - index].role != Role::Leading;
            let process = &mut self.processes[index];
            if let Role::Down { until } = process.role
                && self.t >= until
            {
                process.role = Role::Standby;
            }
            // The lease of a process that is gone runs out.
            if process.role == Role::Standby && lease && self.cluster.reaches(index, self.t) {
                self.cluster.lease = index;
                process.lead(&self.cluster, self.t);
            }
            if process.works(self.t) && self.cluster.reaches(index, self.t) {
                process.watch(&self.cluster, self.t);
                let settled = self.cluster.guard.recorded == self.cluster.guard.gaps;
                if !settled && self.cluster.in_force(self.t) && self.cluster.proven(self.t) {
                    process.renew_record(&mut self.cluster);
                }
            }
        }
    }

    /// A leader that lost its lease notices in the end, and stops.
    fn notices(&mut self, index: usize) {
        let reaches = self.cluster.reaches(index, self.t);
        let process = &mut self.processes[index];
        match process.notices_after {
            Some(0) if reaches => {
                process.role = Role::Standby;
                process.notices_after = None;
                process.memory.tasks.clear();
            }
            Some(steps) => process.notices_after = Some(steps.saturating_sub(1)),
            None => {}
        }
    }

    /// When the next thing happens by itself.
    fn next_moment(&self) -> Option<i64> {
        let mut next = self.aws.held.iter().map(|(_, at)| *at).min().unwrap_or(i64::MAX);
        for (index, process) in self.processes.iter().enumerate() {
            match process.role {
                Role::Down { until } => next = next.min(until),
                Role::Standby => {}
                Role::Leading if self.t < process.paused_until => next = next.min(process.paused_until),
                Role::Leading => {
                    let tasks = process.memory.tasks.values();
                    let due = tasks.map(|task| task.pass.as_ref().map_or(task.due, |pass| pass.resume_at));
                    next = next.min(due.min().unwrap_or(i64::MAX));
                    if let Some(at) = process.next_news(&self.cluster) {
                        next = next.min(at.max(self.cluster.away_until[index]));
                    }
                }
            }
        }
        (next < i64::MAX).then_some(next.max(self.t + 1))
    }

    fn pass_time(&mut self, to: i64) -> Result<(), Violation> {
        self.t = to;
        self.steps_now = 0;
        self.aws.release(self.t);
        self.looks_at_aws(false);
        self.check()
    }

    fn check(&mut self) -> Result<(), Violation> {
        let seen = std::mem::take(&mut self.seen);
        laws::check(self, &seen)
    }

    /// Brings the truth about AWS up to date.
    pub(crate) fn looks_at_aws(&mut self, others: bool) {
        let truth = self.aws.world.truth(crate::cluster::utc(self.t));
        let about: Vec<Key> = self
            .cluster
            .objects
            .values()
            .filter_map(|object| object.status.assignment.as_ref())
            .filter(|assignment| !assignment.state.is_settled() && !is_standing(assignment))
            .filter_map(|assignment| assignment.tuple.as_ref().map(key))
            .collect();
        self.truth
            .observe(self.t, truth, others, |key| about.contains(key));
    }

    /// The operations under way on a tuple that a request had on record, whose record AWS had not forgotten, and that do not
    /// count as over because AWS tells nothing about them.
    pub(crate) fn known_open(&self, about: &Key) -> Vec<String> {
        let open = self.truth.open.iter().filter(|(_, (key, _))| key == about);
        let recorded =
            |id: &&String| self.truth.recorded.contains(*id) && !self.truth.forgotten.contains(*id);
        let may_be_known = |id: &&String| !self.truth.counts_as_over(id);
        open.map(|(id, _)| id)
            .filter(recorded)
            .filter(may_be_known)
            .cloned()
            .collect()
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

    /// What the latest of the clocks says, of the two that are far away as it is or as the process heard it last.
    pub(crate) fn latest_clock(&self, process: usize) -> Timestamp {
        let process = &self.processes[process];
        let heard = process.memory.heard.iter().flatten();
        let clocks = [process.ahead, self.cluster.clock_ahead, self.aws.ahead];
        let ahead = clocks.iter().chain(heard).max().unwrap();
        stamp(self.t + ahead)
    }

    /// Whether nothing is left to do.
    fn is_quiet(&self) -> bool {
        let over = |object: &crate::cluster::Object| {
            object.is_finished() && !object.finalizer && object.deleted_at.is_none()
        };
        self.cluster.objects.values().all(|object| over(object))
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

pub(crate) fn is_standing(assignment: &team_operator::api::Assignment) -> bool {
    assignment.origin == Some(team_operator::api::AssignmentOrigin::Standing)
}

/// Whether a request has, or may have, an assignment of ours.
pub(crate) fn is_about_ours(assignment: &team_operator::api::Assignment) -> bool {
    use AssignmentState::{Granting, Held, Removing};
    matches!(assignment.state, Granting | Held | Removing) && !is_standing(assignment)
}

pub(crate) fn behave(world: &mut World, operation_seconds: u64, list_lag_seconds: u64) {
    world.settings.operation_time = Duration::from_secs(operation_seconds);
    world.settings.list_lag = Duration::from_secs(list_lag_seconds);
}
