//! The policies and settings of a folder, each with its file and line.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::schema::Schemas;
use super::{Finding, Place};
use crate::api::{ApproverPolicySpec, EligibilityPolicySpec, GROUP, TeamSettingsSpec, VERSION};

/// The kinds that are checked, and those of the same group that are not.
const CHECKED: [&str; 3] = ["EligibilityPolicy", "ApproverPolicy", "TeamSettings"];
const OTHERS: [&str; 3] = ["ElevationRequest", "EligibilityReview", "AccountAssignment"];

/// The policies and settings of a folder.
#[derive(Debug, Default)]
pub struct Folder {
    /// Who may ask for what.
    pub eligibility: Vec<Placed<EligibilityPolicySpec>>,
    /// Who approves what.
    pub approver: Vec<Placed<ApproverPolicySpec>>,
    /// The settings, where they are in the folder.
    pub settings: Option<Placed<TeamSettingsSpec>>,
    /// What is wrong with the files.
    pub findings: Vec<Finding>,
    /// How many files were read.
    pub files: usize,
    /// Documents of other kinds, which are not checked: file and kind.
    pub left_out: Vec<String>,
}

/// A policy with its place.
#[derive(Debug, Clone)]
pub struct Placed<S> {
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What it says.
    pub spec: S,
    document: Document,
}

impl<S> Placed<S> {
    /// Where it begins.
    pub fn place(&self) -> Place {
        self.document.place_of(&self.name)
    }

    /// Where it names something.
    pub fn place_of(&self, word: &str) -> Place {
        self.document.place_of(word)
    }
}

/// One document of a file.
#[derive(Debug, Clone)]
struct Document {
    file: PathBuf,
    first_line: usize,
    text: String,
}

impl Document {
    /// The first line with this word, else the first line that says something.
    fn place_of(&self, word: &str) -> Place {
        let said = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        let mut lines = self.text.lines();
        let at = lines
            .position(|line| said(line) && !word.is_empty() && holds(line, word))
            .or_else(|| self.text.lines().position(said));
        self.line(at.unwrap_or(0))
    }

    fn line(&self, at: usize) -> Place {
        Place {
            file: self.file.clone(),
            line: self.first_line + at,
        }
    }
}

/// Whether a line has this word, and not as a part of a longer one.
fn holds(line: &str, word: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "-_@.".contains(c);
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(goes_on) && !line[at + word.len()..].starts_with(goes_on))
}

/// What typed reading of a document needs: only for the line of what it cannot read.
#[derive(Deserialize)]
struct Typed<S> {
    #[expect(dead_code, reason = "only whether it can be read matters")]
    spec: S,
}

impl Folder {
    /// Reads every YAML and JSON file in a folder and the folders in it, in the order of their names.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut files = vec![];
        if path.is_dir() {
            collect(path, &mut files)?;
        } else {
            files.push(path.to_owned());
        }
        let (mut folder, schemas) = (Self::default(), Schemas::of_the_definitions());
        for file in files {
            let text = fs::read_to_string(&file)?;
            folder.files += 1;
            for document in documents(&file, &text) {
                folder.document(&schemas, &document);
            }
        }
        folder.check_names();
        Ok(folder)
    }

    fn document(&mut self, schemas: &Schemas, document: &Document) {
        match serde_saphyr::from_str::<Value>(&document.text) {
            Ok(Value::Null) => {}
            Ok(value) => self.object(schemas, document, value),
            Err(error) => {
                let line = error.location().map_or(1, |at| at.line());
                let place = document.line(usize::try_from(line).unwrap_or(1).saturating_sub(1));
                let sentence = format!("This is no YAML: {}.", error.without_snippet());
                self.findings.push(Finding::error(place, sentence));
            }
        }
    }

    fn object(&mut self, schemas: &Schemas, document: &Document, mut value: Value) {
        let word = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let (version, kind) = (word("apiVersion"), word("kind"));
        if kind == "List" && value["items"].is_array() {
            for item in value["items"].as_array_mut().into_iter().flatten() {
                self.object(schemas, document, item.take());
            }
            return;
        }
        let checked = CHECKED.iter().find(|checked| **checked == kind);
        let ours = version.split('/').next() == Some(GROUP);
        let wanted = format!("{GROUP}/{VERSION}");
        match checked {
            Some(checked) if version == wanted => self.policy(schemas, document, checked, &value),
            Some(_) if ours || version.is_empty() => {
                let sentence = format!("apiVersion of this {kind} is {version:?}: write {wanted}.");
                self.findings
                    .push(Finding::error(document.place_of("apiVersion"), sentence));
            }
            None if ours && !OTHERS.contains(&kind.as_str()) => {
                let kinds = CHECKED.join(", ");
                let sentence = format!("{GROUP} has no kind {kind:?}; those of policies are {kinds}.");
                self.findings
                    .push(Finding::error(document.place_of("kind"), sentence));
            }
            _ => {
                let kind = if kind.is_empty() { "no kind" } else { &kind };
                self.left_out
                    .push(format!("{} ({kind})", document.place_of("kind")));
            }
        }
    }

    fn policy(&mut self, schemas: &Schemas, document: &Document, kind: &'static str, value: &Value) {
        let name = value["metadata"]["name"].as_str().unwrap_or_default();
        if name.is_empty() {
            let place = document.place_of("metadata");
            let sentence = format!("This {kind} has no metadata.name: it cannot be applied.");
            return self.findings.push(Finding::error(place, sentence));
        }
        let problems = schemas.problems(kind, value);
        let findings = problems.into_iter().map(|problem| {
            let sentence = format!("{kind} {name}: {}", problem.sentence);
            Finding::error(document.place_of(&problem.word), sentence)
        });
        let before = self.findings.len();
        self.findings.extend(findings);
        let is_clean = self.findings.len() == before;
        match kind {
            "EligibilityPolicy" => {
                let policy = self.typed(document, kind, name, value, is_clean);
                self.eligibility.extend(policy);
            }
            "ApproverPolicy" => {
                let policy = self.typed(document, kind, name, value, is_clean);
                self.approver.extend(policy);
            }
            _ => {
                let settings = self.typed(document, kind, name, value, is_clean);
                if let (Some(settings), Some(first)) = (&settings, &self.settings) {
                    let sentence = format!("There is another TeamSettings in {}.", first.place());
                    self.findings.push(Finding::error(settings.place(), sentence));
                }
                self.settings = self.settings.take().or(settings);
            }
        }
    }

    /// The policy as decisions read it; a finding where they could not.
    fn typed<S: DeserializeOwned>(
        &mut self,
        document: &Document,
        kind: &'static str,
        name: &str,
        value: &Value,
        is_clean: bool,
    ) -> Option<Placed<S>> {
        let spec = match &value["spec"] {
            Value::Null if kind == "TeamSettings" => serde_json::json!({}),
            spec => spec.clone(),
        };
        match serde_json::from_value(spec) {
            Ok(spec) => Some(Placed {
                kind,
                name: name.to_owned(),
                spec,
                document: document.clone(),
            }),
            Err(error) => {
                let read = serde_saphyr::from_str::<Typed<S>>(&document.text);
                let line = read.err().and_then(|error| Some(error.location()?.line()));
                let place = line.map_or(document.place_of(name), |line| {
                    document.line(usize::try_from(line).unwrap_or(1).saturating_sub(1))
                });
                // The schema's own sentence is the better one.
                if is_clean {
                    let sentence = format!("{kind} {name}: {error}.");
                    self.findings.push(Finding::error(place, sentence));
                }
                None
            }
        }
    }

    fn check_names(&mut self) {
        let mut seen = BTreeSet::new();
        let eligibility = self
            .eligibility
            .iter()
            .map(|one| (one.kind, &one.name, one.place()));
        let approver = self.approver.iter().map(|one| (one.kind, &one.name, one.place()));
        let mut twice = vec![];
        for (kind, name, place) in eligibility.chain(approver) {
            if !seen.insert((kind, name)) {
                let sentence =
                    format!("There is another {kind} {name}: the one applied last would replace it.");
                twice.push(Finding::error(place, sentence));
            }
        }
        self.findings.extend(twice);
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // A link to a folder is not followed: it could lead back here.
        if entry.file_type()?.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known))
        {
            files.push(path);
        }
    }
    Ok(())
}

/// The documents of a file, with the lines at which they begin.
fn documents(file: &Path, text: &str) -> Vec<Document> {
    let mut documents = vec![];
    let (mut first_line, mut lines) = (1, vec![]);
    let mut end = |first_line: usize, lines: &mut Vec<&str>| {
        documents.push(Document {
            file: file.to_owned(),
            first_line,
            text: lines.join("\n") + "\n",
        });
        lines.clear();
    };
    for (at, line) in text.lines().enumerate() {
        match line.strip_prefix("---") {
            Some(rest) if rest.is_empty() || rest.starts_with([' ', '\t']) => {
                end(first_line, &mut lines);
                first_line = at + 1;
                lines.push(rest);
            }
            _ => lines.push(line),
        }
    }
    end(first_line, &mut lines);
    documents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_know_the_lines_of_their_file() {
        let text = "# first\na: 1\n---\nb: 2\nname: x\n--- # third\nc: 3\n";
        let found = documents(Path::new("f.yaml"), text);
        let lines: Vec<usize> = found.iter().map(|one| one.first_line).collect();
        assert_eq!(lines, [1, 3, 6]);
        assert_eq!(found[0].place_of("a").line, 2);
        assert_eq!(found[1].place_of("x").line, 5);
        assert_eq!(found[2].place_of("nothing of it").line, 7);
    }

    #[test]
    fn a_word_is_found_whole() {
        assert!(holds("- name: orders", "orders"));
        assert!(!holds("- name: orders-production", "orders"));
        assert!(holds("accounts: [\"111122223333\"]", "111122223333"));
    }
}
