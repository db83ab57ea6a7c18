//! Which of several trees a line belongs to, and when one ends.
//!
//! Two writers that find no head both begin a tree, and one of them takes the head. Until a checkpoint tells which, the lines of both wait.

use super::findings::{Position, TreeReport};
use super::verify::{Verifier, WINDOW};
use super::verify_tree::Tree;

/// How many trees wait for a checkpoint at the same time: as many as processes that start at once, and some damaged names.
const OPEN: usize = 16;

impl Verifier {
    /// Makes the tree of this name the current one; no, where it had ended already.
    pub(super) fn enter(&mut self, origin: &str, position: &Position) -> bool {
        if self.current.as_ref().is_none_or(|tree| tree.origin != origin) {
            if self.past.iter().any(|tree| tree.origin == origin) {
                self.counts.uncommitted += 1;
                self.note(format!(
                    "{position} belongs to {origin}, which had ended before it."
                ));
                return false;
            }
            self.others.extend(self.current.take());
            let open = self.others.iter().position(|tree| tree.origin == origin);
            self.current = Some(if let Some(place) = open {
                self.others.remove(place)
            } else {
                let known = self.known.as_ref().filter(|(known, _)| known == origin);
                Tree::new(origin, known.map(|(_, range)| range.clone()))
            });
        }
        self.leave_the_oldest();
        true
    }

    /// A tree has got its first checkpoint: the one that had the head before it has ended.
    pub(super) fn end_the_one_before(&mut self) {
        let signed = self.others.extract_if(.., |tree| tree.note.is_some());
        for tree in signed.collect::<Vec<_>>() {
            self.leave(tree);
        }
    }

    /// After the last line.
    pub(super) fn leave_all(&mut self) {
        let mut open = std::mem::take(&mut self.others);
        open.extend(self.current.take());
        for tree in open {
            self.leave(tree);
        }
    }

    /// Memory has an end: names without a checkpoint give way, the one that was read longest ago first.
    fn leave_the_oldest(&mut self) {
        loop {
            let open = self.others.iter().chain(&self.current);
            let lines: usize = open.map(Tree::waiting).sum();
            if self.others.len() < OPEN && lines < WINDOW {
                return;
            }
            let Some(place) = self.others.iter().position(|tree| tree.note.is_none()) else {
                return;
            };
            let oldest = self.others.remove(place);
            self.leave(oldest);
        }
    }

    fn leave(&mut self, tree: Tree) {
        if let Some(known) = tree.ends_before_what_was_known() {
            self.broken(format!(
                "{known} lines of {} were verified before, and the files end before that: the end was cut off.",
                tree.origin
            ));
        }
        let (count, first) = tree.uncommitted();
        self.counts.uncommitted += count;
        if let Some(first) = first {
            self.note(format!(
                "{count} lines from {first} on are committed to by no checkpoint: they are not evidence."
            ));
        }
        // A name that no checkpoint signed is that of a writer that lost the head to another, or a damaged one.
        if tree.note.is_some() {
            self.past.push(tree.report());
        }
    }
}

impl Tree {
    fn report(self) -> TreeReport {
        TreeReport {
            origin: self.origin,
            begin: self.begin,
            range: self.range,
            note: self.note,
            roots: self.roots,
        }
    }
}
