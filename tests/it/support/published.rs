//! Requests as the controller has published them, in every phase of their life.

use serde_json::{Value, json};
use team_operator::api::Phase;

use super::actor::Actor;
use super::cluster::Ground;
use super::expect::allowed;

/// The finalizer that the controller keeps a request alive with.
pub const FINALIZER: &str = "team-operator.io/access";

/// What the controller says of a request of Alice's that waits: Bob may approve it, Bob and Carol may reject or revoke
/// it, and Alice, who asks, is listed too, so that what refuses her is not the list.
pub fn pending_status() -> Value {
    json!({
        "observedGeneration": 1,
        "phase": "Pending",
        "reason": "AwaitingApproval",
        "message": "waits for an approval of bob@example.com",
        "seal": "v1:00",
        "requester": { "userId": "u-alice", "userName": "alice" },
        "eligibility": { "policy": "orders", "uid": "p-1", "generation": 1, "approvalRequired": true },
        "review": {
            "policy": "production",
            "deadline": "2026-12-01T09:00:00Z",
            "progress": "0/1",
            "stages": [{ "name": "lead", "approvalsRequired": 1, "approvalsCounted": 0 }],
            "currentStage": "lead",
        },
        "approvers": ["bob@example.com", "alice@example.com"],
        "reviewers": ["bob@example.com", "carol@example.com", "alice@example.com"],
    })
}

/// The phases on the way to this one, itself the last.
fn way_to(phase: Phase) -> &'static [Phase] {
    use Phase::{
        Active, Approved, Cancelled, Denied, Ended, Expired, Failed, Pending, Rejected, Revoked, Revoking,
    };
    match phase {
        Pending => &[Pending],
        Approved => &[Pending, Approved],
        Active => &[Pending, Approved, Active],
        Revoking => &[Pending, Approved, Active, Revoking],
        Denied => &[Denied],
        Rejected => &[Pending, Rejected],
        Cancelled => &[Cancelled],
        Expired => &[Pending, Expired],
        Failed => &[Pending, Approved, Failed],
        Ended => &[Pending, Approved, Active, Revoking, Ended],
        Revoked => &[Pending, Approved, Revoked],
    }
}

impl Ground {
    /// A request of Alice's that waits for approval, with whatever `change` makes of its status.
    pub async fn pending(&self, change: impl FnOnce(&mut Value)) -> String {
        let name = self.new_request().await;
        let mut status = pending_status();
        change(&mut status);
        allowed(self.controller().patches_status(&name, status).await);
        name
    }

    /// A request of Alice's that has come as far as this phase.
    pub async fn in_phase(&self, phase: Phase) -> String {
        let name = self.new_request().await;
        let mut published = pending_status();
        published.as_object_mut().unwrap().remove("phase");
        let controller = self.controller();
        allowed(controller.patches_status(&name, published).await);
        for step in way_to(phase) {
            moves(&controller, &name, *step).await;
        }
        name
    }

    /// The controller moves a request on.
    pub async fn moves(&self, name: &str, phase: Phase) {
        moves(&self.controller(), name, phase).await;
    }

    /// What people have decided about a request.
    pub async fn decisions(&self, name: &str) -> Value {
        allowed(self.master().reads(name).await)["status"]["approvals"].clone()
    }
}

async fn moves(controller: &Actor, name: &str, phase: Phase) {
    let status = json!({ "phase": phase, "finished": phase.is_terminal() });
    allowed(controller.patches_status(name, status).await);
}
