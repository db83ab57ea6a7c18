//! Waiting for a request to get somewhere.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use kube::api::WatchParams;

use super::requests::{Found, again, api};
use crate::api::Phase;
use crate::cli::failure::{Failure, Kind};
use crate::cli::session::Session;

/// How long to leave the API server alone where it cannot be watched, or a watch broke.
const BETWEEN_POLLS: Duration = Duration::from_secs(2);

/// The `timeoutSeconds` of one watch: a connection that died is noticed after it.
const WATCH_SECONDS: u32 = 30;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Goal {
    /// Every approval was given.
    Approved,
    /// The access is there.
    Active,
    /// The request is over.
    Finished,
}

impl Goal {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Goal::Approved => "approved",
            Goal::Active => "active",
            Goal::Finished => "finished",
        }
    }

    /// Whether a request in this phase is there; none where it still may get there.
    pub fn is_reached(self, phase: Option<Phase>) -> Option<bool> {
        let phase = phase?;
        let reached = match self {
            Goal::Approved => matches!(phase, Phase::Approved | Phase::Active),
            Goal::Active => phase == Phase::Active,
            Goal::Finished => phase.is_terminal(),
        };
        match (reached, phase) {
            (true, _) => Some(true),
            (false, Phase::Pending | Phase::Approved | Phase::Active) => None,
            (false, Phase::Revoking) => (self != Goal::Finished).then_some(false),
            (false, _) => Some(false),
        }
    }
}

/// Waits until the request gets there, and tells of every change on the way. `None` waits for ever.
pub async fn wait(
    session: &Session,
    seen: &Found,
    goal: Goal,
    timeout: Option<Duration>,
    mut tell: impl FnMut(&Found),
) -> Result<Found, Failure> {
    let since = Instant::now();
    let mut now = seen.clone();
    loop {
        tell(&now);
        match goal.is_reached(now.phase()) {
            Some(true) => return Ok(now),
            Some(false) => {
                let phase = now.phase().map_or("new", Phase::as_str);
                let said = now.status().message.unwrap_or_default();
                return Err(Failure::new(
                    Kind::No,
                    format!("{} will not be {}: it is {phase}.", now.name(), goal.word()),
                )
                .quoting(said));
            }
            None => {}
        }
        let left = timeout.map(|timeout| timeout.saturating_sub(since.elapsed()));
        if left == Some(Duration::ZERO) {
            return Err(Failure::new(
                Kind::TimedOut,
                format!("{} is not {} yet.", now.name(), goal.word()),
            ));
        }
        let changed = tokio::time::timeout(left.unwrap_or(Duration::from_hours(1)), changed(session, &now));
        let _ = changed.await;
        match again(session, &now).await {
            Ok(found) => now = found,
            // A cluster that is away for a moment does not end the wait.
            Err(failure)
                if failure.kind == Kind::Unreachable && timeout.is_none_or(|t| since.elapsed() < t) =>
            {
                tokio::time::sleep(BETWEEN_POLLS).await;
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Returns when the request changed, or may have.
async fn changed(session: &Session, found: &Found) {
    let params = WatchParams::default()
        .fields(&format!("metadata.name={}", found.name()))
        .timeout(WATCH_SECONDS);
    let version = found
        .request
        .metadata
        .resource_version
        .clone()
        .unwrap_or_default();
    let watched = api(session, Some(found.namespace()))
        .watch(&params, &version)
        .await;
    if let Ok(events) = watched {
        let mut events = std::pin::pin!(events);
        if let Some(Ok(kube::api::WatchEvent::Modified(_) | kube::api::WatchEvent::Deleted(_))) =
            events.next().await
        {
            return;
        }
    }
    // Without the right to watch, and after a watch that broke, looking now and then is enough.
    tokio::time::sleep(BETWEEN_POLLS).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phase_is_there_or_may_get_there_or_never_will() {
        for (goal, phase, reached) in [
            (Goal::Active, Phase::Active, Some(true)),
            (Goal::Active, Phase::Pending, None),
            (Goal::Active, Phase::Denied, Some(false)),
            (Goal::Active, Phase::Revoking, Some(false)),
            (Goal::Approved, Phase::Active, Some(true)),
            (Goal::Approved, Phase::Expired, Some(false)),
            (Goal::Finished, Phase::Revoking, None),
            (Goal::Finished, Phase::Rejected, Some(true)),
        ] {
            assert_eq!(goal.is_reached(Some(phase)), reached, "{goal:?} {phase:?}");
        }
        assert_eq!(Goal::Active.is_reached(None), None);
    }
}
