//! What a verifier reads, finds and counts.

use std::collections::VecDeque;

use super::note::Checkpoint;
use super::tree::{CompactRange, Hash};

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The name of the file.
    pub file: String,
    /// The number of the line, from 1.
    pub line: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} line {}", self.file, self.line)
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether the journal is broken by it. Otherwise it is only worth knowing.
    pub broken: bool,
    /// What, in a sentence.
    pub sentence: String,
}

/// A line that a checkpoint commits to.
#[derive(Debug)]
pub struct Committed<'a> {
    /// The tree.
    pub origin: &'a str,
    /// Its index.
    pub index: u64,
    /// The line, without its newline.
    pub bytes: &'a [u8],
    /// Its hash.
    pub hash: Hash,
    /// Only its hash is left.
    pub redacted: bool,
    /// The tree before it.
    pub before: &'a CompactRange,
}

/// A checkpoint that somebody outside has kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Where it is from.
    pub from: String,
    /// What it says.
    pub checkpoint: Checkpoint,
    /// Whether it was compared with the tree.
    pub compared: bool,
}

/// What was read of one tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeReport {
    /// Its name.
    pub origin: String,
    /// The index from which on it was read.
    pub begin: u64,
    /// The tree up to its newest checkpoint.
    pub range: CompactRange,
    /// The newest checkpoint.
    pub note: Option<String>,
    pub(super) roots: VecDeque<(u64, Hash)>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines that checkpoints commit to.
    pub committed: u64,
    /// Of these, lines of which only the hash is left.
    pub redacted: u64,
    /// Copies of lines that were there before.
    pub repetitions: u64,
    /// Lines that no checkpoint commits to.
    pub uncommitted: u64,
    /// Half lines, and lines of something else.
    pub foreign: u64,
    /// Findings that are not kept in full.
    pub more_findings: u64,
}

/// What is to be made of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every line up to the end, and the end is the one that somebody outside knows.
    SoundToItsEnd,
    /// Every line up to the newest checkpoint in the files; whether more was cut off, nobody outside knows.
    EndNotProvable,
    /// Something is missing or was changed.
    Broken,
    /// There is no journal in the files.
    Unreadable,
}
