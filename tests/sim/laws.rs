//! The laws, each one function, held after every step against what really is so.

mod afterwards;
mod assignments;
mod decisions;
mod people;

use std::rc::Rc;

use team_operator::api::{AssignmentTuple, Timestamp};
use team_operator::domain::{Decision, Snapshot};

use crate::cluster::Object;
use crate::sabotage::Sabotage;
use crate::sim::Sim;
use crate::truth::TupleTruth;

pub(crate) use afterwards::{at_the_end, no_rest};

/// Something a controller did, with what was really so when it did it.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A decision without questions.
    Decided {
        snapshot: Box<Snapshot>,
        now: Timestamp,
        decision: Box<Decision>,
    },
    /// A status was written. The earliest clock is left out when one was set during the pass.
    Wrote {
        earliest: Option<i64>,
        before: Rc<Object>,
        after: Rc<Object>,
    },
    /// A create or delete goes to AWS.
    Sent(Box<Sent>),
    /// The finalizer was taken off this object.
    FinalizerRemoved { object: Rc<Object> },
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Sent {
    pub(crate) uid: String,
    pub(crate) create: bool,
    pub(crate) tuple: AssignmentTuple,
    /// While the API server did not answer.
    pub(crate) from_memory: bool,
    /// The sender has the lease.
    pub(crate) leads: bool,
    /// Nobody wrote to the request since the intent was written.
    pub(crate) undisturbed: bool,
    /// The request as it is stored.
    pub(crate) stored: Option<Rc<Object>>,
    /// How far clocks were apart all through the pass.
    pub(crate) clocks_apart: i64,
    /// The assignment before.
    pub(crate) before: TupleTruth,
    /// Operations on it that are under way and on record.
    pub(crate) open: Vec<String>,
    /// What the latest of the three clocks says, or said when the sender heard it last.
    pub(crate) latest: Timestamp,
}

/// Clocks within this agree.
const SKEW: i64 = 30;

/// A law that was broken.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) law: &'static str,
    pub(crate) sentence: String,
}

type Law = fn(&Sim, &Seen) -> Result<(), String>;
type StateLaw = fn(&Sim) -> Result<(), String>;

/// The laws about what a controller does.
const DEEDS: [(&str, Law); 14] = [
    ("L1", people::l1),
    ("L3", decisions::l3),
    ("L4", assignments::l4),
    ("L5", decisions::l5),
    ("L7", assignments::l7),
    ("L8", decisions::l8),
    ("L9", assignments::l9),
    ("L10", decisions::l10),
    ("L11", assignments::l11),
    ("L12", decisions::l12),
    ("L13", assignments::l13),
    ("L14", people::l14),
    ("L16", people::l16),
    ("last holder", assignments::last_holder),
];

/// The laws about how things are.
const STATES: [(&str, StateLaw); 2] = [("L2", afterwards::l2), ("L6", afterwards::l6)];

/// Holds everything that was seen, and how things are now, against the laws; where one is broken on purpose, against
/// that one.
pub(crate) fn check(sim: &mut Sim, seen: &[Seen]) -> Result<(), Violation> {
    afterwards::note_health(sim);
    let only = sim.sabotage.map(Sabotage::breaks);
    let is_held = |law: &str| only.is_none_or(|only| only == law);
    for one in seen {
        for (law, holds) in DEEDS.into_iter().filter(|(law, _)| is_held(law)) {
            holds(sim, one).map_err(|sentence| Violation { law, sentence })?;
        }
        people::note(sim, one);
        tell(sim, one);
    }
    for (law, holds) in STATES.into_iter().filter(|(law, _)| is_held(law)) {
        holds(sim).map_err(|sentence| Violation { law, sentence })?;
    }
    Ok(())
}

/// For whoever reads the run.
fn tell(sim: &mut Sim, seen: &Seen) {
    if sim.story.is_none() {
        return;
    }
    let name = |object: &Object| format!("{}/{}", object.namespace, object.name);
    let line = match seen {
        Seen::Decided { .. } => return,
        Seen::Wrote { before, after, .. } => {
            let state = |object: &Object| {
                object
                    .status
                    .assignment
                    .as_ref()
                    .map(|one| (one.state, one.origin))
            };
            format!(
                "{}: {:?} {:?} to {:?} {:?}: {}",
                name(after),
                before.status.phase,
                state(before),
                after.status.phase,
                state(after),
                after.status.message.as_deref().unwrap_or_default(),
            )
        }
        Seen::Sent(sent) => format!(
            "{}: sends a {}{}",
            sent.stored
                .as_ref()
                .map_or_else(String::new, |object| name(object)),
            if sent.create { "create" } else { "delete" },
            if sent.from_memory { " from memory" } else { "" },
        ),
        Seen::FinalizerRemoved { object } => format!("{}: takes the finalizer off", name(object)),
    };
    sim.tell(|| format!("    {line}"));
}
