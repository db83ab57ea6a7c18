//! The request machine: who may have access, and until when. It moves a request on by one step at a time, and claims the
//! assignment for it.

mod active;
mod approved;
mod check;
mod disappearance;
mod draft;
mod ending;
mod finished;
mod history;
mod machine;
mod pending;
mod review_status;
mod stop;
#[cfg(test)]
mod tests;

use super::decision::{Alert, Decision};
use super::fact_reader::Undecided;
use super::snapshot::{SettingsFact, Snapshot};
use crate::api::{Phase, Reason, TeamSettingsSpec, Timestamp};
use draft::Draft;
pub use ending::assignment_of;
pub use machine::RequestMachine;
pub use stop::stop;

/// Decides what to do about one request.
///
/// Everything that is due at `now` is in the answer, and nothing that is not: asked again about an unchanged world, it
/// gives the same status and no second change of the record.
pub fn decide(snapshot: &Snapshot, now: Timestamp) -> Decision {
    let mut draft = Draft::new(snapshot, now);
    let terminal = draft.status.phase.is_some_and(Phase::is_terminal);
    if let Some((reason, sentence)) = stop::disbelief(&snapshot.request) {
        handle_disbelief(&mut draft, terminal, reason, sentence);
        return draft.finish();
    }
    if !terminal && !snapshot.request.has_finalizer && snapshot.request.deleted_at.is_none() {
        if !snapshot.deletion_allowed {
            draft.set_finalizer_first();
            return draft.finish();
        }
        // Who takes it off again may be gone soon.
        if draft.status.phase.is_none() {
            draft.wait(&Draft::deletion_allowed());
            return draft.finish();
        }
    }
    match draft.status.phase {
        None | Some(Phase::Pending) => pending::decide(&mut draft),
        Some(Phase::Approved) => approved::decide(&mut draft),
        Some(Phase::Active) => active::decide(&mut draft),
        Some(Phase::Revoking) => ending::decide(&mut draft),
        Some(
            Phase::Denied
            | Phase::Rejected
            | Phase::Cancelled
            | Phase::Expired
            | Phase::Failed
            | Phase::Ended
            | Phase::Revoked,
        ) => finished::decide(&mut draft),
    }
    draft.finish()
}

/// A status that the controller did not write: no phase, state or time in it is believed. Without a claim on a record the
/// request is denied; with one the claim ends first.
fn handle_disbelief(draft: &mut Draft<'_>, terminal: bool, reason: Reason, sentence: &str) {
    // What cannot be read is nobody's forgery: no alarm.
    if reason == Reason::SealBroken {
        let told = format!("{} {sentence}", draft.snapshot.request.full_name());
        draft.alerts.push(Alert::new(reason, told));
    }
    if terminal && draft.status.finished && draft.own_claim().is_none() {
        return finished::decide_forged(draft);
    }
    ending::of_a_forged_request(draft, reason, sentence);
}

/// The settings, or what to wait for without them.
pub(super) fn settings_of(snapshot: &Snapshot) -> Result<&TeamSettingsSpec, Undecided> {
    match &snapshot.settings {
        SettingsFact::Present(settings) => Ok(settings),
        SettingsFact::Missing { .. } => Err(Draft::settings_missing()),
    }
}
