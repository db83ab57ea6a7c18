//! On whose behalf and how urgently a port is asked.

use std::sync::Arc;

/// What the rate budget and the caches need to know about a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Whose turn it is: everything more urgent goes first.
    pub urgency: Urgency,
    /// Within one urgency the requesters take turns, so that one with a hundred requests does not starve the
    /// others. Any stable name does; the uid of an Identity Center user is a good one.
    pub requester: Arc<str>,
    /// Whether a cached answer will do.
    pub freshness: Freshness,
}

/// In which order waiting calls are served; declared from first to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Part of taking access away, reads included: before everything else.
    Revocation,
    /// Part of deciding on or granting a request.
    Decision,
    /// Nobody waits for it: sweeps, refreshing of trees, statuses of policies.
    Background,
}

/// Whether a cached answer will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Within the age set for that cache.
    Cached,
    /// From AWS itself, now.
    Fresh,
}

impl Ask {
    /// Part of taking access away.
    pub fn revocation(requester: impl Into<Arc<str>>) -> Self {
        Self {
            urgency: Urgency::Revocation,
            requester: requester.into(),
            freshness: Freshness::Cached,
        }
    }

    /// Part of deciding on or granting a request.
    pub fn decision(requester: impl Into<Arc<str>>) -> Self {
        Self {
            urgency: Urgency::Decision,
            requester: requester.into(),
            freshness: Freshness::Cached,
        }
    }

    /// Upkeep that nobody waits for.
    pub fn background() -> Self {
        Self {
            urgency: Urgency::Background,
            requester: "background".into(),
            freshness: Freshness::Cached,
        }
    }

    /// The same, but no cached answer will do.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.freshness = Freshness::Fresh;
        self
    }
}
