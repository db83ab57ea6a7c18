//! Forty ends in one account beside three in others: AWS takes one after the other there, and nobody else waits for them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kube::api::ListParams;
use team_operator::ports::Clock as _;
use team_operator::runtime::SystemClock;

use crate::figures::{Figures, met};
use crate::population::{WAIVED, account_id};
use crate::rig::{Asked, Rig, requests};

/// Ends in one account, each of another person.
const CROWD: usize = 40;

/// Ends in accounts of their own.
const OTHERS: usize = 3;

/// How long AWS is at work on one operation meanwhile.
const OPERATION_TIME: Duration = Duration::from_secs(1);

/// All start together, and end together because the window closes a second after start and duration.
const LEAD: TimeDelta = TimeDelta::seconds(20);
const DURATION: TimeDelta = TimeDelta::seconds(60);
const OPTIONS: [&str; 2] = ["--grant-slack=1s", "--list-lag=3s"];

/// How late the slowest of the three may be beside the forty, in times of what it is without them.
const AIM: f64 = 3.0;

/// Less than this is as good as at once: shorter times differ from run to run by more than what is measured.
const AT_ONCE: f64 = 500.0;

/// What was measured.
pub struct Beside {
    alone: Figures,
    together: Figures,
    crowd: Figures,
}

/// Plays both.
pub async fn run() -> Beside {
    let mut rig = Rig::open(1 + 2 * OTHERS).await;
    rig.start_controller(&OPTIONS).await;
    println!("{OTHERS} ends in as many accounts…");
    let first = 1 + OTHERS;
    let (alone, _) = ends(&rig, "alone", first, 0).await;
    rig.is_quiet().await;
    println!("{OTHERS} ends beside {CROWD} in one account…");
    let (beside, crowd) = ends(&rig, "beside", 1, CROWD).await;
    rig.end_controller().await;
    Beside {
        alone: Figures::of(alone),
        together: Figures::of(beside),
        crowd: Figures::of(crowd),
    }
}

/// Three that end in accounts from `first` on, and so many in account 0; how long after the end AWS was asked to delete each.
async fn ends(rig: &Rig, name: &str, first: usize, crowd: usize) -> (Vec<TimeDelta>, Vec<TimeDelta>) {
    let start = SystemClock.now() + LEAD;
    let asked = |user: usize, account: usize| Asked {
        name: format!("{name}-{user:03}"),
        user,
        account,
        permission_set: WAIVED,
        duration: format!("{}s", DURATION.num_seconds()),
        start: Some(start),
    };
    let in_one = (0..crowd).map(|user| asked(user, 0));
    let others = (0..OTHERS).map(|other| asked(crowd + other, first + other));
    let all: Vec<Asked> = in_one.chain(others).collect();
    rig.operations_take(Duration::ZERO);
    rig.ask(&all).await;
    rig.until("Active", all.len()).await;
    rig.operations_take(OPERATION_TIME);
    let (end, logged) = (last_end(rig).await, rig.logged());
    let ended_before = rig.count("Ended").await;
    rig.until("Ended", ended_before + all.len()).await;
    let deletes: Vec<(String, DateTime<Utc>)> = rig
        .log(logged)
        .into_iter()
        .filter(|entry| entry.operation == "DeleteAccountAssignment" && entry.outcome == "ok")
        .filter_map(|entry| Some((entry.account?, entry.at)))
        .collect();
    let late = |fits: &dyn Fn(&str) -> bool| -> Vec<TimeDelta> {
        let of = deletes.iter().filter(|(account, _)| fits(account));
        of.map(|(_, at)| *at - end).collect()
    };
    let busy = account_id(0);
    let (others, crowd) = (late(&|account| account != busy), late(&|account| account == busy));
    assert_eq!(others.len(), OTHERS, "one delete each");
    (others, crowd)
}

/// The last end of those who have access.
async fn last_end(rig: &Rig) -> DateTime<Utc> {
    let active = ListParams::default().fields("status.phase=Active");
    let listed = requests(&rig.admin).list(&active).await.unwrap();
    let ends = listed.items.iter().map(|request| {
        let end = request.data["status"]["window"]["endTime"].as_str().unwrap();
        end.parse::<DateTime<Utc>>().unwrap()
    });
    ends.max().unwrap()
}

impl Beside {
    /// Prints the table.
    pub fn print(&self) {
        let seconds = OPERATION_TIME.as_secs();
        println!(
            "\nEnd → DeleteAccountAssignment called, AWS at work for {seconds} s on each, one after the other in an account"
        );
        println!("{}", self.alone.row("three, each in an account of its own"));
        println!("{}", self.together.row("the same beside forty in one account"));
        println!("{}", self.crowd.row("the forty"));
        let (alone, beside) = (self.alone.percentile(99), self.together.percentile(99));
        let fine = beside <= (alone * AIM).max(AT_ONCE);
        println!(
            "  the slowest of three, beside forty ÷ alone: {:.2} ×   aim: at most {AIM:.0} ×, or {AT_ONCE:.0} ms: {}",
            beside / alone,
            met(fine)
        );
    }
}
