//! User names and their prefixes.

use crate::api::{Phase, Reason};
use crate::domain::facts::Enabled;
use crate::domain::fixtures::{World, active, minute, request};

#[test]
fn the_prefix_is_taken_off_exactly_once() {
    let prefixed = |name: &str| {
        request()
            .by(name)
            .with(|world| world.settings().identity.username_prefixes = vec!["oidc:".to_owned()])
    };
    let world = prefixed("oidc:alice").check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(world.status().approvers, ["oidc:bob", "oidc:carol"]);
    prefixed("alice").check(Phase::Denied, Reason::RequesterUnknown);
    prefixed("oidc:oidc:alice").check(Phase::Denied, Reason::RequesterUnknown);
}

#[test]
fn with_several_prefixes_a_person_may_bear_each() {
    let prefixed = |name: &str| {
        request().by(name).with(|world| {
            let prefixes = ["admin:", "dev:"].map(str::to_owned);
            world.settings().identity.username_prefixes = prefixes.to_vec();
        })
    };
    for name in ["admin:alice", "dev:alice"] {
        let world = prefixed(name).check(Phase::Pending, Reason::AwaitingApproval);
        assert_eq!(
            world.status().approvers,
            ["admin:bob", "admin:carol", "dev:bob", "dev:carol"]
        );
        assert_eq!(world.status().requester.as_ref().unwrap().user_id, "id-alice");
    }
    // Who the requester is, and who has voted, is told by the person and not by the name.
    let own = prefixed("admin:alice").approved_by("dev:alice");
    own.check(Phase::Pending, Reason::AwaitingApproval);
    prefixed("admin:alice")
        .approved_by("dev:bob")
        .check(Phase::Active, Reason::AccessGranted);
    let denied = prefixed("alice").check(Phase::Denied, Reason::RequesterUnknown);
    let message = denied.status().message.clone().unwrap();
    assert!(message.contains("\"admin:\", \"dev:\""), "{message}");
}

#[test]
fn a_changed_prefix_takes_nothing_from_whoever_was_recorded() {
    let changed = |world: &mut World| {
        world.settings().identity.username_prefixes = vec!["oidc:".to_owned()];
    };
    let mut lasts = active().with(changed);
    lasts.now = minute(20); // it is checked again
    lasts.check(Phase::Active, Reason::AccessGranted);
    let mut waits = request()
        .check(Phase::Pending, Reason::AwaitingApproval)
        .with(changed);
    waits.now = minute(20);
    let waits = waits.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(waits.status().approvers, ["oidc:bob", "oidc:carol"]);
    let mut left = active().with(changed);
    left.users.get_mut("alice").unwrap().enabled = Enabled::No;
    left.now = minute(20);
    left.check(Phase::Revoked, Reason::EligibilityLost);
    request()
        .with(changed)
        .check(Phase::Denied, Reason::RequesterUnknown);
}
