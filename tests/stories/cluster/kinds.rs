//! The kinds that this API server serves.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kube_cel::{CompiledSchema, compile_schema};
use serde_json::Value;
use team_operator::api;

/// One kind.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "`kind` is what Kubernetes calls it")]
pub(crate) struct Kind {
    pub(crate) plural: &'static str,
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) namespaced: bool,
}

const fn kind(
    plural: &'static str,
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    namespaced: bool,
) -> Kind {
    Kind {
        plural,
        group,
        version,
        kind,
        namespaced,
    }
}

/// No MutatingAdmissionPolicy: a cluster before 1.36, where everybody names themselves.
static KINDS: [Kind; 12] = [
    kind("namespaces", "", "v1", "Namespace", false),
    kind("configmaps", "", "v1", "ConfigMap", true),
    kind("events", "events.k8s.io", "v1", "Event", true),
    kind(
        "customresourcedefinitions",
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        false,
    ),
    kind(
        "validatingadmissionpolicies",
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingAdmissionPolicy",
        false,
    ),
    kind(
        "validatingadmissionpolicybindings",
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingAdmissionPolicyBinding",
        false,
    ),
    kind(
        "elevationrequests",
        api::GROUP,
        api::VERSION,
        "ElevationRequest",
        true,
    ),
    kind(
        "eligibilityreviews",
        api::GROUP,
        api::VERSION,
        "EligibilityReview",
        true,
    ),
    kind(
        "eligibilitypolicies",
        api::GROUP,
        api::VERSION,
        "EligibilityPolicy",
        false,
    ),
    kind(
        "approverpolicies",
        api::GROUP,
        api::VERSION,
        "ApproverPolicy",
        false,
    ),
    kind(
        "accountassignments",
        api::GROUP,
        api::VERSION,
        "AccountAssignment",
        false,
    ),
    kind("teamsettings", api::GROUP, api::VERSION, "TeamSettings", false),
];

impl Kind {
    /// The kind with this group and plural name.
    pub(crate) fn served(group: &str, plural: &str) -> Option<&'static Self> {
        KINDS
            .iter()
            .find(|kind| kind.group == group && kind.plural == plural)
    }

    /// The kind that a manifest names.
    pub(crate) fn of(manifest: &Value) -> Option<&'static Self> {
        KINDS
            .iter()
            .find(|kind| manifest["kind"] == kind.kind && manifest["apiVersion"] == *kind.api_version())
    }

    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            return self.version.to_owned();
        }
        format!("{}/{}", self.group, self.version)
    }

    /// `elevationrequests.team-operator.io`, as error messages have it.
    pub(crate) fn qualified(&self) -> String {
        format!("{}.{}", self.plural, self.group)
            .trim_end_matches('.')
            .to_owned()
    }

    /// The schema, for kinds of ours.
    pub(crate) fn schema(&self) -> Option<&'static (Value, CompiledSchema)> {
        self.definition().map(|definition| &definition.schema)
    }

    /// Whether the status of a kind of ours is written through a subresource of its own.
    pub(crate) fn has_status_subresource(&self) -> bool {
        self.definition()
            .is_some_and(|definition| definition.has_status_subresource)
    }

    /// The definition, for kinds of ours. Compiled once for all stories.
    fn definition(&self) -> Option<&'static Definition> {
        static DEFINITIONS: LazyLock<BTreeMap<String, Definition>> = LazyLock::new(|| {
            let crds = api::all_crds().into_iter();
            let definitions = crds.map(|crd| {
                let plural = crd["spec"]["names"]["plural"].as_str().unwrap().to_owned();
                let version = &crd["spec"]["versions"][0];
                let schema = version["schema"]["openAPIV3Schema"].clone();
                let compiled = compile_schema(&schema);
                let definition = Definition {
                    schema: (schema, compiled),
                    has_status_subresource: version["subresources"]["status"].is_object(),
                };
                (plural, definition)
            });
            definitions.collect()
        });
        (self.group == api::GROUP).then(|| &DEFINITIONS[self.plural])
    }
}

/// What a definition of ours says.
struct Definition {
    schema: (Value, CompiledSchema),
    has_status_subresource: bool,
}
