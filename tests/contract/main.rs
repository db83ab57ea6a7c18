//! What the adapters and an AWS agree on.
//!
//! - `life`: the operations of one access's life, as one suite for every AWS that can be had without an account. It runs
//!   against the sandbox always, and against moto when `CONTRACT_FIXTURE` names the file that describes one
//!   (`tests/python/contract.py` starts it). Where moto is known to differ, the difference is expected by its name, and a
//!   difference that has gone fails the suite too: then the list is out of date.
//! - `trouble`: what the adapters make of everything that goes wrong, scripted in the sandbox.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test or benchmark that cannot go on stops here"
)]

#[path = "../common/always_send.rs"]
mod always_send;
mod life;
mod support;
mod trouble;
