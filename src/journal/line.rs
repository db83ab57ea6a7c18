//! The lines of a journal file: leaves of the tree, and checkpoints beside it. `docs/journal.md` describes them for whoever writes
//! another verifier.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::note::{hash_of, text_of};
use super::tree::{CompactRange, Hash, leaf_hash};
use crate::domain::journal::Line;

/// The place of a leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The name of the tree.
    pub origin: String,
    /// The index of the leaf.
    pub index: u64,
    /// How often the lease had changed hands when the line was written.
    #[serde(default)]
    pub term: i64,
}

/// A line of a file, as far as its place in the tree matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// A leaf.
    Leaf {
        /// Where it belongs.
        place: Place,
        /// Its hash.
        hash: Hash,
        /// Only its hash is left.
        redacted: bool,
    },
    /// A checkpoint.
    Checkpoint(StoredCheckpoint),
    /// A line of a journal that was changed: its fields are there and make no sense.
    Damaged,
    /// Half a line, or something that is not of a journal.
    Foreign,
}

/// A checkpoint with what is needed to go on from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// The signed note.
    pub note: String,
    /// The tree at its size.
    pub range: CompactRange,
    /// The term of its writer.
    pub term: i64,
}

#[derive(Deserialize)]
struct Fields {
    journal: Option<Place>,
    leaf: Option<String>,
    checkpoint: Option<RangeFields>,
}

#[derive(Deserialize)]
struct RangeFields {
    size: u64,
    range: Vec<String>,
    note: String,
    #[serde(default)]
    term: i64,
}

/// What a line is.
pub fn read(line: &[u8]) -> Read {
    let Ok(fields) = serde_json::from_slice::<Fields>(line) else {
        let of_a_journal = content(line)
            .is_some_and(|value| value["journal"].is_object() || value["checkpoint"].is_object());
        return if of_a_journal {
            Read::Damaged
        } else {
            Read::Foreign
        };
    };
    match (fields.journal, fields.leaf, fields.checkpoint) {
        (Some(place), None, None) => Read::Leaf {
            place,
            hash: leaf_hash(line),
            redacted: false,
        },
        (Some(place), Some(leaf), None) => match hash_of(&leaf) {
            Some(hash) => Read::Leaf {
                place,
                hash,
                redacted: true,
            },
            None => Read::Damaged,
        },
        (None, None, Some(checkpoint)) => {
            let nodes: Option<Vec<Hash>> = checkpoint.range.iter().map(|text| hash_of(text)).collect();
            match nodes.and_then(|nodes| CompactRange::of(checkpoint.size, nodes)) {
                Some(range) => Read::Checkpoint(StoredCheckpoint {
                    note: checkpoint.note,
                    range,
                    term: checkpoint.term,
                }),
                None => Read::Damaged,
            }
        }
        (None, None, None) => Read::Foreign,
        _ => Read::Damaged,
    }
}

/// The text of a leaf, without a newline: from then on these bytes are what counts.
pub fn leaf(place: &Place, line: &Line) -> String {
    let mut object = json!({ "journal": place, "kind": line.kind, "time": line.time });
    for (name, value) in [
        ("key", json!(line.key)),
        ("entry", line.entry.clone()),
        ("facts", line.facts.clone()),
    ] {
        if !value.is_null() {
            object[name] = value;
        }
    }
    object.to_string()
}

/// The text of a checkpoint, without a newline.
pub fn checkpoint(stored: &StoredCheckpoint) -> String {
    let range: Vec<String> = stored.range.nodes().iter().map(text_of).collect();
    json!({ "checkpoint": {
        "size": stored.range.size(), "range": range, "note": stored.note, "term": stored.term,
    } })
    .to_string()
}

/// The line that takes the place of one whose content has to go: its hash stays, and with it the tree.
pub fn redacted(line: &[u8]) -> Option<String> {
    let Read::Leaf { place, hash, .. } = read(line) else {
        return None;
    };
    Some(json!({ "journal": place, "leaf": text_of(&hash) }).to_string())
}

/// A leaf as a whole, to read what it tells.
pub fn content(line: &[u8]) -> Option<Value> {
    serde_json::from_slice(line).ok()
}
