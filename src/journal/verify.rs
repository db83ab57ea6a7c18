//! The verifier: a stream of lines in, findings out, in bounded memory.
//!
//! A line counts when a checkpoint commits to it. Until then there may be several for one index: a writer that lost its lease has
//! written lines that no head names. The next checkpoint tells which one is meant.

use serde_json::Value;

use super::findings::{Committed, Counts, Finding, Held, Position, TreeReport, Verdict};
use super::line::{self, Read, StoredCheckpoint};
use super::note::{Checkpoint, VerifierKey};
use super::tree::{CompactRange, Hash};
use super::verify_tree::{Begins, Candidate, Refused, Tree};

/// How many lines may lie between two copies of one line, or between a line and its checkpoint.
pub const WINDOW: usize = 100_000;

/// How many findings are kept in full; more are counted.
const LONGEST: usize = 1_000;

/// How many roots of checkpoints are remembered of each tree.
const ROOTS: usize = 10_000;

/// The verifier.
#[derive(Debug, Default)]
pub struct Verifier {
    pub(super) keys: Vec<VerifierKey>,
    held: Vec<Held>,
    /// What was verified before: a run goes on from it.
    pub(super) known: Option<(String, CompactRange)>,
    pub(super) past: Vec<TreeReport>,
    /// The tree of the line that is read, and the others that have not ended; at most one of them all has a checkpoint.
    pub(super) current: Option<Tree>,
    pub(super) others: Vec<Tree>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// What was counted.
    pub counts: Counts,
}

impl Verifier {
    /// A verifier with the keys and checkpoints that somebody outside has kept.
    pub fn new(keys: Vec<VerifierKey>, held: Vec<Held>) -> Self {
        Self {
            keys,
            held,
            ..Self::default()
        }
    }

    /// Goes on from a tree that was verified before.
    pub fn go_on_from(&mut self, origin: &str, range: CompactRange) {
        self.known = Some((origin.to_owned(), range));
    }

    /// Takes in the next line; `on` is told of each that a checkpoint commits to, in the order of the tree.
    pub fn line(&mut self, bytes: &[u8], position: &Position, on: &mut dyn FnMut(&Committed<'_>)) {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        match line::read(bytes) {
            Read::Foreign => {
                self.counts.foreign += 1;
                self.note(format!("{position} is half a line, or not of a journal."));
            }
            Read::Damaged => self.broken(format!(
                "{position} is a line of a journal whose fields were changed."
            )),
            Read::Leaf {
                place,
                hash,
                redacted,
            } => {
                if !self.enter(&place.origin, position) {
                    return;
                }
                let candidate = Candidate {
                    hash,
                    term: place.term,
                    redacted,
                    position: position.clone(),
                    bytes: bytes.to_vec(),
                };
                self.leaf(place.index, candidate);
            }
            Read::Checkpoint(stored) => match self.opened(&stored) {
                Ok(checkpoint) if self.enter(&checkpoint.origin, position) => {
                    self.checkpoint(&stored, &checkpoint, position, on);
                }
                Ok(_) => {}
                Err(why) => self.broken(format!("The checkpoint in {position} does not count: {why}.")),
            },
        }
    }

    /// The end of the last file: what is to be made of it all.
    pub fn finish(&mut self) -> Verdict {
        self.leave_all();
        let last = self
            .past
            .last()
            .map(|tree| (tree.origin.clone(), tree.range.size()));
        for held in self.held.clone() {
            self.compare_at_the_end(&held);
        }
        if self.findings.iter().any(|finding| finding.broken) {
            return Verdict::Broken;
        }
        let Some((origin, size)) = last else {
            return Verdict::Unreadable;
        };
        let covers = |held: &Held| held.checkpoint.origin == origin && held.checkpoint.size == size;
        if self.held.iter().any(covers) {
            Verdict::SoundToItsEnd
        } else {
            Verdict::EndNotProvable
        }
    }

    /// The trees that were read, in their order.
    pub fn trees(&self) -> &[TreeReport] {
        &self.past
    }

    /// Whether checkpoints are compared with a key that somebody outside gave.
    pub fn knows_the_signer(&self) -> bool {
        !self.keys.is_empty()
    }

    fn leaf(&mut self, index: u64, candidate: Candidate) {
        let Some(tree) = &mut self.current else { return };
        let position = candidate.position.clone();
        match tree.add(index, candidate) {
            Ok(false) => {}
            Ok(true) => self.counts.repetitions += 1,
            Err(Refused::Other) => {
                self.counts.uncommitted += 1;
                self.note(format!(
                    "{position} is another line of index {index} than the one that is committed to."
                ));
            }
            Err(Refused::TooFarBack) => {
                self.counts.uncommitted += 1;
                self.note(format!(
                    "{position} has index {index}, which is too far back to compare it."
                ));
            }
            Err(Refused::TooMany) => {
                self.broken(format!(
                    "{position}: more than {WINDOW} lines without a checkpoint."
                ));
            }
        }
    }

    /// The checkpoint, where its signature and its range fit.
    fn opened(&self, stored: &StoredCheckpoint) -> Result<Checkpoint, String> {
        let read = Checkpoint::read(&stored.note).map_err(|error| error.to_string())?;
        if self.knows_the_signer() {
            self.opened_by_a_key(&stored.note, &read.origin)?;
        }
        if stored.range.size() != read.size || stored.range.root() != read.root {
            return Err("its range does not give its root".to_owned());
        }
        Ok(read)
    }

    fn checkpoint(
        &mut self,
        stored: &StoredCheckpoint,
        checkpoint: &Checkpoint,
        position: &Position,
        on: &mut dyn FnMut(&Committed<'_>),
    ) {
        let Some(mut tree) = self.current.take() else {
            return;
        };
        if checkpoint.size <= tree.range.size() {
            if tree.disagrees(checkpoint) {
                self.broken(format!(
                    "The checkpoint in {position} and the lines before it disagree about the first {} lines: two \
                     histories were signed, or a copy was restored.",
                    checkpoint.size
                ));
            }
        } else if let Begins::Here(first) = tree.begins_late(checkpoint.size) {
            if let Some(first) = first {
                self.note(format!(
                    "Lines from {first} on stand before the first checkpoint and cannot be checked."
                ));
            }
            tree.begin_at(stored.range.clone());
        } else {
            self.commit(&mut tree, stored, position, on);
        }
        if tree.note.replace(stored.note.clone()).is_none() {
            self.end_the_one_before();
        }
        tree.remember(checkpoint, ROOTS);
        self.compare(&tree.origin, checkpoint.size, checkpoint.root);
        self.current = Some(tree);
    }

    /// The lines that a checkpoint is about; where they do not give its root, what is wrong with them.
    fn commit(
        &mut self,
        tree: &mut Tree,
        stored: &StoredCheckpoint,
        position: &Position,
        on: &mut dyn FnMut(&Committed<'_>),
    ) {
        let size = stored.range.size();
        match tree.chosen(&stored.range, stored.term) {
            Ok(chosen) => {
                for (index, candidate) in (tree.range.size()..).zip(&chosen) {
                    self.counts.committed += 1;
                    self.counts.redacted += u64::from(candidate.redacted);
                    let committed = Committed {
                        origin: &tree.origin,
                        index,
                        bytes: &candidate.bytes,
                        hash: candidate.hash,
                        redacted: candidate.redacted,
                        before: &tree.range,
                    };
                    if index == 0 {
                        self.chain(&committed);
                    }
                    self.learn_key(&committed);
                    on(&committed);
                    tree.push(candidate.hash);
                    let here = |held: &Held| !held.compared && held.checkpoint.size == index + 1;
                    if self.held.iter().any(here) {
                        self.compare(&tree.origin, index + 1, tree.range.root());
                    }
                }
                self.counts.uncommitted += tree.forget_below(size);
            }
            Err(sentence) => {
                self.broken(format!("{sentence}, up to the checkpoint in {position}."));
                self.counts.uncommitted += tree.forget_below(size);
                tree.begin_at(stored.range.clone());
            }
        }
    }

    /// The first line of a tree names the newest checkpoint of the one before it.
    fn chain(&mut self, first: &Committed<'_>) {
        let content = line::content(first.bytes).unwrap_or(Value::Null);
        let previous = content["entry"]["previous"].as_str();
        let Some(Ok(checkpoint)) = previous.map(Checkpoint::read) else {
            return;
        };
        self.held.push(Held {
            from: format!("the first line of {}", first.origin),
            checkpoint,
            compared: false,
        });
    }

    fn compare(&mut self, origin: &str, size: u64, root: Hash) {
        let mut wrong = vec![];
        for held in &mut self.held {
            if held.checkpoint.origin == origin && held.checkpoint.size == size && !held.compared {
                held.compared = true;
                if held.checkpoint.root != root {
                    wrong.push(held.from.clone());
                }
            }
        }
        for from in wrong {
            self.broken(format!(
                "The first {size} lines are not those of the checkpoint from {from}: two histories were signed, or a copy \
                 was restored."
            ));
        }
    }

    fn compare_at_the_end(&mut self, held: &Held) {
        let (checkpoint, from) = (&held.checkpoint, &held.from);
        let tree = self.past.iter().find(|tree| tree.origin == checkpoint.origin);
        let Some(tree) = tree else {
            return self.note(format!(
                "The checkpoint from {from} is of {}, which is not in the files.",
                checkpoint.origin
            ));
        };
        let (begin, size) = (tree.begin, tree.range.size());
        let root = tree
            .roots
            .iter()
            .find(|(size, _)| *size == checkpoint.size)
            .map(|(_, root)| *root);
        if size < checkpoint.size {
            self.broken(format!(
                "The lines end at {size}, and the checkpoint from {from} has {}: the end was cut off.",
                checkpoint.size
            ));
        } else if let Some(root) = root.filter(|_| !held.compared) {
            self.compare(&checkpoint.origin.clone(), checkpoint.size, root);
        } else if !held.compared && checkpoint.size < begin {
            self.note(format!(
                "The checkpoint from {from} is about {} lines, and the files begin at {begin}: it cannot be compared.",
                checkpoint.size
            ));
        }
    }

    pub(super) fn broken(&mut self, sentence: String) {
        // One that breaks the journal is never left out of the verdict.
        let full = self.findings.len() >= LONGEST && self.findings.iter().any(|finding| finding.broken);
        self.found(
            Finding {
                broken: true,
                sentence,
            },
            full,
        );
    }

    pub(super) fn note(&mut self, sentence: String) {
        let full = self.findings.len() >= LONGEST;
        self.found(
            Finding {
                broken: false,
                sentence,
            },
            full,
        );
    }

    fn found(&mut self, finding: Finding, full: bool) {
        if full {
            self.counts.more_findings += 1;
        } else {
            self.findings.push(finding);
        }
    }
}
