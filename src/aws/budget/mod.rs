//! The shared budget: how often AWS is called, whose call goes first, and how many operations run at once.
//!
//! AWS allows 20 calls a second for all clients of an instance together, 15 outstanding creates, and one role update
//! per account at a time. This budget stays well below these limits and allocates calls in an order:
//!
//! - **Revocations first**, reads included; then what tells whether access is gone, then decisions, then background work
//!   ([`Priority`](crate::ports::Priority)).
//! - **Round-robin among requesters** within the same priority.
//! - **One create per account**, and none beside a deletion there; its slot is released when AWS reports the operation finished,
//!   or after ten minutes without a final status. A deletion waits for no slot. Where AWS refused one because it is at work in
//!   the account, deletions there go one a second, in the order in which they came.
//! - **Polling is included**: status calls for an open operation come at growing intervals and cost tokens too.
//!
//! # Guarantees
//! - No create takes a token while a revocation that could use it is waiting.
//! - Dropping a waiting call releases whatever it had.
//! - Nobody waits longer than [`BudgetSettings::longest_wait`].
//!
//! # Caveats
//! The budget is this process's: a second controller, the console and Terraform spend AWS's limits too, which is why
//! the defaults leave more than half to them.

mod bucket;
mod fair_queue;
mod slots;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

pub(super) use slots::{Poll, Slot};

use self::bucket::{Bucket, QueuedBucket};
use self::slots::Slots;
use crate::ports::{AccountId, CallOptions, OperationKind, RequestId};

/// Calls that share one of AWS's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// All of sso-admin: 20/s for everybody on the instance.
    SsoAdmin,
    /// All of identitystore: 20/s for everybody on the instance.
    IdentityStore,
    /// `ListParents`, `ListAccountsForParent` and `ListOrganizationalUnitsForParent` together: 5/s.
    OrganizationsParents,
    /// `DescribeAccount`: 20/s.
    OrganizationsDescribeAccount,
    /// `ListRoots`: 1/s.
    OrganizationsRoots,
    /// `DescribeOrganization`: 1/s.
    OrganizationsDescribe,
    /// Calls without a published limit: `ListDelegatedAdministrators`, `GetCallerIdentity`. One a second.
    Other,
}

/// The limits of the budget. Rates are calls a second.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetSettings {
    /// Of sso-admin's shared 20.
    pub sso_admin_rate: f64,
    /// Of identitystore's shared 20.
    pub identity_store_rate: f64,
    /// The part of Organizations' limits (which count per calling account) that is used; 0.5 is half.
    pub organizations_share: f64,
    /// Operations in progress, creates and deletes together, at which no more creates are sent. AWS's limit: 15 creates.
    pub outstanding: usize,
    /// How far apart deletes are in an account in which AWS refused one, because it was at work there.
    pub busy_interval: Duration,
    /// An operation without a final status releases its slot after this.
    pub operation_forgotten_after: Duration,
    /// Nobody waits longer for a token or a slot; the call then fails as throttled.
    pub longest_wait: Duration,
    /// The first status call for an operation comes this long after it was accepted.
    pub first_poll: Duration,
    /// The longest time between two status calls for an operation.
    pub longest_poll: Duration,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        Self {
            sso_admin_rate: 8.0, // of 20 that the console, Terraform and SCIM tools share with us
            identity_store_rate: 8.0,
            organizations_share: 0.5,
            outstanding: 10,
            busy_interval: Duration::from_secs(1), // AWS's own tool needed 3 s for an operation
            operation_forgotten_after: Duration::from_mins(10),
            longest_wait: Duration::from_mins(1),
            first_poll: Duration::from_secs(2), // AWS's own tool needed 3 s for an operation
            longest_poll: Duration::from_secs(15),
        }
    }
}

/// The budget of one process; cheap to clone.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: BudgetSettings,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    buckets: HashMap<Family, QueuedBucket>,
    slots: Slots,
}

/// The budget granted no token or slot in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BudgetExhausted {
    /// How long the call waited.
    pub(super) waited: Duration,
}

impl Budget {
    /// A budget with full buckets and free slots.
    pub fn new(settings: BudgetSettings) -> Self {
        let state = State {
            buckets: HashMap::new(),
            slots: Slots::default(),
        };
        Self {
            shared: Arc::new(Shared {
                settings,
                state: Mutex::new(state),
            }),
        }
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &BudgetSettings {
        &self.shared.settings
    }

    /// Waits for the right to make one call.
    pub(super) async fn token(&self, family: Family, options: &CallOptions) -> Result<(), BudgetExhausted> {
        let waited = self.shared.settings.longest_wait;
        let waker = Arc::new(Notify::new());
        let number = {
            let mut state = self.lock();
            let queue = &mut self.bucket(&mut state.buckets, family).queue;
            queue.join(options.priority, &options.on_behalf_of, waker.clone())
        };
        let ticket = TokenTicket {
            budget: self,
            family,
            number,
            waker,
        };
        timeout(waited, ticket.served())
            .await
            .map_err(|_| BudgetExhausted { waited })
    }

    /// Waits for the right to start an operation in an account: a slot and a token for the call, taken together, so
    /// that no account is blocked while its caller still waits for a token. The slot is released when it is
    /// dropped, unless it was [kept](Slot::keep) for the operation that AWS accepted.
    pub(super) async fn start(
        &self,
        options: &CallOptions,
        account: &AccountId,
        kind: OperationKind,
    ) -> Result<Slot, BudgetExhausted> {
        let waited = self.shared.settings.longest_wait;
        let waker = Arc::new(Notify::new());
        let number = self.lock().slots.join(options, account, kind, waker.clone());
        let ticket = StartTicket {
            budget: self,
            options,
            number,
            token: None,
            waker,
        };
        timeout(waited, ticket.served())
            .await
            .map_err(|_| BudgetExhausted { waited })
    }

    /// Whether it is time to poll an operation. One that is not known, as after a restart, takes a slot.
    pub(super) fn poll(&self, account: &AccountId, kind: OperationKind, request: &RequestId) -> Poll {
        self.lock()
            .slots
            .poll(account, kind, request, Instant::now(), &self.shared.settings)
    }

    /// The operation was polled and has not finished; returns when to poll again.
    pub(super) fn still_open(&self, kind: OperationKind, request: &RequestId) -> Duration {
        self.lock()
            .slots
            .still_open(kind, request, Instant::now(), &self.shared.settings)
    }

    /// AWS refused a delete, because it is at work in the account: the next ones there go one after the other.
    pub(super) fn busy(&self, account: &AccountId) {
        self.lock()
            .slots
            .refused(account, Instant::now(), &self.shared.settings);
    }

    /// The operation has finished: releases its slot.
    pub(super) fn settled(&self, kind: OperationKind, request: &RequestId) {
        self.lock().slots.settled(kind, request);
    }

    /// Charges a call that took no token before it was made: a retry inside the SDK.
    pub(super) fn debit(&self, family: Family) {
        let mut state = self.lock();
        self.bucket(&mut state.buckets, family)
            .bucket
            .debit(Instant::now());
    }

    /// AWS throttled: pauses all calls of the family.
    pub(super) fn pause(&self, family: Family, time: Duration) {
        let mut state = self.lock();
        self.bucket(&mut state.buckets, family)
            .bucket
            .pause_until(Instant::now() + time);
    }

    /// Operations in progress, as far as this process knows.
    pub fn under_way(&self) -> usize {
        self.lock().slots.under_way(Instant::now(), &self.shared.settings)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock; a poisoned budget is still consistent.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bucket<'a>(
        &self,
        buckets: &'a mut HashMap<Family, QueuedBucket>,
        family: Family,
    ) -> &'a mut QueuedBucket {
        buckets.entry(family).or_insert_with(|| {
            let (rate, burst) = limits(family, &self.shared.settings);
            QueuedBucket::new(Bucket::new(rate, burst, Instant::now()))
        })
    }
}

/// Rate and burst of a family. AWS's numbers are in its quota pages; the burst here is half a second's worth, at least 1.
fn limits(family: Family, settings: &BudgetSettings) -> (f64, f64) {
    let share = settings.organizations_share;
    let rate = match family {
        Family::SsoAdmin => settings.sso_admin_rate,
        Family::IdentityStore => settings.identity_store_rate,
        Family::OrganizationsParents => 5.0 * share,
        Family::OrganizationsDescribeAccount => 20.0 * share,
        Family::OrganizationsRoots | Family::OrganizationsDescribe | Family::Other => 1.0 * share,
    };
    (rate, (rate / 2.0).max(1.0))
}

/// An entry in the queue for a token; dropping it leaves the queue.
struct TokenTicket<'a> {
    budget: &'a Budget,
    family: Family,
    number: u64,
    waker: Arc<Notify>,
}

impl TokenTicket<'_> {
    async fn served(self) {
        loop {
            let taken = {
                let mut state = self.budget.lock();
                self.budget
                    .bucket(&mut state.buckets, self.family)
                    .try_take(self.number, Instant::now())
            };
            match taken {
                Ok(()) => return,
                Err(again) => woken_or_due(&self.waker, again).await,
            }
        }
    }
}

impl Drop for TokenTicket<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        self.budget
            .bucket(&mut state.buckets, self.family)
            .leave(self.number);
    }
}

/// An entry in the queue for a slot and, whenever it is the next that fits, in the queue for a token too.
struct StartTicket<'a> {
    budget: &'a Budget,
    options: &'a CallOptions,
    number: u64,
    token: Option<u64>,
    waker: Arc<Notify>,
}

impl StartTicket<'_> {
    async fn served(mut self) -> Slot {
        loop {
            match self.try_take() {
                Ok(slot) => return slot,
                Err(again) => {
                    let waker = self.waker.clone();
                    woken_or_due(&waker, again).await;
                }
            }
        }
    }

    /// Takes both, or neither and returns when to try again.
    fn try_take(&mut self) -> Result<Slot, Option<Instant>> {
        let (budget, now) = (self.budget, Instant::now());
        let mut state = budget.lock();
        let State { buckets, slots } = &mut *state;
        let tokens = budget.bucket(buckets, Family::SsoAdmin);
        if let Err(again) = slots.is_next(self.number, now, &budget.shared.settings) {
            if let Some(token) = self.token.take() {
                tokens.leave(token); // somebody more urgent fits now
            }
            return Err(again);
        }
        let CallOptions {
            priority,
            on_behalf_of,
            freshness: _,
        } = self.options;
        let token = *self
            .token
            .get_or_insert_with(|| tokens.queue.join(*priority, on_behalf_of, self.waker.clone()));
        tokens.try_take(token, now)?;
        self.token = None;
        tokens.queue.wake_first();
        slots.take(self.number, now, &budget.shared.settings);
        Ok(Slot::new(budget.clone(), self.number))
    }
}

impl Drop for StartTicket<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        if let Some(token) = self.token {
            self.budget
                .bucket(&mut state.buckets, Family::SsoAdmin)
                .leave(token);
        }
        state.slots.leave(self.number);
    }
}

/// Waits for the waker, or until the moment at which a retry may succeed.
async fn woken_or_due(waker: &Notify, again: Option<Instant>) {
    let due = async {
        match again {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! { () = waker.notified() => (), () = due => () }
}

#[cfg(test)]
mod tests;
