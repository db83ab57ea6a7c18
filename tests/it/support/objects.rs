//! Putting an object in the place of another, and deleting what is protected from mistakes.

use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use team_operator::api::ALLOW_DELETION;

use crate::stage::api_of;

/// Puts an object in the place of whatever has its name, as `kubectl replace` does: applying would keep what somebody
/// else added to a list. Creates it where there is none.
pub async fn replace(client: &kube::Client, object: &Value) {
    let objects = api_of(client, object);
    let mut new: DynamicObject = serde_json::from_value(object.clone()).unwrap();
    new.metadata.managed_fields = None;
    new.metadata.uid = None;
    new.metadata.resource_version = None;
    let name = new.metadata.name.clone().unwrap();
    match objects.get_opt(&name).await.unwrap() {
        Some(live) => {
            new.metadata.resource_version = live.metadata.resource_version;
            objects
                .replace(&name, &PostParams::default(), &new)
                .await
                .unwrap();
        }
        None => drop(objects.create(&PostParams::default(), &new).await.unwrap()),
    }
}

/// Deletes an object that is not to be deleted by mistake, as somebody who means it.
pub async fn delete_on_purpose(client: &kube::Client, object: &Value) -> Result<(), kube::Error> {
    let name = object["metadata"]["name"].as_str().unwrap();
    let objects = api_of(client, object);
    let meant = json!({ "metadata": { "annotations": { ALLOW_DELETION: "true" } } });
    objects
        .patch(name, &PatchParams::default(), &Patch::Merge(meant))
        .await?;
    objects.delete(name, &DeleteParams::default()).await.map(drop)
}
