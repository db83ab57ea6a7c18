//! Putting an object in the place of another.

use kube::api::{DynamicObject, PostParams};
use serde_json::Value;

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
