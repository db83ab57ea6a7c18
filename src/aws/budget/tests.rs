//! The budget on tokio's paused clock: no test here waits for real.

use std::sync::Mutex;

use super::*;

fn account(number: u32) -> AccountId {
    AccountId::parse(format!("{number:012}")).unwrap()
}

fn request(name: &str) -> RequestId {
    RequestId::new(name)
}

#[tokio::test(start_paused = true)]
async fn tokens_come_at_the_rate_and_not_faster() {
    let budget = Budget::new(BudgetSettings {
        sso_admin_rate: 8.0,
        ..BudgetSettings::default()
    });
    let start = Instant::now();
    for _ in 0..84 {
        budget
            .token(Family::SsoAdmin, &CallOptions::background())
            .await
            .unwrap();
    }
    let elapsed = start.elapsed().as_secs_f64();
    assert!(
        (9.99..10.1).contains(&elapsed),
        "4 at once and 80 at 8/s took {elapsed} s"
    );
}

#[tokio::test(start_paused = true)]
async fn a_revocation_overtakes_everybody_who_waits_for_a_token() {
    let budget = Budget::new(BudgetSettings {
        sso_admin_rate: 1.0,
        ..BudgetSettings::default()
    });
    budget
        .token(Family::SsoAdmin, &CallOptions::background())
        .await
        .unwrap();
    let served: Arc<Mutex<Vec<&str>>> = Arc::default();
    let mut tasks = Vec::new();
    for (name, options) in [
        ("background", CallOptions::background()),
        ("decision", CallOptions::decision("alice")),
        ("revocation", CallOptions::revocation("bob")),
    ] {
        let (budget, served) = (budget.clone(), served.clone());
        tasks.push(tokio::spawn(async move {
            budget.token(Family::SsoAdmin, &options).await.unwrap();
            served.lock().unwrap().push(name);
        }));
        tokio::task::yield_now().await; // lets it enter the queue before the next comes
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*served.lock().unwrap(), ["revocation", "decision", "background"]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_blocks_nobody() {
    let budget = Budget::new(BudgetSettings {
        sso_admin_rate: 1.0,
        ..BudgetSettings::default()
    });
    budget
        .token(Family::SsoAdmin, &CallOptions::background())
        .await
        .unwrap();
    let urgent = budget
        .token(Family::SsoAdmin, &CallOptions::revocation("bob"))
        .await;
    assert!(urgent.is_ok());
    let urgent = CallOptions::revocation("bob");
    let gives_up = timeout(Duration::from_millis(10), budget.token(Family::SsoAdmin, &urgent));
    let patient = CallOptions::decision("alice");
    let (gave_up, served) = tokio::join!(gives_up, budget.token(Family::SsoAdmin, &patient));
    assert!(gave_up.is_err());
    assert!(served.is_ok());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_set() {
    let settings = BudgetSettings {
        outstanding: 0,
        ..BudgetSettings::default()
    };
    let budget = Budget::new(settings);
    let start = Instant::now();
    let create = OperationKind::Creation;
    let (bob, busy) = (CallOptions::decision("bob"), account(1));
    let refused = budget.start(&bob, &busy, create);
    assert_eq!(refused.await.unwrap_err().waited, Duration::from_mins(1));
    assert_eq!(start.elapsed(), Duration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn a_throttling_answer_pauses_the_family_and_no_other() {
    let budget = Budget::new(BudgetSettings::default());
    budget.pause(Family::SsoAdmin, Duration::from_secs(7));
    let start = Instant::now();
    budget
        .token(Family::IdentityStore, &CallOptions::background())
        .await
        .unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    budget
        .token(Family::SsoAdmin, &CallOptions::background())
        .await
        .unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_waits_for_nothing_in_its_account_and_a_create_for_both() {
    use OperationKind::{Creation, Deletion};
    let budget = Budget::new(BudgetSettings::default());
    let options = CallOptions::revocation("alice");
    for (open, wanted, waits) in [
        (Creation, Deletion, false),
        (Creation, Creation, true),
        (Deletion, Deletion, false),
        (Deletion, Creation, true),
    ] {
        let held = budget.start(&options, &account(1), open).await.unwrap();
        let start = Instant::now();
        let second = budget.start(&options, &account(1), wanted).await;
        assert_eq!(second.is_err(), waits, "{wanted:?} while {open:?} is open");
        assert_eq!(start.elapsed() > Duration::ZERO, waits);
        drop(held);
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_waits_until_the_operation_in_its_account_finishes() {
    let budget = Budget::new(BudgetSettings::default());
    let options = CallOptions::decision("alice");
    let (busy, free) = (account(1), account(2));
    let first = budget.start(&options, &busy, OperationKind::Deletion);
    assert_eq!(
        first.await.unwrap().keep(&request("first")),
        Duration::from_secs(2)
    );
    let elsewhere = budget.start(&options, &free, OperationKind::Creation);
    drop(elsewhere.await.unwrap());
    let waiting = budget.start(&options, &busy, OperationKind::Creation);
    let over = async {
        tokio::time::sleep(Duration::from_secs(5)).await; // on the paused clock
        budget.settled(OperationKind::Deletion, &request("first"));
    };
    let start = Instant::now();
    let (second, ()) = tokio::join!(waiting, over);
    second.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn operations_that_fill_every_slot_keep_no_deletion_waiting() {
    let settings = BudgetSettings {
        outstanding: 2,
        ..BudgetSettings::default()
    };
    let budget = Budget::new(settings);
    let (decision, revocation) = (CallOptions::decision("alice"), CallOptions::revocation("bob"));
    for number in 0..2 {
        let busy = account(number);
        let slot = budget.start(&decision, &busy, OperationKind::Creation);
        slot.await.unwrap().keep(&request(&number.to_string()));
    }
    let free = account(8);
    let slot = budget.start(&decision, &free, OperationKind::Creation);
    assert!(timeout(Duration::from_secs(1), slot).await.is_err());
    let start = Instant::now();
    for number in 0..4 {
        let other = account(number);
        let slot = budget.start(&revocation, &other, OperationKind::Deletion);
        slot.await.unwrap().keep(&request(&format!("deletion {number}")));
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn where_aws_refused_a_deletion_the_next_ones_go_one_a_second_and_nobody_elsewhere_waits() {
    let budget = Budget::new(BudgetSettings::default());
    let (busy, free) = (account(1), account(2));
    budget.busy(&busy);
    let start = Instant::now();
    let served: Arc<Mutex<Vec<(u64, u64)>>> = Arc::default();
    let mut tasks = Vec::new();
    for number in 0..3 {
        let (budget, served, busy) = (budget.clone(), served.clone(), busy.clone());
        tasks.push(tokio::spawn(async move {
            let options = CallOptions::revocation(format!("person {number}"));
            let slot = budget.start(&options, &busy, OperationKind::Deletion).await;
            drop(slot.unwrap());
            served.lock().unwrap().push((number, start.elapsed().as_secs()));
        }));
        tokio::task::yield_now().await; // lets it enter the queue before the next comes
    }
    let other = CallOptions::revocation("other");
    let elsewhere = budget.start(&other, &free, OperationKind::Deletion);
    drop(elsewhere.await.unwrap());
    assert_eq!(start.elapsed(), Duration::ZERO);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*served.lock().unwrap(), [(0, 1), (1, 2), (2, 3)]);
    tokio::time::advance(Duration::from_mins(2)).await;
    budget.busy(&free);
    let start = Instant::now();
    for _ in 0..2 {
        let again = budget.start(&other, &busy, OperationKind::Deletion);
        drop(again.await.unwrap());
    }
    assert_eq!(
        start.elapsed(),
        Duration::ZERO,
        "what was refused long ago says nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_never_finishes_releases_its_slot_after_ten_minutes() {
    let settings = BudgetSettings {
        longest_wait: Duration::from_hours(1),
        ..BudgetSettings::default()
    };
    let budget = Budget::new(settings);
    let slot = budget
        .start(
            &CallOptions::decision("alice"),
            &account(1),
            OperationKind::Creation,
        )
        .await
        .unwrap();
    slot.keep(&request("stuck"));
    let start = Instant::now();
    budget
        .start(
            &CallOptions::decision("bob"),
            &account(1),
            OperationKind::Creation,
        )
        .await
        .unwrap();
    assert_eq!(start.elapsed(), Duration::from_mins(10));
}

#[tokio::test(start_paused = true)]
async fn status_calls_for_an_operation_come_at_growing_intervals() {
    let budget = Budget::new(BudgetSettings::default());
    let slot = budget
        .start(
            &CallOptions::decision("alice"),
            &account(1),
            OperationKind::Creation,
        )
        .await
        .unwrap();
    let mut wait = slot.keep(&request("slow"));
    let mut waits = Vec::new();
    for _ in 0..7 {
        let poll = |budget: &Budget| budget.poll(&account(1), OperationKind::Creation, &request("slow"));
        assert_eq!(poll(&budget), Poll::NotBefore(wait));
        tokio::time::advance(wait).await;
        assert_eq!(poll(&budget), Poll::Due);
        waits.push(wait.as_millis());
        wait = budget.still_open(OperationKind::Creation, &request("slow"));
    }
    assert_eq!(waits, [2_000, 3_200, 5_120, 8_192, 13_107, 15_000, 15_000]);
}

#[tokio::test(start_paused = true)]
async fn an_operation_from_before_a_restart_takes_a_slot_again() {
    let budget = Budget::new(BudgetSettings::default());
    assert_eq!(
        budget.poll(&account(1), OperationKind::Creation, &request("old")),
        Poll::Due
    );
    assert_eq!(budget.under_way(), 1);
    budget.settled(OperationKind::Creation, &request("old"));
    assert_eq!(budget.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_overtakes_a_create_that_waits_to_call() {
    let budget = Budget::new(BudgetSettings {
        sso_admin_rate: 0.1,
        ..BudgetSettings::default()
    });
    let background = CallOptions::background();
    budget.token(Family::SsoAdmin, &background).await.unwrap();
    let order: Arc<Mutex<Vec<OperationKind>>> = Arc::default();
    let started = |kind: OperationKind, options: CallOptions| {
        let (budget, order) = (budget.clone(), order.clone());
        tokio::spawn(async move {
            let slot = budget.start(&options, &account(1), kind).await.unwrap();
            order.lock().unwrap().push(kind);
            drop(slot);
        })
    };
    let create = started(OperationKind::Creation, CallOptions::decision("alice"));
    tokio::task::yield_now().await; // now it is next and waits for a token
    let delete = started(OperationKind::Deletion, CallOptions::revocation("bob"));
    delete.await.unwrap();
    create.await.unwrap();
    assert_eq!(
        *order.lock().unwrap(),
        [OperationKind::Deletion, OperationKind::Creation]
    );
}
