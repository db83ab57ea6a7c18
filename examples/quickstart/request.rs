//! A request in the eyes of the person who made it.

use team_operator::api::{ElevationRequest, Phase};

use crate::stage::{ALICE, Stage};
use crate::trouble::Trouble;
use crate::waiting::until;

/// The words of the controller about a request, as everybody reads them.
pub fn words(request: &ElevationRequest) -> String {
    let Some((phase, status)) = request
        .status
        .as_ref()
        .and_then(|status| Some((status.phase?, status)))
    else {
        return "the controller has said nothing about it yet".to_owned();
    };
    format!(
        "{}: {}",
        phase.as_str(),
        status.message.as_deref().unwrap_or_default()
    )
}

/// Whether the request is in this phase.
pub fn is_in(phase: Phase) -> impl Fn(&ElevationRequest) -> Option<()> {
    move |request| (request.status.as_ref()?.phase == Some(phase)).then_some(())
}

/// Waits until it holds of the request, in the eyes of Alice; the request.
pub async fn until_request(
    stage: &Stage,
    name: &str,
    expected: &str,
    holds: impl Fn(&ElevationRequest) -> Option<()>,
) -> Result<ElevationRequest, Trouble> {
    let requests = stage.requests(ALICE)?;
    until(stage, &format!("of {name}: {expected}"), async || {
        let request = requests.get(name).await.map_err(|error| error.to_string())?;
        match holds(&request) {
            Some(()) => Ok(request),
            None => Err(words(&request)),
        }
    })
    .await
}
