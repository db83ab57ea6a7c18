use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use team_operator::ports::{
    AccountId, AssignmentKey, Attribute, Class, CreateAnswer, DeleteAnswer, Effect as Felt, GoneEvidence,
    GroupId, Lookup, Members, Membership, OperationKind, OperationState, PermissionSetArn, SendPermit,
    UserId, UserLookup,
};

use super::{Caller, Client};
use crate::{Effect, OrganizationFile, Script, Selector, World};

const ORGANIZATION: &str = r#"
region: eu-central-1
managementAccount: {id: "999999999999", name: management}
organizationalUnits:
  - name: Production
    accounts: [{id: "111111111111", name: orders}]
users:
  - {userName: alice, email: Alice@example.com}
  - {userName: bob}
groups:
  - {name: Engineers, members: [alice, bob]}
  - {name: Empty, members: []}
permissionSets:
  - {name: Admin, sessionDuration: PT4H}
  - {name: Short, sessionDuration: PT1H30M}
"#;

#[derive(Debug)]
struct Permit(bool);

impl SendPermit for Permit {
    fn still_good(&self) -> bool {
        self.0
    }
}

/// A world at a moment, with one caller.
struct Ground {
    world: World,
    caller: Caller,
    now: DateTime<Utc>,
}

impl Ground {
    fn new() -> Self {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let mut world = OrganizationFile::parse(ORGANIZATION).unwrap().world(now).unwrap();
        world.settings.throttling = false; // many questions at one moment
        let caller = Caller::of(&world);
        Self { world, caller, now }
    }

    fn client(&mut self) -> Client<'_> {
        Client::new(&mut self.world, &self.caller, self.now)
    }

    fn pass(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    /// This happens to the next call of that operation.
    fn script(&mut self, operation: &str, effect: Effect) {
        self.world.script(Script {
            id: 0,
            on: Selector {
                operation: Some(operation.to_owned()),
                ..Selector::default()
            },
            after: 0,
            times: Some(1),
            effect,
        });
    }

    fn user(&mut self, name: &str) -> UserId {
        match self
            .client()
            .user_by_attribute(Attribute::UserName, name)
            .unwrap()
            .value
        {
            UserLookup::Found(user) => user.id,
            other => panic!("{other:?}"),
        }
    }

    fn tuple(&mut self, user: &str) -> AssignmentKey {
        let set = self.client().permission_set_by_name("Admin").unwrap().value;
        AssignmentKey {
            instance_arn: self.caller.instance_arn.clone(),
            user_id: self.user(user),
            account_id: account(),
            permission_set_arn: set.found().unwrap().arn,
        }
    }

    fn group(&mut self, name: &str) -> GroupId {
        self.client()
            .group_by_name(name)
            .unwrap()
            .value
            .found()
            .unwrap()
            .id
    }

    fn holds(&mut self, tuple: &AssignmentKey) -> bool {
        let listing = self.client().list(&tuple.account_id, &tuple.permission_set_arn);
        listing.unwrap().value.holds_user(&tuple.user_id)
    }
}

fn account() -> AccountId {
    AccountId::parse("111111111111").unwrap()
}

#[test]
fn session_durations_are_those_of_the_file() {
    let mut ground = Ground::new();
    let mut minutes = |name| {
        let set = ground.client().permission_set_by_name(name).unwrap().value;
        set.found().map(|set| set.session_duration)
    };
    assert_eq!(minutes("Admin"), Some(Duration::from_hours(4)));
    assert_eq!(minutes("Short"), Some(Duration::from_mins(90)));
    assert_eq!(minutes("admin"), None);
}

#[test]
fn people_are_compared_by_the_attribute_that_was_asked_for_byte_for_byte() {
    let mut ground = Ground::new();
    let mut answer = |attribute, value| {
        let answer = ground.client().user_by_attribute(attribute, value);
        match answer.unwrap().value {
            UserLookup::Found(user) => user.user_name,
            UserLookup::OtherSpelling { actual } => format!("spelled {actual}"),
            UserLookup::Absent => "nobody".to_owned(),
        }
    };
    assert_eq!(answer(Attribute::UserName, "alice"), "alice");
    assert_eq!(answer(Attribute::UserName, "ALICE"), "spelled alice");
    assert_eq!(answer(Attribute::Email, "Alice@example.com"), "alice");
    assert_eq!(
        answer(Attribute::Email, "alice@example.com"),
        "spelled Alice@example.com"
    );
    assert_eq!(answer(Attribute::Email, "alice"), "nobody");
}

#[test]
fn groups_that_are_gone_empty_or_spelled_differently_are_told_apart() {
    let mut ground = Ground::new();
    let (engineers, empty, alice) = (
        ground.group("Engineers"),
        ground.group("Empty"),
        ground.user("alice"),
    );
    let gone = GroupId::new("gone");
    let groups = [engineers.clone(), empty.clone(), gone.clone()];
    let answers = ground.client().memberships(&alice, &groups).unwrap().value;
    let expected = [Membership::Member, Membership::NotMember, Membership::GroupAbsent];
    assert_eq!(answers, expected);
    let nobody = ground
        .client()
        .memberships(&UserId::new("nobody"), &groups[..2])
        .unwrap();
    assert_eq!(nobody.value, [Membership::NotMember, Membership::NotMember]);
    let spelled = ground.client().group_by_name("engineers").unwrap().value;
    assert_eq!(spelled, Lookup::Absent);

    ground.world.settings.empty_page_every = 1; // pages go on after one that is empty
    let members = ground.client().members(&engineers).unwrap().value.found();
    assert!(matches!(members, Some(Members::People(people)) if people.len() == 2));
    assert_eq!(
        ground.client().members(&empty).unwrap().value,
        Lookup::Found(Members::Nobody)
    );
    assert_eq!(ground.client().members(&gone).unwrap().value, Lookup::Absent);
}

#[test]
fn an_account_has_its_path_with_names_and_the_tree_has_the_same() {
    let mut ground = Ground::new();
    let found = ground
        .client()
        .account(&account())
        .unwrap()
        .value
        .found()
        .unwrap();
    assert_eq!(found.path.names(), "Root/Production");
    let tree = ground.client().tree().value;
    assert_eq!(tree.accounts[&account()], found);
    let unit = &found.path.0.last().unwrap().id;
    assert_eq!(tree.units[unit], found.path);
    let unknown = AccountId::parse("222222222222").unwrap();
    assert_eq!(ground.client().account(&unknown).unwrap().value, Lookup::Absent);
    let management = ground.client().management_account().unwrap().value;
    assert_eq!(management.as_str(), "999999999999");
    assert!(!ground.client().delegated_administrator().unwrap());
}

#[test]
fn nothing_is_absent_in_an_instance_that_is_not_there() {
    let mut ground = Ground::new();
    let (tuple, alice) = (ground.tuple("alice"), ground.user("alice"));
    ground.caller = ground.caller.clone().elsewhere();
    let set = ground
        .client()
        .permission_set(&tuple.permission_set_arn)
        .unwrap_err();
    assert_eq!(set.class, Class::Unavailable);
    assert_eq!(
        ground.client().user(&alice).unwrap_err().class,
        Class::Unavailable
    );
    assert_eq!(ground.client().instance_lookup().unwrap().value, Lookup::Absent);
    for refused in [
        ground.client().create(&tuple, &Permit(true)).unwrap_err(),
        ground.client().creates_in_progress(&tuple).unwrap_err(),
    ] {
        assert_eq!((refused.class, refused.effect), (Class::Invalid, Felt::None));
    }
    // A delete goes to the instance of the assignment, which is there.
    let gone = DeleteAnswer::AlreadyGone(GoneEvidence::NotFoundAnswer);
    assert_eq!(ground.client().delete(&tuple).unwrap(), gone);
    let log = ground.world.log(0);
    assert!(
        log.iter()
            .all(|entry| entry.operation != "CreateAccountAssignment")
    );
}

#[test]
fn a_set_that_is_gone_from_an_instance_that_answers_is_absent() {
    let mut ground = Ground::new();
    let gone = PermissionSetArn::new("gone");
    assert_eq!(
        ground.client().permission_set(&gone).unwrap().value,
        Lookup::Absent
    );
    assert_eq!(
        ground.client().provisioned_in(&gone).unwrap().value,
        Lookup::Absent
    );
}

#[test]
fn an_assignment_lives_and_is_gone() {
    let mut ground = Ground::new();
    let tuple = ground.tuple("alice");
    assert_eq!(
        ground.client().create(&tuple, &Permit(false)).unwrap(),
        CreateAnswer::Withheld
    );
    let mut client = ground.client();
    client.delete(&tuple).unwrap();
    assert_eq!(client.told().unwrap().unwrap_err().class, Class::NotFound);
    let CreateAnswer::Accepted { request, state } = ground.client().create(&tuple, &Permit(true)).unwrap()
    else {
        panic!("not accepted")
    };
    let wait = Duration::from_secs(2);
    assert_eq!(state, OperationState::InProgress { ask_again_in: wait });
    ground.pass(10);
    let state = ground.client().status(OperationKind::Creation, &request).unwrap();
    assert_eq!(state, OperationState::Succeeded);
    assert!(ground.holds(&tuple));
    let provisioned = ground.client().provisioned_in(&tuple.permission_set_arn).unwrap();
    assert_eq!(provisioned.value, Lookup::Found(vec![account()]));
    let deleted = ground.client().delete(&tuple).unwrap();
    assert!(matches!(deleted, DeleteAnswer::Accepted { .. }), "{deleted:?}");
    ground.pass(10);
    assert!(!ground.holds(&tuple));
    let again = ground.client().delete(&tuple).unwrap();
    assert_eq!(again, DeleteAnswer::AlreadyGone(GoneEvidence::NotFoundAnswer));
    ground.world.settings.status_lifetime = Duration::ZERO;
    let state = ground.client().status(OperationKind::Creation, &request).unwrap();
    assert_eq!(state, OperationState::Vanished);
}

#[test]
fn what_gets_lost_is_uncertain_for_a_write_and_without_effect_for_a_question() {
    let mut ground = Ground::new();
    let (tuple, alice) = (ground.tuple("alice"), ground.user("alice"));
    let slow = Effect::Slow {
        time: Duration::from_secs(40),
    };
    for (effect, begun, held, took) in [
        (Effect::Lost { applied: true }, true, false, 0),
        (Effect::Unavailable { applied: false }, false, false, 0),
        (Effect::Html { applied: false }, false, false, 0),
        (Effect::Hold { applied: false }, false, true, 30),
        (slow.clone(), true, false, 30),
    ] {
        let mut ground = Ground::new();
        ground.script("CreateAccountAssignment", effect.clone());
        let mut client = ground.client();
        let error = client.create(&tuple, &Permit(true)).unwrap_err();
        assert_eq!(
            (error.class, error.effect),
            (Class::Unavailable, Felt::Uncertain),
            "{effect:?}"
        );
        assert_eq!(client.begun().is_some(), begun, "{effect:?}");
        assert_eq!(client.held().is_some(), held, "{effect:?}");
        assert_eq!(client.took(), Duration::from_secs(took), "{effect:?}");
    }
    ground.script("DescribeUser", slow);
    let error = ground.client().user(&alice).unwrap_err();
    assert_eq!((error.class, error.effect), (Class::Unavailable, Felt::None));
}

#[test]
fn a_slow_answer_comes_when_time_has_passed_and_is_as_old_as_its_question() {
    let mut ground = Ground::new();
    ground.caller.ahead = TimeDelta::seconds(7);
    let (asked, alice) = (ground.now + TimeDelta::seconds(7), ground.user("alice"));
    let time = Duration::from_secs(12);
    ground.script("DescribeUser", Effect::Slow { time });
    let mut client = ground.client();
    assert_eq!(client.user(&alice).unwrap().observed_at, asked);
    assert_eq!(client.took(), time);
    let later = asked + TimeDelta::seconds(12);
    assert_eq!(client.user(&alice).unwrap().observed_at, later);
}

#[test]
fn a_create_whose_answer_was_lost_is_found_while_it_is_in_progress() {
    let mut ground = Ground::new();
    let (alice, bob) = (ground.tuple("alice"), ground.tuple("bob"));
    ground.world.settings.same_account = crate::SameAccount::Free;
    ground.script("CreateAccountAssignment", Effect::Lost { applied: true });
    let mut client = ground.client();
    client.create(&alice, &Permit(true)).unwrap_err();
    let begun = client.begun().cloned().unwrap();
    ground.client().create(&bob, &Permit(true)).unwrap();
    ground.world.settings.empty_page_every = 1;
    let found = ground.client().creates_in_progress(&alice).unwrap();
    assert_eq!((found.value, found.observed_at), (vec![begun], ground.now));
    ground.pass(10);
    let over = ground.client().creates_in_progress(&alice).unwrap();
    assert_eq!(over.value, []);
}

#[test]
fn a_create_that_is_over_when_it_is_looked_at_is_left_out() {
    let mut ground = Ground::new();
    let tuple = ground.tuple("alice");
    ground.client().create(&tuple, &Permit(true)).unwrap();
    let time = Duration::from_secs(10);
    ground.script("ListAccountAssignmentCreationStatus", Effect::Slow { time });
    let found = ground.client().creates_in_progress(&tuple).unwrap();
    assert_eq!(found.value, []);
    let log = ground.world.log(0);
    assert_eq!(
        log.last().unwrap().operation,
        "DescribeAccountAssignmentCreationStatus"
    );
}

#[test]
fn a_row_that_cannot_be_looked_at_makes_the_answer_an_error() {
    for code in ["ThrottlingException", "ResourceNotFoundException"] {
        let mut ground = Ground::new();
        let tuple = ground.tuple("alice");
        ground.client().create(&tuple, &Permit(true)).unwrap();
        let refused = serde_json::json!({"kind": "refuse", "code": code});
        let refused: Effect = serde_json::from_value(refused).unwrap();
        ground.script("DescribeAccountAssignmentCreationStatus", refused);
        let error = ground.client().creates_in_progress(&tuple).unwrap_err();
        assert_eq!(error.operation, "DescribeAccountAssignmentCreationStatus");
    }
}
