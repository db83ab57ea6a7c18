//! Requests in the API server: read, written with a condition, never guessed.

use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, Preconditions};
use kube::core::{ApiResource, PartialObjectMeta};
use serde_json::{Value, json};

use super::stored_request::{FINALIZER, StoredRequest};
use crate::controller::api_call::{Failed, NoAnswer, failed, no_answer, resource, within};

/// How many objects one page of a list has.
const PAGE: u32 = 500;

/// How many finished requests are in memory at once: one may have attachments of a quarter of a megabyte.
const FINISHED_PAGE: u32 = 50;

/// Which requests are over.
const FINISHED: &str = "status.finished=true";

/// Which requests are live. The API server keeps an index by this field of its own accord.
pub const LIVE: &str = "status.finished!=true";

/// Requests in all namespaces.
#[derive(Clone)]
pub struct RequestClient {
    client: kube::Client,
    resource: ApiResource,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// It is stored, like this.
    Stored(Box<StoredRequest>),
    /// Somebody wrote in between: read again and decide again.
    Outdated,
    /// There is no such object.
    Gone,
    /// The API server does not accept it. The text says why.
    Refused(String),
    /// No answer: it may have landed, or land later.
    NoAnswer(String),
}

impl RequestClient {
    /// Requests, as seen by this client.
    pub fn new(client: kube::Client) -> Self {
        Self {
            client,
            resource: resource("ElevationRequest", "elevationrequests"),
        }
    }

    /// The kind.
    pub fn resource(&self) -> &ApiResource {
        &self.resource
    }

    /// All of them, for watching.
    pub fn everywhere(&self) -> Api<DynamicObject> {
        Api::all_with(self.client.clone(), &self.resource)
    }

    /// One, as it is now.
    pub async fn get(&self, namespace: &str, name: &str) -> Result<Option<StoredRequest>, NoAnswer> {
        let found = within("read a request", self.of(namespace).get_opt(name)).await?;
        let found = found.map_err(|error| no_answer("read a request", &error))?;
        Ok(found.as_ref().map(StoredRequest::new))
    }

    /// Writes a status patch that names the `resourceVersion` it rests on.
    pub async fn patch_status(&self, request: &StoredRequest, patch: Value) -> Written {
        let (action, params) = ("write the status of a request", PatchParams::default());
        let requests = self.of(request.namespace());
        let patch = Patch::Merge(patch);
        match within(action, requests.patch_status(request.name(), &params, &patch)).await {
            Ok(answer) => written(action, answer),
            Err(no_answer) => Written::NoAnswer(no_answer.to_string()),
        }
    }

    /// Puts our finalizer on, or takes it off.
    pub async fn patch_finalizer(&self, request: &StoredRequest, present: bool) -> Written {
        let mut finalizers = request.finalizers();
        finalizers.retain(|finalizer| *finalizer != FINALIZER);
        if present {
            finalizers.push(FINALIZER);
        }
        let patch = Patch::Merge(json!({
            "metadata": { "resourceVersion": request.resource_version(), "finalizers": finalizers },
        }));
        let (action, params) = ("write the finalizer of a request", PatchParams::default());
        let requests = self.of(request.namespace());
        match within(action, requests.patch(request.name(), &params, &patch)).await {
            Ok(answer) => written(action, answer),
            Err(no_answer) => Written::NoAnswer(no_answer.to_string()),
        }
    }

    /// Deletes exactly the object that was read.
    pub async fn delete(&self, request: &StoredRequest) -> Result<(), NoAnswer> {
        let params = DeleteParams {
            preconditions: Some(Preconditions {
                uid: Some(request.uid().to_owned()),
                resource_version: Some(request.resource_version().to_owned()),
            }),
            ..DeleteParams::default()
        };
        let action = "delete a finished request";
        match within(
            action,
            self.of(request.namespace()).delete(request.name(), &params),
        )
        .await?
        {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(no_answer(action, &error)),
        }
    }

    /// The live requests, read from the API server now.
    pub async fn live(&self) -> Result<Vec<StoredRequest>, NoAnswer> {
        self.list(LIVE).await
    }

    /// Those of the finished requests that `wanted` picks, of whatever is left of each. They are many, and people attach what they
    /// like: they are read page by page, and of a page only what is picked stays in memory.
    pub async fn finished<T>(
        &self,
        mut wanted: impl FnMut(StoredRequest) -> Option<T>,
    ) -> Result<Vec<T>, NoAnswer> {
        let action = "list finished requests";
        let (all, mut found, mut token) = (self.everywhere(), Vec::new(), None);
        loop {
            let params = page(FINISHED, FINISHED_PAGE, token.as_deref());
            let page = within(action, all.list(&params)).await?;
            let page = page.map_err(|error| no_answer(action, &error))?;
            token = page.metadata.continue_.filter(|token| !token.is_empty());
            found.extend(page.items.iter().map(StoredRequest::new).filter_map(&mut wanted));
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// The names of those finished requests that `wanted` picks by their metadata, read page by page.
    pub async fn finished_names(
        &self,
        mut wanted: impl FnMut(&PartialObjectMeta<DynamicObject>) -> bool,
    ) -> Result<Vec<(String, String)>, NoAnswer> {
        let action = "list finished requests";
        let (all, mut found, mut token) = (self.everywhere(), Vec::new(), None);
        loop {
            let params = page(FINISHED, FINISHED_PAGE, token.as_deref());
            let page = within(action, all.list_metadata(&params)).await?;
            let page = page.map_err(|error| no_answer(action, &error))?;
            token = page.metadata.continue_.filter(|token| !token.is_empty());
            let picked = page.items.into_iter().filter(&mut wanted);
            found.extend(picked.map(|item| {
                let (namespace, name) = (item.metadata.namespace, item.metadata.name);
                (namespace.unwrap_or_default(), name.unwrap_or_default())
            }));
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn list(&self, fields: &str) -> Result<Vec<StoredRequest>, NoAnswer> {
        let action = "list requests";
        let (all, mut found, mut token) = (self.everywhere(), Vec::new(), None);
        loop {
            let page = within(action, all.list(&page(fields, PAGE, token.as_deref()))).await?;
            let page = page.map_err(|error| no_answer(action, &error))?;
            found.extend(page.items.iter().map(StoredRequest::new));
            token = page.metadata.continue_.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    fn of(&self, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &self.resource)
    }
}

fn page(fields: &str, size: u32, token: Option<&str>) -> ListParams {
    ListParams {
        continue_token: token.map(ToOwned::to_owned),
        ..ListParams::default().fields(fields).limit(size)
    }
}

fn written(action: &'static str, answer: Result<DynamicObject, kube::Error>) -> Written {
    match answer {
        Ok(object) => Written::Stored(Box::new(StoredRequest::new(&object))),
        Err(error) => match failed(action, &error) {
            Failed::Conflict => Written::Outdated,
            Failed::Gone => Written::Gone,
            Failed::Refused(why) => Written::Refused(why),
            Failed::NoAnswer(why) => Written::NoAnswer(why),
        },
    }
}
