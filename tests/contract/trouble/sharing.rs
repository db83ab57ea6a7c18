//! Reads that many ask for at once, and items that cannot be read.

use futures::future::join_all;
use team_operator::aws::Aws;
use team_operator::ports::{
    Attribute, CallOptions, Class, Directory, Lookup, Organization, PermissionSetArn, PermissionSets, UserId,
    UserLookup,
};

use super::{ask, check};
use crate::support::Boxed;

/// What an early version took a quarter of an hour for.
const SETS: usize = 300;

fn cached() -> CallOptions {
    CallOptions::decision("somebody")
}

/// How many sets the organization file has.
const GIVEN: usize = 3;

async fn with_many_sets() -> Boxed {
    let boxed = Boxed::start(|_| ()).await;
    for number in 0..SETS {
        boxed.change(&format!(
            r#"{{"change":"put-permission-set","name":"Set{number}","sessionDuration":"PT1H"}}"#
        ));
    }
    boxed
}

#[tokio::test]
async fn every_permission_set_is_described_once_whoever_asks_for_one() {
    let boxed = with_many_sets().await;
    let aws = boxed.connect().await.unwrap();
    let asked = join_all((0..20).map(|number| {
        let aws = aws.clone();
        async move { aws.by_name(&cached(), &format!("Set{}", number * 15)).await }
    }));
    for answer in asked.await {
        assert!(matches!(answer.unwrap().value, Lookup::Found(_)));
    }
    let options = cached();
    let absent = join_all((0..20).map(|_| aws.by_name(&options, "Gone")));
    for answer in absent.await {
        assert_eq!(answer.unwrap().value, Lookup::Absent);
    }
    let described = boxed.calls("DescribePermissionSet");
    // A set that is named while all are read may be looked at once more.
    assert!(
        (SETS + GIVEN..SETS + GIVEN + 20).contains(&described),
        "{described} calls"
    );
}

#[tokio::test]
async fn one_permission_set_that_may_not_be_described_spoils_no_other() {
    let boxed = Boxed::start(|_| ()).await;
    let aws = boxed.connect().await.unwrap();
    let arn = aws
        .by_name(&ask(), "ReadOnlyAccess")
        .await
        .unwrap()
        .value
        .found()
        .unwrap()
        .arn;
    boxed.script(&format!(
        r#"{{"on":{{"operation":"DescribePermissionSet","permissionSet":"{arn}"}},
            "effect":{{"kind":"refuse","code":"AccessDeniedException"}}}}"#
    ));
    let restarted = boxed.connect().await.unwrap();
    for options in [cached(), ask()] {
        let found = restarted.by_name(&options, "DatabaseAdmin").await.unwrap();
        assert!(matches!(found.value, Lookup::Found(_)));
        // Whether it exists is not known: the one that cannot be read may bear the name.
        for name in ["ReadOnlyAccess", "Gone"] {
            let error = restarted.by_name(&options, name).await.unwrap_err();
            check(
                &error,
                Class::Denied,
                &[arn.as_str(), "1 permission sets cannot be described", name],
            );
        }
    }
}

#[tokio::test]
async fn the_management_account_is_asked_for_once_by_whoever_needs_it_at_once() {
    let boxed = Boxed::start(|_| ()).await;
    let aws = boxed.connect().await.unwrap();
    for _ in 0..2 {
        let options = cached();
        let asked = join_all((0..36).map(|_| aws.management_account(&options)));
        for answer in asked.await {
            assert_eq!(answer.unwrap().value.as_str(), "111111111111");
        }
    }
    assert_eq!(boxed.calls("DescribeOrganization"), 1);
}

#[tokio::test]
async fn where_a_permission_set_is_provisioned_is_asked_once_in_a_while() {
    let boxed = Boxed::start(|_| ()).await;
    let aws = boxed.connect().await.unwrap();
    let arn: PermissionSetArn = boxed.ids().permission_set_arn;
    let asked = join_all((0..10).map(|_| {
        let (aws, arn) = (aws.clone(), arn.clone());
        async move { aws.provisioned_in(&cached(), &arn).await }
    }));
    for answer in asked.await {
        assert!(matches!(answer.unwrap().value, Lookup::Found(_)));
    }
    assert_eq!(boxed.calls("ListAccountsForProvisionedPermissionSet"), 1);
}

#[tokio::test]
async fn the_members_of_a_group_are_described_once_and_one_who_cannot_be_read_costs_only_himself() {
    let boxed = Boxed::start(|_| ()).await;
    let names: Vec<String> = (0..300).map(|number| format!("p{number}@example.com")).collect();
    for name in &names {
        boxed.change(&format!(r#"{{"change":"put-user","userName":"{name}"}}"#));
    }
    let members = serde_json::to_string(&names).unwrap();
    boxed.change(&format!(
        r#"{{"change":"put-group","name":"Crowd","members":{members}}}"#
    ));
    let aws = boxed.connect().await.unwrap();
    let group = aws
        .group_by_name(&cached(), "Crowd")
        .await
        .unwrap()
        .value
        .found()
        .unwrap()
        .id;
    let asked = async || {
        let some = join_all((0..6).map(|_| {
            let (aws, group) = (aws.clone(), group.clone());
            async move {
                aws.members(&cached(), &group)
                    .await
                    .unwrap()
                    .value
                    .found()
                    .unwrap()
            }
        }));
        some.await.pop().unwrap()
    };
    let somebody = user_id(&aws, "p7@example.com").await;
    boxed.clock.advance(chrono::TimeDelta::hours(2)); // what was asked so far is too old
    let before = boxed.calls("DescribeUser");
    boxed.script(&format!(
        r#"{{"on":{{"operation":"DescribeUser","principal":"{somebody}"}},
            "effect":{{"kind":"refuse","code":"AccessDeniedException"}}}}"#
    ));
    let members = asked().await;
    assert_eq!(members.known().count(), 299);
    let unreadable: Vec<_> = members.unreadable().collect();
    assert_eq!(unreadable.len(), 1);
    assert_eq!(unreadable[0].0, &somebody);
    assert!(
        unreadable[0].1.contains("AccessDeniedException"),
        "{unreadable:?}"
    );
    let once = boxed.calls("DescribeUser") - before;
    // The one who is refused may be asked for by his name's look-up too.
    assert!((300..=301).contains(&once), "{once} calls, whoever asks");
    let again = asked().await;
    assert_eq!(again.known().count(), 299);
    let more = boxed.calls("DescribeUser") - before - once;
    assert!(
        more <= 2,
        "{more} more: only the one who is missing is asked for again"
    );
}

async fn user_id(aws: &Aws, name: &str) -> UserId {
    let found = aws.user_by_attribute(&ask(), Attribute::UserName, name).await;
    match found.unwrap().value {
        UserLookup::Found(user) => user.id,
        other => panic!("{other:?}"),
    }
}
