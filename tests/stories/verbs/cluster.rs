//! What becomes of the API server, of the admission policies in it, and of namespaces.

use serde_json::{Value, json};

use crate::cluster::kinds::Kind;
use crate::cluster::store::Place;
use crate::cluster::writes::Writer;
use crate::grammar::Words;
use crate::stage::{NAMESPACE, PLATFORM, Stage, ours};

/// The policy that lets people decide in their own name only.
const GUARD: &str = "team-operator-decisions";
/// Who empties a namespace that goes away.
const NAMESPACE_CONTROLLER: &str = "system:serviceaccount:kube-system:namespace-controller";

/// `the API server is away`, for the controller.
pub(crate) fn is_away(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.cluster.access.be_reachable(false);
    Ok(())
}

/// `the API server is back`.
pub(crate) fn is_back(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.cluster.access.be_reachable(true);
    Ok(())
}

/// `the API server is read-only`, for the controller.
pub(crate) fn is_read_only(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.cluster.access.be_writable(false);
    Ok(())
}

/// `the API server is writable`.
pub(crate) fn is_writable(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.cluster.access.be_writable(true);
    Ok(())
}

/// `the API server holds the next write of a record back`, until it lets go.
pub(crate) fn holds(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.cluster.access.hold_the_next_write();
    Ok(())
}

/// `the API server lets go`: what was held back lands now, if it still fits.
pub(crate) fn lets_go(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.cluster.access.release();
    Ok(())
}

/// `the watches of policies stand still`, and so do those of settings.
pub(crate) fn watches_stand_still(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.cluster.show_rules(false);
    Ok(())
}

/// `the watches of policies go on`.
pub(crate) fn watches_go_on(stage: &mut Stage, _: Words) -> Result<(), String> {
    stage.cluster.show_rules(true);
    Ok(())
}

/// `somebody removes the guard`: the binding of the policy that decisions rest on.
pub(crate) fn guard_removed(stage: &mut Stage, _: Words) -> Result<(), String> {
    let kind = bindings();
    let place = Place::new(kind, "", GUARD);
    let removed = stage
        .cluster
        .delete(Writer::named(PLATFORM), kind, &place, &Value::Null);
    stage.answer(removed);
    Ok(())
}

/// `somebody puts the guard back`.
pub(crate) fn guard_put_back(stage: &mut Stage, _: Words) -> Result<(), String> {
    apply_policies(stage);
    Ok(())
}

/// `platform applies the manifests of the next version`: an upgrade has begun, and the controller is still the old one.
pub(crate) fn next_version(stage: &mut Stage, _: Words) -> Result<(), String> {
    // Another version is one with another text; here the text of who may write policies.
    let writers = vec![PLATFORM.to_owned()];
    let next = stage.installation.clone().with_policy_writers(writers);
    stage.installation = next.map_err(|error| error.to_string())?;
    apply_policies(stage);
    Ok(())
}

fn apply_policies(stage: &Stage) {
    for policy in stage.installation.validating_policies() {
        let applied = stage.apply_one(&policy);
        stage.answer(applied);
    }
}

/// `the namespace is deleted`: it is marked, and the namespace controller deletes what is in it.
pub(crate) fn namespace_deleted(stage: &mut Stage, _: Words) -> Result<(), String> {
    let (namespaces, requests) = (
        Kind::served("", "namespaces").ok_or("no namespaces")?,
        ours("elevationrequests"),
    );
    let place = Place::new(namespaces, "", NAMESPACE);
    let deleted = stage
        .cluster
        .delete(Writer::named(PLATFORM), namespaces, &place, &Value::Null);
    stage.answer(deleted);
    for request in stage.cluster.objects(requests) {
        let name = request["metadata"]["name"].as_str().unwrap_or_default();
        let place = Place::new(requests, NAMESPACE, name);
        let deleted = stage.cluster.delete(
            Writer::named(NAMESPACE_CONTROLLER),
            requests,
            &place,
            &Value::Null,
        );
        stage.answer(deleted);
    }
    Ok(())
}

fn bindings() -> &'static Kind {
    Kind::of(&json!({ "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding" }))
        .unwrap_or_else(|| unreachable!("bindings are served"))
}
