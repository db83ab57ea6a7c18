//! `kubectl team`, run by the real kubectl on the real API server, with the real controller behind it.

mod at_a_terminal;
mod bad_input;
mod mask;
mod person;
mod pictures;
mod screen;
mod story;
