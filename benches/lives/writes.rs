//! The controller's writes to the API server in one life.

use crate::audit::Call;
use crate::figures::met;
use crate::lives::Lives;
use crate::sequence::written;

/// Writes about the request itself: Events and the lease are not among them, nor are dry runs, which store nothing.
const AIM_ORDINARY: usize = 9;
const AIM_WAIVED: usize = 8;

/// Prints the writes of both requests.
pub fn print(lives: &Lives) {
    life("ordinary", "ordinary", &lives.ordinary, AIM_ORDINARY);
    life("auto-approved", "waived", &lives.waived, AIM_WAIVED);
}

fn life(name: &str, request: &str, writes: &[Call], aim: usize) {
    let (own, others): (Vec<&Call>, Vec<&Call>) = writes.iter().partition(|call| call.name == request);
    println!(
        "\nWrites in an {name} life: {}   aim: at most {aim}: {}",
        own.len(),
        met(own.len() <= aim)
    );
    for (number, call) in (1..).zip(own) {
        let conflict = if call.code == 409 { "  (outdated)" } else { "" };
        println!("  {number:>2}. {}{conflict}", written(call));
    }
    for call in others {
        println!("   beside them: {}", written(call));
    }
}
