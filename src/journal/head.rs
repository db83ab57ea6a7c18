//! The head: the tree up to its newest checkpoint, in one object that is moved by compare-and-swap.

use std::time::Duration;

use async_trait::async_trait;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ObjectMeta, PostParams};
use serde::{Deserialize, Serialize};

use super::note::{SigningKey, hash_of, text_of};
use super::tree::CompactRange;

/// The ConfigMap with the head, in the controller's namespace. The controller's role names it.
pub const HEAD_NAME: &str = "team-operator-journal";

/// The entry of the ConfigMap that holds the head.
const ENTRY: &str = "head";

/// How long one call to the API server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The head as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The name of the tree.
    pub origin: String,
    /// Its size.
    pub size: u64,
    /// Its compact range.
    pub range: Vec<String>,
    /// The uid of the object that this was written into; the first write does not know it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The newest checkpoint.
    pub note: String,
    /// The term of its writer.
    #[serde(default)]
    pub term: i64,
    /// The trees before this one, the oldest first.
    #[serde(default)]
    pub origins: Vec<String>,
}

impl Head {
    /// The head of a tree.
    pub fn of(range: &CompactRange, origin: &str, note: String, term: i64, origins: Vec<String>) -> Self {
        Self {
            origin: origin.to_owned(),
            size: range.size(),
            range: range.nodes().iter().map(text_of).collect(),
            uid: None,
            note,
            term,
            origins,
        }
    }

    /// The tree, where key, checkpoint and range fit each other; why not, otherwise.
    pub fn tree(&self, key: &SigningKey) -> Result<CompactRange, String> {
        let checkpoint = key.verifier(&self.origin).open(&self.note);
        let checkpoint = checkpoint.map_err(|error| format!("its checkpoint is not of this key: {error}"))?;
        let nodes: Option<Vec<_>> = self.range.iter().map(|text| hash_of(text)).collect();
        let range = nodes.and_then(|nodes| CompactRange::of(self.size, nodes));
        match range {
            Some(range) if checkpoint.size == range.size() && checkpoint.root == range.root() => Ok(range),
            _ => Err("its range does not give the root of its checkpoint".to_owned()),
        }
    }
}

/// What is stored, and the version that the next write rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHead {
    /// The head; nothing where the object holds something else.
    pub head: Option<Head>,
    /// The uid of the object.
    pub uid: String,
    /// Its resourceVersion.
    pub version: String,
}

/// Why the head was not moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadError {
    /// Somebody wrote in between, or the object is gone: read again.
    Conflict,
    /// No usable answer: it may have been written.
    NoAnswer(String),
}

/// Where the head is stored.
#[async_trait]
pub trait Heads: Send + Sync {
    /// The head as it is now.
    async fn read(&self) -> Result<Option<StoredHead>, String>;

    /// Puts a head in the place of this version, or creates it.
    async fn write(&self, head: &Head, over: Option<&StoredHead>) -> Result<StoredHead, HeadError>;
}

/// The head in a ConfigMap.
pub struct HeadObject {
    maps: Api<ConfigMap>,
}

impl HeadObject {
    /// The ConfigMap in this namespace.
    pub fn new(client: kube::Client, namespace: &str) -> Self {
        Self {
            maps: Api::namespaced(client, namespace),
        }
    }
}

fn stored(map: ConfigMap) -> StoredHead {
    let text = map.data.and_then(|mut data| data.remove(ENTRY));
    StoredHead {
        head: text.and_then(|text| serde_json::from_str(&text).ok()),
        uid: map.metadata.uid.unwrap_or_default(),
        version: map.metadata.resource_version.unwrap_or_default(),
    }
}

#[async_trait]
impl Heads for HeadObject {
    async fn read(&self) -> Result<Option<StoredHead>, String> {
        match tokio::time::timeout(PATIENCE, self.maps.get_opt(HEAD_NAME)).await {
            Ok(Ok(found)) => Ok(found.map(stored)),
            Ok(Err(error)) => Err(format!("ConfigMap {HEAD_NAME} cannot be read: {error}")),
            Err(_) => Err(format!(
                "ConfigMap {HEAD_NAME} cannot be read: no answer within 10 s"
            )),
        }
    }

    async fn write(&self, head: &Head, over: Option<&StoredHead>) -> Result<StoredHead, HeadError> {
        let mut head = head.clone();
        head.uid = over.map(|stored| stored.uid.clone());
        let text = serde_json::to_string(&head).map_err(|error| HeadError::NoAnswer(error.to_string()))?;
        let map = ConfigMap {
            metadata: ObjectMeta {
                name: Some(HEAD_NAME.to_owned()),
                uid: over.map(|stored| stored.uid.clone()),
                resource_version: over.map(|stored| stored.version.clone()),
                ..ObjectMeta::default()
            },
            data: Some([(ENTRY.to_owned(), text)].into()),
            ..ConfigMap::default()
        };
        let params = PostParams::default();
        let written = async {
            if over.is_some() {
                self.maps.replace(HEAD_NAME, &params, &map).await
            } else {
                self.maps.create(&params, &map).await
            }
        };
        match tokio::time::timeout(PATIENCE, written).await {
            Ok(Ok(map)) => Ok(stored(map)),
            Ok(Err(kube::Error::Api(status))) if matches!(status.code, 404 | 409) => Err(HeadError::Conflict),
            Ok(Err(error)) => Err(HeadError::NoAnswer(format!(
                "ConfigMap {HEAD_NAME} cannot be written: {error}"
            ))),
            Err(_) => Err(HeadError::NoAnswer(format!(
                "ConfigMap {HEAD_NAME} cannot be written: no answer within 10 s"
            ))),
        }
    }
}
