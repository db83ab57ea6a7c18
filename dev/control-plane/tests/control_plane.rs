//! One control plane, shared by all tests of this file although each has a runtime of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::process::Output;
use std::time::{Duration, Instant};

use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ServiceAccount};
use kube::api::{Api, DeleteParams, ObjectMeta, PostParams};
use kube::{Client, ResourceExt as _};
use team_operator_control_plane::{ControlPlane, Error, KUBECONFIG_VARIABLE, Options, Person};
use tokio::sync::OnceCell;

/// Any condition of these tests comes true within this time, or never.
const SOON: Duration = Duration::from_secs(30);

async fn shared() -> &'static ControlPlane {
    static SHARED: OnceCell<ControlPlane> = OnceCell::const_new();
    SHARED
        .get_or_init(async || {
            let people = vec![
                Person::new("alice@example.com", ["developers", "on-call"]),
                Person::new("bob", ["qa"]),
            ];
            ControlPlane::start_own(Options {
                people,
                ..Options::default()
            })
            .await
            .unwrap()
        })
        .await
}

async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < SOON, "{what} did not come true");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn who_am_i(client: Client) -> (String, Vec<String>) {
    let answer = Api::all(client)
        .create(&PostParams::default(), &SelfSubjectReview::default())
        .await
        .unwrap();
    let user = answer.status.unwrap().user_info.unwrap();
    (user.username.unwrap(), user.groups.unwrap())
}

fn named<K: Default + kube::Resource>(name: &str) -> K {
    let mut object = K::default();
    *object.meta_mut() = ObjectMeta {
        name: Some(name.to_owned()),
        ..ObjectMeta::default()
    };
    object
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[tokio::test]
async fn people_are_who_they_say_with_their_groups() {
    let control_plane = shared().await;
    let (name, groups) = who_am_i(control_plane.client("alice@example.com").unwrap()).await;
    assert_eq!(name, "alice@example.com");
    assert_eq!(groups, ["developers", "on-call", "system:authenticated"]);
    let (_, groups) = who_am_i(control_plane.admin().unwrap()).await;
    assert!(groups.contains(&"system:masters".to_owned()), "{groups:?}");
    assert!(matches!(
        control_plane.client("mallory"),
        Err(Error::UnknownPerson { .. })
    ));
}

#[tokio::test]
async fn people_may_do_nothing_that_no_role_allows() {
    let bob: Api<ConfigMap> = Api::namespaced(shared().await.client("bob").unwrap(), "default");
    let refusal = bob
        .create(&PostParams::default(), &named("mine"))
        .await
        .unwrap_err();
    assert!(refusal.to_string().contains("forbidden"), "{refusal}");
}

#[tokio::test]
async fn a_service_account_gets_a_real_token() {
    let control_plane = shared().await;
    let accounts: Api<ServiceAccount> = Api::namespaced(control_plane.admin().unwrap(), "default");
    accounts
        .create(&PostParams::default(), &named("robot"))
        .await
        .unwrap();
    let token = control_plane
        .service_account_token("default", "robot")
        .await
        .unwrap();
    let (name, groups) = who_am_i(control_plane.client_with_token(&token).unwrap()).await;
    assert_eq!(name, "system:serviceaccount:default:robot");
    assert!(
        groups.contains(&"system:serviceaccounts:default".to_owned()),
        "{groups:?}"
    );
    let missing = control_plane
        .service_account_token("default", "nobody")
        .await
        .unwrap_err();
    assert!(missing.to_string().contains("not found"), "{missing}");

    let kubeconfig = control_plane.kubeconfig_with_token(&token).unwrap();
    let mut kubectl = control_plane.kubectl("bob").unwrap();
    let output = kubectl
        .env("KUBECONFIG", kubeconfig)
        .args(["auth", "whoami"])
        .output()
        .unwrap();
    assert!(
        text(&output).contains("system:serviceaccount:default:robot"),
        "{}",
        text(&output)
    );
}

#[tokio::test]
async fn kubectl_speaks_as_a_person() {
    let mut kubectl = shared().await.kubectl("alice@example.com").unwrap();
    let output = kubectl.args(["auth", "whoami"]).output().unwrap();
    assert!(text(&output).contains("alice@example.com"), "{}", text(&output));
    let mut kubectl = shared().await.kubectl("bob").unwrap();
    let output = kubectl.args(["version", "--output=json"]).output().unwrap();
    let versions: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        versions["clientVersion"]["gitVersion"],
        versions["serverVersion"]["gitVersion"]
    );
    let expected = shared()
        .await
        .kubernetes_version()
        .map(|version| version.to_string());
    assert_eq!(
        versions["serverVersion"]["gitVersion"].as_str(),
        expected.as_deref()
    );
}

#[tokio::test]
async fn helm_speaks_as_a_person() {
    let mut helm = shared().await.helm("bob").unwrap();
    let output = helm.args(["list", "--namespace=default"]).output().unwrap();
    assert!(text(&output).contains("\"bob\" cannot list"), "{}", text(&output));
    let mut helm = shared().await.helm(ControlPlane::admin_name()).unwrap();
    let output = helm.args(["list", "--namespace=default"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
}

#[tokio::test]
async fn the_audit_log_says_who_did_what() {
    let control_plane = shared().await;
    let maps: Api<ConfigMap> = Api::namespaced(control_plane.client("bob").unwrap(), "default");
    maps.get("something-bob-looks-for").await.unwrap_err();
    let path = control_plane.audit_log().unwrap();
    eventually("the audit record", async || {
        let log = std::fs::read_to_string(&path).unwrap();
        log.lines()
            .any(|line| line.contains("something-bob-looks-for") && line.contains(r#""username":"bob""#))
    })
    .await;
}

#[tokio::test]
async fn the_controller_manager_deletes_a_namespace_with_what_is_in_it() {
    let control_plane = shared().await;
    control_plane.start_controller_manager().await.unwrap();
    // Twice is once.
    control_plane.start_controller_manager().await.unwrap();
    let admin = control_plane.admin().unwrap();
    let namespaces: Api<Namespace> = Api::all(admin.clone());
    let maps: Api<ConfigMap> = Api::namespaced(admin.clone(), "doomed");
    namespaces
        .create(&PostParams::default(), &named("doomed"))
        .await
        .unwrap();
    maps.create(&PostParams::default(), &named("content"))
        .await
        .unwrap();
    namespaces
        .delete("doomed", &DeleteParams::default())
        .await
        .unwrap();
    eventually("the end of the namespace", async || {
        namespaces.get_opt("doomed").await.unwrap().is_none()
    })
    .await;
    assert!(maps.get_opt("content").await.unwrap().is_none());
}

#[tokio::test]
async fn the_garbage_collector_removes_what_lost_its_owner() {
    let control_plane = shared().await;
    control_plane.start_controller_manager().await.unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(control_plane.admin().unwrap(), "default");
    let owner = maps
        .create(&PostParams::default(), &named("owner"))
        .await
        .unwrap();
    let mut dependent: ConfigMap = named("dependent");
    dependent.metadata.owner_references =
        Some(vec![kube::Resource::controller_owner_ref(&owner, &()).unwrap()]);
    maps.create(&PostParams::default(), &dependent).await.unwrap();
    maps.delete(&owner.name_any(), &DeleteParams::default())
        .await
        .unwrap();
    eventually("the end of the owned object", async || {
        maps.get_opt("dependent").await.unwrap().is_none()
    })
    .await;
}

#[tokio::test]
async fn an_existing_cluster_is_used_as_it_is() {
    let kubeconfig = shared().await.kubeconfig(ControlPlane::admin_name()).unwrap();
    // The environment cannot be changed safely in a process with threads, so a child of ours is the guest.
    let output = tokio::task::spawn_blocking(|| {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "guest_on_an_existing_cluster", "--nocapture"])
            .env(KUBECONFIG_VARIABLE, kubeconfig)
            .env(GUEST_VARIABLE, "yes")
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    let said = text(&output);
    assert!(
        output.status.success() && said.contains("the guest was served"),
        "{said}"
    );
}

/// Tells the child of the test above from a test run of its own.
const GUEST_VARIABLE: &str = "CONTROL_PLANE_TEST_GUEST";

/// The child's part: nothing to do in the parent, where it would be no guest.
#[tokio::test]
async fn guest_on_an_existing_cluster() {
    if std::env::var_os(GUEST_VARIABLE).is_none() {
        return;
    }
    let people = vec![Person::new("carol", ["guests"])];
    let cluster = ControlPlane::start(Options {
        people,
        ..Options::default()
    })
    .await
    .unwrap();
    assert!(cluster.is_external() && cluster.process_ids().is_empty() && cluster.audit_log().is_none());

    let (name, groups) = who_am_i(cluster.client("carol").unwrap()).await;
    assert_eq!(
        (name.as_str(), groups.as_slice()),
        (
            "carol",
            ["guests", "system:authenticated"].map(String::from).as_slice()
        )
    );
    let mut kubectl = cluster.kubectl("carol").unwrap();
    let output = kubectl.args(["auth", "whoami"]).output().unwrap();
    assert!(text(&output).contains("carol"), "{}", text(&output));

    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.admin().unwrap(), "default");
    accounts
        .create(&PostParams::default(), &named("guest"))
        .await
        .unwrap();
    let token = cluster.service_account_token("default", "guest").await.unwrap();
    let (name, _) = who_am_i(cluster.client_with_token(&token).unwrap()).await;
    assert_eq!(name, "system:serviceaccount:default:guest");

    let refusal = cluster.restart_api_server().await.unwrap_err();
    assert!(matches!(refusal, Error::NotOurCluster { .. }), "{refusal}");
    println!("the guest was served");
}
