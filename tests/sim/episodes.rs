//! Sequences that chance alone would hardly make up: what has to meet is brought together, and the rest is left to chance.

mod others;

use std::time::Duration;

use identity_center_sandbox::Effect;
use team_operator::api::ReviewDecision;

use crate::faults::{refusal, script};
use crate::numbers::Numbers;
use crate::plan::{Ask, Event, Item, LEADER, NEWEST, PEOPLE, Wait, WriteFault};

type Episode = fn(&mut Numbers) -> Vec<Item>;

const EPISODES: [Episode; 15] = [
    interrupted_start,
    long_create,
    late_create,
    trouble_at_the_end,
    no_writes_at_the_end,
    no_directory_at_the_end,
    stalled_watch,
    hung_admission,
    next_tenure,
    isolated_leader,
    others::standing_meanwhile,
    others::forged_record,
    others::narrowed_policy,
    others::stepping_clocks,
    others::other_instance,
];

/// One of them.
pub(crate) fn episode(numbers: &mut Numbers) -> Vec<Item> {
    let make_up = numbers.pick(&EPISODES);
    make_up(numbers)
}

fn at_once(event: Event) -> Item {
    Item {
        wait: Wait::Steps(0),
        event,
    }
}

fn steps(steps: usize, event: Event) -> Item {
    Item {
        wait: Wait::Steps(steps),
        event,
    }
}

fn after(seconds: i64, event: Event) -> Item {
    Item {
        wait: Wait::Seconds(seconds),
        event,
    }
}

fn between(numbers: &mut Numbers, least: i64, most: i64) -> i64 {
    let width = usize::try_from(most - least).unwrap();
    least + i64::try_from(numbers.below(width)).unwrap()
}

/// Somebody asks, and nobody has to approve it.
fn asks(numbers: &mut Numbers, minutes: i64, starts_in: Option<i64>) -> (Ask, Vec<Item>) {
    let ask = Ask {
        who: numbers.below(2),
        target: numbers.below(12),
        namespace: numbers.below(2),
        starts_in,
        minutes,
    };
    let items = vec![
        at_once(Event::PutSettings { variant: 2 }),
        at_once(Event::Ask(ask.clone())),
    ];
    (ask, items)
}

fn cancel() -> Event {
    Event::Cancel { request: NEWEST }
}

fn fault(operation: &str, effect: Effect, times: u32) -> Event {
    Event::Fault(script(Some(operation), effect, times))
}

fn writes_fail(numbers: &mut Numbers, writes: usize) -> Event {
    Event::WriteFails {
        process: LEADER,
        how: numbers.pick(&[
            WriteFault::Refused,
            WriteFault::NotWritten,
            WriteFault::AnswerLost,
            WriteFault::Hangs { seconds: 4 },
            WriteFault::Hangs { seconds: 45 },
            WriteFault::Hangs { seconds: 700 },
        ]),
        writes,
    }
}

/// The leader is interrupted anywhere between approval and confirmation.
fn interrupted_start(numbers: &mut Numbers) -> Vec<Item> {
    let (_, mut items) = asks(numbers, 10, None);
    let (process, seconds) = (LEADER, numbers.pick(&[12, 20, 40, 100]));
    let interruption = match numbers.below(4) {
        0 => Event::Pause { process, seconds },
        1 => Event::ApiServerAway { process, seconds },
        2 => Event::Crash {
            process,
            seconds: numbers.pick(&[1, 40]),
            wrong_instance: false,
        },
        _ => writes_fail(numbers, 2),
    };
    items.push(steps(15 + numbers.below(70), interruption));
    if numbers.once_in(2) {
        items.push(after(between(numbers, 1, 60), cancel()));
    }
    items.push(after(numbers.pick(&[61, 200, 1300]), Event::Nothing));
    items
}

/// AWS is at work on a create for an hour, and who sent it does not know its name.
fn long_create(numbers: &mut Numbers) -> Vec<Item> {
    let mut items = vec![at_once(Event::AwsBehaves {
        operation_seconds: 3600,
        list_lag_seconds: 0,
    })];
    let crash = numbers.once_in(2);
    if !crash {
        items.push(at_once(fault(
            "CreateAccountAssignment",
            Effect::Lost { applied: true },
            1,
        )));
    }
    items.extend(asks(numbers, 10, None).1);
    if crash {
        items.push(after(
            between(numbers, 1, 20),
            Event::Crash {
                process: LEADER,
                seconds: 1,
                wrong_instance: false,
            },
        ));
    }
    items.push(after(between(numbers, 5, 60), cancel()));
    items.push(after(between(numbers, 1300, 2500), Event::Nothing));
    items.push(after(
        1500,
        Event::AwsBehaves {
            operation_seconds: 2,
            list_lag_seconds: 1,
        },
    ));
    items
}

/// Creates take effect late, without a word; the end comes before or after.
fn late_create(numbers: &mut Numbers) -> Vec<Item> {
    let effect = match numbers.below(3) {
        0 => Effect::Hold { applied: false },
        1 => Effect::Lost { applied: true },
        _ => Effect::Unavailable { applied: true },
    };
    let mut items = vec![at_once(fault(
        "CreateAccountAssignment",
        effect,
        numbers.pick(&[1, 1, 2]),
    ))];
    items.extend(asks(numbers, 5, None).1);
    items.push(after(between(numbers, 1, 200), cancel()));
    if numbers.once_in(2) {
        items.extend(asks(numbers, 5, None).1);
    }
    items.push(after(numbers.pick(&[100, 700, 1500]), Event::Nothing));
    items
}

/// Deletes and lists fail when the end comes.
fn trouble_at_the_end(numbers: &mut Numbers) -> Vec<Item> {
    let (_, mut items) = asks(numbers, 5, None);
    let effect = match numbers.below(6) {
        0 | 1 => Effect::Fail {
            reason: "internal".to_owned(),
        },
        2 => refusal("ConflictException"),
        3 => Effect::Lost { applied: false },
        4 => Effect::Stuck,
        _ => Effect::Hold {
            applied: numbers.once_in(2),
        },
    };
    let times = numbers.pick(&[1, 2, 5]);
    items.push(after(
        between(numbers, 270, 302),
        fault("DeleteAccountAssignment", effect, times),
    ));
    let lists = match numbers.below(3) {
        0 => refusal("ThrottlingException"),
        1 => Effect::Html { applied: false },
        _ => Effect::Unavailable { applied: false },
    };
    items.push(at_once(fault(
        "ListAccountAssignments",
        lists,
        numbers.pick(&[3, 10, 40]),
    )));
    items.push(after(numbers.pick(&[100, 300]), Event::FaultsEnd));
    items
}

/// Nothing can be stored when the end comes.
fn no_writes_at_the_end(numbers: &mut Numbers) -> Vec<Item> {
    let (ask, mut items) = asks(numbers, 5, None);
    let seconds = numbers.pick(&[30, 300, 300, 1500]);
    let wait = between(numbers, 280, 304);
    match numbers.below(4) {
        0 | 3 => items.push(after(wait, Event::ApiServerReadOnly { seconds })),
        1 => {
            items.push(after(wait, Event::ApiServerAway { process: 0, seconds }));
            items.push(at_once(Event::ApiServerAway { process: 1, seconds }));
        }
        _ => items.push(after(wait, writes_fail(numbers, 8))),
    }
    if numbers.once_in(2) {
        items.push(after(between(numbers, 1, 40), Event::Ask(ask)));
    }
    items.push(after(between(numbers, 60, 400), Event::Nothing));
    items
}

/// Whoever knows people and accounts does not answer when the end comes.
fn no_directory_at_the_end(numbers: &mut Numbers) -> Vec<Item> {
    let (_, mut items) = asks(numbers, 5, None);
    items.push(after(between(numbers, 230, 302), Event::Nothing));
    for operation in [
        "DescribeUser",
        "IsMemberInGroups",
        "DescribeAccount",
        "GetGroupId",
        "GetUserId",
    ] {
        let effect = match numbers.below(2) {
            0 => Effect::Slow {
                time: Duration::from_mins(1),
            },
            _ => Effect::Unavailable { applied: false },
        };
        items.push(at_once(fault(operation, effect, 100)));
    }
    items.push(after(numbers.pick(&[200, 400]), Event::FaultsEnd));
    items
}

/// The watch shows nothing while a request is stopped that has claimed already, or is about to.
fn stalled_watch(numbers: &mut Numbers) -> Vec<Item> {
    let (_, mut items) = asks(numbers, 10, Some(150));
    items.push(after(
        between(numbers, 40, 140),
        Event::WatchLags { seconds: 400 },
    ));
    let stop = match numbers.below(3) {
        0 => Event::Delete { request: NEWEST },
        1 => Event::Vote {
            request: NEWEST,
            voter: PEOPLE.len() - 1,
            decision: ReviewDecision::Revoked,
        },
        _ => cancel(),
    };
    items.push(after(between(numbers, 1, 20), stop));
    items.push(after(numbers.pick(&[130, 300]), Event::WatchLags { seconds: 0 }));
    items
}

/// An admission hangs, and lands after its request was cancelled.
fn hung_admission(numbers: &mut Numbers) -> Vec<Item> {
    let (_, mut items) = asks(numbers, 10, None);
    items.push(steps(10 + numbers.below(30), writes_fail(numbers, 1)));
    items.push(after(between(numbers, 1, 50), cancel()));
    items.push(after(numbers.pick(&[61, 800]), Event::Nothing));
    items
}

/// The same access once more at, or after, the end, while a delete is on its way.
fn next_tenure(numbers: &mut Numbers) -> Vec<Item> {
    let (ask, mut items) = asks(numbers, 5, None);
    let wait = between(numbers, 200, 310);
    if numbers.once_in(2) {
        let effect = match numbers.below(3) {
            0 => Effect::Hold { applied: false },
            1 => Effect::Lost { applied: true },
            _ => Effect::Lost { applied: false },
        };
        items.push(after(0, fault("DeleteAccountAssignment", effect, 1)));
    }
    let starts_in = (wait < 300).then_some(300 - wait + between(numbers, -3, 4));
    let again = Ask { starts_in, ..ask };
    items.push(after(wait, Event::Ask(again)));
    if numbers.once_in(3) {
        items.push(after(between(numbers, 1, 90), cancel()));
    }
    items.push(after(between(numbers, 60, 400), Event::Nothing));
    items
}

/// A leader is cut off while another leads, and remembers an end that its successor has covered anew.
fn isolated_leader(numbers: &mut Numbers) -> Vec<Item> {
    let (ask, mut items) = asks(numbers, 5, None);
    let seconds = numbers.pick(&[40, 200, 700]);
    items.push(after(
        between(numbers, 100, 299),
        Event::ApiServerAway {
            process: LEADER,
            seconds,
        },
    ));
    if numbers.once_in(2) {
        items.push(at_once(fault(
            "DeleteAccountAssignment",
            Effect::Hold { applied: false },
            1,
        )));
    }
    items.push(after(between(numbers, 1, 60), Event::Ask(ask)));
    items.push(after(between(numbers, 100, 400), Event::Nothing));
    items
}
