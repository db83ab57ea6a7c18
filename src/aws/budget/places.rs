//! Places for operations: at most so many at once, one per account, each held until AWS says that it is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::line::Line;
use super::{Budget, BudgetSettings, may_use_reserve};
use crate::ports::{AccountId, Ask, OperationKind, RequestId, Urgency};

/// How much longer each pause between two questions about an operation is.
const POLL_GROWTH: f64 = 1.6;

/// All places and the line for them.
#[derive(Debug, Default)]
pub(super) struct Places {
    line: Line,
    wanted: Vec<Wanted>,
    open: Vec<Open>,
}

#[derive(Debug, Clone)]
struct Wanted {
    number: u64,
    urgency: Urgency,
    account: AccountId,
    kind: OperationKind,
}

/// An operation under way, or about to be.
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

/// Whether to ask about an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::aws) enum Poll {
    /// Now.
    Due,
    /// Asking before this brings no news.
    NotBefore(Duration),
}

/// The right to have one operation under way in an account.
#[derive(Debug)]
pub(in crate::aws) struct Place {
    budget: Budget,
    number: u64,
    kept: bool,
}

impl Place {
    pub(super) fn new(budget: Budget, number: u64) -> Self {
        Self {
            budget,
            number,
            kept: false,
        }
    }

    /// The operation was accepted: the place stays taken until it is [settled](Budget::settled). Tells when to ask.
    pub(in crate::aws) fn keep(mut self, request: &RequestId) -> Duration {
        self.kept = true;
        let settings = self.budget.settings().clone();
        let mut state = self.budget.lock();
        let now = Instant::now();
        if let Some(open) = state
            .places
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

impl Drop for Place {
    fn drop(&mut self) {
        if !self.kept {
            self.budget.lock().places.free(|open| open.number == self.number);
        }
    }
}

impl Places {
    /// Stands in line for a place.
    pub(super) fn join(
        &mut self,
        ask: &Ask,
        account: &AccountId,
        kind: OperationKind,
        bell: Arc<Notify>,
    ) -> u64 {
        let number = self.line.join(ask.urgency, &ask.requester, bell);
        self.wanted.push(Wanted {
            number,
            urgency: ask.urgency,
            account: account.clone(),
            kind,
        });
        number
    }

    /// Goes away; others may fit now.
    pub(super) fn leave(&mut self, number: u64) {
        self.wanted.retain(|wanted| wanted.number != number);
        self.line.leave(number);
        self.line.wake_all();
    }

    /// Whether this one is the first in line that fits; else when a forgotten operation makes room.
    pub(super) fn is_next(
        &mut self,
        number: u64,
        now: Instant,
        settings: &BudgetSettings,
    ) -> Result<(), Option<Instant>> {
        self.forget(now, settings);
        let first = self.line.in_order().find(|number| self.fits(*number, settings));
        if first == Some(number) {
            return Ok(());
        }
        Err(self
            .open
            .iter()
            .map(|open| open.since + settings.operation_forgotten_after)
            .min())
    }

    /// Takes the place that [`Places::is_next`] promised.
    pub(super) fn take(&mut self, number: u64, now: Instant, settings: &BudgetSettings) {
        let Some(at) = self.wanted.iter().position(|wanted| wanted.number == number) else {
            return;
        };
        let Wanted { account, kind, .. } = self.wanted.swap_remove(at);
        self.line.serve(number);
        self.line.wake_all();
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
        let reserve = if may_use_reserve(wanted.urgency, wanted.kind) {
            settings.reserved_for_revocations
        } else {
            0
        };
        self.open.len() < settings.outstanding + reserve
            && !self.open.iter().any(|open| open.account == wanted.account)
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
        let number = self.line.unused_number();
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
        self.line.wake_all();
    }

    /// Frees the places of operations that AWS has said nothing final about for too long.
    fn forget(&mut self, now: Instant, settings: &BudgetSettings) {
        let before = self.open.len();
        self.open
            .retain(|open| now.saturating_duration_since(open.since) < settings.operation_forgotten_after);
        if self.open.len() < before {
            self.line.wake_all();
        }
    }
}
