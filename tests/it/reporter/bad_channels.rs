//! Channels that cannot work: each says why, nothing is sent where it should not go, and the others go on.

use serde_json::{Value, json};

use super::receiver::{Receiver, SIGNING_KEY};
use super::stage::{Told, every_event};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_cannot_work_says_why_and_leaves_the_others_alone() {
    let (told, receiver) = (Told::open().await, Receiver::start().await);
    let channel = "team-operator.io/channel";
    let data = |host: &str, medium: &str| json!({ "medium": medium, "host": host, "key": SIGNING_KEY });
    told.secret("good", channel, data("127.0.0.1", "webhook")).await;
    told.secret("opaque", "Opaque", data("127.0.0.1", "webhook"))
        .await;
    told.secret("elsewhere", channel, data("hooks.example.com", "webhook"))
        .await;
    told.secret("of-slack", channel, data("127.0.0.1", "slack")).await;
    told.secret("metadata", channel, data("169.254.169.254", "webhook"))
        .await;
    told.secret("named", channel, data("localhost", "webhook")).await;
    told.secret(
        "weak",
        channel,
        json!({ "medium": "webhook", "host": "127.0.0.1", "key": "whsec_short" }),
    )
    .await;
    let _reporter = told.reporter(&[]).await;
    let good = receiver.url("/hook");
    let by_name = good.replace("127.0.0.1", "localhost");
    let cases: [(&str, &str, &str, &[u16], &str); 11] = [
        ("works", &good, "good", &[], "Delivered"),
        ("missing", &good, "nothing", &[], "SecretNotFound"),
        ("wrong-type", &good, "opaque", &[], "SecretRefused"),
        ("wrong-host", &good, "elsewhere", &[], "SecretRefused"),
        ("wrong-medium", &good, "of-slack", &[], "SecretRefused"),
        ("weak-key", &good, "weak", &[], "SecretRefused"),
        (
            "metadata",
            "https://169.254.169.254/latest",
            "metadata",
            &[],
            "DestinationRefused",
        ),
        ("without-tls", &by_name, "named", &[], "DestinationRefused"),
        ("redirected", &good, "good", &[302], "DestinationRefused"),
        ("gone", &good, "good", &[410], "ChannelNotFound"),
        ("unsigned", &good, "good", &[401], "TokenRefused"),
    ];
    for (name, url, secret, answers, reason) in cases {
        receiver.answers(answers);
        let before = receiver.received().len();
        let webhook = json!({ "url": url, "signingSecret": { "name": secret, "key": "key" } });
        // Of nothing that happens: the test message is its only one.
        told.channel(name, json!({ "webhook": webhook, "events": ["GuardBroken"] }))
            .await;
        let status = told.tested(name).await;
        assert_eq!(ready(&status)["reason"], reason, "{name}: {status}");
        let works = reason == "Delivered";
        assert_eq!(ready(&status)["status"] == "True", works, "{name}: {status}");
        let is_sent = receiver.received().len() > before;
        assert_eq!(is_sent, works || !answers.is_empty(), "{name}");
    }
    // One that works goes on beside them.
    let webhook = json!({ "url": good, "signingSecret": { "name": "good", "key": "key" } });
    told.channel("goes-on", json!({ "webhook": webhook, "events": every_event() }))
        .await;
    let name = told.scene.asks("alice", "DatabaseAdmin", "2h").await;
    let subject = format!("{}/{name}", told.scene.namespace);
    told.scene
        .eventually("it goes on", async || {
            receiver
                .received()
                .iter()
                .any(|message| message.event["subject"] == subject.as_str())
        })
        .await;
}

fn ready(status: &Value) -> &Value {
    let conditions = status["conditions"].as_array().unwrap();
    conditions
        .iter()
        .find(|condition| condition["type"] == "Ready")
        .unwrap()
}
