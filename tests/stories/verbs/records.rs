//! What becomes of records at the hands of people: what admission refuses, and what somebody does who goes past it.

use serde_json::{Value, json};

use super::{full, patch_of};
use crate::cluster::patch::merge;
use crate::cluster::store::Place;
use crate::cluster::writes::Writer;
use crate::grammar::Words;
use crate::stage::{NAMESPACE, Stage, ours};

/// `mallory deletes the record of alice-1`.
pub(crate) fn deletes(stage: &mut Stage, words: Words) -> Result<(), String> {
    let (person, kind) = (full(words.get("who")), ours("accountassignments"));
    let place = record_of(stage, words.get("request"))?;
    let deleted = stage
        .cluster
        .delete(Writer::named(&person), kind, &place, &Value::Null);
    stage.answer(deleted);
    Ok(())
}

/// `mallory writes state of the record of alice-1 as Absent`: a field of the status.
pub(crate) fn writes(stage: &mut Stage, words: Words) -> Result<(), String> {
    let patch = patch_of(&format!("status.{}", words.get("field")), words.get("value"));
    let (person, kind) = (full(words.get("who")), ours("accountassignments"));
    let place = record_of(stage, words.get("request"))?;
    let mut wanted = stored(stage, &place)?;
    merge(&mut wanted, &patch);
    let written = stage
        .cluster
        .update(Writer::named(&person), kind, &place, "", &wanted);
    stage.answer(written);
    Ok(())
}

/// `somebody forges status.state of the record of alice-1 as Absent`: past admission, and any field.
pub(crate) fn forges(stage: &mut Stage, words: Words) -> Result<(), String> {
    let place = record_of(stage, words.get("request"))?;
    let mut object = stored(stage, &place)?;
    let value = words.get("value");
    let pointer = format!("/{}", words.get("field").replace('.', "/"));
    let field = object
        .pointer_mut(&pointer)
        .ok_or_else(|| format!("the record has no {pointer}"))?;
    *field = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    stage.cluster.force(&place, object);
    Ok(())
}

/// `somebody removes the record of alice-1 by force`: finalizer and all.
pub(crate) fn removed_by_force(stage: &mut Stage, words: Words) -> Result<(), String> {
    let place = record_of(stage, words.get("request"))?;
    stage.cluster.force_out(&place);
    Ok(())
}

/// `somebody removes alice-1 by force`: the request, finalizer and all.
pub(crate) fn request_removed_by_force(stage: &mut Stage, words: Words) -> Result<(), String> {
    let place = Place::new(ours("elevationrequests"), NAMESPACE, words.get("request"));
    stage.cluster.force_out(&place);
    Ok(())
}

/// `somebody keeps a copy of the record of alice-1`.
pub(crate) fn copied(stage: &mut Stage, words: Words) -> Result<(), String> {
    let place = record_of(stage, words.get("request"))?;
    stage.copy = Some(stored(stage, &place)?);
    Ok(())
}

/// `somebody puts the copy back`: over the record that is there now, or as a new one.
pub(crate) fn copy_put_back(stage: &mut Stage, _: Words) -> Result<(), String> {
    let copy = stage.copy.clone().ok_or("nobody kept a copy")?;
    let kind = ours("accountassignments");
    let place = Place::new(kind, "", copy["metadata"]["name"].as_str().unwrap_or_default());
    match stage.cluster.object(kind, "", &place.name) {
        Some(there) => {
            let mut object = (*there).clone();
            object["spec"] = copy["spec"].clone();
            object["status"] = copy["status"].clone();
            stage.cluster.force(&place, object);
        }
        None => stage.cluster.force_in(kind, &place, copy),
    }
    Ok(())
}

/// Where the record is that a request claims, or names.
fn record_of(stage: &Stage, request: &str) -> Result<Place, String> {
    let kind = ours("accountassignments");
    let claims = |record: &Value| {
        let claims = record["status"]["claims"].as_array().cloned().unwrap_or_default();
        claims.iter().any(|claim| claim["request"]["name"] == request)
    };
    let records = stage.cluster.objects(kind);
    let claimed = records.iter().find(|record| claims(record));
    let claimed = claimed.map(|record| record["metadata"]["name"].clone());
    let named = || {
        let request = stage
            .cluster
            .object(ours("elevationrequests"), NAMESPACE, request)?;
        Some(request["status"]["assignment"]["name"].clone())
    };
    let name = claimed.or_else(named).unwrap_or(json!(null));
    let name = name
        .as_str()
        .ok_or_else(|| format!("{request} claims no record"))?;
    Ok(Place::new(kind, "", name))
}

fn stored(stage: &Stage, place: &Place) -> Result<Value, String> {
    let record = stage.cluster.object(ours("accountassignments"), "", &place.name);
    Ok((*record.ok_or("the record is not there")?).clone())
}
