//! What happened to a request, in its own words and in order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::phase::Phase;
use super::time::Timestamp;

/// How many entries a history has at most: each phase but one of the seven ends, and eleven stages.
pub const LONGEST_HISTORY: usize = 16;

/// The longest message of an entry, in characters.
pub const LONGEST_HISTORY_MESSAGE: usize = 1024;

/// The number of the one entry that a forged status is left with: after all that a genuine history can have, so that it is
/// never taken for another version of an entry that the journal has.
pub const SEQUENCE_AFTER_FORGERY: i64 = 17;

/// One step of a request: it came to a phase, or a stage was completed for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// The place of the entry, from 1.
    #[schemars(range(min = 1, max = 17))]
    pub sequence: i64,
    /// When the step was decided.
    pub time: Timestamp,
    /// The phase that the request came to; Pending for a stage that was completed.
    pub phase: Phase,
    /// Why, in one word.
    pub reason: crate::api::Reason,
    /// Why, in sentences.
    #[schemars(length(max = 1024))]
    pub message: String,
    /// The stage that was completed, where the step is that.
    #[schemars(length(max = 63))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The Kubernetes user name of the person whose act caused the step, where a person's did.
    #[schemars(length(max = 256))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}
