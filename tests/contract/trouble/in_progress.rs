//! Which creates are in progress, when the question is hard to answer.

use std::sync::Arc;
use std::time::Duration;

use crate::always_send::AlwaysSend;
use chrono::TimeDelta;
use team_operator::aws::Aws;
use team_operator::ports::{
    AssignmentKey, Assignments, Attribute, Class, CreateAnswer, Directory, InstanceArn, PortError, RequestId,
    UserLookup,
};

use super::{ask, check};
use crate::support::Boxed;

const LIST: &str = "ListAccountAssignmentCreationStatus";
const DESCRIBE: &str = "DescribeAccountAssignmentCreationStatus";

/// Operations take a minute.
async fn slow_operations() -> Boxed {
    Boxed::start(|settings| {
        settings.operation_time = Duration::from_mins(1);
        settings.empty_page_every = 1;
    })
    .await
}

async fn begun(aws: &Aws, tuple: &AssignmentKey) -> RequestId {
    match aws.create(&ask(), tuple, Arc::new(AlwaysSend)).await.unwrap() {
        CreateAnswer::Accepted { request, .. } => request,
        CreateAnswer::Withheld => panic!("withheld"),
    }
}

async fn in_progress(aws: &Aws, tuple: &AssignmentKey) -> Result<Vec<RequestId>, PortError> {
    let answer = aws.creates_in_progress(&ask(), tuple).await?;
    Ok(answer.value)
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_found_among_those_of_others() {
    let boxed = slow_operations().await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    let bob = aws
        .user_by_attribute(&ask(), Attribute::UserName, "bob@example.com")
        .await;
    let UserLookup::Found(bob) = bob.unwrap().value else {
        panic!("bob is in the organization")
    };
    let of_bob = AssignmentKey {
        user_id: bob.id,
        ..tuple.clone()
    };
    boxed.script(
        r#"{"times":1,"on":{"operation":"CreateAccountAssignment"},"effect":{"kind":"lost","applied":true}}"#,
    );
    let lost = aws.create(&ask(), &tuple, Arc::new(AlwaysSend)).await;
    assert_eq!(lost.unwrap_err().class, Class::Unavailable);
    let other = begun(&boxed.connect().await.unwrap(), &of_bob).await;

    let found = in_progress(&aws, &tuple).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(!found.contains(&other));
    assert_eq!(in_progress(&aws, &of_bob).await.unwrap(), [other]);
    boxed.clock.advance(TimeDelta::minutes(5));
    assert_eq!(in_progress(&aws, &tuple).await.unwrap(), []);
}

#[tokio::test]
async fn what_cannot_be_looked_at_makes_the_answer_an_error_and_never_none() {
    let boxed = slow_operations().await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    begun(&aws, &tuple).await;
    for (operation, code, class) in [
        (LIST, "AccessDeniedException", Class::Denied),
        (LIST, "ThrottlingException", Class::Throttled),
        (DESCRIBE, "ResourceNotFoundException", Class::NotFound),
        (DESCRIBE, "AccessDeniedException", Class::Denied),
    ] {
        boxed.script(&format!(
            r#"{{"times":2,"on":{{"operation":"{operation}"}},"effect":{{"kind":"refuse","code":"{code}"}}}}"#
        ));
        let error = in_progress(&aws, &tuple).await.unwrap_err();
        check(&error, class, &[operation, code]);
        boxed.sandbox.with(|world, _| world.remove_scripts(None));
    }
    assert_eq!(in_progress(&aws, &tuple).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_create_that_is_over_when_it_is_looked_at_is_left_out() {
    let boxed = slow_operations().await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    begun(&aws, &tuple).await;
    boxed.script(&format!(
        r#"{{"times":1,"on":{{"operation":"{DESCRIBE}"}},"effect":{{"kind":"hold","applied":false}}}}"#
    ));
    let asked = tokio::spawn({
        let (aws, tuple) = (aws.clone(), tuple.clone());
        async move { in_progress(&aws, &tuple).await }
    });
    while boxed.sandbox.with(|world, _| world.held().is_empty()) {
        tokio::task::yield_now().await;
    }
    boxed.clock.advance(TimeDelta::minutes(5));
    assert!(boxed.sandbox.release(1));
    assert_eq!(asked.await.unwrap().unwrap(), []);
}

#[tokio::test]
async fn another_instance_is_not_asked() {
    let boxed = slow_operations().await;
    let (aws, tuple) = (boxed.connect().await.unwrap(), boxed.ids());
    let elsewhere = AssignmentKey {
        instance_arn: InstanceArn::new("arn:aws:sso:::instance/ssoins-elsewhere"),
        ..tuple
    };
    let error = in_progress(&aws, &elsewhere).await.unwrap_err();
    check(&error, Class::Invalid, &["Configure the one it was made in"]);
    assert_eq!(boxed.calls(LIST), 0);
}
