//! Sinks that are full, closed or hang: creates wait, nothing is lost, nobody else waits.

use std::time::Duration;

use tokio::time::{advance, sleep};

use super::bench::*;
use crate::journal::Health;
use crate::journal::shared::CAPACITY;

#[tokio::test(start_paused = true)]
async fn lines_are_in_the_sink_then_under_the_head_and_then_under_a_checkpoint_in_the_sink() {
    let bench = Bench::new();
    let process = bench.start(1);
    process.tells("one");
    process.tells("two");
    process.is_done().await;
    sleep(Duration::from_secs(1)).await;
    let (lines, verifier) = bench.verified();
    assert_eq!(
        (lines[0]["kind"].as_str(), texts(&lines)),
        (Some("Origin"), vec!["one", "two"])
    );
    assert_eq!((verifier.counts.uncommitted, verifier.counts.foreign), (0, 0));
    let writes = bench.heads.state.lock().unwrap().writes;
    sleep(Duration::from_hours(1)).await;
    assert_eq!(
        bench.heads.state.lock().unwrap().writes,
        writes,
        "an idle journal writes nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn the_head_is_written_at_most_once_a_second_however_many_lines_there_are() {
    let bench = Bench::new();
    let process = bench.start(1);
    for number in 0..100 {
        process.tells(&format!("line {number}"));
        sleep(Duration::from_millis(100)).await;
    }
    process.is_done().await;
    let writes = bench.heads.state.lock().unwrap().writes;
    assert!((10..=12).contains(&writes), "{writes} writes in 10 s");
    assert_eq!(texts(&bench.verified().0).len(), 100);
}

#[tokio::test(start_paused = true)]
async fn after_a_full_disk_the_whole_line_comes_again_and_the_stump_is_named() {
    let bench = Bench::new();
    let process = bench.start(1);
    process.tells("before");
    process.is_done().await;
    bench.bytes.be(SinkMode::HasSpaceFor(25));
    process.tells("while it is full");
    assert!(process.fails().await.contains("the sink does not take lines"));
    let is_sunk = process
        .journal
        .is_sunk_within(Duration::from_secs(10), || true)
        .await;
    assert!(!is_sunk, "a create waits, and is not sent");
    bench.bytes.be(SinkMode::Takes);
    process.recovers().await;
    process.is_done().await;
    let (lines, verifier) = bench.verified();
    assert_eq!(texts(&lines), ["before", "while it is full"]);
    assert_eq!(verifier.counts.foreign, 1, "{:?}", verifier.findings);
    assert!(process.journal.measures().sink_failures > 0);
}

#[tokio::test(start_paused = true)]
async fn a_closed_pipe_that_comes_back_is_noticed_without_another_line() {
    let bench = Bench::new();
    let process = bench.start(1);
    process.tells("first");
    process.is_done().await;
    bench.heads.be(HeadMode::Hangs);
    process.tells("in the sink");
    assert!(process.journal.is_sunk_within(A_WHILE, || true).await);
    bench.bytes.be(SinkMode::IsClosed);
    bench.heads.be(HeadMode::Answers);
    process.is_done().await;
    // Only the checkpoint is left to write, and it alone shows that the pipe is closed.
    assert!(process.fails().await.contains("broken pipe"));
    bench.bytes.be(SinkMode::Takes);
    process.recovers().await;
    assert_eq!(texts(&bench.verified().0), ["first", "in the sink"]);
}

/// The clock of a test stands still by itself while a write of the sink is under way.
async fn seconds_pass(count: usize) {
    for _ in 0..count {
        advance(Duration::from_secs(1)).await;
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_hangs_stops_creates_and_neither_the_head_nor_the_end_of_the_process() {
    let bench = Bench::new();
    let process = bench.start_with(1, key(7), true);
    process.tells("before");
    assert!(process.journal.is_sunk_within(A_WHILE, || true).await);
    bench.bytes.be(SinkMode::Hangs);
    process.tells("while it hangs");
    seconds_pass(8).await;
    assert!(process.fails().await.contains("has not answered for 5 s"));
    let head = bench.heads.stored().unwrap().head.unwrap();
    assert_eq!(head.size, 2, "what was in the sink is under the head");
    let closing = tokio::spawn({
        let journal = process.journal.clone();
        async move { journal.close().await }
    });
    tokio::task::yield_now().await;
    seconds_pass(3).await;
    assert!(
        closing.is_finished(),
        "the end of the process waits two seconds at most"
    );
    bench.bytes.be(SinkMode::Takes);
    process.is_done().await;
    process.recovers().await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!(texts(&bench.verified().0), ["before", "while it hangs"]);
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_space_is_counted_in_a_line_and_steps_are_handed_over_later() {
    let bench = Bench::new();
    let process = bench.start(1);
    process.tells("first");
    process.is_done().await;
    bench.bytes.be(SinkMode::IsClosed);
    process.tells("second");
    process.fails().await;
    for number in 0..CAPACITY {
        process.tells(&format!("line {number}"));
    }
    process.tells("dropped");
    assert!(!process.steps("u", 2), "a step finds no space either");
    let hand_over = || process.steps("u", 2);
    let within = Duration::from_secs(10);
    assert!(
        !process.journal.is_sunk_within(within, hand_over).await,
        "and a create waits for it"
    );
    bench.bytes.be(SinkMode::Takes);
    assert!(process.journal.is_sunk_within(A_WHILE, hand_over).await);
    process.is_done().await;
    let (lines, _) = bench.verified();
    assert_eq!(texts(&lines).len(), CAPACITY + 2);
    let dropped: Vec<_> = lines
        .iter()
        .filter(|line| line["kind"] == "LinesDropped")
        .collect();
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0]["entry"]["count"], 1, "steps are not among them");
    assert_eq!(steps_of(&lines).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_has_not_begun_grants_nothing() {
    let bench = Bench::new();
    bench.heads.be(HeadMode::IsAway);
    let process = bench.start(1);
    process.tells("waits");
    assert!(matches!(process.health(), Health::Unwritable(_)));
    assert!(process.fails().await.contains("the API server is away"));
    bench.heads.be(HeadMode::Answers);
    process.recovers().await;
    process.is_done().await;
}
