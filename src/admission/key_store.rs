//! The seal key in a Secret of the controller's namespace, created once.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ObjectMeta, PostParams};

use super::API_TIMEOUT;
use super::seal::{SealKey, SealKeyError};

/// The Secret with the key. The controller's role names it.
const SECRET_NAME: &str = "team-operator-seal";

/// The entry of the Secret that holds the key.
const ENTRY: &str = "key";

/// Why the key could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The API server refused.
    #[error("Secret {SECRET_NAME} with the key of the seal could not be read or created: {0}")]
    Kube(#[from] kube::Error),
    /// The API server did not answer.
    #[error("Secret {SECRET_NAME} with the key of the seal: no answer within 10 s")]
    Timeout(#[from] tokio::time::error::Elapsed),
    /// The Secret exists without a key. It is not replaced: that would break every existing seal.
    #[error("Secret {SECRET_NAME} has no entry {ENTRY}: restore it from a backup")]
    NoKey,
    /// The Secret holds something else than a key.
    #[error(transparent)]
    Key(#[from] SealKeyError),
}

/// Loads the seal key, or creates and stores a new one.
///
/// Two controllers that start at once end with the same key: the Secret is created, never overwritten.
pub async fn load_or_create(client: kube::Client, namespace: &str) -> Result<SealKey, KeyStoreError> {
    let secrets: Api<Secret> = Api::namespaced(client, namespace);
    if let Some(secret) = tokio::time::timeout(API_TIMEOUT, secrets.get_opt(SECRET_NAME)).await?? {
        return key_of(&secret);
    }
    let key = SealKey::generate()?;
    let secret = Secret {
        metadata: ObjectMeta {
            name: Some(SECRET_NAME.to_owned()),
            ..ObjectMeta::default()
        },
        data: Some([(ENTRY.to_owned(), ByteString(key.as_bytes().to_vec()))].into()),
        immutable: Some(true),
        ..Secret::default()
    };
    match tokio::time::timeout(API_TIMEOUT, secrets.create(&PostParams::default(), &secret)).await? {
        Ok(_) => Ok(key),
        Err(kube::Error::Api(status)) if status.is_already_exists() => {
            key_of(&tokio::time::timeout(API_TIMEOUT, secrets.get(SECRET_NAME)).await??)
        }
        Err(error) => Err(error.into()),
    }
}

fn key_of(secret: &Secret) -> Result<SealKey, KeyStoreError> {
    let bytes = secret
        .data
        .as_ref()
        .and_then(|data| data.get(ENTRY))
        .ok_or(KeyStoreError::NoKey)?;
    Ok(SealKey::from_bytes(&bytes.0)?)
}
