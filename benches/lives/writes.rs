//! The controller's writes to the API server in one life.

use crate::audit::{Call, Kind};
use crate::figures::met;
use crate::lives::Lives;
use crate::sequence::written;

/// Writes about the request and its record: Events and the lease are not among them, nor are dry runs, which store nothing.
const AIM_ORDINARY: usize = 13;
const AIM_WAIVED: usize = 12;

/// Prints the writes of both requests.
pub fn print(lives: &Lives) {
    life("ordinary", &lives.ordinary, AIM_ORDINARY);
    life("auto-approved", &lives.waived, AIM_WAIVED);
}

/// Where AWS is slow enough for it to be shown that the access is being created, or removed, that is one write more each.
fn life(name: &str, writes: &[Call], usual: usize) {
    let (own, others): (Vec<&Call>, Vec<&Call>) = writes
        .iter()
        .partition(|call| call.kind == Kind::Record || matches!(call.kind, Kind::Status | Kind::Finalizer));
    let shown = own.iter().filter(|call| shows_that_it_lasts(call)).count();
    let of_record = own.iter().filter(|call| call.kind == Kind::Record).count();
    println!(
        "\nWrites in an {name} life: {} ({of_record} of the record)   aim: at most {usual} and {shown} for what lasts: {}",
        own.len(),
        met(own.len() <= usual + shown)
    );
    for (number, call) in (1..).zip(own) {
        let conflict = if call.code == 409 { "  (outdated)" } else { "" };
        println!("  {number:>2}. {}{conflict}", written(call));
    }
    for call in others {
        println!("   beside them: {}", written(call));
    }
}

fn shows_that_it_lasts(call: &Call) -> bool {
    let status = &call.body["status"];
    call.kind == Kind::Status && (status["phase"] == "Revoking" || status["reason"] == "Granting")
}
