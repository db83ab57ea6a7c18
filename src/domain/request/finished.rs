//! A request that is over: nothing changes any more but a finalizer that was left behind.

use super::draft::Draft;
use super::ending::{alert, assignment_of};
use crate::api::{AssignmentState, Phase, Reason};
use crate::domain::assignment::Record;
use crate::domain::fact_reader::Freshness;
use crate::domain::facts::ListAnswer;
use crate::domain::window::after;

/// The finalizer goes; [`Draft::finish`] sees to it.
pub(super) fn decide(draft: &mut Draft<'_>) {
    debug_assert!(draft.status.phase.is_some_and(Phase::is_terminal));
}

/// A finished request whose status was forged: what it says about AWS may be a lie, so AWS is asked. What is found is told
/// and never removed.
pub(super) fn decide_forged(draft: &mut Draft<'_>) {
    let Some(spec) = assignment_of(&draft.status) else {
        return;
    };
    let listing = draft
        .reader
        .listing(&spec.account_id, &spec.permission_set_arn, Freshness::Fresh);
    let held = |record: &Record| record.state() != AssignmentState::Absent && record.key() == spec.key();
    match listing.map(|listing| listing.value.clone()) {
        Ok(ListAnswer::Listed(listing)) if listing.holds_user(&spec.user_id) => {
            if !draft.believed_record().is_some_and(held) {
                let sentence = format!(
                    "Request {} is over, its status was changed by somebody else, and user {} still has {} in account {}.",
                    draft.snapshot.request.full_name(),
                    spec.user_name,
                    spec.permission_set_name,
                    spec.account_id
                );
                alert(draft, Reason::ReappearedAfterRemoval, sentence);
            }
        }
        Ok(_) => {}
        Err(_) => draft.wake(after(draft.now, draft.timings().lookup_retry)),
    }
}
