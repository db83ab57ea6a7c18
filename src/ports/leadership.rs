//! Whether this replica leads.

use crate::domain::Lease;

/// Whether this replica leads.
///
/// A lease is no fence: the answer can change before the caller acts on it. So a grant checks it twice, when it is
/// decided and right before it is sent.
pub trait Leadership: Send + Sync + std::fmt::Debug {
    /// Whether the lease is held for long enough to start a grant, by a monotonic clock.
    fn lease(&self) -> Lease;
}
