//! The system clock.

use chrono::{DateTime, Utc};

use crate::ports::Clock;

/// The system clock, read nowhere else.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one implementation the rule points to"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}
