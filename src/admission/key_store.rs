//! The seal key in a Secret of the controller's namespace, created once.

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicy;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ObjectMeta, PostParams};

use serde_json::json;

use super::API_TIMEOUT;
use super::installation::{CONTROLLER_POLICY, Installation, controller_named_by};
use super::seal::{SealKey, SealKeyError};

/// The Secret with the key. The controller's role names it.
const SECRET_NAME: &str = "team-operator-seal";

/// The entry of the Secret that holds the key.
const ENTRY: &str = "key";

/// Why the key could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The API server refused.
    #[error(
        "Secret {SECRET_NAME} with the key of the seal, or policy {CONTROLLER_POLICY}, could not be read or created: {0}"
    )]
    Kube(#[from] kube::Error),
    /// The API server did not answer.
    #[error(
        "Secret {SECRET_NAME} with the key of the seal, or policy {CONTROLLER_POLICY}: no answer within 10 s"
    )]
    Timeout(#[from] tokio::time::error::Elapsed),
    /// The admission policies know another controller.
    #[error(
        "the admission policies of this cluster know the controller as {known}, and this one is {ours}: a cluster has one \
         installation. If this is the one, set the same namespace and service account for the charts team-operator-crds and \
         team-operator; else uninstall it"
    )]
    AnotherController {
        /// The user name in the policies.
        known: String,
        /// The user name of this controller.
        ours: String,
    },
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
///
/// No key is created for a second installation in the cluster: it must neither lead nor act. With a key, what this controller
/// sealed may have to be ended, whatever the policies say meanwhile.
pub async fn load_or_create(
    client: kube::Client,
    installation: &Installation,
) -> Result<SealKey, KeyStoreError> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), installation.namespace());
    if let Some(secret) = tokio::time::timeout(API_TIMEOUT, secrets.get_opt(SECRET_NAME)).await?? {
        return key_of(&secret);
    }
    refuse_second_installation(client, installation).await?;
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

/// Policies that do not exist yet name nobody: they may be installed after the controller.
async fn refuse_second_installation(
    client: kube::Client,
    installation: &Installation,
) -> Result<(), KeyStoreError> {
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(client);
    let policy = tokio::time::timeout(API_TIMEOUT, policies.get_opt(CONTROLLER_POLICY)).await??;
    let ours = installation.controller_user_name();
    match controller_named_by(&json!(policy)) {
        Some(known) if known != ours => Err(KeyStoreError::AnotherController {
            known: known.to_owned(),
            ours,
        }),
        _ => Ok(()),
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
