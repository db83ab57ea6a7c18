//! AWS's rate limits: token buckets filled by the time that is handed in.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::operation::{Operation, Service};
use super::settings::Settings;

/// The buckets that have been used, by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Limits {
    buckets: BTreeMap<String, Bucket>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Bucket {
    tokens: f64,
    filled_at: DateTime<Utc>,
}

/// Tokens a second, and how many can be saved up.
struct Limit {
    name: &'static str,
    rate: f64,
    burst: f64,
}

impl Limits {
    /// Takes one token for the operation; false is throttling.
    pub(super) fn admit(&mut self, operation: &Operation, settings: &Settings, now: DateTime<Utc>) -> bool {
        let Some(limit) = limit_of(operation, settings) else {
            return true;
        };
        let bucket = self.buckets.entry(limit.name.to_owned()).or_insert(Bucket {
            tokens: limit.burst,
            filled_at: now,
        });
        let elapsed = (now - bucket.filled_at).to_std().unwrap_or_default(); // a clock that stepped back refills nothing
        bucket.tokens = (bucket.tokens + elapsed.as_secs_f64() * limit.rate).min(limit.burst);
        bucket.filled_at = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

/// AWS's limits for one calling account, from its quota pages; `None` where none is published.
fn limit_of(operation: &Operation, settings: &Settings) -> Option<Limit> {
    if !settings.throttling {
        return None;
    }
    let limit = |name, rate, burst| Some(Limit { name, rate, burst });
    let per_second = |name, rate: u32| limit(name, f64::from(rate), f64::from(rate));
    match operation.service() {
        Service::SsoAdmin => per_second("sso-admin", settings.sso_admin_rate),
        Service::IdentityStore => per_second("identitystore", settings.identity_store_rate),
        Service::Sts => None,
        Service::Organizations => match operation {
            Operation::ListAccounts { .. } => limit("organizations:ListAccounts", 8.0, 12.0),
            Operation::ListParents { .. }
            | Operation::ListAccountsForParent { .. }
            | Operation::ListOrganizationalUnitsForParent { .. } => limit("organizations:parents", 5.0, 8.0),
            Operation::ListRoots { .. } => limit("organizations:ListRoots", 1.0, 2.0),
            Operation::DescribeOrganization {} => limit("organizations:DescribeOrganization", 1.0, 2.0),
            Operation::DescribeOrganizationalUnit { .. } => {
                limit("organizations:DescribeOrganizationalUnit", 2.0, 2.0)
            }
            Operation::DescribeAccount { .. } => limit("organizations:DescribeAccount", 20.0, 30.0),
            _ => None,
        },
    }
}
