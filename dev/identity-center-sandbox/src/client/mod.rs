//! One caller's questions to a [`World`], in the words of the ports, without a network and without `async`.

mod assignments;
mod directory;
mod organization;
mod permission_sets;
mod refusal;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use team_operator::ports::{Aged, Class, Effect, InstanceArn, PortError, RequestId};

pub(crate) use self::assignments::write;
use self::refusal::{effect_if_lost, failure, refused};
use super::operation::{Call, Operation, Paging};
use super::reply::{Answer, Delivery, HoldId, Outcome, Reply};
use super::world::World;

/// Who asks: what a process is configured with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The instance that is configured.
    pub instance_arn: InstanceArn,
    /// Its identity store.
    pub identity_store_id: String,
    /// How far the caller's clock is ahead of the time that the client is given; answers are dated by it. Whether AWS refuses
    /// such a caller is up to [`Settings::clock_skew_seconds`](crate::Settings::clock_skew_seconds).
    pub ahead: TimeDelta,
    /// How long an answer is waited for.
    pub timeout: Duration,
}

impl Caller {
    /// A caller who is configured with the instance of that world, with the right time and a timeout of 30 s.
    pub fn of(world: &World) -> Self {
        Self {
            instance_arn: InstanceArn::new(world.instance_arn()),
            identity_store_id: world.identity_store_id(),
            ahead: TimeDelta::zero(),
            timeout: Duration::from_secs(30),
        }
    }

    /// The same caller, configured with an instance that does not exist.
    #[must_use]
    pub fn elsewhere(mut self) -> Self {
        self.instance_arn = InstanceArn::new(format!("{}-elsewhere", self.instance_arn));
        self.identity_store_id.push_str("-elsewhere");
        self
    }
}

/// Asks a world at one moment, as one caller. Each method is one question of a port and has its answer: the calls it
/// takes are made one after the other, each at the moment at which the one before was answered.
///
/// There is no budget and no cache. What a call does besides its answer is kept until the client is dropped:
/// [`took`](Self::took), [`told`](Self::told), [`begun`](Self::begun), [`held`](Self::held).
#[derive(Debug)]
pub struct Client<'a> {
    world: &'a mut World,
    caller: &'a Caller,
    began: DateTime<Utc>,
    took: Duration,
    begun: Option<RequestId>,
    told: Option<Result<(), PortError>>,
    held: Option<HoldId>,
}

impl<'a> Client<'a> {
    /// A client that asks at `now`, by the world's clock.
    pub fn new(world: &'a mut World, caller: &'a Caller, now: DateTime<Utc>) -> Self {
        Self {
            world,
            caller,
            began: now,
            took: Duration::ZERO,
            begun: None,
            told: None,
            held: None,
        }
    }

    /// How long the caller waited for the answers so far: slow ones, and those that never came.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The operation that AWS took on last, whether the caller was told or not.
    pub fn begun(&self) -> Option<&RequestId> {
        self.begun.as_ref()
    }

    /// What the caller was told about its last create or delete: `None` when none was sent, because the permit was refused
    /// or the instance is another.
    pub fn told(&self) -> Option<Result<(), &PortError>> {
        self.told.as_ref().map(|told| told.as_ref().map(|&()| ()))
    }

    /// The call that AWS holds back, for [`World::release`]; the caller has given up waiting for it.
    pub fn held(&self) -> Option<HoldId> {
        self.held
    }

    /// Makes one call. An error is what a caller learns, which may be less than what happened.
    pub fn call(&mut self, operation: Operation) -> Result<Reply, PortError> {
        let now = self.now();
        let call = Call {
            operation,
            region: None,
        };
        let Answer { outcome, delivery } = self.world.answer(&call, now);
        let begun = outcome.as_ref().ok().and_then(Reply::operation);
        let begun = begun.map(|status| RequestId::new(&status.request_id));
        let answer = self.delivered(&call.operation, outcome, &delivery);
        if call.operation.writes() {
            self.begun = begun;
            self.told = Some(answer.as_ref().map(|_| ()).map_err(Clone::clone));
        }
        answer
    }

    /// What the caller learns, after how long.
    fn delivered(
        &mut self,
        operation: &Operation,
        outcome: Outcome,
        delivery: &Delivery,
    ) -> Result<Reply, PortError> {
        let timeout = self.caller.timeout;
        let lost = |sentence: String| {
            let effect = effect_if_lost(operation);
            Err(failure(operation, Class::Unavailable, effect, sentence))
        };
        let too_late = || lost(format!("no answer within {} s", timeout.as_secs()));
        let plain = |outcome: Outcome| outcome.map_err(|error| refused(operation, &error));
        match delivery {
            Delivery::Plain => plain(outcome),
            Delivery::Slow(time) => {
                self.took += (*time).min(timeout);
                if *time < timeout {
                    plain(outcome)
                } else {
                    too_late()
                }
            }
            Delivery::Held(id) => {
                self.held = Some(*id);
                self.took += timeout;
                too_late()
            }
            Delivery::Lost => lost("the connection broke".into()),
            Delivery::Unavailable => lost("HTTP 503".into()),
            Delivery::Html => lost("HTTP 500".into()),
        }
    }

    /// Makes one call and takes from its reply what belongs to it.
    fn ask<T>(
        &mut self,
        operation: &Operation,
        take: impl FnOnce(Reply) -> Option<T>,
    ) -> Result<T, PortError> {
        let reply = self.call(operation.clone())?;
        take(reply).ok_or_else(|| {
            let sentence = "the answer belongs to another question".to_owned();
            failure(operation, Class::Unavailable, Effect::None, sentence)
        })
    }

    /// Reads a list to its end. Pages may be empty and still have a continuation.
    fn pages<T>(
        &mut self,
        operation: impl Fn(Paging) -> Operation,
        take: impl Fn(Reply) -> Option<(Vec<T>, Option<String>)>,
    ) -> Result<Vec<T>, PortError> {
        let (mut rows, mut paging) = (Vec::new(), Paging::default());
        loop {
            let (page, next_token) = self.ask(&operation(paging), &take)?;
            rows.extend(page);
            if next_token.is_none() {
                return Ok(rows);
            }
            paging = Paging {
                next_token,
                max_results: None,
            };
        }
    }

    /// The moment of the next call, by the world's clock.
    fn now(&self) -> DateTime<Utc> {
        self.began + TimeDelta::from_std(self.took).unwrap_or(TimeDelta::MAX)
    }

    /// The moment of the next call, by the caller's clock: of this age is its answer.
    fn asked(&self) -> DateTime<Utc> {
        self.now() + self.caller.ahead
    }

    fn instance(&self) -> String {
        self.caller.instance_arn.to_string()
    }

    fn store(&self) -> String {
        self.caller.identity_store_id.clone()
    }
}

fn aged<T>(value: T, observed_at: DateTime<Utc>) -> Aged<T> {
    Aged { value, observed_at }
}

/// What AWS does not find is an answer.
fn absent<T>(answer: Result<T, PortError>) -> Result<Option<T>, PortError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
