//! The objects that an uninstallation reads, annotates and removes.

use chrono::{DateTime, Utc};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::UninstallError;
use crate::admission::{API_TIMEOUT, Installation};
use crate::api::{ALLOW_DELETION, GROUP, Reason, VERSION};
use crate::controller::with_causes;
use crate::runtime::leader::LEASE_NAME;

/// How many objects one page of a list has.
const PAGE: u32 = 500;
/// A lease that was not renewed for so long is nobody's: with the defaults it is renewed twenty times in that time.
const LED_WITHIN_SECONDS: i64 = 60;

/// Calls to the API server, each with a limit, and each failure as a sentence.
#[derive(Clone)]
pub(super) struct Calls {
    pub client: kube::Client,
}

/// What became of a change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Changed {
    /// It is as wanted.
    Yes,
    /// There is no such object.
    Missing,
    /// It was refused. The text says why.
    Refused(String),
}

impl Calls {
    pub fn new(client: kube::Client) -> Self {
        Self { client }
    }

    /// Objects of one of our kinds, without their types: what this version cannot read counts too.
    pub fn ours(&self, kind: &str, plural: &str) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk(GROUP, VERSION, kind);
        Api::all_with(
            self.client.clone(),
            &ApiResource::from_gvk_with_plural(&kind, plural),
        )
    }

    pub fn settings(&self) -> Api<DynamicObject> {
        self.ours("TeamSettings", "teamsettings")
    }

    /// Objects of the kind of this one, in its namespace.
    pub fn kind_of(&self, object: &Value, namespace: Option<&str>) -> Api<DynamicObject> {
        let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
        let version = text(&object["apiVersion"]);
        let (group, version) = version.split_once('/').unwrap_or(("", &version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &text(&object["kind"])));
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }

    /// The answer, in time, or why there is none.
    pub async fn answer<T>(
        &self,
        action: &str,
        call: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, UninstallError> {
        let why = match timeout(API_TIMEOUT, call).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => with_causes(&error),
            Err(_) => format!("no answer within {} s", API_TIMEOUT.as_secs()),
        };
        let action = action.to_owned();
        Err(UninstallError::Unanswered { action, why })
    }

    /// Every object; none where the kind is not served any more.
    pub async fn all(
        &self,
        action: &str,
        objects: &Api<DynamicObject>,
    ) -> Result<Vec<DynamicObject>, UninstallError> {
        let mut all = Vec::new();
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let listed = async {
                match objects.list(&page).await {
                    Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
                    listed => listed.map(Some),
                }
            };
            let Some(listed) = self.answer(action, listed).await? else {
                return Ok(all);
            };
            all.extend(listed.items);
            match listed.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(all),
            }
        }
    }

    /// Changes an object.
    pub async fn patch(
        &self,
        action: &str,
        objects: &Api<DynamicObject>,
        name: &str,
        patch: &Value,
    ) -> Result<Changed, UninstallError> {
        let params = PatchParams::default();
        let patch = Patch::Merge(patch);
        let call = objects.patch(name, &params, &patch);
        self.answer(action, changed(call)).await
    }

    /// Asks for the deletion of an object.
    pub async fn delete(&self, objects: &Api<DynamicObject>, name: &str) -> Result<Changed, UninstallError> {
        let params = DeleteParams::background();
        self.answer(&format!("delete {name}"), changed(objects.delete(name, &params)))
            .await
    }
}

/// What a call says about the object that it is about.
pub(super) async fn changed<T>(
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<Changed, kube::Error> {
    match call.await {
        Ok(_) => Ok(Changed::Yes),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(Changed::Missing),
        Err(kube::Error::Api(status)) if matches!(status.code, 400 | 403 | 409 | 422) => {
            Ok(Changed::Refused(status.message.clone()))
        }
        Err(error) => Err(error),
    }
}

/// Says on TeamSettings, and on the namespace of the controller, that what it needs may be deleted. Whether there are settings.
///
/// The policy about what the controller writes in its namespace reads the namespace alone: renewals of the lease are checked by it
/// and must not depend on TeamSettings.
pub(super) async fn allow_deletion(
    calls: &Calls,
    installation: &Installation,
) -> Result<bool, UninstallError> {
    annotate(calls, installation, json!("true")).await
}

/// Takes the same back.
pub(super) async fn forbid_deletion(
    calls: &Calls,
    installation: &Installation,
) -> Result<bool, UninstallError> {
    annotate(calls, installation, Value::Null).await
}

async fn annotate(calls: &Calls, installation: &Installation, value: Value) -> Result<bool, UninstallError> {
    let patch = json!({ "metadata": { "annotations": { ALLOW_DELETION: value } } });
    let namespaces = calls.kind_of(&json!({ "apiVersion": "v1", "kind": "Namespace" }), None);
    let mut found = vec![];
    for (objects, name) in [
        (calls.settings(), "default"),
        (namespaces, installation.namespace()),
    ] {
        let action = format!("annotate {name}");
        match calls.patch(&action, &objects, name, &patch).await? {
            Changed::Yes => found.push(true),
            Changed::Missing => found.push(false),
            Changed::Refused(why) => return Err(UninstallError::Unanswered { action, why }),
        }
    }
    Ok(found[0])
}

/// Whether TeamSettings say that nothing is granted, which the controller writes once it has seen the annotation.
pub(super) async fn says_that_deletion_is_allowed(calls: &Calls) -> Result<bool, UninstallError> {
    let settings = calls.settings();
    let settings = calls
        .answer("read TeamSettings", settings.get_opt("default"))
        .await?;
    let said = settings.is_none_or(|settings| {
        let conditions = settings.data["status"]["conditions"].as_array().cloned();
        conditions.into_iter().flatten().any(|condition| {
            condition["type"] == "Ready" && condition["reason"] == Reason::DeletionAllowed.as_str()
        })
    });
    Ok(said)
}

/// Whether a controller holds the lease and renews it, by the API server's clock.
pub(super) async fn is_led(
    calls: &Calls,
    installation: &Installation,
    server_time: impl Fn() -> DateTime<Utc>,
) -> Result<bool, UninstallError> {
    let leases: Api<Lease> = Api::namespaced(calls.client.clone(), installation.namespace());
    let lease = calls.answer("read the lease", leases.get_opt(LEASE_NAME)).await?;
    let now = server_time().timestamp();
    Ok(lease.and_then(|lease| lease.spec).is_some_and(|spec| {
        let holder = spec.holder_identity.unwrap_or_default();
        let renewed = spec.renew_time.map(|time| time.0.as_second());
        !holder.is_empty() && renewed.is_some_and(|renewed| now - renewed <= LED_WITHIN_SECONDS)
    }))
}
