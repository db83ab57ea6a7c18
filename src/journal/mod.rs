//! The journal: lines that cannot be changed without trace.
//!
//! What it proves, and the format for whoever writes another verifier, is in `docs/journal.md`.

mod bundle;
mod findings;
mod handle;
mod head;
mod head_write;
mod input;
mod line;
mod note;
mod origin;
mod population;
mod proof;
mod shared;
mod sink;
mod sinking;
mod tree;
mod verify;
mod verify_keys;
mod verify_origins;
mod verify_tree;
mod writer;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod writer_tests;

pub use bundle::{Files, bundle, proofs, verify_bundle};
pub use findings::{Committed, Counts, Finding, Held, Position, TreeReport, Verdict};
pub use handle::{Health, Journal, Measures, Published};
pub use head::{HEAD_NAME, Head, HeadError, HeadObject, Heads, StoredHead};
pub use input::{Input, InputError};
pub use line::{Place, Read, StoredCheckpoint, checkpoint, content, leaf, read, redacted};
pub use note::{Checkpoint, NoteError, SEED_BYTES, SigningKey, VerifierKey, hash_of, text_of};
pub use population::{COLUMNS_VERSION, Filter, Population, Row, csv};
pub use proof::{Evidence, Proven, Prover};
pub use sink::{FileSink, Sink, StreamSink};
pub use tree::{CompactRange, Hash, Path, leaf_hash, node_hash};
pub use verify::{Verifier, WINDOW};
pub use writer::{JournalParts, Writer};
