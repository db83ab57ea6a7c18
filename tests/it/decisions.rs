//! The rights of approvers: who may decide what, and when.

use serde_json::{Value, json};
use team_operator::api::Phase;

use crate::support::{Actor, Ground, allowed, apply, awaited, cases, forbidden, invalid};

const NOTHING_LEFT: &str = "there is nothing left to decide";
const REVIEWERS_ONLY: &str = "may not reject or revoke this request: only its reviewers (status.reviewers) and holders of the verb revoke may";
const NOT_ONES_OWN: &str = "nobody decides on their own request: somebody else must";

/// Whose decisions are recorded, and which.
async fn recorded(ground: &Ground, name: &str) -> Vec<String> {
    let entries = ground.decisions(name).await;
    let words = |e: &Value| format!("{} by {}", text(&e["decision"]), text(&e["approver"]));
    entries.as_array().unwrap().iter().map(words).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// What is said to somebody who decides in a phase in which that cannot be decided.
fn too_late_or_too_early(phase: Phase) -> String {
    let advice = match phase {
        Phase::Pending => "to stop it add a Rejected entry",
        Phase::Approved | Phase::Active => "to stop it add a Revoked entry",
        _ => NOTHING_LEFT,
    };
    format!("this request is {}: {advice}", phase.as_str())
}

async fn may_revoke_in_approved_and_active(ground: &Ground, who: &Actor) {
    for phase in [Phase::Approved, Phase::Active] {
        let name = ground.in_phase(phase).await;
        allowed(who.decides(&name, "Revoked").await);
        assert_eq!(
            recorded(ground, &name).await,
            [format!("Revoked by {}", who.name)]
        );
    }
}

cases! {
    async fn whoever_is_listed_in_approvers_approves(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        allowed(ground.bob().decides(&name, "Approved").await);
        assert_eq!(recorded(&ground, &name).await, ["Approved by bob@example.com"]);
    }

    async fn whoever_differs_in_upper_and_lower_case_only_is_told_the_name(ground: Ground) {
        let name = ground.request_in("Pending").await;
        let spelled = ground.somebody("Bob@Example.com", &["team-approver", "system:authenticated"]);
        let sentence = "Bob@Example.com cannot approve this request at this point; status.approvers has bob@example.com, and \
                        letters must be the same; who can: bob@example.com, carol@example.com";
        forbidden(spelled.decides(&name, "Approved").await, sentence);
    }

    async fn whoever_is_not_listed_hears_who_can_approve(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let listed = "cannot approve this request at this point; who can: bob@example.com, alice@example.com";
        for who in [ground.carol(), ground.mallory(), ground.root(), ground.master(), ground.erin()] {
            forbidden(who.decides(&name, "Approved").await, &format!("{} {listed}", who.name));
        }
        let nobody = ground.pending(|s| s["approvers"] = json!([])).await;
        forbidden(ground.bob().decides(&nobody, "Approved").await, "at this point; who can: nobody yet");
    }

    async fn up_to_ten_approvers_are_named_and_more_are_pointed_to(ground: Ground) {
        let named = |count: usize| (1..=count).map(|n| format!("person-{n}")).collect::<Vec<_>>();
        let ten = ground.pending(|s| s["approvers"] = json!(named(10))).await;
        let answer = ground.bob().decides(&ten, "Approved").await;
        forbidden(answer, &format!("who can: {}", named(10).join(", ")));
        let eleven = ground.pending(|s| s["approvers"] = json!(named(11))).await;
        forbidden(ground.bob().decides(&eleven, "Approved").await, "who can: see status.approvers");
    }

    async fn nothing_is_approved_or_rejected_but_what_is_pending(ground: Ground) {
        for phase in Phase::ALL.into_iter().filter(|p| *p != Phase::Pending) {
            let name = ground.in_phase(phase).await;
            for decision in ["Approved", "Rejected"] {
                forbidden(ground.bob().decides(&name, decision).await, &too_late_or_too_early(phase));
            }
            assert_eq!(ground.decisions(&name).await, json!([]), "{phase:?}");
        }
    }

    async fn nothing_is_revoked_but_what_is_approved_or_active(ground: Ground) {
        let others = |p: &Phase| !matches!(p, Phase::Approved | Phase::Active);
        for phase in Phase::ALL.into_iter().filter(others) {
            let name = ground.in_phase(phase).await;
            for who in [ground.bob(), ground.erin()] {
                forbidden(who.decides(&name, "Revoked").await, &too_late_or_too_early(phase));
            }
        }
    }

    async fn nothing_is_decided_before_the_controller_has_looked(ground: Ground) {
        let name = ground.new_request().await;
        for decision in ["Approved", "Rejected", "Revoked"] {
            let sentence = "this request is not yet checked by the controller: try again in a moment";
            forbidden(ground.root().decides(&name, decision).await, sentence);
        }
    }

    async fn a_reviewer_who_cannot_approve_at_this_point_may_reject(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        allowed(ground.carol().decides(&name, "Rejected").await);
        assert_eq!(recorded(&ground, &name).await, ["Rejected by carol@example.com"]);
    }

    async fn a_holder_of_the_verb_revoke_may_reject(ground: Ground) {
        for who in [ground.erin(), ground.root(), ground.master()] {
            let name = ground.pending(|_| ()).await;
            allowed(who.decides(&name, "Rejected").await);
            assert_eq!(recorded(&ground, &name).await, [format!("Rejected by {}", who.name)]);
        }
    }

    async fn anybody_else_may_neither_reject_nor_revoke(ground: Ground) {
        let mallory = ground.mallory();
        let told = format!("mallory@example.com {REVIEWERS_ONLY}");
        let pending = ground.pending(|_| ()).await;
        forbidden(mallory.decides(&pending, "Rejected").await, &told);
        for phase in [Phase::Approved, Phase::Active] {
            let name = ground.in_phase(phase).await;
            forbidden(mallory.decides(&name, "Revoked").await, &told);
        }
    }

    async fn an_approver_who_is_no_reviewer_may_not_reject(ground: Ground) {
        let name = ground.pending(|s| s["reviewers"] = json!(["carol@example.com"])).await;
        forbidden(ground.bob().decides(&name, "Rejected").await, REVIEWERS_ONLY);
        allowed(ground.bob().decides(&name, "Approved").await);
    }

    async fn a_reviewer_revokes_what_is_approved_or_active(ground: Ground) {
        may_revoke_in_approved_and_active(&ground, &ground.carol()).await;
    }

    async fn security_revokes_by_the_verb_without_being_listed(ground: Ground) {
        may_revoke_in_approved_and_active(&ground, &ground.erin()).await;
    }

    async fn a_cluster_admin_revokes_through_the_wildcard(ground: Ground) {
        may_revoke_in_approved_and_active(&ground, &ground.root()).await;
    }

    async fn the_verb_revoke_bound_in_the_namespace_of_the_request_is_enough(ground: Ground) {
        let name = ground.in_phase(Phase::Active).await;
        forbidden(ground.mallory().decides(&name, "Revoked").await, REVIEWERS_ONLY);
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": { "name": "local-security", "namespace": ground.namespace },
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "team-security",
            },
            "subjects": [{ "kind": "User", "name": "mallory@example.com", "apiGroup": "rbac.authorization.k8s.io" }],
        });
        apply(&ground.master().client, &binding).await.unwrap();
        let (mallory, request) = (&ground.mallory(), &name);
        awaited("the binding counts", || async move { mallory.decides(request, "Revoked").await.ok() }).await;
        assert_eq!(recorded(&ground, &name).await, ["Revoked by mallory@example.com"]);
    }

    async fn a_service_account_revokes_with_the_verb_and_not_without(ground: Ground) {
        let robot = ground.robot().await;
        may_revoke_in_approved_and_active(&ground, &robot).await;
        let other = ground.somebody("system:serviceaccount:elsewhere:robot", &["team-approver"]);
        let name = ground.in_phase(Phase::Active).await;
        forbidden(other.decides(&name, "Revoked").await, REVIEWERS_ONLY);
    }

    async fn a_service_account_neither_approves_nor_rejects_even_when_listed(ground: Ground) {
        let robot = ground.robot().await;
        let listed = json!([robot.name]);
        let name = ground
            .pending(|s| {
                s["approvers"] = listed.clone();
                s["reviewers"] = listed;
            })
            .await;
        for decision in ["Approved", "Rejected"] {
            let sentence = format!(
                "approving and rejecting is for people, and {} is a machine: log in as yourself",
                robot.name
            );
            forbidden(robot.decides(&name, decision).await, &sentence);
        }
    }

    async fn the_requester_does_not_decide_on_the_own_request_even_when_listed(ground: Ground) {
        let pending = ground.pending(|_| ()).await;
        for decision in ["Approved", "Rejected"] {
            invalid(ground.alice().decides(&pending, decision).await, NOT_ONES_OWN);
        }
        let active = ground.in_phase(Phase::Active).await;
        invalid(ground.alice().decides(&active, "Revoked").await, NOT_ONES_OWN);
        invalid(ground.bob().appends(&pending, json!({ "approver": "alice@example.com", "decision": "Approved" })).await,
            NOT_ONES_OWN);
    }

    async fn one_person_approves_and_revokes_later(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        allowed(ground.bob().decides(&name, "Approved").await);
        ground.moves(&name, Phase::Approved).await;
        allowed(ground.bob().decides(&name, "Revoked").await);
        let both = ["Approved by bob@example.com", "Revoked by bob@example.com"];
        assert_eq!(recorded(&ground, &name).await, both);
    }

    async fn an_approver_cannot_touch_the_request_itself(ground: Ground) {
        let olga = ground.somebody("olga@example.com", &["team-approver"]);
        let name = ground.pending(|s| s["approvers"] = json!(["olga@example.com"])).await;
        let answer = olga.patches(&name, json!({ "status": { "approvals": [{ "decision": "Approved" }] } })).await;
        forbidden(answer, "cannot patch resource \"elevationrequests\" in API group");
        allowed(olga.decides(&name, "Approved").await);
    }
}
