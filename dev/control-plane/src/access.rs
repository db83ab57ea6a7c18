//! Clients, and real service-account tokens.

use std::time::Duration;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::config::AuthInfo;
use kube::{Client, Config};
use serde_json::json;

use crate::Error;
use crate::credentials::NODE;

/// Connecting within a machine takes microseconds; this is for a busy one, or a cluster elsewhere.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may be silent while an answer is awaited. A watch without events hears a bookmark about
/// once a minute, so that this ends requests that hang and no watch that works.
pub const READ_TIMEOUT: Duration = Duration::from_secs(90);
/// Requests are at most a few megabytes.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// A token outlives any test and a day with the quickstart.
const TOKEN_SECONDS: i64 = 24 * 60 * 60;
/// The role that lets the node-like user ask for tokens, and its binding.
const NODE_ROLE: &str = "team-operator-control-plane:node";

/// Limits how long a client waits. Kube's own default for reading is for ever.
pub(crate) fn with_timeouts(mut config: Config) -> Config {
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(READ_TIMEOUT);
    config.write_timeout = Some(WRITE_TIMEOUT);
    // Otherwise the time a connection was idle counts as waiting for the next answer.
    config.reset_reader_on_write = true;
    config
}

/// A client for a configuration and credentials. Must be called within a tokio runtime, and is bound to it.
pub(crate) fn client_of(mut config: Config, auth_info: AuthInfo) -> Result<Client, Error> {
    config.auth_info = auth_info;
    Ok(Client::try_from(config)?)
}

/// Lets the node-like user ask for service-account tokens, which is all it may do.
pub(crate) async fn allow_node_to_ask_for_tokens(admin: &Client) -> Result<(), kube::Error> {
    let as_us = PatchParams::apply("team-operator-control-plane").force();
    let role: ClusterRole = serde_json::from_value(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": NODE_ROLE},
        "rules": [{"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]}],
    }))
    .map_err(kube::Error::SerdeError)?;
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": NODE_ROLE},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NODE_ROLE},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": NODE}],
    }))
    .map_err(kube::Error::SerdeError)?;
    let roles: Api<ClusterRole> = Api::all(admin.clone());
    let bindings: Api<ClusterRoleBinding> = Api::all(admin.clone());
    roles.patch(NODE_ROLE, &as_us, &Patch::Apply(&role)).await?;
    bindings.patch(NODE_ROLE, &as_us, &Patch::Apply(&binding)).await?;
    Ok(())
}

/// Asks for a token of a service account, as a kubelet does for its pods.
pub(crate) async fn ask_for_token(node: Client, namespace: &str, name: &str) -> Result<String, Error> {
    let request = TokenRequest {
        spec: TokenRequestSpec {
            expiration_seconds: Some(TOKEN_SECONDS),
            ..TokenRequestSpec::default()
        },
        ..TokenRequest::default()
    };
    let accounts: Api<ServiceAccount> = Api::namespaced(node, namespace);
    let answer = accounts
        .create_token_request(name, &PostParams::default(), &request)
        .await?;
    answer.status.map(|status| status.token).ok_or(Error::NoToken)
}
