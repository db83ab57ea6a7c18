//! Limits of decisions: comments that the settings require, the maximum number of entries, and their audit annotations.

use serde_json::{Value, json};
use team_operator::api::Phase;

use crate::support::{Actor, Ground, allowed, cases, forbidden, invalid};

const A_COMMENT: &str = "a comment is required: add comment to your entry and say why";
const THIRTY_TWO: &str =
    "this request already has 32 decisions: only a Revoked entry may follow; make a new request to go on";

fn comment_required(status: &mut Value) {
    status["review"]["commentRequired"] = json!(true);
}

fn entry(approver: &Actor, decision: &str, comment: &str) -> Value {
    json!({ "approver": approver.name, "decision": decision, "comment": comment })
}

/// A request with thirty-two votes: sixteen people have approved and rejected it.
async fn with_thirty_two_votes(ground: &Ground) -> String {
    let mut people = ground.approvers();
    people.push(ground.bob());
    let mut listed: Vec<&str> = people.iter().map(|p| p.name.as_str()).collect();
    listed.push("carol@example.com");
    let name = ground
        .pending(|s| {
            s["approvers"] = json!(listed);
            s["reviewers"] = json!(listed);
        })
        .await;
    for person in &people {
        allowed(person.decides(&name, "Approved").await);
        allowed(person.decides(&name, "Rejected").await);
    }
    name
}

async fn count(ground: &Ground, name: &str) -> usize {
    ground.decisions(name).await.as_array().unwrap().len()
}

cases! {
    async fn a_comment_that_is_asked_for_has_a_letter_or_a_number_in_it(ground: Ground) {
        let name = ground.pending(comment_required).await;
        let bob = ground.bob();
        for decision in ["Approved", "Rejected"] {
            let bare = json!({ "approver": bob.name, "decision": decision });
            invalid(bob.appends(&name, bare).await, A_COMMENT);
            for empty in ["", "   ", "\u{2003}\u{00a0}"] {
                invalid(bob.appends(&name, entry(&bob, decision, empty)).await, A_COMMENT);
            }
            for signs in ["...", "?!-_", "\u{1f44d}"] {
                let sentence = "the comment of your entry has no letter and no digit: say why in words";
                invalid(bob.appends(&name, entry(&bob, decision, signs)).await, sentence);
            }
        }
        assert_eq!(ground.decisions(&name).await, json!([]));
    }

    async fn a_comment_may_be_in_any_script(ground: Ground) {
        let bob = ground.bob();
        for comment in ["ja", "確認しました", "да, можно", "نعم", "é", "٤٢", "#7"] {
            let name = ground.pending(comment_required).await;
            allowed(bob.appends(&name, entry(&bob, "Approved", comment)).await);
            assert_eq!(ground.decisions(&name).await[0]["comment"], comment);
        }
    }

    async fn no_comment_is_needed_where_settings_ask_for_none(ground: Ground) {
        let bob = ground.bob();
        for decision in ["Approved", "Rejected"] {
            let name = ground.pending(|s| s["review"]["commentRequired"] = json!(false)).await;
            allowed(bob.appends(&name, json!({ "approver": bob.name, "decision": decision })).await);
        }
    }

    async fn revoking_never_needs_a_comment(ground: Ground) {
        let name = ground.pending(comment_required).await;
        ground.moves(&name, Phase::Approved).await;
        for who in [ground.bob(), ground.erin()] {
            allowed(who.appends(&name, json!({ "approver": who.name, "decision": "Revoked" })).await);
        }
    }

    async fn a_comment_has_at_most_1024_characters(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let bob = ground.bob();
        invalid(bob.appends(&name, entry(&bob, "Approved", &"x".repeat(1025))).await, "Too long");
        allowed(bob.appends(&name, entry(&bob, "Approved", &"ü".repeat(1024))).await);
    }

    async fn after_thirty_two_votes_only_revoking_fits_and_it_fits_up_to_sixty_four(ground: Ground) {
        let name = with_thirty_two_votes(&ground).await;
        assert_eq!(count(&ground, &name).await, 32);
        for decision in ["Approved", "Rejected"] {
            invalid(ground.carol().decides(&name, decision).await, THIRTY_TWO);
        }
        ground.moves(&name, Phase::Approved).await;
        allowed(ground.carol().decides(&name, "Revoked").await);
        for number in 2..=32 {
            let someone = ground.somebody(&format!("guard-{number}@example.com"), &["team-security"]);
            allowed(someone.decides(&name, "Revoked").await);
        }
        assert_eq!(count(&ground, &name).await, 64);
        invalid(ground.erin().decides(&name, "Revoked").await, "must have at most 64 items");
    }

    async fn the_thirty_second_vote_still_fits(ground: Ground) {
        let name = ground.pending(|s| s["reviewers"] = json!([])).await;
        for number in 1..=31 {
            let someone = ground.somebody(&format!("guard-{number}@example.com"), &["team-security"]);
            allowed(someone.decides(&name, "Rejected").await);
        }
        allowed(ground.bob().decides(&name, "Approved").await);
        assert_eq!(count(&ground, &name).await, 32);
    }

    async fn the_audit_log_says_who_decided_what(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        allowed(ground.bob().decides(&name, "Approved").await);
        let by_bob = |e: &Value| e["user"]["username"] == "bob@example.com" && e["verb"] == "patch";
        if let Some(event) = ground.audited("the event of the approval", &name, by_bob).await {
            assert_eq!(event["objectRef"]["subresource"], "status");
            let decision = &event["annotations"]["team-operator-decisions/decision"];
            assert_eq!(decision, "Approved by bob@example.com");
            let by_controller = |e: &Value| e["user"]["username"] == ground.controller().name.as_str();
            let event = ground.audited("the event of the controller", &name, by_controller).await.unwrap();
            assert_eq!(event["annotations"]["team-operator-decisions/decision"], Value::Null);
        }
    }

    async fn impersonation_is_seen_in_the_audit_log(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let guise = ground.posing("root@example.com", "bob@example.com", &["team-approver"]);
        allowed(guise.decides(&name, "Approved").await);
        let by_root = |e: &Value| e["user"]["username"] == "root@example.com" && e["verb"] == "patch";
        if let Some(event) = ground.audited("the event of the guise", &name, by_root).await {
            assert_eq!(event["impersonatedUser"]["username"], "bob@example.com");
            let decision = &event["annotations"]["team-operator-decisions/decision"];
            assert_eq!(decision, "Approved by bob@example.com");
        }
    }

    async fn nobody_without_the_right_to_impersonate_decides_as_another(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let guise = ground.posing("mallory@example.com", "bob@example.com", &["team-approver"]);
        forbidden(guise.decides(&name, "Approved").await, "cannot impersonate");
    }
}
