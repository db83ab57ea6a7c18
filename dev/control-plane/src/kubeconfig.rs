//! Kubeconfig files for kubectl, helm and the controller manager. They are JSON, which is YAML.

use serde_json::{Value, json};

/// The one name for cluster, user and context: a file of ours speaks as one person to one cluster.
const NAME: &str = "control-plane";

/// A kubeconfig for a cluster and a user, both in the format's own terms.
pub(crate) fn kubeconfig(cluster: &Value, user: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": user}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kube_client_reads_what_we_write() {
        let cluster =
            json!({"server": "https://127.0.0.1:20000", "certificate-authority": "/folder/authority.crt"});
        let text = kubeconfig(&cluster, &json!({"token": "secret"})).to_string();
        let read = kube::config::Kubeconfig::from_yaml(&text).unwrap();
        assert_eq!(read.current_context.as_deref(), Some(NAME));
        assert_eq!(read.auth_infos[0].name, NAME);
    }
}
