//! AWS: the sandbox's state machine, asked as the adapters ask it.

use std::time::Duration;

use identity_center_sandbox::{
    AlternateIdentifier, AssignmentInput, Call, Delivery, HoldId, Operation, OperationStatus,
    OrganizationFile, Reply, ServiceError, UniqueAttribute, UserDescription, World,
};
use team_operator::api::AssignmentTuple;
use team_operator::domain::{
    Answer, Enabled, FailureKind, GoneEvidence, OperationKind, OperationState, RequestId, User, UserId,
};

use crate::cluster::utc;

/// A caller gives up after this many seconds.
const TIMEOUT: i64 = 30;
/// A request that is held back arrives, or is answered, so many seconds later: well within the time after which the
/// controller takes a create without an answer for settled.
pub(crate) const HELD_FOR: i64 = 200;

const ORGANIZATION: &str = r#"
region: eu-central-1
managementAccount: {id: "999999999999", name: management}
accounts:
  - {id: "111111111111", name: orders}
organizationalUnits:
  - name: Production
    accounts: [{id: "222222222222", name: payments}]
    organizationalUnits:
      - name: Payments
        accounts: [{id: "333333333333", name: ledger}]
users:
  - {userName: alice}
  - {userName: dave}
  - {userName: bob}
  - {userName: carol}
  - {userName: sam}
  - {userName: sue}
groups:
  - {name: Engineers, members: [alice, dave, bob]}
  - {name: Leads, members: [bob, carol, alice]}
  - {name: Security, members: [sam, sue, bob]}
permissionSets:
  - {name: Admin, sessionDuration: PT1H}
  - {name: Read, sessionDuration: PT4H}
"#;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) wrong_instance: bool,
    /// How far the caller's clock is ahead of the true time.
    pub(crate) ahead: i64,
}

/// A call without a usable answer.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) not_found: bool,
    pub(crate) uncertain: bool,
    pub(crate) sentence: String,
}

pub(crate) type Answered = Result<Reply, Trouble>;

pub(crate) struct Aws {
    pub(crate) world: World,
    /// How far its clock is ahead of the true time.
    pub(crate) ahead: i64,
    /// Requests held back, and when they go on.
    pub(crate) held: Vec<(HoldId, i64)>,
    /// How many seconds the calls since the last step took.
    pub(crate) took: i64,
    pub(crate) instance: String,
    pub(crate) store: String,
}

/// What became of a create or delete.
pub(crate) struct Written {
    pub(crate) answer: Answer,
    /// The operation that AWS took on, whether anybody was told or not.
    pub(crate) operation: Option<String>,
    /// AWS holds the call back; it takes effect later, or has already.
    pub(crate) held: bool,
}

impl Aws {
    pub(crate) fn new() -> Self {
        thread_local! {
            static WORLD: World = OrganizationFile::parse(ORGANIZATION).unwrap().world(utc(0)).unwrap();
        }
        let mut world = WORLD.with(Clone::clone);
        // Pages are a matter of the adapters.
        world.settings.empty_page_every = 0;
        let summary = world.summary();
        Self {
            world,
            ahead: 0,
            held: vec![],
            took: 0,
            instance: summary["instanceArn"].as_str().unwrap().to_owned(),
            store: summary["identityStoreId"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) fn instance_of(&self, caller: Caller) -> String {
        let arn = self.instance.clone();
        if caller.wrong_instance {
            format!("{arn}-other")
        } else {
            arn
        }
    }

    /// Lets held requests go on whose time has come; the operations that begin so.
    pub(crate) fn release(&mut self, t: i64) -> Vec<String> {
        let due: Vec<HoldId> = self
            .held
            .iter()
            .filter(|(_, at)| *at <= t)
            .map(|(id, _)| *id)
            .collect();
        self.held.retain(|(_, at)| *at > t);
        let begun = |aws: &mut Self, id| operation_of(&aws.world.release(id, utc(t))?.ok()?);
        due.into_iter().filter_map(|id| begun(self, id)).collect()
    }

    pub(crate) fn call(
        &mut self,
        caller: Caller,
        operation: Operation,
        t: i64,
    ) -> (Answered, Option<String>, bool) {
        self.world.settings.clock_skew_seconds = self.ahead - caller.ahead;
        let call = Call {
            operation,
            region: None,
        };
        let answer = self.world.answer(&call, utc(t));
        let begun = answer.outcome.as_ref().ok().and_then(operation_of);
        let lost = |sentence: &str| {
            Err(Trouble {
                not_found: false,
                uncertain: true,
                sentence: sentence.to_owned(),
            })
        };
        let mut held = false;
        let answered = match answer.delivery {
            Delivery::Plain => answer.outcome.map_err(|error| trouble(&error)),
            Delivery::Slow(time) => {
                let time = i64::try_from(time.as_secs()).unwrap();
                self.took += time.min(TIMEOUT);
                if time > TIMEOUT {
                    lost("no answer in time")
                } else {
                    answer.outcome.map_err(|error| trouble(&error))
                }
            }
            Delivery::Lost => lost("the connection broke"),
            Delivery::Unavailable => lost("HTTP 503"),
            Delivery::Html => lost("HTTP 500"),
            Delivery::Held(id) => {
                self.held.push((id, t + HELD_FOR));
                self.took += TIMEOUT;
                held = true;
                lost("no answer in time")
            }
        };
        (answered, begun, held)
    }

    pub(crate) fn read(&mut self, caller: Caller, operation: Operation, t: i64) -> Answered {
        self.call(caller, operation, t).0
    }

    fn input(tuple: &AssignmentTuple) -> AssignmentInput {
        AssignmentInput {
            instance_arn: tuple.instance_arn.clone(),
            target_id: tuple.account_id.as_str().to_owned(),
            target_type: "AWS_ACCOUNT".to_owned(),
            permission_set_arn: tuple.permission_set_arn.clone(),
            principal_type: "USER".to_owned(),
            principal_id: tuple.user_id.clone(),
        }
    }

    pub(crate) fn create(&mut self, caller: Caller, tuple: &AssignmentTuple, t: i64) -> Written {
        let call = Operation::CreateAccountAssignment(Self::input(tuple));
        let (answered, operation, held) = self.call(caller, call, t);
        let answer = match answered {
            Ok(Reply::Creation {
                account_assignment_creation_status: status,
            }) => Answer::CreateAccepted {
                request: RequestId::new(status.request_id.clone()),
                state: state(OperationKind::Creation, &status),
            },
            Ok(other) => unreachable!("{other:?}"),
            Err(Trouble {
                sentence, uncertain, ..
            }) => Answer::CreateFailed { sentence, uncertain },
        };
        Written {
            answer,
            operation,
            held,
        }
    }

    pub(crate) fn delete(&mut self, caller: Caller, tuple: &AssignmentTuple, t: i64) -> Written {
        let call = Operation::DeleteAccountAssignment(Self::input(tuple));
        let (answered, operation, held) = self.call(caller, call, t);
        let answer = match answered {
            Ok(Reply::Deletion {
                account_assignment_deletion_status: status,
            }) => match state(OperationKind::Deletion, &status) {
                OperationState::AlreadyGone(_) => Answer::AlreadyGone,
                state => Answer::DeleteAccepted {
                    request: RequestId::new(status.request_id.clone()),
                    state,
                },
            },
            Ok(other) => unreachable!("{other:?}"),
            Err(Trouble { not_found: true, .. }) => Answer::AlreadyGone,
            Err(Trouble {
                sentence, uncertain, ..
            }) => Answer::DeleteFailed { sentence, uncertain },
        };
        Written {
            answer,
            operation,
            held,
        }
    }
}

fn trouble(error: &ServiceError) -> Trouble {
    Trouble {
        not_found: error.code == "ResourceNotFoundException"
            && error.resource_type.as_deref() != Some("IDENTITY_STORE"),
        uncertain: error.status >= 500,
        sentence: format!("{}: {}", error.code, error.message),
    }
}

fn operation_of(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Creation {
            account_assignment_creation_status: status,
        }
        | Reply::Deletion {
            account_assignment_deletion_status: status,
        } => Some(status.request_id.clone()),
        _ => None,
    }
}

/// How an operation stands, in the words of the domain.
pub(crate) fn state(kind: OperationKind, status: &OperationStatus) -> OperationState {
    let reason = status.failure_reason.clone().unwrap_or_default();
    match status.status.as_str() {
        "SUCCEEDED" => OperationState::Succeeded,
        "FAILED" if kind == OperationKind::Deletion && reason.contains("EntitlementItem") => {
            OperationState::AlreadyGone(GoneEvidence::EntitlementMissing)
        }
        "FAILED" => OperationState::Failed {
            kind: FailureKind::Other,
            reason,
        },
        _ => OperationState::InProgress {
            ask_again_in: Duration::ZERO,
        },
    }
}

pub(crate) fn identifier(path: &str, value: &str) -> AlternateIdentifier {
    AlternateIdentifier {
        unique_attribute: Some(UniqueAttribute {
            attribute_path: path.to_owned(),
            attribute_value: value.into(),
        }),
        external_id: None,
    }
}

pub(crate) fn person(user: &UserDescription) -> User {
    User {
        id: UserId::new(user.user_id.clone()),
        user_name: user.user_name.clone(),
        email: user.emails.first().map(|email| email.value.clone()),
        enabled: if user.user_status == "ENABLED" {
            Enabled::Yes
        } else {
            Enabled::No
        },
    }
}
