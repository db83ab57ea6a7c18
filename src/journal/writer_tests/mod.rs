//! The writer beside sinks and heads that fail.

mod bench;
mod heads;
mod kills;
mod random;
mod sinks;
