//! The life of a request: one pass moves it at most one step.

mod active;
mod approved;
mod check;
mod early_end;
mod finished;
mod from_memory;
mod granting;
mod held_back;
mod observation;
mod opening;
mod overdue;
mod pass;
mod publish;
mod record;
mod revoking;
mod siblings;
#[cfg(test)]
mod tests;

use super::decision::{Alert, Decision};
use super::inquiry::Undecided;
use super::snapshot::{SealCheck, SettingsFact, Snapshot};
use crate::api::{AssignmentState, Phase, Reason, TeamSettingsSpec, Timestamp};
pub use from_memory::due_from_memory;
pub use held_back::held_back;
use pass::Pass;
pub use record::{Answer, record_answer};

/// Decides what to do about one request.
///
/// Everything that is due at `now` is in the answer, and nothing that is not: asked again about an unchanged world, it
/// gives the same status and no second action.
pub fn decide(snapshot: &Snapshot, now: Timestamp) -> Decision {
    let mut pass = Pass::new(snapshot, now);
    let phase = pass.status.phase;
    if pass.seal_is_broken() {
        seal_is_broken(&mut pass);
        return pass.finish();
    }
    match (phase, pass.state()) {
        (None | Some(Phase::Pending), _) => opening::decide(&mut pass),
        (Some(Phase::Approved), AssignmentState::None) => approved::decide(&mut pass),
        (Some(Phase::Approved), _) => granting::decide(&mut pass),
        (Some(Phase::Active), _) => active::decide(&mut pass),
        (Some(Phase::Revoking), _) => revoking::decide(&mut pass),
        (
            Some(
                Phase::Denied
                | Phase::Rejected
                | Phase::Cancelled
                | Phase::Expired
                | Phase::Failed
                | Phase::Ended
                | Phase::Revoked,
            ),
            _,
        ) => finished::decide(&mut pass),
    }
    pass.finish()
}

/// A status that the controller did not write: without access the request is over; with access it is revoked, from the
/// tuple, which is written once.
fn seal_is_broken(pass: &mut Pass<'_>) {
    const SENTENCE: &str = "The status was changed by somebody other than the controller.";
    pass.alerts.push(Alert {
        reason: Reason::SealBroken,
        sentence: format!("{} {SENTENCE}", pass.snapshot.request.full_name()),
    });
    let cause = early_end::Cause {
        reason: Reason::SealBroken,
        sentence: SENTENCE.to_owned(),
    };
    match pass.status.phase {
        Some(Phase::Revoking) => revoking::decide(pass),
        Some(phase) if phase.is_terminal() => finished::decide(pass),
        Some(Phase::Active) => revoking::begin(pass, &cause),
        Some(_) if pass.state() != AssignmentState::None => revoking::begin(pass, &cause),
        _ => pass.end(
            Phase::Denied,
            Reason::SealBroken,
            &format!("{SENTENCE} Make a new request."),
        ),
    }
}

/// The settings, or what to wait for without them.
pub(super) fn settings_of(snapshot: &Snapshot) -> Result<&TeamSettingsSpec, Undecided> {
    match &snapshot.settings {
        SettingsFact::Present(settings) => Ok(settings),
        SettingsFact::Missing { .. } => Err(Pass::settings_missing()),
    }
}

impl Pass<'_> {
    fn seal_is_broken(&self) -> bool {
        match self.snapshot.request.seal {
            SealCheck::Valid => false,
            SealCheck::Broken => true,
            SealCheck::Unsealed => self.status.phase.is_some(),
        }
    }
}
