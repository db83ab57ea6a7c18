//! What every response of AWS shows besides its content: AWS's time, throttling, and the SDK's retries.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_ssoadmin::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_ssoadmin::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ssoadmin::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use chrono::{DateTime, Utc};

use super::budget::{Budget, Family};
use super::classify::Refusal;
use crate::metrics::Metrics;
use crate::ports::{Clock, RemoteClock, TimeSeen};

/// Counts since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MeterReading {
    /// HTTP requests sent, the SDK's retries included.
    pub attempts: u64,
    /// Throttling responses.
    pub throttled: u64,
}

/// Observes all calls of all clients.
#[derive(Clone)]
pub(super) struct Meter {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    budget: Budget,
    seen: Mutex<Option<TimeSeen>>,
    metrics: Metrics,
}

impl Meter {
    pub(super) fn new(clock: Arc<dyn Clock>, budget: Budget, metrics: Metrics) -> Self {
        Self {
            shared: Arc::new(Shared {
                clock,
                budget,
                seen: Mutex::new(None),
                metrics,
            }),
        }
    }

    pub(super) fn reading(&self) -> MeterReading {
        let (attempts, throttled) = self.shared.metrics.aws_attempts_and_throttles();
        MeterReading { attempts, throttled }
    }
}

impl RemoteClock for Meter {
    fn last_seen(&self) -> Option<TimeSeen> {
        *self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.reading().fmt(formatter)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    /// The caller took a token for the first attempt; the SDK's retries are charged here.
    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.shared.metrics.aws_attempt();
        let repeated = bag
            .load::<RequestAttempts>()
            .is_some_and(|attempts| attempts.attempts() > 1);
        if repeated && let Some(metadata) = bag.load::<Metadata>() {
            self.shared
                .budget
                .debit(family(metadata.service(), metadata.name()));
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(response) = context.response() else {
            return Ok(());
        };
        if let Some(remote) = response.headers().get("date").and_then(http_date) {
            let local = self.shared.clock.now();
            let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
            *seen = Some(TimeSeen { remote, local });
            self.shared.metrics.aws_answered(local);
        }
        let status = response.status().as_u16();
        if status >= 400 {
            let body = response.body().bytes().unwrap_or_default();
            let refusal = Refusal::read(status, response.headers().get("x-amzn-errortype"), body);
            if refusal.is_throttling() {
                self.shared.metrics.aws_throttled();
            }
        }
        Ok(())
    }
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}

/// The family a repeated call belongs to, by the names the SDK gives.
fn family(service: &str, operation: &str) -> Family {
    match (service, operation) {
        ("SSO Admin", _) => Family::SsoAdmin,
        ("identitystore", _) => Family::IdentityStore,
        (_, "ListParents" | "ListAccountsForParent" | "ListOrganizationalUnitsForParent") => {
            Family::OrganizationsParents
        }
        (_, "DescribeAccount") => Family::OrganizationsDescribeAccount,
        (_, "ListRoots") => Family::OrganizationsRoots,
        (_, "DescribeOrganization") => Family::OrganizationsDescribe,
        _ => Family::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_http_is_read() {
        let date = http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.to_rfc3339(), "1994-11-06T08:49:37+00:00");
        assert_eq!(http_date("yesterday"), None);
    }
}
