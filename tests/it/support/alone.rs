//! A cluster for oneself: what all share is changed here, and put back whatever happens.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::cluster::{Ground, settings};
use super::expect::sentence;
use super::objects::{delete_on_purpose, replace};
use crate::stage::{api_of, until};

/// A ground on which nobody else stands.
pub struct Alone {
    ground: Arc<Ground>,
    before: Arc<Mutex<Vec<Value>>>,
}

/// What is left to do when a case that was alone is over.
pub struct Afterwards {
    ground: Arc<Ground>,
    before: Arc<Mutex<Vec<Value>>>,
}

impl Deref for Alone {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl Alone {
    pub fn new(ground: Ground) -> Self {
        Self {
            ground: Arc::new(ground),
            before: Arc::default(),
        }
    }

    /// What to do when the case is over.
    pub fn afterwards(&self) -> Afterwards {
        Afterwards {
            ground: Arc::clone(&self.ground),
            before: Arc::clone(&self.before),
        }
    }

    /// Puts an object that all share in the place of what was there, and remembers that.
    pub async fn applies(&self, object: &Value) {
        self.remember(object).await;
        replace(&self.ground.master().client, object).await;
    }

    /// Deletes an object that all share, and remembers it.
    pub async fn removes(&self, object: &Value) {
        self.remember(object).await;
        delete_on_purpose(&self.ground.master().client, object)
            .await
            .unwrap();
    }

    /// Puts other settings in force. They always allow 8h59m at most: a refusal that says so shows that they hold.
    pub async fn settings(&self, change: impl FnOnce(&mut Value)) {
        self.settings_until(change, "longer than the 8h59m that TeamSettings allow")
            .await;
    }

    /// Puts other settings in force, which refuse a request of Alice's for 8000h with this sentence.
    pub async fn settings_until(&self, change: impl FnOnce(&mut Value), refusal: &str) {
        let mut object = settings();
        object["spec"]["maxRequestDuration"] = json!("8h59m");
        change(&mut object["spec"]);
        self.applies(&object).await;
        settings_say(&self.ground, refusal).await;
    }

    /// Takes the settings away, and sees that they are gone.
    pub async fn without_settings(&self) {
        self.removes(&settings()).await;
        settings_say(
            &self.ground,
            "no params found for policy binding with `Deny` parameterNotFoundAction",
        )
        .await;
    }

    async fn remember(&self, object: &Value) {
        let name = object["metadata"]["name"].as_str().unwrap();
        let known = |o: &Value| o["kind"] == object["kind"] && o["metadata"]["name"] == name;
        if self.before.lock().unwrap().iter().any(known) {
            return;
        }
        let was = api_of(&self.ground.master().client, object)
            .get(name)
            .await
            .unwrap();
        self.before.lock().unwrap().push(json!(was));
    }
}

impl Afterwards {
    /// Everything as it was, and seen to be in force.
    pub async fn put_back(self) {
        let before = std::mem::take(&mut *self.before.lock().unwrap());
        for was in &before {
            replace(&self.ground.master().client, was).await;
        }
        for was in &before {
            match was["kind"].as_str().unwrap() {
                "TeamSettings" => {
                    settings_say(&self.ground, "longer than the 9h that TeamSettings allow").await;
                }
                "ValidatingAdmissionPolicy" => root_may_write_policies(&self.ground).await,
                _ => foreign_names_are_refused(&self.ground).await,
            }
        }
    }
}

/// Settings act a moment after they were written: they do when a refusal says so.
async fn settings_say(ground: &Ground, refusal: &str) {
    until(refusal, async || {
        let answer = ground
            .alice()
            .tries(|r| r["spec"]["duration"] = json!("8000h"))
            .await;
        answer.err().filter(|error| sentence(error).contains(refusal))
    })
    .await;
}

async fn root_may_write_policies(ground: &Ground) {
    until("root may write policies again", async || {
        let policy = super::acts::approver_policy("probe");
        ground.root().tries_shared("ApproverPolicy", policy).await.ok()
    })
    .await;
}

async fn foreign_names_are_refused(ground: &Ground) {
    until("requests in foreign names are refused again", async || {
        let answer = ground
            .alice()
            .tries(|r| r["spec"]["requester"] = json!("nobody"))
            .await;
        answer.err()
    })
    .await;
}
