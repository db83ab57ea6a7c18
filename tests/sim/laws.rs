//! The laws, each one function, held after every step against what really is so.

mod afterwards;
mod assignments;
mod decisions;
mod forged;
mod machines;
mod people;

use std::rc::Rc;

use team_operator::api::{AssignmentKey, Timestamp};
use team_operator::domain::{Question, StoredRecord};

use crate::cluster::{Object, RecordVersion};
use crate::sabotage::Sabotage;
use crate::sim::Sim;
use crate::truth::{Key, TupleTruth};

pub(crate) use afterwards::{at_the_end, no_rest};
pub(crate) use assignments::covering;

/// Something a controller did, with what was really so when it did it.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A status was written.
    Wrote { before: Rc<Object>, after: Rc<Object> },
    /// A record was written; removed, where there is nothing after.
    ///
    /// The earliest and the latest of the clocks, of which the process may have heard, are left out when one was set during
    /// the pass.
    WroteRecord {
        earliest: Option<i64>,
        latest: Option<i64>,
        before: Option<Rc<StoredRecord>>,
        after: Option<Rc<StoredRecord>>,
    },
    /// A create or delete goes to AWS.
    Sent(Box<SentToAws>),
    /// The finalizer was taken off this object.
    FinalizerRemoved { object: Rc<Object> },
    /// A machine of a record asks somebody.
    AsksAboutRecord { question: Question },
    /// A machine rests, although time alone would change what it does before.
    Oversleeps { sentence: String },
    /// A machine rests, although something is to be done.
    DecidesAnew { sentence: String },
    /// A machine does something else where there is a policy about something else.
    Differs { sentence: String },
}

#[derive(Debug)]
pub(crate) struct SentToAws {
    pub(crate) process: usize,
    pub(crate) create: bool,
    pub(crate) key: AssignmentKey,
    /// A delete went ahead of its record: nothing covers the assignment, as far as the sender can know.
    pub(crate) goes_ahead: bool,
    /// The sender has the lease.
    pub(crate) leads: bool,
    /// How far clocks were apart, as the sender heard them.
    pub(crate) clocks_apart: i64,
    /// What the latest of the three clocks says, as the sender heard them.
    pub(crate) latest: Timestamp,
    /// The assignment before.
    pub(crate) before: TupleTruth,
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
const DEEDS: [(&str, Law); 17] = [
    ("L1", people::l1),
    ("L3", decisions::l3),
    ("L21", assignments::l21),
    ("L4", assignments::l4),
    ("L5", machines::l5),
    ("L7", assignments::l7),
    ("L8", machines::l8),
    ("L9", machines::l9),
    ("L10", machines::l10),
    ("L11", assignments::l11),
    ("L12", decisions::l12),
    ("L14", people::l14),
    ("L16", people::l16),
    ("L17", assignments::l17),
    ("L19", assignments::l19),
    ("L20", machines::l20),
    ("L22", decisions::l22),
];

/// The laws about how things are.
const STATES: [(&str, StateLaw); 4] = [
    ("L13", assignments::l13),
    ("L6", afterwards::l6),
    ("L18", afterwards::l18),
    ("L2", afterwards::l2),
];

/// Holds everything that was seen, and how things are now, against the laws; where one is broken on purpose, against
/// that one.
pub(crate) fn check(sim: &mut Sim, seen: &[Seen]) -> Result<(), Violation> {
    afterwards::note_stops(sim);
    afterwards::note_health(sim);
    let only = sim.sabotage.map(Sabotage::breaks);
    let is_held = |law: &str| only.is_none_or(|only| only == law);
    for one in seen {
        tell(sim, one);
        assignments::note(sim, one);
        for (law, holds) in DEEDS.into_iter().filter(|(law, _)| is_held(law)) {
            holds(sim, one).map_err(|sentence| Violation { law, sentence })?;
        }
        people::note(sim, one);
    }
    for (law, holds) in STATES.into_iter().filter(|(law, _)| is_held(law)) {
        holds(sim).map_err(|sentence| Violation { law, sentence })?;
    }
    Ok(())
}

/// The name of the record of a tuple, if there ever was one that the controller wrote.
fn record_of<'a>(sim: &'a Sim, about: &Key) -> Option<&'a str> {
    let (name, written) = sim.cluster.name_of(about)?;
    written.then_some(name)
}

/// The genuine versions of a record that were stored at some time since then.
fn versions_since(sim: &Sim, name: &str, since: i64) -> Vec<Rc<StoredRecord>> {
    let Some(past) = sim.cluster.past.get(name) else {
        return vec![];
    };
    let genuine: Vec<&RecordVersion> = past.iter().filter(|version| version.genuine).collect();
    let first = genuine.iter().rposition(|version| version.t < since).unwrap_or(0);
    let recent = genuine[first..].iter();
    recent.filter_map(|version| version.record.clone()).collect()
}

/// For whoever reads the run.
fn tell(sim: &mut Sim, seen: &Seen) {
    if sim.story.is_none() {
        return;
    }
    let name = |object: &Object| format!("{}/{}", object.namespace, object.name);
    let line = match seen {
        Seen::Wrote { before, after } => {
            format!(
                "{}: {:?} to {:?}: {}",
                name(after),
                before.status.phase,
                after.status.phase,
                after.status.message.as_deref().unwrap_or_default(),
            )
        }
        Seen::WroteRecord { before, after, .. } => {
            let line = |stored: Option<&Rc<StoredRecord>>| {
                let Some(record) = stored.and_then(|stored| stored.record.as_ref()) else {
                    return "nothing".to_owned();
                };
                let claims = record.status.claims.iter().map(|claim| {
                    let ended = claim.ended.as_ref().map(|end| end.reason);
                    format!("{} until {} ended {ended:?}", claim.request.name, claim.end())
                });
                let claims: Vec<String> = claims.collect();
                let create = record.status.create.as_ref().map(|create| &create.outcome);
                format!("{:?} {claims:?} {create:?}", record.state())
            };
            let about = after
                .as_ref()
                .or(before.as_ref())
                .map(|stored| stored.name.clone());
            format!(
                "record {}: {} to {}",
                about.unwrap_or_default(),
                line(before.as_ref()),
                line(after.as_ref())
            )
        }
        Seen::Sent(sent) => format!(
            "process {} sends a {} for {} (leads: {})",
            sent.process,
            if sent.create { "create" } else { "delete" },
            sent.key.account_id,
            sent.leads,
        ),
        Seen::FinalizerRemoved { object } => format!("{}: takes the finalizer off", name(object)),
        Seen::AsksAboutRecord { .. } => return,
        Seen::Oversleeps { sentence } | Seen::Differs { sentence } | Seen::DecidesAnew { sentence } => {
            sentence.clone()
        }
    };
    sim.tell(|| format!("    {line}"));
}
