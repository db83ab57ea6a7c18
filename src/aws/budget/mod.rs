//! The shared budget: how often AWS is asked, by whom first, and how much is under way at once.
//!
//! AWS gives everybody on an instance 20 calls a second together, lets 15 creates be outstanding, and updates one
//! role per account at a time. This budget stays well inside, and spends what there is in an order:
//!
//! - **Revocations first**, reads included; then decisions, then upkeep ([`Urgency`](crate::ports::Urgency)).
//! - **Requesters take turns** within the same urgency.
//! - **One operation per account**; the place is given back when AWS says that the operation is over, or after ten
//!   minutes without an answer.
//! - **Polling is folded in**: questions about an open operation come at growing intervals and cost tokens too.
//!
//! # Guarantees
//! - No create takes a token or a place while a revocation that could use it is waiting.
//! - Dropping a waiting call gives back whatever it had.
//! - Nobody waits longer than [`BudgetSettings::longest_wait`].
//!
//! # Caveats
//! The budget is this process's: a second controller, the console and Terraform spend AWS's limits too, which is why
//! the defaults leave more than half to them.

mod bucket;
mod line;
mod places;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

pub(super) use places::{Place, Poll};

use self::bucket::{Bucket, WaitingLine};
use self::places::Places;
use crate::ports::{AccountId, Ask, OperationKind, RequestId, Urgency};

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

/// How much is spent at most. Rates are calls a second.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetSettings {
    /// Of sso-admin's shared 20.
    pub sso_admin_rate: f64,
    /// Of identitystore's shared 20.
    pub identity_store_rate: f64,
    /// The part of Organizations' limits (which count per calling account) that is used; 0.5 is half.
    pub organizations_share: f64,
    /// Operations under way at once, creates and deletes together. AWS: 15 creates.
    pub outstanding: usize,
    /// Further places that only revocations may use, so that slow creates never keep them waiting.
    pub reserved_for_revocations: usize,
    /// An operation that AWS says nothing final about gives its place back after this.
    pub operation_forgotten_after: Duration,
    /// Nobody waits longer for a token or a place; the call then fails as throttled.
    pub longest_wait: Duration,
    /// The first question about an operation comes this long after it was accepted.
    pub first_poll: Duration,
    /// The longest time between two questions about an operation.
    pub longest_poll: Duration,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        Self {
            sso_admin_rate: 8.0, // of 20 that the console, Terraform and SCIM tools share with us
            identity_store_rate: 8.0,
            organizations_share: 0.5,
            outstanding: 10,
            reserved_for_revocations: 5, // 10 + 5 = AWS's 15, should deletes turn out to count
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
    buckets: HashMap<Family, WaitingLine>,
    places: Places,
}

/// Our own budget had no room in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoRoom {
    /// How long was waited.
    pub(super) waited: Duration,
}

impl Budget {
    /// A budget with everything unspent.
    pub fn new(settings: BudgetSettings) -> Self {
        let state = State {
            buckets: HashMap::new(),
            places: Places::default(),
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
    pub(super) async fn token(&self, family: Family, ask: &Ask) -> Result<(), NoRoom> {
        let waited = self.shared.settings.longest_wait;
        let bell = Arc::new(Notify::new());
        let number = {
            let mut state = self.lock();
            let line = &mut self.bucket(&mut state.buckets, family).line;
            line.join(ask.urgency, &ask.requester, bell.clone())
        };
        let ticket = TokenTicket {
            budget: self,
            family,
            number,
            bell,
        };
        timeout(waited, ticket.served())
            .await
            .map_err(|_| NoRoom { waited })
    }

    /// Waits for the right to start an operation in an account: a place and a token for the call, taken together, so
    /// that nobody sits on an account while still waiting to be allowed to call. The place is given back when it is
    /// dropped, unless it was [kept](Place::keep) for the operation that AWS accepted.
    pub(super) async fn start(
        &self,
        ask: &Ask,
        account: &AccountId,
        kind: OperationKind,
    ) -> Result<Place, NoRoom> {
        let waited = self.shared.settings.longest_wait;
        let bell = Arc::new(Notify::new());
        let number = self.lock().places.join(ask, account, kind, bell.clone());
        let ticket = StartTicket {
            budget: self,
            ask,
            number,
            token: None,
            bell,
        };
        timeout(waited, ticket.served())
            .await
            .map_err(|_| NoRoom { waited })
    }

    /// Whether it is time to ask about an operation. One that is not known, as after a restart, takes a place.
    pub(super) fn poll(&self, account: &AccountId, kind: OperationKind, request: &RequestId) -> Poll {
        self.lock()
            .places
            .poll(account, kind, request, Instant::now(), &self.shared.settings)
    }

    /// The operation was asked about and is not over; tells when to ask again.
    pub(super) fn still_open(&self, kind: OperationKind, request: &RequestId) -> Duration {
        self.lock()
            .places
            .still_open(kind, request, Instant::now(), &self.shared.settings)
    }

    /// The operation is over: its place is free.
    pub(super) fn settled(&self, kind: OperationKind, request: &RequestId) {
        self.lock().places.settled(kind, request);
    }

    /// A call that was not asked for here was made all the same (the SDK tried again): it is paid for afterwards.
    pub(super) fn debit(&self, family: Family) {
        let mut state = self.lock();
        self.bucket(&mut state.buckets, family)
            .bucket
            .debit(Instant::now());
    }

    /// AWS throttled: nobody of the family calls for a while.
    pub(super) fn pause(&self, family: Family, time: Duration) {
        let mut state = self.lock();
        self.bucket(&mut state.buckets, family)
            .bucket
            .pause_until(Instant::now() + time);
    }

    /// Operations under way, as far as this process knows.
    pub fn under_way(&self) -> usize {
        self.lock()
            .places
            .under_way(Instant::now(), &self.shared.settings)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half way; a poisoned budget is still a consistent one.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bucket<'a>(
        &self,
        buckets: &'a mut HashMap<Family, WaitingLine>,
        family: Family,
    ) -> &'a mut WaitingLine {
        buckets.entry(family).or_insert_with(|| {
            let (rate, burst) = limits(family, &self.shared.settings);
            WaitingLine::new(Bucket::new(rate, burst, Instant::now()))
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

/// A stand in the line for a token; leaving the line is what dropping does.
struct TokenTicket<'a> {
    budget: &'a Budget,
    family: Family,
    number: u64,
    bell: Arc<Notify>,
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
                Err(again) => rung_or_due(&self.bell, again).await,
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

/// A stand in the line for a place and, whenever it is the next that fits, in the line for a token too.
struct StartTicket<'a> {
    budget: &'a Budget,
    ask: &'a Ask,
    number: u64,
    token: Option<u64>,
    bell: Arc<Notify>,
}

impl StartTicket<'_> {
    async fn served(mut self) -> Place {
        loop {
            match self.try_take() {
                Ok(place) => return place,
                Err(again) => {
                    let bell = self.bell.clone();
                    rung_or_due(&bell, again).await;
                }
            }
        }
    }

    /// Takes both, or neither and says when looking again makes sense.
    fn try_take(&mut self) -> Result<Place, Option<Instant>> {
        let (budget, now) = (self.budget, Instant::now());
        let mut state = budget.lock();
        let State { buckets, places } = &mut *state;
        let tokens = budget.bucket(buckets, Family::SsoAdmin);
        if let Err(again) = places.is_next(self.number, now, &budget.shared.settings) {
            if let Some(token) = self.token.take() {
                tokens.leave(token); // somebody more urgent fits now
            }
            return Err(again);
        }
        let Ask {
            urgency,
            requester,
            freshness: _,
        } = self.ask;
        let token = *self
            .token
            .get_or_insert_with(|| tokens.line.join(*urgency, requester, self.bell.clone()));
        tokens.try_take(token, now)?;
        self.token = None;
        tokens.line.wake_first();
        places.take(self.number, now, &budget.shared.settings);
        Ok(Place::new(budget.clone(), self.number))
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
        state.places.leave(self.number);
    }
}

/// Until somebody rings, or until the moment at which looking again makes sense.
async fn rung_or_due(bell: &Notify, again: Option<Instant>) {
    let due = async {
        match again {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! { () = bell.notified() => (), () = due => () }
}

/// Whether a kind of operation may use the places kept for revocations.
fn may_use_reserve(urgency: Urgency, kind: OperationKind) -> bool {
    urgency == Urgency::Revocation && kind == OperationKind::Deletion
}

#[cfg(test)]
mod tests;
