//! The CustomResourceDefinitions, as they are written to `crds/` and installed.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;
use serde_json::{Value, json};

use super::{
    AccountAssignment, ApproverPolicy, ElevationRequest, EligibilityPolicy, EligibilityReview,
    NotificationChannel, RequestReport, TeamSettings,
};

/// Every kind's definition, in the order a reader meets them.
pub fn all_crds() -> Vec<Value> {
    [
        ElevationRequest::crd(),
        EligibilityPolicy::crd(),
        ApproverPolicy::crd(),
        TeamSettings::crd(),
        EligibilityReview::crd(),
        AccountAssignment::crd(),
        NotificationChannel::crd(),
        RequestReport::crd(),
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
/// - line breaks in descriptions, which `kubectl explain` would show;
/// - bounds of whole numbers, which it gives as floats;
/// - defaults that only repeat "empty": written into stored objects they would show up as differences in Git tools
///   and, in a status, as something that nobody wrote;
/// - the defaults of a request's `status`, without which a JSON patch could not append to `/status/approvals/-`;
/// - `spec: {}` of TeamSettings, whose every field has a default;
/// - that AccountAssignment and RequestReport have no status subresource: each step of them is one write.
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
        "AccountAssignment" | "RequestReport" => {
            if let Some(version) = crd["spec"]["versions"][0].as_object_mut() {
                version.remove("subresources");
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
            if map.get("required").is_some_and(says_nothing) {
                map.remove("required");
            }
            for bound in ["minimum", "maximum"] {
                if let Some(number) = map.get_mut(bound) {
                    whole(number);
                }
            }
            if let Some(Value::String(description)) = map.get_mut("description") {
                *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
            }
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

/// The derive has only floats for bounds, and `minimum: 0.0` reads as if halves were possible.
#[expect(
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "only what survives the way there and back is replaced"
)]
fn whole(number: &mut Value) {
    if let Some(float) = number.as_f64()
        && float.trunc() == float
        && float.abs() < 1e9
    {
        *number = json!(float as i64);
    }
}
