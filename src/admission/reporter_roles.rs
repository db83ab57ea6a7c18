//! The objects that the reporter needs in a cluster, ready to apply.

use serde_json::Value;

use super::InstallationError;
use super::installation::checked_label;

/// The source, which can be applied as it is.
const SOURCE: &str = include_str!("roles/reporter.yaml");

/// The name that the source gives the namespace, the service account, the roles and the lease.
const DEFAULT: &str = "team-operator-reporter";

/// The reporter's namespace, service account and rights, for a namespace of this name.
#[expect(
    clippy::expect_used,
    reason = "the text is compiled in and a unit test parses it"
)]
pub fn reporter_manifests(namespace: &str) -> Result<Vec<Value>, InstallationError> {
    checked_label("the namespace of the reporter", namespace)?;
    let mut objects =
        serde_saphyr::from_multiple::<Value>(SOURCE).expect("the roles of the reporter are not YAML");
    for object in &mut objects {
        put_namespace(object, namespace);
    }
    Ok(objects)
}

/// Where an object names the namespace: everything else keeps its name, which the program knows.
fn put_namespace(object: &mut Value, namespace: &str) {
    if object["kind"] == "Namespace" {
        object["metadata"]["name"] = namespace.into();
    }
    for place in ["/metadata/namespace", "/subjects/0/namespace"] {
        if let Some(value) = object.pointer_mut(place) {
            *value = namespace.into();
        }
    }
    // Cluster-wide names carry the namespace: a second installation must not share them.
    for place in ["/metadata/name", "/roleRef/name"] {
        if let Some(value) = object.pointer_mut(place)
            && value.as_str().is_some_and(|name| name.contains(':'))
        {
            *value = format!("{DEFAULT}:{namespace}").into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_of_the_namespace_that_was_asked_for() {
        let objects = reporter_manifests("telling").unwrap();
        assert_eq!(objects.len(), 6);
        let text: String = objects.iter().map(Value::to_string).collect();
        assert!(
            !text.contains("\"namespace\":\"team-operator-reporter\""),
            "{text}"
        );
        assert!(text.contains("team-operator-reporter:telling"));
        assert!(reporter_manifests("no name").is_err());
    }

    #[test]
    fn the_reporter_writes_nothing_but_what_it_told() {
        for object in reporter_manifests(DEFAULT).unwrap() {
            for rule in object["rules"].as_array().into_iter().flatten() {
                let writes = ["create", "update", "patch", "delete", "*"];
                let verbs = rule["verbs"].as_array().unwrap();
                if !verbs.iter().any(|verb| writes.contains(&verb.as_str().unwrap())) {
                    continue;
                }
                for resource in rule["resources"].as_array().unwrap() {
                    let own = ["leases", "requestreports", "notificationchannels/status"];
                    assert!(own.contains(&resource.as_str().unwrap()), "{rule}");
                }
            }
        }
    }
}
