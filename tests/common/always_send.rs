//! A permit for callers without a lease: the contract tests and the benchmarks.

use team_operator::ports::SendPermit;

/// Allows every create to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AlwaysSend;

impl SendPermit for AlwaysSend {
    fn still_good(&self) -> bool {
        true
    }
}
