//! The CustomResourceDefinitions, as they are written to `crds/` and installed.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;
use serde_json::{Map, Value, json};

use super::{ApproverPolicy, ElevationRequest, EligibilityPolicy, EligibilityReview, TeamSettings};

/// Every kind's definition, in the order a reader meets them.
pub fn all_crds() -> Vec<Value> {
    [
        ElevationRequest::crd(),
        EligibilityPolicy::crd(),
        ApproverPolicy::crd(),
        TeamSettings::crd(),
        EligibilityReview::crd(),
    ]
    .iter()
    .map(finish)
    .collect()
}

/// The name of a definition's file in `crds/`, such as `elevationrequests.yaml`.
pub fn crd_file_name(crd: &Value) -> String {
    format!(
        "{}.yaml",
        crd["spec"]["names"]["plural"].as_str().unwrap_or_default()
    )
}

/// What the derive cannot say or says in a way that Kubernetes does not mean:
/// - `nullable` on every optional field: an explicit null would be stored; without it the API server drops it;
/// - defaults that only repeat "empty": written into stored objects they would show up as differences in Git tools
///   and, in a status, as something that nobody wrote;
/// - the defaults of a request's `status`, without which a JSON patch could not append to `/status/approvals/-`;
/// - `spec: {}` of TeamSettings, whose every field has a default.
fn finish(crd: &CustomResourceDefinition) -> Value {
    let mut crd = json!(crd);
    let kind = crd["spec"]["names"]["kind"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let root = &mut crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    tidy(root);
    let properties = &mut root["properties"];
    match kind.as_str() {
        "ElevationRequest" => {
            properties["status"]["default"] = json!({ "approvals": [] });
            properties["status"]["properties"]["approvals"]["default"] = json!([]);
            properties["status"]["properties"]["approvals"]["items"]["properties"]["approver"]["default"] =
                json!("");
        }
        "TeamSettings" => {
            properties["spec"]["default"] = json!({});
            if let Some(root) = root.as_object_mut() {
                root.remove("required");
            }
        }
        _ => {}
    }
    crd
}

fn tidy(node: &mut Value) {
    match node {
        Value::Object(map) => {
            map.remove("nullable");
            if map.get("default").is_some_and(says_nothing) && map.contains_key("type") {
                map.remove("default");
            }
            unwrap_only_variant(map);
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Whether a default only repeats what an absent value means to us.
fn says_nothing(default: &Value) -> bool {
    match default {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// `"default": {}`-less `required: []` is refused by nobody and read by nobody.
fn unwrap_only_variant(map: &mut Map<String, Value>) {
    if map
        .get("required")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
    {
        map.remove("required");
    }
}
