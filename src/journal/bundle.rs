//! The evidence about one request as files, which prove each other offline.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::findings::Finding;
use super::line::{self, Read};
use super::note::{Checkpoint, VerifierKey, hash_of};
use super::proof::{Evidence, Proven};
use super::tree::Path;
use super::verify::Verifier;
use crate::domain::journal::digest_of;

/// The version of the layout of the files.
const SCHEMA_VERSION: u32 = 1;

/// The name of the file with the names and digests of all others.
const MANIFEST: &str = "manifest.json";

/// What the first line of a proof says.
pub(super) const PROOF_FORMAT: &str = "c2sp.org/tlog-proof@v1";

/// Files by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The lines of a request and their proofs, one file each.
pub fn proofs(evidence: &Evidence, verifier: &Verifier) -> Files {
    let mut files = Files::new();
    for (origin, lines) in &evidence.trees {
        let tree = verifier.trees().iter().find(|tree| tree.origin == *origin);
        let note = tree.and_then(|tree| tree.note.clone()).unwrap_or_default();
        let short = origin.rsplit('/').next().unwrap_or_default();
        for one in lines {
            let name = format!("{short}-{:012}", one.path.index);
            files.insert(format!("lines/{name}.json"), one.line.clone());
            files.insert(format!("proofs/{name}.tlog-proof"), one.text(&note).into_bytes());
        }
    }
    files
}

/// Everything about a request, with what the verification of the journal said.
pub fn bundle(evidence: &Evidence, verifier: &Verifier, verification: String) -> Files {
    let mut files = proofs(evidence, verifier);
    files.extend(derived(evidence));
    files.insert("verification.txt".to_owned(), verification.into_bytes());
    let listed: Vec<Value> = files
        .iter()
        .map(|(name, bytes)| json!({ "name": name, "digest": digest_of(bytes) }))
        .collect();
    let manifest = json!({ "schemaVersion": SCHEMA_VERSION, "request": evidence.uid, "files": listed });
    files.insert(MANIFEST.to_owned(), pretty(&manifest));
    files
}

/// What follows from the lines alone.
fn derived(evidence: &Evidence) -> Files {
    let text = |name: &str, bytes: Vec<u8>| (name.to_owned(), bytes);
    Files::from([
        text("request.json", pretty(&evidence.request())),
        text("votes.json", pretty(&evidence.votes())),
        text("policies.json", pretty(&json!(evidence.policies()))),
        text("timeline.txt", evidence.timeline().into_bytes()),
    ])
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

/// What is wrong with the files of a bundle, and whether it names its signer.
pub fn verify_bundle(files: &Files, keys: &[VerifierKey]) -> Vec<Finding> {
    let mut findings = vec![];
    let mut broken = |sentence: String| {
        findings.push(Finding {
            broken: true,
            sentence,
        });
    };
    let manifest = files.get(MANIFEST).and_then(|bytes| line::content(bytes));
    let Some(manifest) = manifest else {
        broken(format!("There is no {MANIFEST}, or it is no JSON."));
        return findings;
    };
    unlisted(files, &manifest).into_iter().for_each(&mut broken);
    let mut trees: BTreeMap<String, Vec<Proven>> = BTreeMap::new();
    for (name, bytes) in files {
        let Some(short) = name
            .strip_prefix("lines/")
            .and_then(|name| name.strip_suffix(".json"))
        else {
            continue;
        };
        let proof = files.get(&format!("proofs/{short}.tlog-proof"));
        let proof = proof.map(|proof| String::from_utf8_lossy(proof).into_owned());
        match proof
            .ok_or("it has no proof".to_owned())
            .and_then(|proof| proven(bytes, &proof, keys))
        {
            Ok((origin, one)) => trees.entry(origin).or_default().push(one),
            Err(why) => broken(format!("{name} is not proven: {why}.")),
        }
    }
    let evidence = Evidence {
        uid: manifest["request"].as_str().unwrap_or_default().to_owned(),
        trees: trees.into_iter().collect(),
    };
    if evidence.trees.is_empty() {
        broken("No line is proven.".to_owned());
    }
    evidence.faults().into_iter().for_each(&mut broken);
    for (name, bytes) in derived(&evidence) {
        if files.get(&name).is_none_or(|found| *found != bytes) {
            broken(format!("{name} does not follow from the lines."));
        }
    }
    findings
}

/// Files that the manifest does not list as they are, and files that it lists and that are missing.
fn unlisted(files: &Files, manifest: &Value) -> Vec<String> {
    let listed = manifest["files"].as_array().into_iter().flatten();
    let listed: BTreeMap<&str, &str> = listed
        .filter_map(|file| file["name"].as_str().zip(file["digest"].as_str()))
        .collect();
    let names: BTreeSet<&str> = files
        .keys()
        .map(String::as_str)
        .chain(listed.keys().copied())
        .collect();
    let mut wrong = vec![];
    for name in names.into_iter().filter(|name| *name != MANIFEST) {
        match (files.get(name), listed.get(name)) {
            (Some(bytes), Some(digest)) if digest_of(bytes) == *digest => {}
            (Some(_), Some(_)) => wrong.push(format!("{name} was changed.")),
            (Some(_), None) => wrong.push(format!("{name} is not in the manifest.")),
            (None, _) => wrong.push(format!("{name} is missing.")),
        }
    }
    wrong
}

/// A line with its proof, where it leads to the root of a signed checkpoint; and the name of the tree.
fn proven(bytes: &[u8], proof: &str, keys: &[VerifierKey]) -> Result<(String, Proven), String> {
    let Read::Leaf { place, hash, .. } = line::read(bytes) else {
        return Err("it is no line of a journal".to_owned());
    };
    let form = || "its proof is not in the form of c2sp.org/tlog-proof@v1".to_owned();
    let (head, note) = proof.split_once("\n\n").ok_or_else(form)?;
    let mut fields = head.lines();
    let index = match (
        fields.next(),
        fields.next().and_then(|line| line.strip_prefix("index ")),
    ) {
        (Some(PROOF_FORMAT), Some(index)) => index.parse::<u64>().map_err(|_| form())?,
        _ => return Err(form()),
    };
    let hashes: Option<Vec<_>> = fields.map(hash_of).collect();
    let path = Path {
        index,
        hashes: hashes.ok_or_else(form)?,
    };
    let checkpoint = Checkpoint::read(note).map_err(|error| error.to_string())?;
    let opens = |key: &VerifierKey| key.of(&checkpoint.origin).open(note).is_ok();
    if !keys.is_empty() && !keys.iter().any(opens) {
        return Err("its checkpoint has no signature by a given key".to_owned());
    }
    if (&place.origin, place.index) != (&checkpoint.origin, index) {
        return Err("its proof is about another line".to_owned());
    }
    if path.root(hash, checkpoint.size) != Some(checkpoint.root) {
        return Err("its proof does not lead to the root of the checkpoint".to_owned());
    }
    let one = Proven {
        line: bytes.to_vec(),
        path,
    };
    Ok((place.origin, one))
}
