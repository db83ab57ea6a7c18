//! `EligibilityReview`: users create reviews for themselves only, and only the controller writes the answer.

use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::support::{Actor, World, allowed, cases, forbidden, invalid};

const ONLY_FOR_YOURSELF: &str = "you may ask only for yourself: set spec.requester to alice@example.com";

cases! {
    async fn everybody_asks_for_themselves_and_reads_what_they_asked(ground: Ground) {
        let alice = ground.alice();
        let review = allowed(alice.reviews(json!({ "requester": "alice@example.com" })).await);
        let read = alice.namespaced("EligibilityReview").get(name_of(&review)).await.unwrap();
        assert_eq!(read.data["spec"]["requester"], "alice@example.com");
    }

    async fn nobody_asks_for_another(ground: Ground) {
        forbidden(ground.alice().reviews(json!({ "requester": "bob@example.com" })).await, ONLY_FOR_YOURSELF);
        let answer = ground.master().reviews(json!({ "requester": "alice@example.com" })).await;
        forbidden(answer, "you may ask only for yourself: set spec.requester to ");
    }

    async fn a_review_without_a_name_is_stamped_or_the_refusal_says_which_to_put(ground: Ground) {
        for spec in [json!({}), json!({ "requester": "" })] {
            let answer = ground.alice().reviews(spec).await;
            if ground.cluster.world == World::Stamping {
                assert_eq!(allowed(answer)["spec"]["requester"], "alice@example.com");
            } else {
                forbidden(answer, ONLY_FOR_YOURSELF);
            }
        }
    }

    async fn an_answer_that_comes_with_the_question_is_dropped(ground: Ground) {
        let alice = ground.alice();
        let object = json!({
            "apiVersion": "team-operator.io/v1alpha1",
            "kind": "EligibilityReview",
            "metadata": { "generateName": "review-" },
            "spec": { "requester": alice.name },
            "status": { "complete": true },
        });
        let object = serde_json::from_value(object).unwrap();
        let review = alice.namespaced("EligibilityReview").create(&kube::api::PostParams::default(), &object).await;
        assert_eq!(json!(review.unwrap())["status"], Value::Null);
    }

    async fn only_the_controller_answers(ground: Ground) {
        let review = allowed(ground.alice().reviews(json!({ "requester": "alice@example.com" })).await);
        for person in [ground.root(), ground.master()] {
            forbidden(answers(&person, name_of(&review)).await, "only the controller answers a review");
        }
        forbidden(answers(&ground.alice(), name_of(&review)).await, "cannot patch resource \"eligibilityreviews/status\"");
        let answered = allowed(answers(&ground.controller(), name_of(&review)).await);
        assert_eq!(answered["status"]["complete"], true);
    }

    async fn the_controller_removes_reviews(ground: Ground) {
        let review = allowed(ground.alice().reviews(json!({ "requester": "alice@example.com" })).await);
        let api = ground.controller().namespaced("EligibilityReview");
        api.delete(name_of(&review), &DeleteParams::default()).await.unwrap();
        assert!(api.get_opt(name_of(&review)).await.unwrap().is_none());
    }

    async fn a_question_is_not_changed(ground: Ground) {
        let review = allowed(ground.alice().reviews(json!({ "requester": "alice@example.com" })).await);
        let patch = Patch::Merge(json!({ "spec": { "accountId": "111122223333" } }));
        let answer = ground.master().namespaced("EligibilityReview").patch(name_of(&review), &PatchParams::default(), &patch).await;
        invalid(answer.map(|r| json!(r)), "a review cannot be changed: create a new one (kubectl create, with metadata.generateName)");
    }
}

fn name_of(review: &Value) -> &str {
    review["metadata"]["name"].as_str().unwrap()
}

async fn answers(actor: &Actor, name: &str) -> crate::support::Answer {
    let patch = Patch::Merge(json!({ "status": { "complete": true } }));
    let api = actor.namespaced("EligibilityReview");
    let answer = api.patch_status(name, &PatchParams::default(), &patch).await;
    answer.map(|review| json!(review))
}
