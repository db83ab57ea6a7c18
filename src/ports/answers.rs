//! Answers that only the controller needs; facts for decisions are types of the domain.

use super::Aged;

/// A fact kept from earlier calls, to show while AWS does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastKnown<T> {
    /// It was never read successfully: nothing is known, which is not the same as nothing existing.
    Never,
    /// The last successful answer, however old.
    Seen(Aged<T>),
}
