//! Hostile attempts over plain HTTP: every role of the product, every verb, every form of a body. Nothing is forged, and nothing that
//! anybody sends makes the API server fail.

mod bodies;

use http::{Method, Request};
use serde_json::{Value, json};

use bodies::{created_in_another_name, forged_statuses, in_every_form, on_the_request};

use crate::support::{Actor, Ground, cases};

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const STRATEGIC: &str = "application/strategic-merge-patch+json";

/// One request.
#[derive(Clone)]
struct Attempt {
    what: String,
    method: Method,
    path: String,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Attempt {
    fn new(
        what: impl Into<String>,
        method: Method,
        path: String,
        content_type: &'static str,
        body: String,
    ) -> Self {
        Self {
            what: what.into(),
            method,
            path,
            content_type,
            headers: vec![],
            body,
        }
    }

    /// The code of the answer, and what it says where it is a refusal.
    async fn by(&self, who: &Actor) -> (u16, String) {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .header("content-type", self.content_type);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.body(self.body.clone().into_bytes()).unwrap();
        match who.client.request_text(request).await {
            Ok(_) => (200, String::new()),
            Err(kube::Error::Api(status)) => (status.code, status.message.clone()),
            Err(error) => panic!("{} by {}: {error}", self.what, who.name),
        }
    }
}

/// What the API server answers with 500, by itself, to an apply of values that are not of the type of their field.
const NOT_OF_THE_TYPE: &str = "failed to create typed patch object";

const KINDS: &str = "/apis/team-operator.io/v1alpha1";

fn requests_of(namespace: &str) -> String {
    format!("{KINDS}/namespaces/{namespace}/elevationrequests")
}

/// Everything that counts about a request: what nobody here may change.
fn substance(request: &Value) -> Value {
    let metadata = &request["metadata"];
    json!({
        "uid": metadata["uid"], "labels": metadata["labels"], "annotations": metadata["annotations"],
        "finalizers": metadata["finalizers"], "owners": metadata["ownerReferences"],
        "deletion": metadata["deletionTimestamp"], "spec": request["spec"], "status": request["status"],
    })
}

/// Who asks in the namespace, by name.
async fn requesters(ground: &Ground) -> Vec<String> {
    let listed = ground
        .master()
        .requests()
        .list(&kube::api::ListParams::default())
        .await
        .unwrap();
    let requester =
        |request: &kube::api::DynamicObject| request.data["spec"]["requester"].as_str().unwrap().to_owned();
    listed.items.iter().map(requester).collect()
}

cases! {
    async fn hundreds_of_hostile_attempts_forge_nothing_and_break_nothing(ground: Ground) {
        let victims = [ground.request_in("Pending").await, ground.request_in("Active").await];
        let actors = [
            ground.mallory(),
            ground.bob(),
            ground.erin(),
            ground.person("audrey@example.com"),
            ground.person("paul@example.com"),
            ground.robot().await,
            ground.root(),
            ground.master(),
            ground.mighty(&ground.controller().name),
        ];
        let (mut tried, mut done) = (0, vec![]);
        for victim in &victims {
            let live = ground.master().reads(victim).await.unwrap();
            let before = substance(&live);
            let path = format!("{}/{victim}", requests_of(&ground.namespace));
            for who in &actors {
                let mut attempts = on_the_request(&ground.namespace, victim, &live);
                let statuses = forged_statuses(&who.name, &live["status"]);
                for (number, (what, status)) in statuses.iter().enumerate() {
                    let forms = in_every_form(&format!("{path}/status"), &live, what, status);
                    // Two of the five, in turn: each form meets each kind of status.
                    attempts.extend(forms.into_iter().cycle().skip(number % 5).step_by(2).take(2));
                }
                // Who may impersonate is somebody else, as documented: that is not tried.
                let asks = created_in_another_name(&ground, &who.name);
                let is_mighty = ["root@example.com", &ground.master().name, &ground.controller().name].contains(&who.name.as_str());
                attempts.extend(asks.into_iter().filter(|attempt| !is_mighty || attempt.headers.is_empty()));
                for attempt in &attempts {
                    let (code, said) = attempt.by(who).await;
                    let failed = code >= 500 && !said.contains(NOT_OF_THE_TYPE);
                    assert!(!failed, "{} by {}: {code} {said}", attempt.what, who.name);
                    if code < 300 {
                        done.push(format!("{} by {}", attempt.what, who.name));
                    }
                }
                tried += attempts.len();
                let after = ground.master().reads(victim).await.unwrap();
                assert_eq!(substance(&after), before, "after the attempts of {}; done: {done:#?}", who.name);
            }
        }
        // What was created was created in the own name.
        for requester in requesters(&ground).await {
            let own = requester == "alice@example.com" || actors.iter().any(|who| who.name == requester);
            assert!(own, "{requester}");
        }
        let of_alice = requesters(&ground).await.iter().filter(|name| *name == "alice@example.com").count();
        assert_eq!(of_alice, victims.len(), "nobody asked in her name; done: {done:#?}");
        println!("{tried} attempts; answered with success and without effect: {}", done.len());
        assert!(tried > 300, "{tried}");
    }
}
