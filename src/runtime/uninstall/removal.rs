//! Removes everything that was installed, in the order in which nothing is left without what protects or ends it.

use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Api, DynamicObject, ListParams};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::objects::{Calls, Changed};
use super::{BETWEEN_LOOKS, UninstallError, left, say};
use crate::admission::Installation;
use crate::api::{ALLOW_DELETION, all_crds};

/// Definitions first, while the controller takes its finalizers off and the policies hold; then the controller, the policies, the
/// roles, and the namespace with the keys.
pub(super) async fn remove_everything(
    calls: &Calls,
    installation: &Installation,
    deadline: Instant,
) -> Result<(), UninstallError> {
    // Between the end of access and now somebody may have made use of --abort.
    if let Some(sentence) = left::of_records(calls).await? {
        return Err(UninstallError::InTime(sentence));
    }
    let removal = Removal { calls, deadline };
    removal.definitions().await?;
    removal.deployments(installation).await?;
    let policies = installation.policies();
    let (bindings, policies): (Vec<Value>, Vec<Value>) = policies.into_iter().partition(|object| {
        object["kind"]
            .as_str()
            .is_some_and(|kind| kind.ends_with("Binding"))
    });
    removal
        .each("admission policies", bindings.into_iter().chain(policies))
        .await?;
    let is_of_cluster = |role: &Value| role["metadata"]["namespace"].is_null();
    let roles = installation.roles().into_iter().filter(is_of_cluster);
    removal.each("roles of the cluster", roles).await?;
    let namespace = json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": { "name": installation.namespace() },
    });
    removal
        .each("the namespace of the controller", [namespace])
        .await?;
    say(
        "team-operator is removed. Namespaces of requests, your bindings of roles, and the role in AWS are yours to remove.",
    );
    Ok(())
}

struct Removal<'a> {
    calls: &'a Calls,
    deadline: Instant,
}

impl Removal<'_> {
    /// With them every request and record, and what they prove.
    async fn definitions(&self) -> Result<(), UninstallError> {
        let allowed = json!({ "metadata": { "annotations": { ALLOW_DELETION: "true" } } });
        let definitions = all_crds();
        for definition in &definitions {
            let name = name(definition);
            let objects = self.calls.kind_of(definition, None);
            let action = format!("annotate {name}");
            self.calls.patch(&action, &objects, name, &allowed).await?;
        }
        self.each("definitions, with every request and record", definitions)
            .await
    }

    /// The controller, whatever its Deployment is called.
    async fn deployments(&self, installation: &Installation) -> Result<(), UninstallError> {
        let there: Api<Deployment> = Api::namespaced(self.calls.client.clone(), installation.namespace());
        let params = ListParams::default();
        let listed = self.calls.answer("list deployments", there.list(&params)).await?;
        let is_ours = |deployment: &Deployment| {
            let template = deployment
                .spec
                .as_ref()
                .and_then(|spec| spec.template.spec.as_ref());
            let account = template.and_then(|template| template.service_account_name.as_deref());
            account == Some(installation.service_account())
        };
        let ours = listed.items.into_iter().filter(is_ours);
        let objects = ours.map(|deployment| {
            json!({
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": { "name": deployment.metadata.name, "namespace": installation.namespace() },
            })
        });
        self.each("the controller", objects).await
    }

    /// Asks for the deletion of each, and waits until it is gone.
    async fn each(&self, what: &str, objects: impl IntoIterator<Item = Value>) -> Result<(), UninstallError> {
        say(&format!("Removing {what}."));
        for object in objects {
            let api = self
                .calls
                .kind_of(&object, object["metadata"]["namespace"].as_str());
            self.one(&api, &object).await?;
        }
        Ok(())
    }

    async fn one(&self, api: &Api<DynamicObject>, object: &Value) -> Result<(), UninstallError> {
        let name = name(object);
        let kind = object["kind"].as_str().unwrap_or_default();
        loop {
            let why = match self.calls.delete(api, name).await {
                Ok(Changed::Missing) => return Ok(()),
                Ok(Changed::Yes) => "it is still there".to_owned(),
                Ok(Changed::Refused(why)) => why,
                Err(error) => error.to_string(),
            };
            if Instant::now() + BETWEEN_LOOKS >= self.deadline {
                let sentence = format!("{kind} {name} could not be removed: {why}");
                return Err(UninstallError::NotRemoved(sentence));
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}
