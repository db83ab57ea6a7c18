//! Everything that anybody could have seen, in the order in which it happened.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use serde_json::Value;
use team_operator::ports::Clock as _;

use crate::clock::StoryClock;

/// One thing that happened.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) at: DateTime<Utc>,
    pub(crate) what: Happened,
}

/// What can happen.
#[derive(Debug, Clone)]
pub(crate) enum Happened {
    /// An object of the API server changed, came or went.
    Object {
        plural: &'static str,
        before: Option<Arc<Value>>,
        after: Option<Arc<Value>>,
    },
    /// The controller wrote a line of its journal.
    Journal(Value),
    /// Somebody asked AWS for a change, or AWS changed. `person` is whom it is about.
    Aws { person: String, sentence: String },
    /// Anything else that the reader should know.
    Told(String),
}

/// Where it is all written down.
#[derive(Debug, Clone)]
pub(crate) struct Chronicle {
    pub(crate) clock: StoryClock,
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Chronicle {
    pub(crate) fn new(clock: StoryClock) -> Self {
        Self {
            clock,
            entries: Arc::default(),
        }
    }

    pub(crate) fn note(&self, what: Happened) {
        let at = self.clock.now();
        self.entries.lock().unwrap().push(Entry { at, what });
    }

    /// Everything since the last time.
    pub(crate) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut self.entries.lock().unwrap())
    }
}

/// The controller's journal: whole lines, several at once.
pub(crate) struct JournalLines(pub(crate) Chronicle);

impl Write for JournalLines {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            self.0.note(Happened::Journal(serde_json::from_slice(line)?));
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
