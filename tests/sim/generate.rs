//! Making up what happens in a run.

use identity_center_sandbox::{Change, SameAccount};
use team_operator::api::ReviewDecision;

use crate::episodes::episode;
use crate::faults::aws;
use crate::numbers::Numbers;
use crate::plan::{
    ACCOUNTS, Ask, Event, Forgery, GROUPS, Item, PEOPLE, Plan, RecordForgery, SETS, Setup, Theme, Wait,
    Whose, WriteFault, target, with_twins,
};

impl Plan {
    /// Makes up a run; the same seed makes the same.
    pub(crate) fn new(seed: u64) -> Self {
        let mut numbers = Numbers::new(seed);
        let setup = setup(&mut numbers);
        // Half of the runs are short, and are about one thing or two.
        let short = numbers.once_in(2);
        let length = if short {
            4 + numbers.below(16)
        } else {
            40 + numbers.below(80)
        };
        // A run has a theme, or every run would be the same mixture of everything.
        let theme = Theme {
            aws: numbers.pick(&[0, 1, 3]),
            processes: numbers.pick(&[0, 1, 3]),
            rules: numbers.pick(&[0, 1, 2]),
            clocks: numbers.pick(&[0, 0, 1]),
            guard: numbers.pick(&[0, 0, 1]),
            others: numbers.pick(&[0, 0, 1]),
        };
        let episodes_once_in = if short {
            3
        } else {
            numbers.pick(&[usize::MAX, 20, 8])
        };
        let mut items = vec![];
        for _ in 0..length {
            if numbers.once_in(episodes_once_in) {
                items.extend(episode(&mut numbers));
            }
            let wait = match numbers.below(20) {
                0..14 => Wait::Steps(numbers.below(30)),
                14..19 => Wait::Seconds(numbers.pick(&[1, 5, 30, 61, 200])),
                _ => Wait::Seconds(numbers.pick(&[400, 1200, 3600])),
            };
            let event = event(&mut numbers, &theme);
            items.push(Item { wait, event });
        }
        Self {
            seed,
            setup,
            items: with_twins(seed, items),
        }
    }
}

fn setup(numbers: &mut Numbers) -> Setup {
    let mut standing = vec![];
    if numbers.once_in(4) {
        standing.push((numbers.below(2), numbers.below(12)));
    }
    Setup {
        operation_seconds: numbers.pick(&[0, 0, 2, 2, 20, 90]),
        list_lag_seconds: numbers.pick(&[0, 0, 1, 10, 40]),
        same_account: numbers.pick(&[SameAccount::Conflict, SameAccount::Queue, SameAccount::Free]),
        delete_fails_later: numbers.once_in(3),
        records_live_seconds: numbers.pick(&[86_400, 86_400, 60]),
        watch_lag_seconds: numbers.pick(&[0, 0, 1, 10]),
        slow_call_once_in: numbers.pick(&[1, 4, 10]),
        keeps_access: numbers.once_in(4),
        waives_if_any: numbers.once_in(4),
        stages: numbers.pick(&[1, 1, 2]),
        sleeps_long: numbers.once_in(2),
        tidies_up: !numbers.once_in(3),
        standing,
    }
}

fn event(numbers: &mut Numbers, theme: &Theme) -> Event {
    let weights = [
        6,
        8,
        theme.aws * 2,
        theme.processes * 2,
        theme.rules * 2,
        theme.clocks * 3,
        theme.guard * 3,
        theme.others * 2,
    ];
    let mut chosen = numbers.below(weights.iter().sum());
    let mut kind = 0;
    while chosen >= weights[kind] {
        chosen -= weights[kind];
        kind += 1;
    }
    match kind {
        0 => asking(numbers),
        1 => people(numbers),
        2 => aws(numbers),
        3 => processes(numbers),
        4 => rules(numbers),
        5 => clocks(numbers),
        6 => guard(numbers),
        _ => others(numbers),
    }
}

fn asking(numbers: &mut Numbers) -> Event {
    Event::Ask(Ask {
        who: numbers.pick(&[0, 0, 0, 0, 1, 1, 2]),
        target: numbers.below(12),
        namespace: numbers.below(2),
        starts_in: numbers.pick(&[None, None, None, Some(300), Some(1800), Some(-60)]),
        minutes: numbers.pick(&[5, 10, 10, 30, 60, 119, 200]),
    })
}

fn people(numbers: &mut Numbers) -> Event {
    let request = numbers.below(64);
    match numbers.below(20) {
        0..14 => Event::Vote {
            request,
            voter: numbers.below(PEOPLE.len()),
            decision: ReviewDecision::Approved,
        },
        14 => Event::Vote {
            request,
            voter: numbers.below(PEOPLE.len()),
            decision: ReviewDecision::Rejected,
        },
        15..17 => Event::Vote {
            request,
            voter: numbers.below(PEOPLE.len()),
            decision: ReviewDecision::Revoked,
        },
        17..19 => Event::Cancel { request },
        _ => Event::Delete { request },
    }
}

fn processes(numbers: &mut Numbers) -> Event {
    let process = numbers.below(2);
    let seconds = numbers.pick(&[1, 5, 40, 300, 1500, 4000]);
    match numbers.below(10) {
        0..4 => Event::Crash {
            process,
            seconds,
            wrong_instance: numbers.once_in(6),
        },
        4 => Event::Pause { process, seconds },
        5 => Event::ApiServerReadOnly { seconds },
        6 => Event::ApiServerAway { process, seconds },
        7 => Event::WatchLags {
            seconds: numbers.pick(&[0, 1, 10, 40]),
        },
        _ => Event::WriteFails {
            process,
            how: numbers.pick(&[
                WriteFault::Conflict,
                WriteFault::Refused,
                WriteFault::NotWritten,
                WriteFault::AnswerLost,
                WriteFault::Hangs { seconds: 4 },
                WriteFault::Hangs { seconds: 45 },
                WriteFault::Hangs { seconds: 700 },
            ]),
            writes: numbers.pick(&[1, 1, 2, 6]),
        },
    }
}

fn rules(numbers: &mut Numbers) -> Event {
    match numbers.below(13) {
        0..3 => Event::PutEligibility {
            policy: numbers.below(3),
            variant: numbers.below(6),
        },
        3 => Event::DropEligibility {
            policy: numbers.below(3),
        },
        4..6 => Event::PutApprovers {
            policy: numbers.below(3),
            variant: numbers.below(5),
        },
        6 => Event::DropApprovers {
            policy: numbers.below(3),
        },
        7..9 => Event::PutSettings {
            variant: numbers.below(6),
        },
        9 => Event::DropSettings,
        _ => directory(numbers),
    }
}

fn directory(numbers: &mut Numbers) -> Event {
    let user_name = numbers.pick(&PEOPLE).to_owned();
    let group = numbers.pick(&GROUPS).to_owned();
    let put = |enabled, rename_to| Change::PutUser {
        user_name: user_name.clone(),
        email: None,
        enabled,
        rename_to,
    };
    let account = |state: &str| Change::PutAccount {
        id: ACCOUNTS[0].to_owned(),
        name: None,
        unit: None,
        state: Some(state.to_owned()),
    };
    Event::InAws(match numbers.below(16) {
        0 => put(Some(false), None),
        1..3 => put(Some(true), None),
        3 => Change::RemoveUser {
            user_name: user_name.clone(),
        },
        4 => put(None, Some(format!("{user_name}2"))),
        5..7 => Change::RemoveMember { group, user_name },
        7..9 => Change::AddMember { group, user_name },
        9 => Change::RemoveGroup { name: group },
        10 => Change::PutGroup {
            name: group,
            members: None,
            rename_to: None,
        },
        11 => account("SUSPENDED"),
        12 => account("ACTIVE"),
        13 => Change::PutAccount {
            id: numbers.pick(&ACCOUNTS).to_owned(),
            name: None,
            unit: Some(
                numbers
                    .pick(&["Root", "Root/Production", "Root/Production/Payments"])
                    .to_owned(),
            ),
            state: None,
        },
        14 => Change::RemovePermissionSet {
            name: numbers.pick(&SETS).to_owned(),
        },
        _ => Change::PutPermissionSet {
            name: numbers.pick(&SETS).to_owned(),
            session_duration: "PT2H".to_owned(),
        },
    })
}

fn clocks(numbers: &mut Numbers) -> Event {
    let whose = numbers.pick(&[
        Whose::Controller(0),
        Whose::Controller(0),
        Whose::Controller(1),
        Whose::ApiServer,
        Whose::Aws,
    ]);
    Event::Clock {
        whose,
        ahead: numbers.pick(&[0, 0, 0, 20, -20, 100, -100, 3600, -3600, 20_000]),
    }
}

fn guard(numbers: &mut Numbers) -> Event {
    let request = numbers.below(64);
    let what = match numbers.below(8) {
        0..4 => Forgery::Approval {
            of: numbers.below(PEOPLE.len()),
        },
        4 => Forgery::Request {
            of: numbers.below(PEOPLE.len()),
            target: numbers.below(12),
        },
        5 => Forgery::Approved,
        6 => Forgery::LaterEnd,
        _ => Forgery::Field(numbers.below(16)),
    };
    let written = match numbers.below(8) {
        0..4 => RecordForgery::Field(numbers.below(16)),
        4 | 5 => RecordForgery::PlayBack {
            steps: 1 + numbers.below(6),
        },
        6 => numbers.pick(&[RecordForgery::Remove, RecordForgery::Delete]),
        _ => RecordForgery::MakeUp {
            who: numbers.below(2),
            target: numbers.below(12),
        },
    };
    match numbers.below(9) {
        6.. => Event::ForgeRecord {
            record: numbers.below(16),
            what: written,
        },
        0 => Event::GuardBreaks {
            seconds: numbers.pick(&[1, 20, 200, 2000]),
        },
        1 => Event::GuardUnproven {
            seconds: numbers.pick(&[1, 20, 200, 2000]),
        },
        _ => Event::Forge { request, what },
    }
}

fn others(numbers: &mut Numbers) -> Event {
    let (account, permission_set) = target(numbers.below(12));
    let (account, permission_set) = (account.to_owned(), permission_set.to_owned());
    let user = Some(numbers.pick(&PEOPLE[..2]).to_owned());
    Event::InAws(if numbers.once_in(2) {
        Change::PutAssignment {
            account,
            permission_set,
            user,
            group: None,
        }
    } else {
        Change::RemoveAssignment {
            account,
            permission_set,
            user,
            group: None,
        }
    })
}
