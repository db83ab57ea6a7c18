//! Starting up where something is wrong with region, credentials, network, clock or instance.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use identity_center_sandbox::EncryptionKey;
use team_operator::aws::{Aws, AwsSettings, Check, Verdict};
use team_operator::ports::{Assignments, Class, CreateAnswer, OperationState, Organization, PortError};
use team_operator::runtime::SystemClock;

use super::{ask, check};
use crate::always_send::AlwaysSend;
use crate::support::Boxed;

#[derive(Debug)]
struct NoCredentials;

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("nothing is configured")))
    }
}

async fn connect_error(boxed: &Boxed, change: impl FnOnce(&mut AwsSettings)) -> PortError {
    let mut settings = boxed.settings();
    change(&mut settings);
    boxed.connect_with(settings).await.err().unwrap()
}

#[tokio::test]
async fn a_wrong_region_finds_no_instance_and_says_so() {
    let boxed = Boxed::start(|_| ()).await;
    let error = connect_error(&boxed, |settings| settings.region = Some("us-east-1".into())).await;
    check(
        &error,
        Class::Invalid,
        &[
            "ListInstances for region us-east-1",
            "AWS_REGION",
            "primary region",
        ],
    );
}

#[tokio::test]
async fn a_configured_instance_that_is_not_there_is_named_with_those_that_are() {
    let boxed = Boxed::start(|_| ()).await;
    let error = connect_error(&boxed, |settings| {
        settings.instance_arn = Some("arn:other".into());
    })
    .await;
    check(
        &error,
        Class::Invalid,
        &["arn:other", boxed.ids().instance_arn.as_str()],
    );
}

#[tokio::test]
async fn without_credentials_the_sentence_names_the_ways_to_give_some() {
    let boxed = Boxed::start(|_| ()).await;
    let none = SharedCredentialsProvider::new(NoCredentials);
    let error = connect_error(&boxed, |settings| settings.credentials = Some(none)).await;
    check(
        &error,
        Class::Denied,
        &["no usable AWS credentials", "AWS_ROLE_ARN", "AWS_ACCESS_KEY_ID"],
    );
}

#[tokio::test]
async fn an_endpoint_that_nobody_listens_on_is_unavailable_within_the_timeout() {
    let boxed = Boxed::start(|_| ()).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = connect_error(&boxed, |settings| {
        settings.endpoint_url = Some(format!("http://{free}"));
    })
    .await;
    check(
        &error,
        Class::Unavailable,
        &["cannot be reached", "AWS_ENDPOINT_URL"],
    );
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_unavailable_within_the_timeout() {
    let boxed = Boxed::start(|_| ()).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let error = connect_error(&boxed, |settings| {
        settings.endpoint_url = Some(endpoint);
        settings.timeouts.attempt = Duration::from_millis(100);
        settings.timeouts.operation = Duration::from_millis(200);
    })
    .await;
    check(&error, Class::Unavailable, &["no response within the timeout"]);
}

#[tokio::test]
async fn a_clock_that_aws_refuses_points_to_the_clock() {
    let boxed = Boxed::start(|settings| settings.clock_skew_seconds = 3_600).await;
    check(
        &connect_error(&boxed, |_| ()).await,
        Class::Denied,
        &["InvalidSignatureException", "clock"],
    );
}

#[tokio::test]
async fn one_denied_call_is_a_finding_and_the_others_go_on() {
    let boxed = Boxed::start(|settings| {
        settings.denied = vec!["DescribeInstance".into(), "ListDelegatedAdministrators".into()];
        settings.delegated_administrator = Some("222222222222".into());
        settings.clock_skew_seconds = 45;
    })
    .await;
    let aws = boxed.connect().await.unwrap();
    let findings = aws.preflight().await;
    let of = |check: Check| findings.iter().find(|finding| finding.check == check).unwrap();
    for check in [
        Check::InstanceActive,
        Check::PermissionSets,
        Check::PrimaryRegion,
        Check::EncryptionKey,
    ] {
        assert_eq!(of(check).verdict, Verdict::Unknown);
        assert!(
            of(check).sentence.contains("sso:DescribeInstance"),
            "{}",
            of(check).sentence
        );
    }
    assert_eq!(of(Check::Organization).verdict, Verdict::Good);
    assert_eq!(of(Check::Administrator).verdict, Verdict::Unknown);
    assert_eq!(of(Check::Clocks).verdict, Verdict::Problem);
}

#[tokio::test]
async fn the_preflight_sees_what_would_not_work() {
    let boxed = Boxed::start(|settings| {
        settings.instance_status = "CREATE_IN_PROGRESS".into();
        settings.permission_sets_enabled = false;
        settings.primary_region = Some("eu-west-1".into());
        settings.encryption_key = EncryptionKey::CustomerManaged;
        settings.delegated_administrator = Some("222222222222".into());
    })
    .await;
    let findings = boxed.connect().await.unwrap().preflight().await;
    let of = |check: Check| findings.iter().find(|finding| finding.check == check).unwrap();
    for check in [Check::InstanceActive, Check::PermissionSets, Check::PrimaryRegion] {
        assert_eq!(of(check).verdict, Verdict::Problem, "{findings:#?}");
    }
    assert!(of(Check::PrimaryRegion).sentence.contains("AWS_REGION=eu-west-1"));
    assert_eq!(of(Check::EncryptionKey).verdict, Verdict::Warning);
    assert_eq!(of(Check::Administrator).verdict, Verdict::Good);
    assert!(
        of(Check::Administrator)
            .sentence
            .contains("delegated administrator 222222222222")
    );
}

#[tokio::test]
async fn other_partitions_work_because_nothing_reads_arns() {
    for (partition, region) in [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")] {
        let text = include_str!("../../../examples/organization.yaml")
            .replace("partition: aws ", &format!("partition: {partition} "))
            .replace("region: eu-central-1", &format!("region: {region}"));
        let boxed = Boxed::start_with(&text, |_| ()).await;
        let settings = AwsSettings {
            region: Some(region.into()),
            ..boxed.settings()
        };
        let aws = boxed.connect_with(settings).await.unwrap();
        let tuple = boxed.ids();
        assert!(
            tuple
                .permission_set_arn
                .as_str()
                .starts_with(&format!("arn:{partition}:sso:::permissionSet/"))
        );
        let granted = aws.create(&ask(), &tuple, Arc::new(AlwaysSend)).await.unwrap();
        assert!(matches!(
            granted,
            CreateAnswer::Accepted {
                state: OperationState::Succeeded,
                ..
            }
        ));
        let listing = aws
            .list(&ask(), &tuple.account_id, &tuple.permission_set_arn)
            .await
            .unwrap();
        assert!(listing.value.holds_user(&tuple.user_id));
    }
}

/// The variable that turns [`child_of_the_standard_variables`] on.
const CHILD: &str = "CONTRACT_CHILD";

#[tokio::test]
async fn the_standard_variables_of_aws_are_enough() {
    let boxed = Boxed::start(|settings| settings.operation_time = Duration::from_secs(1)).await;
    let child = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "trouble::connecting::child_of_the_standard_variables",
            "--nocapture",
        ])
        .env_remove("AWS_PROFILE")
        .env(CHILD, "yes")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "sandbox")
        .env("AWS_SECRET_ACCESS_KEY", "sandbox")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("NO_PROXY", "127.0.0.1")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_ENDPOINT_URL_SSO_ADMIN", boxed.sandbox.endpoint())
        .env("AWS_ENDPOINT_URL_ORGANIZATIONS", boxed.sandbox.endpoint())
        .output()
        .await
        .unwrap();
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stdout)
    );
    assert_eq!(boxed.calls("ListInstances"), 1);
    assert_eq!(boxed.calls("DescribeOrganization"), 1);
}

#[tokio::test]
async fn child_of_the_standard_variables() {
    if std::env::var(CHILD).is_err() {
        return; // runs only in the process that the test above starts
    }
    let aws = Aws::connect(AwsSettings::default(), Arc::new(SystemClock))
        .await
        .unwrap();
    let management = aws.management_account(&ask()).await.unwrap().value;
    assert_eq!(management.as_str(), "111111111111");
}
