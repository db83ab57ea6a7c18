//! Requests are kept as evidence: people cannot delete them; the controller deletes finished ones.

use crate::support::{Ground, allowed, cases, forbidden};

const FINISHED: &str = "requests are kept as evidence and cannot be deleted; TeamSettings spec.retention removes \
                        finished ones in time";

cases! {
    async fn nobody_deletes_a_request_and_everybody_is_told_how_to_cancel_it(ground: Ground) {
        ground.lets_everybody(&["delete"]).await;
        let name = ground.new_request().await;
        for somebody in [ground.alice(), ground.mallory(), ground.root(), ground.master(), ground.controller()] {
            forbidden(somebody.deletes(&name).await, &how_to_end(&ground, &name));
        }
        allowed(ground.alice().reads(&name).await);
    }

    async fn people_do_not_delete_finished_requests(ground: Ground) {
        ground.lets_everybody(&["delete"]).await;
        let name = ground.finished_request().await;
        for person in [ground.alice(), ground.mallory(), ground.root(), ground.master()] {
            forbidden(person.deletes(&name).await, FINISHED);
        }
        allowed(ground.alice().reads(&name).await);
    }

    async fn the_controller_deletes_finished_requests(ground: Ground) {
        let name = ground.finished_request().await;
        allowed(ground.controller().deletes(&name).await);
        let gone = ground.alice().reads(&name).await.unwrap_err();
        assert!(matches!(gone, kube::Error::Api(status) if status.code == 404));
    }

    async fn all_requests_at_once_are_not_deleted_either(ground: Ground) {
        ground.lets_everybody(&["deletecollection"]).await;
        let name = ground.new_request().await;
        for person in [ground.alice(), ground.root(), ground.master()] {
            forbidden(person.deletes_all().await, &how_to_end(&ground, &name));
        }
        allowed(ground.alice().reads(&name).await);
    }

    async fn the_role_of_requesters_does_not_even_let_them_try(ground: Ground) {
        let name = ground.new_request().await;
        forbidden(ground.alice().deletes(&name).await, "cannot delete resource \"elevationrequests\"");
        forbidden(ground.alice().deletes_all().await, "cannot deletecollection resource \"elevationrequests\"");
    }
}

fn how_to_end(ground: &Ground, name: &str) -> String {
    format!(
        "requests are kept as evidence and cannot be deleted; to end this one: kubectl team cancel {name} -n {0}; without the plugin: kubectl patch er {name} -n {0} \
         --type=merge -p '{{\"spec\":{{\"cancelled\":true}}}}'; whoever did not make it: kubectl team revoke {name} -n {0}",
        ground.namespace
    )
}
