//! The last look at other requests before AWS is called.

use super::pass::Pass;
use super::revoking::{Next, unless_shared};
use super::siblings;
use crate::api::{Reason, Timestamp};
use crate::domain::decision::Action;
use crate::domain::inquiry::Undecided;
use crate::domain::snapshot::Snapshot;

/// What holds an action back although its intent is stored, if anything does.
///
/// Two requests for the same assignment may both have looked before either had stored what it is about to do. So each
/// looks again when its own intent is stored: whoever stored later sees the other. `snapshot` is the request as it was
/// stored, with the siblings as they are after that and what AWS said about operations in the same step; nothing else in
/// it is looked at, and what it asks for is not answered any more.
pub fn held_back(snapshot: &Snapshot, action: &Action, now: Timestamp) -> Option<Undecided> {
    let pass = Pass::new(snapshot, now);
    match action {
        Action::SetFinalizer | Action::RemoveFinalizer => None,
        Action::Grant(grant) => match siblings::of(&pass, &grant.tuple) {
            Ok(siblings) => siblings::keeps_from_creating(&pass, &siblings),
            Err(undecided) => Some(undecided),
        },
        Action::Revoke(tuple) => match unless_shared(&pass, tuple) {
            Next::Delete => None,
            Next::Unknown(undecided) => Some(undecided),
            Next::Gone | Next::HandOver(_) | Next::Wait(_) => Some(Undecided {
                reason: Reason::AwaitingSibling,
                why: "Another request holds or changes the same assignment".to_owned(),
                until: None,
            }),
        },
    }
}
