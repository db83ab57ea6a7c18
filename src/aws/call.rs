//! One call to AWS: its turn in the budget, its timeout, its error.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use aws_sdk_ssoadmin::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::time::timeout;

use super::budget::{Budget, Family, NoRoom};
use super::classify::classify;
use crate::ports::{Ask, Class, Effect, PortError};

/// How long a family is left alone after a throttling answer that names no time.
const THROTTLED_PAUSE: Duration = Duration::from_secs(1);
/// The SDK keeps the timeout of an operation itself; this much later we stop waiting for the SDK.
const PATIENCE: Duration = Duration::from_secs(5);
/// A list that goes on after so many pages never ends: 100,000 users are 1,000 pages.
const PAGES_MAX: usize = 10_000;

/// What a call is about, for its error.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) service: Service,
    pub(super) operation: &'static str,
    pub(super) resource: String,
    /// Whether a lost answer leaves an effect behind.
    pub(super) writes: bool,
}

/// The service a call goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    SsoAdmin,
    IdentityStore,
    Organizations,
    Sts,
}

/// Makes calls within the budget.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) budget: Budget,
    /// The SDK's own timeout of one operation, its retries included.
    pub(super) operation_timeout: Duration,
}

impl Service {
    /// The prefix of the service's actions in IAM policies.
    pub(super) fn iam_prefix(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso",
            Self::IdentityStore => "identitystore",
            Self::Organizations => "organizations",
            Self::Sts => "sts",
        }
    }
}

impl Site {
    /// A call that changes nothing.
    pub(super) fn read(service: Service, operation: &'static str, resource: impl Into<String>) -> Self {
        Self {
            service,
            operation,
            resource: resource.into(),
            writes: false,
        }
    }

    /// A call whose answer may be lost after it took effect.
    pub(super) fn write(service: Service, operation: &'static str, resource: impl Into<String>) -> Self {
        Self {
            service,
            operation,
            resource: resource.into(),
            writes: true,
        }
    }

    /// An error of ours about this call.
    pub(super) fn error(&self, class: Class, effect: Effect, sentence: impl Into<String>) -> PortError {
        PortError {
            class,
            operation: self.operation,
            resource: self.resource.clone(),
            sentence: sentence.into(),
            effect,
            retry_after: None,
            source: None,
        }
    }

    /// An answer without something that AWS always sends.
    pub(super) fn incomplete(&self, missing: &str) -> PortError {
        let effect = if self.writes {
            Effect::Uncertain
        } else {
            Effect::None
        };
        self.error(
            Class::Unavailable,
            effect,
            format!("the answer has no {missing}. Check that the endpoint is AWS."),
        )
    }

    /// The budget had no room in time.
    pub(super) fn no_room(&self, NoRoom { waited }: NoRoom) -> PortError {
        let sentence = format!(
            "our own budget of AWS calls had no room within {} s. It is tried again; if this goes on, look at what is \
             waiting, and at the budget's settings.",
            waited.as_secs()
        );
        self.error(Class::Throttled, Effect::None, sentence)
    }
}

impl Caller {
    /// Waits for the turn, makes the call, and says what its failure means. `call` is only sent once polled.
    pub(super) fn run<T, E, F>(
        &self,
        family: Family,
        ask: &Ask,
        site: &Site,
        call: F,
    ) -> impl Future<Output = Result<T, PortError>> + Send
    where
        T: Send,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let paid = self.run_paid(family, site, call);
        async move {
            self.budget
                .token(family, ask)
                .await
                .map_err(|no_room| site.no_room(no_room))?;
            paid.await
        }
    }

    /// Reads a list to its end, page by page. `take` keeps a page's rows and returns its continuation; pages may be
    /// empty and still have one.
    pub(super) async fn pages<T, E, F>(
        &self,
        family: Family,
        ask: &Ask,
        site: &Site,
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
            let page = self.run(family, ask, site, call(token.take())).await?;
            token = take(&page)?;
            if token.is_none() {
                return Ok(());
            }
        }
        Err(site.incomplete("last page"))
    }

    /// Makes a call whose token was taken with the place for its operation.
    pub(super) fn run_paid<T, E, F>(
        &self,
        family: Family,
        site: &Site,
        call: F,
    ) -> impl Future<Output = Result<T, PortError>> + Send
    where
        T: Send,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let call = Box::pin(call); // the SDK's futures take ten kilobytes and more
        async move {
            let Ok(answer) = timeout(self.operation_timeout + PATIENCE, call).await else {
                let effect = if site.writes {
                    Effect::Uncertain
                } else {
                    Effect::None
                };
                return Err(site.error(
                    Class::Unavailable,
                    effect,
                    "the AWS client did not keep its own timeout.",
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
