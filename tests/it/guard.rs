//! The guard, with the controller's own rights, while its policies are deleted, weakened, restored and upgraded. Each test
//! has the cluster for itself and restores everything.

use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use team_operator::admission::{
    Continuity, Guard, GuardReport, GuardState, Installation, KeyStoreError, SealKey, load_or_create,
};

use crate::support::{
    CONTROLLER_NAMESPACE, Cluster, Ground, World, allowed, apply, awaited, caught, delete_on_purpose,
    eventually, installation_for, reinstall, replace, settings, until, wait_until_in_force,
};

/// Declares tests that run alone, in each world.
macro_rules! alone {
    ($( async fn $name:ident($guarded:ident: Guarded) $body:block )*) => {
        $( async fn $name($guarded: Guarded) $body )*
        alone!(@world stamping, Stamping, $($name)*);
        alone!(@world not_served, NotServed, $($name)*);
        alone!(@world inert, Inert, $($name)*);
    };
    (@world $module:ident, $world:ident, $($name:ident)*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $name() {
                    super::run_alone($crate::support::World::$world, stringify!($name), super::$name).await;
                }
            )*
        }
    };
}

/// A cluster for oneself, with a guard that has seen it intact and remembers.
struct Guarded {
    ground: Ground,
    guard: Guard,
    key: SealKey,
    installation: Installation,
}

async fn run_alone<F: Future<Output = ()>>(world: World, name: &str, test: impl FnOnce(Guarded) -> F) {
    let Some(cluster) = Cluster::shared(world).await else {
        return println!("skipped: {name}: no cluster here is {world:?}");
    };
    let (ground, _alone) = cluster.alone().await;
    let client = ground.controller().client;
    let key = load_or_create(client.clone(), &Installation::default())
        .await
        .unwrap();
    let installation = installation_for(world);
    let guard = Guard::new(client, installation.clone(), key.clone());
    let report = until_intact(&guard).await;
    guard.remember(&report).await.unwrap();
    let guarded = Guarded {
        ground,
        guard,
        key,
        installation,
    };
    if let Err(failure) = caught(test(guarded)).await {
        // The others must not fail with this one.
        reinstall(cluster).await;
        std::panic::resume_unwind(failure);
    }
    wait_until_in_force(cluster).await;
}

async fn until_intact(guard: &Guard) -> GuardReport {
    let mut last = String::new();
    until("the guard is intact", async || {
        let report = guard.check().await;
        if report.message() != last {
            last = report.message();
            println!("the guard: {last}");
        }
        report.state.is_intact().then_some(report)
    })
    .await
}

fn is_broken(continuity: &Continuity, why: &str) -> bool {
    matches!(continuity, Continuity::Broken(text) if text.contains(why))
}

impl Guarded {
    fn source(&self, kind: &str, name: &str) -> Value {
        let mut all = self.installation.manifests().into_iter();
        all.find(|o| o["kind"] == kind && o["metadata"]["name"] == name)
            .unwrap()
    }

    fn api(&self, kind: &str) -> Api<DynamicObject> {
        let group = if kind == "CustomResourceDefinition" {
            "apiextensions.k8s.io"
        } else {
            "admissionregistration.k8s.io"
        };
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, "v1", kind));
        Api::all_with(self.ground.master().client, &resource)
    }

    async fn deletes(&self, kind: &str, name: &str) {
        self.api(kind)
            .delete(name, &DeleteParams::default())
            .await
            .unwrap();
        eventually("it is gone", async || {
            self.api(kind).get_opt(name).await.unwrap().is_none()
        })
        .await;
    }

    async fn edits(&self, kind: &str, name: &str, operations: Value) {
        let patch: Patch<()> = Patch::Json(serde_json::from_value(operations).unwrap());
        self.api(kind)
            .patch(name, &PatchParams::default(), &patch)
            .await
            .unwrap();
    }

    async fn restores(&self, kind: &str, name: &str) {
        replace(&self.ground.master().client, &self.source(kind, name)).await;
    }

    /// Sees to it that the guard is intact again and forgets what was.
    async fn starts_anew(&self) {
        let report = until_intact(&self.guard).await;
        self.guard.remember(&report).await.unwrap();
    }
}

alone! {
    async fn an_installation_that_was_seen_before_is_intact(t: Guarded) {
        let report = t.guard.check().await;
        assert_eq!(report.state, GuardState::Intact, "{}", report.message());
        assert_eq!(report.continuity, Continuity::Unbroken);
        let name = t.ground.request_in("Pending").await;
        let report = t.guard.check_on(&t.ground.namespace, &name).await;
        assert_eq!((report.state, report.continuity), (GuardState::Intact, Continuity::Unbroken));
        let request = allowed(t.ground.alice().reads(&name).await);
        assert_eq!(request["status"]["approvals"], json!([]), "the forgery was a dry run");
    }

    async fn a_deleted_binding_breaks_it_and_restoring_it_does_not_hide_that(t: Guarded) {
        let (kind, name) = ("ValidatingAdmissionPolicyBinding", "team-operator-decisions");
        let request = t.ground.request_in("Pending").await;
        t.deletes(kind, name).await;
        let report = t.guard.check().await;
        // By the time of the look the API server may already let a forgery pass, which is said first.
        let seen = |why: &str| why.contains("is missing") || why.contains("was not refused");
        assert!(matches!(&report.state, GuardState::Broken(why) if seen(why)), "{:?}", report.state);
        eventually("the forgery itself shows it too", async || {
            let report = t.guard.check_on(&t.ground.namespace, &request).await;
            matches!(report.state, GuardState::Broken(why) if why.contains("forged write was not refused"))
        })
        .await;
        t.restores(kind, name).await;
        let report = until_intact(&t.guard).await;
        assert!(is_broken(&report.continuity, "deleted and recreated"), "{:?}", report.continuity);
        t.starts_anew().await;
        assert_eq!(t.guard.check().await.continuity, Continuity::Unbroken);
    }

    async fn a_weakened_policy_is_not_believed_and_restoring_it_does_not_hide_that(t: Guarded) {
        let (kind, name) = ("ValidatingAdmissionPolicy", "team-operator-decisions");
        t.edits(kind, name, json!([{
            "op": "replace", "path": "/spec/validations/3/expression", "value": "true",
        }])).await;
        let report = t.guard.check().await;
        let differs = "team-operator-decisions is not of this version (spec.validations.3.expression differs)";
        assert!(matches!(&report.state, GuardState::Unproven(why) if why.contains(differs)), "{:?}", report.state);
        assert_eq!(report.continuity, Continuity::Open);
        t.restores(kind, name).await;
        let report = until_intact(&t.guard).await;
        assert!(is_broken(&report.continuity, "changed 2 times"), "{:?}", report.continuity);
        t.starts_anew().await;
    }

    async fn an_exemption_added_to_a_policy_is_seen(t: Guarded) {
        let (kind, name) = ("ValidatingAdmissionPolicy", "team-operator-requests");
        let exemption = json!([{ "name": "not-mallory", "expression": "request.userInfo.username != 'mallory@example.com'" }]);
        t.edits(kind, name, json!([{ "op": "add", "path": "/spec/matchConditions", "value": exemption }])).await;
        let report = t.guard.check().await;
        assert!(matches!(&report.state, GuardState::Unproven(why) if why.contains("spec.matchConditions differs")));
        t.edits(kind, name, json!([{ "op": "remove", "path": "/spec/matchConditions" }])).await;
        t.starts_anew().await;
    }

    async fn a_binding_that_only_warns_breaks_it(t: Guarded) {
        let (kind, name) = ("ValidatingAdmissionPolicyBinding", "team-operator-requests");
        t.edits(kind, name, json!([{ "op": "replace", "path": "/spec/validationActions", "value": ["Warn"] }])).await;
        let report = t.guard.check().await;
        // By the time of the look the API server may already let the forgery pass, which is said first.
        let seen = |why: &str| why.contains("does not deny") || why.contains("was not refused");
        assert!(matches!(&report.state, GuardState::Broken(why) if seen(why)), "{:?}", report.state);
        t.restores(kind, name).await;
        let report = until_intact(&t.guard).await;
        assert!(is_broken(&report.continuity, "changed 2 times"), "{:?}", report.continuity);
        t.starts_anew().await;
    }

    async fn an_upgrade_leaves_the_old_version_unproven_and_the_new_one_intact_with_nothing_void(t: Guarded) {
        let writers = vec!["flux".to_owned()];
        let new = t.installation.clone().with_policy_writers(writers).unwrap();
        for object in new.manifests() {
            apply(&t.ground.master().client, &object).await.unwrap();
        }
        let report = t.guard.check().await;
        assert!(matches!(&report.state, GuardState::Unproven(_)), "{:?}", report.state);
        assert_eq!(report.continuity, Continuity::Open);
        let newer = Guard::new(t.ground.controller().client, new, t.key.clone());
        let report = until_intact(&newer).await;
        assert_eq!(report.continuity, Continuity::Unbroken);
        for object in t.installation.manifests() {
            apply(&t.ground.master().client, &object).await.unwrap();
        }
        t.starts_anew().await;
    }

    async fn a_definition_without_one_of_its_rules_is_not_believed(t: Guarded) {
        let (kind, name) = ("CustomResourceDefinition", "elevationrequests.team-operator.io");
        let path = "/spec/versions/0/schema/openAPIV3Schema/x-kubernetes-validations/0";
        t.edits(kind, name, json!([{ "op": "remove", "path": path }])).await;
        let report = t.guard.check().await;
        assert!(matches!(&report.state, GuardState::Unproven(why) if why.contains(name)), "{:?}", report.state);
        t.restores(kind, name).await;
        let report = until_intact(&t.guard).await;
        assert!(is_broken(&report.continuity, "changed 2 times"), "{:?}", report.continuity);
        t.starts_anew().await;
    }

    async fn missing_settings_never_break_it_and_leave_the_proof_on_a_request(t: Guarded) {
        let name = t.ground.request_in("Pending").await;
        let master = t.ground.master().client;
        // A case before this one may have restricted policyWriters a second ago, and policies act that much later.
        awaited("settings are deleted", || {
            let master = master.clone();
            async move { delete_on_purpose(&master, &settings()).await.ok() }
        })
        .await;
        let report = t.guard.check_on(&t.ground.namespace, &name).await;
        assert_eq!((&report.state, &report.continuity), (&GuardState::Intact, &Continuity::Unbroken));
        let report = t.guard.check().await;
        assert!(!matches!(report.state, GuardState::Broken(_)), "{:?}", report.state);
        until("settings are put back", async || apply(&master, &settings()).await.ok()).await;
    }

    async fn the_mutating_policies_are_a_convenience(t: Guarded) {
        if t.ground.cluster.world == World::NotServed {
            return; // There are none, and every other test shows that the guard is intact.
        }
        let (kind, name) = ("MutatingAdmissionPolicyBinding", "team-operator-stamp-approver");
        t.deletes(kind, name).await;
        let report = t.guard.check().await;
        assert_eq!((report.state, report.continuity), (GuardState::Intact, Continuity::Unbroken));
        t.restores(kind, name).await;
        t.starts_anew().await;
    }

    async fn a_record_that_was_written_without_the_key_is_no_record(t: Guarded) {
        let records: Api<k8s_openapi::api::core::v1::ConfigMap> =
            Api::namespaced(t.ground.controller().client, CONTROLLER_NAMESPACE);
        let mut forged = records.get("team-operator-guard").await.unwrap();
        let text = ("record".to_owned(), "{\"objects\":[]}".to_owned());
        forged.data.get_or_insert_default().extend([text]);
        records.replace("team-operator-guard", &PostParams::default(), &forged).await.unwrap();
        let report = t.guard.check().await;
        assert!(is_broken(&report.continuity, "no record"), "{:?}", report.continuity);
        t.starts_anew().await;
    }

    async fn who_may_not_read_the_policies_proves_nothing(t: Guarded) {
        let guard = Guard::new(t.ground.mallory().client, t.installation.clone(), t.key.clone());
        let report = guard.check().await;
        assert!(matches!(&report.state, GuardState::Unproven(why) if why.contains("forbidden")), "{:?}", report.state);
        assert_eq!(report.continuity, Continuity::Open);
    }

    async fn the_key_of_the_seal_is_made_once(t: Guarded) {
        let client = t.ground.controller().client;
        let load = || load_or_create(client.clone(), &t.installation);
        let (first, second) = tokio::join!(load(), load());
        assert_eq!(first.unwrap().as_bytes(), t.key.as_bytes());
        assert_eq!(second.unwrap().as_bytes(), t.key.as_bytes());
    }
}

#[tokio::test]
async fn an_api_server_that_is_away_leaves_it_unproven_and_the_past_open() {
    let Some(cluster) = Cluster::start(World::NotServed).await else {
        return;
    };
    if cluster.plane.is_external() {
        return println!("skipped: an existing cluster is not stopped");
    }
    let client = cluster
        .plane
        .client_with_token(&cluster.controller_token)
        .unwrap();
    let key = load_or_create(client.clone(), &Installation::default())
        .await
        .unwrap();
    let guard = Guard::new(client.clone(), installation_for(World::NotServed), key);
    let report = until_intact(&guard).await;
    guard.remember(&report).await.unwrap();
    cluster.plane.stop_api_server().unwrap();
    let report = guard.check().await;
    assert!(
        matches!(&report.state, GuardState::Unproven(_)),
        "{:?}",
        report.state
    );
    assert_eq!(report.continuity, Continuity::Open);
    let lost = load_or_create(client, &Installation::default()).await;
    assert!(
        matches!(
            lost,
            Err(KeyStoreError::Kube { .. } | KeyStoreError::Timeout { .. })
        ),
        "{lost:?}"
    );
    cluster.plane.restart_api_server().await.unwrap();
    let report = until_intact(&guard).await;
    assert_eq!(
        report.continuity,
        Continuity::Unbroken,
        "a restart changes nothing"
    );
}
