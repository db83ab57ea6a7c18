//! Making up what goes wrong in AWS.

use std::time::Duration;

use identity_center_sandbox::{Change, Effect, Script, Selector};

use crate::numbers::Numbers;
use crate::plan::Event;

pub(crate) fn aws(numbers: &mut Numbers) -> Event {
    match numbers.below(12) {
        0 => Event::FaultsEnd,
        1 => Event::InAws(Change::ForgetOperations {}),
        2 => Event::InAws(Change::FinishStuck {}),
        3 => Event::AwsBehaves {
            operation_seconds: numbers.pick(&[0, 2, 20, 90]),
            list_lag_seconds: numbers.pick(&[0, 1, 10, 40]),
        },
        4..8 => Event::Fault(write_fault(numbers)),
        _ => Event::Fault(any_fault(numbers)),
    }
}

/// Trouble with creating and deleting.
fn write_fault(numbers: &mut Numbers) -> Script {
    let operation = numbers.pick(&[
        "CreateAccountAssignment",
        "CreateAccountAssignment",
        "DeleteAccountAssignment",
    ]);
    let failure = numbers.pick(&["role-quota", "internal", "entitlement-missing"]);
    let code = numbers.pick(&[
        "ThrottlingException",
        "ConflictException",
        "AccessDeniedException",
        "InternalServerException",
    ]);
    let lag = Duration::from_secs(numbers.pick(&[5, 15]));
    let slow = Duration::from_secs(numbers.pick(&[3, 15, 60]));
    let effect = match numbers.below(10) {
        0 => Effect::Fail {
            reason: failure.to_owned(),
        },
        1 => Effect::Stuck,
        2 => Effect::Vanish,
        3 => Effect::Lag { time: lag },
        4 | 5 => Effect::Lost { applied: true },
        6 => Effect::Lost { applied: false },
        7 => Effect::Hold {
            applied: numbers.once_in(2),
        },
        8 => Effect::Slow { time: slow },
        _ => refusal(code),
    };
    script(Some(operation), effect, numbers.pick(&[1, 1, 2, 5]))
}

/// Trouble with whatever is asked next.
fn any_fault(numbers: &mut Numbers) -> Script {
    let operation = numbers.pick(&[
        None,
        Some("ListAccountAssignments"),
        Some("DescribeAccountAssignmentCreationStatus"),
        Some("DescribeAccountAssignmentDeletionStatus"),
        Some("IsMemberInGroups"),
        Some("DescribeUser"),
        Some("DescribeAccount"),
    ]);
    let code = numbers.pick(&[
        "ThrottlingException",
        "AccessDeniedException",
        "InternalServerException",
        "ResourceNotFoundException",
    ]);
    let slow = Duration::from_secs(numbers.pick(&[3, 15, 60]));
    // A "not found" that is a lie is only told where a second question can find it out.
    let lie = code == "ResourceNotFoundException" && operation != Some("ListAccountAssignments");
    let effect = match numbers.below(6) {
        0 => Effect::Unavailable {
            applied: numbers.once_in(2),
        },
        1 => Effect::Html { applied: false },
        2 => Effect::Slow { time: slow },
        3 => Effect::Lost { applied: true },
        _ if lie => refusal("ThrottlingException"),
        _ => refusal(code),
    };
    script(operation, effect, numbers.pick(&[1, 3, 10, 40]))
}

pub(crate) fn refusal(code: &str) -> Effect {
    Effect::Refuse {
        code: code.to_owned(),
        message: None,
        reason: None,
        retry_after_seconds: None,
        status: None,
    }
}

pub(crate) fn script(operation: Option<&str>, effect: Effect, times: u32) -> Script {
    Script {
        id: 0,
        on: Selector {
            operation: operation.map(str::to_owned),
            ..Selector::default()
        },
        after: 0,
        times: Some(times),
        effect,
    }
}
