//! Questions about people, accounts and permission sets that change or cannot be answered.

use chrono::TimeDelta;
use team_operator::ports::{
    Assignments, Attribute, CallOptions, Class, Directory, Enabled, GroupId, LastKnown, Lookup, Membership,
    Organization, PermissionSets, UserLookup,
};

use super::{ask, check};
use crate::support::Boxed;

#[tokio::test]
async fn a_denied_organization_api_is_an_error_and_never_an_empty_organization() {
    let boxed = Boxed::start(|settings| settings.denied = vec!["organizations:*".into()]).await;
    let aws = boxed.connect().await.unwrap();
    let account = boxed.ids().account_id;
    for asked in [ask(), CallOptions::background()] {
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
    assert!(aws.tree(&CallOptions::background()).await.is_err());
    assert_eq!(aws.last_tree(), LastKnown::Seen(first));
}

#[tokio::test]
async fn a_fresh_account_shows_a_move_a_new_unit_and_a_suspension_that_the_tree_does_not() {
    let boxed = Boxed::start(|_| ()).await;
    let aws = boxed.connect().await.unwrap();
    let account = boxed.ids().account_id;
    let path = |lookup: Lookup<team_operator::ports::Account>| lookup.found().unwrap().path.names();
    assert_eq!(
        path(
            aws.account(&CallOptions::background(), &account)
                .await
                .unwrap()
                .value
        ),
        "Root/Production"
    );
    boxed.change(r#"{"change":"put-unit","name":"New","parent":"Root/Development"}"#);
    boxed.change(
        r#"{"change":"put-account","id":"111122223333","unit":"Root/Development/New","state":"SUSPENDED"}"#,
    );
    assert_eq!(
        path(
            aws.account(&CallOptions::background(), &account)
                .await
                .unwrap()
                .value
        ),
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
    boxed.change(r#"{"change":"remove-account","id":"111122223333"}"#);
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
        group("Developers").await,
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
    let (arn, cached) = (boxed.ids().permission_set_arn, CallOptions::background());
    let hours = async |ask: &CallOptions| {
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
