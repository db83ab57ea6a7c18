//! The law of deliveries, over random lives and a reporter that ends anywhere: each message ends in one way, in order, for nobody who
//! may not see it; and a process that ends repeats at most the batch that it was in.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::scene::{accepts, slack, told, webhook};
use crate::api::{Audience, MessageReference, NotificationEvent, Reason, ReviewDecision};
use crate::domain::fixtures::{World, minute, request};
use crate::domain::notification::*;
use crate::domain::window::after;

/// Lives that are led. Each takes a tenth of a second.
const LIVES: u64 = 100;

/// One life, and what was sent in it.
struct Life {
    random: fastrand::Rng,
    world: World,
    channels: Vec<ChannelFacts>,
    report: crate::api::RequestReportStatus,
    /// How often each message reached its reader.
    reached: BTreeMap<(String, Option<String>, String), usize>,
    /// Keys in the order in which the webhook first had them.
    order: Vec<Happening>,
    /// Calls that were under way when the process ended.
    may_be_repeated: usize,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut personal = slack();
        personal.name = "personal".to_owned();
        personal.spec.audience = vec![Audience::Approvers, Audience::Requester];
        let world = if random.bool() {
            request()
        } else {
            request().without_approval()
        };
        Self {
            random,
            world,
            channels: vec![webhook(), slack(), personal],
            report: crate::api::RequestReportStatus::default(),
            reached: BTreeMap::new(),
            order: vec![],
            may_be_repeated: 0,
        }
    }

    /// Something happens to the request.
    fn act(&mut self) {
        let world = &mut self.world;
        let entry = |approver: &str, decision| crate::api::Approval {
            approver: approver.to_owned(),
            decision,
            comment: None,
        };
        match self.random.u8(0..12) {
            0 | 1 => world
                .snapshot
                .request
                .status
                .approvals
                .push(entry("bob", ReviewDecision::Approved)),
            2 => world
                .snapshot
                .request
                .status
                .approvals
                .push(entry("carol", ReviewDecision::Rejected)),
            3 => world
                .snapshot
                .request
                .status
                .approvals
                .push(entry("bob", ReviewDecision::Revoked)),
            4 => world.snapshot.request.spec.cancelled = Some(true),
            // The channel is edited.
            5 => self.channels[0].since = world.now,
            _ => {}
        }
        let next = after(self.world.now, TimeDelta::minutes(self.random.i64(1..20)));
        self.world.until(next);
    }

    /// The reporter works, fails, or ends somewhere.
    fn report(&mut self) {
        let now = self.world.now;
        let plan = plan(
            &told(&self.world),
            &self.channels,
            &self.report,
            &Pace::default(),
            now,
        );
        let marked: BTreeSet<&String> = plan
            .report
            .deliveries
            .iter()
            .filter_map(|delivery| delivery.sending.as_ref())
            .map(|sending| &sending.key)
            .collect();
        assert!(
            plan.calls.iter().all(|call| marked.contains(&call.happening.key)),
            "a call that nothing tells of"
        );
        assert!(plan.calls.len() <= MOST_CALLS);
        // It ends before it stored what it is about to do: nothing has happened.
        if self.random.u8(0..20) == 0 {
            return;
        }
        self.report = plan.report;
        let ends = self.random.u8(0..6) == 0;
        for call in &plan.calls {
            // It ends before this call, or after it and before its answer is stored.
            if ends && self.random.bool() {
                continue;
            }
            let answer = self.answer(call);
            if matches!(answer, Answer::Sent { .. }) {
                self.reach(call);
            }
            if ends {
                self.may_be_repeated += usize::from(matches!(answer, Answer::Sent { .. }));
            } else {
                self.report = answered(&self.report, call, &answer, &Pace::default(), now);
            }
        }
    }

    fn answer(&mut self, call: &Call) -> Answer {
        match self.random.u8(0..10) {
            0 => Answer::TriedAgain {
                reason: Reason::Throttled,
                message: "429".to_owned(),
                delay: Some(TimeDelta::seconds(30)),
            },
            1 => Answer::Refused {
                refusal: Refusal::Channel,
                reason: Reason::TokenRefused,
                message: "revoked".to_owned(),
            },
            _ if call.channel == "hook" => accepts(call),
            _ => Answer::Sent {
                message: Some(MessageReference {
                    conversation: "C".to_owned(),
                    id: "1".to_owned(),
                }),
            },
        }
    }

    fn reach(&mut self, call: &Call) {
        let (_, status) = (&self.world.snapshot.request.spec, self.world.status());
        let requester = self.world.snapshot.request.spec.requester.as_ref();
        if call.audience == Audience::Approvers {
            assert_ne!(
                call.recipient.as_ref(),
                requester,
                "the requester is told as an approver"
            );
            let may_decide = status
                .approvers
                .iter()
                .any(|name| Some(name) == call.recipient.as_ref());
            assert!(
                may_decide || call.shown.is_some() || !call.wanted,
                "told without a say: {call:?}"
            );
        }
        if call.happening.event == NotificationEvent::ApprovalNeeded {
            assert!(
                status.phase == Some(crate::api::Phase::Pending),
                "asked to approve what is decided"
            );
        }
        let key = (
            call.channel.clone(),
            call.recipient.clone(),
            call.happening.key.clone(),
        );
        *self.reached.entry(key).or_default() += 1;
        if call.channel == "hook" && self.order.iter().all(|before| before.key != call.happening.key) {
            self.order.push(call.happening.clone());
        }
    }

    fn check(&self) {
        let repeated: usize = self.reached.values().map(|times| times - 1).sum();
        assert!(
            repeated <= self.may_be_repeated,
            "{repeated} repeated, {} calls were cut off: {:?}",
            self.may_be_repeated,
            self.reached
        );
        let ordered = self.order.windows(2).all(|pair| pair[0].time <= pair[1].time);
        assert!(ordered, "{:?}", self.order);
        for delivery in &self.report.deliveries {
            assert!(delivery.sending.is_none(), "still sending: {delivery:?}");
            let mut keys: Vec<&String> = delivery.outcomes.iter().map(|outcome| &outcome.key).collect();
            let count = keys.len();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), count, "settled twice: {delivery:?}");
        }
        let now = self.world.now;
        let all = happenings(&told(&self.world), &self.channels[0].spec, now);
        let hook = self
            .report
            .deliveries
            .iter()
            .find(|delivery| delivery.channel == "hook");
        for happening in all
            .iter()
            .filter(|happening| happening.time >= self.channels[0].since)
        {
            let settled =
                hook.is_some_and(|hook| hook.outcomes.iter().any(|outcome| outcome.key == happening.key));
            assert!(settled, "{happening:?} was lost: {hook:?}");
        }
    }
}

#[test]
fn each_message_ends_in_one_way_wherever_the_reporter_ends() {
    let mut repeated = 0;
    for seed in 0..LIVES {
        let mut life = Life::new(seed);
        life.world.settle();
        for _ in 0..25 {
            life.act();
            for _ in 0..life.random.usize(0..5) {
                life.report();
            }
        }
        // Peace: what is left is sent, or no longer matters.
        for _ in 0..40 {
            let next = after(life.world.now, TimeDelta::hours(1));
            life.world.until(next);
            for _ in 0..8 {
                life.report();
            }
        }
        life.world.now = after(life.world.now, TimeDelta::hours(30));
        for _ in 0..4 {
            let plan = plan(
                &told(&life.world),
                &life.channels,
                &life.report,
                &Pace::default(),
                life.world.now,
            );
            life.report = plan.report;
            for call in plan.calls {
                life.reach(&call);
                life.report = answered(
                    &life.report,
                    &call,
                    &accepts(&call),
                    &Pace::default(),
                    life.world.now,
                );
            }
        }
        life.check();
        repeated += life.may_be_repeated;
        assert!(minute(0) < life.world.now);
    }
    assert!(
        repeated > 40,
        "the reporter hardly ever ended in the middle: {repeated}"
    );
}
