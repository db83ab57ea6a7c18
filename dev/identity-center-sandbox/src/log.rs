//! What was asked and answered, for people, scripts and tests.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Entries kept; older ones go, so that a sandbox left running does not fill the memory.
const ENTRIES_KEPT: usize = 10_000;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// Counts up from 1.
    pub number: u64,
    /// When it was answered (or held).
    pub at: DateTime<Utc>,
    /// AWS's name of the operation.
    pub operation: String,
    /// The account it was about.
    pub account: Option<String>,
    /// The ARN of the permission set it was about.
    pub permission_set: Option<String>,
    /// The user or group it was about.
    pub principal: Option<String>,
    /// `ok`, an error code, or `held`.
    pub outcome: String,
    /// The request id of the assignment operation it made or asked about.
    pub request_id: Option<String>,
    /// The script that interfered.
    pub script: Option<u64>,
    /// What became of the answer when it did not simply arrive.
    pub delivery: Option<String>,
}

/// The last calls, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Log {
    next: u64,
    entries: VecDeque<LogEntry>,
}

impl Log {
    /// Adds an entry and numbers it.
    pub(super) fn push(&mut self, mut entry: LogEntry) {
        self.next += 1;
        entry.number = self.next;
        self.entries.push_back(entry);
        if self.entries.len() > ENTRIES_KEPT {
            self.entries.pop_front();
        }
    }

    /// The entries with a number above `after`.
    pub(super) fn after(&self, after: u64) -> Vec<LogEntry> {
        self.entries
            .iter()
            .filter(|entry| entry.number > after)
            .cloned()
            .collect()
    }
}
