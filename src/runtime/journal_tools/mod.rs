//! `team-operator journal`: what an auditor asks of the files of a journal, without a cluster and without AWS.

mod files;
mod state;
mod text;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::arguments::{
    ByTime, EvidenceArguments, JournalArguments, JournalCommand, ListArguments, ListFormat, ProveArguments,
    VerifyArguments,
};
use crate::journal::{
    Checkpoint, Committed, Evidence, Filter, Held, Input, InputError, NoteError, Population, Prover, Verdict,
    Verifier, VerifierKey, bundle, csv, proofs, text_of, verify_bundle,
};
use files::{read_files, write_files};
use state::{State, first_line};
use text::{footer, report, table};

/// Why nothing was verified.
#[derive(Debug, thiserror::Error)]
enum ToolError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("--vkey: {0}")]
    Key(NoteError),
    #[error("the checkpoint in {path} cannot be used: {why}")]
    Checkpoint { path: String, why: String },
    #[error("the state in {path} cannot be used: {why}; delete it to verify from the beginning")]
    State { path: String, why: String },
    #[error("{path} cannot be written: {source}")]
    Output { path: String, source: io::Error },
    #[error("{0}")]
    Nothing(String),
}

/// Carries out a command; its exit code.
pub fn journal(command: &JournalCommand) -> ExitCode {
    let done = match command {
        JournalCommand::Verify(arguments) => verify(arguments),
        JournalCommand::List(arguments) => list(arguments),
        JournalCommand::Prove(arguments) => prove(arguments),
        JournalCommand::Evidence(arguments) => evidence(arguments),
    };
    match done {
        Ok(verdict) => ExitCode::from(exit_code(verdict)),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(exit_code(Verdict::Unreadable))
        }
    }
}

/// The exit codes that docs/journal.md promises to scripts.
const fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::SoundToItsEnd => 0,
        Verdict::Broken => 1,
        Verdict::Unreadable => 2,
        Verdict::EndNotProvable => 3,
    }
}

fn input(arguments: &JournalArguments) -> Input {
    Input {
        files: arguments.files.clone(),
        field: arguments.field.clone(),
    }
}

fn verifier(arguments: &JournalArguments) -> Result<Verifier, ToolError> {
    let keys = arguments.vkeys.iter().map(|text| VerifierKey::parse(text));
    let keys = keys.collect::<Result<Vec<_>, _>>().map_err(ToolError::Key)?;
    let mut held = vec![];
    for path in &arguments.checkpoints {
        let wrong = |why: String| ToolError::Checkpoint {
            path: path.display().to_string(),
            why,
        };
        let note = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let read = Checkpoint::read(&note).map_err(|error| wrong(error.to_string()))?;
        if !keys.is_empty() {
            let key = keys.iter().find(|key| key.name == read.origin);
            let key = key.ok_or_else(|| wrong(format!("no --vkey is of {}", read.origin)))?;
            key.open(&note).map_err(|error| wrong(error.to_string()))?;
        }
        held.push(Held {
            from: path.display().to_string(),
            checkpoint: read,
            compared: false,
        });
    }
    Ok(Verifier::new(keys, held))
}

/// Reads every file, in the order of the trees.
fn read_all(
    arguments: &JournalArguments,
    verifier: &mut Verifier,
    state: Option<&State>,
    on: &mut dyn FnMut(&Committed<'_>),
) -> Result<(Verdict, Option<(PathBuf, u64)>), ToolError> {
    let input = input(arguments);
    if input.files.is_empty() {
        return Err(ToolError::Nothing(
            "name at least one file of the journal".to_owned(),
        ));
    }
    let mut last = None;
    for path in input.in_order()? {
        let from = state.map_or(0, |state| state.offset_in(&path));
        let mut end = from;
        input.each_line(&path, from, &mut |bytes, position, offset| {
            let before = verifier.counts.committed;
            verifier.line(bytes, position, on);
            if verifier.counts.committed > before {
                end = offset;
            }
            true
        })?;
        last = Some((path, end));
    }
    Ok((verifier.finish(), last))
}

fn verify(arguments: &VerifyArguments) -> Result<Verdict, ToolError> {
    let mut verifier = verifier(&arguments.journal)?;
    let state = match &arguments.state {
        Some(path) => State::read(path)?,
        None => None,
    };
    if let (Some(state), Some(path)) = (&state, &arguments.state) {
        let tree = state.tree().ok_or_else(|| ToolError::State {
            path: path.display().to_string(),
            why: "its range does not fit its size".to_owned(),
        })?;
        verifier.go_on_from(&state.origin, tree);
    }
    let (mut verdict, last) = read_all(&arguments.journal, &mut verifier, state.as_ref(), &mut |_| {})?;
    if let Some(state) = &state
        && verdict != Verdict::Broken
        && !verifier.trees().iter().any(|tree| tree.origin == state.origin)
    {
        // Nothing new is no proof: the file may have been cut to what the state says, or be another one.
        let unchanged = last.as_ref().is_some_and(|(path, _)| state.offset_in(path) > 0);
        verdict = if unchanged {
            Verdict::SoundToItsEnd
        } else {
            Verdict::Broken
        };
        if !unchanged {
            println!(
                "BROKEN: {} lines of {} were verified before, and are not in the files.",
                state.size, state.origin
            );
        }
    }
    if let (Some(path), Verdict::EndNotProvable, Some((file, offset))) = (&arguments.state, verdict, last) {
        save(path, &verifier, &file, offset)?;
        verdict = Verdict::SoundToItsEnd;
    }
    print!("{}", report(&verifier, verdict));
    Ok(verdict)
}

fn save(path: &Path, verifier: &Verifier, file: &Path, offset: u64) -> Result<(), ToolError> {
    let Some(tree) = verifier.trees().last() else {
        return Ok(());
    };
    let state = State {
        origin: tree.origin.clone(),
        size: tree.range.size(),
        range: tree.range.nodes().iter().map(text_of).collect(),
        note: tree.note.clone().unwrap_or_default(),
        file: file.to_owned(),
        first_line: first_line(file).unwrap_or_default(),
        offset,
    };
    state.write(path)
}

fn list(arguments: &ListArguments) -> Result<Verdict, ToolError> {
    let mut verifier = verifier(&arguments.journal)?;
    let mut population = Population::default();
    let (verdict, _) = read_all(&arguments.journal, &mut verifier, None, &mut |line| {
        population.take(line);
    })?;
    let filter = Filter {
        person: arguments.person.clone(),
        account: arguments.account.clone(),
        permission_set: arguments.permission_set.clone(),
        policy: arguments.policy.clone(),
        outcome: arguments.outcome.clone(),
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        by_access: arguments.by == ByTime::Access,
    };
    let rows = population.rows(&filter);
    let mut out = io::stdout().lock();
    let text = match arguments.format {
        ListFormat::Table => table(&rows),
        ListFormat::Csv => csv(&rows),
        ListFormat::Json => format!(
            "{:#}\n",
            json!({ "schemaVersion": crate::journal::COLUMNS_VERSION, "requests": rows })
        ),
    };
    let footer = footer(&verifier, &population, rows.len(), verdict);
    let printed = out
        .write_all(text.as_bytes())
        .and_then(|()| match arguments.format {
            ListFormat::Table => out.write_all(footer.as_bytes()),
            ListFormat::Csv | ListFormat::Json => {
                eprint!("{footer}");
                Ok(())
            }
        });
    printed.map_err(|source| ToolError::Output {
        path: "standard output".to_owned(),
        source,
    })?;
    Ok(if population.forked.is_empty() {
        verdict
    } else {
        Verdict::Broken
    })
}

/// Everything that a journal proves about one request, with the newest checkpoint of each tree.
fn evidence_of(uid: &str, arguments: &JournalArguments) -> Result<(Evidence, Verifier, Verdict), ToolError> {
    let mut verifier = verifier(arguments)?;
    let mut prover = Prover::new(uid);
    let (verdict, _) = read_all(arguments, &mut verifier, None, &mut |line| prover.take(line))?;
    let evidence = prover.finish();
    if evidence.trees.is_empty() {
        let sentence = format!(
            "No line that a checkpoint commits to is about request {uid}.\n{}",
            report(&verifier, verdict)
        );
        return Err(ToolError::Nothing(sentence));
    }
    Ok((evidence, verifier, verdict))
}

fn prove(arguments: &ProveArguments) -> Result<Verdict, ToolError> {
    let (evidence, verifier, verdict) = evidence_of(&arguments.uid, &arguments.journal)?;
    for (name, bytes) in proofs(&evidence, &verifier) {
        println!("== {name}\n{}", String::from_utf8_lossy(&bytes));
    }
    eprint!("{}", report(&verifier, verdict));
    Ok(verdict)
}

fn evidence(arguments: &EvidenceArguments) -> Result<Verdict, ToolError> {
    if let Some(path) = &arguments.verify {
        return verify_evidence(path, &arguments.journal.vkeys);
    }
    let (Some(uid), Some(output)) = (&arguments.uid, &arguments.output) else {
        let sentence = "name the request with --uid, and where to write with --output".to_owned();
        return Err(ToolError::Nothing(sentence));
    };
    let (evidence, verifier, verdict) = evidence_of(uid, &arguments.journal)?;
    let files = bundle(&evidence, &verifier, report(&verifier, verdict));
    write_files(&files, output)?;
    println!("{} files in {}", files.len(), output.display());
    for fault in evidence.faults() {
        println!("BROKEN: {fault}");
    }
    Ok(if evidence.faults().is_empty() {
        verdict
    } else {
        Verdict::Broken
    })
}

/// Checks a bundle by itself: every line by its proof, and every other file by the lines.
fn verify_evidence(path: &Path, vkeys: &[String]) -> Result<Verdict, ToolError> {
    let keys = vkeys.iter().map(|text| VerifierKey::parse(text));
    let keys = keys.collect::<Result<Vec<_>, _>>().map_err(ToolError::Key)?;
    let files = read_files(path)?;
    let findings = verify_bundle(&files, &keys);
    for finding in &findings {
        println!("BROKEN: {}", finding.sentence);
    }
    let signer = if keys.is_empty() {
        "unknown (no --vkey)"
    } else {
        "verified"
    };
    println!("{} files; signer {signer}", files.len());
    Ok(match (findings.is_empty(), keys.is_empty()) {
        (false, _) => Verdict::Broken,
        (true, true) => Verdict::EndNotProvable,
        (true, false) => Verdict::SoundToItsEnd,
    })
}
