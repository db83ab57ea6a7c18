//! The life of a request as a webhook is told it, whatever happens to the reporter.

use serde_json::json;

use super::receiver::{Receiver, SIGNING_KEY};
use super::stage::{Told, every_event};

/// What a life is told as that Carol approves and Alice ends early.
const LIFE: [&str; 4] = [
    "io.team-operator.approval-needed.v1",
    "io.team-operator.approved.v1",
    "io.team-operator.started.v1",
    "io.team-operator.revoked.v1",
];

async fn with_webhook(told: &Told, receiver: &Receiver) {
    let data = json!({ "medium": "webhook", "host": "127.0.0.1", "key": SIGNING_KEY });
    told.secret("hook", "team-operator.io/channel", data).await;
    let webhook = json!({ "url": receiver.url("/hook"), "signingSecret": { "name": "hook", "key": "key" } });
    told.channel("hook", json!({ "webhook": webhook, "events": every_event() }))
        .await;
}

/// Waits until so many of the life were told.
async fn is_told(told: &Told, receiver: &Receiver, kinds: &[&str]) {
    let of_life = || -> Vec<String> {
        let kinds = receiver.kinds().into_iter();
        kinds.filter(|kind| LIFE.contains(&kind.as_str())).collect()
    };
    let what = format!("{kinds:?} are told");
    told.scene.eventually(&what, async || of_life() == kinds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_told_a_whole_life_in_order_and_the_report_says_so() {
    let (told, receiver) = (Told::open().await, Receiver::start().await);
    with_webhook(&told, &receiver).await;
    let reporter = told.reporter(&[]).await;
    let name = told.scene.asks("alice", "DatabaseAdmin", "2h").await;
    is_told(&told, &receiver, &LIFE[..1]).await;
    // The receiver fails twice, and nothing is lost.
    receiver.answers(&[503, 429]);
    told.scene
        .person("carol")
        .decides(&name, "Approved")
        .await
        .unwrap();
    told.scene.is(&name, "Active").await;
    is_told(&told, &receiver, &LIFE[..3]).await;
    let cancelled = json!({ "spec": { "cancelled": true } });
    told.scene
        .person("alice")
        .patches(&name, cancelled)
        .await
        .unwrap();
    is_told(&told, &receiver, &LIFE).await;
    let first = &receiver.received()[0].event;
    assert_eq!(first["specversion"], "1.0");
    assert_eq!(first["subject"], format!("{}/{name}", told.scene.namespace));
    assert_eq!(first["data"]["access"]["requester"], "alice@example.com");
    let line = format!("kubectl team approve {name} -n {}", told.scene.namespace);
    assert_eq!(first["data"]["next"][0], line);
    let reports = told.reports().await;
    let outcomes = reports[0]["status"]["deliveries"][0]["outcomes"]
        .as_array()
        .unwrap();
    let sent = outcomes.iter().filter(|outcome| outcome["result"] == "Sent");
    assert_eq!(sent.count(), LIFE.len(), "{outcomes:?}");
    assert!(reporter.ended().is_none(), "{}", reporter.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reporter_that_is_killed_between_call_and_record_repeats_that_call_alone() {
    let (told, receiver) = (Told::open().await, Receiver::start().await);
    with_webhook(&told, &receiver).await;
    let mut reporter = told.reporter(&[]).await;
    let mut name = String::new();
    // What people cause: the receiver holds its answer before it can be sent.
    let kinds = [LIFE[0], LIFE[1], LIFE[3]];
    for kind in kinds {
        receiver.holds_its_answers();
        if kind == LIFE[0] {
            name = told.scene.asks("alice", "DatabaseAdmin", "2h").await;
        } else if kind == LIFE[1] {
            told.scene
                .person("carol")
                .decides(&name, "Approved")
                .await
                .unwrap();
        } else {
            let cancelled = json!({ "spec": { "cancelled": true } });
            told.scene
                .person("alice")
                .patches(&name, cancelled)
                .await
                .unwrap();
        }
        let count = || {
            receiver
                .received()
                .iter()
                .filter(|message| message.kind == kind)
                .count()
        };
        told.scene
            .eventually(&format!("{kind} is under way"), async || count() > 0)
            .await;
        reporter.kill();
        receiver.goes_on();
        reporter = told.reporter(&[]).await;
        told.scene
            .eventually(&format!("{kind} is sent once more"), async || count() > 1)
            .await;
        if kind == LIFE[1] {
            is_told(&told, &receiver, &LIFE[..3]).await;
        }
    }
    is_told(&told, &receiver, &LIFE).await;
    let messages = receiver.received();
    let of_life = messages
        .iter()
        .filter(|message| LIFE.contains(&message.kind.as_str()))
        .count();
    assert_eq!(
        of_life,
        LIFE.len() + kinds.len(),
        "one more for each kill: {messages:?}"
    );
}
