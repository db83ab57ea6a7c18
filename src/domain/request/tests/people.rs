//! Who is listed as approver and reviewer, where groups are large or cannot be read as a whole.

use crate::api::{Phase, Reason, UserId};
use crate::domain::fixtures::{minute, request, stage, user};

#[test]
fn a_member_who_cannot_be_read_costs_nobody_but_himself() {
    let mut world = request();
    world.unreadable_member = Some(UserId::new("id-9999"));
    let world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(world.status().approvers, ["bob", "carol"]);
    assert_eq!(world.status().reviewers, ["bob", "carol"]);
    world
        .approved_by("bob")
        .check(Phase::Active, Reason::AccessGranted);
    let mut too_few = request().with(|world| {
        world.snapshot.approver_policies.all[0].spec.stages = vec![stage("lead", "Leads", 3)];
    });
    too_few.unreadable_member = Some(UserId::new("id-9999"));
    let too_few = too_few.check(Phase::Pending, Reason::LookupFailed);
    let message = too_few.status().message.clone().unwrap();
    assert!(
        message.contains("1 members of group Leads cannot be read") && message.contains("id-9999"),
        "{message}"
    );
}

#[test]
fn a_list_of_reviewers_that_is_not_whole_takes_nobody_off_and_adds_who_is_new() {
    let mut world = request().check(Phase::Pending, Reason::AwaitingApproval);
    world.unreadable_member = Some(UserId::new("id-9999"));
    let leads = world.groups.get_mut("Leads").unwrap();
    leads.remove("carol");
    leads.insert("sue".to_owned());
    world.now = minute(20); // what was known is too old
    let world = world.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(world.status().approvers, ["bob", "sue"]);
    assert_eq!(world.status().reviewers, ["bob", "carol", "sue"]);
}

#[test]
fn only_those_who_are_listed_are_counted_among_those_who_can_approve() {
    let crowd = request().with(|world| {
        let names = || (0..400).map(|number| format!("p{number:03}"));
        world
            .users
            .extend(names().map(|name| (name.clone(), user(&name))));
        world.groups.insert("Leads".to_owned(), names().collect());
    });
    let world = crowd.check(Phase::Pending, Reason::AwaitingApproval);
    assert_eq!(world.status().approvers.len(), 300);
    let message = world.status().message.clone().unwrap();
    assert!(
        message.contains("p000, p001, p002, p003, p004 and 295 more"),
        "{message}"
    );
}
