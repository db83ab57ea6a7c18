//! The lines of one request, each with its proof that it is in the tree.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::bundle::PROOF_FORMAT;
use super::findings::Committed;
use super::line;
use super::note::text_of;
use super::tree::{CompactRange, Hash, Path, leaf_hash};

/// A line of a request, and its way to the root.
#[derive(Debug, Clone)]
pub struct Proven {
    /// The line, without its newline.
    pub line: Vec<u8>,
    /// Its path.
    pub path: Path,
}

impl Proven {
    /// The proof in the format of C2SP (tlog-proof), under this checkpoint.
    pub fn text(&self, checkpoint: &str) -> String {
        let hashes: String = self.path.hashes.iter().map(|hash| text_of(hash) + "\n").collect();
        format!(
            "{PROOF_FORMAT}\nindex {}\n{hashes}\n{checkpoint}",
            self.path.index
        )
    }

    /// The hash of the line.
    pub fn leaf(&self) -> Hash {
        leaf_hash(&self.line)
    }
}

/// Collects the lines of a request while a journal is verified.
#[derive(Debug)]
pub struct Prover {
    uid: String,
    origin: String,
    range: CompactRange,
    paths: Vec<Path>,
    lines: Vec<Vec<u8>>,
    /// Lines of an earlier tree, which are proven under its last checkpoint.
    earlier: Vec<(String, Vec<Proven>)>,
}

impl Prover {
    /// A prover for the request of this uid.
    pub fn new(uid: &str) -> Self {
        Self {
            uid: uid.to_owned(),
            origin: String::new(),
            range: CompactRange::default(),
            paths: vec![],
            lines: vec![],
            earlier: vec![],
        }
    }

    /// Takes in a line.
    pub fn take(&mut self, committed: &Committed<'_>) {
        if committed.origin != self.origin {
            self.leave();
            committed.origin.clone_into(&mut self.origin);
            self.range = committed.before.clone();
        }
        let content = line::content(committed.bytes).unwrap_or(Value::Null);
        if content["kind"] == "Policy" || self.is_about(&content) {
            self.paths.push(Path::new(committed.index));
            self.lines.push(committed.bytes.to_vec());
        }
        self.range.push_with(committed.hash, &mut self.paths);
    }

    fn is_about(&self, content: &Value) -> bool {
        let entry = &content["entry"];
        let named = [
            &content["key"]["uid"],
            &entry["request"]["uid"],
            &entry["object"]["metadata"]["uid"],
        ];
        let claims = entry["status"]["claims"].as_array().into_iter().flatten();
        let mut claimed = claims.map(|claim| &claim["request"]["uid"]);
        named.into_iter().any(|uid| *uid == self.uid) || claimed.any(|uid| *uid == self.uid)
    }

    fn leave(&mut self) {
        let mut paths = std::mem::take(&mut self.paths);
        if paths.is_empty() {
            return;
        }
        let root = self.range.root_with(&mut paths);
        let lines = std::mem::take(&mut self.lines);
        let proven: Vec<Proven> = lines
            .into_iter()
            .zip(paths)
            .map(|(line, path)| Proven { line, path })
            .collect();
        let fits = |one: &Proven| one.path.root(one.leaf(), self.range.size()) == Some(root);
        debug_assert!(proven.iter().all(fits));
        self.earlier.push((self.origin.clone(), proven));
    }

    /// The lines of the request, by tree, with those of the policies that they name; nothing where no line is about it.
    pub fn finish(mut self) -> Evidence {
        self.leave();
        let mut evidence = Evidence {
            uid: self.uid,
            trees: self.earlier,
        };
        evidence.keep_named_policies();
        evidence
    }
}

/// What a journal tells of one request.
#[derive(Debug)]
pub struct Evidence {
    /// The request.
    pub uid: String,
    /// Its lines, by tree.
    pub trees: Vec<(String, Vec<Proven>)>,
}

impl Evidence {
    /// All of its lines, as values.
    pub fn contents(&self) -> Vec<Value> {
        let lines = self.trees.iter().flat_map(|(_, lines)| lines);
        lines.filter_map(|one| line::content(&one.line)).collect()
    }

    /// The policies that its lines name, as they were.
    pub fn policies(&self) -> Vec<Value> {
        let contents = self.contents().into_iter();
        let policies = contents.filter(|content| content["kind"] == "Policy");
        policies.map(|content| content["entry"].clone()).collect()
    }

    fn keep_named_policies(&mut self) {
        let contents = self.contents();
        let facts = contents.iter().flat_map(|content| {
            let facts = &content["facts"];
            [
                &facts["eligibilityPolicy"],
                &facts["approverPolicy"],
                &facts["settings"],
            ]
        });
        let named: Vec<(Value, Value)> = facts
            .map(|policy| (policy["uid"].clone(), policy["generation"].clone()))
            .collect();
        let is_kept = |one: &Proven| {
            let content = line::content(&one.line).unwrap_or(Value::Null);
            let entry = &content["entry"];
            content["kind"] != "Policy"
                || named.contains(&(entry["uid"].clone(), entry["generation"].clone()))
        };
        for (_, lines) in &mut self.trees {
            lines.retain(is_kept);
        }
        self.trees.retain(|(_, lines)| !lines.is_empty());
    }

    /// The request as far as its lines show it: the whole object as it was before its finalizer went, or else what the newest step says.
    pub fn request(&self) -> Value {
        let contents = self.contents();
        let whole = contents.iter().rfind(|content| {
            content["kind"] == "RequestRemoval" || content["kind"] == "RequestDisappearance"
        });
        if let Some(whole) = whole {
            return whole["entry"]["object"].clone();
        }
        let steps = || contents.iter().filter(|content| content["kind"] == "RequestStep");
        let Some(newest) = steps().max_by_key(|content| content["key"]["sequence"].as_i64()) else {
            return Value::Null;
        };
        let mut history: Vec<&Value> = steps().map(|content| &content["entry"]["step"]).collect();
        history.sort_by_key(|step| step["sequence"].as_i64());
        history.dedup();
        json!({ "metadata": newest["entry"]["request"], "facts": newest["facts"], "history": history })
    }

    /// Every vote with its comment and what was made of it, as the newest step says.
    pub fn votes(&self) -> Value {
        let contents = self.contents();
        let steps = contents
            .iter()
            .filter(|content| content["facts"]["verdicts"].is_array());
        let newest = steps.max_by_key(|content| content["key"]["sequence"].as_i64());
        newest.map_or_else(|| json!([]), |content| content["facts"]["verdicts"].clone())
    }

    /// Steps of one sequence with different entries, and sequences that are missing.
    pub fn faults(&self) -> Vec<String> {
        let contents = self.contents();
        let mut entries: BTreeMap<i64, &Value> = BTreeMap::new();
        let mut faults = vec![];
        for content in contents.iter().filter(|content| content["kind"] == "RequestStep") {
            let sequence = content["key"]["sequence"].as_i64().unwrap_or_default();
            let known = entries.entry(sequence).or_insert(&content["entry"]);
            if **known != content["entry"] {
                faults.push(format!("HistoryForked: step {sequence} is told in two ways."));
            }
        }
        let numbers: Vec<i64> = entries.keys().copied().collect();
        for pair in numbers.windows(2).filter(|pair| pair[1] != pair[0] + 1) {
            faults.push(format!(
                "The steps between {} and {} are missing.",
                pair[0], pair[1]
            ));
        }
        faults
    }

    /// What happened, for people: one line a step.
    pub fn timeline(&self) -> String {
        let mut told = vec![];
        for content in self.contents() {
            let (entry, time) = (&content["entry"], content["time"].as_str().unwrap_or_default());
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let sentence = match content["kind"].as_str().unwrap_or_default() {
                "RequestStep" => {
                    let step = &entry["step"];
                    let by = step["by"]
                        .as_str()
                        .map(|by| format!(" (by {by})"))
                        .unwrap_or_default();
                    format!(
                        "{}, {}{by}: {}",
                        text(&step["phase"]),
                        text(&step["reason"]),
                        text(&step["message"])
                    )
                }
                "RecordStep" => format!(
                    "assignment {}: {}",
                    text(&entry["assignment"]["name"]),
                    text(&entry["status"]["state"])
                ),
                "Verdict" => {
                    let verdict = &entry["verdict"];
                    let comment = verdict["entry"]["comment"]
                        .as_str()
                        .map(|comment| format!(", comment {comment:?}"));
                    let counts = if verdict["counted"] == true {
                        "counts"
                    } else {
                        "does not count"
                    };
                    format!(
                        "{} by {} {counts} ({}){}",
                        text(&verdict["decision"]),
                        text(&verdict["approver"]),
                        text(&verdict["reason"]),
                        comment.unwrap_or_default()
                    )
                }
                // They are in a file of their own.
                "Policy" => continue,
                kind => format!("{kind}: {}", text(&entry["message"]))
                    .trim_end_matches(": ")
                    .to_owned(),
            };
            told.push(format!("{time}  {sentence}"));
        }
        // Repetitions by another writer say the same again.
        let mut seen = std::collections::BTreeSet::new();
        told.retain(|line| seen.insert(line.clone()));
        told.sort_by_key(|line| line.split("  ").next().map(ToOwned::to_owned));
        told.join("\n") + "\n"
    }
}
