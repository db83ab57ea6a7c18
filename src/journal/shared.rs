//! What the writer and its users share: the lines that wait, and how far each object is.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::handle::{Health, Measures, Published};
use super::note::SigningKey;
use crate::api::Timestamp;
use crate::domain::journal::{Call, Kind, Line};

/// How many lines wait for the sink at most, and how many wait in it for the head: some minutes of a busy installation, and far less
/// than a verifier keeps between two checkpoints.
pub(super) const CAPACITY: usize = 10_000;

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

/// How far one object is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Handed over up to this sequence.
    pub handed: i64,
    /// Committed to by the head up to this sequence.
    pub committed: i64,
}

/// The lines that wait, and what is counted of all.
#[derive(Debug, Default)]
pub(super) struct State {
    lines: VecDeque<Line>,
    dropped: u64,
    pub progress: HashMap<String, Progress>,
    /// What was last told of an object that is told of once, by its uid and the kind of line.
    named: BTreeMap<(String, Kind), String>,
    /// What AWS was last asked to do with the assignment of each record, by its uid.
    pub calls: HashMap<String, Call>,
    newly_committed: Vec<String>,
    pub closing: bool,
    /// How many lines were handed over; how many of them are in the sink; how many a head covers.
    pub taken_in: u64,
    pub sunk: u64,
    pub covered: u64,
    /// When the lines that no head covers yet were handed over.
    handed_at: VecDeque<Instant>,
    pub measures: Measures,
    /// The key that is to sign from now on.
    pub next_key: Option<SigningKey>,
}

/// How many of the lines were handed over; the writer adds others by itself.
fn handed_over(lines: &[Line]) -> u64 {
    let own = [Kind::Origin, Kind::LinesDropped, Kind::KeyRotation];
    lines.iter().filter(|line| !own.contains(&line.kind)).count() as u64
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
        self.state().sunk += handed_over(lines);
        self.tell_arrival();
    }

    /// These lines are in the sink at a place that another writer took: they are written again.
    pub fn lost(&self, lines: &[Line]) {
        self.state().sunk -= handed_over(lines);
    }

    /// The head covers these lines.
    pub fn committed(&self, lines: &[Line], at: Timestamp) {
        let mut state = self.state();
        let mut uids = vec![];
        for key in lines.iter().filter_map(|line| line.key.as_ref()) {
            if let Some(known) = state.progress.get_mut(&key.uid) {
                known.committed = known.committed.max(key.sequence);
            }
            uids.push(key.uid.clone());
        }
        uids.dedup();
        let count = handed_over(lines);
        state.covered += count;
        let count = usize::try_from(count)
            .unwrap_or(usize::MAX)
            .min(state.handed_at.len());
        state.handed_at.drain(..count);
        state.newly_committed.extend(uids);
        state.measures.last_recorded = Some(at);
        drop(state);
        self.tell_arrival();
    }

    fn tell_arrival(&self) {
        self.arrived.send_modify(|count| *count += 1);
    }

    pub fn is_closing(&self) -> bool {
        self.state().closing
    }

    pub fn is_closed(&self) -> bool {
        let state = self.state();
        state.covered >= state.taken_in
    }

    /// The objects of which more was committed since the last time.
    pub fn take_committed(&self) -> Vec<String> {
        std::mem::take(&mut self.state().newly_committed)
    }

    /// The key that is to sign from now on, where it is another one.
    pub fn take_next_key(&self, now: &SigningKey) -> Option<SigningKey> {
        let next = self.state().next_key.take();
        next.filter(|next| next.verifier("") != now.verifier(""))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a line in, if there is space for it.
    pub fn take_in(&mut self, line: Line) -> bool {
        if self.lines.len() >= CAPACITY {
            return false;
        }
        if let Some(key) = &line.key {
            self.progress.entry(key.uid.clone()).or_default().handed = key.sequence;
        }
        self.taken_in += 1;
        self.handed_at.push_back(Instant::now());
        self.lines.push_back(line);
        true
    }

    /// A line found no space and cannot be derived again.
    pub fn drop_one(&mut self) {
        self.dropped += 1;
        self.measures.dropped += 1;
    }

    /// Whether this was told of the object.
    pub fn was_told(&self, uid: &str, kind: Kind, what: &str) -> bool {
        let told = self.named.get(&(uid.to_owned(), kind));
        told.is_some_and(|told| told == what)
    }

    pub fn note_told(&mut self, uid: &str, kind: Kind, what: &str) {
        self.named.insert((uid.to_owned(), kind), what.to_owned());
    }

    /// Forgets an object.
    pub fn forget(&mut self, uid: &str) {
        self.progress.remove(uid);
        self.calls.remove(uid);
        self.named.retain(|(of, _), _| of != uid);
    }

    /// Forgets what was told of this kind about other objects than these.
    pub fn keep_only(&mut self, kind: Kind, is_there: impl Fn(&str) -> bool) {
        self.named.retain(|(uid, of), _| *of != kind || is_there(uid));
    }

    /// What is measured now.
    pub fn measures(&self) -> Measures {
        Measures {
            lag: self.handed_at.front().map(Instant::elapsed),
            ..self.measures.clone()
        }
    }
}
