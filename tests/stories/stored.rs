//! Objects as versions of the controller stored them, which every later definition has to serve with a good seal: a default or a
//! field less would break the seal of everything that is there.
//!
//! `STORED=1 cargo test --test stories` writes those of this version into `tests/stored/`; those of a version that was released stay as
//! they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use team_operator::admission::{SealCheck, SealKey};
use team_operator::api::{AccountAssignment, ElevationRequest};
use team_operator::domain::RecordSeal;

use crate::cluster::kinds::Kind;
use crate::cluster::schema::{completed_by, mistakes};
use crate::stage::{SEAL_KEY, Stage};

const GROUP: &str = "team-operator.io";
const REQUESTS: &str = "elevationrequests";
const RECORDS: &str = "accountassignments";

/// Stories that lead through most phases and states.
const TOLD_BY: [&str; 4] = [
    "from_request_to_end",
    "everything_at_once",
    "revoked_during_a_create",
    "start_in_the_future",
];

/// Objects of one story, one for each phase and state that it went through.
#[derive(Default)]
pub(crate) struct Kept(BTreeMap<String, Value>);

impl Kept {
    /// Takes in what is stored now, where objects of this story are kept.
    pub(crate) fn look(&mut self, story: &str, stage: &Stage) {
        if !TOLD_BY.contains(&story) || std::env::var_os("STORED").is_none() {
            return;
        }
        for (plural, field) in [(REQUESTS, "phase"), (RECORDS, "state")] {
            for object in stage.cluster.objects(kind(plural)) {
                if let Some(word) = object["status"][field].as_str() {
                    let name = format!("{plural}-{}.json", word.to_lowercase());
                    self.0.entry(name).or_insert_with(|| Value::clone(&object));
                }
            }
        }
    }

    /// Writes what no other story has written.
    pub(crate) fn write(&self) {
        let folder = stored().join(env!("CARGO_PKG_VERSION"));
        for (name, object) in &self.0 {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(name), format!("{object:#}\n")).unwrap();
        }
    }
}

fn kind(plural: &str) -> &'static Kind {
    Kind::served(GROUP, plural).unwrap()
}

fn stored() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored")
}

/// Every object that any version has stored, with its file.
fn all() -> Vec<(PathBuf, &'static Kind, Value)> {
    let folders = |folder: &Path| -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        paths
    };
    let files = folders(&stored())
        .into_iter()
        .filter(|path| path.is_dir())
        .flat_map(|version| folders(&version));
    let read = |path: PathBuf| {
        let object: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let kind = Kind::of(&object).unwrap();
        (path, kind, object)
    };
    files.map(read).collect()
}

fn has_good_seal(object: &Value) -> bool {
    let key = SealKey::from_bytes(&SEAL_KEY).unwrap();
    if object["kind"] == "AccountAssignment" {
        return matches!(
            key.check_record(object),
            RecordSeal::Valid | RecordSeal::OfCreation
        );
    }
    key.check(object) == SealCheck::Valid
}

#[test]
fn what_any_version_stored_is_served_unchanged_with_a_good_seal_and_can_be_read() {
    let all = all();
    assert!(all.len() >= 8, "{} objects are stored", all.len());
    for (path, kind, object) in &all {
        let name = path.display();
        let (schema, _) = kind.schema().unwrap();
        let served = completed_by(schema, object);
        assert!(
            has_good_seal(&served),
            "the seal of {name} is broken by the definition"
        );
        assert_eq!(mistakes(kind, &served, None), Vec::<String>::new(), "{name}");
        let read = if kind.plural == RECORDS {
            serde_json::from_value::<AccountAssignment>(served).map(drop)
        } else {
            serde_json::from_value::<ElevationRequest>(served).map(drop)
        };
        read.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn a_default_or_a_field_less_in_a_definition_is_found() {
    let all = all();
    let (_, kind, object) = all.iter().find(|(_, kind, _)| kind.plural == REQUESTS).unwrap();
    let (schema, _) = kind.schema().unwrap();
    for part in ["spec", "status"] {
        let mut with_default = schema.clone();
        with_default["properties"][part]["properties"]["later"] = json!({ "type": "string", "default": "x" });
        assert!(
            !has_good_seal(&completed_by(&with_default, object)),
            "a default in {part}"
        );
        let mut with_field = schema.clone();
        with_field["properties"][part]["properties"]["later"] = json!({ "type": "string" });
        assert!(
            has_good_seal(&completed_by(&with_field, object)),
            "an optional field in {part}"
        );
    }
    let mut without = schema.clone();
    let fields = without["properties"]["spec"]["properties"]
        .as_object_mut()
        .unwrap();
    assert!(fields.remove("justification").is_some());
    assert!(!has_good_seal(&completed_by(&without, object)), "a field less");
}
