//! A second installation in one cluster.

use super::helm::{CONTROLLER, DEFINITIONS, chart, helm, kubectl, kubectl_with, rendered};
use super::installed::Installed;
use super::pod::{Pod, test_values};

const ELSEWHERE: &str = "elsewhere";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_installation_is_refused_and_the_first_goes_on() {
    let Installed { ground, pod } = Installed::with_helm().await;
    let name = ground.alice_has_access(0, &pod).await;
    for name in [DEFINITIONS, CONTROLLER] {
        let folder = chart(name);
        let image = "image.repository=registry.example.com/team-operator";
        let set: &[&str] = if name == CONTROLLER {
            &["--set", image]
        } else {
            &[]
        };
        let install = ["install", "second", folder.to_str().unwrap(), "-n", ELSEWHERE];
        let refused = helm(&ground.plane, &[&install, set].concat()).unwrap_err();
        assert!(
            refused.contains("cannot be imported into the current release"),
            "{refused}"
        );
    }

    // What no tool refuses, the controller does: without the roles for people there is no object of the same name.
    let mut values = test_values(&[]);
    values["peopleRoles"] = serde_json::json!({ "create": false });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), values.to_string()).unwrap();
    kubectl(&ground.plane, &["create", "namespace", ELSEWHERE]).unwrap();
    let second = rendered(CONTROLLER, ELSEWHERE, &["-f", file.path().to_str().unwrap()]).unwrap();
    kubectl_with(&ground.plane, &["apply", "--server-side"], &second).unwrap();
    let second = Pod::start(&ground.plane, &ground.sandbox, ELSEWHERE).await;
    let answer = second.says("a cluster has one installation").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    for user in [
        "system:serviceaccount:team-operator-system:team-operator",
        "system:serviceaccount:elsewhere:team-operator",
    ] {
        assert!(answer.contains(user), "{answer}");
    }
    assert!(answer.contains("[-] leader: not started yet"), "{answer}");

    ground.alice_cancels(&name).await;
    ground.is(&name, "Revoked", &pod).await;
    assert!(!ground.has_access(0));
    second.stop().await;
}
