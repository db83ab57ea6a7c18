//! What people do: they ask, decide and cancel, as the API server lets them.

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};
use team_operator::ports::Clock as _;

use super::{full, patch_of};
use crate::cluster::patch::merge;
use crate::cluster::refusal::Refusal;
use crate::cluster::store::Place;
use crate::cluster::writes::Writer;
use crate::grammar::Words;
use crate::stage::{NAMESPACE, Stage, ours};

/// `alice requests DatabaseAdmin in orders for 2h because "…"`.
pub(crate) fn requests(stage: &mut Stage, mut words: Words) -> Result<(), String> {
    let person = words.get("who").to_owned();
    let account = words.get("account").to_owned();
    let mut spec = json!({
        "requester": full(&words.clause("in the name of").unwrap_or(person.clone())),
        "accountId": stage.aws.account(&account).unwrap_or(account),
        "permissionSet": words.get("set"),
        "duration": words.get("duration"),
        "ticketNumber": words.clause("with ticket").unwrap_or("OPS-123".to_owned()),
        "justification": words.clause("because").unwrap_or("restore of a table".to_owned()),
    });
    if words.flag("without a ticket") {
        drop(spec.as_object_mut().map(|spec| spec.remove("ticketNumber")));
    }
    if let Some(time) = words.clause("starting in") {
        let wait = TimeDelta::from_std(duration(&time)?).map_err(|error| error.to_string())?;
        let start = stage.chronicle.clock.now() + wait;
        spec["startTime"] = json!(start.to_rfc3339_opts(SecondsFormat::Secs, true));
    }
    if let Some(time) = words.clause("starting at") {
        spec["startTime"] = json!(time);
    }
    words.last()?;
    let name = stage.new_name(&person);
    let request = json!({ "metadata": { "name": name }, "spec": spec });
    stage.latest = Some(name);
    let made = stage.cluster.create(
        Writer::named(&full(&person)),
        ours("elevationrequests"),
        NAMESPACE,
        &request,
    );
    stage.answer(made);
    Ok(())
}

/// `bob approves alice-1 because "…"`.
pub(crate) fn approves(stage: &mut Stage, words: Words) -> Result<(), String> {
    decides(stage, words, "Approved")
}

/// `everybody in Crowd approves`, one after the other in the order of their names.
pub(crate) fn everybody_approves(stage: &mut Stage, words: Words) -> Result<(), String> {
    let group = words.get("group").to_owned();
    let request = named_or_latest(stage, words)?;
    for person in stage.aws.members(&group) {
        let entry = json!({ "approver": person, "decision": "Approved", "comment": "agreed" });
        append(stage, &person, &request, entry);
    }
    Ok(())
}

/// `carol rejects because "…"`.
pub(crate) fn rejects(stage: &mut Stage, words: Words) -> Result<(), String> {
    decides(stage, words, "Rejected")
}

/// `erin revokes alice-1`.
pub(crate) fn revokes(stage: &mut Stage, words: Words) -> Result<(), String> {
    decides(stage, words, "Revoked")
}

/// One entry is appended, as `kubectl patch --subresource=status --type=json` does it.
fn decides(stage: &mut Stage, mut words: Words, decision: &str) -> Result<(), String> {
    let person = full(words.get("who"));
    let name = full(&words.clause("in the name of").unwrap_or(person.clone()));
    let mut entry = json!({ "approver": name, "decision": decision });
    let comment = words.clause("because");
    if !words.flag("without a comment") {
        entry["comment"] = json!(comment.unwrap_or("agreed".to_owned()));
    }
    let request = named_or_latest(stage, words)?;
    append(stage, &person, &request, entry);
    Ok(())
}

fn append(stage: &Stage, person: &str, request: &str, entry: Value) {
    let written = write(stage, person, request, "status", |request| {
        let entries = &mut request["status"]["approvals"];
        match entries.as_array_mut() {
            Some(entries) => entries.push(entry),
            None => *entries = json!([entry]),
        }
    });
    stage.answer(written);
}

/// `alice cancels`.
pub(crate) fn cancels(stage: &mut Stage, words: Words) -> Result<(), String> {
    let person = full(words.get("who"));
    let request = named_or_latest(stage, words)?;
    let written = write(stage, &person, &request, "", |request| {
        request["spec"]["cancelled"] = json!(true);
    });
    stage.answer(written);
    Ok(())
}

/// `alice deletes alice-1`.
pub(crate) fn deletes(stage: &mut Stage, words: Words) -> Result<(), String> {
    let person = full(words.get("who"));
    let request = named_or_latest(stage, words)?;
    let kind = ours("elevationrequests");
    let place = Place::new(kind, NAMESPACE, &request);
    let deleted = stage
        .cluster
        .delete(Writer::named(&person), kind, &place, &Value::Null);
    stage.answer(deleted);
    Ok(())
}

/// `alice changes duration of alice-1 to 8h`.
pub(crate) fn changes(stage: &mut Stage, words: Words) -> Result<(), String> {
    let patch = patch_of(&format!("spec.{}", words.get("field")), words.get("value"));
    let (person, request) = (full(words.get("who")), words.get("request").to_owned());
    let written = write(stage, &person, &request, "", |request| merge(request, &patch));
    stage.answer(written);
    Ok(())
}

/// `mallory writes phase of alice-1 as Approved`: a field of the status.
pub(crate) fn writes(stage: &mut Stage, words: Words) -> Result<(), String> {
    let patch = patch_of(&format!("status.{}", words.get("field")), words.get("value"));
    let (person, request) = (full(words.get("who")), words.get("request").to_owned());
    let written = write(stage, &person, &request, "status", |request| {
        merge(request, &patch);
    });
    stage.answer(written);
    Ok(())
}

/// `alice asks what to request`, with `in orders`, `for DatabaseAdmin`, `over 2h`.
pub(crate) fn asks(stage: &mut Stage, mut words: Words) -> Result<(), String> {
    let person = words.get("who").to_owned();
    let mut spec = json!({ "requester": full(&person) });
    let account = words
        .clause("in")
        .map(|account| stage.aws.account(&account).unwrap_or(account));
    for (field, value) in [
        ("accountId", account),
        ("permissionSet", words.clause("as")),
        ("duration", words.clause("for")),
    ] {
        if let Some(value) = value {
            spec[field] = json!(value);
        }
    }
    words.last()?;
    let name = stage.new_name(&format!("{person}-asks"));
    let review = json!({ "metadata": { "name": name }, "spec": spec });
    let made = stage.cluster.create(
        Writer::named(&full(&person)),
        ours("eligibilityreviews"),
        NAMESPACE,
        &review,
    );
    stage.answer(made);
    Ok(())
}

fn named_or_latest(stage: &Stage, words: Words) -> Result<String, String> {
    let named = words.last()?;
    named
        .or(stage.latest.clone())
        .ok_or("nobody has requested anything yet".to_owned())
}

fn write(
    stage: &Stage,
    person: &str,
    request: &str,
    subresource: &str,
    change: impl FnOnce(&mut Value),
) -> Result<(), Refusal> {
    let kind = ours("elevationrequests");
    let Some(object) = stage.cluster.object(kind, NAMESPACE, request) else {
        return Err(Refusal::not_found(kind, request));
    };
    let mut wanted = (*object).clone();
    change(&mut wanted);
    let place = Place::new(kind, NAMESPACE, request);
    stage
        .cluster
        .update(Writer::named(person), kind, &place, subresource, &wanted)
        .map(drop)
}

/// `2h1m`, `90d`.
pub(crate) fn duration(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || format!("{text:?} is no duration such as 2h1m or 90d");
    let (mut seconds, mut digits) = (0_u64, String::new());
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        let unit = match letter {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return Err(wrong()),
        };
        let number: u64 = std::mem::take(&mut digits).parse().map_err(|_| wrong())?;
        seconds += number * unit;
    }
    if digits.is_empty() {
        Ok(std::time::Duration::from_secs(seconds))
    } else {
        Err(wrong())
    }
}
