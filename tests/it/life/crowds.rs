//! Six hundred requests of one person do not hold up what concerns others.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use serde_json::json;

use super::population::settings;
use super::scene::Scene;
use crate::support::{eventually, request};

/// How many requests one person makes.
const CROWD: usize = 600;

/// How many of them are made at once.
const AT_ONCE: usize = 8;

/// How long somebody else's end and somebody else's decision may take meanwhile.
const SECONDS: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn six_hundred_requests_of_one_person_hold_up_nobody_elses_end_and_nobody_elses_decision() {
    let scene = Scene::crowded().await;
    let mut wide = settings();
    wide["spec"]["maxOpenRequests"] = json!(1000);
    scene.applies_settings(&wide).await;
    let held = scene.has_access("alice", "DatabaseAdmin", "1h").await;
    let waits = scene.asks("bob", "ReadOnlyAccess", "1h").await;
    scene.is(&waits, "Pending").await;

    let mallory = &scene.person("mallory");
    let account = &scene.account;
    futures::stream::iter(0..CROWD)
        .for_each_concurrent(AT_ONCE, async |_| {
            let mut object = request(&mallory.name);
            object["spec"]["accountId"] = json!(account);
            mallory.creates(object).await.unwrap();
        })
        .await;
    assert!(
        scene.undecided().await > CROWD / 4,
        "most of the crowd is decided already"
    );

    let began = Instant::now();
    let cancel = json!({ "spec": { "cancelled": true } });
    scene.person("alice").patches(&held, cancel).await.unwrap();
    scene.person("carol").decides(&waits, "Approved").await.unwrap();
    eventually("Alice's access is gone", async || {
        !scene.has("alice", "DatabaseAdmin")
    })
    .await;
    let ended = began.elapsed();
    scene.is(&waits, "Active").await;
    let decided = began.elapsed();
    println!("Alice's access ended after {ended:?}, Bob's request was decided and granted after {decided:?}");
    assert!(ended < SECONDS && decided < SECONDS, "{ended:?}, {decided:?}");
    scene.is(&held, "Revoked").await;
    scene.stage.kill_controllers().await;
}
