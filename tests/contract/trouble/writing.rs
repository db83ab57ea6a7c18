//! Creates and deletes that are refused, fail later, or get lost.

use std::sync::Arc;
use std::time::Duration;

use identity_center_sandbox::DeleteMissing;
use team_operator::aws::Aws;
use team_operator::ports::{
    AccountId, AssignmentKey, Assignments, CallOptions, Class, CreateAnswer, DeleteAnswer, Effect,
    FailureKind, GoneEvidence, InstanceArn, OperationKind, OperationState, PortError, SendPermit,
};

use super::{ask, check};
use crate::always_send::AlwaysSend;
use crate::support::Boxed;

async fn create(aws: &Aws, tuple: &AssignmentKey) -> Result<CreateAnswer, PortError> {
    aws.create(&ask(), tuple, Arc::new(AlwaysSend)).await
}

async fn listed(aws: &Aws, tuple: &AssignmentKey) -> bool {
    let listing = aws
        .list(&ask(), &tuple.account_id, &tuple.permission_set_arn)
        .await
        .unwrap();
    listing.value.holds_user(&tuple.user_id)
}

#[tokio::test]
async fn refusals_of_a_create_have_their_class_and_certainly_no_effect() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    for (code, class, mentions) in [
        ("ConflictException", Class::Conflict, "111122223333"),
        (
            "AccessDeniedException",
            Class::Denied,
            "sso:CreateAccountAssignment",
        ),
        ("ServiceQuotaExceededException", Class::Denied, "quota"),
        ("kms-access-denied", Class::Denied, "kms:Decrypt"),
        ("kms-not-found", Class::Denied, "kms:Decrypt"),
        ("ValidationException", Class::Invalid, "rejects"),
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
        (r#"{"kind":"slow","time":"10s"}"#, true),
    ] {
        let boxed = Boxed::start(|_| ()).await;
        let tuple = boxed.ids();
        let aws = if effect.contains("slow") {
            boxed.connect_impatient().await
        } else {
            boxed.connect().await.unwrap()
        };
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
    let kind = OperationKind::Creation;
    let state = loop {
        match aws
            .status(&ask(), kind, &tuple.account_id, &request)
            .await
            .unwrap()
        {
            OperationState::InProgress { ask_again_in } => tokio::time::sleep(ask_again_in).await,
            over => break over,
        }
    };
    assert_eq!(state, OperationState::Vanished);
    assert_eq!(aws.budget().under_way(), 0);
}

#[tokio::test]
async fn both_shapes_of_already_gone_are_recognised() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    let ask = CallOptions::revocation("trouble");
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
async fn in_another_instance_nothing_is_created_and_a_delete_goes_there() {
    let boxed = Boxed::start(|_| ()).await;
    let aws = boxed.connect().await.unwrap();
    let elsewhere = AssignmentKey {
        instance_arn: InstanceArn::new("arn:other"),
        ..boxed.ids()
    };
    let refused = create(&aws, &elsewhere).await.unwrap_err();
    check(&refused, Class::Invalid, &["arn:other"]);
    assert_eq!(boxed.calls("CreateAccountAssignment"), 0);
    // The other instance is not there any more, and AWS says so.
    let options = CallOptions::revocation("x");
    let answer = aws.delete(&options, &elsewhere).await.unwrap();
    assert_eq!(answer, DeleteAnswer::AlreadyGone(GoneEvidence::NotFoundAnswer));
    assert_eq!(boxed.calls("DeleteAccountAssignment"), 1);
}

#[tokio::test]
async fn an_account_suspended_underfoot_fails_the_create_and_the_delete_can_be_repeated() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    boxed.change(r#"{"change":"put-account","id":"111122223333","state":"SUSPENDED"}"#);
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
    assert_eq!(AccountId::parse("111122223333").unwrap(), tuple.account_id);
}

#[tokio::test]
async fn a_create_that_is_dropped_on_its_way_gives_its_place_back() {
    let boxed = Boxed::start(|_| ()).await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    boxed.script(r#"{"times":1,"effect":{"kind":"hold","applied":false}}"#);
    let task = tokio::spawn({
        let aws = aws.clone();
        async move { create(&aws, &tuple).await }
    });
    while boxed.sandbox.with(|world, _| world.held().is_empty()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(aws.budget().under_way(), 1);
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(aws.budget().under_way(), 0);
}
