//! The options of a call to a port: priority, requester, freshness.

use std::sync::Arc;

/// What the rate budget and the caches need to know about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOptions {
    /// Calls with a higher priority go first.
    pub priority: Priority,
    /// Within one priority calls are served round-robin by this name, so that a requester with a hundred requests does
    /// not starve the others. Any stable name works; the id of an Identity Center user is a good one.
    pub on_behalf_of: Arc<str>,
    /// Whether a cached answer is good enough.
    pub freshness: Freshness,
}

/// In which order waiting calls are served; declared from highest to lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// What access that has ended needs until AWS was asked to remove it, reads included: before everything else.
    Revocation,
    /// What tells whether that access is gone. A delete that was not sent yet goes before it.
    Removal,
    /// Part of deciding on or granting a request.
    Decision,
    /// Background work that nobody waits for: sweeps, refreshing of trees, statuses of policies.
    Background,
}

impl Priority {
    /// Every priority.
    pub const ALL: [Self; 4] = [Self::Revocation, Self::Removal, Self::Decision, Self::Background];

    /// The name as a metric label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Removal => "removal",
            Self::Decision => "decision",
            Self::Background => "background",
        }
    }
}

/// Whether a cached answer is good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Yes, within the maximum age of that cache.
    Cached,
    /// No: AWS is called.
    Fresh,
}

impl CallOptions {
    /// Part of ending access, until AWS was asked to remove it.
    pub fn revocation(on_behalf_of: impl Into<Arc<str>>) -> Self {
        Self::with(Priority::Revocation, on_behalf_of)
    }

    /// Part of looking whether access is gone.
    pub fn removal(on_behalf_of: impl Into<Arc<str>>) -> Self {
        Self::with(Priority::Removal, on_behalf_of)
    }

    /// Part of deciding on or granting a request.
    pub fn decision(on_behalf_of: impl Into<Arc<str>>) -> Self {
        Self::with(Priority::Decision, on_behalf_of)
    }

    /// Background work that nobody waits for.
    pub fn background() -> Self {
        Self::with(Priority::Background, "background")
    }

    fn with(priority: Priority, on_behalf_of: impl Into<Arc<str>>) -> Self {
        Self {
            priority,
            on_behalf_of: on_behalf_of.into(),
            freshness: Freshness::Cached,
        }
    }

    /// The same, but without cached answers.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.freshness = Freshness::Fresh;
        self
    }
}
