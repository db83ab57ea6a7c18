//! What goes wrong, and the sentence and the exit code that people get.

use super::person::{command, finished, types};
use crate::life::Scene;

/// Who types what, the exit code, and what they read. ACCOUNT is the scene's.
const CASES: &str = "
alice  | request acount-1 DatabaseAdmin --for 1h --why x | 4 | Did you mean account-1
alice  | request account- DatabaseAdmin --for 1h --why x | 4 | accounts: account-0
alice  | request ACCOUNT Databas --for 1h --why x | 4 | only the beginning of DatabaseAdmin
alice  | request ACCOUNT DatabaseAdmn --for 1h --why x | 4 | Did you mean DatabaseAdmin
alice  | request ACCOUNT DatabaseAdmin --for 12h --why x | 3 | 12h
alice  | request ACCOUNT DatabaseAdmin --for 12h --why x | 3 | longer than 9h
alice  | request ACCOUNT DatabaseAdmin --for 1.5h | 2 | such as 90m, 2h or 1h30m
alice  | request ACCOUNT DatabaseAdmin --why x | 2 | --for is missing.
alice  | request ACCOUNT DatabaseAdmin --for 1h | 2 | --why is missing.
alice  | request | 2 | ACCOUNT is missing.
alice  | request ACCOUNT DatabaseAdmin --for 1h --at 2020-01-01T00:00:00Z | 2 | Leave --at out to start as soon as it is approved
alice  | request 999999999999 DatabaseAdmin --for 1h --why x | 3 | would be denied
alice  | request -f none.yaml | 2 | none.yaml cannot be read
audrey | request ACCOUNT DatabaseAdmin --for 1h --why x | 1 | ClusterRole team-requester
paul   | list | 1 | ClusterRole team-requester, team-approver
alice  | describe nobody | 4 | There is no request \"nobody\" in namespace
alice  | describe ../x | 2 | is no name of a request
alice  | approve | 2 | NAME is missing.
alice  | approve one two | 4 | Not everything was done.
alice  | approve --next | 2 | there is no terminal
alice  | list --phase gone | 2 | a phase is one of Pending, Approved
alice  | export --since yesterday | 2 | is no time
alice  | list --context nowhere | 6 | the kubeconfig cannot be used
alice  | list --kubeconfig none.yaml | 6 | the kubeconfig cannot be used
bob    | approve x --as carol@example.com | 1 | cannot impersonate
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_gets_a_sentence_and_an_exit_code() {
    let scene = Scene::of_the_plugin().await;
    for case in CASES.lines().filter(|case| !case.is_empty()) {
        let [who, words, code, says] = case.splitn(4, '|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("a case has four columns: {case}")
        };
        let words = words.replace("ACCOUNT", &scene.account);
        let words: Vec<&str> = words.split(' ').collect();
        let done = types(&scene, who, &words).await;
        let is_expected = done.code.to_string() == code && done.stderr.contains(says);
        assert!(is_expected, "{case} gives {done:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_wrote_obeys_nobody_on_any_screen() {
    let scene = Scene::of_the_plugin().await;
    let ask = ["request", &scene.account, "DatabaseAdmin", "--for", "1h", "--why"];
    let why = "fine\u{a0}text שלום Approve it? [y/N] y";
    let created = types(&scene, "alice", &[&ask[..], &[why]].concat()).await;
    let name = created.ok().split(['/', ' ']).nth(1).unwrap().to_owned();
    scene.is(&name, "Pending").await;
    let shown = types(&scene, "bob", &["describe", &name]).await;
    assert!(
        shown.ok().lines().any(|line| line.starts_with("│ fine")),
        "{shown:#?}"
    );
    for hidden in ["a\u{202e}b", "a\nb", "a\u{1b}[2Jb", "a\u{200b}b"] {
        let refused = types(&scene, "alice", &[&ask[..], &[hidden, "--new"]].concat()).await;
        assert_eq!(refused.code, 1, "{refused:#?}");
        assert!(
            refused.stderr.contains("write one line of plain text"),
            "{refused:#?}"
        );
        assert!(
            !refused.screen().contains(['\u{202e}', '\u{1b}', '\u{200b}']),
            "{refused:#?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_votes_at_once_both_end_with_what_became_of_them() {
    let scene = Scene::of_the_plugin().await;
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&name, "Pending").await;
    let approve = ["approve", name.as_str()];
    let (bob, carol) = tokio::join!(types(&scene, "bob", &approve), types(&scene, "carol", &approve));
    assert!(bob.code == 0 || carol.code == 0, "{bob:#?} {carol:#?}");
    for late in [bob, carol].iter().filter(|done| done.code != 0) {
        let says = [
            "changed while you looked at it",
            "is Approved already",
            "is Active already",
            "recorded but void",
            "not judged yet",
        ];
        assert!(says.iter().any(|says| late.stderr.contains(says)), "{late:#?}");
    }
    scene.is(&name, "Active").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoke_stops_a_request_in_each_phase() {
    let scene = Scene::of_the_plugin().await;
    let pending = scene.asks("alice", "DatabaseAdmin", "1h").await;
    scene.is(&pending, "Pending").await;
    assert!(
        types(&scene, "erin", &["revoke", &pending])
            .await
            .ok()
            .contains("stopped; it is Rejected")
    );
    let active = scene.has_access("alice", "ReadOnlyAccess", "1h").await;
    assert!(
        types(&scene, "erin", &["revoke", &active])
            .await
            .ok()
            .contains("stopped")
    );
    scene.is(&active, "Revoked").await;
    let own = types(&scene, "alice", &["revoke", &active]).await;
    assert!(
        own.code == 1 && own.stderr.contains("kubectl team cancel"),
        "{own:#?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_list_says_where_it_looked_and_a_closed_pipe_is_no_failure() {
    let scene = Scene::of_the_plugin().await;
    let empty = types(&scene, "alice", &["list"]).await;
    assert_eq!(empty.ok(), "");
    let says = format!(
        "in namespace {} (TEAM_NAMESPACE), asked as alice@example.com",
        scene.namespace
    );
    assert!(empty.stderr.contains(&says), "{empty:#?}");
    let mut closed = command(&scene, "alice", &["eligible"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    closed.stdout(writer).stderr(std::process::Stdio::piped());
    let mut child = closed.spawn().unwrap();
    let status = tokio::task::spawn_blocking(move || child.wait())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_for_programs_are_those_of_the_api_server() {
    let scene = Scene::of_the_plugin().await;
    let name = scene.asks("alice", "DatabaseAdmin", "1h").await;
    let pending = scene.is(&name, "Pending").await;
    let json = types(&scene, "alice", &["describe", &name, "-o", "json"]).await;
    let object: serde_json::Value = serde_json::from_str(json.ok()).unwrap();
    assert_eq!(object["spec"], pending["spec"]);
    let yaml = types(&scene, "alice", &["list", "-o", "yaml"]).await;
    let list: serde_json::Value = serde_saphyr::from_str(yaml.ok()).unwrap();
    assert_eq!(list["items"][0]["metadata"]["name"], name.as_str());
    let names = types(&scene, "alice", &["list", "-o", "name"]).await;
    assert_eq!(names.ok(), format!("elevationrequest.team-operator.io/{name}\n"));
    let printed = names.ok().trim();
    types(&scene, "alice", &["describe", printed]).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_login_program_is_named_and_its_credentials_are_not_shown() {
    let scene = Scene::of_the_plugin().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: \"{}\"}}}}]\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\nusers:\n- name: u\n  user:\n    exec:\n      \
         apiVersion: client.authentication.k8s.io/v1\n      command: sh\n      interactiveMode: IfAvailable\n      \
         args: [-c, \"echo secret-token; echo the session has expired, run the login again >&2; exit 1\"]\n",
        scene.stage.plane.server_url()
    );
    std::fs::write(&file, text).unwrap();
    let mut expired = command(&scene, "alice", &["list"]);
    expired.env("KUBECONFIG", &file);
    let done = finished(expired).await;
    assert_eq!(done.code, 6, "{done:#?}");
    assert!(
        done.stderr.contains("login program sh") && done.stderr.contains("run the login again"),
        "{done:#?}"
    );
    assert!(!done.stderr.contains("secret-token"), "{done:#?}");
}
