//! What a decision asks for outside the status, and what became of it.

use std::sync::Arc;

use super::answers::{answer, ask_for};
use super::pass::Step;
use super::request::Request;
use super::requests::{NoAnswer, Written};
use super::shell::Shell;
use super::status_patch::sealed_patch;
use crate::api::{AssignmentTuple, ElevationRequestStatus, Timestamp};
use crate::domain::{
    Action, Aged, Answer, Fact, Facts, Grant, InstanceArn, PermissionSetArn, Question, RequestFacts,
    SealCheck, UserId, due_from_memory, held_back, record_answer,
};
use crate::ports::{
    CallOptions, Clock, CreateAnswer, DeleteAnswer, Effect, Leadership, PortError, SendPermit, Tuple,
};

/// How often an answer is written anew when somebody else wrote in between.
const RECORD_ATTEMPTS: usize = 8;

impl Shell {
    /// Carries out what was decided about `before` on these facts, after the status that names it was stored.
    pub async fn carry_out(
        &self,
        before: &RequestFacts,
        facts: &Facts,
        request: &Request,
        action: Action,
    ) -> Result<Step, NoAnswer> {
        let about = request.facts(&self.key);
        let ask = ask_for(&about);
        let answer = match action {
            Action::SetFinalizer => return self.finalizer(request, true).await,
            Action::RemoveFinalizer => return self.finalizer(request, false).await,
            Action::Grant(_) | Action::Revoke(_) if self.is_held_back(&ask, facts, &about, &action).await => {
                Answer::never_sent(&action, before.status.assignment.as_ref())
            }
            Action::Grant(grant) => self.grant(&ask, grant).await,
            Action::Revoke(tuple) => self.revoke(&tuple).await,
        };
        tracing::debug!(?answer, "AWS answered");
        self.memory.keep_unrecorded(request.uid(), answer);
        self.record(request).await
    }

    /// The last look at other requests, now that they can see what this one is about to do. What AWS just said about their
    /// operations holds.
    async fn is_held_back(
        &self,
        ask: &CallOptions,
        facts: &Facts,
        about: &RequestFacts,
        action: &Action,
    ) -> bool {
        let mut facts = Facts {
            operations: facts.operations.clone(),
            ..Facts::default()
        };
        answer(self, ask, Some(about), vec![Question::Siblings], &mut facts).await;
        let snapshot = self.snapshot(about.clone(), facts, self.guard.current());
        let why = held_back(&snapshot, action, self.now());
        if let Some(undecided) = &why {
            tracing::info!(why = undecided.why, "held back");
        }
        why.is_some()
    }

    async fn finalizer(&self, request: &Request, present: bool) -> Result<Step, NoAnswer> {
        match self.requests.patch_finalizer(request, present).await? {
            Written::Stored(stored) => Ok(Step::Again(stored)),
            Written::Outdated | Written::Gone => self.read_again(request).await,
            Written::Refused(why) => Err(NoAnswer {
                action: "write a finalizer",
                why,
            }),
        }
    }

    async fn grant(&self, ask: &CallOptions, grant: Grant) -> Answer {
        let Grant {
            tuple,
            approved,
            not_after,
        } = grant;
        tracing::info!(user = tuple.user_id, account = %tuple.account_id, basis = ?approved.basis(), %not_after, "granting");
        let permit = Arc::new(GrantPermit {
            leadership: Arc::clone(&self.outside.leadership),
            clock: Arc::clone(&self.outside.clock),
            not_after,
        });
        match self
            .outside
            .assignments
            .create(ask, &ported(&tuple), permit)
            .await
        {
            Ok(CreateAnswer::Accepted { request, state }) => Answer::CreateAccepted { request, state },
            Ok(CreateAnswer::Withheld) => Answer::CreateWithheld,
            Err(error) => {
                tracing::warn!(%error, "AWS did not take the create on");
                Answer::CreateFailed {
                    sentence: error.to_string(),
                    uncertain: is_uncertain(&error),
                }
            }
        }
    }

    async fn revoke(&self, tuple: &AssignmentTuple) -> Answer {
        tracing::info!(user = tuple.user_id, account = %tuple.account_id, "removing");
        let ask = CallOptions::revocation(tuple.user_id.as_str());
        match self.outside.assignments.delete(&ask, &ported(tuple)).await {
            Ok(DeleteAnswer::Accepted { request, state }) => Answer::DeleteAccepted { request, state },
            Ok(DeleteAnswer::AlreadyGone(_)) => Answer::AlreadyGone,
            Err(error) => {
                tracing::warn!(%error, "AWS did not take the delete on");
                Answer::DeleteFailed {
                    sentence: error.to_string(),
                    uncertain: is_uncertain(&error),
                }
            }
        }
    }

    /// Puts AWS's answers into the status. AWS offers no way to find an operation again, so they are kept until they are
    /// stored.
    pub async fn record(&self, request: &Request) -> Result<Step, NoAnswer> {
        let answers = self.memory.unrecorded(request.uid());
        let mut request = request.clone();
        for _ in 0..RECORD_ATTEMPTS {
            if self.key.check(request.object()) != SealCheck::Valid {
                // Somebody else wrote it: that is decided first, and must not get our seal on the way.
                return Ok(Step::Again(Box::new(request)));
            }
            let status = self.with_answers(&request, &answers);
            let Some(patch) = sealed_patch(&request, &status, &self.key) else {
                self.memory.recorded(request.uid(), answers.len());
                return Ok(Step::Again(Box::new(request)));
            };
            match self.requests.patch_status(&request, patch).await? {
                Written::Stored(stored) => {
                    self.memory.recorded(request.uid(), answers.len());
                    return Ok(Step::Again(stored));
                }
                Written::Refused(why) => {
                    return Err(NoAnswer {
                        action: "store AWS's answer",
                        why,
                    });
                }
                Written::Outdated | Written::Gone => match self.read_again(&request).await? {
                    Step::Again(newer) => request = *newer,
                    other => return Ok(other),
                },
            }
        }
        Err(NoAnswer {
            action: "store AWS's answer",
            why: "others write the request all the time".to_owned(),
        })
    }

    fn with_answers(&self, request: &Request, answers: &[Answer]) -> ElevationRequestStatus {
        let now = self.now();
        let record = |status, answer: &Answer| record_answer(status, answer.clone(), now);
        answers.iter().fold(request.status(), record)
    }

    /// With the API server away nothing can be written first: what the stored end of a grant makes due is removed from
    /// memory. Early ends wait for the API server, because nobody else would know of them.
    pub async fn remove_what_is_due(&self, request: &Request) {
        let siblings = self.live_requests().iter().map(Request::as_sibling).collect();
        let facts = Facts {
            siblings: Some(Fact::Known(Aged {
                value: siblings,
                observed_at: self.outside.clock.now(),
            })),
            ..Facts::default()
        };
        let mut about = request.facts(&self.key);
        about.status = self.with_answers(request, &self.memory.unrecorded(request.uid()));
        let snapshot = self.snapshot(about, facts, self.guard.current());
        let Some(Action::Revoke(tuple)) = due_from_memory(&snapshot, self.now()) else {
            return;
        };
        tracing::warn!("the end has come and the API server does not answer: removing from memory");
        let answer = self.revoke(&tuple).await;
        self.memory.keep_unrecorded(request.uid(), answer);
    }
}

/// The assignment, as the ports name it.
pub fn ported(tuple: &AssignmentTuple) -> Tuple {
    Tuple {
        instance_arn: InstanceArn::new(&tuple.instance_arn),
        user_id: UserId::new(&tuple.user_id),
        account_id: tuple.account_id.clone(),
        permission_set_arn: PermissionSetArn::new(&tuple.permission_set_arn),
    }
}

fn is_uncertain(error: &PortError) -> bool {
    error.effect == Effect::Uncertain
}

/// Asked when a create is about to be signed, after all waiting.
#[derive(Clone)]
struct GrantPermit {
    leadership: Arc<dyn Leadership>,
    clock: Arc<dyn Clock>,
    not_after: Timestamp,
}

impl std::fmt::Debug for GrantPermit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GrantPermit(until {})", self.not_after)
    }
}

impl SendPermit for GrantPermit {
    fn still_good(&self) -> bool {
        let held = self.leadership.lease() == crate::domain::Lease::Held;
        held && self.clock.now() < self.not_after.to_utc()
    }
}
