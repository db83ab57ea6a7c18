//! Ends all access, in the name of the person who uninstalls, and waits until AWS has confirmed it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::left::{NAMED, of_records};
use super::objects::{Calls, Changed, changed};
use super::{BETWEEN_LOOKS, UninstallError, say};
use crate::api::{GROUP, Phase, ReviewDecision, VERSION};
use crate::controller::FINALIZER;

/// The comment of each decision, which TeamSettings may ask for.
const WHY: &str = "team-operator is being uninstalled";

/// What a request needs so that it ends.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// A decision of the person.
    Decide(ReviewDecision),
    /// It is the person's own: nobody decides about that.
    Cancel,
    /// The controller is at work, or the person has done what can be done.
    Wait,
}

/// The end of all access.
pub(super) struct Ending<'a> {
    calls: &'a Calls,
    me: String,
    /// Why a request could not be ended by us, by its name.
    refusals: BTreeMap<String, String>,
}

impl<'a> Ending<'a> {
    /// Ended by this Kubernetes user.
    pub fn new(calls: &'a Calls, me: String) -> Self {
        let refusals = BTreeMap::new();
        Self { calls, me, refusals }
    }

    /// Ends every request, until every record is Absent and unclaimed and no request has our finalizer. A call that fails is made
    /// again at the next look.
    pub async fn until_all_is_over(mut self, deadline: Instant) -> Result<(), UninstallError> {
        let mut said = String::new();
        loop {
            let left = match self.look().await {
                Ok(None) => return Ok(()),
                Ok(Some(sentence)) => sentence,
                Err(error) => error.to_string(),
            };
            if left != said {
                say(&format!("{left}."));
                said.clone_from(&left);
            }
            if Instant::now() + BETWEEN_LOOKS >= deadline {
                return Err(UninstallError::InTime(left));
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Does what can be done now; what is left.
    async fn look(&mut self) -> Result<Option<String>, UninstallError> {
        let all = self.calls.ours("ElevationRequest", "elevationrequests");
        let requests = self.calls.all("list the requests", &all).await?;
        let mut held = BTreeSet::new();
        self.refusals.clear();
        for request in &requests {
            let is_held = request
                .metadata
                .finalizers
                .iter()
                .flatten()
                .any(|one| one == FINALIZER);
            if !is_held {
                continue;
            }
            held.insert(full_name(request));
            self.end(request).await?;
        }
        let records = of_records(self.calls).await?;
        Ok(self.sentence(records, &held))
    }

    async fn end(&mut self, request: &DynamicObject) -> Result<(), UninstallError> {
        let namespace = request.metadata.namespace.clone().unwrap_or_default();
        let name = request.metadata.name.clone().unwrap_or_default();
        let resource = kube::core::ApiResource::from_gvk(&kube::core::GroupVersionKind::gvk(
            GROUP,
            VERSION,
            "ElevationRequest",
        ));
        let requests: Api<DynamicObject> =
            Api::namespaced_with(self.calls.client.clone(), &namespace, &resource);
        let params = PatchParams::default();
        let action = format!("end {namespace}/{name}");
        let ended = match step(request, &self.me) {
            Step::Wait => return Ok(()),
            Step::Cancel => {
                let patch = Patch::Merge(json!({ "spec": { "cancelled": true } }));
                let call = requests.patch(&name, &params, &patch);
                self.calls.answer(&action, changed(call)).await?
            }
            Step::Decide(decision) => {
                let entry = json!({ "approver": self.me, "decision": decision, "comment": WHY });
                let operations = json!([
                    { "op": "test", "path": "/metadata/uid", "value": request.metadata.uid },
                    { "op": "add", "path": "/status/approvals/-", "value": entry },
                ]);
                let Ok(patch) = serde_json::from_value(operations) else {
                    return Ok(());
                };
                let patch = Patch::Json::<()>(patch);
                let call = requests.patch_status(&name, &params, &patch);
                self.calls.answer(&action, changed(call)).await?
            }
        };
        if let Changed::Refused(why) = ended {
            self.refusals.insert(format!("{namespace}/{name}"), why);
        }
        Ok(())
    }

    fn sentence(&self, records: Option<String>, held: &BTreeSet<String>) -> Option<String> {
        if records.is_none() && held.is_empty() {
            return None;
        }
        let mut sentence = records.unwrap_or_else(|| "No AccountAssignment is left".to_owned());
        if !held.is_empty() {
            let named: Vec<&str> = held.iter().take(NAMED).map(String::as_str).collect();
            // Writing to a String does not fail.
            let _ = write!(
                sentence,
                "; {} not over yet: {}",
                requests(held.len()),
                named.join(", ")
            );
            if held.len() > NAMED {
                let _ = write!(sentence, " and {} more", held.len() - NAMED);
            }
        }
        if let Some((name, why)) = self.refusals.first_key_value() {
            let _ = write!(sentence, "; {name} could not be ended: {why}");
        }
        Some(sentence)
    }
}

fn requests(count: usize) -> String {
    match count {
        1 => "1 request is".to_owned(),
        count => format!("{count} requests are"),
    }
}

fn full_name(request: &DynamicObject) -> String {
    let metadata = &request.metadata;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("{}/{}", text(&metadata.namespace), text(&metadata.name))
}

/// What this person does about a request that has our finalizer.
fn step(request: &DynamicObject, me: &str) -> Step {
    let status = &request.data["status"];
    let phase: Option<Phase> = serde_json::from_value(status["phase"].clone()).ok();
    let decision = match phase {
        Some(Phase::Pending) => ReviewDecision::Rejected,
        Some(Phase::Approved | Phase::Active) => ReviewDecision::Revoked,
        _ => return Step::Wait,
    };
    if request.data["spec"]["requester"] == me {
        let cancelled = request.data["spec"]["cancelled"] == true;
        return if cancelled { Step::Wait } else { Step::Cancel };
    }
    let entries = status["approvals"].as_array();
    let is_ours = |entry: &&Value| entry["approver"] == me && entry["decision"] == json!(decision);
    match entries.into_iter().flatten().find(is_ours) {
        Some(_) => Step::Wait,
        None => Step::Decide(decision),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_of(phase: &str, approvals: &Value, requester: &str) -> Step {
        let request = json!({
            "metadata": { "name": "orders", "namespace": "requests" },
            "spec": { "requester": requester },
            "status": { "phase": phase, "approvals": approvals },
        });
        step(&serde_json::from_value(request).unwrap(), "root")
    }

    #[test]
    fn what_waits_is_rejected_what_lasts_is_revoked_and_ones_own_is_cancelled() {
        let (rejected, revoked) = (ReviewDecision::Rejected, ReviewDecision::Revoked);
        assert_eq!(step_of("Pending", &json!([]), "alice"), Step::Decide(rejected));
        assert_eq!(step_of("Approved", &json!([]), "alice"), Step::Decide(revoked));
        let approved = json!([{ "approver": "root", "decision": "Approved" }]);
        assert_eq!(step_of("Active", &approved, "alice"), Step::Decide(revoked));
        assert_eq!(step_of("Active", &json!([]), "root"), Step::Cancel);
    }

    #[test]
    fn what_was_said_is_not_said_again_and_the_controller_does_the_rest() {
        let revoked = json!([{ "approver": "root", "decision": "Revoked" }]);
        assert_eq!(step_of("Active", &revoked, "alice"), Step::Wait);
        for phase in ["Revoking", "Ended", "", "OfALaterVersion"] {
            assert_eq!(step_of(phase, &json!([]), "alice"), Step::Wait);
        }
    }
}
