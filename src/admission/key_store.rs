//! Keys in Secrets of the controller's namespace, each created once.

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicy;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ObjectMeta, PostParams};

use serde_json::json;

use super::API_TIMEOUT;
use super::installation::{CONTROLLER_POLICY, Installation, controller_named_by};
use super::seal::{SealKey, SealKeyError};

/// The Secret with the key. The controller's role names it.
pub const SEAL_SECRET: &str = "team-operator-seal";

/// The Secret with the key of the journal. The controller's role names it.
const JOURNAL_SECRET: &str = "team-operator-journal-key";

/// Bytes of the seed of an Ed25519 key.
const SEED_BYTES: usize = 32;

/// The entry of the Secret that holds the key.
const ENTRY: &str = "key";

/// Why the key could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The API server refused.
    #[error("Secret {name} with a key could not be read or created: {source}")]
    Kube {
        /// Its name.
        name: &'static str,
        /// The cause.
        source: kube::Error,
    },
    /// The API server did not answer.
    #[error("{name}: the API server did not answer within 10 s")]
    Timeout {
        /// Its name.
        name: &'static str,
    },
    /// The admission policies could not be read.
    #[error("the admission policy {CONTROLLER_POLICY} could not be read: {0}")]
    Policy(kube::Error),
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
    /// The Secret exists without a key. It is not replaced: that would break everything that rests on the key.
    #[error("Secret {name} has no entry {ENTRY}: restore it from a backup")]
    NoKey {
        /// Its name.
        name: &'static str,
    },
    /// The system gives no randomness.
    #[error("the system has no randomness for a key: {0}")]
    Randomness(getrandom::Error),
    /// The Secret holds something else than a key.
    #[error(transparent)]
    Key(#[from] SealKeyError),
}

impl From<getrandom::Error> for KeyStoreError {
    fn from(error: getrandom::Error) -> Self {
        Self::Randomness(error)
    }
}

/// Loads the seal key, or creates and stores a new one.
///
/// No key is created for a second installation in the cluster: it must neither lead nor act. With a key, what this controller
/// sealed may have to be ended, whatever the policies say meanwhile.
pub async fn load_or_create(
    client: kube::Client,
    installation: &Installation,
) -> Result<SealKey, KeyStoreError> {
    let namespace = installation.namespace();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    if found(&secrets, SEAL_SECRET).await?.is_none() {
        refuse_second_installation(client.clone(), installation).await?;
    }
    let generate = || SealKey::generate().map(|key| key.as_bytes().to_vec());
    let bytes = load_or_create_secret(client, namespace, SEAL_SECRET, generate).await?;
    Ok(SealKey::from_bytes(&bytes)?)
}

/// The seal key as it is stored now; nothing where there is no Secret, and an empty one where the Secret has none.
pub async fn stored_seal_key(
    client: kube::Client,
    namespace: &str,
) -> Result<Option<Vec<u8>>, KeyStoreError> {
    let secrets: Api<Secret> = Api::namespaced(client, namespace);
    let secret = found(&secrets, SEAL_SECRET).await?;
    Ok(secret.map(|secret| key_of(SEAL_SECRET, &secret).unwrap_or_default()))
}

/// Loads a key from the Secret of this name, or creates and stores a new one.
///
/// Two controllers that start at once end with the same key: the Secret is created, never overwritten.
pub async fn load_or_create_secret<E>(
    client: kube::Client,
    namespace: &str,
    name: &'static str,
    generate: impl FnOnce() -> Result<Vec<u8>, E>,
) -> Result<Vec<u8>, KeyStoreError>
where
    KeyStoreError: From<E>,
{
    let secrets: Api<Secret> = Api::namespaced(client, namespace);
    if let Some(secret) = found(&secrets, name).await? {
        return key_of(name, &secret);
    }
    let kube = |source| KeyStoreError::Kube { name, source };
    let late = |_: tokio::time::error::Elapsed| KeyStoreError::Timeout { name };
    let key = generate()?;
    let secret = Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        data: Some([(ENTRY.to_owned(), ByteString(key.clone()))].into()),
        immutable: Some(true),
        ..Secret::default()
    };
    let params = PostParams::default();
    let created = tokio::time::timeout(API_TIMEOUT, secrets.create(&params, &secret)).await;
    match created.map_err(late)? {
        Ok(_) => Ok(key),
        Err(kube::Error::Api(status)) if status.is_already_exists() => {
            let found = tokio::time::timeout(API_TIMEOUT, secrets.get(name))
                .await
                .map_err(late)?;
            key_of(name, &found.map_err(kube)?)
        }
        Err(error) => Err(kube(error)),
    }
}

/// The seed of the key that signs the journal, or a new one that is stored. Whoever uses another one sees that it was exchanged.
pub async fn journal_seed(client: kube::Client, namespace: &str) -> Result<Vec<u8>, KeyStoreError> {
    load_or_create_secret(client, namespace, JOURNAL_SECRET, || {
        let mut seed = vec![0; SEED_BYTES];
        getrandom::fill(&mut seed).map(|()| seed)
    })
    .await
}

async fn found(secrets: &Api<Secret>, name: &'static str) -> Result<Option<Secret>, KeyStoreError> {
    let found = tokio::time::timeout(API_TIMEOUT, secrets.get_opt(name)).await;
    let found = found.map_err(|_| KeyStoreError::Timeout { name })?;
    found.map_err(|source| KeyStoreError::Kube { name, source })
}

/// Policies that do not exist yet name nobody: they may be installed after the controller.
async fn refuse_second_installation(
    client: kube::Client,
    installation: &Installation,
) -> Result<(), KeyStoreError> {
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(client);
    let late = |_: tokio::time::error::Elapsed| KeyStoreError::Timeout {
        name: CONTROLLER_POLICY,
    };
    let policy = tokio::time::timeout(API_TIMEOUT, policies.get_opt(CONTROLLER_POLICY))
        .await
        .map_err(late)?;
    let policy = policy.map_err(KeyStoreError::Policy)?;
    let ours = installation.controller_user_name();
    match controller_named_by(&json!(policy)) {
        Some(known) if known != ours => Err(KeyStoreError::AnotherController {
            known: known.to_owned(),
            ours,
        }),
        _ => Ok(()),
    }
}

fn key_of(name: &'static str, secret: &Secret) -> Result<Vec<u8>, KeyStoreError> {
    let bytes = secret.data.as_ref().and_then(|data| data.get(ENTRY));
    Ok(bytes.ok_or(KeyStoreError::NoKey { name })?.0.clone())
}
