//! What others do to access that begins, lasts or ends.

use identity_center_sandbox::{Change, Effect};

use super::{after, asks, at_once, between, cancel, fault, steps};
use crate::faults::refusal;
use crate::numbers::Numbers;
use crate::plan::{Event, Item, LEADER, PEOPLE, RecordForgery, Whose, target};

/// Creates fail, and somebody else gives the same access meanwhile.
pub(super) fn standing_meanwhile(numbers: &mut Numbers) -> Vec<Item> {
    let effect = match numbers.below(3) {
        0 => refusal("AccessDeniedException"),
        1 => Effect::Fail {
            reason: "role-quota".to_owned(),
        },
        _ => Effect::Lost { applied: false },
    };
    let mut items = vec![at_once(fault("CreateAccountAssignment", effect, 5))];
    let (ask, asked) = asks(numbers, 10, None);
    items.extend(asked);
    let (account, permission_set) = target(ask.target);
    items.push(after(
        between(numbers, 1, 100),
        Event::InAws(Change::PutAssignment {
            account: account.to_owned(),
            permission_set: permission_set.to_owned(),
            user: Some(PEOPLE[ask.who].to_owned()),
            group: None,
        }),
    ));
    items.push(after(numbers.pick(&[61, 400, 1300]), Event::FaultsEnd));
    items
}

/// Somebody writes to the record of access that lasts, begins or ends.
pub(super) fn forged_record(numbers: &mut Numbers) -> Vec<Item> {
    let (ask, mut items) = asks(numbers, 10, None);
    items.push(after(between(numbers, 1, 200), Event::Nothing));
    for _ in 0..=numbers.below(2) {
        let what = match numbers.below(6) {
            0..3 => RecordForgery::Field(numbers.below(16)),
            3 => RecordForgery::PlayBack {
                steps: 1 + numbers.below(5),
            },
            4 => RecordForgery::Remove,
            _ => RecordForgery::MakeUp {
                who: ask.who,
                target: numbers.below(12),
            },
        };
        let record = numbers.below(16);
        items.push(steps(numbers.below(20), Event::ForgeRecord { record, what }));
    }
    if numbers.once_in(3) {
        items.push(steps(
            numbers.below(20),
            Event::Crash {
                process: LEADER,
                seconds: 1,
                wrong_instance: false,
            },
        ));
    }
    if numbers.once_in(2) {
        items.push(after(between(numbers, 1, 60), cancel()));
    }
    items.push(after(numbers.pick(&[61, 700]), Event::Nothing));
    items
}

/// Policies allow less while somebody asks for more.
pub(super) fn narrowed_policy(numbers: &mut Numbers) -> Vec<Item> {
    let narrow = |numbers: &mut Numbers| match numbers.below(4) {
        0 => Event::DropEligibility { policy: 0 },
        _ => Event::PutEligibility {
            policy: 0,
            variant: numbers.pick(&[1, 2, 3, 3]),
        },
    };
    let mut items = vec![];
    let early = numbers.once_in(2);
    if early {
        items.push(at_once(narrow(numbers)));
        items.push(after(70, Event::Nothing));
    }
    let starts_in = numbers.pick(&[None, Some(200)]);
    items.extend(asks(numbers, 60, starts_in).1);
    if !early {
        items.push(steps(numbers.below(60), narrow(numbers)));
    }
    items.push(after(numbers.pick(&[61, 300]), Event::Nothing));
    items
}

/// Clocks are set around a start or an end.
pub(super) fn stepping_clocks(numbers: &mut Numbers) -> Vec<Item> {
    let (_, mut items) = asks(numbers, 5, None);
    for _ in 0..=numbers.below(2) {
        let whose = numbers.pick(&[
            Whose::Controller(0),
            Whose::Controller(1),
            Whose::ApiServer,
            Whose::Aws,
        ]);
        let ahead = numbers.pick(&[0, 5, -5, 29, -29, 100, -100, 3600, -3600]);
        items.push(after(between(numbers, 1, 200), Event::Clock { whose, ahead }));
    }
    items.push(after(between(numbers, 100, 400), Event::Nothing));
    for whose in [
        Whose::Controller(0),
        Whose::Controller(1),
        Whose::ApiServer,
        Whose::Aws,
    ] {
        items.push(at_once(Event::Clock { whose, ahead: 0 }));
    }
    items
}

/// A controller that is configured with another instance leads across an end.
pub(super) fn other_instance(numbers: &mut Numbers) -> Vec<Item> {
    let (_, mut items) = asks(numbers, 5, None);
    for wrong_instance in [true, false] {
        items.push(after(
            between(numbers, 20, 299),
            Event::Crash {
                process: LEADER,
                seconds: 1,
                wrong_instance,
            },
        ));
    }
    items.push(after(between(numbers, 60, 400), Event::Nothing));
    items
}
