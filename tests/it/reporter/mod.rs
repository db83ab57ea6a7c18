//! The reporter, end to end: its own program as its own service account with its own rights, requests that live, and receivers that
//! behave as real ones do.

mod bad_channels;
mod people;
mod receiver;
mod slack;
mod stage;
mod webhook;
