//! Product §4, the row of the requester, and who may do what to a request that is not theirs.

use serde_json::json;

use crate::support::{allowed, cases, forbidden};

cases! {
    async fn a_request_in_the_own_name_is_accepted(ground: Ground) {
        let request = allowed(ground.alice().asks(|_| ()).await);
        assert_eq!(request["spec"]["requester"], "alice@example.com");
        assert_eq!(request["status"], json!({ "approvals": [] }));
    }

    async fn a_request_in_another_name_is_refused(ground: Ground) {
        let answer = ground.alice().asks(|r| r["spec"]["requester"] = json!("bob@example.com")).await;
        forbidden(answer, "you may ask only for yourself: set spec.requester to alice@example.com");
    }
}
