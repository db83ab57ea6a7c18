//! How fast the controller is, and how often it writes, as ratios within one run: `cargo bench --bench lives`.
//!
//! A real control plane, what `team-operator manifests` prints, the controller's own program as its own service account,
//! people with nothing but their roles, and the sandbox for AWS, with every limit switched off and operations that take
//! no time. The controller is compared with the same calls made directly: by this process, with the same concurrency and
//! no decisions in between. Both run on the same API server and sandbox, one after the other, so that the machine
//! hardly matters. It takes about ten minutes, and longer where the controller is compiled first; `cargo bench --bench
//! lives -- ends` leaves *beside* out, and `-- grants` both.
//!
//! 1. *Writes*: every write of the controller to the API server during two requests, from the API server's audit log.
//! 2. *Grants*: 100 requests are approved at once. From the moment at which the API server has stored an approval, by its
//!    audit log, to the moment at which the sandbox is asked for the assignment.
//! 3. *Ends*: 500 accesses end within one second. From the end to the moment at which the sandbox is asked to delete.
//! 4. *Beside*: 40 accesses end in one account, where AWS takes one operation after the other, beside three in others.
//! 5. *Flood*, alone by `-- flood`: 1,500 requests of one person in five seconds, beside an end and a decision of others, with the
//!    delays and the budget of production.
//! 6. *Cold start*, alone by `-- cold-start`: a start with 500 permission sets, 300 approvers and 20 new requests, with the same.
//!
//! A missed target is reported and is no error. A description of the calls in `sequence.rs` that differs from the audit
//! log is one.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test or benchmark that cannot go on stops here"
)]

#[path = "../../tests/common/always_send.rs"]
mod always_send;
mod audit;
mod bare;
mod beside;
mod cold_start;
mod ends;
mod figures;
mod flood;
mod grants;
mod lives;
mod population;
mod rig;
mod sequence;
#[path = "../../tests/stage/mod.rs"]
mod stage;
mod writes;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--test") {
        println!("skipped: the benchmark takes minutes; run cargo bench --bench lives");
        return ExitCode::SUCCESS;
    }
    // The names of parts, as with other benchmarks: `cargo bench --bench lives -- ends`.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let is_wanted = |part: &str| wanted.is_empty() || wanted.iter().any(|one| one == part);
    if is_wanted("flood") {
        flood::run().await.print();
    }
    if is_wanted("cold-start") {
        cold_start::run().await.print();
    }
    let alone = ["flood", "cold-start"];
    if !wanted.is_empty() && wanted.iter().all(|part| alone.contains(&part.as_str())) {
        return ExitCode::SUCCESS;
    }
    let (grants, lives) = grants::run().await;
    writes::print(&lives);
    // Before the long parts: what differs is known at once, and what is measured is measured all the same.
    let verdict = sequence::verdict(&lives);
    grants.print();
    if is_wanted("ends") {
        ends::run(&lives, grants.pace()).await.print();
    }
    if is_wanted("beside") {
        beside::run().await.print();
    }
    verdict
}
