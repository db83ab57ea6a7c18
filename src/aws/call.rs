//! One call to AWS: within the budget, with a timeout and a classified error.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use aws_sdk_ssoadmin::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::{Instant, timeout};

use super::budget::{Budget, BudgetExhausted, Family};
use super::call_site::CallSite;
use super::classify::classify;
use crate::metrics::Metrics;
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
    pub(super) metrics: Metrics,
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
            self.waits(options, site, self.budget.token(family, options))
                .await?;
            call.await
        }
    }

    /// Waits for the budget, and measures how long.
    pub(super) async fn waits<T>(
        &self,
        options: &CallOptions,
        site: &CallSite,
        place: impl Future<Output = Result<T, BudgetExhausted>>,
    ) -> Result<T, PortError> {
        let began = Instant::now();
        let place = place.await;
        self.metrics
            .budget_waited(options.priority, began.elapsed(), place.is_ok());
        place.map_err(|exhausted| site.budget_exhausted(exhausted))
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
            let answer = match timeout(self.operation_timeout + SDK_TIMEOUT_MARGIN, call).await {
                Ok(answer) => answer.map_err(|error| classify(site, error)),
                Err(_) => Err(site.error(
                    Class::Unavailable,
                    site.effect_if_lost(),
                    "the AWS client exceeded its own timeout.",
                )),
            };
            let class = answer.as_ref().err().map(|error| error.class);
            self.metrics.aws_call(site.operation, class);
            if let Err(error) = &answer
                && error.class == Class::Throttled
            {
                self.budget
                    .pause(family, error.retry_after.unwrap_or(THROTTLED_PAUSE));
            }
            answer
        }
    }
}
