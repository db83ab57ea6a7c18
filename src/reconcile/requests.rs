//! Requests in the API server: read, written with a condition, never guessed.

use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, Preconditions};
use kube::core::{ApiResource, GroupVersionKind, PartialObjectMeta};
use serde_json::{Value, json};

use super::request::{FINALIZER, Request};
use crate::admission::API_TIMEOUT;
use crate::api::{AccountId, GROUP, VERSION};

/// How many objects one page of a list has.
const PAGE: u32 = 500;

/// Which requests are live. The API server keeps an index by this field of its own accord.
pub const LIVE: &str = "status.finished!=true";

/// The kind, for clients without types.
pub fn resource(kind: &str, plural: &str) -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, VERSION, kind), plural)
}

/// Requests in all namespaces.
#[derive(Clone)]
pub struct Requests {
    client: kube::Client,
    resource: ApiResource,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// It is stored, like this.
    Stored(Box<Request>),
    /// Somebody wrote in between: read again and decide again.
    Outdated,
    /// There is no such object.
    Gone,
    /// The API server does not accept it. The text says why.
    Refused(String),
}

/// The API server gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the API server could not {action}: {why}")]
pub struct NoAnswer {
    /// What was asked of it.
    pub action: &'static str,
    /// What happened.
    pub why: String,
}

impl Requests {
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
    pub async fn get(&self, namespace: &str, name: &str) -> Result<Option<Request>, NoAnswer> {
        let found = within("read a request", self.of(namespace).get_opt(name)).await?;
        let found = found.map_err(|error| no_answer("read a request", &error))?;
        Ok(found.as_ref().map(Request::new))
    }

    /// Writes a status patch that names the `resourceVersion` it rests on.
    pub async fn patch_status(&self, request: &Request, patch: Value) -> Result<Written, NoAnswer> {
        let (action, params) = ("write the status of a request", PatchParams::default());
        let requests = self.of(request.namespace());
        let patch = Patch::Merge(patch);
        let answer = within(action, requests.patch_status(request.name(), &params, &patch)).await?;
        written(action, answer)
    }

    /// Puts our finalizer on, or takes it off.
    pub async fn patch_finalizer(&self, request: &Request, present: bool) -> Result<Written, NoAnswer> {
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
        let answer = within(action, requests.patch(request.name(), &params, &patch)).await?;
        written(action, answer)
    }

    /// Deletes exactly the object that was read.
    pub async fn delete(&self, request: &Request) -> Result<(), NoAnswer> {
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

    /// The live requests, or those for one account, read from the API server now.
    pub async fn live(&self, account: Option<&AccountId>) -> Result<Vec<Request>, NoAnswer> {
        let of_account = account
            .map(|account| format!(",spec.accountId={account}"))
            .unwrap_or_default();
        self.list(&format!("{LIVE}{of_account}")).await
    }

    /// The finished requests as a whole: many, so once at the start.
    pub async fn finished(&self) -> Result<Vec<Request>, NoAnswer> {
        self.list("status.finished=true").await
    }

    /// The finished requests, as metadata only.
    pub async fn finished_metadata(&self) -> Result<Vec<PartialObjectMeta<DynamicObject>>, NoAnswer> {
        let action = "list finished requests";
        let (all, mut found, mut token) = (self.everywhere(), Vec::new(), None);
        loop {
            let params = page("status.finished=true", token.as_deref());
            let page = within(action, all.list_metadata(&params)).await?;
            let page = page.map_err(|error| no_answer(action, &error))?;
            found.extend(page.items);
            token = page.metadata.continue_.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn list(&self, fields: &str) -> Result<Vec<Request>, NoAnswer> {
        let action = "list requests";
        let (all, mut found, mut token) = (self.everywhere(), Vec::new(), None);
        loop {
            let page = within(action, all.list(&page(fields, token.as_deref()))).await?;
            let page = page.map_err(|error| no_answer(action, &error))?;
            found.extend(page.items.iter().map(Request::new));
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

fn page(fields: &str, token: Option<&str>) -> ListParams {
    ListParams {
        continue_token: token.map(ToOwned::to_owned),
        ..ListParams::default().fields(fields).limit(PAGE)
    }
}

/// Waits for an answer, but not for ever.
pub async fn within<T>(
    action: &'static str,
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<Result<T, kube::Error>, NoAnswer> {
    tokio::time::timeout(API_TIMEOUT, call)
        .await
        .map_err(|_| NoAnswer {
            action,
            why: format!("no answer within {} s", API_TIMEOUT.as_secs()),
        })
}

/// What an error of the API server says, for people.
pub fn no_answer(action: &'static str, error: &kube::Error) -> NoAnswer {
    let why = match error {
        kube::Error::Api(status) => format!("{} ({})", status.message, status.code),
        other => crate::reconcile::with_causes(other),
    };
    NoAnswer { action, why }
}

fn written(action: &'static str, answer: Result<DynamicObject, kube::Error>) -> Result<Written, NoAnswer> {
    match answer {
        Ok(object) => Ok(Written::Stored(Box::new(Request::new(&object)))),
        Err(kube::Error::Api(status)) => match status.code {
            409 => Ok(Written::Outdated),
            404 => Ok(Written::Gone),
            429 | 500.. => Err(no_answer(action, &kube::Error::Api(status))),
            _ => Ok(Written::Refused(status.message.clone())),
        },
        Err(error) => Err(no_answer(action, &error)),
    }
}
