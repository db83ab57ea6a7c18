//! A write of the sink under way. The head moves meanwhile: what is in the sink already is not held up by one that hangs.

use std::io;
use std::pin::Pin;

use super::line::{self, Place};
use super::sink::Sink;
use super::tree::{CompactRange, leaf_hash};
use crate::domain::journal::Line;

/// What is written into the sink at once.
pub(super) struct Batch {
    /// The lines.
    pub lines: Vec<Line>,
    /// The tree with them.
    pub range: CompactRange,
    /// The text of a checkpoint that goes before them.
    pub checkpoint: Option<String>,
    text: String,
}

impl Batch {
    /// Lines behind the end of a tree.
    pub fn of(
        lines: Vec<Line>,
        origin: &str,
        term: i64,
        mut range: CompactRange,
        checkpoint: Option<String>,
    ) -> Self {
        let mut text = String::new();
        let whole = |line: &str, text: &mut String| {
            text.push_str(line);
            text.push('\n');
        };
        if let Some(checkpoint) = &checkpoint {
            whole(checkpoint, &mut text);
        }
        for line in &lines {
            let place = Place {
                origin: origin.to_owned(),
                index: range.size(),
                term,
            };
            let leaf = line::leaf(&place, line);
            range.push(leaf_hash(leaf.as_bytes()));
            whole(&leaf, &mut text);
        }
        Self {
            lines,
            range,
            checkpoint,
            text,
        }
    }
}

/// A write that is over: the sink comes back with it.
pub(super) struct Sunk {
    /// The sink; nothing where the process is ending.
    pub sink: Option<Box<dyn Sink>>,
    /// What was to be written.
    pub batch: Batch,
    /// Whether it was.
    pub written: io::Result<()>,
}

/// A write of the sink under way.
pub(super) type Sinking = Pin<Box<dyn Future<Output = Sunk> + Send>>;

/// Writes a batch where nobody else waits for it.
pub(super) fn begin(mut sink: Box<dyn Sink>, batch: Batch) -> Sinking {
    Box::pin(async move {
        if !sink.may_block() {
            let written = sink.append(&batch.text);
            return Sunk {
                sink: Some(sink),
                batch,
                written,
            };
        }
        let text = batch.text.clone();
        let writing = tokio::task::spawn_blocking(move || {
            let written = sink.append(&text);
            (sink, written)
        });
        match writing.await {
            Ok((sink, written)) => Sunk {
                sink: Some(sink),
                batch,
                written,
            },
            // The process is ending: blocking work is no longer begun.
            Err(error) => Sunk {
                sink: None,
                batch,
                written: Err(io::Error::other(error)),
            },
        }
    })
}

/// What became of the write that is under way; for ever where none is.
pub(super) async fn settled(sinking: &mut Option<Sinking>) -> Sunk {
    match sinking {
        Some(sinking) => sinking.await,
        None => std::future::pending().await,
    }
}
