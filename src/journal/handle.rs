//! What passes hand to the journal, and what they may know of it. Nobody but a create ever waits for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::note::SigningKey;
use super::shared::Shared;
use crate::api::Timestamp;
use crate::domain::journal::{Around, Call, Kind, Line, record_step, steps_after};
use crate::domain::{RequestFacts, StoredRecord};

/// How long giving up the lease and the end of the process wait for the journal.
const CLOSING: Duration = Duration::from_secs(2);

/// Whether the journal can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// What was handed over arrives.
    Writable,
    /// It does not. The text says why.
    Unwritable(String),
}

/// What is made public of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The name of the tree.
    pub origin: String,
    /// What verifies its checkpoints.
    pub vkey: String,
    /// The newest checkpoint.
    pub checkpoint: String,
    /// How many lines that one is about.
    pub size: u64,
}

/// What is measured of the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measures {
    /// For how long the oldest line has waited that no head covers yet; nothing where none waits.
    pub lag: Option<Duration>,
    /// When a head covered lines last.
    pub last_recorded: Option<Timestamp>,
    /// How many writes of lines failed.
    pub sink_failures: u64,
    /// How many writes of the head failed.
    pub head_failures: u64,
    /// How many lines were dropped.
    pub dropped: u64,
}

/// The journal, as passes see it.
#[derive(Debug, Clone)]
pub struct Journal {
    shared: Arc<Shared>,
}

impl Journal {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Whether the journal may lack steps of a request.
    pub fn lacks_steps(&self, request: &RequestFacts) -> bool {
        let last = request.status.history.last().map_or(0, |entry| entry.sequence);
        last > self.told(request)
    }

    /// Up to which step this process or one before it handed over.
    fn told(&self, request: &RequestFacts) -> i64 {
        let state = self.shared.state();
        let known = state.progress.get(&request.uid).copied().unwrap_or_default();
        known.handed.max(request.status.recorded.unwrap_or_default())
    }

    /// Hands over the steps of a request that the journal may lack, and whether all of them found space. Those that did not are
    /// derived again the next time.
    pub fn steps(&self, request: &RequestFacts, around: &Around) -> bool {
        let mut lines = steps_after(request, self.told(request), around).into_iter();
        let mut state = self.shared.state();
        let all = lines.all(|line| state.take_in(line));
        drop(state);
        self.shared.wake.notify_one();
        all
    }

    /// Hands over the newest step of a record, and whether it found space.
    pub fn record(&self, stored: &StoredRecord, now: Timestamp, is_recovered: bool) -> bool {
        let mut state = self.shared.state();
        let call = state.calls.get(&stored.uid);
        let Some(line) = record_step(stored, now, call, is_recovered) else {
            return true;
        };
        let known = state.progress.get(&stored.uid).copied().unwrap_or_default();
        let sequence = line.key.as_ref().map_or(0, |key| key.sequence);
        let found = sequence <= known.handed || state.take_in(line);
        drop(state);
        self.shared.wake.notify_one();
        found
    }

    /// Hands over a line that cannot be derived again: without space it is dropped, and counted.
    pub fn other(&self, line: Line) {
        let mut state = self.shared.state();
        if !state.take_in(line) {
            state.drop_one();
        }
        drop(state);
        self.shared.wake.notify_one();
    }

    /// Hands over what is told once of an object, such as each generation of a policy; whether it was, now or before.
    pub fn once(&self, uid: &str, kind: Kind, what: &str, line: impl FnOnce() -> Line) -> bool {
        let mut state = self.shared.state();
        if state.was_told(uid, kind, what) {
            return true;
        }
        let found = state.take_in(line());
        if found {
            state.note_told(uid, kind, what);
        }
        drop(state);
        self.shared.wake.notify_one();
        found
    }

    /// What AWS was last asked to do with the assignment of a record, for the lines that follow.
    pub fn note_call(&self, uid: &str, call: Call) {
        self.shared.state().calls.insert(uid.to_owned(), call);
    }

    /// What AWS was last asked to do with the assignment of a record.
    pub fn call(&self, uid: &str) -> Option<Call> {
        self.shared.state().calls.get(uid).cloned()
    }

    /// Up to which sequence a committed head covers this object, as far as this process knows.
    pub fn committed(&self, uid: &str) -> i64 {
        let state = self.shared.state();
        state.progress.get(uid).copied().unwrap_or_default().committed
    }

    /// Hands over until all found space, and waits until it is in the sink, with everything that was handed over before; no, where
    /// that takes too long.
    pub async fn is_sunk_within(&self, within: Duration, hand_over: impl Fn() -> bool) -> bool {
        let mut arrived = self.shared.arrived.subscribe();
        let done = tokio::time::timeout(within, async {
            while !hand_over() {
                if arrived.changed().await.is_err() {
                    return false;
                }
            }
            let wanted = self.shared.state().taken_in;
            while self.shared.state().sunk < wanted {
                if arrived.changed().await.is_err() {
                    return false;
                }
            }
            true
        });
        done.await.unwrap_or(false)
    }

    /// Waits until everything that was handed over by now is committed to; no, where that takes too long.
    pub async fn is_empty_within(&self, within: Duration) -> bool {
        let mut arrived = self.shared.arrived.subscribe();
        let wanted = self.shared.state().taken_in;
        let done = tokio::time::timeout(within, async {
            while self.shared.state().covered < wanted {
                if arrived.changed().await.is_err() {
                    return false;
                }
            }
            true
        });
        done.await.unwrap_or(false)
    }

    /// Forgets an object that is gone.
    pub fn forget(&self, uid: &str) {
        self.shared.state().forget(uid);
    }

    /// Forgets what was told of this kind about objects that are no longer there.
    pub fn keep_only(&self, kind: Kind, is_there: impl Fn(&str) -> bool) {
        self.shared.state().keep_only(kind, is_there);
    }

    /// The objects of which more was committed since the last time.
    pub fn take_committed(&self) -> Vec<String> {
        self.shared.take_committed()
    }

    /// Waits until more is in the sink or the head.
    pub fn arrivals(&self) -> watch::Receiver<u64> {
        self.shared.arrived.subscribe()
    }

    /// Whether the journal can be written, and every change of that.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.shared.health.subscribe()
    }

    /// The newest checkpoint.
    pub fn newest(&self) -> watch::Receiver<Option<Published>> {
        self.shared.newest.subscribe()
    }

    /// What is measured now.
    pub fn measures(&self) -> Measures {
        self.shared.state().measures()
    }

    /// Signs with another key from now on: a last line under the old one names it, and another tree begins.
    pub fn exchange_key(&self, key: SigningKey) {
        self.shared.state().next_key = Some(key);
        self.shared.wake.notify_one();
    }

    /// Waits for what was handed over, and not for long.
    pub async fn close(&self) {
        let mut arrived = self.shared.arrived.subscribe();
        self.shared.state().closing = true;
        self.shared.wake.notify_one();
        let written = async { while !self.shared.is_closed() && arrived.changed().await.is_ok() {} };
        if tokio::time::timeout(CLOSING, written).await.is_err() {
            tracing::warn!(
                "the journal was not written to its end in time; the next leader writes the missing steps"
            );
        }
    }
}
