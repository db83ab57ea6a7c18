//! How awkward the sandbox is. Every field can be changed while it runs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text_duration;

/// The switches. Defaults are AWS's documented limits where there are any, and guesses where there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// How long a create or delete stays `IN_PROGRESS`. AWS documents nothing; zero means done at once.
    #[serde(with = "text_duration")]
    pub operation_time: Duration,
    /// How many status questions an operation must see `IN_PROGRESS` before it may finish, whatever the time.
    pub operation_polls: u32,
    /// After this, AWS's record of a finished operation is gone and asking is `ResourceNotFoundException`.
    #[serde(with = "text_duration")]
    pub status_lifetime: Duration,
    /// For how long after an operation on a tuple another one conflicts.
    #[serde(with = "text_duration")]
    pub conflict_window: Duration,
    /// What a second operation in an account meets while the first runs.
    pub same_account: SameAccount,
    /// `CreateAccountAssignment` calls that may be outstanding. AWS: 15.
    pub outstanding_creates: usize,
    /// Whether the rate limits apply at all.
    pub throttling: bool,
    /// Calls a second (and burst) of all sso-admin operations together. AWS: 20.
    pub sso_admin_rate: u32,
    /// Calls a second (and burst) of all identitystore operations together. AWS: 20.
    pub identity_store_rate: u32,
    /// How far `ListAccountAssignments` and the provisioning lists lag behind.
    #[serde(with = "text_duration")]
    pub list_lag: Duration,
    /// How far questions about group members lag behind.
    #[serde(with = "text_duration")]
    pub membership_lag: Duration,
    /// Every so many-th list starts with an empty page that has a continuation; 0 is never.
    pub empty_page_every: u32,
    /// How a delete of nothing is answered.
    pub delete_missing: DeleteMissing,
    /// The account the caller is in when it is a delegated administrator; absent is the management account.
    pub delegated_administrator: Option<String>,
    /// The state of the key that encrypts the instance.
    pub encryption_key: EncryptionKey,
    /// `InstanceStatus`: ACTIVE, `CREATE_IN_PROGRESS`, `CREATE_FAILED` or `DELETE_IN_PROGRESS`.
    pub instance_status: String,
    /// False for an account instance.
    pub permission_sets_enabled: bool,
    /// The instance's primary region when it is not the one the file names.
    pub primary_region: Option<String>,
    /// Operations (by AWS's name, or `organizations:*`) that are refused with `AccessDeniedException`.
    pub denied: Vec<String>,
    /// Operations that this AWS does not know.
    pub unserved: Vec<String>,
    /// How far the sandbox's clock is from the caller's, in seconds; shown in the `Date` header. Beyond five minutes
    /// calls are refused as AWS refuses them.
    pub clock_skew_seconds: i64,
}

/// What a second operation in an account meets. AWS documents only that one role is updated at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SameAccount {
    /// `ConflictException`.
    Conflict,
    /// It is accepted and takes its turn.
    Queue,
    /// Nothing: both run.
    Free,
}

/// The two ways AWS answers a delete of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeleteMissing {
    /// `ResourceNotFoundException` at once.
    NotFound,
    /// Accepted, then FAILED with the wording about an `EntitlementItem`.
    FailsLater,
}

/// The key of the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncryptionKey {
    /// AWS's own; nothing to go wrong.
    AwsOwned,
    /// A customer managed key that the caller may use.
    CustomerManaged,
    /// A customer managed key that the caller may not use: calls that need it fail with a KMS reason.
    CustomerManagedDenied,
    /// A customer managed key that is disabled.
    CustomerManagedDisabled,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            operation_time: Duration::from_secs(2), // AWS's own tool saw 3 s for each operation with 20 a minute in flight
            operation_polls: 0,
            status_lifetime: Duration::from_hours(24), // not documented
            conflict_window: Duration::from_secs(1),   // not documented
            same_account: SameAccount::Conflict,
            outstanding_creates: 15,
            throttling: true,
            sso_admin_rate: 20,
            identity_store_rate: 20,
            list_lag: Duration::from_secs(1), // not documented; long enough to be noticed
            membership_lag: Duration::from_secs(1),
            empty_page_every: 5,
            delete_missing: DeleteMissing::NotFound,
            delegated_administrator: None,
            encryption_key: EncryptionKey::AwsOwned,
            instance_status: "ACTIVE".into(),
            permission_sets_enabled: true,
            primary_region: None,
            denied: Vec::new(),
            unserved: Vec::new(),
            clock_skew_seconds: 0,
        }
    }
}

impl Settings {
    /// Nothing awkward: operations finish at once, nothing lags, nothing is throttled.
    pub fn gentle() -> Self {
        Self {
            operation_time: Duration::ZERO,
            conflict_window: Duration::ZERO,
            same_account: SameAccount::Free,
            throttling: false,
            list_lag: Duration::ZERO,
            membership_lag: Duration::ZERO,
            empty_page_every: 0,
            ..Self::default()
        }
    }
}
