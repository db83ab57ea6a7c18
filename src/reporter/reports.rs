//! The reports as the API server stores them. Each write names the version that it rests on.

use std::collections::BTreeMap;

use kube::Client;
use kube::api::{Api, DeleteParams, ListParams, ObjectMeta, PostParams, Preconditions};

use crate::admission::api_call::{Failed, NoAnswer, failed, no_answer, within};
use crate::api::{RequestReport, RequestReportSpec, RequestReportStatus};

/// The reports of this reporter, by the uid of what they are about.
pub(super) struct Reports {
    client: Api<RequestReport>,
    known: BTreeMap<String, RequestReport>,
}

impl Reports {
    /// Reads all that there are.
    pub(super) async fn read(client: Client, namespace: &str) -> Result<Self, NoAnswer> {
        let client: Api<RequestReport> = Api::namespaced(client, namespace);
        let action = "list the reports";
        let mut known = BTreeMap::new();
        let mut page = ListParams::default().limit(500);
        loop {
            let listed = within(action, client.list(&page)).await?;
            let listed = listed.map_err(|error| no_answer(action, &error))?;
            known.extend(
                listed
                    .items
                    .into_iter()
                    .map(|report| (report.spec.uid.clone(), report)),
            );
            match listed.metadata.continue_.filter(|next| !next.is_empty()) {
                Some(next) => page = page.continue_token(&next),
                None => break,
            }
        }
        Ok(Self { client, known })
    }

    /// What was told of this object.
    pub(super) fn status(&self, uid: &str) -> RequestReportStatus {
        self.known
            .get(uid)
            .and_then(|report| report.status.clone())
            .unwrap_or_default()
    }

    /// Every report.
    pub(super) fn all(&self) -> impl Iterator<Item = &RequestReport> {
        self.known.values()
    }

    /// The report to write, and where.
    pub(super) fn changed(
        &self,
        about: &RequestReportSpec,
        status: RequestReportStatus,
    ) -> (Api<RequestReport>, RequestReport) {
        let report = match self.known.get(&about.uid) {
            Some(known) => RequestReport {
                status: Some(status),
                ..known.clone()
            },
            None => RequestReport {
                metadata: ObjectMeta {
                    name: Some(about.uid.clone()),
                    ..ObjectMeta::default()
                },
                spec: about.clone(),
                status: Some(status),
            },
        };
        (self.client.clone(), report)
    }

    /// Remembers what was stored.
    pub(super) fn put(&mut self, report: RequestReport) {
        self.known.insert(report.spec.uid.clone(), report);
    }

    /// Reads one again that somebody else wrote, or that may have been written.
    pub(super) async fn read_again(&mut self, uid: &str) -> Result<(), NoAnswer> {
        let action = "read a report";
        let found = within(action, self.client.get_opt(uid)).await?;
        match found.map_err(|error| no_answer(action, &error))? {
            Some(report) => drop(self.known.insert(uid.to_owned(), report)),
            None => drop(self.known.remove(uid)),
        }
        Ok(())
    }

    /// Removes one, unless it was changed.
    pub(super) async fn remove(&mut self, uid: &str) -> Result<(), NoAnswer> {
        let Some(report) = self.known.get(uid) else {
            return Ok(());
        };
        let params = DeleteParams {
            preconditions: Some(Preconditions {
                uid: report.metadata.uid.clone(),
                resource_version: report.metadata.resource_version.clone(),
            }),
            ..DeleteParams::default()
        };
        let action = "remove a report";
        match within(action, self.client.delete(uid, &params)).await? {
            Ok(_) => {}
            Err(error) if matches!(failed(action, &error), Failed::Gone) => {}
            Err(error) => return Err(no_answer(action, &error)),
        }
        self.known.remove(uid);
        Ok(())
    }
}

/// Stores a report: creates it, or replaces the version that was read.
pub(super) async fn store(
    client: Api<RequestReport>,
    report: RequestReport,
) -> Result<RequestReport, Failed> {
    let action = "store a report";
    let params = PostParams::default();
    let is_new = report.metadata.resource_version.is_none();
    let name = report.spec.uid.clone();
    let written = if is_new {
        within(action, client.create(&params, &report)).await
    } else {
        within(action, client.replace(&name, &params, &report)).await
    };
    match written {
        Ok(Ok(stored)) => Ok(stored),
        Ok(Err(error)) => Err(failed(action, &error)),
        Err(error) => Err(Failed::NoAnswer(error.to_string())),
    }
}
