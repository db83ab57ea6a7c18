//! Clients with timeouts, and everything the ports share.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;
use aws_types::region::Region;
use chrono::{DateTime, Utc};

use super::budget::{Budget, BudgetSettings};
use super::cache::Cache;
use super::call::BudgetedCaller;
use super::call_site::{CallSite, Service};
use super::instance::{self, Instance};
use super::meter::{Meter, MeterReading};
use super::permission_sets::Catalogue;
use super::shared_reads::SharedReads;
use super::tree::TreeKeeper;
use crate::metrics::Metrics;
use crate::ports::{
    AccountId, Aged, Attribute, Class, Clock, Effect, Group, GroupId, InstanceArn, Lookup, Members,
    PermissionSetArn, PortError, RemoteClock, TimeSeen, User, UserId, UserLookup,
};

/// How many attempts the SDK makes for a read; a write gets one.
const READ_ATTEMPTS: u32 = 2;

/// What the adapters need to know. Everything else comes from AWS's standard variables and files.
#[derive(Debug, Clone, Default)]
pub struct AwsSettings {
    /// The primary region of the instance; absent, the standard variables and files decide.
    pub region: Option<String>,
    /// The instance, when the account could have several.
    pub instance_arn: Option<String>,
    /// One endpoint for all services, for tests; absent, the standard variables decide.
    pub endpoint_url: Option<String>,
    /// Credentials, for tests; absent, the standard chain decides.
    pub credentials: Option<SharedCredentialsProvider>,
    /// How long calls may take.
    pub timeouts: Timeouts,
    /// How old cached answers may get.
    pub ages: CacheAges,
    /// How many calls and operations are allowed.
    pub budget: BudgetSettings,
    /// What is measured.
    pub metrics: Metrics,
}

/// How long calls may take. Waiting for the budget comes on top, limited by its own setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To establish a connection.
    pub connect: Duration,
    /// One attempt.
    pub attempt: Duration,
    /// One operation with the SDK's retries and the resolution of credentials.
    pub operation: Duration,
}

/// How old cached answers may get before AWS is called again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheAges {
    /// Names of users and groups.
    pub names: Duration,
    /// Members of groups.
    pub members: Duration,
    /// The tree of the organization and the catalogue of permission sets.
    pub organization: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            attempt: Duration::from_secs(8), // AWS answers within a second; a stuck connection is noticed
            operation: Duration::from_secs(20),
        }
    }
}

impl Default for CacheAges {
    fn default() -> Self {
        Self {
            names: Duration::from_hours(1),
            members: Duration::from_mins(5),
            organization: Duration::from_mins(15),
        }
    }
}

/// All ports on one AWS organization; cheap to clone.
#[derive(Clone)]
pub struct Aws {
    pub(super) shared: Arc<Shared>,
}

/// What the ports share.
pub(super) struct Shared {
    pub(super) sso: aws_sdk_ssoadmin::Client,
    pub(super) store: aws_sdk_identitystore::Client,
    pub(super) organizations: aws_sdk_organizations::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) caller: BudgetedCaller,
    pub(super) meter: Meter,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) region: String,
    /// The instance everything happens in.
    pub(super) instance_arn: InstanceArn,
    /// What AWS says of it; unknown before AWS has answered.
    pub(super) instance: OnceLock<Instance>,
    pub(super) users: Cache<UserId, Lookup<User>>,
    pub(super) user_names: Cache<(Attribute, String), UserLookup>,
    pub(super) group_names: Cache<String, Lookup<Group>>,
    pub(super) members: Cache<GroupId, Lookup<Members>>,
    pub(super) members_read: SharedReads<GroupId, Aged<Lookup<Members>>>,
    pub(super) catalogue: Catalogue,
    pub(super) provisioned: Cache<PermissionSetArn, Lookup<Vec<AccountId>>>,
    pub(super) provisioned_read: SharedReads<PermissionSetArn, Aged<Lookup<Vec<AccountId>>>>,
    pub(super) management_account: Cache<(), AccountId>,
    pub(super) management_account_read: SharedReads<(), Aged<AccountId>>,
    pub(super) tree: TreeKeeper,
}

/// The clients before the instance is known.
pub(super) struct Clients {
    pub(super) sso: aws_sdk_ssoadmin::Client,
    store: aws_sdk_identitystore::Client,
    organizations: aws_sdk_organizations::Client,
    sts: aws_sdk_sts::Client,
    pub(super) caller: BudgetedCaller,
    meter: Meter,
    clock: Arc<dyn Clock>,
    pub(super) region: String,
}

impl Aws {
    /// Finds the instance and creates the ports. Fails with a sentence when AWS does not answer, or when it is not
    /// clear which instance is meant; the caller retries.
    pub async fn connect(settings: AwsSettings, clock: Arc<dyn Clock>) -> Result<Self, PortError> {
        let clients = Clients::new(&settings, clock).await?;
        let instance = instance::discover(&clients, settings.instance_arn.as_deref()).await?;
        let arn = instance.arn.clone();
        Ok(clients.ports(settings.ages, arn, OnceLock::from(instance)))
    }

    /// The ports on an instance that is known by its ARN, before AWS has answered anything. It is enough to delete; what needs
    /// the identity store is unavailable until it was [learned](Self::learn).
    pub async fn unasked(
        settings: AwsSettings,
        clock: Arc<dyn Clock>,
        arn: InstanceArn,
    ) -> Result<Self, PortError> {
        let clients = Clients::new(&settings, clock).await?;
        Ok(clients.ports(settings.ages, arn, OnceLock::new()))
    }

    /// Takes over what another one found out. Says whether that is about the same instance.
    pub fn learn(&self, connected: &Self) -> bool {
        let Some(found) = connected.shared.instance.get() else {
            return false;
        };
        let same = found.arn == self.shared.instance_arn;
        if same {
            // It was learned already, and an instance never changes its identity store.
            let _ = self.shared.instance.set(found.clone());
        }
        same
    }

    /// The region in which the instance is.
    pub fn region(&self) -> &str {
        &self.shared.region
    }

    /// The ARN of the instance.
    pub fn instance_arn(&self) -> &InstanceArn {
        &self.shared.instance_arn
    }

    /// The shared budget, for metrics.
    pub fn budget(&self) -> &Budget {
        &self.shared.caller.budget
    }

    /// Requests and throttling so far.
    pub fn meter(&self) -> MeterReading {
        self.shared.meter.reading()
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }
}

impl RemoteClock for Aws {
    fn last_seen(&self) -> Option<TimeSeen> {
        self.shared.meter.last_seen()
    }
}

impl Clients {
    async fn new(settings: &AwsSettings, clock: Arc<dyn Clock>) -> Result<Self, PortError> {
        let budget = Budget::new(settings.budget.clone());
        let meter = Meter::new(clock.clone(), budget.clone(), settings.metrics.clone());
        let caller = BudgetedCaller {
            budget,
            operation_timeout: settings.timeouts.operation,
            metrics: settings.metrics.clone(),
        };
        let config = Box::pin(configuration(settings)).await; // the SDK's search is a large future
        let Some(region) = config.region().map(ToString::to_string) else {
            let site = CallSite::read(Service::SsoAdmin, "ListInstances", "any region");
            let sentence =
                "no AWS region is configured. Set AWS_REGION to the primary region of Identity Center.";
            return Err(site.error(Class::Invalid, Effect::None, sentence));
        };
        let sso = aws_sdk_ssoadmin::config::Builder::from(&config).interceptor(meter.clone());
        let store = aws_sdk_identitystore::config::Builder::from(&config).interceptor(meter.clone());
        let organizations = aws_sdk_organizations::config::Builder::from(&config).interceptor(meter.clone());
        let sts = aws_sdk_sts::config::Builder::from(&config).interceptor(meter.clone());
        Ok(Self {
            sso: aws_sdk_ssoadmin::Client::from_conf(sso.build()),
            store: aws_sdk_identitystore::Client::from_conf(store.build()),
            organizations: aws_sdk_organizations::Client::from_conf(organizations.build()),
            sts: aws_sdk_sts::Client::from_conf(sts.build()),
            caller,
            meter,
            clock,
            region,
        })
    }

    fn ports(self, ages: CacheAges, instance_arn: InstanceArn, instance: OnceLock<Instance>) -> Aws {
        let CacheAges {
            names,
            members,
            organization,
        } = ages;
        let shared = Shared {
            sso: self.sso,
            store: self.store,
            organizations: self.organizations,
            sts: self.sts,
            caller: self.caller,
            meter: self.meter,
            clock: self.clock,
            region: self.region,
            instance_arn,
            instance,
            users: Cache::new(names),
            user_names: Cache::new(names),
            group_names: Cache::new(names),
            members: Cache::new(members),
            members_read: SharedReads::default(),
            catalogue: Catalogue::new(organization),
            provisioned: Cache::new(organization),
            provisioned_read: SharedReads::default(),
            management_account: Cache::new(organization),
            management_account_read: SharedReads::default(),
            tree: TreeKeeper::new(organization),
        };
        Aws {
            shared: Arc::new(shared),
        }
    }
}

/// An answer to a question asked at that moment.
pub(super) fn aged<T>(value: T, observed_at: DateTime<Utc>) -> Aged<T> {
    Aged { value, observed_at }
}

/// The standard configuration, with our timeouts and few retries.
async fn configuration(settings: &AwsSettings) -> SdkConfig {
    let Timeouts {
        connect,
        attempt,
        operation,
    } = settings.timeouts;
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(connect)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(READ_ATTEMPTS));
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(endpoint) = &settings.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(credentials) = &settings.credentials {
        loader = loader.credentials_provider(credentials.clone());
    }
    loader.load().await
}
