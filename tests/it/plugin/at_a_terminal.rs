//! What is asked of a person at a terminal, completion by the real kubectl, and where requests are looked for.

use serde_json::json;

use super::person::{command, finished, types};
use super::screen::Screen;
use crate::life::Scene;
use crate::life::population::settings;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_asked_for_and_nothing_is_asked_without_a_yes() {
    let scene = Scene::of_the_plugin().await;
    let words = ["request", &scene.account, "Database"];
    for (answer, code, requests) in [("n", 130, 0), ("y", 0, 1)] {
        let mut alice = Screen::of(command(&scene, "alice", &words), 40);
        alice.answers("For how long (such as 2h)?", "30m").await;
        alice
            .answers("Why?", "a wide reason that does not fit into forty columns")
            .await;
        alice.answers("Ask for this? [y/N]", answer).await;
        let (ended, shown) = alice.ends().await;
        assert_eq!(ended, code, "{shown}");
        assert!(
            shown.contains("permission set  DatabaseAdmin"),
            "a beginning is confirmed by its whole name: {shown}"
        );
        let reason = shown
            .lines()
            .skip_while(|line| *line != "Why:")
            .skip(1)
            .take_while(|line| line.starts_with('│'));
        assert!(
            reason.count() >= 2,
            "a long reason keeps its bar on every line: {shown}"
        );
        let mine = types(&scene, "alice", &["list", "--mine", "-o", "name"]).await;
        assert_eq!(mine.ok().lines().count(), requests);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_after_another_is_decided_and_what_was_typed_too_early_is_no_answer() {
    let scene = Scene::of_the_plugin().await;
    let first = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&first, "Pending").await;
    let second = scene.asks("alice", "ReadOnlyAccess", "1h").await;
    scene.is(&second, "Pending").await;
    let mut carol = Screen::of(command(&scene, "carol", &["approve", "--next"]), 100);
    carol.types("a");
    carol
        .answers("a approve, x reject, Enter skip, q quit:", "")
        .await;
    carol
        .answers("a approve, x reject, Enter skip, q quit:", "x")
        .await;
    carol.answers("Why is it rejected?", "use the replica").await;
    let (code, shown) = carol.ends().await;
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains("2 of 2") && shown.contains("rejected; nothing is granted"),
        "{shown}"
    );
    // Those of one second come in the order of their names.
    let (skipped, rejected) = if shown.find(&first) < shown.find(&second) {
        (first, second)
    } else {
        (second, first)
    };
    scene.is(&rejected, "Rejected").await;
    assert_eq!(
        scene.read(&skipped).await.unwrap()["status"]["phase"],
        "Pending",
        "skipped, although an `a` was typed before it was asked"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_completes_names_from_what_was_listed() {
    let scene = Scene::of_the_plugin().await;
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&name, "Pending").await;
    types(&scene, "bob", &["list", "-q"]).await.ok();
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("kubectl_complete-team");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_kubectl-team"), link).unwrap();
    for (words, expected) in [
        (["approve", ""], name.as_str()),
        (["de", ""], ""),
        (["eligi", ""], ""),
    ] {
        let mut kubectl = command(&scene, "bob", &[]);
        let path = kubectl
            .get_envs()
            .find(|(name, _)| *name == "PATH")
            .and_then(|(_, path)| path)
            .unwrap()
            .to_owned();
        let mut folders = vec![folder.path().to_owned()];
        folders.extend(std::env::split_paths(&path));
        let mut completing = std::process::Command::new(kubectl.get_program());
        completing.envs(
            kubectl
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        completing
            .env("PATH", std::env::join_paths(folders).unwrap())
            .args(["__complete", "team"])
            .args(words);
        kubectl.stdin(std::process::Stdio::null());
        let done = finished(completing).await;
        assert!(done.stdout.contains(expected), "{done:#?}");
        assert!(done.stdout.contains(":4"), "no file names: {done:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_say_where_requests_live_and_check_says_that_all_is_well() {
    let scene = Scene::alone().await;
    let mut settings = settings();
    settings["spec"]["requestNamespaces"] = json!([scene.namespace]);
    scene.applies_settings(&settings).await;
    let mut list = command(&scene, "alice", &["list"]);
    list.env_remove("TEAM_NAMESPACE");
    let listed = finished(list).await;
    let says = format!(
        "namespace {} (requestNamespaces of TeamSettings)",
        scene.namespace
    );
    assert!(listed.code == 0 && listed.stderr.contains(&says), "{listed:#?}");
    let checked = types(&scene, "alice", &["check"]).await;
    assert!(
        checked.ok().ends_with("This cluster is ready for you.\n"),
        "{checked:#?}"
    );
    assert!(
        checked
            .stdout
            .contains("√ Identity Center knows you by your user name"),
        "{checked:#?}"
    );
    let stranger = types(&scene, "root", &["check"]).await;
    assert!(
        stranger.code == 3 && stranger.stdout.contains("× Identity Center knows you"),
        "{stranger:#?}"
    );
    let version = types(&scene, "alice", &["version"]).await;
    assert!(version.ok().contains("Kubernetes: v1."), "{version:#?}");
}
