//! Whether this process is the one that acts.

use crate::domain::Lease;

/// Whether this process is the one that acts.
///
/// A lease is no fence: between the question and what is done about it the answer can change. So it is asked twice,
/// when a grant is decided and when it is about to be sent.
pub trait Leadership: Send + Sync + std::fmt::Debug {
    /// Whether it holds the lease for long enough to start a grant, by a clock that does not step.
    fn lease(&self) -> Lease;
}
