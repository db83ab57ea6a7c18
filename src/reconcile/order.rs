//! Whose pass goes first when many are due at once: access that has ended is taken away before anybody looks whether other
//! access is gone already.

use std::time::Duration;

use serde_json::Value;

use super::request::Request;
use super::shell::Shell;
use crate::api::{Phase, Timestamp};

/// How soon a pass that gave way is tried again.
pub const TURN: Duration = Duration::from_secs(2);

/// How long a request gives way at most: its own removal must not become overdue by it.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl Shell {
    /// Whether this request, whose delete was sent, gives way to others that have ended and still have their access.
    pub fn gives_way(&self, request: &Request) -> bool {
        is_being_removed(request) && self.another_has_ended() && self.memory.may_give_way(request.uid())
    }

    fn another_has_ended(&self) -> bool {
        let now = self.now();
        self.live_objects().iter().any(|other| {
            let metadata = &other.metadata;
            let (uid, version) = (metadata.uid.as_deref(), metadata.resource_version.as_deref());
            let newer = || {
                self.memory
                    .newer(uid.unwrap_or_default(), version.unwrap_or_default())
            };
            // What the watch shows may be older than what was written.
            has_ended(&other.data["status"], now)
                && newer().is_none_or(|newer| has_ended(&newer.object()["status"], now))
        })
    }
}

fn is_being_removed(request: &Request) -> bool {
    let status = request.status();
    let delete = status.assignment.and_then(|assignment| assignment.delete);
    status.phase == Some(Phase::Revoking) && delete.is_some_and(|delete| delete.request_id.is_some())
}

/// All requests are looked at, so nothing is parsed but the end of access that is held.
fn has_ended(status: &Value, now: Timestamp) -> bool {
    let end = || serde_json::from_value::<Timestamp>(status["window"]["endTime"].clone());
    status["phase"] == Phase::Active.as_str() && end().is_ok_and(|end| end <= now)
}
