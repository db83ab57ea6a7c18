//! A request in Slack: one message that is edited, people who are told one by one, and Slack's ways to say no.

use serde_json::{Value, json};

use super::slack::Slack;
use super::stage::{Told, every_event};

const CHANNEL: &str = "C0123ABCD";

async fn with_slack(told: &Told, audience: Value) {
    let data = json!({ "medium": "slack", "host": "127.0.0.1", "token": "xoxb-test" });
    told.secret("slack", "team-operator.io/channel", data).await;
    let slack =
        json!({ "tokenSecret": { "name": "slack", "key": "token" }, "channel": CHANNEL, "mention": "S0123" });
    told.channel(
        "slack",
        json!({ "slack": slack, "events": every_event(), "audience": audience }),
    )
    .await;
}

fn text_of(body: &Value) -> &str {
    body["text"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slack_shows_a_request_in_one_message_and_tells_people_one_by_one() {
    let (told, slack) = (Told::open().await, Slack::start().await);
    with_slack(&told, json!(["Channel", "Requester", "Approvers"])).await;
    // Slack asks for fewer messages at first.
    slack.troubles(&[json!(1), json!("internal_error")]);
    let _reporter = told.reporter(&[slack.option()]).await;
    let name = told.scene.asks("alice", "DatabaseAdmin", "2h").await;
    let posted = |conversation: &str| slack.calls("chat.postMessage", conversation);
    told.scene
        .eventually("the channel and both leads are asked", async || {
            !posted(CHANNEL).is_empty() && !posted("UCAROL").is_empty()
        })
        .await;
    assert!(text_of(&posted(CHANNEL)[0]).starts_with("Approval needed: alice@example.com"));
    assert!(posted("UALICE").is_empty(), "the requester is asked to approve");
    told.scene
        .person("carol")
        .decides(&name, "Approved")
        .await
        .unwrap();
    told.scene.is(&name, "Active").await;
    told.scene
        .eventually("the channel shows that access has started", async || {
            slack
                .calls("chat.update", CHANNEL)
                .last()
                .is_some_and(|body| text_of(body).starts_with("Access has started"))
        })
        .await;
    assert_eq!(posted(CHANNEL).len(), 1, "{:?}", posted(CHANNEL));
    told.scene
        .eventually("the requester is told in a message of its own", async || {
            posted("UALICE")
                .iter()
                .any(|body| text_of(body).starts_with("Access has started"))
        })
        .await;
    told.scene
        .eventually("who was asked sees that it no longer awaits them", async || {
            let edits = slack.calls("chat.update", "UCAROL");
            edits
                .last()
                .is_some_and(|body| body["blocks"].to_string().contains("no longer awaits you"))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_was_deleted_is_posted_anew_and_a_revoked_token_is_shown() {
    let (told, slack) = (Told::open().await, Slack::start().await);
    with_slack(&told, json!(["Channel"])).await;
    let _reporter = told.reporter(&[slack.option()]).await;
    let name = told.scene.asks("alice", "DatabaseAdmin", "2h").await;
    let posted = || slack.calls("chat.postMessage", CHANNEL);
    told.scene
        .eventually("the channel is asked", async || posted().len() == 1)
        .await;
    slack.forgets();
    told.scene
        .person("carol")
        .decides(&name, "Rejected")
        .await
        .unwrap();
    told.scene
        .eventually("the end is posted anew", async || {
            posted()
                .last()
                .is_some_and(|body| text_of(body).starts_with("Rejected by carol"))
        })
        .await;
    slack.troubles(&[json!("token_revoked")]);
    let status = told.tested("slack").await;
    let conditions = status["conditions"].as_array().unwrap();
    assert_eq!(conditions[0]["reason"], "TokenRefused", "{status}");
}
