//! 100 approvals at once.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt as _;

use crate::audit::{CONTROLLER, Call, Kind};
use crate::bare::{Bare, CONCURRENCY, Subject, Versions};
use crate::figures::Figures;
use crate::lives::Lives;
use crate::population::{APPROVED, APPROVER, BARE, account_id};
use crate::rig::{Asked, PEOPLE_AT_ONCE, Rig, at_once};
use crate::sequence::Turn;

/// Approvals at once.
const GRANTS: usize = 100;

/// The account of the life that is recorded: after those of the waves and the one of the other life.
pub const ORDINARY_ACCOUNT: usize = 2 * GRANTS + 1;

/// How late the slowest of a hundred may be, in times of what the same calls take bare.
const AIM: f64 = 1.5;

/// An access of seconds is to end as one of hours does, when the time is long over in which lists may not show its create yet,
/// and its record is to be removed soon.
const LIKE_LONG_ACCESS: [&str; 2] = ["--list-lag=3s", "--grant-slack=30s"];

/// What was measured.
pub struct Grants {
    controller: Wave,
    bare: Wave,
}

/// One wave of approvals.
struct Wave {
    times: Figures,
    /// Calls to the API server and to AWS, from the first approval to the last create.
    calls: [usize; 2],
    looks: usize,
}

/// Runs the two requests and both waves. Each request has an account and a person of its own: nothing waits because AWS
/// takes one operation an account.
pub async fn run() -> (Grants, Lives) {
    let mut rig = Rig::open(ORDINARY_ACCOUNT + 1).await;
    rig.start_controller(&LIKE_LONG_ACCESS).await;
    println!("two complete requests…");
    let lives = Lives::play(&rig, [2 * GRANTS, ORDINARY_ACCOUNT]).await;
    println!("{GRANTS} approvals at once…");
    let asked = |account: usize| Asked {
        name: name(account),
        user: account,
        account,
        permission_set: if account < GRANTS { APPROVED } else { BARE },
        duration: "1h".to_owned(),
        start: None,
    };
    rig.ask(&(0..2 * GRANTS).map(asked).collect::<Vec<_>>()).await;
    rig.until("Pending", 2 * GRANTS).await;
    rig.facts_grow_old().await;
    let controller = wave(&rig, 0, APPROVED, async {
        at_once((0..GRANTS).collect(), PEOPLE_AT_ONCE, async |account| {
            rig.approve(&name(account)).await;
        })
        .await;
    })
    .await;
    rig.until("Active", GRANTS).await;
    rig.end_controller().await;
    println!("the same calls, bare…");
    let mut bare = Bare::new(&rig, ORDINARY_ACCOUNT).await;
    let asked_for = lives
        .grant
        .iter()
        .filter(|turn| matches!(turn, Turn::Look { .. }));
    bare.share_looks(controller.looks, asked_for.count() * GRANTS);
    let subjects: Vec<Subject> = (GRANTS..2 * GRANTS)
        .map(|account| bare.subject(&rig, name(account), account, account, BARE))
        .collect();
    let bare = wave(&rig, GRANTS, BARE, replayed(&rig, &bare, &lives.grant, subjects)).await;
    (Grants { controller, bare }, lives)
}

/// Approves all, and makes the calls about each as soon as it is approved, so many at once.
async fn replayed(rig: &Rig, bare: &Bare, turns: &[Turn], subjects: Vec<Subject>) {
    let (sender, mut approved) = tokio::sync::mpsc::unbounded_channel();
    let sender = &sender;
    let approving = async {
        at_once(subjects, PEOPLE_AT_ONCE, async |subject: Subject| {
            let request = rig.approve(&subject.name).await;
            sender
                .send((subject, request.metadata.resource_version.unwrap()))
                .unwrap();
        })
        .await;
    };
    let granting = futures::stream::poll_fn(|context| approved.poll_recv(context))
        .take(GRANTS)
        .for_each_concurrent(CONCURRENCY, async |(subject, version)| {
            let versions = Versions {
                request: version,
                ..Versions::default()
            };
            bare.replay(turns, &subject, versions).await;
            bare.create(&subject).await;
        });
    tokio::join!(approving, granting);
}

/// Does this, and measures from each stored approval to its create, for the accounts from `first` on.
async fn wave(rig: &Rig, first: usize, permission_set: &str, act: impl Future<Output = ()>) -> Wave {
    let (place, logged) = (rig.audit.end(), rig.logged());
    act.await;
    let created = rig
        .asked_of_aws("CreateAccountAssignment", permission_set, logged, GRANTS)
        .await;
    let calls = rig.audit.since(place);
    let approvals = calls
        .iter()
        .filter(|call| call.user == APPROVER && call.code == 200);
    let approved: HashMap<&str, DateTime<Utc>> =
        approvals.map(|call| (call.name.as_str(), call.ended)).collect();
    let times: Vec<TimeDelta> = (first..first + GRANTS)
        .map(|account| created[&account_id(account)] - approved[name(account).as_str()])
        .collect();
    let last = created.values().max().unwrap();
    let ours = calls
        .iter()
        .filter(|call| call.user == CONTROLLER && call.kind != Kind::Uncounted && call.began < *last);
    let ours: Vec<&Call> = ours.collect();
    let of_aws = rig.log(logged).iter().filter(|entry| entry.at < *last).count();
    Wave {
        times: Figures::of(times),
        looks: ours
            .iter()
            .filter(|call| call.kind == Kind::ForgedRequest)
            .count(),
        calls: [ours.len(), of_aws],
    }
}

fn name(account: usize) -> String {
    format!("grant-{account:03}")
}

impl Grants {
    /// What the last of the hundred took.
    pub fn pace(&self) -> TimeDelta {
        self.controller.times.longest()
    }

    /// Prints the table.
    pub fn print(&self) {
        println!("\nApproval written → CreateAccountAssignment called, {GRANTS} approvals at once");
        println!("{}", self.controller.times.row("the controller"));
        println!("{}", self.bare.times.row("the same writes and reads, bare"));
        println!(
            "{}",
            self.controller
                .times
                .ratio_to("the controller ÷ bare", &self.bare.times, Some(AIM))
        );
        for (who, wave) in [("the controller", &self.controller), ("bare", &self.bare)] {
            let [kubernetes, aws] = wave.calls.map(each);
            println!(
                "  calls a request, {who}: {kubernetes:.1} to the API server, {aws:.1} to AWS; {} looks of the guard in all",
                wave.looks
            );
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "thousands")]
fn each(calls: usize) -> f64 {
    calls as f64 / GRANTS as f64
}
