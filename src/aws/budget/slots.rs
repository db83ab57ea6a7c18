//! Slots for operations. Creates have a maximum in total and one per account, each occupied until AWS reports the operation
//! finished. Deletes wait for no slot: how many at once AWS takes is AWS's answer to give. Where it refused one, because it was
//! at work in the account, the next ones there go one after the other.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::fair_queue::FairQueue;
use super::{Budget, BudgetSettings};
use crate::ports::{AccountId, CallOptions, OperationKind, RequestId};

/// By which factor the interval between two status calls grows.
const POLL_GROWTH: f64 = 1.6;

/// All slots and the queue for them.
#[derive(Debug, Default)]
pub(super) struct Slots {
    queue: FairQueue,
    wanted: HashMap<u64, Wanted>,
    open: Vec<Open>,
    busy: HashMap<AccountId, Busy>,
}

#[derive(Debug, Clone)]
struct Wanted {
    account: AccountId,
    kind: OperationKind,
}

/// An account in which AWS refused a delete.
#[derive(Debug)]
struct Busy {
    /// When it last did.
    refused: Instant,
    /// When the next one may be tried.
    next: Instant,
}

/// An operation in progress, or about to be.
#[derive(Debug)]
struct Open {
    number: u64,
    account: AccountId,
    kind: OperationKind,
    since: Instant,
    request: Option<RequestId>,
    next_poll: Instant,
    interval: Duration,
}

/// What keeps an operation from being started.
struct Obstacle {
    /// When it is over, if nothing else happens.
    over_at: Option<Instant>,
}

/// Whether to poll an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Poll {
    /// Now.
    Due,
    /// Not before this time has passed.
    NotBefore(Duration),
}

/// The right to start an operation in an account.
#[derive(Debug)]
pub(in crate::aws) struct Slot {
    budget: Budget,
    number: u64,
    kept: bool,
}

impl Slot {
    pub(super) fn new(budget: Budget, number: u64) -> Self {
        Self {
            budget,
            number,
            kept: false,
        }
    }

    /// The operation was accepted: the slot stays occupied until it is [settled](Budget::settled). Returns when to poll.
    pub(in crate::aws) fn keep(mut self, request: &RequestId) -> Duration {
        self.kept = true;
        let settings = self.budget.settings().clone();
        let mut state = self.budget.lock();
        let now = Instant::now();
        if let Some(open) = state
            .slots
            .open
            .iter_mut()
            .find(|open| open.number == self.number)
        {
            open.request = Some(request.clone());
            open.interval = settings.first_poll;
            open.next_poll = now + settings.first_poll;
        }
        settings.first_poll
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.kept {
            self.budget.lock().slots.free(|open| open.number == self.number);
        }
    }
}

impl Slots {
    /// Enters the queue for a slot.
    pub(super) fn join(
        &mut self,
        options: &CallOptions,
        account: &AccountId,
        kind: OperationKind,
        waker: Arc<Notify>,
    ) -> u64 {
        let number = self.queue.join(options.priority, &options.on_behalf_of, waker);
        let account = account.clone();
        self.wanted.insert(number, Wanted { account, kind });
        number
    }

    /// Leaves the queue; others may fit now.
    pub(super) fn leave(&mut self, number: u64) {
        self.wanted.remove(&number);
        self.queue.leave(number);
        self.queue.wake_all();
    }

    /// Whether this number is the first that fits; else when it may fit without anything being freed.
    pub(super) fn is_next(
        &mut self,
        number: u64,
        now: Instant,
        settings: &BudgetSettings,
    ) -> Result<(), Option<Instant>> {
        self.forget(now, settings);
        let fits = |number: &u64| self.obstacle(*number, now, settings).is_none();
        let first = self.queue.in_order().find(fits);
        if first == Some(number) {
            return Ok(());
        }
        Err(self
            .obstacle(number, now, settings)
            .and_then(|obstacle| obstacle.over_at))
    }

    /// Takes the slot that [`Slots::is_next`] promised.
    pub(super) fn take(&mut self, number: u64, now: Instant, settings: &BudgetSettings) {
        let Some(Wanted { account, kind }) = self.wanted.remove(&number) else {
            return;
        };
        if let Some(busy) = self
            .busy
            .get_mut(&account)
            .filter(|_| kind == OperationKind::Deletion)
        {
            busy.next = now + settings.busy_interval;
        }
        self.queue.serve(number);
        self.queue.wake_all();
        self.open.push(Open {
            number,
            account,
            kind,
            since: now,
            request: None,
            next_poll: now,
            interval: settings.first_poll,
        });
    }

    /// AWS refused a delete, because it is at work in the account.
    pub(super) fn refused(&mut self, account: &AccountId, now: Instant, settings: &BudgetSettings) {
        self.busy
            .retain(|_, busy| now.saturating_duration_since(busy.refused) < settings.longest_wait);
        let busy = self.busy.entry(account.clone()).or_insert(Busy {
            refused: now,
            next: now + settings.busy_interval,
        });
        busy.refused = now;
    }

    /// What keeps a waiting operation from being started.
    fn obstacle(&self, number: u64, now: Instant, settings: &BudgetSettings) -> Option<Obstacle> {
        let Some(wanted) = self.wanted.get(&number) else {
            return Some(Obstacle { over_at: None });
        };
        if wanted.kind == OperationKind::Deletion {
            let next = self.busy.get(&wanted.account).map(|busy| busy.next);
            let over_at = next.filter(|next| *next > now)?;
            return Some(Obstacle {
                over_at: Some(over_at),
            });
        }
        let is_full = self.open.len() >= settings.outstanding;
        let taken = self.open.iter().any(|open| open.account == wanted.account);
        let given_up = |open: &Open| open.since + settings.operation_forgotten_after;
        (is_full || taken).then(|| Obstacle {
            over_at: self.open.iter().map(given_up).min(),
        })
    }

    pub(super) fn poll(
        &mut self,
        account: &AccountId,
        kind: OperationKind,
        request: &RequestId,
        now: Instant,
        settings: &BudgetSettings,
    ) -> Poll {
        self.forget(now, settings);
        if let Some(open) = self.find(kind, request) {
            let left = open.next_poll.saturating_duration_since(now);
            return if left.is_zero() {
                Poll::Due
            } else {
                Poll::NotBefore(left)
            };
        }
        let number = self.queue.unused_number();
        self.open.push(Open {
            number,
            account: account.clone(),
            kind,
            since: now,
            request: Some(request.clone()),
            next_poll: now,
            interval: settings.first_poll,
        });
        Poll::Due
    }

    pub(super) fn still_open(
        &mut self,
        kind: OperationKind,
        request: &RequestId,
        now: Instant,
        settings: &BudgetSettings,
    ) -> Duration {
        let Some(open) = self.find(kind, request) else {
            return settings.longest_poll;
        };
        let interval = open.interval.mul_f64(POLL_GROWTH).min(settings.longest_poll);
        open.interval = interval;
        open.next_poll = now + interval;
        interval
    }

    pub(super) fn settled(&mut self, kind: OperationKind, request: &RequestId) {
        self.free(|open| open.kind == kind && open.request.as_ref() == Some(request));
    }

    pub(super) fn under_way(&mut self, now: Instant, settings: &BudgetSettings) -> usize {
        self.forget(now, settings);
        self.open.len()
    }

    fn find(&mut self, kind: OperationKind, request: &RequestId) -> Option<&mut Open> {
        self.open
            .iter_mut()
            .find(|open| open.kind == kind && open.request.as_ref() == Some(request))
    }

    fn free(&mut self, over: impl Fn(&Open) -> bool) {
        self.open.retain(|open| !over(open));
        self.queue.wake_all();
    }

    /// Frees the slots of operations that have had no final status for too long.
    fn forget(&mut self, now: Instant, settings: &BudgetSettings) {
        let before = self.open.len();
        self.open
            .retain(|open| now.saturating_duration_since(open.since) < settings.operation_forgotten_after);
        if self.open.len() < before {
            self.queue.wake_all();
        }
    }
}
