//! What policies say: who may ask for what, who approves it, what votes are worth, and whether the policies make sense.

pub mod approvers;
pub mod eligibility;
pub mod judging;
pub mod policy_status;
pub(in crate::domain) mod reach;
