//! The rights of approvers: they can write nothing else in a status, and cannot change or remove decisions.

use serde_json::{Value, json};
use team_operator::api::Phase;

use crate::support::{Ground, allowed, cases, forbidden, invalid};

const APPEND_ONLY: &str =
    "a recorded decision stays as it is, in its place: append yours to status.approvals";
const ONLY_APPROVALS: &str = "people write only status.approvals: leave everything else in status as it is";

fn bobs(comment: &str) -> Value {
    json!({ "approver": "bob@example.com", "decision": "Approved", "comment": comment })
}

/// A request that Bob and Carol have approved, in this order.
async fn approved_by_two(ground: &Ground) -> String {
    let approvers = json!(["bob@example.com", "carol@example.com"]);
    let name = ground.pending(|s| s["approvers"] = approvers).await;
    allowed(ground.bob().appends(&name, bobs("fine")).await);
    allowed(ground.carol().decides(&name, "Approved").await);
    name
}

cases! {
    async fn nobody_but_the_controller_writes_the_rest_of_a_status(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let forgeries = [
            json!({ "phase": "Approved" }),
            json!({ "phase": "Denied", "finished": true }),
            json!({ "finished": false }),
            json!({ "seal": "v1:11" }),
            json!({ "approvers": ["mallory@example.com"] }),
            json!({ "approvers": null }),
            json!({ "reviewers": ["mallory@example.com"] }),
            json!({ "review": { "progress": "1/1" } }),
            json!({ "review": { "commentRequired": false } }),
            json!({ "review": { "verdicts": [{
                "approver": "bob@example.com", "decision": "Approved", "counted": true, "reason": "Counted",
                "time": "2026-12-01T09:00:00Z",
            }] } }),
            json!({ "window": { "notAfter": "2026-12-01T09:00:00Z" } }),
            json!({ "assignment": { "name": "111122223333-databaseadmin-0a", "state": "Absent" } }),
            json!({ "ending": { "reason": "EndReached", "message": "", "requestedTime": "2026-12-01T09:00:00Z" } }),
            json!({ "sequence": 7 }),
            json!({ "conditions": [] }),
            json!({ "conditions": [{
                "type": "Approved", "status": "True", "reason": "ApprovalsComplete", "message": "",
                "lastTransitionTime": "2026-12-01T09:00:00Z",
            }] }),
            json!({ "message": "nothing to see here" }),
            json!({ "message": null }),
            json!({ "eligibility": null }),
            json!({ "observedGeneration": 2 }),
        ];
        let before = allowed(ground.master().reads(&name).await)["status"].clone();
        for who in [ground.bob(), ground.erin(), ground.root(), ground.master()] {
            for forgery in &forgeries {
                forbidden(who.patches_status(&name, forgery.clone()).await, ONLY_APPROVALS);
            }
        }
        let robot = ground.robot().await;
        forbidden(robot.patches_status(&name, forgeries[0].clone()).await, ONLY_APPROVALS);
        assert_eq!(allowed(ground.master().reads(&name).await)["status"], before);
    }

    async fn a_decision_is_no_cover_for_another_change(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let covered = json!({ "phase": "Approved", "approvals": [bobs("fine")] });
        forbidden(ground.bob().patches_status(&name, covered.clone()).await, ONLY_APPROVALS);
        let params = kube::api::PatchParams::apply("bob").force();
        let object = json!({
            "apiVersion": "team-operator.io/v1alpha1", "kind": "ElevationRequest",
            "metadata": { "name": name }, "status": covered,
        });
        let answer = ground.bob().requests().patch_status(&name, &params, &kube::api::Patch::Apply(object)).await;
        forbidden(answer.map(|o| json!(o)), ONLY_APPROVALS);
    }

    async fn the_requester_does_not_touch_the_status_either(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        forbidden(ground.alice().patches_status(&name, json!({ "phase": "Approved" })).await, ONLY_APPROVALS);
    }

    async fn a_status_that_the_controller_has_not_written_yet_is_not_for_people_to_write(ground: Ground) {
        let name = ground.new_request().await;
        for forgery in [json!({ "phase": "Pending" }), json!({ "approvers": ["bob@example.com"] })] {
            forbidden(ground.bob().patches_status(&name, forgery).await, ONLY_APPROVALS);
        }
    }

    async fn nobody_takes_a_status_away(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        for who in [ground.bob(), ground.root(), ground.master()] {
            invalid(who.patches_status(&name, Value::Null).await, "a request does not go from its phase to that one");
        }
        let unphased = ground.new_request().await;
        let only_a_message = json!({ "message": "Identity Center does not answer" });
        allowed(ground.controller().patches_status(&unphased, only_a_message).await);
        for who in [ground.bob(), ground.root(), ground.master()] {
            forbidden(who.patches_status(&unphased, Value::Null).await, ONLY_APPROVALS);
            let operations = json!([{ "op": "remove", "path": "/status" }]);
            forbidden(who.patches_status_by_json(&unphased, operations).await, ONLY_APPROVALS);
        }
    }

    async fn nobody_removes_an_entry(ground: Ground) {
        let name = approved_by_two(&ground).await;
        let before = ground.decisions(&name).await;
        for who in [ground.bob(), ground.mallory(), ground.erin(), ground.root(), ground.master(), ground.controller()] {
            for gone in [json!([]), json!([before[0]]), json!([before[1]]), Value::Null] {
                invalid(who.patches_status(&name, json!({ "approvals": gone })).await, APPEND_ONLY);
            }
            for path in ["/status/approvals", "/status/approvals/0", "/status/approvals/1"] {
                let operations = json!([{ "op": "remove", "path": path }]);
                invalid(who.patches_status_by_json(&name, operations).await, APPEND_ONLY);
            }
        }
        assert_eq!(ground.decisions(&name).await, before);
    }

    async fn nobody_changes_an_entry(ground: Ground) {
        let name = approved_by_two(&ground).await;
        let before = ground.decisions(&name).await;
        let changes = [
            json!([{ "op": "replace", "path": "/status/approvals/0/comment", "value": "never mind" }]),
            json!([{ "op": "remove", "path": "/status/approvals/0/comment" }]),
            json!([{ "op": "replace", "path": "/status/approvals/0/approver", "value": "mallory@example.com" }]),
            json!([{ "op": "replace", "path": "/status/approvals/1/decision", "value": "Rejected" }]),
            json!([{ "op": "replace", "path": "/status/approvals/1", "value": bobs("mine now") }]),
        ];
        for who in [ground.bob(), ground.root(), ground.master(), ground.controller()] {
            for change in &changes[..4] {
                invalid(who.patches_status_by_json(&name, change.clone()).await, APPEND_ONLY);
            }
        }
        crate::support::refused(
            ground.bob().patches_status_by_json(&name, changes[4].clone()).await,
            "Duplicate value",
        );
        let other_words = json!({ "approvals": [bobs("never mind"), before[1]] });
        invalid(ground.bob().patches_status(&name, other_words).await, APPEND_ONLY);
        assert_eq!(ground.decisions(&name).await, before);
    }

    async fn who_applies_the_own_entry_without_it_or_with_other_words_is_refused(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        allowed(ground.bob().applies_status(&name, json!({ "approvals": [bobs("fine")] })).await);
        for left in [json!({ "approvals": [] }), json!({}), json!({ "approvals": [bobs("never mind")] })] {
            invalid(ground.bob().applies_status(&name, left).await, APPEND_ONLY);
        }
        assert_eq!(ground.decisions(&name).await, json!([bobs("fine")]));
    }

    async fn what_a_status_patch_says_about_anything_else_is_ignored(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let before = allowed(ground.master().reads(&name).await);
        let smuggling = json!({
            "metadata": {
                "labels": { "team": "mallory" },
                "annotations": { "note": "mallory" },
                "finalizers": ["example.com/never"],
                "ownerReferences": [{ "apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "x" }],
            },
            "spec": { "accountId": "999999999999", "duration": "9h", "cancelled": true },
            "status": { "approvals": [bobs("fine")] },
        });
        let params = kube::api::PatchParams::default();
        let patch = kube::api::Patch::Merge(smuggling);
        allowed(ground.bob().requests().patch_status(&name, &params, &patch).await.map(|o| json!(o)));
        let after = allowed(ground.master().reads(&name).await);
        assert_eq!(after["status"]["approvals"], json!([bobs("fine")]));
        assert_eq!(after["spec"], before["spec"]);
        for field in ["labels", "annotations", "finalizers", "ownerReferences", "generation"] {
            assert_eq!(after["metadata"][field], before["metadata"][field], "{field}");
        }
    }

    async fn a_decision_about_a_version_that_is_gone_conflicts(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let seen = allowed(ground.bob().reads(&name).await);
        ground.moves(&name, Phase::Approved).await;
        let stale = json!({
            "metadata": { "resourceVersion": seen["metadata"]["resourceVersion"] },
            "status": { "approvals": [bobs("fine")] },
        });
        let params = kube::api::PatchParams::default();
        let answer = ground.bob().requests().patch_status(&name, &params, &kube::api::Patch::Merge(stale)).await;
        match answer {
            Err(kube::Error::Api(status)) => assert_eq!(status.code, 409, "{}", status.message),
            other => panic!("{other:?}"),
        }
    }
}
