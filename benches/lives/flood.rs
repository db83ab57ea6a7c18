//! 1,500 requests of one person in five seconds, beside an end and a decision of others.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use team_operator::ports::Clock as _;
use team_operator::runtime::SystemClock;

use crate::figures::met;
use crate::grants::ORDINARY_ACCOUNT;
use crate::population::{APPROVED, WAIVED, account_id};
use crate::rig::{Asked, Rig, at_once};

/// How many requests one person makes.
const CROWD: usize = 1_500;

/// How many of them are on their way at once: fast enough for five seconds on an idle machine.
const AT_ONCE: usize = 64;

/// How late another's end may be, and how long another's request may wait for its phase.
const END_AIM: TimeDelta = TimeDelta::seconds(5);
const DECISION_AIM: Duration = Duration::from_secs(10);

/// How long the access lasts that ends in the middle of the crowd.
const DURATION: TimeDelta = TimeDelta::seconds(40);

/// How long before that end the crowd begins.
const LEAD: TimeDelta = TimeDelta::seconds(6);

/// Who floods, whose access ends, and who asks meanwhile.
const CROWDING: usize = 0;
const ENDING: usize = 1;
const ASKING: usize = 2;

/// What was measured.
pub struct Flood {
    crowd: Duration,
    late: TimeDelta,
    decided: Duration,
    waiting: usize,
}

/// Plays all of it, with the delays and the budget of production.
pub async fn run() -> Flood {
    let mut rig = Rig::open(ORDINARY_ACCOUNT + 3).await;
    rig.start_by_default().await;
    rig.operations_take(Duration::from_secs(2));
    let of = |name: &str, user: usize, permission_set: &'static str, duration: String| Asked {
        name: name.to_owned(),
        user,
        account: user,
        permission_set,
        duration,
        start: None,
    };
    let lasting = format!("{}s", DURATION.num_seconds());
    rig.ask(&[of("ending", ENDING, WAIVED, lasting)]).await;
    let active = rig.is("ending", "Active").await;
    let end = active["status"]["window"]["endTime"].as_str().unwrap();
    let end: DateTime<Utc> = end.parse().unwrap();
    let wait = (end - LEAD - SystemClock.now()).to_std().unwrap_or_default();
    tokio::time::sleep(wait).await;

    println!("{CROWD} requests of one person…");
    let after = rig.logged();
    let began = Instant::now();
    let crowd = (0..CROWD).map(|number| of(&format!("crowd-{number}"), CROWDING, APPROVED, "1h".to_owned()));
    at_once(crowd.collect(), AT_ONCE, async |asked| rig.ask(&[asked]).await).await;
    let crowd = began.elapsed();
    let waiting = CROWD - rig.count("Denied").await.min(CROWD);
    let asked = Instant::now();
    rig.ask(&[of("asking", ASKING, APPROVED, "1h".to_owned())]).await;
    rig.is("asking", "Pending").await;
    let decided = asked.elapsed();
    let deletes = rig
        .asked_of_aws("DeleteAccountAssignment", WAIVED, after, 1)
        .await;
    let late = deletes[&account_id(ENDING)] - end;
    rig.end_controller().await;
    Flood {
        crowd,
        late,
        decided,
        waiting,
    }
}

impl Flood {
    pub fn print(&self) {
        println!(
            "{CROWD} requests of one person in {:.1} s, {} of them not refused yet when the last was made",
            self.crowd.as_secs_f64(),
            self.waiting
        );
        println!(
            "  another's end → DeleteAccountAssignment       {:>8.1} s   aim: at most {} s: {}",
            self.late.as_seconds_f64(),
            END_AIM.num_seconds(),
            met(self.late <= END_AIM)
        );
        println!(
            "  another's request → its phase                 {:>8.1} s   aim: at most {} s: {}",
            self.decided.as_secs_f64(),
            DECISION_AIM.as_secs(),
            met(self.decided <= DECISION_AIM)
        );
    }
}
