//! Secrets of channels. One that is not meant for a channel is refused, whatever a channel names.

use k8s_openapi::api::core::v1::Secret;
use kube::api::Api;

use crate::admission::api_call::{no_answer, within};
use crate::api::{CHANNEL_SECRET_TYPE, SecretKey};

/// The entry that names the medium that a Secret may be used for.
const MEDIUM: &str = "medium";
/// The entry that names the host that a Secret may be sent to.
const HOST: &str = "host";

/// The Secrets in the reporter's namespace.
#[derive(Clone)]
pub(super) struct Secrets {
    secrets: Api<Secret>,
    namespace: String,
}

/// Why an entry of a Secret is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SecretError {
    /// It does not exist, or is empty.
    NotFound(String),
    /// It is not meant for this.
    Refused(String),
    /// The API server did not say.
    Unread(String),
}

/// A Secret that is meant for this medium.
pub(super) struct ChannelSecret {
    secret: Secret,
    name: String,
}

impl Secrets {
    pub(super) fn new(client: kube::Client, namespace: &str) -> Self {
        Self {
            secrets: Api::namespaced(client, namespace),
            namespace: namespace.to_owned(),
        }
    }

    /// A Secret that says that it is for this medium.
    pub(super) async fn of_medium(&self, name: &str, medium: &str) -> Result<ChannelSecret, SecretError> {
        let action = "read the Secret of a channel";
        let found = within(action, self.secrets.get_opt(name)).await;
        let found = found.map_err(|error| SecretError::Unread(error.to_string()))?;
        let found = found.map_err(|error| SecretError::Unread(no_answer(action, &error).to_string()))?;
        let namespace = &self.namespace;
        let Some(secret) = found else {
            return Err(SecretError::NotFound(format!(
                "The Secret {name} does not exist in namespace {namespace}: create it with --type={CHANNEL_SECRET_TYPE}."
            )));
        };
        if secret.type_.as_deref() != Some(CHANNEL_SECRET_TYPE) {
            return Err(SecretError::Refused(format!(
                "The Secret {name} in namespace {namespace} is not of type {CHANNEL_SECRET_TYPE}, and is used for no channel."
            )));
        }
        let secret = ChannelSecret {
            secret,
            name: name.to_owned(),
        };
        if secret.text(MEDIUM)? != medium {
            return Err(SecretError::Refused(format!(
                "The Secret {name} is not for {medium}: its entry {MEDIUM} says what it is for."
            )));
        }
        Ok(secret)
    }

    /// The same for one entry of it, of a Secret that may be sent to this host.
    pub(super) async fn entry(
        &self,
        from: &SecretKey,
        medium: &str,
        host: &str,
    ) -> Result<String, SecretError> {
        let secret = self.of_medium(&from.name, medium).await?;
        secret.is_for_host(host)?;
        secret.text(&from.key)
    }
}

impl ChannelSecret {
    /// Refuses a Secret that may not be sent to this host.
    pub(super) fn is_for_host(&self, host: &str) -> Result<(), SecretError> {
        let named = self.text(HOST)?;
        if named.eq_ignore_ascii_case(host) {
            return Ok(());
        }
        Err(SecretError::Refused(format!(
            "The Secret {} is not for the host {host}: its entry {HOST} says where it may be sent.",
            self.name
        )))
    }

    /// An entry as text, without the line break at its end that files have.
    pub(super) fn text(&self, key: &str) -> Result<String, SecretError> {
        let bytes = self.secret.data.as_ref().and_then(|data| data.get(key));
        let text = bytes.and_then(|bytes| String::from_utf8(bytes.0.clone()).ok());
        let text = text
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        text.ok_or_else(|| {
            SecretError::NotFound(format!(
                "The Secret {} has no text in its entry {key}.",
                self.name
            ))
        })
    }
}
