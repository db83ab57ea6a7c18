//! Who may send a create.

use crate::ports::SendPermit;

/// For callers that no lease holds back, such as tests and tools.
#[derive(Debug, Clone, Copy)]
pub struct AlwaysSend;

impl SendPermit for AlwaysSend {
    fn still_good(&self) -> bool {
        true
    }
}
