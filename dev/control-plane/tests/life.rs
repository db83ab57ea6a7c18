//! How control planes start, stop, stand beside each other and end. Each test has control planes of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ObjectMeta, PostParams};
use team_operator_control_plane::{
    ASSETS_VARIABLE, CACHE_VARIABLE, ControlPlane, Error, Options, Person, Tool, build,
};

/// An upper bound for any of the conditions below.
const SOON: Duration = Duration::from_secs(30);

fn config_map(name: &str) -> ConfigMap {
    let metadata = ObjectMeta {
        name: Some(name.to_owned()),
        ..ObjectMeta::default()
    };
    ConfigMap {
        metadata,
        ..ConfigMap::default()
    }
}

fn alive(pid: u32) -> bool {
    // A dead process whose new parent, the container's first process, does not care about it is still dead.
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    if state
        .rsplit(')')
        .next()
        .is_some_and(|rest| rest.trim_start().starts_with('Z'))
    {
        return false;
    }
    Command::new("kill")
        .args(["-0", &pid.to_string()])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < SOON, "{what} did not come true");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn two_stand_side_by_side_know_different_people_and_leave_nothing_behind() {
    let start = |name: &str| {
        let people = vec![Person::new(name, ["dev"])];
        ControlPlane::start_own(Options {
            people,
            ..Options::default()
        })
    };
    let (one, other) = tokio::join!(start("alice"), start("bob"));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_ne!(one.server_url(), other.server_url());

    let maps = |plane: &ControlPlane| Api::<ConfigMap>::namespaced(plane.admin().unwrap(), "default");
    maps(&one)
        .create(&PostParams::default(), &config_map("only-in-one"))
        .await
        .unwrap();
    assert!(maps(&other).get_opt("only-in-one").await.unwrap().is_none());
    assert!(one.client("bob").is_err() && other.client("alice").is_err());
    let stranger = one.kubeconfig(ControlPlane::admin_name()).unwrap();
    let strange_token = std::fs::read_to_string(stranger).unwrap();
    let strange_token: serde_json::Value = serde_json::from_str(&strange_token).unwrap();
    let strange_token = strange_token["users"][0]["user"]["token"].as_str().unwrap();
    let stranger = Api::<ConfigMap>::namespaced(other.client_with_token(strange_token).unwrap(), "default");
    assert!(stranger.list(&kube::api::ListParams::default()).await.is_err());

    let (folder, ids) = (one.log_folder().unwrap().to_owned(), one.process_ids());
    assert!(folder.exists() && ids.iter().all(|id| alive(*id)));
    drop(one);
    assert!(!folder.exists() && !ids.iter().any(|id| alive(*id)));
    assert!(other.process_ids().iter().all(|id| alive(*id)));
}

#[tokio::test]
async fn the_api_server_can_be_absent_and_come_back_with_everything() {
    let people = vec![Person::new("alice", ["dev"])];
    let control_plane = ControlPlane::start_own(Options {
        people,
        ..Options::default()
    })
    .await
    .unwrap();
    let url = control_plane.server_url().to_owned();
    let maps: Api<ConfigMap> = Api::namespaced(control_plane.admin().unwrap(), "default");
    maps.create(&PostParams::default(), &config_map("kept"))
        .await
        .unwrap();

    control_plane.stop_api_server().unwrap();
    assert!(maps.get("kept").await.is_err());

    let start = Instant::now();
    control_plane.restart_api_server().await.unwrap();
    println!("restarted after {:?}", start.elapsed());
    assert_eq!(control_plane.server_url(), url);
    // The same client goes on working: address, certificate and tokens are the same.
    maps.get("kept").await.unwrap();
}

#[tokio::test]
async fn an_api_server_that_refuses_its_flags_shows_the_end_of_its_log() {
    let api_server_arguments = vec!["--no-such-flag=1".to_owned()];
    let error = ControlPlane::start_own(Options {
        api_server_arguments,
        ..Options::default()
    })
    .await
    .unwrap_err();
    assert!(matches!(error, Error::ServerEnded { .. }));
    assert!(
        error.to_string().contains("unknown flag: --no-such-flag"),
        "{error}"
    );
}

/// A control plane in another process, as the command line starts it.
struct Elsewhere {
    process: Child,
    ids: Vec<u32>,
    folder: PathBuf,
}

/// Runs the command line with more environment variables until it has said where and what it runs.
fn start_elsewhere(environment: &[(&str, &Path)]) -> Elsewhere {
    let mut process = Command::new(env!("CARGO_BIN_EXE_team-operator-control-plane"))
        .arg("start")
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let lines: Vec<String> = lines.take(2).map(Result::unwrap).collect();
    let kubeconfig = PathBuf::from(lines[0].strip_prefix("export KUBECONFIG=").unwrap());
    let (_, ids) = lines[1].split_once("process ids: ").unwrap();
    let ids = ids.split(' ').map(|id| id.parse().unwrap()).collect();
    Elsewhere {
        process,
        ids,
        folder: kubeconfig.parent().unwrap().to_owned(),
    }
}

impl Elsewhere {
    /// Kills the process in the way that leaves it no chance to care about its servers.
    fn kill(&mut self) {
        assert_eq!(self.ids.len(), 6, "three servers and three supervisors");
        assert!(self.ids.iter().all(|id| alive(*id)));
        self.process.kill().unwrap(); // SIGKILL
        self.process.wait().unwrap();
    }
}

#[test]
fn servers_end_when_their_parent_is_killed_and_the_next_start_removes_the_folder() {
    let mut first = start_elsewhere(&[]);
    first.kill();
    wait_until("the end of all servers", || {
        !first.ids.iter().any(|id| alive(*id))
    });

    // The next one has a folder of programs, an empty cache and no Go, so that the supervisor is the script.
    let assets = tempfile::tempdir().unwrap();
    let tools = [Tool::Etcd, Tool::KubeApiServer, Tool::KubeControllerManager];
    for (tool, path) in tools.iter().zip(build(&tools).unwrap()) {
        symlink(path, assets.path().join(tool.name())).unwrap();
    }
    let (no_cache, no_go) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for program in ["sh", "sleep"] {
        symlink(PathBuf::from("/bin").join(program), no_go.path().join(program)).unwrap();
    }
    let mut next = start_elsewhere(&[
        (ASSETS_VARIABLE, assets.path()),
        (CACHE_VARIABLE, no_cache.path()),
        ("PATH", no_go.path()),
    ]);
    assert!(!first.folder.exists());
    next.kill();
    wait_until("the end of all servers", || !next.ids.iter().any(|id| alive(*id)));
    assert!(
        std::fs::read_dir(no_cache.path()).unwrap().next().is_none(),
        "something was built"
    );
}

/// Runs the Go supervisor with a shell script as its server.
fn supervise(folder: &Path, script: &str) -> (Child, u32) {
    let supervisor = build(&[Tool::Supervisor]).unwrap().remove(0);
    let mut process = Command::new(supervisor)
        .arg(folder.join("log"))
        .args(["sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut id = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut id)
        .unwrap();
    (process, id.trim().parse().unwrap())
}

#[test]
fn a_supervisor_reports_how_its_server_ended() {
    let folder = tempfile::tempdir().unwrap();
    for (script, code) in [("echo some output; exit 7", 7), ("kill -KILL $$", 128 + 9)] {
        let (mut process, _) = supervise(folder.path(), script);
        // `wait` would close it, which asks the supervisor to end its server.
        let _lifeline = process.stdin.take();
        assert_eq!(process.wait().unwrap().code(), Some(code));
    }
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(log, "some output\n");
}

#[test]
fn a_server_that_does_not_want_to_end_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, id) = supervise(
        folder.path(),
        "trap '' TERM; echo deaf; while :; do sleep 0.05; done",
    );
    wait_until("deafness", || {
        std::fs::read_to_string(folder.path().join("log")).unwrap() == "deaf\n"
    });
    drop(process.stdin.take());
    assert_eq!(process.wait().unwrap().code(), Some(128 + 9));
    assert!(!alive(id));
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_ends_when_its_supervisor_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, id) = supervise(folder.path(), "while :; do sleep 0.05; done");
    assert!(alive(id));
    process.kill().unwrap(); // SIGKILL
    process.wait().unwrap();
    wait_until("the end of the server", || !alive(id));
}
