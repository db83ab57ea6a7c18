//! The assignment machine: it makes one assignment in AWS so as the claims on its record want it.
//!
//! ```text
//! Absent ──intent stored──► Creating ──listed──► Present ──no claim covers──► Deleting ──nothing may come──► Absent
//! ```
//!
//! - AWS has one assignment for each instance, user, account and permission set, and no mark of its owner. So one
//!   record owns it, and requests claim it there.
//! - Every step is one compare-and-swap on the record. The stored state is the intent; ids of operations live in memory.
//! - Keeping access asks the latest clock, waits ask the earliest, creating and confirming ask ours too.

mod absent;
mod claim;
mod claimants;
mod creating;
mod decision;
mod deleting;
mod lists;
mod machine;
mod memory;
mod name;
mod offline;
mod outlook;
mod present;
mod record;
mod recovery;
mod replies;
mod stored_record;
#[cfg(test)]
mod tests;

pub use machine::{AssignmentConfig, AssignmentMachine, Seen, Urgency};
pub use name::record_name;
pub use outlook::Outlook;
pub use record::{Admission, Record, access_lost, standing_access};
pub use stored_record::{RecordSeal, RecordWrite, StoredRecord};
