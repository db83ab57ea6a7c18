//! What passes hand to the journal, and what they may know of it. Nobody but a create ever waits for it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Notify, watch};

use crate::api::Timestamp;
use crate::domain::journal::{Kind, Line, record_step, steps_after};
use crate::domain::{RequestFacts, StoredRecord};

/// How many lines wait for the sink at most: some minutes of a busy installation.
const CAPACITY: usize = 10_000;

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

/// How far one object is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Handed over up to this sequence.
    pub handed: i64,
    /// In the sink up to this sequence.
    pub sunk: i64,
    /// Committed to by the head up to this sequence.
    pub committed: i64,
}

/// What the writer and its users share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// The writer looks.
    pub wake: Notify,
    /// Counts what arrived in the sink or in the head.
    pub arrived: watch::Sender<u64>,
    pub health: watch::Sender<Health>,
    /// The newest checkpoint, and the key that signed it.
    pub newest: watch::Sender<Option<Published>>,
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
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Line>,
    dropped: u64,
    progress: HashMap<String, Progress>,
    named: BTreeSet<String>,
    newly_committed: Vec<String>,
    closing: bool,
    /// How many lines were handed over, and how many of them a head covers.
    taken_in: u64,
    covered: u64,
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

    /// Hands over the steps of a request that the journal may lack. Those that find no place are derived again the next time.
    pub fn steps(&self, request: &RequestFacts) {
        let mut state = self.shared.state();
        let known = state.progress.get(&request.uid).copied().unwrap_or_default();
        let told = known.handed.max(request.status.recorded.unwrap_or_default());
        for line in steps_after(request, told) {
            if !state.take_entry(line) {
                break;
            }
        }
        drop(state);
        self.shared.wake.notify_one();
    }

    /// Hands over the newest step of a record.
    pub fn record(&self, stored: &StoredRecord, now: Timestamp) {
        let Some(line) = record_step(stored, now) else {
            return;
        };
        let mut state = self.shared.state();
        let known = state.progress.get(&stored.uid).copied().unwrap_or_default();
        let sequence = line.key.as_ref().map_or(0, |key| key.sequence);
        if sequence > known.handed {
            state.take_entry(line);
            drop(state);
            self.shared.wake.notify_one();
        }
    }

    /// Hands over a line that cannot be derived again: without a place it is dropped, and counted.
    pub fn other(&self, line: Line) {
        let mut state = self.shared.state();
        if state.lines.len() < CAPACITY {
            state.taken_in += 1;
            state.lines.push_back(line);
        } else {
            state.dropped += 1;
        }
        drop(state);
        self.shared.wake.notify_one();
    }

    /// The same, once for each name.
    pub fn once(&self, name: &str, line: impl FnOnce() -> Line) {
        if self.shared.state().named.insert(name.to_owned()) {
            self.other(line());
        }
    }

    /// Up to which sequence a committed head covers this object, as far as this process knows.
    pub fn committed(&self, uid: &str) -> i64 {
        self.shared
            .state()
            .progress
            .get(uid)
            .copied()
            .unwrap_or_default()
            .committed
    }

    /// Waits until everything that was handed over about these objects is in the sink; no, where that takes too long.
    pub async fn are_sunk(&self, uids: &[&str], within: Duration) -> bool {
        let mut arrived = self.shared.arrived.subscribe();
        let wanted: Vec<(String, i64)> = {
            let state = self.shared.state();
            let handed = |uid: &str| state.progress.get(uid).copied().unwrap_or_default().handed;
            uids.iter().map(|uid| ((*uid).to_owned(), handed(uid))).collect()
        };
        let are_there = || {
            let state = self.shared.state();
            let sunk = |uid: &str| state.progress.get(uid).copied().unwrap_or_default().sunk;
            wanted.iter().all(|(uid, sequence)| sunk(uid) >= *sequence)
        };
        let done = tokio::time::timeout(within, async {
            while !are_there() {
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
        self.shared.state().progress.remove(uid);
    }

    /// The objects of which more was committed since the last time.
    pub fn take_committed(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.state().newly_committed)
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

    /// Waits for what was handed over, and not for long.
    pub async fn close(&self) {
        self.shared.state().closing = true;
        self.shared.wake.notify_one();
        let mut arrived = self.shared.arrived.subscribe();
        let written = async { while !self.shared.is_closed() && arrived.changed().await.is_ok() {} };
        if tokio::time::timeout(CLOSING, written).await.is_err() {
            tracing::warn!(
                "the journal was not written to its end in time; the next leader writes the missing steps"
            );
        }
    }
}

impl Shared {
    pub fn new() -> Self {
        let not_yet = Health::Unwritable("the journal has not begun yet".to_owned());
        Self {
            state: Mutex::new(State::default()),
            wake: Notify::new(),
            arrived: watch::Sender::new(0),
            health: watch::Sender::new(not_yet),
            newest: watch::Sender::new(None),
        }
    }

    /// What waits, and a line about what was dropped.
    pub fn take(&self, now: Timestamp) -> Vec<Line> {
        let mut state = self.state();
        let mut lines: Vec<Line> = state.lines.drain(..).collect();
        let dropped = std::mem::take(&mut state.dropped);
        if dropped > 0 {
            lines.push(Line::of(Kind::LinesDropped, now, json!({ "count": dropped })));
        }
        lines
    }

    /// These lines are in the sink.
    pub fn sunk(&self, lines: &[Line]) {
        self.moved(lines, |known, sequence| known.sunk = known.sunk.max(sequence));
    }

    /// The head covers these lines.
    pub fn committed(&self, lines: &[Line]) {
        self.moved(lines, |known, sequence| {
            known.committed = known.committed.max(sequence);
        });
        let mut uids: Vec<String> = lines
            .iter()
            .filter_map(|line| Some(line.key.as_ref()?.uid.clone()))
            .collect();
        uids.dedup();
        let own = lines
            .iter()
            .filter(|line| !matches!(line.kind, Kind::Origin | Kind::LinesDropped));
        let mut state = self.state();
        state.covered += own.count() as u64;
        state.newly_committed.extend(uids);
        drop(state);
        self.arrived.send_modify(|count| *count += 1);
    }

    fn moved(&self, lines: &[Line], set: impl Fn(&mut Progress, i64)) {
        let mut state = self.state();
        for key in lines.iter().filter_map(|line| line.key.as_ref()) {
            if let Some(known) = state.progress.get_mut(&key.uid) {
                set(known, key.sequence);
            }
        }
        drop(state);
        self.arrived.send_modify(|count| *count += 1);
    }

    pub fn is_closing(&self) -> bool {
        self.state().closing
    }

    fn is_closed(&self) -> bool {
        let state = self.state();
        state.covered >= state.taken_in
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_entry(&mut self, line: Line) -> bool {
        if self.lines.len() >= CAPACITY {
            return false;
        }
        if let Some(key) = &line.key {
            self.progress.entry(key.uid.clone()).or_default().handed = key.sequence;
        }
        self.taken_in += 1;
        self.lines.push_back(line);
        true
    }
}
