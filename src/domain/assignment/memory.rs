//! What a process remembers of one assignment between two steps. All of it may be lost: a successor waits longer.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::api::{LastError, Reason, RequestId, Timestamp};
use crate::domain::machine::{Moment, Sight};
use crate::domain::snapshot::RequestFacts;
use crate::domain::timings::Timings;

/// Counts the steps of one machine: tells what was asked before something from what was asked after it, where the whole
/// seconds of a record do not.
pub(super) type Tick = u64;

/// What happened in the present tenure, from absent to absent.
#[derive(Debug, Clone, Default)]
pub(super) struct Tenure {
    /// AWS's name for the newest create.
    pub create_id: Option<RequestId>,
    /// When the newest create was last asked about.
    pub create_polled: Option<TimeDelta>,
    /// How many creates were sent.
    pub creates: i32,
    /// The newest delete.
    pub delete: Option<Delete>,
    /// How many deletes were sent.
    pub deletes: i32,
    /// A delete went ahead of its record: whatever is stored meanwhile, it stays a deletion.
    pub went_ahead: bool,
    /// Nothing of ours is there, as lists told while nothing could be stored.
    pub concluded: bool,
    /// When the end became due that is not stored yet.
    pub due_since: Option<TimeDelta>,
    /// Since when the time is over in which a create of ours may land.
    pub over_since: Option<TimeDelta>,
    /// When AWS listed no create of ours in progress any more.
    pub searched: Option<TimeDelta>,
    /// When AWS was last asked for creates in progress, whatever it said.
    pub search_asked: Option<TimeDelta>,
    /// When a list first lacked what should be there.
    pub missing_since: Option<(Tick, TimeDelta)>,
}

/// A delete that this process sent.
#[derive(Debug, Clone)]
pub(super) struct Delete {
    /// When.
    pub sent: TimeDelta,
    /// AWS's name for it, when it was accepted.
    pub id: Option<RequestId>,
    /// What became of it, when that is known.
    pub word: Option<Word>,
    /// When it was last asked about.
    pub polled: Option<TimeDelta>,
    /// The step since which a list tells whether it took effect.
    pub settled: Option<Tick>,
}

/// The final word of a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// AWS says that it succeeded.
    Succeeded,
    /// AWS is at work on something else in the account, and refused it.
    Busy,
    /// Anything else: refused, failed, nothing to delete.
    Other,
}

/// A list of AWS.
#[derive(Debug, Clone)]
pub(super) struct List {
    /// The step in which it was asked for.
    pub tick: Tick,
    /// When it was asked for.
    pub asked: TimeDelta,
    /// When it was asked for, by our clock.
    pub time: Timestamp,
    /// What it says of the assignment.
    pub presence: Presence,
}

/// What a list says of the assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is in the list.
    Listed,
    /// It is not.
    NotListed,
    /// AWS does not know the account, the permission set or the instance: which of them, the list does not say.
    NotFound,
    /// Nobody can tell.
    Unknown,
}

/// A request that claims the assignment, as it was last seen.
#[derive(Debug, Clone)]
pub(super) struct SeenRequest {
    /// What was seen.
    pub sight: Sight<Box<RequestFacts>>,
    /// When it was last read live.
    pub read: Option<TimeDelta>,
    /// Whether the watch has shown it last.
    pub watched: bool,
}

/// A time on record of which the process remembers since when it knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Anchor {
    State,
    CreateSent,
    CreateWord,
    EarlierCreates,
    Ended,
    Error,
}

/// Since when times on record are known, by the clock that never steps.
#[derive(Debug, Clone, Default)]
pub(super) struct Anchors(BTreeMap<Anchor, Sighting>);

/// When a time on record was first seen.
#[derive(Debug, Clone, Copy)]
struct Sighting {
    time: Timestamp,
    uptime: TimeDelta,
    /// How long ago the time was then, by the earliest clock.
    age: TimeDelta,
}

impl Anchors {
    /// How long ago a recorded time is at least: by the earliest clock, or since this process knows of it. A clock that was
    /// ahead when the time was recorded makes nobody wait until it is reached, and one that is set ahead later makes nobody
    /// wait shorter.
    pub fn elapsed(
        &mut self,
        anchor: Anchor,
        time: Timestamp,
        moment: &Moment,
        timings: &Timings,
    ) -> TimeDelta {
        let age = moment.earliest(timings).to_utc() - time.to_utc();
        let sighting = Sighting {
            time,
            uptime: moment.uptime,
            age,
        };
        let known = self.0.entry(anchor).or_insert(sighting);
        if known.time != time {
            *known = sighting;
        }
        let known_for = moment.uptime - known.uptime;
        let at_most = known.age.max(TimeDelta::zero()) + known_for;
        age.min(at_most).max(known_for)
    }
}

/// An error of AWS, as a record stores it.
pub(super) fn error_of(operation: &str, message: &str, now: Timestamp) -> LastError {
    LastError {
        time: now,
        operation: operation.to_owned(),
        reason: Reason::LookupFailed,
        message: crate::domain::messages::shortened(message, 1024),
    }
}
