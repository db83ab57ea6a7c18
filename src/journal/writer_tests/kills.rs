//! A process that is killed at each step between a stored step, the sink, the head and `status.recorded`.

use std::time::Duration;

use tokio::time::sleep;

use super::bench::*;
use crate::domain::journal::Around;

/// Where the first process is killed.
#[derive(Debug, Clone, Copy)]
enum At {
    /// The step is stored, and nothing of it is in the sink.
    BeforeTheSink,
    /// Half of its line is in the sink.
    WithinTheSink,
    /// Its line is in the sink, and the head did not move.
    BeforeTheHead,
    /// The head moved, and the process did not learn of it.
    WithinTheHead,
    /// The head moved, and the checkpoint is not in the sink.
    BeforeTheCheckpoint,
    /// All is written but `status.recorded`.
    BeforeRecorded,
}

async fn killed(bench: &Bench, at: At) {
    let process = bench.start(1);
    process.steps("u", 1);
    process.is_done().await;
    sleep(Duration::from_secs(2)).await;
    match at {
        At::BeforeTheSink => bench.bytes.be(SinkMode::IsClosed),
        At::WithinTheSink => bench.bytes.be(SinkMode::HasSpaceFor(40)),
        At::BeforeTheHead => bench.heads.be(HeadMode::IsAway),
        At::WithinTheHead => bench.heads.be(HeadMode::LosesAnswers),
        At::BeforeTheCheckpoint => bench.heads.be(HeadMode::Hangs),
        At::BeforeRecorded => {}
    }
    process.steps("u", 3);
    match at {
        At::BeforeTheSink | At::WithinTheSink => drop(process.fails().await),
        At::BeforeTheHead => assert!(process.journal.is_sunk_within(A_WHILE, || true).await),
        At::WithinTheHead => {
            let written = |size: u64| bench.heads.stored().unwrap().head.unwrap().size == size;
            while !written(4) {
                sleep(Duration::from_millis(100)).await;
            }
        }
        At::BeforeTheCheckpoint => {
            assert!(process.journal.is_sunk_within(A_WHILE, || true).await);
            bench.bytes.be(SinkMode::IsClosed);
            bench.heads.be(HeadMode::Answers);
            process.is_done().await;
        }
        At::BeforeRecorded => {
            process.is_done().await;
            sleep(Duration::from_secs(2)).await;
        }
    }
    process.task.abort();
    assert!(process.task.await.unwrap_err().is_cancelled());
    bench.bytes.be(SinkMode::Takes);
    bench.heads.be(HeadMode::Answers);
}

#[tokio::test(start_paused = true)]
async fn wherever_a_process_is_killed_the_next_one_completes_the_history_and_forks_nothing() {
    let points = [
        At::BeforeTheSink,
        At::WithinTheSink,
        At::BeforeTheHead,
        At::WithinTheHead,
        At::BeforeTheCheckpoint,
        At::BeforeRecorded,
    ];
    for at in points {
        let bench = Bench::new();
        killed(&bench, at).await;
        let next = bench.start(2);
        let mut around = Around::default();
        around.is_recovered = true;
        // Of the first step status.recorded tells, and of the others it does not.
        let mut request = request("u", 3);
        request.status.recorded = Some(1);
        assert!(next.journal.steps(&request, &around), "{at:?}");
        next.is_done().await;
        sleep(Duration::from_secs(2)).await;
        assert_eq!(next.journal.committed("u"), 3, "{at:?}");
        let (lines, verifier) = bench.verified();
        assert_eq!(verifier.trees().len(), 1, "{at:?}: {:?}", verifier.findings);
        assert_eq!(steps_of(&lines).len(), 3, "{at:?}");
        let of_next = lines.iter().filter(|line| line["journal"]["term"] == 2);
        assert!(
            of_next
                .filter(|line| line["kind"] == "RequestStep")
                .all(|line| line["facts"]["recovered"] == true),
            "{at:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_is_told_again_and_what_is_not_is_told_once() {
    let bench = Bench::new();
    let process = bench.start(1);
    let time = crate::api::Timestamp::from(chrono::DateTime::UNIX_EPOCH);
    let policy = || {
        let line = crate::domain::journal::Line::of(
            crate::domain::journal::Kind::Policy,
            time,
            serde_json::json!({ "text": "policy" }),
        );
        process
            .journal
            .once("p", crate::domain::journal::Kind::Policy, "1", || line)
    };
    assert!(policy() && policy());
    process
        .journal
        .keep_only(crate::domain::journal::Kind::Policy, |uid| uid == "p");
    assert!(policy());
    process.is_done().await;
    assert_eq!(texts(&bench.verified().0), ["policy"]);
    process
        .journal
        .keep_only(crate::domain::journal::Kind::Policy, |_| false);
    assert!(policy());
    process.journal.forget("p");
    assert!(policy());
    process.is_done().await;
    assert_eq!(texts(&bench.verified().0), ["policy"; 3]);
}
