//! What is told over the life of one request.

use chrono::TimeDelta;

use super::scene::{Scene, slack, told, units, webhook};
use crate::api::{
    Audience, Condition, ConditionStatus, ConditionType, NotificationEvent, Phase, Reason, Reminders,
    RequestReportSpec, RequestReportStatus,
};
use crate::domain::fixtures::{active, minute, request};
use crate::domain::notification::*;
use crate::domain::window::after;

fn pending() -> crate::domain::fixtures::World {
    let mut world = request();
    world.settle();
    world
}

#[test]
fn a_webhook_gets_every_event_once_and_in_order() {
    let mut scene = Scene::new(pending(), vec![webhook()]);
    scene.tell();
    scene.world = scene.world.approved_by("bob");
    scene.until(130);
    let expected = [
        "hook * 01-ApprovalNeeded",
        "hook * 02-StageAdvanced",
        "hook * 03-Approved",
        "hook * 04-Started",
        "hook * EndsSoon@",
        "hook * 05-Ended",
    ];
    // The stage was the last one: that it was completed is told by the approval.
    let expected: Vec<&str> = expected
        .into_iter()
        .filter(|line| !line.contains("StageAdvanced"))
        .collect();
    assert_eq!(scene.sent.len(), expected.len(), "{:?}", scene.sent);
    for (sent, expected) in scene.sent.iter().zip(expected) {
        assert!(sent.starts_with(expected), "{:?}", scene.sent);
    }
    scene.tell();
    assert_eq!(scene.sent.len(), 5, "nothing is told twice");
}

#[test]
fn slack_has_one_message_that_is_edited() {
    let mut scene = Scene::new(pending(), vec![slack()]);
    scene.until(1);
    assert_eq!(scene.sent, ["slack * 01-ApprovalNeeded"]);
    scene.world = scene.world.approved_by("bob");
    scene.until(2);
    // Approved and started within one minute: the newest is shown.
    assert_eq!(scene.sent[1..], ["slack * 04-Started edit"]);
    assert!(
        scene
            .outcomes("slack")
            .contains(&"03-Approved Skipped".to_owned())
    );
}

#[test]
fn a_request_settles_before_its_state_is_shown() {
    let mut scene = Scene::new(request().without_approval(), vec![slack()]);
    scene.world.settle();
    scene.tell();
    assert!(scene.sent.is_empty(), "{:?}", scene.sent);
    let plan = scene.plan(scene.world.now);
    assert_eq!(plan.wake, Some(after(minute(0), TimeDelta::seconds(10))));
    scene.until(1);
    assert_eq!(scene.sent.len(), 1, "{:?}", scene.sent);
}

#[test]
fn who_was_shown_a_request_that_waits_sees_that_it_was_decided() {
    let mut scene = Scene::new(pending(), vec![slack()])
        .wants(|spec| spec.events = vec![NotificationEvent::ApprovalNeeded]);
    scene.until(1);
    scene.world = scene.world.rejected_by("bob");
    scene.until(2);
    assert_eq!(
        scene.sent,
        ["slack * 01-ApprovalNeeded", "slack * 02-Rejected edit"]
    );
}

#[test]
fn approvers_are_told_one_by_one_and_the_requester_never_as_one() {
    let mut scene = Scene::new(pending(), vec![slack()]).wants(|spec| {
        spec.audience = vec![Audience::Approvers, Audience::Requester];
    });
    scene
        .world
        .snapshot
        .request
        .status
        .approvers
        .push("alice".to_owned());
    scene.world.now = minute(1);
    scene.tell();
    assert_eq!(
        scene.sent,
        ["slack bob 01-ApprovalNeeded", "slack carol 01-ApprovalNeeded"]
    );
    let many = (0..21).map(|number| format!("p{number}"));
    let mut scene =
        Scene::new(pending(), vec![slack()]).wants(|spec| spec.audience = vec![Audience::Approvers]);
    scene.world.snapshot.request.status.approvers = many.collect();
    scene.world.now = minute(1);
    scene.tell();
    assert!(scene.sent.is_empty(), "{:?}", scene.sent);
}

#[test]
fn a_new_channel_tells_what_still_waits_and_nothing_that_is_over() {
    let mut new = webhook();
    new.since = minute(5);
    let mut scene = Scene::new(pending(), vec![new.clone()]);
    scene.world.now = minute(6);
    scene.tell();
    assert_eq!(scene.sent, ["hook * 01-ApprovalNeeded"]);
    let mut scene = Scene::new(active(), vec![new]);
    scene.world.now = minute(6);
    scene.tell();
    assert!(scene.sent.is_empty(), "{:?}", scene.sent);
}

#[test]
fn a_channel_that_is_created_again_repeats_nothing_and_one_that_points_elsewhere_begins_anew() {
    let mut scene = Scene::new(pending(), vec![webhook()]);
    scene.tell();
    scene.channels[0].since = minute(1);
    scene.world.now = minute(2);
    scene.tell();
    assert_eq!(scene.sent.len(), 1);
    let mut scene = scene.wants(|spec| {
        if let Some(webhook) = &mut spec.webhook {
            webhook.url = Some("https://other.example.com/".to_owned());
        }
    });
    scene.tell();
    assert_eq!(scene.sent.len(), 2, "{:?}", scene.sent);
}

#[test]
fn a_reporter_that_was_away_tells_what_still_matters() {
    let mut scene = Scene::new(pending(), vec![webhook()]);
    scene.world = scene.world.approved_by("bob");
    scene.world.until(minute(130));
    scene.tell();
    let outcomes = scene.outcomes("hook");
    assert!(
        outcomes.contains(&"01-ApprovalNeeded Skipped".to_owned()),
        "{outcomes:?}"
    );
    assert!(
        scene.sent.iter().any(|line| line.ends_with("05-Ended")),
        "{:?}",
        scene.sent
    );
    let mut scene = Scene::new(pending(), vec![webhook()]);
    scene.world = scene.world.approved_by("bob");
    scene.world.until(minute(130));
    scene.world.now = minute(130 + 26 * 60);
    scene.tell();
    assert!(scene.sent.is_empty(), "{:?}", scene.sent);
    assert!(scene.outcomes("hook").contains(&"05-Ended Expired".to_owned()));
}

#[test]
fn people_are_reminded_as_often_as_the_channel_says() {
    let mut scene = Scene::new(pending(), vec![webhook()]).wants(|spec| {
        spec.reminders = Some(Reminders {
            after: "15m".parse().unwrap(),
            every: "30m".parse().unwrap(),
            max: 2,
        });
    });
    scene.until(100);
    let reminders: Vec<&String> = scene
        .sent
        .iter()
        .filter(|line| line.contains("Reminder"))
        .collect();
    assert_eq!(reminders.len(), 2, "{:?}", scene.sent);
    let plan = Scene::new(pending(), scene.channels.clone()).plan(minute(0));
    assert_eq!(plan.wake, Some(minute(15)), "it wakes by itself");
}

#[test]
fn short_access_does_not_end_soon() {
    let mut scene =
        Scene::new(active(), vec![webhook()]).wants(|spec| spec.ends_soon = "45m".parse().unwrap());
    scene.until(119);
    assert!(
        !scene.sent.iter().any(|line| line.contains("EndsSoon")),
        "{:?}",
        scene.sent
    );
}

#[test]
fn access_that_should_be_gone_is_told_whoever_is_silent() {
    let mut scene = Scene::new(active(), vec![webhook()]);
    // The controller does nothing any more.
    scene.world.now = minute(126);
    scene.tell();
    assert!(
        scene.sent.iter().any(|line| line.contains("RevocationOverdue")),
        "{:?}",
        scene.sent
    );
}

#[test]
fn a_broken_guard_is_told_once_for_each_time_it_breaks() {
    let at = |status, minutes| Told {
        about: RequestReportSpec {
            kind: "TeamSettings".to_owned(),
            namespace: None,
            name: "default".to_owned(),
            uid: "settings".to_owned(),
        },
        created: minute(-100),
        subject: Subject::Settings(vec![Condition {
            kind: ConditionType::GuardIntact,
            status,
            observed_generation: None,
            last_transition_time: minute(minutes),
            reason: Reason::GuardBroken,
            message: "A policy is missing.".to_owned(),
        }]),
    };
    let (pace, channels) = (Pace::default(), [webhook()]);
    let first = plan(
        &at(ConditionStatus::False, 0),
        &channels,
        &RequestReportStatus::default(),
        &pace,
        minute(1),
    );
    assert_eq!(first.calls.len(), 1);
    let sent = Answer::Sent { message: None };
    let report = answered(&first.report, &first.calls[0], &sent, &pace, minute(1));
    let again = |told: &Told| plan(told, &channels, &report, &pace, minute(5)).calls.len();
    assert_eq!(again(&at(ConditionStatus::False, 0)), 0);
    assert_eq!(again(&at(ConditionStatus::Unknown, 3)), 0);
    assert_eq!(again(&at(ConditionStatus::False, 4)), 1);
}

#[test]
fn a_unit_is_matched_with_the_units_below_it_and_by_whole_names() {
    for (paths, reached) in [
        (&["Root"][..], true),
        (&["Root/Production/"], true),
        (&["Root/Prod"], false),
        (&["Elsewhere", "Root"], true),
    ] {
        let world = pending();
        let path = world.status().access.as_ref().unwrap().ou_path.clone();
        let mut channel = webhook();
        channel.spec.matching = Some(units(paths));
        let mut told = told(&world);
        if let Subject::Request(request) = &mut told.subject {
            request.1.access.as_mut().unwrap().ou_path = "Root/Production/Payments".to_owned();
        }
        assert_eq!(reaches(&channel.spec, &told), reached, "{paths:?} {path}");
        if let Subject::Request(request) = &mut told.subject {
            request.1.access = None;
        }
        assert!(!reaches(&channel.spec, &told), "what is not known is not matched");
    }
}

#[test]
fn a_failure_is_tried_again_later_and_later_and_a_refusal_is_not() {
    let fails = |_: &Call| Answer::TriedAgain {
        reason: Reason::MediumUnavailable,
        message: "no answer".to_owned(),
        delay: None,
    };
    let mut scene = Scene::new(pending(), vec![webhook()]);
    scene.tell_with(fails);
    assert_eq!(scene.sent.len(), 1);
    let wake = |scene: &Scene| scene.plan(scene.world.now).wake.unwrap();
    assert_eq!(wake(&scene), after(minute(0), TimeDelta::seconds(5)));
    scene.world.now = wake(&scene);
    scene.tell_with(fails);
    assert_eq!(wake(&scene), after(minute(0), TimeDelta::seconds(15)));
    scene.world.now = wake(&scene);
    scene.tell_with(|_| Answer::Refused {
        refusal: Refusal::Message,
        reason: Reason::MessageRefused,
        message: "400".to_owned(),
    });
    assert_eq!(scene.outcomes("hook"), ["01-ApprovalNeeded Failed"]);
    assert_eq!(scene.sent.len(), 3);
}

#[test]
fn every_text_is_said_in_words_that_do_nothing() {
    let mut world = pending();
    world.snapshot.request.spec.justification =
        Some("<!channel> \u{202e}see https://evil.example".to_owned());
    let told = told(&world);
    let channel = webhook();
    let all = happenings(&told, &channel.spec, minute(1));
    let facts = facts_of(
        &told,
        &all[0],
        Audience::Approvers,
        None,
        Some("https://c.example/{namespace}/{name}"),
        minute(1),
    );
    assert_eq!(
        facts.headline,
        "Approval needed: alice asks for DatabaseAdmin in orders (111122223333) for 2h."
    );
    assert_eq!(
        facts.link.as_deref(),
        Some("https://c.example/access-requests/orders-x7k2p")
    );
    assert_eq!(
        facts.next[0],
        "kubectl team approve orders-x7k2p -n access-requests"
    );
    let access = facts.access.as_ref().unwrap();
    let justification = access.justification.as_ref().unwrap().as_str();
    assert_eq!(justification, "<!channel> <U+202E>see https: //evil.example");
    assert_eq!(facts.about.phase, Some(Phase::Pending));
}
