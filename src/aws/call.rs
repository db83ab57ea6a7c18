//! One call to AWS: within the budget, with a timeout and a classified error.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use aws_sdk_ssoadmin::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::timeout;

use super::budget::{Budget, Family};
use super::call_site::CallSite;
use super::classify::classify;
use crate::ports::{CallOptions, Class, PortError};

/// How long a family is paused after a throttling response without a time.
const THROTTLED_PAUSE: Duration = Duration::from_secs(1);
/// The SDK enforces the timeout of an operation itself; this much later the controller stops waiting for the SDK.
const SDK_TIMEOUT_MARGIN: Duration = Duration::from_secs(5);
/// A list with more pages than this is taken for endless: 100,000 users are 1,000 pages.
const PAGES_MAX: usize = 10_000;

/// Makes calls within the budget.
#[derive(Debug, Clone)]
pub(super) struct BudgetedCaller {
    pub(super) budget: Budget,
    /// The SDK's own timeout of one operation, its retries included.
    pub(super) operation_timeout: Duration,
}

impl BudgetedCaller {
    /// Waits for a token, makes the call, and classifies its error. `call` is only sent once polled.
    pub(super) fn run<T, E, F>(
        &self,
        family: Family,
        options: &CallOptions,
        site: &CallSite,
        call: F,
    ) -> impl Future<Output = Result<T, PortError>> + Send
    where
        T: Send,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let call = self.run_prepaid(family, site, call);
        async move {
            self.budget
                .token(family, options)
                .await
                .map_err(|exhausted| site.budget_exhausted(exhausted))?;
            call.await
        }
    }

    /// Reads a list to its end, page by page. `take` keeps a page's rows and returns its continuation; pages may be
    /// empty and still have one.
    pub(super) async fn pages<T, E, F>(
        &self,
        family: Family,
        options: &CallOptions,
        site: &CallSite,
        call: impl Fn(Option<String>) -> F,
        mut take: impl FnMut(&T) -> Result<Option<String>, PortError>,
    ) -> Result<(), PortError>
    where
        T: Send,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let mut token = None;
        for _ in 0..PAGES_MAX {
            let page = self.run(family, options, site, call(token.take())).await?;
            token = take(&page)?;
            if token.is_none() {
                return Ok(());
            }
        }
        Err(site.incomplete("last page"))
    }

    /// Makes a call whose token was taken with the slot for its operation.
    pub(super) fn run_prepaid<T, E, F>(
        &self,
        family: Family,
        site: &CallSite,
        call: F,
    ) -> impl Future<Output = Result<T, PortError>> + Send
    where
        T: Send,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let call = Box::pin(call); // the SDK's futures take ten kilobytes and more
        async move {
            let Ok(answer) = timeout(self.operation_timeout + SDK_TIMEOUT_MARGIN, call).await else {
                return Err(site.error(
                    Class::Unavailable,
                    site.effect_if_lost(),
                    "the AWS client exceeded its own timeout.",
                ));
            };
            answer.map_err(|error| {
                let error = classify(site, error);
                if error.class == Class::Throttled {
                    self.budget
                        .pause(family, error.retry_after.unwrap_or(THROTTLED_PAUSE));
                }
                error
            })
        }
    }
}
