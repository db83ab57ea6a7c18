//! The tools for a journal, as people run them, and the second verifier, which was written from docs/journal.md alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod journal {
    mod carried;
}

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use team_operator::api::Timestamp;
use team_operator::domain::journal::{Key, Kind, Line};
use team_operator::journal::{
    Checkpoint, CompactRange, Place, SEED_BYTES, SigningKey, StoredCheckpoint, checkpoint, leaf, leaf_hash,
    redacted,
};

const ORIGIN: &str = "team-operator.io/journal/test";

/// A journal of some requests, and its newest checkpoint.
struct Sample {
    folder: tempfile::TempDir,
    lines: Vec<String>,
    note: String,
    vkey: String,
}

fn step(request: usize, sequence: i64, phase: &str) -> Line {
    let uid = format!("uid-{request}");
    Line {
        kind: Kind::RequestStep,
        time: Timestamp::from(chrono::DateTime::UNIX_EPOCH),
        key: Some(Key {
            uid: uid.clone(),
            sequence,
        }),
        entry: json!({
            "request": { "namespace": "orders", "name": format!("fix-{request}"), "uid": uid },
            "step": { "sequence": sequence, "phase": phase, "reason": "Valid", "message": "A sentence.", "by": "bob" },
        }),
        facts: json!({
            "created": format!("2026-12-01T0{request}:00:00Z"),
            "spec": { "requester": "alice", "accountId": "111122223333", "permissionSet": "Admin", "justification": "=1+1" },
            "eligibilityPolicy": { "policy": "engineers", "uid": "p", "generation": 1 },
        }),
    }
}

impl Sample {
    fn new() -> Self {
        let key = SigningKey::from_seed(&[7; SEED_BYTES]).unwrap();
        let (mut lines, mut range, mut note) = (vec![], CompactRange::default(), String::new());
        for request in 0..4 {
            for (sequence, phase) in [(1, "Pending"), (2, "Approved"), (3, "Ended")] {
                let place = Place {
                    origin: ORIGIN.to_owned(),
                    index: range.size(),
                    term: 1,
                };
                let line = leaf(&place, &step(request, sequence, phase));
                range.push(leaf_hash(line.as_bytes()));
                lines.push(line);
            }
            note = key.sign(&Checkpoint {
                origin: ORIGIN.to_owned(),
                size: range.size(),
                root: range.root(),
            });
            lines.push(checkpoint(&StoredCheckpoint {
                note: note.clone(),
                range: range.clone(),
                term: 1,
            }));
        }
        let sample = Self {
            folder: tempfile::tempdir().unwrap(),
            lines,
            note,
            vkey: key.verifier(ORIGIN).to_string(),
        };
        std::fs::write(sample.held(), &sample.note).unwrap();
        sample
    }

    fn held(&self) -> PathBuf {
        self.folder.path().join("checkpoint")
    }

    /// A file with these lines.
    fn file(&self, lines: &[String]) -> PathBuf {
        let path = self.folder.path().join("journal.jsonl");
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        path
    }

    fn runs(&self, command: &str, more: &[&str], file: &Path) -> Output {
        let program = Command::new(env!("CARGO_BIN_EXE_team-operator"))
            .args(["journal", command, "--vkey", &self.vkey])
            .args(more)
            .arg(file)
            .output();
        program.unwrap()
    }

    fn verifies(&self, more: &[&str], file: &Path) -> (i32, String) {
        let output = self.runs("verify", more, file);
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), text)
    }
}

#[test]
fn every_exit_code_of_verify_is_the_promised_one() {
    let sample = Sample::new();
    let held = sample.held();
    let with_held = ["--checkpoint", held.to_str().unwrap()];
    let whole = sample.file(&sample.lines);
    assert_eq!(sample.verifies(&[], &whole).0, 3);
    let (code, text) = sample.verifies(&with_held, &whole);
    assert!(
        code == 0 && text.contains("signer verified") && text.ends_with("Sound to its end.\n"),
        "{code} {text}"
    );
    let mut edited = sample.lines.clone();
    edited[4] = edited[4].replace("alice", "mallory");
    let (code, text) = sample.verifies(&with_held, &sample.file(&edited));
    assert!(
        code == 1 && text.contains("line 5 on) at least one was changed"),
        "{code} {text}"
    );
    let (code, text) = sample.verifies(&with_held, &sample.file(&sample.lines[..8]));
    assert!(code == 1 && text.contains("the end was cut off"), "{code} {text}");
    let (code, text) = sample.verifies(&[], &sample.file(&["something else".to_owned()]));
    assert!(
        code == 2 && text.contains("there is no journal in the files"),
        "{code} {text}"
    );
    let (code, text) = sample.verifies(&[], &sample.folder.path().join("nothing"));
    assert!(code == 2 && text.contains("cannot be read"), "{code} {text}");
    let (code, _) = sample.verifies(&["--vkey", "wrong"], &sample.file(&sample.lines));
    assert_eq!(code, 2);
}

#[test]
fn a_state_finds_what_was_cut_or_changed_between_two_runs() {
    let sample = Sample::new();
    let state = sample.folder.path().join("state");
    let with_state = ["--state", state.to_str().unwrap()];
    let (code, text) = sample.verifies(&with_state, &sample.file(&sample.lines[..8]));
    assert_eq!(code, 0, "{text}");
    let (code, text) = sample.verifies(&with_state, &sample.file(&sample.lines[..8]));
    assert_eq!(code, 0, "nothing new: {text}");
    let (code, text) = sample.verifies(&with_state, &sample.file(&sample.lines));
    assert!(
        code == 0 && text.contains("lines 6 to 12 verified"),
        "{code} {text}"
    );
    let (code, text) = sample.verifies(&with_state, &sample.file(&sample.lines[..4]));
    assert!(
        code == 1 && text.contains("were verified before"),
        "{code} {text}"
    );
}

#[test]
fn the_lines_of_a_container_runtime_and_of_a_shipper_are_those_that_were_written() {
    let sample = Sample::new();
    let wrapped: Vec<String> = sample
        .lines
        .iter()
        .flat_map(|line| {
            let (one, other) = line.split_at(20);
            [
                format!("2026-12-01T09:00:00Z stdout P {one}"),
                format!("2026-12-01T09:00:00Z stdout F {other}"),
            ]
        })
        .collect();
    let held = sample.held();
    let with_held = ["--checkpoint", held.to_str().unwrap()];
    assert_eq!(sample.verifies(&with_held, &sample.file(&wrapped)).0, 0);
    let shipped: Vec<String> = sample
        .lines
        .iter()
        .map(|line| json!({ "message": line, "pod": "x" }).to_string())
        .collect();
    let with_field = ["--checkpoint", held.to_str().unwrap(), "--field", "message"];
    assert_eq!(sample.verifies(&with_field, &sample.file(&shipped)).0, 0);
}

#[test]
fn a_list_says_whether_it_is_the_whole_population_and_defuses_formulas() {
    let sample = Sample::new();
    let output = sample.runs(
        "list",
        &["--format", "csv", "--from", "2026-12-01T02:00:00Z"],
        &sample.file(&sample.lines),
    );
    let (text, footer) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.contains(",'=1+1,"), "{text}");
    assert!(
        footer.starts_with("2 of 4 requests; the population is complete."),
        "{footer}"
    );
    let output = sample.runs("list", &[], &sample.file(&sample.lines[4..]));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("the population is NOT complete"), "{text}");
}

#[test]
fn the_evidence_about_a_request_is_proven_line_by_line() {
    let sample = Sample::new();
    let folder = sample.folder.path().join("evidence");
    let more = ["--uid", "uid-2", "--output", folder.to_str().unwrap()];
    let output = sample.runs("evidence", &more, &sample.file(&sample.lines));
    assert_eq!(
        output.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let proof = std::fs::read_to_string(folder.join("proofs/test-000000000007.tlog-proof")).unwrap();
    assert!(
        proof.contains("index 7\n") && proof.ends_with(&sample.note),
        "{proof}"
    );
    let manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["files"].as_array().unwrap().len(), 11);
    let request: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("request.json")).unwrap()).unwrap();
    assert_eq!(request["history"].as_array().unwrap().len(), 3);
    let nobody = sample.runs("prove", &["--uid", "nobody"], &sample.file(&sample.lines));
    assert_eq!(nobody.status.code(), Some(2));
}

/// What `evidence --verify` says of a folder or tar file.
fn checks(sample: &Sample, path: &Path, vkey: &str) -> (i32, String) {
    let program = Command::new(env!("CARGO_BIN_EXE_team-operator"))
        .args(["journal", "evidence", "--vkey", vkey, "--verify"])
        .arg(path)
        .current_dir(sample.folder.path())
        .output()
        .unwrap();
    (
        program.status.code().unwrap(),
        String::from_utf8(program.stdout).unwrap(),
    )
}

#[test]
fn evidence_is_checked_by_itself_as_a_folder_and_as_a_tar_file() {
    let sample = Sample::new();
    let file = sample.file(&sample.lines);
    let (folder, tar) = (
        sample.folder.path().join("evidence"),
        sample.folder.path().join("evidence.tar"),
    );
    for output in [&folder, &tar] {
        let more = ["--uid", "uid-2", "--output", output.to_str().unwrap()];
        assert_eq!(sample.runs("evidence", &more, &file).status.code(), Some(3));
        let (code, text) = checks(&sample, output, &sample.vkey);
        assert!(code == 0 && text.contains("signer verified"), "{code} {text}");
    }
    let stranger = SigningKey::from_seed(&[8; SEED_BYTES])
        .unwrap()
        .verifier(ORIGIN)
        .to_string();
    let (code, text) = checks(&sample, &folder, &stranger);
    assert!(
        code == 1 && text.contains("no signature by a given key"),
        "{code} {text}"
    );
    let line = folder.join("lines/test-000000000007.json");
    let told = std::fs::read_to_string(&line).unwrap();
    std::fs::write(&line, told.replace("bob", "eve")).unwrap();
    let (code, text) = checks(&sample, &folder, &sample.vkey);
    assert!(
        code == 1 && text.contains("does not lead to the root") && text.contains("was changed"),
        "{code} {text}"
    );
    std::fs::write(&line, told).unwrap();
    for name in ["timeline.txt", "request.json", "votes.json", "policies.json"] {
        let path = folder.join(name);
        let kept = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{kept} ")).unwrap();
        let (code, text) = checks(&sample, &folder, &sample.vkey);
        let says = format!("{name} does not follow from the lines");
        assert!(code == 1 && text.contains(&says), "{code} {text}");
        std::fs::write(&path, kept).unwrap();
    }
    std::fs::remove_file(&line).unwrap();
    let (code, text) = checks(&sample, &folder, &sample.vkey);
    assert!(code == 1 && text.contains("is missing"), "{code} {text}");
}

/// The second verifier; nothing where the machine has no Python.
fn second(sample: &Sample, lines: &[String]) -> Option<i32> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/journal.py");
    let mut python = Command::new("python3");
    python
        .arg(script)
        .arg(sample.file(lines))
        .arg("--checkpoint")
        .arg(sample.held());
    match python.output() {
        Ok(output) => output.status.code(),
        Err(error) => {
            println!("the second verifier is not asked: python3 does not start: {error}");
            None
        }
    }
}

#[test]
fn two_verifiers_agree_on_good_and_on_tampered_files() {
    let sample = Sample::new();
    let held = sample.held();
    let with_held = ["--checkpoint", held.to_str().unwrap()];
    let mut files = vec![sample.lines.clone()];
    for place in 0..sample.lines.len() {
        let mut dropped = sample.lines.clone();
        dropped.remove(place);
        let mut edited = sample.lines.clone();
        edited[place] = edited[place]
            .replacen("alice", "mallory", 1)
            .replacen("size\":", "size\":1", 1);
        let mut twice = sample.lines.clone();
        twice.insert(place, sample.lines[place].clone());
        let mut half = sample.lines.clone();
        half.insert(place, sample.lines[place][..10].to_owned());
        let mut rival = sample.lines.clone();
        rival.insert(
            place,
            sample.lines[0].replace(ORIGIN, "team-operator.io/journal/rival"),
        );
        files.extend([dropped, edited, twice, half, rival]);
    }
    let mut hidden = sample.lines.clone();
    hidden[2] = redacted(hidden[2].as_bytes()).unwrap();
    files.extend([
        hidden,
        sample.lines[..8].to_vec(),
        sample.lines[3..].to_vec(),
        vec![],
    ]);
    let mut codes = vec![0; 4];
    for lines in &files {
        let (first, text) = sample.verifies(&with_held, &sample.file(lines));
        let Some(second) = second(&sample, lines) else {
            return;
        };
        let agree = first == second || (first != 0 && second != 0);
        assert!(agree, "{first} and {second}: {text}\n{}", lines.join("\n"));
        codes[usize::try_from(first).unwrap()] += 1;
    }
    println!("{} files; exit codes 0 to 3: {codes:?}", files.len());
    assert!(codes[0] > 20 && codes[1] > 20, "{codes:?}");
}
