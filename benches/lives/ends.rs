//! 500 ends within one second.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use identity_center_sandbox::Change;
use kube::api::{ListParams, PostParams};
use serde_json::Value;
use team_operator::ports::Clock as _;
use team_operator::runtime::SystemClock;

use crate::audit::{CONTROLLER, Kind};
use crate::bare::{Bare, CONCURRENCY, Subject, Versions};
use crate::figures::Figures;
use crate::grants::ORDINARY_ACCOUNT;
use crate::lives::Lives;
use crate::population::{BARE, WAIVED, account_id, user_name};
use crate::rig::{Asked, PEOPLE_AT_ONCE, Rig, at_once, records, requests};
use crate::sequence::Turn;

/// Ends at once, each in an account of its own.
const ENDS: usize = 500;

/// How late the slowest of a hundred may be, in times of what the deletes alone take.
const AIM: f64 = 5.0;

/// All ask for one start, which lies so far ahead that all are approved by then, and for a time in which all are granted:
/// so many times what the last of a hundred grants took, and not less than this. What is approved before its start must
/// be over a slack after start and duration, whenever AWS confirms it: with a slack of one second and operations that
/// take longer, that moment is the end of all.
const LEAD: (i32, TimeDelta) = (5, TimeDelta::seconds(60));
const DURATION: (i32, TimeDelta) = (12, TimeDelta::seconds(120));
const SLACK: &str = "--grant-slack=1s";
const OPERATION_TIME: Duration = Duration::from_secs(3);

/// What was measured.
pub struct Ends {
    crowd: usize,
    controller: Wave,
    with_writes: Wave,
    deletes: Wave,
}

/// One wave of deletes.
struct Wave {
    times: Figures,
    /// Calls to the API server with the controller's rights, until the last delete.
    calls: usize,
}

/// Plays all of it; `pace` is what the last of a hundred grants took.
pub async fn run(lives: &Lives, pace: TimeDelta) -> Ends {
    let mut rig = Rig::open(ENDS).await;
    rig.start_controller(&[SLACK]).await;
    println!("{ENDS} grants, to have so many ends…");
    let end = granted(&rig, pace).await;
    println!("{ENDS} ends in one second…");
    let (crowd, controller) = ended(&rig, end).await;
    rig.until("Ended", ENDS).await;
    rig.end_controller().await;
    println!("the same calls, and the deletes alone, bare…");
    let bare = Bare::new(&rig, ORDINARY_ACCOUNT).await;
    let subjects: Vec<Subject> = (0..ENDS)
        .map(|account| bare.subject(&rig, format!("bare-{account:03}"), account, account, BARE))
        .collect();
    let with_writes = with_writes(&rig, &bare, lives, &subjects).await;
    assigned(&rig);
    let deletes = burst(
        &rig,
        at_once(subjects, ENDS, async |subject| bare.delete(&subject).await),
    )
    .await;
    Ends {
        crowd,
        controller,
        with_writes,
        deletes,
    }
}

/// Makes all requests and waits until all have access; when most of them end.
async fn granted(rig: &Rig, pace: TimeDelta) -> DateTime<Utc> {
    rig.operations_take(OPERATION_TIME);
    let [lead, duration] = [LEAD, DURATION].map(|(times, least)| (pace * times).max(least));
    let (start, duration) = (SystemClock.now() + lead, format!("{}s", duration.num_seconds()));
    let asked = |account: usize| Asked {
        name: name(account),
        user: account,
        account,
        permission_set: WAIVED,
        duration: duration.clone(),
        start: Some(start),
    };
    rig.ask(&(0..ENDS).map(asked).collect::<Vec<_>>()).await;
    rig.until("Approved", ENDS).await;
    println!(
        "  approved {} before the start",
        rounded(start - SystemClock.now())
    );
    rig.until("Active", ENDS).await;
    rig.operations_take(Duration::ZERO);
    let ends = ends(rig).await;
    let end = ends.iter().max().copied().unwrap();
    println!(
        "  all have access {} before the end",
        rounded(end - SystemClock.now())
    );
    end
}

/// The ends of all accesses, by account.
async fn ends(rig: &Rig) -> Vec<DateTime<Utc>> {
    let objects = requests(&rig.admin);
    let mut all = objects.list(&ListParams::default()).await.unwrap().items;
    all.sort_by_key(|request| request.metadata.name.clone());
    let end = |status: &Value| status["window"]["endTime"].as_str().unwrap().parse().unwrap();
    all.iter().map(|request| end(&request.data["status"])).collect()
}

/// Waits for the deletes; how many ended in the same second, and how long after the end each delete came.
async fn ended(rig: &Rig, end: DateTime<Utc>) -> (usize, Wave) {
    let (ends, logged, place) = (ends(rig).await, rig.logged(), rig.audit.end());
    let crowd = ends.iter().filter(|one| **one == end).count();
    let left = (end - SystemClock.now()).to_std().unwrap_or_default();
    tokio::time::sleep(left).await; // until the end
    let deleted = rig
        .asked_of_aws("DeleteAccountAssignment", WAIVED, logged, ENDS)
        .await;
    let times = (0..ENDS).map(|account| deleted[&account_id(account)] - ends[account]);
    let calls = calls_before(rig, place, deleted.values().max());
    let times = Figures::of(times);
    (crowd, Wave { times, calls })
}

fn calls_before(rig: &Rig, place: u64, last: Option<&DateTime<Utc>>) -> usize {
    let calls = rig.audit.since(place);
    let ours = calls
        .iter()
        .filter(|call| call.user == CONTROLLER && call.kind != Kind::Uncounted);
    ours.filter(|call| last.is_some_and(|last| call.began < *last))
        .count()
}

/// The writes and reads between an end and its delete, for each, and the delete.
async fn with_writes(rig: &Rig, bare: &Bare, lives: &Lives, subjects: &[Subject]) -> Wave {
    assigned(rig);
    let all = present(rig, lives, subjects).await;
    let turns: &[Turn] = &lives.removal;
    let removing = at_once(
        all,
        CONCURRENCY,
        async |(subject, versions): (Subject, Versions)| {
            bare.replay(turns, &subject, versions).await;
            bare.delete(&subject).await;
        },
    );
    burst(rig, removing).await
}

/// As many records as there were ends, each as one is while there is access; with their versions. No controller runs.
async fn present(rig: &Rig, lives: &Lives, subjects: &[Subject]) -> Vec<(Subject, Versions)> {
    let client = rig.controllers_client().await;
    let objects = &records(&client);
    let (sender, mut made) = tokio::sync::mpsc::unbounded_channel();
    let sender = &sender;
    at_once(subjects.to_vec(), PEOPLE_AT_ONCE, async |subject: Subject| {
        let mut record = lives.present.clone();
        subject.adapt(&mut record, &Default::default());
        let record = serde_json::from_value(record).unwrap();
        let made = objects.create(&PostParams::default(), &record).await.unwrap();
        let versions = Versions {
            record: (
                made.metadata.uid.unwrap(),
                made.metadata.resource_version.unwrap(),
            ),
            ..Versions::default()
        };
        sender.send((subject, versions)).unwrap();
    })
    .await;
    std::iter::from_fn(|| made.try_recv().ok()).collect()
}

/// Does this; how long after its beginning each delete came.
async fn burst(rig: &Rig, act: impl Future<Output = ()>) -> Wave {
    let (logged, place, began) = (rig.logged(), rig.audit.end(), SystemClock.now());
    act.await;
    let deleted = rig
        .asked_of_aws("DeleteAccountAssignment", BARE, logged, ENDS)
        .await;
    Wave {
        times: Figures::of(deleted.values().map(|at| *at - began)),
        calls: calls_before(rig, place, deleted.values().max()),
    }
}

/// What is deleted bare is there before.
fn assigned(rig: &Rig) {
    for account in 0..ENDS {
        let change = Change::PutAssignment {
            account: account_id(account),
            permission_set: BARE.to_owned(),
            user: Some(user_name(account)),
            group: None,
        };
        rig.sandbox.with(|world, now| world.change(&change, now)).unwrap();
    }
}

fn name(account: usize) -> String {
    format!("end-{account:03}")
}

fn rounded(time: TimeDelta) -> String {
    format!("{} s", time.num_seconds())
}

impl Ends {
    /// Prints the table.
    pub fn print(&self) {
        println!(
            "\nEnd → DeleteAccountAssignment called, {ENDS} ends, {} of them in the same second",
            self.crowd
        );
        let rows = [
            ("the controller", &self.controller),
            ("the same writes and deletes, bare", &self.with_writes),
            ("the deletes alone, all at once, bare", &self.deletes),
        ];
        for (name, wave) in rows {
            println!("{}", wave.times.row(name));
        }
        let ratio = |name: &str, bare: &Wave, aim| self.controller.times.ratio_to(name, &bare.times, aim);
        println!(
            "{}",
            ratio(
                "the controller ÷ the same writes and deletes",
                &self.with_writes,
                None
            )
        );
        println!(
            "{}",
            ratio("the controller ÷ the deletes alone", &self.deletes, Some(AIM))
        );
        for (name, wave) in &rows[..2] {
            println!(
                "  calls to the API server before the last delete, {name}: {}",
                wave.calls
            );
        }
    }
}
