//! Reads the installed objects from the cluster.

use std::collections::{BTreeMap, BTreeSet};

use kube::api::{Api, DynamicObject, ListParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::Value;

use super::compare::compare;
use super::observation::{Found, LiveObject};
use crate::admission::API_TIMEOUT;
use crate::admission::installation::Installation;

/// The only kind that is read object by object: a cluster has hundreds of definitions, and they are large.
const DEFINITION: &str = "CustomResourceDefinition";

/// The objects of an installation of this version, built once because a grant waits for the check.
pub(super) struct Sources {
    installation: Installation,
    all: Vec<Source>,
}

struct Source {
    kind: GroupVersionKind,
    name: String,
    /// Whether requests or records can be forged without this object.
    enforcing: bool,
    object: Value,
}

impl Sources {
    /// The objects of this installation.
    pub(super) fn of(installation: &Installation) -> Self {
        let enforcing = installation
            .validating_policies()
            .into_iter()
            .chain(crate::api::all_crds());
        let convenience = installation
            .deletion_policies()
            .into_iter()
            .chain(installation.mutating_policies());
        let enforcing = enforcing.map(|object| Source::of(object, true));
        let convenience = convenience.map(|object| Source::of(object, false));
        Self {
            installation: installation.clone(),
            all: enforcing.chain(convenience).collect(),
        }
    }

    /// Each of them as found in the cluster, in the same order.
    pub(super) async fn look(&self, client: &kube::Client) -> Result<Vec<LiveObject>, String> {
        let mut kinds: BTreeMap<String, (&GroupVersionKind, BTreeSet<&str>)> = BTreeMap::new();
        for source in &self.all {
            let kind = kinds
                .entry(source.kind.kind.clone())
                .or_insert((&source.kind, BTreeSet::new()));
            kind.1.insert(&source.name);
        }
        // Concurrently, because a grant waits for it.
        let looks = kinds.values().map(async |(kind, names)| {
            let found = found(client, kind, names).await?;
            Ok::<_, String>(found.into_iter().map(|object| (kind.kind.as_str(), object)))
        });
        let found: Vec<(&str, DynamicObject)> = futures::future::try_join_all(looks)
            .await?
            .into_iter()
            .flatten()
            .collect();
        Ok(self
            .all
            .iter()
            .map(|source| source.live(&self.installation, &found))
            .collect())
    }
}

impl Source {
    fn of(object: Value, enforcing: bool) -> Self {
        let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
        let version = text(&object["apiVersion"]);
        let (group, version) = version.split_once('/').unwrap_or_default();
        Self {
            kind: GroupVersionKind::gvk(group, version, &text(&object["kind"])),
            name: text(&object["metadata"]["name"]),
            enforcing,
            object,
        }
    }

    fn live(&self, installation: &Installation, found: &[(&str, DynamicObject)]) -> LiveObject {
        let is_this = |(kind, object): &&(&str, DynamicObject)| {
            *kind == self.kind.kind && object.metadata.name.as_deref() == Some(&self.name)
        };
        LiveObject {
            kind: self.kind.kind.clone(),
            name: self.name.clone(),
            enforcing: self.enforcing,
            found: found
                .iter()
                .find(is_this)
                .map(|(_, live)| found_as(&installation.source_for(&self.object, &live.data), live)),
        }
    }
}

/// The objects of a kind; of definitions only those with these names. Policies and bindings are few: one list of a kind
/// costs less than one read per object.
///
/// A kind that is not served counts as empty: in both cases nothing is in force.
async fn found(
    client: &kube::Client,
    kind: &GroupVersionKind,
    names: &BTreeSet<&str>,
) -> Result<Vec<DynamicObject>, String> {
    let objects: Api<DynamicObject> = Api::all_with(client.clone(), &ApiResource::from_gvk(kind));
    if kind.kind == DEFINITION {
        let reads = names.iter().map(async |name| {
            let read = within(objects.get_opt(name)).await;
            read.map_err(|why| format!("{DEFINITION} {name}: {why}"))
        });
        let found = futures::future::try_join_all(reads).await?;
        return Ok(found.into_iter().flatten().collect());
    }
    let listed = async {
        match objects.list(&ListParams::default()).await {
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(vec![]),
            listed => listed.map(|list| list.items),
        }
    };
    within(listed)
        .await
        .map_err(|why| format!("{}: {why}", kind.kind))
}

async fn within<T>(call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, String> {
    match tokio::time::timeout(API_TIMEOUT, call).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", API_TIMEOUT.as_secs())),
    }
}

fn found_as(source: &Value, live: &DynamicObject) -> Found {
    let metadata = &live.metadata;
    Found {
        uid: metadata.uid.clone().unwrap_or_default(),
        generation: metadata.generation.unwrap_or_default(),
        denies: denies(&live.data["spec"]),
        text: compare(source, &live.data),
    }
}

/// Whether a policy or binding refuses at all. A definition has neither field.
fn denies(spec: &Value) -> bool {
    let ignores = spec["failurePolicy"] == "Ignore";
    let actions = &spec["validationActions"];
    !ignores
        && (actions.is_null()
            || actions
                .as_array()
                .is_some_and(|a| a.iter().any(|action| action == "Deny")))
}

#[cfg(test)]
mod tests {
    use super::{Sources, denies};
    use crate::admission::installation::Installation;
    use serde_json::json;

    #[test]
    fn everything_that_keeps_requests_and_records_from_being_forged_is_looked_at() {
        let sources = Sources::of(&Installation::default());
        let enforcing: Vec<_> = sources.all.iter().filter(|source| source.enforcing).collect();
        for (kind, names) in [
            (
                "ValidatingAdmissionPolicy",
                ["team-operator-assignments", "team-operator-decisions"],
            ),
            (
                "ValidatingAdmissionPolicyBinding",
                ["team-operator-assignments", "team-operator-decisions"],
            ),
            (
                "CustomResourceDefinition",
                [
                    "accountassignments.team-operator.io",
                    "elevationrequests.team-operator.io",
                ],
            ),
        ] {
            for name in names {
                let is_this = |source: &&&super::Source| source.kind.kind == kind && source.name == name;
                assert_eq!(enforcing.iter().filter(is_this).count(), 1, "{kind} {name}");
            }
        }
    }

    #[test]
    fn a_binding_that_only_warns_does_not_deny() {
        assert!(denies(&json!({ "validationActions": ["Deny"] })));
        assert!(denies(&json!({ "failurePolicy": "Fail" })));
        assert!(!denies(&json!({ "validationActions": ["Warn", "Audit"] })));
        assert!(!denies(&json!({ "validationActions": [] })));
        assert!(!denies(&json!({ "failurePolicy": "Ignore" })));
    }
}
