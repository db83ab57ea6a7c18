//! Least privilege: what each role may do to our kinds and to what stands above them, in both directions.

use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use k8s_openapi::api::rbac::v1::ClusterRole;
use kube::api::{Api, ListParams, PostParams};
use serde_json::json;

use crate::support::{CONTROLLER_NAMESPACE, Cluster, World, allowed, cases, forbidden};

const READ: &str = "get list watch";

const WRITE: &str = "get list watch create update patch delete";

/// Verbs that are asked about; `revoke` and `escalate` are such as only RBAC knows.
const VERBS: [&str; 12] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "revoke",
    "bind",
    "escalate",
    "impersonate",
];

/// Resources that are asked about: all of ours with their status, and what would be a way around them.
const RESOURCES: [&str; 28] = [
    "team-operator.io/elevationrequests",
    "team-operator.io/elevationrequests/status",
    "team-operator.io/accountassignments",
    "team-operator.io/accountassignments/status",
    "team-operator.io/eligibilityreviews",
    "team-operator.io/eligibilityreviews/status",
    "team-operator.io/eligibilitypolicies",
    "team-operator.io/eligibilitypolicies/status",
    "team-operator.io/approverpolicies",
    "team-operator.io/approverpolicies/status",
    "team-operator.io/teamsettings",
    "team-operator.io/teamsettings/status",
    "events.k8s.io/events",
    "/events",
    "/secrets",
    "/configmaps",
    "/namespaces",
    "/users",
    "/pods",
    "/pods/exec",
    "/serviceaccounts",
    "/serviceaccounts/token",
    "coordination.k8s.io/leases",
    "rbac.authorization.k8s.io/clusterroles",
    "apiextensions.k8s.io/customresourcedefinitions",
    "admissionregistration.k8s.io/validatingadmissionpolicies",
    "admissionregistration.k8s.io/validatingadmissionpolicybindings",
    "admissionregistration.k8s.io/mutatingadmissionpolicies",
];

/// A resource and the verbs that are allowed on it; everything else is not.
type Rights = &'static [(&'static str, &'static str)];

/// Who is asked about.
struct Subject<'a> {
    user: &'a str,
    group: &'a str,
}

async fn may(
    reviews: &Api<SubjectAccessReview>,
    subject: &Subject<'_>,
    namespace: &str,
    verb: &str,
    resource: &str,
    name: &str,
) -> bool {
    let (group, rest) = resource.split_once('/').unwrap();
    let (plural, below) = rest.split_once('/').unwrap_or((rest, ""));
    let review = json!({
        "spec": {
            "user": subject.user,
            "groups": [subject.group],
            "resourceAttributes": {
                "group": group, "resource": plural, "subresource": below, "verb": verb, "namespace": namespace,
                "name": name,
            },
        },
    });
    let review: SubjectAccessReview = serde_json::from_value(review).unwrap();
    let answer = reviews.create(&PostParams::default(), &review).await.unwrap();
    answer.status.unwrap().allowed
}

/// A namespace that no role is bound in.
const SOMEWHERE: &str = "default";

/// Where rights are asked for. They are the same in every world.
async fn reviews() -> Api<SubjectAccessReview> {
    let mut cluster = None;
    for world in [World::Stamping, World::NotServed, World::Inert] {
        if cluster.is_none() {
            cluster = Cluster::shared(world).await;
        }
    }
    let cluster = cluster.expect("an existing cluster is of one of the worlds");
    Api::all(cluster.plane.admin().unwrap())
}

/// Asks for every verb on every resource.
async fn has_exactly(
    reviews: &Api<SubjectAccessReview>,
    subject: &Subject<'_>,
    namespace: &str,
    rights: Rights,
) {
    for (resource, _) in rights {
        assert!(RESOURCES.contains(resource), "{resource} is never asked about");
    }
    for resource in RESOURCES {
        let granted = rights
            .iter()
            .find(|(r, _)| *r == resource)
            .map_or("", |(_, verbs)| *verbs);
        for verb in VERBS {
            let expected = granted.split(' ').any(|v| v == verb);
            let answer = may(reviews, subject, namespace, verb, resource, "").await;
            assert_eq!(
                answer, expected,
                "{} {}: {verb} {resource} in {namespace}",
                subject.user, subject.group
            );
        }
    }
}

async fn role_has_exactly(role: &str, rights: Rights) {
    let somebody = Subject {
        user: "somebody@example.com",
        group: role,
    };
    has_exactly(&reviews().await, &somebody, SOMEWHERE, rights).await;
}

/// The controller by its name alone: in these tests the group of all service accounts holds more.
const CONTROLLER: Subject<'static> = Subject {
    user: "system:serviceaccount:team-operator-system:team-operator",
    group: "",
};

const CONTROLLERS_RIGHTS: [(&str, &str); 18] = [
    (
        "team-operator.io/elevationrequests",
        "get list watch patch delete",
    ),
    ("team-operator.io/elevationrequests/status", "get patch"),
    (
        "team-operator.io/accountassignments",
        "get list watch create update delete",
    ),
    ("team-operator.io/eligibilityreviews", "get list watch delete"),
    ("team-operator.io/eligibilityreviews/status", "get patch"),
    ("team-operator.io/eligibilitypolicies", READ),
    ("team-operator.io/eligibilitypolicies/status", "get patch"),
    ("team-operator.io/approverpolicies", READ),
    ("team-operator.io/approverpolicies/status", "get patch"),
    ("team-operator.io/teamsettings", READ),
    ("team-operator.io/teamsettings/status", "get patch"),
    ("events.k8s.io/events", "create patch"),
    ("apiextensions.k8s.io/customresourcedefinitions", READ),
    ("admissionregistration.k8s.io/validatingadmissionpolicies", READ),
    (
        "admissionregistration.k8s.io/validatingadmissionpolicybindings",
        READ,
    ),
    ("admissionregistration.k8s.io/mutatingadmissionpolicies", READ),
    ("coordination.k8s.io/leases", ""),
    ("/secrets", ""),
];

#[tokio::test]
async fn a_requester_reads_asks_and_cancels() {
    role_has_exactly(
        "team-requester",
        &[
            (
                "team-operator.io/elevationrequests",
                "get list watch create patch",
            ),
            ("team-operator.io/eligibilityreviews", "get create"),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_approver_reads_and_patches_a_status() {
    role_has_exactly(
        "team-approver",
        &[
            ("team-operator.io/elevationrequests", READ),
            ("team-operator.io/elevationrequests/status", "get patch"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_member_reads_one_settings_object() {
    role_has_exactly("team-member", &[("team-operator.io/teamsettings", "get")]).await;
}

#[tokio::test]
async fn an_auditor_reads_everything_and_writes_nothing() {
    role_has_exactly(
        "team-auditor",
        &[
            ("team-operator.io/elevationrequests", READ),
            ("team-operator.io/accountassignments", READ),
            ("team-operator.io/eligibilityreviews", READ),
            ("team-operator.io/eligibilitypolicies", READ),
            ("team-operator.io/approverpolicies", READ),
            ("team-operator.io/teamsettings", READ),
            ("events.k8s.io/events", READ),
            ("/events", READ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_policy_admin_writes_policies_and_sees_no_request() {
    role_has_exactly(
        "team-policy-admin",
        &[
            ("team-operator.io/eligibilitypolicies", WRITE),
            ("team-operator.io/approverpolicies", WRITE),
            ("team-operator.io/teamsettings", READ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_settings_admin_writes_settings_and_no_policy() {
    role_has_exactly("team-settings-admin", &[("team-operator.io/teamsettings", WRITE)]).await;
}

#[tokio::test]
async fn security_reads_and_revokes() {
    role_has_exactly(
        "team-security",
        &[
            ("team-operator.io/elevationrequests", "get list watch revoke"),
            ("team-operator.io/accountassignments", READ),
            ("team-operator.io/elevationrequests/status", "get patch"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_controller_has_what_it_needs_and_neither_revokes_nor_writes_policies() {
    has_exactly(&reviews().await, &CONTROLLER, SOMEWHERE, &CONTROLLERS_RIGHTS).await;
}

#[tokio::test]
async fn in_its_own_namespace_the_controller_has_a_lease_a_key_and_a_record() {
    let reviews = &reviews().await;
    let own = [
        ("coordination.k8s.io/leases", "team-operator", "get update"),
        ("/secrets", "team-operator-seal", "get"),
        ("/configmaps", "team-operator-guard", "get update"),
    ];
    for (resource, name, verbs) in own {
        for verb in VERBS {
            let named = may(reviews, &CONTROLLER, CONTROLLER_NAMESPACE, verb, resource, name).await;
            let creating = verb == "create";
            assert_eq!(
                named,
                creating || verbs.split(' ').any(|v| v == verb),
                "{verb} {resource} {name}"
            );
            let other = may(
                reviews,
                &CONTROLLER,
                CONTROLLER_NAMESPACE,
                verb,
                resource,
                "other",
            )
            .await;
            assert_eq!(other, creating, "{verb} {resource} of another name");
        }
    }
    for (namespace, may_try) in [(CONTROLLER_NAMESPACE, true), (SOMEWHERE, false)] {
        let tries = may(
            reviews,
            &CONTROLLER,
            namespace,
            "create",
            "team-operator.io/elevationrequests",
            "",
        );
        assert_eq!(tries.await, may_try, "the guard's dry run in {namespace}");
    }
    for resource in [
        "/pods",
        "/pods/exec",
        "/serviceaccounts",
        "/serviceaccounts/token",
    ] {
        for verb in VERBS {
            assert!(
                !may(reviews, &CONTROLLER, CONTROLLER_NAMESPACE, verb, resource, "").await,
                "{verb} {resource}"
            );
        }
    }
}

cases! {
    async fn an_auditor_tries_and_reads_everything(ground: Ground) {
        let name = ground.pending(|_| ()).await;
        let audrey = ground.person("audrey@example.com");
        allowed(audrey.reads(&name).await);
        for kind in ["EligibilityPolicy", "ApproverPolicy", "TeamSettings", "AccountAssignment"] {
            audrey.cluster_scoped(kind).list(&ListParams::default()).await.unwrap();
        }
        audrey.namespaced("EligibilityReview").list(&ListParams::default()).await.unwrap();
        forbidden(audrey.asks(|_| ()).await, "cannot create resource \"elevationrequests\"");
        forbidden(audrey.decides(&name, "Approved").await, "cannot patch resource \"elevationrequests/status\"");
        forbidden(audrey.patches(&name, json!({ "spec": { "cancelled": true } })).await, "cannot patch resource");
        forbidden(audrey.deletes(&name).await, "cannot delete resource \"elevationrequests\"");
    }

    /// Kubernetes puts the built-in roles together from all that are labelled so.
    async fn the_built_in_roles_view_edit_and_admin_are_given_nothing_of_ours(ground: Ground) {
        let roles: Api<ClusterRole> = Api::all(ground.master().client);
        let mut seen = 0;
        for role in ["view", "edit", "admin"] {
            let given = format!("rbac.authorization.k8s.io/aggregate-to-{role}=true");
            for part in roles.list(&ListParams::default().labels(&given)).await.unwrap() {
                for rule in part.rules.unwrap_or_default() {
                    let groups = rule.api_groups.unwrap_or_default();
                    assert!(!groups.iter().any(|g| g == "*" || g == "team-operator.io"), "{:?}", part.metadata.name);
                    seen += 1;
                }
            }
        }
        assert!(seen > 10, "these roles have rules");
    }
}
