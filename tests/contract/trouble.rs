//! What the adapters make of everything that goes wrong.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use chrono::TimeDelta;
use team_operator::aws::{Aws, AwsSettings, Check, Verdict};
use team_operator::ports::{
    AccountId, AlwaysSend, Ask, Assignments, Attribute, Class, CreateAnswer, DeleteAnswer, Directory, Effect,
    Enabled, FailureKind, GoneEvidence, GroupId, InstanceArn, LastKnown, Lookup, Membership, OperationKind,
    OperationState, Organization, PermissionSets, PortError, SendPermit, Tuple, UserLookup,
};
use team_operator::sandbox::{DeleteMissing, EncryptionKey};

use crate::support::Boxed;

fn ask() -> Ask {
    Ask::decision("trouble").fresh()
}

async fn create(aws: &Aws, tuple: &Tuple) -> Result<CreateAnswer, PortError> {
    aws.create(&ask(), tuple, Arc::new(AlwaysSend)).await
}

async fn listed(aws: &Aws, tuple: &Tuple) -> bool {
    let listing = aws
        .list(&ask(), &tuple.account_id, &tuple.permission_set_arn)
        .await
        .unwrap();
    listing.value.holds_user(&tuple.user_id)
}

/// The class, and that the sentence says what it must.
fn check(error: &PortError, class: Class, mentions: &[&str]) {
    assert_eq!(error.class, class, "{error}");
    let sentence = error.to_string();
    for text in mentions {
        assert!(sentence.contains(text), "{sentence:?} does not mention {text:?}");
    }
}

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
        settings.instance_arn = Some("arn:other".into())
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
        settings.endpoint_url = Some(format!("http://{free}"))
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
    check(&error, Class::Unavailable, &["no answer within the timeout"]);
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
        assert_eq!(of(check).verdict, Verdict::CannotTell);
        assert!(
            of(check).sentence.contains("sso:DescribeInstance"),
            "{}",
            of(check).sentence
        );
    }
    assert_eq!(of(Check::Organization).verdict, Verdict::Good);
    assert_eq!(of(Check::Administrator).verdict, Verdict::CannotTell);
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
async fn a_denied_organization_api_is_an_error_and_never_an_empty_organization() {
    let boxed = Boxed::start(|settings| settings.denied = vec!["organizations:*".into()]).await;
    let aws = boxed.connect().await.unwrap();
    let account = boxed.ids().account_id;
    for asked in [ask(), Ask::background()] {
        check(
            &aws.account(&asked, &account).await.unwrap_err(),
            Class::Denied,
            &["organizations:"],
        );
    }
    assert_eq!(aws.last_tree(), LastKnown::Never);
}

#[tokio::test]
async fn the_last_tree_stays_known_with_its_age_when_the_next_cannot_be_read() {
    let boxed = Boxed::start(|_| ()).await;
    let aws = boxed.connect().await.unwrap();
    let first = aws.tree(&ask()).await.unwrap();
    assert_eq!(first.value.accounts.len(), 7);
    boxed
        .sandbox
        .with(|world, _| world.settings.denied = vec!["organizations:*".into()]);
    boxed.clock.advance(TimeDelta::minutes(16));
    assert!(aws.tree(&Ask::background()).await.is_err());
    assert_eq!(aws.last_tree(), LastKnown::Seen(first));
}

#[tokio::test]
async fn a_fresh_account_shows_a_move_a_new_unit_and_a_suspension_that_the_tree_does_not() {
    let boxed = Boxed::start(|_| ()).await;
    let aws = boxed.connect().await.unwrap();
    let account = boxed.ids().account_id;
    let path = |lookup: Lookup<team_operator::ports::Account>| lookup.found().unwrap().path.names();
    assert_eq!(
        path(aws.account(&Ask::background(), &account).await.unwrap().value),
        "Root/Production"
    );
    boxed.change(r#"{"change":"put-unit","name":"New","parent":"Root/Development"}"#);
    boxed.change(
        r#"{"change":"put-account","id":"333333333333","unit":"Root/Development/New","state":"SUSPENDED"}"#,
    );
    assert_eq!(
        path(aws.account(&Ask::background(), &account).await.unwrap().value),
        "Root/Production"
    );
    let fresh = aws
        .account(&ask(), &account)
        .await
        .unwrap()
        .value
        .found()
        .unwrap();
    assert_eq!(fresh.path.names(), "Root/Development/New");
    assert_eq!(fresh.state, team_operator::ports::AccountState::Suspended);
    boxed.change(r#"{"change":"remove-account","id":"333333333333"}"#);
    assert_eq!(aws.account(&ask(), &account).await.unwrap().value, Lookup::Absent);
}

#[tokio::test]
async fn names_are_compared_byte_for_byte_and_disabled_people_are_seen() {
    let boxed = Boxed::start(|_| ()).await;
    let aws = boxed.connect().await.unwrap();
    let lookup = async |value: &str| {
        aws.user_by_attribute(&ask(), Attribute::UserName, value)
            .await
            .unwrap()
            .value
    };
    let other = UserLookup::OtherSpelling {
        actual: "alice@example.com".into(),
    };
    assert_eq!(lookup("Alice@example.com").await, other);
    assert!(
        matches!(lookup("mallory@example.com").await, UserLookup::Found(user) if user.enabled == Enabled::No)
    );
    assert!(matches!(lookup("dave@example.com").await, UserLookup::Found(user) if user.email.is_none()));
    assert_eq!(
        aws.group_by_name(&ask(), "engineers").await.unwrap().value,
        Lookup::Absent
    );
}

#[tokio::test]
async fn a_missing_group_among_others_is_told_apart_from_not_being_a_member() {
    let boxed = Boxed::start(|_| ()).await;
    let aws = boxed.connect().await.unwrap();
    let alice = boxed.ids().user_id;
    let group = async |name: &str| {
        aws.group_by_name(&ask(), name)
            .await
            .unwrap()
            .value
            .found()
            .unwrap()
            .id
    };
    let groups = [
        group("Engineers").await,
        GroupId::new("gone"),
        group("Security").await,
    ];
    let answers = aws.memberships(&ask(), &alice, &groups).await.unwrap().value;
    assert_eq!(
        answers,
        [Membership::Member, Membership::GroupAbsent, Membership::NotMember]
    );
    let too_many = vec![GroupId::new("g"); 101];
    check(
        &aws.memberships(&ask(), &alice, &too_many).await.unwrap_err(),
        Class::Invalid,
        &["100"],
    );
}

#[tokio::test]
async fn caches_answer_until_they_are_too_old_and_fresh_questions_pass_them_by() {
    let boxed = Boxed::start(|_| ()).await;
    let aws = boxed.connect().await.unwrap();
    let (arn, cached) = (boxed.ids().permission_set_arn, Ask::background());
    let hours = async |ask: &Ask| {
        let set = aws.by_arn(ask, &arn).await.unwrap().value.found().unwrap();
        set.session_duration.as_secs() / 3_600
    };
    assert_eq!(hours(&cached).await, 2);
    boxed.change(r#"{"change":"put-permission-set","name":"DatabaseAdmin","sessionDuration":"PT4H"}"#);
    assert_eq!(hours(&cached).await, 2);
    assert_eq!(hours(&ask()).await, 4);
    boxed.change(r#"{"change":"put-permission-set","name":"DatabaseAdmin","sessionDuration":"PT6H"}"#);
    assert_eq!(hours(&cached).await, 4);
    boxed.clock.advance(TimeDelta::minutes(16));
    assert_eq!(hours(&cached).await, 6);
    boxed.change(r#"{"change":"remove-permission-set","name":"DatabaseAdmin"}"#);
    assert_eq!(aws.by_arn(&ask(), &arn).await.unwrap().value, Lookup::Absent);
    assert_eq!(
        aws.by_name(&ask(), "DatabaseAdmin").await.unwrap().value,
        Lookup::Absent
    );
}

#[tokio::test]
async fn refusals_of_a_create_have_their_class_and_certainly_no_effect() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    for (code, class, mentions) in [
        ("ConflictException", Class::Conflict, "333333333333"),
        (
            "AccessDeniedException",
            Class::Denied,
            "sso:CreateAccountAssignment",
        ),
        ("ServiceQuotaExceededException", Class::Denied, "quota"),
        ("kms-access-denied", Class::Denied, "kms:Decrypt"),
        ("kms-not-found", Class::Denied, "kms:Decrypt"),
        ("ValidationException", Class::Invalid, "wrong"),
        (
            "ResourceNotFoundException",
            Class::NotFound,
            "region and instance",
        ),
        ("ExpiredTokenException", Class::Denied, "renewed"),
        ("too-many-outstanding", Class::Throttled, "too many requests"),
    ] {
        boxed.script(&format!(
            r#"{{"times":1,"effect":{{"kind":"refuse","code":"{code}"}}}}"#
        ));
        let error = create(&aws, &tuple).await.unwrap_err();
        check(&error, class, &["CreateAccountAssignment for user", mentions]);
        assert_eq!(error.effect, Effect::None);
    }
    assert_eq!(boxed.calls("CreateAccountAssignment"), 9, "a write is tried once");
    assert!(!listed(&aws, &tuple).await);
}

#[tokio::test]
async fn the_delay_aws_asks_for_is_handed_on() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    boxed.script(
        r#"{"times":1,"effect":{"kind":"refuse","code":"ThrottlingException","retryAfterSeconds":3}}"#,
    );
    let error = create(&aws, &tuple).await.unwrap_err();
    assert_eq!(
        (error.class, error.retry_after),
        (Class::Throttled, Some(Duration::from_secs(3)))
    );
    assert_eq!(aws.meter().throttled, 1);
}

#[tokio::test]
async fn a_lost_answer_is_uncertain_whether_or_not_the_create_took_effect() {
    for (effect, applied) in [
        (r#"{"kind":"lost","applied":true}"#, true),
        (r#"{"kind":"lost","applied":false}"#, false),
        (r#"{"kind":"unavailable","applied":true}"#, true),
        (r#"{"kind":"unavailable"}"#, false),
        (r#"{"kind":"html","applied":true}"#, true),
        (r#"{"kind":"html"}"#, false),
        (r#"{"kind":"slow","time":"5s"}"#, true),
    ] {
        let boxed = Boxed::start(|_| ()).await;
        let (aws, tuple) = (boxed.connect_impatient().await, boxed.ids());
        boxed.script(&format!(
            r#"{{"on":{{"operation":"CreateAccountAssignment"}},"times":1,"effect":{effect}}}"#
        ));
        let error = create(&aws, &tuple).await.unwrap_err();
        assert_eq!(
            (error.class, error.effect),
            (Class::Unavailable, Effect::Uncertain),
            "{effect}: {error}"
        );
        assert_eq!(listed(&aws, &tuple).await, applied, "{effect}");
    }
}

#[tokio::test]
async fn a_create_held_back_can_land_after_we_gave_up_on_it() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect_impatient().await, boxed.ids());
    boxed.script(r#"{"times":1,"effect":{"kind":"hold","applied":false}}"#);
    assert_eq!(create(&aws, &tuple).await.unwrap_err().effect, Effect::Uncertain);
    assert!(!listed(&aws, &tuple).await);
    assert!(boxed.sandbox.release(1));
    assert!(listed(&aws, &tuple).await);
}

#[tokio::test]
async fn a_create_that_fails_later_says_why_and_one_that_is_forgotten_has_vanished() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    boxed.script(r#"{"times":1,"effect":{"kind":"fail","reason":"role-quota"}}"#);
    match create(&aws, &tuple).await.unwrap() {
        CreateAnswer::Accepted {
            state: OperationState::Failed { kind, reason },
            ..
        } => {
            assert_eq!(kind, FailureKind::RoleQuota);
            assert!(reason.contains("IAM role quota"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    boxed
        .sandbox
        .with(|world, _| world.settings.operation_time = Duration::from_secs(1));
    boxed.script(r#"{"times":1,"effect":{"kind":"vanish"}}"#);
    let CreateAnswer::Accepted { request, .. } = create(&aws, &tuple).await.unwrap() else {
        panic!()
    };
    tokio::time::sleep(Duration::from_millis(2)).await; // the first question comes after a millisecond here
    let state = aws
        .status(&ask(), OperationKind::Creation, &tuple.account_id, &request)
        .await
        .unwrap();
    assert_eq!(state, OperationState::Vanished);
    assert_eq!(aws.budget().under_way(), 0);
}

#[tokio::test]
async fn both_shapes_of_already_gone_are_recognised() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    let ask = Ask::revocation("trouble");
    let gone = aws.delete(&ask, &tuple).await.unwrap();
    assert_eq!(gone, DeleteAnswer::AlreadyGone(GoneEvidence::NotFoundAnswer));
    boxed
        .sandbox
        .with(|world, _| world.settings.delete_missing = DeleteMissing::FailsLater);
    let gone = aws.delete(&ask, &tuple).await.unwrap();
    assert_eq!(gone, DeleteAnswer::AlreadyGone(GoneEvidence::EntitlementMissing));
    assert_eq!(aws.budget().under_way(), 0);
}

#[derive(Debug)]
struct LeaseLost;

impl SendPermit for LeaseLost {
    fn still_good(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn a_create_whose_permit_is_withdrawn_is_never_sent() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    let answer = aws.create(&ask(), &tuple, Arc::new(LeaseLost)).await.unwrap();
    assert_eq!(answer, CreateAnswer::Withheld);
    assert_eq!(boxed.calls("CreateAccountAssignment"), 0);
    assert_eq!(aws.budget().under_way(), 0);
}

#[tokio::test]
async fn a_tuple_of_another_instance_is_refused_without_asking() {
    let boxed = Boxed::start(|_| ()).await;
    let aws = boxed.connect().await.unwrap();
    let tuple = Tuple {
        instance_arn: InstanceArn::new("arn:other"),
        ..boxed.ids()
    };
    check(
        &aws.delete(&Ask::revocation("x"), &tuple).await.unwrap_err(),
        Class::Invalid,
        &["arn:other"],
    );
    assert_eq!(boxed.calls("DeleteAccountAssignment"), 0);
}

#[tokio::test]
async fn an_instance_that_disappears_is_an_outage_and_not_an_absence() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    boxed.script(
        r#"{"on":{"service":"sso-admin"},"effect":{"kind":"refuse","code":"ResourceNotFoundException"}}"#,
    );
    let error = aws.by_arn(&ask(), &tuple.permission_set_arn).await.unwrap_err();
    assert_eq!(error.class, Class::Unavailable, "{error}");
    let error = aws
        .list(&ask(), &tuple.account_id, &tuple.permission_set_arn)
        .await
        .unwrap_err();
    assert_eq!(
        error.class,
        Class::NotFound,
        "a list never says that nobody is assigned"
    );
}

#[tokio::test]
async fn an_account_suspended_underfoot_fails_the_create_and_the_delete_can_be_repeated() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    boxed.change(r#"{"change":"put-account","id":"333333333333","state":"SUSPENDED"}"#);
    let answer = create(&aws, &tuple).await.unwrap();
    assert!(
        matches!(
            answer,
            CreateAnswer::Accepted {
                state: OperationState::Failed { .. },
                ..
            }
        ),
        "{answer:?}"
    );
    assert_eq!(AccountId::parse("333333333333").unwrap(), tuple.account_id);
}
