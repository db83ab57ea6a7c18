//! A request that is over: nothing changes any more but a finalizer that was left behind.

use super::observation::{Observation, observe};
use super::pass::Pass;
use super::siblings;
use crate::api::Reason;
use crate::domain::decision::{Action, Alert};
use crate::domain::inquiry::Freshness;
use crate::domain::window::after;

pub(super) fn decide(pass: &mut Pass<'_>) {
    let broken = pass.seal_is_broken();
    let has_finalizer = pass.snapshot.request.has_finalizer;
    if !broken && !has_finalizer {
        return;
    }
    if broken && let Some(tuple) = pass.tuple() {
        // The record may lie about the assignment: AWS is asked.
        match observe(pass, &tuple, Freshness::Fresh) {
            Observation::Present { .. } => {
                let held = siblings::of(pass, &tuple).is_ok_and(|all| siblings::holder(&all).is_some());
                if !held {
                    pass.alerts.push(Alert {
                        reason: Reason::ReappearedAfterRemoval,
                        sentence: format!(
                            "The request is over, its status was changed by somebody else, and user {} still has {} in \
                             account {}.",
                            tuple.user_id, tuple.permission_set_arn, tuple.account_id
                        ),
                    });
                }
            }
            Observation::Absent { .. } => {}
            Observation::Unknown(_) => return pass.wake(after(pass.now, pass.timings().lookup_retry)),
        }
    }
    if has_finalizer && pass.state().is_settled() {
        pass.action = Some(Action::RemoveFinalizer);
        pass.wake(after(pass.now, pass.timings().lookup_retry));
    }
}
