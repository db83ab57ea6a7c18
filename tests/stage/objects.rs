//! Writing any object by its JSON.

use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, TypeMeta};
use serde_json::Value;

/// The API for objects of this kind and namespace.
pub fn api_of(client: &kube::Client, object: &Value) -> Api<DynamicObject> {
    let types: TypeMeta = serde_json::from_value(object.clone()).unwrap();
    let mut resource = ApiResource::from_gvk(&(&types).try_into().unwrap());
    if resource.kind == "TeamSettings" {
        // The one kind whose plural cannot be guessed.
        "teamsettings".clone_into(&mut resource.plural);
    }
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// Applies an object from the server's side.
pub async fn apply(client: &kube::Client, object: &Value) -> Result<DynamicObject, kube::Error> {
    let params = PatchParams::apply("tests").force();
    let name = object["metadata"]["name"].as_str().unwrap();
    api_of(client, object)
        .patch(name, &params, &Patch::Apply(object))
        .await
}
