//! Records in the API server: the whole object in one write that names the version it rests on.

use std::time::Duration;

use kube::api::{Api, DeleteParams, DynamicObject, ListParams, PostParams, Preconditions};
use kube::core::ApiResource;

use super::stored_record::{RECORD_FINALIZER, has_finalizer, read, sealed};
use crate::admission::{API_TIMEOUT, SealKey};
use crate::controller::api_call::{Failed, NoAnswer, failed, no_answer, resource, within, within_time};
use crate::domain::{Record, RecordSeal, RecordWrite, Sight, StoredRecord, Written};

/// How many objects one page of a list has.
const PAGE: u32 = 500;

/// What is said of a write.
const WRITE: &str = "write a record";

/// Records, as seen by one client.
pub struct RecordClient {
    records: Api<DynamicObject>,
    key: SealKey,
}

impl RecordClient {
    /// Records, as seen by this client.
    pub fn new(client: kube::Client, key: SealKey) -> Self {
        Self {
            records: Api::all_with(client, &Self::kind()),
            key,
        }
    }

    /// The kind.
    pub fn kind() -> ApiResource {
        resource("AccountAssignment", "accountassignments")
    }

    /// All of them, for watching.
    pub fn everywhere(&self) -> Api<DynamicObject> {
        self.records.clone()
    }

    /// What an object says.
    pub fn read(&self, object: &DynamicObject) -> StoredRecord {
        read(object, &self.key)
    }

    /// One, as it is now.
    pub async fn get(&self, name: &str) -> Sight<Box<StoredRecord>> {
        let action = "read a record";
        match within(action, self.records.get_opt(name)).await {
            Ok(Ok(Some(object))) => Sight::There(Box::new(self.read(&object))),
            Ok(Ok(None)) => Sight::Gone,
            Ok(Err(error)) => Sight::Unknown(no_answer(action, &error).to_string()),
            Err(error) => Sight::Unknown(error.to_string()),
        }
    }

    /// All of them, as they are now.
    pub async fn list(&self) -> Result<Vec<StoredRecord>, NoAnswer> {
        let action = "list records";
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let params = ListParams {
                continue_token: token,
                ..ListParams::default().limit(PAGE)
            };
            let page = within(action, self.records.list(&params)).await?;
            let page = page.map_err(|error| no_answer(action, &error))?;
            found.extend(page.items.iter().map(|object| self.read(object)));
            token = page.metadata.continue_.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Creates, replaces or deletes a record, within the patience of the write.
    pub async fn store(&self, write: &RecordWrite) -> Written<Option<Box<StoredRecord>>> {
        let patience = write.patience.and_then(|patience| patience.to_std().ok());
        let time = patience.unwrap_or(API_TIMEOUT).min(API_TIMEOUT);
        match &write.record {
            Some(record) => self.put(write, record, time).await,
            None => self.delete(write, time).await,
        }
    }

    async fn put(
        &self,
        write: &RecordWrite,
        record: &Record,
        time: Duration,
    ) -> Written<Option<Box<StoredRecord>>> {
        let object = match serde_json::from_value(sealed(write, record, &self.key)) {
            Ok(object) => object,
            Err(error) => return Written::Refused(format!("the record cannot be written: {error}")),
        };
        let params = PostParams::default();
        let answer = if write.base.is_some() {
            within_time(WRITE, time, self.records.replace(&write.name, &params, &object)).await
        } else {
            within_time(WRITE, time, self.records.create(&params, &object)).await
        };
        let stored = match answer {
            Ok(Ok(stored)) => self.read(&stored),
            Ok(Err(error)) => return Self::failure(&error),
            Err(error) => return Written::NoAnswer(error.to_string()),
        };
        if stored.seal == RecordSeal::Broken {
            tracing::error!(
                record = write.name,
                "the API server stored something else than was written: the seal does not hold"
            );
        }
        Written::Stored(Some(Box::new(stored)))
    }

    async fn delete(&self, write: &RecordWrite, time: Duration) -> Written<Option<Box<StoredRecord>>> {
        let preconditions = write.base.clone().map(|(uid, version)| Preconditions {
            uid: Some(uid),
            resource_version: Some(version),
        });
        let params = DeleteParams {
            preconditions,
            ..DeleteParams::default()
        };
        match within_time(WRITE, time, self.records.delete(&write.name, &params)).await {
            Ok(Ok(answer)) => match answer.left().filter(has_finalizer) {
                Some(object) => self.release(&object, time).await,
                None => Written::Stored(None),
            },
            Ok(Err(kube::Error::Api(status))) if status.code == 404 => Written::Stored(None),
            Ok(Err(error)) => Self::failure(&error),
            Err(error) => Written::NoAnswer(error.to_string()),
        }
    }

    /// Somebody had asked for its deletion: it goes when our finalizer does.
    async fn release(&self, object: &DynamicObject, time: Duration) -> Written<Option<Box<StoredRecord>>> {
        let mut released = object.clone();
        if let Some(finalizers) = released.metadata.finalizers.as_mut() {
            finalizers.retain(|finalizer| finalizer != RECORD_FINALIZER);
        }
        let name = object.metadata.name.clone().unwrap_or_default();
        let params = PostParams::default();
        match within_time(WRITE, time, self.records.replace(&name, &params, &released)).await {
            Ok(Ok(_)) => Written::Stored(None),
            Ok(Err(kube::Error::Api(status))) if status.code == 404 => Written::Stored(None),
            Ok(Err(error)) => Self::failure(&error),
            Err(error) => Written::NoAnswer(error.to_string()),
        }
    }

    fn failure<T>(error: &kube::Error) -> Written<T> {
        match failed(WRITE, error) {
            Failed::Conflict | Failed::Gone => Written::Conflict,
            Failed::Refused(why) => Written::Refused(why),
            Failed::NoAnswer(why) => Written::NoAnswer(why),
        }
    }
}
