//! The verifier on good files and on tampered ones.

use serde_json::json;

use super::*;
use crate::api::Timestamp;
use crate::domain::journal::{Key, Kind, Line};

const ORIGIN: &str = "team-operator.io/journal/test";

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; SEED_BYTES]).unwrap()
}

/// A journal as a writer writes it: lines, and after each batch a checkpoint.
struct Journal {
    origin: String,
    lines: Vec<String>,
    range: CompactRange,
    term: i64,
    note: String,
}

impl Journal {
    fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            lines: vec![],
            range: CompactRange::default(),
            term: 1,
            note: String::new(),
        }
    }

    fn of_batches(batches: &[usize]) -> Self {
        let mut journal = Self::new(ORIGIN);
        for count in batches {
            journal.batch(*count);
        }
        journal
    }

    fn line(&self, index: u64, text: &str) -> String {
        let line = Line {
            kind: Kind::RequestStep,
            time: Timestamp::from(chrono::DateTime::UNIX_EPOCH),
            key: Some(Key {
                uid: format!("u{}", index % 3),
                sequence: 1,
            }),
            entry: json!({ "text": text }),
            facts: json!({}),
        };
        let place = Place {
            origin: self.origin.clone(),
            index,
            term: self.term,
        };
        leaf(&place, &line)
    }

    fn add(&mut self, text: &str) {
        let line = self.line(self.range.size(), text);
        self.range.push(leaf_hash(line.as_bytes()));
        self.lines.push(line);
    }

    fn batch(&mut self, count: usize) {
        (0..count).for_each(|number| self.add(&format!("line {number}")));
        self.commit();
    }

    fn commit(&mut self) {
        self.note = key().sign(&Checkpoint {
            origin: self.origin.clone(),
            size: self.range.size(),
            root: self.range.root(),
        });
        self.lines.push(checkpoint(&StoredCheckpoint {
            note: self.note.clone(),
            range: self.range.clone(),
            term: self.term,
        }));
    }

    fn held(&self) -> Held {
        held(&self.note)
    }
}

fn held(note: &str) -> Held {
    Held {
        from: "a mail".to_owned(),
        checkpoint: Checkpoint::read(note).unwrap(),
        compared: false,
    }
}

/// What the verifier makes of a text: the verdict, the committed lines and what it found.
fn verified(text: &[u8], held: Vec<Held>) -> (Verdict, Vec<String>, Verifier) {
    let keys = vec![key().verifier(ORIGIN), key().verifier("next")];
    let mut verifier = Verifier::new(keys, held);
    let mut committed = vec![];
    for (bytes, line) in text.split(|byte| *byte == b'\n').zip(1..) {
        let position = Position {
            file: "f".to_owned(),
            line,
        };
        verifier.line(bytes, &position, &mut |one| {
            committed.push(String::from_utf8_lossy(one.bytes).into_owned());
        });
    }
    let verdict = verifier.finish();
    (verdict, committed, verifier)
}

fn text(lines: &[String]) -> Vec<u8> {
    (lines.join("\n") + "\n").into_bytes()
}

fn sentences(verifier: &Verifier) -> String {
    let all = verifier.findings.iter().map(|finding| finding.sentence.as_str());
    all.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_whole_journal_is_sound_to_its_end_where_somebody_outside_knows_the_end() {
    let journal = Journal::of_batches(&[1, 5, 2, 9]);
    let file = text(&journal.lines);
    let (verdict, committed, _) = verified(&file, vec![journal.held()]);
    assert_eq!((verdict, committed.len()), (Verdict::SoundToItsEnd, 17));
    assert_eq!(verified(&file, vec![]).0, Verdict::EndNotProvable);
    assert_eq!(verified(b"", vec![]).0, Verdict::Unreadable);
    assert_eq!(verified(b"something else\n", vec![]).0, Verdict::Unreadable);
}

/// Every way to change the text in one place.
fn mutated(text: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let (one, other) = (random.usize(..lines.len() - 1), random.usize(..lines.len() - 1));
    match random.u8(..8) {
        0 => {
            let mut bytes = text.to_vec();
            let at = random.usize(..bytes.len());
            bytes[at] ^= 1 << random.u8(..8);
            return bytes;
        }
        1 => {
            let mut bytes = text.to_vec();
            bytes.remove(random.usize(..bytes.len()));
            return bytes;
        }
        2 => return text[..random.usize(..text.len())].to_vec(),
        3 => drop(lines.remove(one)),
        4 => lines.swap(one, other),
        5 => {
            let (first, last) = (one.min(other), one.max(other));
            lines.drain(first..last);
        }
        // The content of two lines trades places, and the indexes stay.
        6 => {
            let swap = |from: &[u8], with: &[u8]| -> Option<Vec<u8>> {
                let mut from = content(from)?;
                from["entry"] = content(with)?["entry"].clone();
                Some(from.to_string().into_bytes())
            };
            let (first, second) = (lines[one].clone(), lines[other].clone());
            if let (Some(first), Some(second)) = (swap(&first, &second), swap(&second, &first)) {
                lines[one] = first;
                lines[other] = second;
            }
        }
        _ => lines.insert(other, lines[one].clone()),
    }
    lines.join(&b'\n')
}

#[test]
fn no_change_of_what_was_committed_is_taken_for_sound() {
    let journal = Journal::of_batches(&[1, 4, 2, 7, 3]);
    let file = text(&journal.lines);
    let (_, original, _) = verified(&file, vec![journal.held()]);
    let mut random = fastrand::Rng::with_seed(17);
    let (mut found, mut harmless) = (0, 0);
    for number in 0..20_000 {
        let changed = mutated(&file, &mut random);
        let (verdict, committed, verifier) = verified(&changed, vec![journal.held()]);
        if verdict == Verdict::SoundToItsEnd {
            let begin = usize::try_from(verifier.trees()[0].begin).unwrap();
            assert_eq!(
                committed,
                original[begin..],
                "mutation {number}: {}",
                sentences(&verifier)
            );
            harmless += 1;
        } else {
            assert!(
                !verifier.findings.is_empty() || verdict == Verdict::Unreadable,
                "mutation {number}"
            );
            found += 1;
        }
    }
    println!("{found} of 20000 mutations found, {harmless} changed nothing that was committed");
    assert!(
        found > 10_000 && harmless > 1_000,
        "{found} found, {harmless} harmless"
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let journal = Journal::of_batches(&[3, 3]);
    let with = |change: fn(&mut Vec<String>)| {
        let mut lines = journal.lines.clone();
        change(&mut lines);
        sentences(&verified(&text(&lines), vec![journal.held()]).2)
    };
    let edited = with(|lines| lines[1] = lines[1].replace("line 1", "line X"));
    assert!(
        edited.contains("Among lines 0 to 2 (from f line 1 on) at least one was changed"),
        "{edited}"
    );
    let dropped = with(|lines| drop(lines.remove(4)));
    assert!(
        dropped.contains("Lines 3 to 3 are missing, up to the checkpoint in f line 7"),
        "{dropped}"
    );
    let cut = with(|lines| lines.truncate(4));
    assert!(
        cut.contains("The lines end at 3, and the checkpoint from a mail has 6"),
        "{cut}"
    );
    let half = with(|lines| lines.insert(2, "{\"journal\":{\"ori".to_owned()));
    assert!(half.contains("f line 3 is half a line"), "{half}");
    let forged = with(|lines| lines[3] = lines[3].replace("\\n3\\n", "\\n4\\n"));
    assert!(
        forged.contains("The checkpoint in f line 4 does not count"),
        "{forged}"
    );
}

#[test]
fn of_two_writers_the_line_counts_that_the_next_checkpoint_commits_to() {
    let mut journal = Journal::of_batches(&[2]);
    let mut lost = journal.lines.clone();
    journal.term = 0;
    lost.push(journal.line(2, "of a writer that lost its lease"));
    lost.push(journal.line(3, "and one more"));
    journal.term = 2;
    journal.lines = lost;
    journal.batch(3);
    let (verdict, committed, verifier) = verified(&text(&journal.lines), vec![journal.held()]);
    assert_eq!((verdict, committed.len()), (Verdict::SoundToItsEnd, 5));
    assert!(committed.iter().all(|line| !line.contains("lost its lease")));
    assert_eq!(verifier.counts.uncommitted, 2);
}

#[test]
fn wherever_the_lines_of_a_writer_that_lost_an_empty_head_stand_they_are_uncommitted_and_nothing_else_is() {
    let journal = Journal::of_batches(&[2, 3]);
    let rival = Journal::new("rival");
    for place in 0..=journal.lines.len() {
        for other in place..=journal.lines.len() {
            let mut lines = journal.lines.clone();
            lines.insert(other, rival.line(1, "of the loser"));
            lines.insert(place, rival.line(0, "of the loser"));
            let (verdict, committed, verifier) = verified(&text(&lines), vec![journal.held()]);
            let found = sentences(&verifier);
            assert_eq!(
                (verdict, committed.len()),
                (Verdict::SoundToItsEnd, 5),
                "{place} {other}: {found}"
            );
            assert_eq!(
                (verifier.trees().len(), verifier.counts.uncommitted),
                (1, 2),
                "{found}"
            );
            assert!(found.contains("committed to by no checkpoint"), "{found}");
        }
    }
}

#[test]
fn two_signed_histories_are_named() {
    let one = Journal::of_batches(&[2, 2]);
    let mut other = Journal::of_batches(&[2]);
    other.add("something else");
    other.add("and more of it");
    other.commit();
    let (verdict, _, verifier) = verified(&text(&one.lines), vec![other.held()]);
    assert_eq!(verdict, Verdict::Broken);
    assert!(sentences(&verifier).contains("two histories were signed"));
    let mut both = one.lines.clone();
    both.extend(other.lines.last().cloned());
    let (verdict, _, verifier) = verified(&text(&both), vec![]);
    assert_eq!(verdict, Verdict::Broken);
    assert!(sentences(&verifier).contains("disagree about the first 4 lines"));
}

#[test]
fn a_rotated_file_is_verified_from_its_first_checkpoint_on() {
    let journal = Journal::of_batches(&[3, 2, 4]);
    let rotated = text(&journal.lines[2..]);
    let (verdict, committed, verifier) = verified(&rotated, vec![journal.held()]);
    assert_eq!(
        (verdict, committed.len()),
        (Verdict::SoundToItsEnd, 6),
        "{}",
        sentences(&verifier)
    );
    assert_eq!(verifier.trees()[0].begin, 3);
    assert!(sentences(&verifier).contains("stand before the first checkpoint"));
}

#[test]
fn a_line_that_was_redacted_is_counted_and_the_tree_holds() {
    let mut journal = Journal::of_batches(&[3, 2]);
    journal.lines[1] = redacted(journal.lines[1].as_bytes()).unwrap();
    let (verdict, _, verifier) = verified(&text(&journal.lines), vec![journal.held()]);
    assert_eq!((verdict, verifier.counts.redacted), (Verdict::SoundToItsEnd, 1));
}

#[test]
fn a_new_origin_names_the_end_of_the_one_before_it() {
    let first = Journal::of_batches(&[3, 2]);
    let mut next = Journal::new("next");
    let line = json!({
        "journal": { "origin": "next", "index": 0, "term": 1 }, "kind": "Origin", "time": "1970-01-01T00:00:00Z",
        "entry": { "previous": first.note },
    });
    let line = line.to_string();
    next.range.push(leaf_hash(line.as_bytes()));
    next.lines.push(line);
    next.commit();
    let whole = [first.lines.clone(), next.lines.clone()].concat();
    let (verdict, committed, verifier) = verified(&text(&whole), vec![next.held()]);
    assert_eq!(
        (verdict, committed.len()),
        (Verdict::SoundToItsEnd, 6),
        "{}",
        sentences(&verifier)
    );
    let cut = [first.lines[..4].to_vec(), next.lines.clone()].concat();
    let (verdict, _, verifier) = verified(&text(&cut), vec![next.held()]);
    assert_eq!(verdict, Verdict::Broken);
    assert!(sentences(&verifier).contains("the checkpoint from the first line of next has 5"));
}

#[test]
fn a_run_goes_on_from_what_was_verified_before() {
    let journal = Journal::of_batches(&[3, 2]);
    let mut verifier = Verifier::new(vec![key().verifier(ORIGIN)], vec![journal.held()]);
    let mut known = CompactRange::default();
    journal.lines[..3]
        .iter()
        .for_each(|line| known.push(leaf_hash(line.as_bytes())));
    verifier.go_on_from(ORIGIN, known);
    let mut committed = 0;
    for line in &journal.lines {
        let position = Position {
            file: "f".to_owned(),
            line: 1,
        };
        verifier.line(line.as_bytes(), &position, &mut |_| committed += 1);
    }
    assert_eq!((verifier.finish(), committed), (Verdict::SoundToItsEnd, 2));
}

#[test]
fn a_checkpoint_of_another_key_does_not_count() {
    let journal = Journal::of_batches(&[3]);
    let mut verifier = Verifier::new(
        vec![SigningKey::from_seed(&[8; SEED_BYTES]).unwrap().verifier(ORIGIN)],
        vec![],
    );
    for line in &journal.lines {
        let position = Position {
            file: "f".to_owned(),
            line: 1,
        };
        verifier.line(line.as_bytes(), &position, &mut |_| panic!("it was committed to"));
    }
    assert_eq!(verifier.finish(), Verdict::Broken);
}
