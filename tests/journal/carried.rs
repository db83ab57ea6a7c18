//! Lines as log shippers carry them, and journals that are too large to read at once.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use team_operator::journal::{
    Checkpoint, CompactRange, Place, SEED_BYTES, SigningKey, StoredCheckpoint, checkpoint, leaf, leaf_hash,
};

use crate::{ORIGIN, Sample, step};

/// How many lines lie between two checkpoints in a busy second.
const BATCH: u64 = 50;

/// How many lines `cargo test` writes and verifies; `JOURNAL_LINES=10000000` asks for more.
const LINES: u64 = 20_000;

/// The most memory that a verification may take, in KiB, however many lines there are.
const MOST_MEMORY: u64 = 256 << 10;

/// What shippers do to lines that they keep as strings: each in a field of an object of their own, some twice because an
/// acknowledgement was lost, and out of order between two checkpoints.
fn shipped(lines: &[String]) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(5);
    let object = |line: &String| json!({ "timestamp": "2026-12-01T09:00:00Z", "host": "node", "message": format!("{line}\n"), "file": "x" });
    let (mut carried, mut batch) = (vec![], 0_u32);
    for (number, line) in lines.iter().enumerate() {
        let is_checkpoint = line.starts_with("{\"checkpoint\"");
        carried.push(((batch, is_checkpoint, random.u32(..)), object(line).to_string()));
        if number % 3 == 0 && !is_checkpoint {
            let later = batch + random.u32(..2);
            carried.push(((later, false, random.u32(..)), object(line).to_string()));
        }
        batch += u32::from(is_checkpoint);
    }
    carried.sort_by_key(|(place, _)| *place);
    carried.into_iter().map(|(_, line)| line).collect()
}

/// What a container runtime does with long lines: parts of at most so many bytes.
fn split(lines: &[String], most: usize) -> Vec<String> {
    let parts = |line: &String| -> Vec<String> {
        let bytes = line.as_bytes();
        let chunks: Vec<&[u8]> = bytes.chunks(most).collect();
        let tag = |place: usize| if place + 1 == chunks.len() { 'F' } else { 'P' };
        let whole = chunks.iter().enumerate();
        whole
            .map(|(place, part)| {
                let part = std::str::from_utf8(part).unwrap();
                format!("2026-12-01T09:00:00.000000001Z stdout {} {part}", tag(place))
            })
            .collect()
    };
    lines.iter().flat_map(parts).collect()
}

#[test]
fn lines_that_are_wrapped_doubled_reordered_or_split_come_back_as_they_were() {
    let sample = Sample::new();
    let held = sample.held();
    let with_held = ["--checkpoint", held.to_str().unwrap()];
    let with_field = ["--checkpoint", held.to_str().unwrap(), "--field", "message"];
    let carried = shipped(&sample.lines);
    assert!(carried.len() > sample.lines.len());
    let (code, text) = sample.verifies(&with_field, &sample.file(&carried));
    assert_eq!(code, 0, "{text}");
    let (code, text) = sample.verifies(&with_held, &sample.file(&split(&sample.lines, 100)));
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_shipper_that_parses_lines_and_writes_them_again_is_noticed() {
    let sample = Sample::new();
    let again = |line: &String| {
        let mut object: serde_json::Value = serde_json::from_str(line).unwrap();
        object["host"] = json!("node");
        object.to_string()
    };
    let parsed: Vec<String> = sample.lines.iter().map(again).collect();
    let (code, text) = sample.verifies(&[], &sample.file(&parsed));
    assert!(
        code == 1 && text.contains("was changed or swapped"),
        "{code} {text}"
    );
}

/// Writes a journal of so many lines; its last checkpoint.
fn write(path: &Path, count: u64) -> String {
    let key = SigningKey::from_seed(&[7; SEED_BYTES]).unwrap();
    let mut file = BufWriter::new(File::create(path).unwrap());
    let (mut range, mut note) = (CompactRange::default(), String::new());
    let line = step(1, 1, "Pending");
    while range.size() < count {
        let place = Place {
            origin: ORIGIN.to_owned(),
            index: range.size(),
            term: 1,
        };
        let text = leaf(&place, &line);
        range.push(leaf_hash(text.as_bytes()));
        writeln!(file, "{text}").unwrap();
        if range.size().is_multiple_of(BATCH) || range.size() == count {
            note = key.sign(&Checkpoint {
                origin: ORIGIN.to_owned(),
                size: range.size(),
                root: range.root(),
            });
            let stored = StoredCheckpoint {
                note: note.clone(),
                range: range.clone(),
                term: 1,
            };
            writeln!(file, "{}", checkpoint(&stored)).unwrap();
        }
    }
    file.flush().unwrap();
    note
}

/// The most memory that a process has had so far, in KiB; nothing where the system does not say.
fn memory_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_journal_of_any_length_is_verified_in_bounded_memory() {
    let count = std::env::var("JOURNAL_LINES").ok();
    let count = count.map_or(LINES, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (path, held) = (folder.path().join("journal.jsonl"), folder.path().join("held"));
    std::fs::write(&held, write(&path, count)).unwrap();
    let began = Instant::now();
    let mut program = Command::new(env!("CARGO_BIN_EXE_team-operator"))
        .args(["journal", "verify", "--checkpoint"])
        .arg(&held)
        .arg(&path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut memory = None;
    let code = loop {
        memory = memory_of(program.id()).max(memory);
        if let Some(status) = program.try_wait().unwrap() {
            break status.code();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(code, Some(0));
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let speed = count as f64 / seconds;
    println!("{count} lines in {seconds:.1} s: {speed:.0} lines per second, {memory:?} KiB at most");
    assert!(memory.is_none_or(|memory| memory < MOST_MEMORY), "{memory:?} KiB");
}
