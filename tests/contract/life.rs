//! One access's life, call by call.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use team_operator::aws::{Check, Verdict};
use team_operator::ports::{
    AccountId, AccountState, Assignments, Attribute, CallOptions, Class, CreateAnswer, DeleteAnswer,
    Directory, Enabled, Lookup, Members, Membership, OperationKind, OperationState, Organization,
    PermissionSetArn, PermissionSets, RequestId, UserId, UserLookup,
};

use crate::always_send::AlwaysSend;
use crate::support::{Boxed, Fixture, Lie, Target};

#[tokio::test]
async fn the_sandbox_keeps_the_contract() {
    let boxed = Boxed::start(|settings| {
        settings.operation_time = Duration::from_secs(1);
        settings.list_lag = Duration::from_secs(1);
        settings.empty_page_every = 2;
    })
    .await;
    let target = Target::new(boxed.fixture(), BTreeSet::new(), Some(boxed.clock.clone())).await;
    whole_life(&target).await;
}

#[tokio::test]
async fn moto_keeps_the_contract_but_for_its_known_lies() {
    let Ok(file) = std::env::var("CONTRACT_FIXTURE") else {
        println!(
            "skipped: the contract with moto; tests/python/contract.py starts moto and sets CONTRACT_FIXTURE"
        );
        return;
    };
    let fixture: Fixture = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let target = Target::new(fixture, Lie::ALL.into(), None).await;
    whole_life(&target).await;
    assert_eq!(
        *target.seen.lock().unwrap(),
        target.lies,
        "a known lie of moto was never met"
    );
}

async fn whole_life(target: &Target) {
    people(target).await;
    groups(target).await;
    accounts(target).await;
    permission_sets(target).await;
    preflight(target).await;
    nothing_is_assigned(target).await;
    let request = grant(target).await;
    grant_again(target).await;
    revoke(target, &request).await;
    revoke_again(target).await;
}

fn ask() -> CallOptions {
    CallOptions::decision("contract").fresh()
}

async fn people(target: &Target) {
    let Fixture {
        user_name,
        user_id,
        email,
        ..
    } = &target.fixture;
    for (attribute, value) in [(Attribute::UserName, user_name), (Attribute::Email, email)] {
        match target
            .aws
            .user_by_attribute(&ask(), attribute, value)
            .await
            .unwrap()
            .value
        {
            UserLookup::Found(user) => {
                assert_eq!(user.id.as_str(), user_id);
                assert_eq!(user.user_name, *user_name);
                assert_eq!(user.email.as_deref(), Some(email.as_str()));
                assert_eq!(user.enabled, Enabled::Yes);
            }
            other => panic!("{value}: {other:?}"),
        }
    }
    let nobody = target
        .aws
        .user_by_attribute(&ask(), Attribute::UserName, "nobody@example.com")
        .await
        .unwrap();
    assert_eq!(nobody.value, UserLookup::Absent);
}

async fn groups(target: &Target) {
    let Fixture {
        user_name,
        user_id,
        group_name,
        empty_group_name,
        ..
    } = &target.fixture;
    let group = target
        .aws
        .group_by_name(&ask(), group_name)
        .await
        .unwrap()
        .value
        .found()
        .unwrap();
    let empty = target
        .aws
        .group_by_name(&ask(), empty_group_name)
        .await
        .unwrap()
        .value
        .found()
        .unwrap();
    assert_eq!(
        target
            .aws
            .group_by_name(&ask(), "No such group")
            .await
            .unwrap()
            .value,
        Lookup::Absent
    );
    let user = UserId::new(user_id);
    let both = [group.id.clone(), empty.id.clone()];
    let memberships = target.aws.memberships(&ask(), &user, &both).await.unwrap().value;
    assert_eq!(memberships, [Membership::Member, Membership::NotMember]);
    match target.aws.members(&ask(), &group.id).await.unwrap().value {
        Lookup::Found(members) => {
            assert!(members.known().any(|user| user.user_name == *user_name));
        }
        Lookup::Absent => panic!("the group exists"),
    }
    assert_eq!(
        target.aws.members(&ask(), &empty.id).await.unwrap().value,
        Lookup::Found(Members::Nobody)
    );
}

async fn accounts(target: &Target) {
    let id = AccountId::parse(&target.fixture.account).unwrap();
    for asked in [ask(), CallOptions::background()] {
        let account = target
            .aws
            .account(&asked, &id)
            .await
            .unwrap()
            .value
            .found()
            .unwrap();
        assert_eq!(account.state, AccountState::Active);
        assert_eq!(account.path.names(), target.fixture.account_path);
    }
    let unknown = AccountId::parse("999999999999").unwrap();
    assert_eq!(
        target.aws.account(&ask(), &unknown).await.unwrap().value,
        Lookup::Absent
    );
    let management = target.aws.management_account(&ask()).await.unwrap().value;
    assert_eq!(management.as_str(), target.fixture.management_account);
}

async fn permission_sets(target: &Target) {
    let Fixture {
        permission_set,
        permission_set_arn,
        session_hours,
        ..
    } = &target.fixture;
    let set = target
        .aws
        .by_name(&ask(), permission_set)
        .await
        .unwrap()
        .value
        .found()
        .unwrap();
    assert_eq!(set.arn.as_str(), permission_set_arn);
    assert_eq!(set.session_duration, Duration::from_secs(session_hours * 3_600));
    assert_eq!(
        target.aws.by_arn(&ask(), &set.arn).await.unwrap().value,
        Lookup::Found(set)
    );
    assert_eq!(
        target.aws.by_name(&ask(), "NoSuchSet").await.unwrap().value,
        Lookup::Absent
    );
    let last = if permission_set_arn.ends_with('0') {
        '1'
    } else {
        '0'
    };
    let gone = PermissionSetArn::new(format!(
        "{}{last}",
        &permission_set_arn[..permission_set_arn.len() - 1]
    ));
    assert_eq!(
        target.aws.by_arn(&ask(), &gone).await.unwrap().value,
        Lookup::Absent
    );
    let shaped = permission_set_arn.contains(":permissionSet/");
    assert_eq!(shaped, !target.lies(Lie::PermissionSetArnsAreMisshapen));
}

async fn preflight(target: &Target) {
    let findings = target.aws.preflight().await;
    let verdict = |check: Check| {
        findings
            .iter()
            .find(|finding| finding.check == check)
            .unwrap()
            .verdict
    };
    let described = if target.lies(Lie::InstancesAreNotDescribed) {
        Verdict::Unknown
    } else {
        Verdict::Good
    };
    for check in [
        Check::InstanceActive,
        Check::PermissionSets,
        Check::PrimaryRegion,
        Check::EncryptionKey,
    ] {
        assert_eq!(verdict(check), described, "{findings:#?}");
    }
    for check in [Check::Organization, Check::Administrator, Check::Clocks] {
        assert_eq!(verdict(check), Verdict::Good, "{findings:#?}");
    }
}

async fn nothing_is_assigned(target: &Target) {
    let tuple = target.tuple();
    let listing = target
        .aws
        .list(&ask(), &tuple.account_id, &tuple.permission_set_arn)
        .await
        .unwrap()
        .value;
    assert!(!listing.holds_user(&tuple.user_id));
    let unknown = AccountId::parse("999999999999").unwrap();
    let answer = target.aws.list(&ask(), &unknown, &tuple.permission_set_arn).await;
    if target.lies(Lie::UnknownAccountsAreAccepted) {
        assert!(answer.is_ok());
    } else {
        assert_eq!(answer.unwrap_err().class, Class::NotFound);
    }
}

async fn grant(target: &Target) -> RequestId {
    let tuple = target.tuple();
    let request = match target
        .aws
        .create(&ask(), &tuple, Arc::new(AlwaysSend))
        .await
        .unwrap()
    {
        CreateAnswer::Accepted { request, state } => {
            let at_once = state == OperationState::Succeeded;
            assert_eq!(at_once, target.lies(Lie::OperationsSucceedAtOnce));
            request
        }
        CreateAnswer::Withheld => panic!("withheld"),
    };
    let listed_creates = if target.lies(Lie::CreationsAreNotListed) {
        None
    } else {
        Some(vec![request.clone()])
    };
    assert_eq!(creates_in_progress(target).await, listed_creates);
    assert_eq!(
        watched(target, OperationKind::Creation, &request).await,
        OperationState::Succeeded
    );
    assert_eq!(creates_in_progress(target).await, listed_creates.map(|_| vec![]));
    until_listed(target, true).await;
    let provisioned = target
        .aws
        .provisioned_in(&ask(), &tuple.permission_set_arn)
        .await
        .unwrap()
        .value;
    let listed = provisioned == Lookup::Found(vec![tuple.account_id]);
    assert_eq!(listed, !target.lies(Lie::ProvisioningIsNeverListed));
    request
}

/// `None` where AWS does not serve the question.
async fn creates_in_progress(target: &Target) -> Option<Vec<RequestId>> {
    match target.aws.creates_in_progress(&ask(), &target.tuple()).await {
        Ok(answer) => Some(answer.value),
        Err(error) => {
            assert!(target.lies(Lie::CreationsAreNotListed), "{error}");
            None
        }
    }
}

async fn grant_again(target: &Target) {
    let again = target
        .aws
        .create(&ask(), &target.tuple(), Arc::new(AlwaysSend))
        .await
        .unwrap();
    let CreateAnswer::Accepted { request, .. } = again else {
        panic!("{again:?}")
    };
    assert_eq!(
        watched(target, OperationKind::Creation, &request).await,
        OperationState::Succeeded
    );
    until_listed(target, true).await;
}

async fn revoke(target: &Target, creation: &RequestId) {
    let ask = CallOptions::revocation("contract");
    let tuple = target.tuple();
    let answer = target.aws.delete(&ask, &tuple).await.unwrap();
    let DeleteAnswer::Accepted { request, .. } = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(
        request == *creation,
        target.lies(Lie::DeletionHasTheIdOfTheCreation)
    );
    assert_eq!(
        watched(target, OperationKind::Deletion, &request).await,
        OperationState::Succeeded
    );
    if target.lies(Lie::CreatingTwiceMakesTwo) {
        until_listed(target, true).await;
        let second = target.aws.delete(&ask, &tuple).await.unwrap();
        assert!(matches!(second, DeleteAnswer::Accepted { .. }));
    }
    until_listed(target, false).await;
}

async fn revoke_again(target: &Target) {
    let answer = target
        .aws
        .delete(&CallOptions::revocation("contract"), &target.tuple())
        .await
        .unwrap();
    assert!(matches!(answer, DeleteAnswer::AlreadyGone(_)), "{answer:?}");
}

/// Asks until the operation is over, as often as the port says.
async fn watched(target: &Target, kind: OperationKind, request: &RequestId) -> OperationState {
    let account = target.tuple().account_id;
    for _ in 0..100 {
        match target.aws.status(&ask(), kind, &account, request).await.unwrap() {
            OperationState::InProgress { ask_again_in } => target.pass(ask_again_in).await,
            over => return over,
        }
    }
    panic!("{request} is still in progress after a hundred questions")
}

async fn until_listed(target: &Target, wanted: bool) {
    let tuple = target.tuple();
    for _ in 0..100 {
        let listing = target
            .aws
            .list(&ask(), &tuple.account_id, &tuple.permission_set_arn)
            .await
            .unwrap();
        if listing.value.holds_user(&tuple.user_id) == wanted {
            return;
        }
        target.pass(Duration::from_millis(1)).await;
    }
    panic!(
        "after a hundred lists the assignment is still not {}",
        if wanted { "there" } else { "gone" }
    )
}
