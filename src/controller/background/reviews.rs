//! EligibilityReviews: answered by the code that decides requests, and removed a short while later.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams};
use kube::runtime::controller::{Action as Next, Config};
use kube::runtime::{Controller as Runtime, WatchStreamExt as _, reflector, watcher};
use serde_json::json;

use super::{about, organization, replacing, says_the_same};
use crate::api::{
    ElevationRequestSpec, EligibilityReviewSpec, EligibilityReviewStatus, HumanDuration, Timestamp,
};
use crate::controller::api_call::{NoAnswer, no_answer, resource, within};
use crate::controller::context::Context;
use crate::controller::lookups::answer as answers;
use crate::controller::watch_backoff::watch_backoff;
use crate::domain::retention::{Retention, of_review};
use crate::domain::review::{ReviewAnswer, answer};
use crate::domain::{Facts, RequestFacts, SealCheck, Snapshot, tried_again};
use crate::ports::CallOptions;

/// How long after a failure, or an incomplete answer, it is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// How many are answered at once: they cost as much of AWS's limits as requests.
const CONCURRENCY: u16 = 4;

/// How often facts are asked for.
const ROUNDS: usize = 12;

struct Reviews {
    context: Arc<Context>,
    client: kube::Client,
}

/// Answers reviews, for ever.
pub async fn answer_reviews(context: Arc<Context>, client: kube::Client) {
    let kind = resource("EligibilityReview", "eligibilityreviews");
    let all: Api<DynamicObject> = Api::all_with(client.clone(), &kind);
    let writer = reflector::store::Writer::new(kind.clone());
    let store = writer.as_reader();
    let watched = watcher(all, watcher::Config::default())
        .backoff(watch_backoff())
        .reflect(writer)
        .applied_objects();
    Runtime::for_stream_with(watched, store, kind)
        .with_config(Config::default().concurrency(CONCURRENCY))
        .reconcile_all_on(context.new_epochs())
        .run(
            async |object, reviews: Arc<Reviews>| Ok::<_, Infallible>(reviews.pass(&object).await),
            |_, never, _| match *never {},
            Arc::new(Reviews { context, client }),
        )
        .for_each(async |_| ())
        .await;
}

impl Reviews {
    async fn pass(&self, object: &DynamicObject) -> Next {
        match self.try_pass(object).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(%error, "an EligibilityReview waits; it is tried again");
                Next::requeue(RETRY)
            }
        }
    }

    async fn try_pass(&self, object: &DynamicObject) -> Result<Next, NoAnswer> {
        let (context, now) = (&self.context, self.context.now());
        let created: Option<Timestamp> =
            serde_json::from_value(json!(object.metadata.creation_timestamp)).ok();
        let name = object.metadata.name.clone().unwrap_or_default();
        let kind = resource("EligibilityReview", "eligibilityreviews");
        let namespace = object.metadata.namespace.clone().unwrap_or_default();
        let reviews: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), &namespace, &kind);
        let keep_until = match of_review(created.unwrap_or(now), &context.config.timings, now) {
            Retention::Remove => {
                let action = "delete an EligibilityReview";
                return match within(action, reviews.delete(&name, &DeleteParams::default())).await? {
                    Err(error) if !is_gone(&error) => Err(no_answer(action, &error)),
                    _ => Ok(Next::await_change()),
                };
            }
            Retention::KeepUntil(until) => until,
            Retention::Keep => now,
        };
        let wait = (keep_until.to_utc() - context.ports.clock.now())
            .to_std()
            .unwrap_or_default()
            + RETRY / 100;
        let status = match serde_json::from_value::<EligibilityReviewSpec>(object.data["spec"].clone()) {
            Ok(question) => self.answered(&question, object, now).await,
            Err(error) => unreadable(&error),
        };
        if !says_the_same(&object.data["status"], &json!(status)) {
            let action = "write the answer of an EligibilityReview";
            let patch = Patch::Merge(replacing(&object.data["status"], &json!(status)));
            let written = within(
                action,
                reviews.patch_status(&name, &PatchParams::default(), &patch),
            )
            .await?;
            written.map_err(|error| no_answer(action, &error))?;
        }
        Ok(Next::requeue(if status.complete {
            wait
        } else {
            wait.min(RETRY)
        }))
    }

    async fn answered(
        &self,
        question: &EligibilityReviewSpec,
        object: &DynamicObject,
        now: Timestamp,
    ) -> EligibilityReviewStatus {
        let context = &self.context;
        let organization = match organization(context, &CallOptions::background()).await {
            Ok(organization) => organization,
            Err(error) => {
                return EligibilityReviewStatus {
                    reason: Some(crate::api::Reason::LookupFailed),
                    message: Some(tried_again(&error.to_string())),
                    ..EligibilityReviewStatus::default()
                };
            }
        };
        let options = CallOptions::decision(question.requester.clone().unwrap_or_default());
        let lookups = about(options);
        let request = nobody_asks(object, question, now);
        let mut world: Snapshot = context.snapshot(request, Facts::default());
        for _ in 0..ROUNDS {
            let ReviewAnswer { status, questions } = answer(question, &organization, &world, now);
            if questions.is_empty() {
                return status;
            }
            world.facts.merge(answers(context, &lookups, questions).await);
        }
        answer(question, &organization, &world, now).status
    }
}

/// A request for the snapshot of a review, which looks at its requester's open requests and at nothing else of it.
fn nobody_asks(object: &DynamicObject, question: &EligibilityReviewSpec, now: Timestamp) -> RequestFacts {
    RequestFacts {
        uid: object.metadata.uid.clone().unwrap_or_default(),
        namespace: object.metadata.namespace.clone().unwrap_or_default(),
        name: object.metadata.name.clone().unwrap_or_default(),
        version: object.metadata.resource_version.clone().unwrap_or_default(),
        generation: 1,
        created_at: now,
        deleted_at: None,
        has_finalizer: false,
        spec: ElevationRequestSpec {
            requester: question.requester.clone(),
            account_id: question
                .account_id
                .clone()
                .unwrap_or(crate::api::AccountId::as_given("any")),
            permission_set: (question.permission_set.clone())
                .unwrap_or(crate::api::PermissionSetName::as_given("any")),
            start_time: question.start_time,
            duration: question.duration.unwrap_or(HumanDuration::from_hours(1)),
            ticket_number: None,
            justification: None,
            cancelled: None,
        },
        status: crate::api::ElevationRequestStatus::default(),
        seal: SealCheck::Unsealed,
    }
}

/// The answer to a question that the API server took and this version does not understand.
fn unreadable(error: &serde_json::Error) -> EligibilityReviewStatus {
    EligibilityReviewStatus {
        complete: true,
        reason: Some(crate::api::Reason::Unreadable),
        message: Some(crate::domain::message(&format!(
            "The question cannot be read: {error}. Make a new review."
        ))),
        ..EligibilityReviewStatus::default()
    }
}

fn is_gone(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 404)
}
