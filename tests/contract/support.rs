//! An AWS to test against.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use chrono::{DateTime, TimeDelta, Utc};
use identity_center_sandbox::{Change, Options, OrganizationFile, RunningSandbox, Script, Settings};
use serde::Deserialize;
use team_operator::aws::{Aws, AwsSettings, BudgetSettings, Timeouts};
use team_operator::ports::{
    AccountId, AssignmentKey, Clock, InstanceArn, PermissionSetArn, PortError, UserId,
};
use team_operator::runtime::SystemClock;

/// A clock that only the test moves.
#[derive(Debug)]
pub(crate) struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    pub(crate) fn advance(&self, time: TimeDelta) {
        *self.0.lock().unwrap() += time;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// The things the suite works with, whatever made them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fixture {
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) user_name: String,
    pub(crate) user_id: String,
    pub(crate) email: String,
    pub(crate) group_name: String,
    pub(crate) empty_group_name: String,
    pub(crate) account: String,
    pub(crate) account_path: String,
    pub(crate) management_account: String,
    pub(crate) permission_set: String,
    pub(crate) permission_set_arn: String,
    pub(crate) session_hours: u64,
}

/// A known difference between moto and AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lie {
    /// Operations have succeeded when the first answer comes.
    OperationsSucceedAtOnce,
    /// Creating twice makes two rows, and one delete removes one of them.
    CreatingTwiceMakesTwo,
    /// A deletion has the id of the creation.
    DeletionHasTheIdOfTheCreation,
    /// Accounts that do not exist are accepted.
    UnknownAccountsAreAccepted,
    /// Where a permission set is provisioned is never known.
    ProvisioningIsNeverListed,
    /// `DescribeInstance` is not served.
    InstancesAreNotDescribed,
    /// ARNs of permission sets have another shape.
    PermissionSetArnsAreMisshapen,
    /// `ListAccountAssignmentCreationStatus` is not served.
    CreationsAreNotListed,
}

impl Lie {
    pub(crate) const ALL: [Self; 8] = [
        Self::OperationsSucceedAtOnce,
        Self::CreatingTwiceMakesTwo,
        Self::DeletionHasTheIdOfTheCreation,
        Self::UnknownAccountsAreAccepted,
        Self::ProvisioningIsNeverListed,
        Self::InstancesAreNotDescribed,
        Self::PermissionSetArnsAreMisshapen,
        Self::CreationsAreNotListed,
    ];
}

/// An AWS, with what is expected of it.
pub(crate) struct Target {
    pub(crate) aws: Aws,
    pub(crate) fixture: Fixture,
    pub(crate) lies: BTreeSet<Lie>,
    pub(crate) seen: Mutex<BTreeSet<Lie>>,
    clock: Option<Arc<ManualClock>>,
}

impl Target {
    pub(crate) async fn new(fixture: Fixture, lies: BTreeSet<Lie>, clock: Option<Arc<ManualClock>>) -> Self {
        let adapter_clock: Arc<dyn Clock> = match &clock {
            Some(clock) => clock.clone(),
            None => Arc::new(SystemClock),
        };
        let settings = quick(&fixture.endpoint, &fixture.region);
        let aws = Aws::connect(settings, adapter_clock).await.unwrap();
        Self {
            aws,
            fixture,
            lies,
            seen: Mutex::default(),
            clock,
        }
    }

    /// Whether this AWS is expected to differ here; the difference counts as seen.
    pub(crate) fn lies(&self, lie: Lie) -> bool {
        let lies = self.lies.contains(&lie);
        if lies {
            println!("expected difference: {lie:?}");
            self.seen.lock().unwrap().insert(lie);
        }
        lies
    }

    /// Lets time pass: on the world's own clock where there is one.
    pub(crate) async fn pass(&self, time: Duration) {
        if let Some(clock) = &self.clock {
            clock.advance(TimeDelta::milliseconds(500));
        }
        tokio::time::sleep(time).await; // what the port asked for; a few milliseconds here
    }

    pub(crate) fn tuple(&self) -> AssignmentKey {
        AssignmentKey {
            instance_arn: self.aws.instance_arn().clone(),
            user_id: UserId::new(&self.fixture.user_id),
            account_id: AccountId::parse(&self.fixture.account).unwrap(),
            permission_set_arn: PermissionSetArn::new(&self.fixture.permission_set_arn),
        }
    }
}

/// Settings that do not slow a test down: real limits are the benchmark's business.
pub(crate) fn quick(endpoint: &str, region: &str) -> AwsSettings {
    let credentials = Credentials::new("sandbox", "sandbox", None, None, "tests");
    AwsSettings {
        region: Some(region.into()),
        endpoint_url: Some(endpoint.into()),
        credentials: Some(SharedCredentialsProvider::new(credentials)),
        budget: BudgetSettings {
            sso_admin_rate: 10_000.0,
            identity_store_rate: 10_000.0,
            organizations_share: 10_000.0,
            first_poll: Duration::from_millis(1),
            longest_poll: Duration::from_millis(5),
            ..BudgetSettings::default()
        },
        ..AwsSettings::default()
    }
}

/// A sandbox on a manual clock, with the adapters on it.
pub(crate) struct Boxed {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) clock: Arc<ManualClock>,
}

impl Boxed {
    /// Starts one; `change` makes it more awkward than gentle.
    pub(crate) async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_with(include_str!("../../examples/organization.yaml"), change).await
    }

    /// Starts one from another organization file.
    pub(crate) async fn start_with(text: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(ManualClock(Mutex::new(
            DateTime::UNIX_EPOCH + TimeDelta::days(20_000),
        )));
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            organization: OrganizationFile::parse(text).unwrap(),
            data: None,
            clock: clock.clone(),
        };
        let sandbox = RunningSandbox::start(options).await.unwrap();
        sandbox.with(|world, _| {
            world.settings = Settings::gentle();
            change(&mut world.settings);
        });
        Self { sandbox, clock }
    }

    pub(crate) fn settings(&self) -> AwsSettings {
        quick(&self.sandbox.endpoint(), "eu-central-1")
    }

    pub(crate) async fn connect(&self) -> Result<Aws, PortError> {
        self.connect_with(self.settings()).await
    }

    pub(crate) async fn connect_with(&self, settings: AwsSettings) -> Result<Aws, PortError> {
        Aws::connect(settings, self.clock.clone()).await
    }

    /// Adapters that give up quickly, for answers that never come.
    pub(crate) async fn connect_impatient(&self) -> Aws {
        let timeout = Duration::from_secs(1);
        let timeouts = Timeouts {
            connect: timeout,
            attempt: timeout,
            operation: timeout,
        };
        self.connect_with(AwsSettings {
            timeouts,
            ..self.settings()
        })
        .await
        .unwrap()
    }

    pub(crate) fn change(&self, json: &str) {
        let change: Change = serde_json::from_str(json).unwrap();
        self.sandbox
            .with(|world, now| world.change(&change, now))
            .unwrap();
    }

    pub(crate) fn script(&self, json: &str) {
        let script: Script = serde_json::from_str(json).unwrap();
        self.sandbox.with(|world, _| world.script(script));
    }

    /// How often an operation arrived.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.sandbox.with(|world, _| {
            world
                .log(0)
                .iter()
                .filter(|entry| entry.operation == operation)
                .count()
        })
    }

    pub(crate) fn fixture(&self) -> Fixture {
        let ids = self.ids();
        Fixture {
            endpoint: self.sandbox.endpoint(),
            region: "eu-central-1".into(),
            user_name: "alice@example.com".into(),
            user_id: ids.user_id.as_str().into(),
            email: "alice@example.com".into(),
            group_name: "Developers".into(),
            empty_group_name: "Empty".into(),
            account: ids.account_id.as_str().into(),
            account_path: "Root/Production".into(),
            management_account: "111111111111".into(),
            permission_set: "DatabaseAdmin".into(),
            permission_set_arn: ids.permission_set_arn.as_str().into(),
            session_hours: 2,
        }
    }

    /// Alice, the orders account, `DatabaseAdmin`.
    pub(crate) fn ids(&self) -> AssignmentKey {
        let summary = self.sandbox.with(|world, _| world.summary());
        let named = |list: &str, field: &str, name: &str, id: &str| {
            let found = summary[list]
                .as_array()
                .unwrap()
                .iter()
                .find(|one| one[field] == name)
                .unwrap();
            found[id].as_str().unwrap().to_owned()
        };
        AssignmentKey {
            instance_arn: InstanceArn::new(summary["instanceArn"].as_str().unwrap()),
            user_id: UserId::new(named("users", "userName", "alice@example.com", "id")),
            account_id: AccountId::parse("111122223333").unwrap(),
            permission_set_arn: PermissionSetArn::new(named(
                "permissionSets",
                "name",
                "DatabaseAdmin",
                "arn",
            )),
        }
    }
}
