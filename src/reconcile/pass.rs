//! One pass over one request: read, decide, write, act, and again while there is something to do.

use std::time::Duration;

use chrono::TimeDelta;
use kube::runtime::controller::Action as Next;
use tokio::sync::MutexGuard;
use tracing::Instrument as _;

use super::answers::{answer, ask_for};
use super::currency::rests_on_rules;
use super::memory::Ending;
use super::order::TURN;
use super::request::Request;
use super::requests::{NoAnswer, Written};
use super::shell::Shell;
use super::status_patch::sealed_patch;
use crate::api::{AssignmentState, ElevationRequestStatus, Phase, Timestamp};
use crate::domain::{self, Action, Decision, Facts, SealCheck, Snapshot, decide};

/// How many steps one pass makes at most before others get their turn.
const STEPS: usize = 12;

/// How often a decision may ask before its questions count as endless: more than twice for each of 64 votes, which are
/// judged one after the other, and for what else it looks at.
const ROUNDS: usize = 256;

/// How often a decision is taken anew because policies or settings changed meanwhile.
const LOOKS_AT_RULES: usize = 3;

/// What one step left.
pub enum Step {
    /// The request is now like this; there may be more to do.
    Again(Box<Request>),
    /// Nothing more to do before that time.
    Rest(Timestamp),
    /// The request is gone.
    Gone,
}

impl Shell {
    /// One pass, and when to come back.
    pub async fn pass(&self, seen: Request) -> Next {
        let request = self.memory.newest(seen);
        let (epoch, now) = (self.epoch(), self.now());
        if let Some(until) = self.memory.resting_until(&request, epoch, now) {
            return self.come_back(until);
        }
        if self.gives_way(&request) {
            return Next::requeue(TURN);
        }
        let status = request.status();
        let tuple = status.assignment.and_then(|assignment| assignment.tuple);
        let span = tracing::info_span!(
            "pass",
            request = request.full_name(),
            uid = request.uid(),
            phase = status.phase.map(Phase::as_str),
            tuple = tuple.map(|tuple| format!(
                "{}/{}/{}",
                tuple.user_id, tuple.account_id, tuple.permission_set_arn
            )),
        );
        self.steps(request, epoch).instrument(span).await
    }

    async fn steps(&self, mut request: Request, epoch: u64) -> Next {
        let mut facts = Facts::default();
        for _ in 0..STEPS {
            match self.step(&request, &mut facts).await {
                Ok(Step::Again(newer)) => {
                    self.memory.saw(&newer);
                    if self.gives_way(&newer) {
                        return Next::requeue(TURN);
                    }
                    request = *newer;
                }
                Ok(Step::Rest(until)) => {
                    let until = self.with_notice_of_the_end(&request, until);
                    self.memory.rests(&request, epoch, until);
                    if request.status().finished {
                        self.finished(&request);
                        return Next::await_change();
                    }
                    return self.come_back(until);
                }
                Ok(Step::Gone) => {
                    self.finished(&self.memory.newest(request));
                    return Next::await_change();
                }
                Err(error) => {
                    tracing::warn!(%error, "the pass stopped; it is tried again");
                    let stored = self.memory.newest(request.clone());
                    if stored.status().finished {
                        // The watch no longer has it.
                        self.memory.leaves_over(stored);
                    } else {
                        self.remove_what_is_due(&request).await;
                    }
                    return Next::requeue(self.memory.failed(request.uid()));
                }
            }
        }
        // Others first.
        Next::requeue(Duration::from_millis(100))
    }

    async fn step(&self, request: &Request, facts: &mut Facts) -> Result<Step, NoAnswer> {
        let facts_read = request.facts(&self.key);
        if facts_read.seal == SealCheck::Valid && !self.memory.unrecorded(request.uid()).is_empty() {
            return self.record(request).await;
        }
        let _turn = self.turn_to_open(&facts_read).await;
        let now = self.now();
        forget_what_changes_with_us(facts);
        let decision = self.decision(request, facts, now).await?;
        let stored = match self.store(request, &decision.status).await? {
            Stored::Unchanged => request.clone(),
            Stored::Written(stored) => {
                self.memory.saw(&stored);
                if let Some(transition) = &decision.transition {
                    self.report.transition(&stored, transition);
                }
                *stored
            }
            Stored::Instead(step) => return Ok(step),
        };
        for alert in decision
            .alerts
            .iter()
            .filter(|alert| self.memory.raises(request.uid(), alert.reason.as_str()))
        {
            self.report.alert(&stored, alert);
        }
        match decision.action {
            Some(action) => self.carry_out(&facts_read, facts, &stored, action).await,
            None if stored == *request => Ok(Step::Rest(self.wake_up(decision.wake_at, now))),
            None => Ok(Step::Again(Box::new(stored))),
        }
    }

    /// Decides on policies and settings as they are now. While the watches show older ones, what rests on them is left as it
    /// is: their next word wakes every request.
    async fn decision(
        &self,
        request: &Request,
        facts: &mut Facts,
        now: Timestamp,
    ) -> Result<Decision, NoAnswer> {
        let before = request.status();
        for _ in 0..LOOKS_AT_RULES {
            let epoch = self.epoch();
            let deciding = Box::pin(self.proven_decision(request, facts, now)); // a large future
            let decision = deciding.await;
            if !rests_on_rules(&before, &decision) {
                return Ok(decision);
            }
            if !self.rules_are_current().await? {
                break;
            }
            if self.epoch() == epoch {
                return Ok(decision);
            }
        }
        Ok(self.taken_up_later(before, now))
    }

    /// Decides, asking until nothing is left to ask, and proves the guard before anything rests on it. What was not granted
    /// because the guard was not proven may be granted when it is, so the decision may come to rest on more.
    async fn proven_decision(&self, request: &Request, facts: &mut Facts, now: Timestamp) -> Decision {
        let before = request.status();
        let mut proven = RestsOn::Nothing;
        let mut decision = self.answered(request, facts, self.guard.current(), now).await;
        loop {
            let rests_on = rests_on(&before, &decision);
            if rests_on <= proven {
                return decision;
            }
            let guard = match rests_on {
                RestsOn::Nothing => return decision,
                RestsOn::People => self.guard.prove().await,
                RestsOn::ThisRequest => self.guard.prove_on(request).await,
            };
            proven = rests_on;
            decision = self.answered(request, facts, guard, now).await;
        }
    }

    async fn answered(
        &self,
        request: &Request,
        facts: &mut Facts,
        guard: domain::Guard,
        now: Timestamp,
    ) -> Decision {
        let about = request.facts(&self.key);
        let ask = ask_for(&about);
        let mut snapshot: Snapshot = self.snapshot(about, std::mem::take(facts), guard);
        for _ in 0..ROUNDS {
            let decision = decide(&snapshot, now);
            if decision.questions.is_empty() {
                *facts = snapshot.facts;
                return decision;
            }
            let Snapshot {
                request: about,
                facts,
                ..
            } = &mut snapshot;
            answer(self, &ask, Some(about), decision.questions, facts).await;
        }
        // Nothing is done about a decision that still asks.
        tracing::warn!("a decision asked and asked; it is taken up again later");
        self.taken_up_later(snapshot.request.status, now)
    }

    /// To leave everything as it is, and come back soon.
    fn taken_up_later(&self, status: ElevationRequestStatus, now: Timestamp) -> Decision {
        Decision {
            status,
            action: None,
            wake_at: now.checked_add(self.settings.timings.lookup_retry),
            questions: vec![],
            transition: None,
            alerts: vec![],
        }
    }

    async fn store(&self, request: &Request, status: &ElevationRequestStatus) -> Result<Stored, NoAnswer> {
        let Some(patch) = sealed_patch(request, status, &self.key) else {
            return Ok(Stored::Unchanged);
        };
        match self.requests.patch_status(request, patch).await? {
            Written::Stored(stored) => {
                if self.key.check(stored.object()) != SealCheck::Valid {
                    tracing::error!(
                        "the API server stored something else than was written: the seal does not hold"
                    );
                }
                Ok(Stored::Written(stored))
            }
            Written::Outdated | Written::Gone => Ok(Stored::Instead(self.read_again(request).await?)),
            Written::Refused(why) => {
                tracing::error!(why, "the API server refuses the controller's own status");
                Err(NoAnswer {
                    action: "store a status",
                    why,
                })
            }
        }
    }

    /// What is there now, after somebody wrote in between.
    pub async fn read_again(&self, request: &Request) -> Result<Step, NoAnswer> {
        match self.requests.get(request.namespace(), request.name()).await? {
            Some(newer) if newer.uid() == request.uid() && newer != *request => {
                Ok(Step::Again(Box::new(newer)))
            }
            // Readable and not writable: its namespace was finalized by force.
            Some(newer) if newer.uid() == request.uid() => Err(NoAnswer {
                action: "write a request",
                why: "it can be read and not be written".to_owned(),
            }),
            _ => Ok(Step::Gone),
        }
    }

    /// New requests of one person are opened one after the other, or all of them would find room under the limit.
    async fn turn_to_open(&self, request: &domain::RequestFacts) -> Option<MutexGuard<'_, ()>> {
        if request.status.phase.is_some() {
            return None;
        }
        Some(
            self.opening
                .of(request.spec.requester.as_deref().unwrap_or_default())
                .await,
        )
    }

    /// When to come back: never later than the longest wait, in which case a lost wake-up is made good.
    fn wake_up(&self, wake_at: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let longest = TimeDelta::from_std(self.settings.delays.longest_wait).unwrap_or(TimeDelta::MAX);
        let latest = now.checked_add(longest).unwrap_or(now);
        wake_at.map_or(latest, |at| at.min(latest))
    }

    fn come_back(&self, until: Timestamp) -> Next {
        let wait = until.to_utc() - self.outside.clock.now();
        // A little after the full second, or the clock still says the one before.
        let wait = wait.to_std().unwrap_or_default() + Duration::from_millis(5);
        Next::requeue(wait.max(Duration::from_millis(50)))
    }

    /// People are told once that their access ends soon.
    fn with_notice_of_the_end(&self, request: &Request, until: Timestamp) -> Timestamp {
        let status = request.status();
        let end = status
            .window
            .and_then(|window| window.end_time)
            .filter(|_| status.phase == Some(Phase::Active));
        let notice = TimeDelta::from_std(self.settings.delays.ends_soon_notice).unwrap_or_default();
        let Some((end, at)) = end.and_then(|end| Some((end, end.checked_add(-notice)?))) else {
            return until;
        };
        if at > self.now() {
            return until.min(at);
        }
        // Access shorter than the notice ends soon from its beginning: saying so would say nothing.
        let began = status.assignment.and_then(|assignment| assignment.grant_time);
        if began.is_some_and(|began| began < at) && self.memory.tells_that_it_ends(request.uid()) {
            self.report.ends_soon(request, end);
        }
        until
    }

    fn finished(&self, request: &Request) {
        let status = request.status();
        let gone = status
            .assignment
            .as_ref()
            .filter(|assignment| assignment.state == AssignmentState::Gone);
        if let Some(assignment) = gone
            && let (Some(tuple), Some(gone_at)) = (assignment.tuple.clone(), assignment.revoke_time)
        {
            self.memory.ended(Ending {
                tuple,
                request: request.as_sibling(),
                gone_at,
                listed_again: false,
            });
        }
        self.memory.forget(request.uid());
    }
}

enum Stored {
    Unchanged,
    Written(Box<Request>),
    Instead(Step),
}

/// What our own writes change is read anew after each of them.
fn forget_what_changes_with_us(facts: &mut Facts) {
    facts.listing = None;
    facts.siblings = None;
    facts.operations.clear();
}

/// What of the guard a decision rests on; the greater proves the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum RestsOn {
    Nothing,
    /// That people are who they are said to be.
    People,
    /// And that nobody forges decisions on this very request.
    ThisRequest,
}

fn rests_on(before: &ElevationRequestStatus, decision: &Decision) -> RestsOn {
    if is_about_to_grant(before, decision) {
        RestsOn::ThisRequest
    } else if believes_people(before, decision) {
        RestsOn::People
    } else {
        RestsOn::Nothing
    }
}

/// Whether the decision is the last one before access: an intent, or the call itself.
fn is_about_to_grant(before: &ElevationRequestStatus, decision: &Decision) -> bool {
    let intends = before.assignment.is_none() && decision.status.assignment.is_some();
    intends || matches!(decision.action, Some(Action::Grant(_)))
}

/// Whether the decision believes something that only the admission policies vouch for: who made the request, or who
/// decided on it.
fn believes_people(before: &ElevationRequestStatus, decision: &Decision) -> bool {
    let counted = |status: &ElevationRequestStatus| {
        let verdicts = status.review.iter().flat_map(|review| &review.verdicts);
        verdicts.filter(|verdict| verdict.counted).count()
    };
    let after = &decision.status;
    let opens = before.phase.is_none() && matches!(after.phase, Some(Phase::Pending | Phase::Approved));
    opens
        || counted(after) > counted(before)
        || (before.phase != after.phase && after.phase == Some(Phase::Approved))
}
