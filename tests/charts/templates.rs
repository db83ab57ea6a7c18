//! Objects of the program as templates of a chart.
//!
//! An installation with names that stand for values is written as YAML, and each such name is replaced by what the template
//! reads: what is installed by a chart is what `team-operator manifests` prints.

use std::path::Path;

use serde_json::{Value, json};
use team_operator::admission::Installation;
use team_operator::api;

use crate::Files;

/// Names that stand for values. They have to be possible names.
const NAMESPACE: &str = "namespace-of-the-controller";
const SERVICE_ACCOUNT: &str = "account-of-the-controller";
const POLICY_WRITER: &str = "writer-of-policies";
const LABELS: &str = "labels-of-the-object";
const ANNOTATIONS: &str = "annotations-of-the-object";

const ORIGIN: &str = "{{- /* Generated from the program: UPDATE=1 cargo test --test charts */ -}}\n";

/// What all templates of one chart begin their names with.
struct Chart {
    name: &'static str,
}

const DEFINITIONS: Chart = Chart {
    name: "team-operator-crds",
};
const CONTROLLER: Chart = Chart {
    name: "team-operator",
};

/// Waves of Argo CD, in the order in which Helm's kinds alone would not put them: definitions, what is defined with them, and
/// what puts it in force.
const DEFINITION_WAVE: &str = "-20";
const POLICY_WAVE: &str = "-10";
const BINDING_WAVE: &str = "-9";

/// The generated templates, and the folders that hold nothing else.
pub(crate) fn generated() -> (Files, Vec<&'static str>) {
    let installation = Installation::new(NAMESPACE, SERVICE_ACCOUNT)
        .and_then(|installation| installation.with_policy_writers(vec![POLICY_WRITER.to_owned()]))
        .unwrap();
    let mut files = Files::new();
    for definition in api::all_crds() {
        let path = format!("crds/{}", api::crd_file_name(&definition));
        DEFINITIONS.add(&mut files, &path, &[definition]);
    }
    let stamping = "{{- if include \"team-operator-crds.stamping\" . }}\n";
    for (objects, condition) in [
        (installation.validating_policies(), None),
        (installation.deletion_policies(), None),
        (installation.mutating_policies(), Some(stamping)),
    ] {
        for policy_and_binding in
            objects.chunk_by(|one, other| one["metadata"]["name"] == other["metadata"]["name"])
        {
            let name = policy_and_binding[0]["metadata"]["name"].as_str().unwrap();
            let name = name.strip_prefix("team-operator-").unwrap_or(name);
            let path = format!("policies/{name}.yaml");
            DEFINITIONS.add_if(&mut files, &path, policy_and_binding, condition);
        }
    }
    let (account, roles): (Vec<Value>, Vec<Value>) = installation
        .roles()
        .into_iter()
        .partition(|object| object["kind"] == "ServiceAccount");
    let (controllers, peoples): (Vec<Value>, Vec<Value>) = roles.into_iter().partition(|role| {
        role["metadata"]["name"]
            .as_str()
            .unwrap()
            .starts_with("team-operator")
    });
    let creates = |value: &str| format!("{{{{- if .Values.{value}.create }}}}\n");
    CONTROLLER.add_if(
        &mut files,
        "roles/serviceaccount.yaml",
        &account,
        Some(&creates("serviceAccount")),
    );
    CONTROLLER.add(&mut files, "roles/controller.yaml", &controllers);
    CONTROLLER.add_if(
        &mut files,
        "roles/people.yaml",
        &peoples,
        Some(&creates("peopleRoles")),
    );
    let folders = vec![
        "charts/team-operator-crds/templates/crds",
        "charts/team-operator-crds/templates/policies",
        "charts/team-operator/templates/roles",
    ];
    (files, folders)
}

impl Chart {
    fn add(&self, files: &mut Files, path: &str, objects: &[Value]) {
        self.add_if(files, path, objects, None);
    }

    fn add_if(&self, files: &mut Files, path: &str, objects: &[Value], condition: Option<&str>) {
        let documents: Vec<String> = objects.iter().map(|object| self.template(object)).collect();
        let end = if condition.is_some() { "{{- end }}\n" } else { "" };
        let text = [
            ORIGIN,
            condition.unwrap_or_default(),
            &documents.join("---\n"),
            end,
        ]
        .concat();
        let path = Path::new("charts").join(self.name).join("templates").join(path);
        let before = files.insert(path, text);
        assert_eq!(before, None, "two templates of one name");
    }

    fn template(&self, object: &Value) -> String {
        let mut object = object.clone();
        object["metadata"]["labels"] = json!(LABELS);
        let annotations = self.annotations(&object);
        if annotations.is_some() {
            object["metadata"]["annotations"] = json!(ANNOTATIONS);
        }
        let text = serde_saphyr::to_string(&object).unwrap();
        // A template reads this as the beginning of an action.
        let mut text = text.replace("{{", "{{ \"{{\" }}");
        let include = |what: &str| format!("include \"{}.{what}\" .", self.name);
        for (name, value) in [(NAMESPACE, "namespace"), (SERVICE_ACCOUNT, "serviceAccount")] {
            let value = include(value);
            // As a whole text it may read like a number; within another one it may not be quoted.
            text = text.replace(&format!(": {name}\n"), &format!(": {{{{ {value} | quote }}}}\n"));
            text = text.replace(name, &format!("{{{{ {value} }}}}"));
        }
        let list = json!([POLICY_WRITER]).to_string();
        let writers = serde_saphyr::to_string(&list).unwrap();
        // The expression is a text that holds a list in JSON.
        text = text.replace(
            writers.trim_end(),
            "{{ .Values.policyWriters | toRawJson | toRawJson }}",
        );
        assert!(
            !text.contains(POLICY_WRITER),
            "the policy writers are written otherwise: {text}"
        );
        text = text.replace(LABELS, &format!("{{{{- {} | nindent 4 }}}}", include("labels")));
        text.replace(ANNOTATIONS, &annotations.unwrap_or_default())
    }

    /// What the object's annotations are read from.
    fn annotations(&self, object: &Value) -> Option<String> {
        let wave = match object["kind"].as_str().unwrap() {
            "CustomResourceDefinition" => DEFINITION_WAVE,
            "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy" => POLICY_WAVE,
            "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding" => BINDING_WAVE,
            "ServiceAccount" => {
                return Some("{{- toYaml .Values.serviceAccount.annotations | nindent 4 }}".to_owned());
            }
            _ => return None,
        };
        let named = format!("include \"{}.annotations\" (dict \"wave\" \"{wave}\")", self.name);
        Some(format!("{{{{- {named} | nindent 4 }}}}"))
    }
}
