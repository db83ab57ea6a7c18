//! What a process brings: the clock of its machine, and what it may send.

mod clock;
mod permit;

pub use clock::SystemClock;
pub use permit::AlwaysSend;
