//! The shapes of answers that only the shell needs; those that decisions rest on are the domain's.

use super::Aged;

/// A fact kept from earlier calls, for showing while AWS does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastKnown<T> {
    /// It was never read successfully: nothing is known, which is not the same as nothing existing.
    Never,
    /// The last successful answer, however old.
    Seen(Aged<T>),
}
