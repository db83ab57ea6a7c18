//! The one world that all connections of a server share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use team_operator::ports::Clock;
use tokio::sync::oneshot;

use super::operation::Call;
use super::reply::{Delivery, HoldId, Outcome};
use super::store::Store;
use super::world::World;

/// What the connections share.
pub(super) struct Shared {
    state: Mutex<Shareable>,
    clock: Arc<dyn Clock>,
    store: Option<Store>,
}

struct Shareable {
    world: World,
    waiting: HashMap<HoldId, oneshot::Sender<Outcome>>,
}

impl Shared {
    /// A world, its clock, and where it is kept.
    pub(super) fn new(world: World, clock: Arc<dyn Clock>, store: Option<Store>) -> Self {
        let state = Mutex::new(Shareable {
            world,
            waiting: HashMap::new(),
        });
        Self { state, clock, store }
    }

    fn lock(&self) -> MutexGuard<'_, Shareable> {
        // A panic in a handler leaves the world as consistent as any fault script does.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Acts on the world without keeping it on disk: for looking.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut World, DateTime<Utc>) -> R) -> R {
        act(&mut self.lock().world, self.clock.now())
    }

    /// Acts on the world and keeps it on disk.
    pub(super) fn with_saved<R>(&self, act: impl FnOnce(&mut World, DateTime<Utc>) -> R) -> R {
        let mut state = self.lock();
        let result = act(&mut state.world, self.clock.now());
        self.save(&state.world);
        result
    }

    /// Releases a held request and wakes its connection, if that still waits.
    pub(super) fn release(&self, hold: HoldId) -> bool {
        let mut state = self.lock();
        let Some(outcome) = state.world.release(hold, self.clock.now()) else {
            return false;
        };
        if let Some(waiting) = state.waiting.remove(&hold) {
            let _gone_meanwhile = waiting.send(outcome);
        }
        self.save(&state.world);
        true
    }

    fn save(&self, world: &World) {
        if let Some(store) = &self.store
            && let Err(error) = store.save(world)
        {
            eprintln!(
                "the state could not be kept in {}: {error}",
                store.file().display()
            );
        }
    }

    /// The answer to a call of an AWS client, how it is delivered, and what tells when a held one is released.
    pub(super) fn answer(&self, call: &Call) -> (Outcome, Delivery, Option<oneshot::Receiver<Outcome>>) {
        let mut state = self.lock();
        let answer = state.world.answer(call, self.clock.now());
        let waiting = match answer.delivery {
            Delivery::Held(hold) => {
                let (sender, receiver) = oneshot::channel();
                state.waiting.insert(hold, sender);
                Some(receiver)
            }
            _ => None,
        };
        if call.operation.writes() {
            self.save(&state.world);
        }
        (answer.outcome, answer.delivery, waiting)
    }

    /// The `Date` header of every answer: the world's clock with its skew.
    pub(super) fn date(&self) -> String {
        let state = self.lock();
        let skew = TimeDelta::try_seconds(state.world.settings.clock_skew_seconds).unwrap_or_default();
        (self.clock.now() + skew)
            .format("%a, %d %b %Y %H:%M:%S GMT")
            .to_string()
    }
}
