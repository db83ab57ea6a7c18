//! A story of four people, told with `kubectl team` alone.

use std::fmt::Write as _;
use std::path::Path;

use anstream::adapter::strip_str;
use serde_json::json;

use super::mask::masked;
use super::person::{Done, command, finished, types};
use super::pictures::Picture;
use crate::life::Scene;

/// What is filled into a picture.
type Values = &'static [&'static str];

/// What stands in the picture of `describe` where runs differ.
const DESCRIBED: Values = &[
    "9067642c-50a1-70c8-4b2d-1f0e8a9c7d35)",
    "2026-12-01T13:00:00Z",
    "2026-12-01 10:00 UTC",
    "4m ago",
    "2026-12-01 10:00 UTC",
    "4m ago",
    "2026-12-01 13:00 UTC",
    "in 2h56m",
];

/// A story as it is told.
struct Story {
    scene: Scene,
    text: String,
    words: Vec<(String, String)>,
    pictures: Vec<Picture>,
}

impl Story {
    async fn begin() -> Self {
        let scene = Scene::of_the_plugin().await;
        scene
            .applies(&json!({
                "apiVersion": "team-operator.io/v1alpha1",
                "kind": "ApproverPolicy",
                "metadata": { "name": format!("story-{}", scene.account) },
                "spec": {
                    "accounts": [scene.account],
                    "stages": [
                        { "name": "lead", "approvers": [{ "kind": "User", "name": "bob@example.com" }], "approvalsRequired": 1 },
                        { "name": "security", "approvers": [{ "kind": "User", "name": "carol@example.com" }],
                          "approvalsRequired": 1 },
                    ],
                },
            }))
            .await;
        let number: u64 = scene.account.parse::<u64>().unwrap() - 100_000_000_000;
        let words = vec![
            (format!("story-{}", scene.account), "orders".to_owned()),
            (format!("account-{number} "), "orders ".to_owned()),
            (format!("account-{number}"), "orders".to_owned()),
            (scene.account.clone(), "111122223333".to_owned()),
            (format!("…{}", &scene.account[8..]), "…3333".to_owned()),
            (scene.namespace.clone(), "access-requests".to_owned()),
            // Which of the two a person reads depends on how quick AWS is.
            (
                "stopped; the access is being removed".to_owned(),
                "stopped; it is Revoked".to_owned(),
            ),
            (
                "the request is Active".to_owned(),
                "the request is Approved".to_owned(),
            ),
        ];
        Self {
            scene,
            text: String::new(),
            words,
            pictures: vec![],
        }
    }

    /// Writes a heading.
    fn chapter(&mut self, title: &str) {
        let _ = write!(self.text, "\n# {title}\n");
    }

    /// Somebody types a command; it is written down with all that the screen shows.
    async fn types(&mut self, who: &str, words: &[&str]) -> Done {
        let done = types(&self.scene, who, words).await;
        let _ = write!(self.text, "\n{}{}", typed(who, words), done.screen());
        if done.code != 0 {
            let _ = writeln!(self.text, "[exit {}]", done.code);
        }
        done
    }

    /// The same, on a screen with colors, of which a picture is made.
    async fn is_pictured(&mut self, name: &'static str, values: Values, who: &str, words: &[&str]) -> Done {
        let mut colored = command(&self.scene, who, words);
        colored.env("CLICOLOR_FORCE", "1");
        let mut done = finished(colored).await;
        let screen = typed(who, words) + &done.screen();
        for stream in [&mut done.stdout, &mut done.stderr] {
            *stream = strip_str(stream).to_string();
        }
        let _ = write!(self.text, "\n{}{}", typed(who, words), done.screen());
        self.pictures.push(Picture { name, screen, values });
        done
    }

    /// Somebody exports; the rows, which come by names that chance chose, are written down in the order of their requests.
    async fn exports(&mut self, who: &str) {
        let done = types(&self.scene, who, &["export", "--format", "ndjson"]).await;
        let mut rows: Vec<serde_json::Value> = done
            .ok()
            .lines()
            .map(|row| serde_json::from_str(row).unwrap())
            .collect();
        rows.sort_by_key(|row| row["requestedTime"].to_string());
        let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
        assert_eq!(rows.len(), 3);
        let _ = write!(
            self.text,
            "\n{who}$ kubectl team export --format ndjson\n{}{}\n",
            done.stderr,
            rows.join("\n")
        );
    }

    /// Alice asks for access; the name that the request got is masked from now on.
    async fn asks(&mut self, called: &str, words: &[&str]) -> String {
        let done = self.types("alice", words).await;
        self.calls(called, &done)
    }

    /// The name of the request that was made; it is masked from now on.
    fn calls(&mut self, called: &str, done: &Done) -> String {
        let created = done.ok().lines().next().unwrap_or_default();
        let name = created.split(['/', ' ']).nth(1).unwrap().to_owned();
        self.words.insert(0, (name.clone(), called.to_owned()));
        name
    }
}

/// A command as it stands on the screen.
fn typed(who: &str, words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("{who}$ kubectl team {}\n", words.join(" "))
}

fn quoted(word: &str) -> String {
    if word.contains(' ') {
        format!("{word:?}")
    } else {
        word.to_owned()
    }
}

/// Alice finds out what she may ask for, and asks; the name of her request.
async fn alice_asks(story: &mut Story) -> String {
    let account = story.scene.account.clone();
    story
        .is_pictured("eligible", &[], "alice", &["eligible", "--account", &account])
        .await
        .ok();
    let no = ["explain", &account, "DatabaseAdmin", "--for", "8h30m"];
    assert_eq!(story.types("alice", &no).await.code, 3);
    let ask = [
        "request",
        &account,
        "DatabaseAdmin",
        "--for",
        "1h",
        "--why",
        "restore of the orders table",
    ];
    let asked = story.is_pictured("request", &[], "alice", &ask).await;
    let name = story.calls("orders-first", &asked);
    story.scene.is(&name, "Pending").await;
    let again = story.types("alice", &ask).await;
    assert!(
        again.ok().contains("unchanged"),
        "a second wish for the same makes no second request"
    );
    assert_eq!(story.types("alice", &["approve", &name]).await.code, 1);
    name
}

/// Bob and Carol decide, each in their stage.
async fn bob_and_carol_decide(story: &mut Story, name: &str) {
    story.is_pictured("list", &["4m"], "bob", &["list"]).await.ok();
    let describe = ["describe", name];
    story
        .is_pictured("describe", DESCRIBED, "bob", &describe)
        .await
        .ok();
    assert_eq!(
        story
            .types("carol", &["approve", name, "-m", "too early"])
            .await
            .code,
        1
    );
    let counted = story.types("bob", &["approve", name, "-m", "looks right"]).await;
    assert!(
        counted
            .ok()
            .contains("stage security has 0 of 1, and awaits carol@example.com")
    );
    let twice = story.types("bob", &["approve", name]).await;
    assert!(
        twice.ok().contains("counted"),
        "a decision is recorded once, however often it is sent"
    );
    assert!(!story.scene.has("alice", "DatabaseAdmin"));
    assert!(
        story
            .types("carol", &["approve", name])
            .await
            .ok()
            .contains("every approval is there")
    );
}

/// Alice has the access until Bob stops it.
async fn bob_stops_it(story: &mut Story, name: &str) {
    story
        .types("alice", &["wait", name, "--timeout", "1m", "-q"])
        .await
        .ok();
    assert!(story.scene.has("alice", "DatabaseAdmin"));
    story.types("audrey", &["list", "--active"]).await.ok();
    story.types("audrey", &["describe", name]).await.ok();
    assert!(
        story
            .types("bob", &["revoke", name, "-m", "wrong account", "-q"])
            .await
            .ok()
            .contains("stopped")
    );
    story.scene.is(name, "Revoked").await;
    assert!(!story.scene.has("alice", "DatabaseAdmin"));
    story.types("bob", &["revoke", name]).await.ok();
    assert_eq!(story.types("alice", &["wait", name]).await.code, 3);
}

/// What Alice gets next is a no, and what she no longer needs she takes back.
async fn alice_asks_again(story: &mut Story, name: &str) {
    let second = story
        .asks(
            "orders-second",
            &["request", "--again", name, "--for", "30m", "-q"],
        )
        .await;
    story.scene.is(&second, "Pending").await;
    story
        .types("bob", &["reject", &second, "-m", "use the replica"])
        .await
        .ok();
    assert_eq!(story.types("bob", &["approve", &second]).await.code, 1);
    let third = story
        .asks("orders-third", &["request", "--again", name, "-q"])
        .await;
    story.scene.is(&third, "Pending").await;
    story.types("alice", &["cancel", &third]).await.ok();
    story.scene.is(&third, "Cancelled").await;
    assert!(
        story
            .types("alice", &["cancel", &third])
            .await
            .ok()
            .contains("Cancelled already")
    );
    story.types("alice", &["list"]).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_people_need_no_other_command() {
    let mut story = Story::begin().await;
    story.chapter("Alice finds out what she may ask for, and asks");
    let name = alice_asks(&mut story).await;
    story.chapter("Bob and Carol decide, each in their stage");
    bob_and_carol_decide(&mut story, &name).await;
    story.chapter("Alice has the access until Bob stops it");
    bob_stops_it(&mut story, &name).await;
    story.chapter("What Alice gets next is a no, and what she no longer needs she takes back");
    alice_asks_again(&mut story, &name).await;
    story.chapter("Audrey exports what happened");
    story.exports("audrey").await;
    let told = masked(&story.text, &story.words);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/plugin/four_people.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, format!("{told}\n")).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    for (number, (is, was)) in told.lines().zip(expected.lines()).enumerate() {
        assert_eq!(
            is,
            was,
            "line {} of {}; UPDATE=1 rewrites it",
            number + 1,
            golden.display()
        );
    }
    let (told, expected) = (told.lines().count(), expected.lines().count());
    assert_eq!(told, expected, "UPDATE=1 rewrites {}", golden.display());
    for picture in &story.pictures {
        picture.is_held(&story.words);
    }
}
