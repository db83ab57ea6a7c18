//! What the process shows of itself: every metric and the table of them, the alerts, the dashboard, and the runbooks.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test or benchmark that cannot go on stops here"
)]

mod accounts;
mod alerts;
mod dashboard;
mod everything;
mod exposition;
mod queries;
mod runbooks;
mod table;
