//! What happens in one run, before it happens: a list that can be printed, replayed and made shorter.
//!
//! Nothing here looks at the world. Who and what an event is about is said by numbers and names that the world
//! resolves when the event comes, so that a list stays meaningful when events are taken out of it.

use identity_center_sandbox::{Change, SameAccount, Script};
use team_operator::api::ReviewDecision;

/// One run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) setup: Setup,
    pub(crate) items: Vec<Item>,
}

/// How the world is when it begins.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Setup {
    /// Seconds that AWS takes for an operation.
    pub(crate) operation_seconds: u64,
    pub(crate) list_lag_seconds: u64,
    pub(crate) same_account: SameAccount,
    pub(crate) delete_fails_later: bool,
    /// Seconds after which AWS forgets a finished operation.
    pub(crate) records_live_seconds: u64,
    pub(crate) watch_lag_seconds: i64,
    /// A call takes a second once in so many calls.
    pub(crate) slow_call_once_in: usize,
    pub(crate) keeps_access: bool,
    pub(crate) waives_if_any: bool,
    pub(crate) stages: usize,
    /// Wake-ups alone end a sleep; otherwise no sleep is longer than a few minutes.
    pub(crate) sleeps_long: bool,
    /// In the end everybody cancels what is still open.
    pub(crate) tidies_up: bool,
    pub(crate) standing: Vec<(usize, usize)>,
}

/// How long the controllers work before something happens, and what.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) wait: Wait,
    pub(crate) event: Event,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// So many steps of a controller, wherever that is in the middle of.
    Steps(usize),
    /// So many seconds.
    Seconds(i64),
}

/// Something that happens to the controllers.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Nothing,
    Ask(Ask),
    Vote {
        request: usize,
        voter: usize,
        decision: ReviewDecision,
    },
    Cancel {
        request: usize,
    },
    Delete {
        request: usize,
    },
    PutEligibility {
        policy: usize,
        variant: usize,
    },
    DropEligibility {
        policy: usize,
    },
    PutApprovers {
        policy: usize,
        variant: usize,
    },
    DropApprovers {
        policy: usize,
    },
    PutSettings {
        variant: usize,
    },
    DropSettings,
    /// People, groups, accounts, permission sets and assignments change in AWS.
    InAws(Change),
    Fault(Script),
    AwsBehaves {
        operation_seconds: u64,
        list_lag_seconds: u64,
    },
    FaultsEnd,
    Crash {
        process: usize,
        seconds: i64,
        wrong_instance: bool,
    },
    Pause {
        process: usize,
        seconds: i64,
    },
    /// One process cannot reach the API server; where it leads, the other takes over in time.
    ApiServerAway {
        process: usize,
        seconds: i64,
    },
    /// Everybody can read, and nobody can write.
    ApiServerReadOnly {
        seconds: i64,
    },
    WriteFails {
        process: usize,
        how: WriteFault,
        writes: usize,
    },
    WatchLags {
        seconds: i64,
    },
    Clock {
        whose: Whose,
        ahead: i64,
    },
    GuardBreaks {
        seconds: i64,
    },
    GuardUnproven {
        seconds: i64,
    },
    /// Only possible while the guard is broken.
    Forge {
        request: usize,
        what: Forgery,
    },
    /// Somebody with every right writes to the record of an assignment.
    ForgeRecord {
        record: usize,
        what: RecordForgery,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) who: usize,
    pub(crate) target: usize,
    pub(crate) namespace: usize,
    pub(crate) starts_in: Option<i64>,
    pub(crate) minutes: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteFault {
    /// Somebody else was faster.
    Conflict,
    /// The API server does not accept it.
    Refused,
    /// Not written, and no answer.
    NotWritten,
    /// Written, and the answer lost.
    AnswerLost,
    /// No answer, and written so much later, if it can be written then.
    Hangs { seconds: i64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Controller(usize),
    ApiServer,
    Aws,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgery {
    /// A decision in the name of another.
    Approval { of: usize },
    /// A request in the name of another.
    Request { of: usize, target: usize },
    /// The status says that it is approved.
    Approved,
    /// The end is later than it was.
    LaterEnd,
    /// One of the other fields of the status is another, by number.
    Field(usize),
}

/// What somebody writes to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordForgery {
    /// One of its fields is another, by number.
    Field(usize),
    /// An old version of it is written back, with its seal.
    PlayBack { steps: usize },
    /// It is stripped of its finalizer and deleted.
    Remove,
    /// Its deletion is asked for.
    Delete,
    /// A record is made up that nobody asked for.
    MakeUp { who: usize, target: usize },
}

/// Among requests: the one that was made last.
pub(crate) const NEWEST: usize = usize::MAX;
/// Among processes: the one that holds the lease.
pub(crate) const LEADER: usize = usize::MAX;

/// People, by the names under which they begin.
pub(crate) const PEOPLE: [&str; 6] = ["alice", "dave", "bob", "carol", "sam", "sue"];
pub(crate) const GROUPS: [&str; 3] = ["Engineers", "Leads", "Security"];
pub(crate) const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];
pub(crate) const SETS: [&str; 2] = ["Admin", "Read"];
pub(crate) const NAMESPACES: [&str; 2] = ["orders", "payments"];

/// Account and permission set of a target; most are about the same.
pub(crate) fn target(number: usize) -> (&'static str, &'static str) {
    let number = number % 12;
    match number {
        0..6 => (ACCOUNTS[0], SETS[0]),
        6..8 => (ACCOUNTS[0], SETS[1]),
        8..10 => (ACCOUNTS[1], SETS[0]),
        _ => (ACCOUNTS[2], SETS[number % 2]),
    }
}

/// How much of what happens in a run.
#[derive(Debug)]
pub(crate) struct Theme {
    pub(crate) aws: usize,
    pub(crate) processes: usize,
    pub(crate) rules: usize,
    pub(crate) clocks: usize,
    pub(crate) guard: usize,
    pub(crate) others: usize,
}

/// Runs with twins are the seeds that this divides.
const TWINS_ONCE_IN: u64 = 5;

/// Two requests for the same at the same moment are rare among made-up ones, so in some runs every request is one of two,
/// and at first nobody has to approve them.
pub(crate) fn with_twins(seed: u64, items: Vec<Item>) -> Vec<Item> {
    if !seed.is_multiple_of(TWINS_ONCE_IN) {
        return items;
    }
    let at_once = |event| Item {
        wait: Wait::Steps(0),
        event,
    };
    let mut twins = vec![at_once(Event::PutSettings { variant: 2 })];
    for item in items {
        let twin = matches!(item.event, Event::Ask(_)).then(|| at_once(item.event.clone()));
        twins.push(item);
        twins.extend(twin);
    }
    twins
}
