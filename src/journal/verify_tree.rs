//! One tree while it is verified: what checkpoints commit to, and the lines that wait for the next one.

use std::collections::{BTreeMap, VecDeque};

use super::findings::Position;
use super::note::Checkpoint;
use super::tree::{CompactRange, Hash};
use super::verify::WINDOW;

/// How many combinations of several lines for one index are tried.
const COMBINATIONS: usize = 4_096;

/// A line that may be the one of its index.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub hash: Hash,
    pub term: i64,
    pub redacted: bool,
    pub position: Position,
    pub bytes: Vec<u8>,
}

/// Why a line is not waited with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The checkpoint commits to another one.
    Other,
    /// It is about an index of long before.
    TooFarBack,
    /// Too many lines wait already.
    TooMany,
}

/// Where a tree is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Begins {
    /// Before this checkpoint: its lines are there.
    Before,
    /// At this checkpoint; with the first line that stands before it.
    Here(Option<Position>),
}

/// One tree while it is verified.
#[derive(Debug)]
pub(super) struct Tree {
    pub origin: String,
    /// The index from which on it is read; without one yet nothing was committed to.
    pub begin: u64,
    pub range: CompactRange,
    pub note: Option<String>,
    pub roots: VecDeque<(u64, Hash)>,
    begun: bool,
    /// What was verified by the run before, and how far the files reach in any case.
    known: u64,
    reach: u64,
    recent: VecDeque<Hash>,
    waiting: BTreeMap<u64, Vec<Candidate>>,
    count: usize,
}

impl Tree {
    pub fn new(origin: &str, known: Option<CompactRange>) -> Self {
        let goes_on = known.is_some();
        let range = known.unwrap_or_default();
        let begin = range.size();
        Self {
            origin: origin.to_owned(),
            begin,
            range,
            note: None,
            roots: VecDeque::new(),
            begun: goes_on,
            known: begin,
            reach: 0,
            recent: VecDeque::new(),
            waiting: BTreeMap::new(),
            count: 0,
        }
    }

    /// Takes a line to the others; whether it is there already.
    pub fn add(&mut self, index: u64, candidate: Candidate) -> Result<bool, Refused> {
        self.reach = self.reach.max(index + 1);
        if index < self.range.size() {
            let back = usize::try_from(self.range.size() - index).unwrap_or(usize::MAX);
            let known = self
                .recent
                .len()
                .checked_sub(back)
                .and_then(|place| self.recent.get(place));
            return match known {
                Some(hash) if *hash == candidate.hash => Ok(true),
                Some(_) => Err(Refused::Other),
                // Before what a run goes on from everything was verified by the one before it.
                None if index < self.begin => Ok(true),
                None => Err(Refused::TooFarBack),
            };
        }
        let candidates = self.waiting.entry(index).or_default();
        if candidates.iter().any(|known| known.hash == candidate.hash) {
            return Ok(true);
        }
        if self.count >= WINDOW {
            return Err(Refused::TooMany);
        }
        candidates.push(candidate);
        self.count += 1;
        Ok(false)
    }

    /// How much was verified before, where the files reach less far.
    pub fn ends_before_what_was_known(&self) -> Option<u64> {
        (self.reach < self.known).then_some(self.known)
    }

    /// Whether a checkpoint is where the tree is read from, because its beginning is not in the files; or before it.
    pub fn begins_late(&self, size: u64) -> Begins {
        if self.begun || self.range.size() > 0 {
            return Begins::Before;
        }
        let first = self.waiting.first_key_value();
        match first {
            Some((0, _)) => Begins::Before,
            Some((index, candidates)) if *index < size => {
                Begins::Here(candidates.first().map(|candidate| candidate.position.clone()))
            }
            _ => Begins::Here(None),
        }
    }

    /// Reads on from here.
    pub fn begin_at(&mut self, range: CompactRange) {
        self.forget_below(range.size());
        if !self.begun && self.range.size() == 0 {
            self.begin = range.size();
        }
        self.begun = true;
        self.recent.clear();
        self.range = range;
    }

    /// Whether a checkpoint about lines that were committed to says something else of them.
    pub fn disagrees(&self, checkpoint: &Checkpoint) -> bool {
        let known = self.roots.iter().find(|(size, _)| *size == checkpoint.size);
        let root = if checkpoint.size == self.range.size() {
            Some(self.range.root())
        } else {
            known.map(|(_, root)| *root)
        };
        root.is_some_and(|root| root != checkpoint.root)
    }

    pub fn remember(&mut self, checkpoint: &Checkpoint, most: usize) {
        self.reach = self.reach.max(checkpoint.size);
        self.roots.push_back((checkpoint.size, checkpoint.root));
        if self.roots.len() > most {
            self.roots.pop_front();
        }
    }

    /// The lines that give this tree, one for each index.
    pub fn chosen(&self, expected: &CompactRange, term: i64) -> Result<Vec<Candidate>, String> {
        let (from, to) = (self.range.size(), expected.size());
        let mut all: Vec<&Vec<Candidate>> = vec![];
        for index in from..to {
            let Some(candidates) = self.waiting.get(&index) else {
                let later = self.waiting.range(index..to).next();
                let missing = later.map_or(to, |(next, _)| *next) - index;
                return Err(format!("Lines {index} to {} are missing", index + missing - 1));
            };
            all.push(candidates);
        }
        let of_writer = |candidates: &&Vec<Candidate>| -> usize {
            let own = candidates.iter().rposition(|candidate| candidate.term == term);
            own.unwrap_or(candidates.len() - 1)
        };
        let first: Vec<usize> = all.iter().map(of_writer).collect();
        let mut tried = first;
        for _ in 0..COMBINATIONS {
            let picked = || {
                all.iter()
                    .zip(&tried)
                    .map(|(candidates, place)| &candidates[*place])
            };
            let mut range = self.range.clone();
            picked().for_each(|candidate| range.push(candidate.hash));
            if range == *expected {
                return Ok(picked().cloned().collect());
            }
            if !advance(&mut tried, &all) {
                break;
            }
        }
        let position = all.first().and_then(|candidates| candidates.first());
        let position = position
            .map(|candidate| candidate.position.to_string())
            .unwrap_or_default();
        Err(format!(
            "Among lines {from} to {} (from {position} on) at least one was changed or swapped",
            to - 1
        ))
    }

    pub fn push(&mut self, leaf: Hash) {
        self.begun = true;
        self.range.push(leaf);
        self.recent.push_back(leaf);
        if self.recent.len() > WINDOW {
            self.recent.pop_front();
        }
    }

    /// Lets go of what waits below this index; how many lines were not the ones that are meant.
    pub fn forget_below(&mut self, size: u64) -> u64 {
        let rest = self.waiting.split_off(&size);
        let gone = std::mem::replace(&mut self.waiting, rest);
        let lines: usize = gone.values().map(Vec::len).sum();
        self.count -= lines;
        (lines - gone.len()) as u64
    }

    /// How many lines wait.
    pub const fn waiting(&self) -> usize {
        self.count
    }

    /// The lines that still wait.
    pub fn uncommitted(&self) -> (u64, Option<Position>) {
        let lines = self.waiting.values().flatten();
        let first = lines.clone().next().map(|candidate| candidate.position.clone());
        (lines.count() as u64, first)
    }
}

/// The next combination, as a number with a digit for each index; no, after the last.
fn advance(places: &mut [usize], all: &[&Vec<Candidate>]) -> bool {
    if all.iter().all(|candidates| candidates.len() == 1) {
        return false;
    }
    for (place, candidates) in places.iter_mut().zip(all).rev() {
        *place = (*place + 1) % candidates.len();
        if *place != 0 && candidates.len() > 1 {
            return true;
        }
    }
    true
}
