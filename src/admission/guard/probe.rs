//! Forged writes that the controller tries itself as dry runs: nothing is stored.

use kube::api::{Api, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::json;

use super::observation::Probe;
use crate::admission::API_TIMEOUT;
use crate::api::{GROUP, VERSION};

/// A name of no user, which shows what the object is if it were ever stored.
const NOBODY: &str = "nobody@guard-probe.team-operator.io";

/// Tries to add a decision in another name to a request's status. Only the decisions policy refuses it: the controller
/// may write everything else there.
pub(super) async fn forge_decision(client: kube::Client, namespace: &str, name: &str) -> Probe {
    let requests: Api<DynamicObject> = Api::namespaced_with(client, namespace, &elevation_requests());
    let entry = json!([{
        "op": "add",
        "path": "/status/approvals/-",
        "value": { "approver": NOBODY, "decision": "Revoked", "comment": "the guard's dry run" },
    }]);
    let Ok(patch) = serde_json::from_value(entry) else {
        return Probe::Inconclusive("the forged entry could not be written".to_owned());
    };
    let params = PatchParams {
        dry_run: true,
        ..PatchParams::default()
    };
    let patch = Patch::Json::<()>(patch);
    let answer = requests.patch_status(name, &params, &patch);
    read(
        tokio::time::timeout(API_TIMEOUT, answer).await,
        "team-operator-decisions",
    )
}

/// Tries to create a request in another name, in the controller's own namespace, which always exists.
pub(super) async fn forge_request(client: kube::Client, namespace: &str) -> Probe {
    let resource = elevation_requests();
    let requests: Api<DynamicObject> = Api::namespaced_with(client, namespace, &resource);
    let request = DynamicObject::new("guard-probe", &resource).data(json!({
        "spec": {
            "requester": NOBODY,
            "accountId": "000000000000",
            "permissionSet": "GuardProbe",
            "duration": "1s",
            "justification": "the guard's dry run",
        },
    }));
    let params = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let answer = requests.create(&params, &request);
    read(
        tokio::time::timeout(API_TIMEOUT, answer).await,
        "team-operator-requests",
    )
}

fn elevation_requests() -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(GROUP, VERSION, "ElevationRequest"))
}

/// Only a refusal by our own policy proves that it is in force: RBAC, quota, or anybody else's policy may refuse too.
fn read<T>(answer: Result<Result<T, kube::Error>, tokio::time::error::Elapsed>, policy: &str) -> Probe {
    match answer {
        Ok(Ok(_)) => Probe::Passed,
        Ok(Err(kube::Error::Api(status))) => {
            let refused_by_us =
                format!("ValidatingAdmissionPolicy '{policy}' with binding '{policy}' denied request");
            if status.message.contains(&refused_by_us) {
                Probe::Refused
            } else {
                Probe::Inconclusive(status.message.clone())
            }
        }
        Ok(Err(error)) => Probe::Inconclusive(error.to_string()),
        Err(_) => Probe::Inconclusive(format!(
            "the API server did not answer within {} s",
            API_TIMEOUT.as_secs()
        )),
    }
}
