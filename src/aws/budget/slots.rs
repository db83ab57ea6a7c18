//! Slots for operations: a maximum in total and one per account, each occupied until AWS reports the operation finished.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::fair_queue::FairQueue;
use super::{Budget, BudgetSettings, may_use_reserve};
use crate::ports::{AccountId, CallOptions, OperationKind, Priority, RequestId};

/// By which factor the interval between two status calls grows.
const POLL_GROWTH: f64 = 1.6;

/// All slots and the queue for them.
#[derive(Debug, Default)]
pub(super) struct Slots {
    queue: FairQueue,
    wanted: Vec<Wanted>,
    open: Vec<Open>,
}

#[derive(Debug, Clone)]
struct Wanted {
    number: u64,
    priority: Priority,
    account: AccountId,
    kind: OperationKind,
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
        self.wanted.push(Wanted {
            number,
            priority: options.priority,
            account: account.clone(),
            kind,
        });
        number
    }

    /// Leaves the queue; others may fit now.
    pub(super) fn leave(&mut self, number: u64) {
        self.wanted.retain(|wanted| wanted.number != number);
        self.queue.leave(number);
        self.queue.wake_all();
    }

    /// Whether this number is the first that fits; else when the next slot is freed because its operation is given up.
    pub(super) fn is_next(
        &mut self,
        number: u64,
        now: Instant,
        settings: &BudgetSettings,
    ) -> Result<(), Option<Instant>> {
        self.forget(now, settings);
        let first = self.queue.in_order().find(|number| self.fits(*number, settings));
        if first == Some(number) {
            return Ok(());
        }
        Err(self
            .open
            .iter()
            .map(|open| open.since + settings.operation_forgotten_after)
            .min())
    }

    /// Takes the slot that [`Slots::is_next`] promised.
    pub(super) fn take(&mut self, number: u64, now: Instant, settings: &BudgetSettings) {
        let Some(at) = self.wanted.iter().position(|wanted| wanted.number == number) else {
            return;
        };
        let Wanted { account, kind, .. } = self.wanted.swap_remove(at);
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

    fn fits(&self, number: u64, settings: &BudgetSettings) -> bool {
        let Some(wanted) = self.wanted.iter().find(|wanted| wanted.number == number) else {
            return false;
        };
        let reserve = if may_use_reserve(wanted.priority, wanted.kind) {
            settings.reserved_for_revocations
        } else {
            0
        };
        // A deletion waits for no create: whether AWS takes it meanwhile is AWS's answer to give.
        let blocks = |open: &Open| {
            open.account == wanted.account
                && (wanted.kind == OperationKind::Creation || open.kind == OperationKind::Deletion)
        };
        self.open.len() < settings.outstanding + reserve && !self.open.iter().any(blocks)
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
