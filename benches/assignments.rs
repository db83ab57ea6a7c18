//! How much of the rate that AWS's limits and our budget allow is achieved: `cargo bench --profile dev --bench assignments` (the
//! network is what takes the time; optimised code would only take long to build).
//!
//! 200 creates and 200 deletes go through adapter and budget to a sandbox at its real limits, in real time. What is
//! printed is ratios, so that the machine hardly matters:
//!
//! - achieved rate ÷ theoretical rate, the theoretical one being the smaller of *budget ÷ calls per operation* and
//!   *outstanding ÷ operation time*;
//! - throttling answers received;
//! - creates sent while a delete that could have gone was waiting.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test or benchmark that cannot go on stops here"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use chrono::{DateTime, TimeDelta, Utc};
use identity_center_sandbox::{Change, LogEntry, Options, OrganizationFile, RunningSandbox};
use team_operator::aws::{Aws, AwsSettings, BudgetSettings};
use team_operator::ports::{
    AccountId, AssignmentKey, Assignments, CallOptions, Clock, CreateAnswer, DeleteAnswer, OperationKind,
    OperationState, PermissionSetArn, RequestId, UserId,
};
use team_operator::runtime::SystemClock;
use tokio::task::JoinSet;

#[path = "../tests/common/always_send.rs"]
mod always_send;

use always_send::AlwaysSend;

/// Creates, and as many deletes.
const OPERATIONS: usize = 200;
/// Accounts they are spread over, so that one operation per account is not what limits.
const ACCOUNTS: usize = 100;

const ORGANIZATION: &str = "
region: eu-central-1
managementAccount: {id: \"111111111111\", name: management}
permissionSets: [{name: Admin, sessionDuration: PT1H}]
settings: {operationTime: 2s, listLag: 0s, emptyPageEvery: 0}
";

/// When a delete became possible and when it was sent.
#[derive(Debug, Clone)]
struct DeleteWait {
    account: AccountId,
    user: UserId,
    ready_at: DateTime<Utc>,
}

#[tokio::main]
async fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        println!("skipped: the benchmark takes minutes; run cargo bench --profile dev --bench assignments");
        return;
    }
    let sandbox = start().await;
    let aws = connect(&sandbox).await;
    let tuples = tuples(&sandbox, &aws);
    println!("{OPERATIONS} creates, then {OPERATIONS} deletes, over {ACCOUNTS} accounts at AWS's limits");
    let creates = phase(&sandbox, &aws, "creates", &tuples, |aws, tuple| {
        Box::pin(granted(aws, tuple))
    })
    .await;
    let deletes = phase(&sandbox, &aws, "deletes", &tuples, |aws, tuple| {
        Box::pin(revoked(aws, tuple))
    })
    .await;
    let mixed = overtaking(&sandbox, &aws, &tuples).await;
    let throttled = sandbox.with(|world, _| {
        world
            .log(0)
            .iter()
            .filter(|entry| entry.outcome == "ThrottlingException")
            .count()
    });
    println!("throttling answers: {throttled} (aim: 0)");
    println!("creates sent while a delete that could have gone was waiting: {mixed} (aim: 0)");
    println!("achieved / theoretical: creates {creates:.2}, deletes {deletes:.2} (aim: at least 0.90)");
}

async fn start() -> RunningSandbox {
    let options = Options {
        listen: ([127, 0, 0, 1], 0).into(),
        organization: OrganizationFile::parse(ORGANIZATION).unwrap(),
        data: None,
        clock: Arc::new(SystemClock),
    };
    let sandbox = RunningSandbox::start(options).await.unwrap();
    sandbox.with(|world, now| {
        for number in 0..ACCOUNTS {
            let id = format!("9{number:011}");
            world
                .change(
                    &Change::PutAccount {
                        id,
                        name: None,
                        unit: None,
                        state: None,
                    },
                    now,
                )
                .unwrap();
        }
        for number in 0..OPERATIONS {
            let user_name = format!("user-{number}");
            let change = Change::PutUser {
                user_name,
                email: None,
                enabled: None,
                rename_to: None,
            };
            world.change(&change, now).unwrap();
        }
    });
    sandbox
}

async fn connect(sandbox: &RunningSandbox) -> Aws {
    let settings = AwsSettings {
        region: Some("eu-central-1".into()),
        endpoint_url: Some(sandbox.endpoint()),
        credentials: Some(SharedCredentialsProvider::new(Credentials::new(
            "bench", "bench", None, None, "bench",
        ))),
        // A whole backlog is handed over at once here, which a controller does not do: let it wait.
        budget: BudgetSettings {
            longest_wait: Duration::from_hours(1),
            ..BudgetSettings::default()
        },
        ..AwsSettings::default()
    };
    Aws::connect(settings, Arc::new(SystemClock)).await.unwrap()
}

fn tuples(sandbox: &RunningSandbox, aws: &Aws) -> Vec<AssignmentKey> {
    let summary = sandbox.with(|world, _| world.summary());
    let set = summary["permissionSets"][0]["arn"].as_str().unwrap();
    let users = summary["users"].as_array().unwrap();
    let tuple = |(number, user): (usize, &serde_json::Value)| AssignmentKey {
        instance_arn: aws.instance_arn().clone(),
        user_id: UserId::new(user["id"].as_str().unwrap()),
        account_id: AccountId::parse(format!("9{:011}", number % ACCOUNTS)).unwrap(),
        permission_set_arn: PermissionSetArn::new(set),
    };
    users.iter().enumerate().map(tuple).collect()
}

type Work = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs one operation for each tuple, all handed over at once, and compares the rate with the theoretical one.
async fn phase(
    sandbox: &RunningSandbox,
    aws: &Aws,
    name: &str,
    tuples: &[AssignmentKey],
    work: impl Fn(Aws, AssignmentKey) -> Work,
) -> f64 {
    let before = sandbox.with(|world, _| world.log(0).len());
    let began = SystemClock.now();
    let mut tasks = JoinSet::new();
    for tuple in tuples {
        tasks.spawn(work(aws.clone(), tuple.clone()));
    }
    tasks.join_all().await;
    let seconds = (SystemClock.now() - began).as_seconds_f64();
    let calls = sandbox.with(|world, _| world.log(0).len()) - before;
    let settings = aws.budget().settings();
    let operation_seconds = 2.0;
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    let (operations, calls, places) = (tuples.len() as f64, calls as f64, settings.outstanding as f64);
    let per_operation = calls / operations;
    let by_budget = settings.sso_admin_rate / per_operation;
    let by_places = if name == "deletes" {
        f64::INFINITY // they wait for no slot
    } else {
        places / operation_seconds
    };
    let achieved = operations / seconds;
    println!(
        "{name}: {achieved:.2}/s achieved; {per_operation:.2} calls each; budget allows {by_budget:.2}/s, outstanding \
         operations {by_places:.2}/s"
    );
    achieved / by_budget.min(by_places)
}

/// Deletes come in while creates are waiting: none may be kept waiting by a create sent after it was ready.
async fn overtaking(sandbox: &RunningSandbox, aws: &Aws, tuples: &[AssignmentKey]) -> usize {
    let held = &tuples[..20]; // in accounts 0 to 19
    let wanted = &tuples[40..80]; // in accounts 40 to 79
    let mut tasks = JoinSet::new();
    for tuple in held {
        tasks.spawn(granted(aws.clone(), tuple.clone()));
    }
    while tasks.join_next().await.is_some() {}
    let before = sandbox.with(|world, _| world.log(0).last().map_or(0, |entry| entry.number));
    for tuple in wanted {
        tasks.spawn(granted(aws.clone(), tuple.clone()));
    }
    let waits: Arc<Mutex<Vec<DeleteWait>>> = Arc::default();
    for tuple in held {
        tokio::time::sleep(Duration::from_millis(500)).await; // deletes come in one by one while creates wait
        let (aws, tuple, waits) = (aws.clone(), tuple.clone(), waits.clone());
        let wait = DeleteWait {
            account: tuple.account_id.clone(),
            user: tuple.user_id.clone(),
            ready_at: SystemClock.now(),
        };
        waits.lock().unwrap().push(wait);
        tasks.spawn(revoked(aws, tuple));
    }
    tasks.join_all().await;
    let log = sandbox.with(|world, _| world.log(before));
    let waits = waits.lock().unwrap().clone();
    inversions(&log, &waits)
}

/// Creates that arrived while a delete in a free account had been ready for longer than the network latency.
fn inversions(log: &[LogEntry], waits: &[DeleteWait]) -> usize {
    let sent: BTreeMap<(&str, &str), DateTime<Utc>> = log
        .iter()
        .filter(|entry| entry.operation == "DeleteAccountAssignment")
        .filter_map(|entry| Some(((entry.account.as_deref()?, entry.principal.as_deref()?), entry.at)))
        .collect();
    let on_its_way = TimeDelta::milliseconds(20);
    let creates = log
        .iter()
        .filter(|entry| entry.operation == "CreateAccountAssignment");
    let overtook = |create: &&LogEntry| {
        waits.iter().any(|wait| {
            let sent = sent.get(&(wait.account.as_str(), wait.user.as_str()));
            sent.is_some_and(|sent| wait.ready_at + on_its_way < create.at && create.at < *sent)
        })
    };
    creates.filter(overtook).count()
}

/// Creates, watches, and confirms by a list, as a grant does.
async fn granted(aws: Aws, tuple: AssignmentKey) {
    let ask = CallOptions::decision(tuple.user_id.as_str());
    let answer = aws.create(&ask, &tuple, Arc::new(AlwaysSend)).await.unwrap();
    let CreateAnswer::Accepted { request, state } = answer else {
        panic!("{answer:?}")
    };
    watched(&aws, &ask, OperationKind::Creation, &tuple, request, state).await;
    let listing = aws
        .list(&ask, &tuple.account_id, &tuple.permission_set_arn)
        .await
        .unwrap();
    assert!(listing.value.holds_user(&tuple.user_id));
}

/// Deletes, watches, and confirms by a list, as a removal does.
async fn revoked(aws: Aws, tuple: AssignmentKey) {
    let ask = CallOptions::revocation(tuple.user_id.as_str());
    let answer = aws.delete(&ask, &tuple).await.unwrap();
    let DeleteAnswer::Accepted { request, state } = answer else {
        panic!("{answer:?}")
    };
    watched(&aws, &ask, OperationKind::Deletion, &tuple, request, state).await;
    let listing = aws
        .list(&ask, &tuple.account_id, &tuple.permission_set_arn)
        .await
        .unwrap();
    assert!(!listing.value.holds_user(&tuple.user_id));
}

async fn watched(
    aws: &Aws,
    ask: &CallOptions,
    kind: OperationKind,
    tuple: &AssignmentKey,
    request: RequestId,
    mut state: OperationState,
) {
    while let OperationState::InProgress { ask_again_in } = state {
        tokio::time::sleep(ask_again_in).await; // what the port asks for
        state = aws.status(ask, kind, &tuple.account_id, &request).await.unwrap();
    }
    assert_eq!(state, OperationState::Succeeded);
}
