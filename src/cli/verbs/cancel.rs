//! Taking back one's own request, or ending one's own access early.

use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::requests::{Found, api, readable};
use crate::cli::failure::{Failure, Kind, acts};
use crate::cli::session::Session;

/// Cancels a request of the person; one that is over, or cancelled already, stays as it is.
pub async fn cancel(session: &Session, seen: &Found) -> Result<Found, Failure> {
    session.decides_in_person()?;
    if !seen.is_of(&session.person) {
        let requester = seen.request.spec.requester.clone().unwrap_or_default();
        return Err(Failure::new(
            Kind::Refused,
            format!(
                "{} is a request of {}: only they cancel it.",
                seen.name(),
                crate::cli::text::visible(&requester)
            ),
        )
        .advise(format!(
            "To stop it: {}",
            session.command("revoke", &[seen.name()], seen.namespace())
        )));
    }
    let is_over = seen.phase().is_some_and(crate::api::Phase::is_terminal);
    if is_over || seen.request.spec.cancelled == Some(true) {
        return Ok(seen.clone());
    }
    let operations = json!([
        { "op": "test", "path": "/metadata/uid", "value": seen.uid() },
        { "op": "add", "path": "/spec/cancelled", "value": true },
    ]);
    let patch = serde_json::from_value(operations).map_err(|error| {
        Failure::new(
            Kind::Refused,
            format!("The cancellation cannot be written as a patch: {error}."),
        )
    })?;
    let patch: Patch<()> = Patch::Json(patch);
    let cancelled = api(session, Some(seen.namespace()))
        .patch(seen.name(), &PatchParams::default(), &patch)
        .await
        .map_err(|error| acts::CANCEL.failed(&error))?;
    readable(cancelled)
}
