//! Heads that conflict, are lost, copied, restored or edited by hand, and keys that are exchanged.

use std::time::Duration;

use tokio::time::sleep;

use super::bench::*;
use crate::journal::{CompactRange, Verifier};

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_read_back_and_no_line_comes_twice() {
    let bench = Bench::new();
    let process = bench.start(1);
    process.tells("one");
    process.is_done().await;
    bench.heads.be(HeadMode::LosesAnswers);
    process.tells("two");
    process.is_done().await;
    process.tells("three");
    bench.heads.be(HeadMode::Answers);
    process.is_done().await;
    sleep(Duration::from_secs(1)).await;
    let (lines, verifier) = bench.verified();
    assert_eq!(texts(&lines), ["one", "two", "three"]);
    assert_eq!((verifier.counts.uncommitted, verifier.counts.repetitions), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn while_the_head_is_away_lines_go_on_and_creates_too() {
    let bench = Bench::new();
    let process = bench.start(1);
    process.tells("one");
    process.is_done().await;
    bench.heads.be(HeadMode::IsAway);
    process.tells("two");
    assert!(
        process
            .journal
            .is_sunk_within(Duration::from_secs(1), || true)
            .await
    );
    sleep(Duration::from_secs(30)).await;
    assert!(!process.journal.is_empty_within(Duration::from_secs(1)).await);
    let measures = process.journal.measures();
    assert!(
        measures.lag.unwrap() >= Duration::from_secs(30) && measures.head_failures > 10,
        "{measures:?}"
    );
    bench.heads.be(HeadMode::Answers);
    process.is_done().await;
    assert_eq!(process.journal.measures().lag, None);
    assert_eq!(texts(&bench.verified().0), ["one", "two"]);
}

#[tokio::test(start_paused = true)]
async fn of_two_leaders_on_one_head_both_have_all_their_lines_committed() {
    let bench = Bench::new();
    let (one, other) = (bench.start(1), bench.start(2));
    for number in 0..20 {
        one.tells(&format!("one {number}"));
        other.tells(&format!("other {number}"));
        one.steps("u", number / 4);
        other.steps("u", number / 4);
        sleep(Duration::from_millis(300)).await;
    }
    one.is_done().await;
    other.is_done().await;
    sleep(Duration::from_secs(2)).await;
    let (lines, verifier) = bench.verified();
    let told: std::collections::BTreeSet<&str> = texts(&lines).into_iter().collect();
    assert_eq!(told.len(), 40, "{told:?}");
    assert_eq!(steps_of(&lines).len(), 4);
    assert!(
        verifier.counts.uncommitted > 0,
        "lines of the one that lost are named: {:?}",
        verifier.counts
    );
}

/// The trees that the lines belong to, and what the first line of the newest one says.
fn second_tree(verifier: &Verifier, lines: &[serde_json::Value]) -> (String, serde_json::Value) {
    let trees = verifier.trees();
    assert_eq!(trees.len(), 2, "{:?}", verifier.findings);
    let first = lines.iter().rfind(|line| line["kind"] == "Origin").unwrap();
    assert_eq!(first["journal"]["origin"], trees[1].origin.as_str());
    let origins = first["entry"]["origins"].as_array().unwrap();
    assert!(origins.contains(&trees[0].origin.as_str().into()), "{first}");
    let why = first["entry"]["why"].as_str().unwrap().to_owned();
    (why, first["entry"]["previous"].clone())
}

#[tokio::test(start_paused = true)]
async fn a_head_that_is_lost_edited_or_put_back_while_a_process_runs_begins_another_tree() {
    type Change = fn(&mut Option<crate::journal::StoredHead>, crate::journal::StoredHead);
    let changes: [(Change, &str); 4] = [
        (|stored, _| *stored = None, "there is no head"),
        (
            |stored, _| stored.as_mut().unwrap().head = None,
            "the head holds something else",
        ),
        (
            |stored, _| {
                let head = stored.as_mut().unwrap().head.as_mut().unwrap();
                head.range[0] = crate::journal::text_of(&[1; 32]);
            },
            "the head is not believed",
        ),
        (
            |stored, old| *stored = Some(old),
            "the head is behind what was written",
        ),
    ];
    for (change, why) in changes {
        let bench = Bench::new();
        let process = bench.start(1);
        process.tells("one");
        process.is_done().await;
        let old = bench.heads.stored().unwrap();
        process.tells("two");
        process.is_done().await;
        sleep(Duration::from_secs(2)).await;
        let note = bench.heads.stored().unwrap().head.unwrap().note;
        bench.heads.change(|stored| change(stored, old));
        process.tells("three");
        process.is_done().await;
        sleep(Duration::from_secs(2)).await;
        let (lines, verifier) = bench.verified();
        assert_eq!(texts(&lines), ["one", "two", "three"], "{why}");
        let (told, previous) = second_tree(&verifier, &lines);
        assert!(told.contains(why), "{told}");
        assert_eq!(
            previous,
            note.as_str(),
            "the newest checkpoint that is known, and not that of the head"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_is_copied_or_behind_the_file_begins_another_tree_at_the_next_start() {
    for (is_copied, why) in [
        (true, "copied from another object"),
        (false, "behind what was written"),
    ] {
        let bench = Bench::new();
        let process = bench.start_with(1, key(7), true);
        process.tells("one");
        process.is_done().await;
        process.tells("two");
        process.is_done().await;
        let old = bench.heads.stored().unwrap();
        process.tells("three");
        process.is_done().await;
        sleep(Duration::from_secs(2)).await;
        process.task.abort();
        if is_copied {
            bench
                .heads
                .change(|stored| stored.as_mut().unwrap().uid = "another".to_owned());
        } else {
            bench.heads.change(|stored| *stored = Some(old));
        }
        let next = bench.start_with(2, key(7), true);
        next.tells("four");
        next.is_done().await;
        sleep(Duration::from_secs(2)).await;
        let (lines, verifier) = bench.verified();
        assert_eq!(texts(&lines), ["one", "two", "three", "four"]);
        assert!(second_tree(&verifier, &lines).0.contains(why));
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_of_the_same_size_about_other_lines_is_not_gone_on_with() {
    let bench = Bench::new();
    let process = bench.start(1);
    process.tells("one");
    process.is_done().await;
    sleep(Duration::from_secs(2)).await;
    bench.heads.change(|stored| {
        let head = stored.as_mut().unwrap().head.as_mut().unwrap();
        let mut range = CompactRange::default();
        (0..head.size).for_each(|number| range.push([u8::try_from(number).unwrap(); 32]));
        let checkpoint = crate::journal::Checkpoint {
            origin: head.origin.clone(),
            size: range.size(),
            root: range.root(),
        };
        let note = key(7).sign(&checkpoint);
        *head = crate::journal::Head::of(&range, &head.origin.clone(), note, head.term, vec![]);
    });
    process.tells("two");
    process.is_done().await;
    sleep(Duration::from_secs(2)).await;
    let (lines, verifier) = bench.verified();
    assert!(second_tree(&verifier, &lines).0.contains("about other lines"));
}

#[tokio::test(start_paused = true)]
async fn the_last_line_under_a_key_names_the_next_one_and_whoever_knows_the_first_follows() {
    let bench = Bench::new();
    let process = bench.start(1);
    process.tells("under the first key");
    process.is_done().await;
    process.journal.exchange_key(key(7));
    sleep(Duration::from_secs(5)).await;
    process.journal.exchange_key(key(8));
    sleep(Duration::from_secs(5)).await;
    process.tells("under the second key");
    process.is_done().await;
    sleep(Duration::from_secs(2)).await;
    let (lines, verifier) = bench.verified();
    assert_eq!(texts(&lines), ["under the first key", "under the second key"]);
    let (why, _) = second_tree(&verifier, &lines);
    assert_eq!(why, "the key was exchanged");
    let rotation: Vec<_> = lines
        .iter()
        .filter(|line| line["kind"] == "KeyRotation")
        .collect();
    assert_eq!(rotation.len(), 1, "the same key is no news");
    let next = &rotation[0]["entry"]["next"];
    let origin = &verifier.trees()[1].origin;
    assert_eq!(next["origin"], origin.as_str());
    assert_eq!(next["vkey"], key(8).verifier(origin).to_string());
    let last_of_first = verifier.trees()[0].range.size() - 1;
    assert_eq!(rotation[0]["journal"]["index"], last_of_first);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_exchanged_in_silence_is_not_believed() {
    let bench = Bench::new();
    let process = bench.start(1);
    process.tells("one");
    process.is_done().await;
    sleep(Duration::from_secs(2)).await;
    process.task.abort();
    let next = bench.start_with(2, key(8), false);
    next.tells("two");
    next.is_done().await;
    sleep(Duration::from_secs(2)).await;
    let text = String::from_utf8(bench.bytes.text()).unwrap();
    assert!(text.contains("its checkpoint is not of this key"), "{text}");
    let mut verifier = Verifier::new(vec![key(7).verifier("any")], vec![]);
    for (line, number) in text.lines().zip(1..) {
        let position = crate::journal::Position {
            file: "f".to_owned(),
            line: number,
        };
        verifier.line(line.as_bytes(), &position, &mut |_| {});
    }
    assert_eq!(
        verifier.finish(),
        crate::journal::Verdict::Broken,
        "nobody signed the new key"
    );
}
