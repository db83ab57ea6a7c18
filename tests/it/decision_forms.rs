//! Every form in which an approver can write a decision, and every form in which a decision could be forged.

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::support::{Actor, Ground, World, allowed, cases, forbidden, invalid, refused};

const APPEND_ONLY: &str =
    "a recorded decision stays as it is, in its place: append yours to status.approvals";
const ONE_AT_A_TIME: &str = "add one decision at a time";
const BOBS_NAME: &str = "you may record only your own decision: set approver to bob@example.com";

fn entry(approver: &str, decision: &str) -> Value {
    json!({ "approver": format!("{approver}@example.com"), "decision": decision, "comment": "I looked at it" })
}

fn unnamed(decision: &str) -> Value {
    json!({ "decision": decision, "comment": "I looked at it" })
}

/// A request that Carol has approved and Bob may approve.
async fn approved_by_carol(ground: &Ground) -> String {
    let approvers = json!(["bob@example.com", "carol@example.com"]);
    let name = ground.pending(|s| s["approvers"] = approvers).await;
    allowed(ground.carol().appends(&name, entry("carol", "Approved")).await);
    name
}

/// The same decisions in each form that leaves Carol's entry alone.
async fn in_each_form(who: &Actor, name: &str, added: &[Value]) -> [Result<Value, kube::Error>; 3] {
    let add = |value| json!({ "op": "add", "path": "/status/approvals/-", "value": value });
    let operations: Vec<Value> = added.iter().map(add).collect();
    let list = [&[entry("carol", "Approved")], added].concat();
    [
        who.patches_status_by_json(name, json!(operations)).await,
        who.patches_status(name, json!({ "approvals": list })).await,
        who.applies_status(name, json!({ "approvals": added })).await,
    ]
}

async fn applies_as(who: &Actor, manager: &str, name: &str, status: Value) -> Result<Value, kube::Error> {
    let object = json!({
        "apiVersion": "team-operator.io/v1alpha1",
        "kind": "ElevationRequest",
        "metadata": { "name": name },
        "status": status,
    });
    let params = PatchParams::apply(manager);
    let answer = who
        .requests()
        .patch_status(name, &params, &Patch::Apply(object))
        .await;
    answer.map(|object| json!(object))
}

cases! {
    async fn a_json_patch_appends_to_what_others_decided(ground: Ground) {
        let name = approved_by_carol(&ground).await;
        allowed(ground.bob().appends(&name, entry("bob", "Approved")).await);
        assert_eq!(ground.decisions(&name).await, json!([entry("carol", "Approved"), entry("bob", "Approved")]));
    }

    async fn server_side_apply_with_an_own_field_manager_adds_to_what_others_applied(ground: Ground) {
        let name = approved_by_carol(&ground).await;
        allowed(ground.bob().applies_status(&name, json!({ "approvals": [entry("bob", "Approved")] })).await);
        let carol = json!({ "approvals": [entry("carol", "Rejected")] });
        allowed(ground.carol().applies_status(&name, carol).await);
        let all = json!([entry("carol", "Approved"), entry("bob", "Approved"), entry("carol", "Rejected")]);
        assert_eq!(ground.decisions(&name).await, all);
    }

    async fn whoever_approved_by_apply_revokes_by_applying_a_second_entry(ground: Ground) {
        let name = ground.request_in("Pending").await;
        allowed(ground.bob().applies_status(&name, json!({ "approvals": [entry("bob", "Approved")] })).await);
        allowed(ground.controller().patches_status(&name, json!({ "phase": "Approved" })).await);
        let instead = json!({ "approvals": [entry("bob", "Revoked")] });
        invalid(ground.bob().applies_status(&name, instead).await, APPEND_ONLY);
        let both = json!([entry("bob", "Approved"), entry("bob", "Revoked")]);
        allowed(ground.bob().applies_status(&name, json!({ "approvals": both })).await);
        assert_eq!(ground.decisions(&name).await, both);
    }

    async fn server_side_apply_with_a_shared_field_manager_is_refused_before_it_removes_anything(ground: Ground) {
        let name = approved_by_carol(&ground).await;
        let carol = json!({ "approvals": [entry("carol", "Rejected")] });
        allowed(applies_as(&ground.carol(), "kubectl", &name, carol).await);
        let bob = json!({ "approvals": [entry("bob", "Approved")] });
        invalid(applies_as(&ground.bob(), "kubectl", &name, bob).await, APPEND_ONLY);
        assert_eq!(
            ground.decisions(&name).await,
            json!([entry("carol", "Approved"), entry("carol", "Rejected")])
        );
    }

    async fn a_merge_patch_with_the_full_list_is_recorded(ground: Ground) {
        let name = approved_by_carol(&ground).await;
        let full = json!([entry("carol", "Approved"), entry("bob", "Approved")]);
        allowed(ground.bob().patches_status(&name, json!({ "approvals": full })).await);
        assert_eq!(ground.decisions(&name).await, full);
    }

    async fn a_minimal_merge_patch_is_appended_where_names_are_stamped(ground: Ground) {
        let name = approved_by_carol(&ground).await;
        let answer = ground.bob().patches_status(&name, json!({ "approvals": [{ "decision": "Approved" }] })).await;
        if ground.cluster.world == World::Stamping {
            allowed(answer);
            let bob = json!({ "approver": "bob@example.com", "decision": "Approved" });
            assert_eq!(ground.decisions(&name).await, json!([entry("carol", "Approved"), bob]));
        } else {
            invalid(answer, APPEND_ONLY);
        }
    }

    async fn a_first_decision_without_a_name_is_stamped_or_told_which_name_to_put(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let answer = ground.bob().patches_status(&name, json!({ "approvals": [{ "decision": "Approved" }] })).await;
        if ground.cluster.world == World::Stamping {
            allowed(answer);
            let bob = json!([{ "approver": "bob@example.com", "decision": "Approved" }]);
            assert_eq!(ground.decisions(&name).await, bob);
        } else {
            forbidden(answer, BOBS_NAME);
        }
    }

    async fn a_name_that_is_left_out_is_stamped_in_every_form_and_the_comment_stays(ground: Ground) {
        for form in 0..3 {
            let name = approved_by_carol(&ground).await;
            let bob = ground.bob();
            let added = json!([unnamed("Approved")]);
            let answer = match form {
                0 => bob.appends(&name, added[0].clone()).await,
                1 => bob.patches_status(&name, json!({ "approvals": [entry("carol", "Approved"), added[0]] })).await,
                _ => bob.applies_status(&name, json!({ "approvals": added })).await,
            };
            if ground.cluster.world == World::Stamping {
                allowed(answer);
                let both = json!([entry("carol", "Approved"), entry("bob", "Approved")]);
                assert_eq!(ground.decisions(&name).await, both, "form {form}");
            } else {
                forbidden(answer, BOBS_NAME);
            }
        }
    }

    async fn a_single_entry_that_bears_a_name_is_taken_as_the_whole_list(ground: Ground) {
        let name = approved_by_carol(&ground).await;
        let only = json!({ "approvals": [entry("bob", "Approved")] });
        invalid(ground.bob().patches_status(&name, only).await, APPEND_ONLY);
    }

    async fn two_unnamed_entries_are_two_decisions(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let two = json!({ "approvals": [unnamed("Approved"), unnamed("Rejected")] });
        forbidden(ground.bob().patches_status(&name, two).await, ONE_AT_A_TIME);
        let twice = json!({ "approvals": [unnamed("Approved"), unnamed("Approved")] });
        invalid(ground.bob().patches_status(&name, twice).await, "Duplicate value");
    }

    async fn two_unnamed_entries_do_not_keep_the_old_list(ground: Ground) {
        let name = approved_by_carol(&ground).await;
        let two = json!({ "approvals": [unnamed("Approved"), unnamed("Rejected")] });
        invalid(ground.bob().patches_status(&name, two).await, APPEND_ONLY);
    }

    async fn a_named_entry_among_unnamed_ones_keeps_its_name(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let two = json!({ "approvals": [entry("mallory", "Approved"), unnamed("Approved")] });
        forbidden(ground.bob().patches_status(&name, two).await, ONE_AT_A_TIME);
    }

    async fn two_decisions_at_once_are_refused_in_every_form(ground: Ground) {
        let name = approved_by_carol(&ground).await;
        for added in [
            [entry("bob", "Approved"), entry("bob", "Rejected")],
            [entry("bob", "Approved"), entry("mallory", "Approved")],
        ] {
            for answer in in_each_form(&ground.bob(), &name, &added).await {
                forbidden(answer, ONE_AT_A_TIME);
            }
        }
    }

    async fn a_decision_in_the_name_of_another_is_refused_in_every_form(ground: Ground) {
        let name = approved_by_carol(&ground).await;
        for who in [ground.mallory(), ground.erin(), ground.root(), ground.master()] {
            let told = format!("you may record only your own decision: set approver to {}", who.name);
            for answer in in_each_form(&who, &name, &[entry("bob", "Approved")]).await {
                forbidden(answer, &told);
            }
        }
        assert_eq!(ground.decisions(&name).await, json!([entry("carol", "Approved")]));
    }

    async fn a_name_that_only_looks_like_the_own_is_anothers(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        for approver in ["Bob@example.com", "bob@example.com ", "bob", "\u{431}ob@example.com"] {
            let forged = json!({ "approver": approver, "decision": "Approved" });
            forbidden(ground.bob().appends(&name, forged).await, BOBS_NAME);
        }
    }

    async fn a_recorded_decision_keeps_its_place_whoever_writes(ground: Ground) {
        let name = approved_by_carol(&ground).await;
        let before = |value| json!([{ "op": "add", "path": "/status/approvals/0", "value": value }]);
        invalid(ground.bob().patches_status_by_json(&name, before(entry("bob", "Approved"))).await, APPEND_ONLY);
        allowed(ground.bob().appends(&name, entry("bob", "Approved")).await);
        let turned = json!({ "approvals": [entry("bob", "Approved"), entry("carol", "Approved")] });
        for who in [ground.bob(), ground.mallory(), ground.master(), ground.controller()] {
            invalid(who.patches_status(&name, turned.clone()).await, APPEND_ONLY);
        }
        assert_eq!(ground.decisions(&name).await, json!([entry("carol", "Approved"), entry("bob", "Approved")]));
    }

    async fn the_same_decision_again_changes_nothing(ground: Ground) {
        let name = approved_by_carol(&ground).await;
        let bob = json!({ "approvals": [entry("bob", "Approved")] });
        allowed(ground.bob().applies_status(&name, bob.clone()).await);
        let once = allowed(ground.master().reads(&name).await);
        let full = json!({ "approvals": [entry("carol", "Approved"), entry("bob", "Approved")] });
        allowed(ground.bob().applies_status(&name, bob).await);
        allowed(ground.bob().patches_status(&name, full).await);
        let now = allowed(ground.master().reads(&name).await);
        assert_eq!(now["status"], once["status"]);
        invalid(ground.bob().appends(&name, entry("bob", "Approved")).await, "Duplicate value");
    }

    async fn a_decision_that_was_stamped_and_is_applied_again_says_so_or_changes_nothing(ground: Ground) {
        if ground.cluster.world == World::Stamping {
            let name = ground.pending(|_| ()).await;
            let bob = json!({ "approvals": [unnamed("Approved")] });
            allowed(ground.bob().applies_status(&name, bob.clone()).await);
            let once = ground.decisions(&name).await;
            invalid(ground.bob().applies_status(&name, bob.clone()).await, "Duplicate value");
            invalid(ground.bob().patches_status(&name, bob).await, "Duplicate value");
            assert_eq!(ground.decisions(&name).await, once);
        }
    }

    async fn a_word_that_is_no_decision_is_refused(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        for decision in ["approved", "Denied", ""] {
            let answer = ground.bob().appends(&name, entry("bob", decision)).await;
            invalid(answer, "supported values: \"Approved\", \"Rejected\", \"Revoked\"");
        }
        refused(ground.bob().appends(&name, json!({ "approver": "bob@example.com" })).await, "decision");
    }
}
