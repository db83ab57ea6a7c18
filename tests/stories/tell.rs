//! What a person would see of what happened, as lines with the time of the story.
//!
//! Within one second, what concerns one person stays in its order, and people stand in the order of their names: which of two
//! people is served first within a second is nobody's promise. Of several statuses of one request within a second the last is
//! told; each step from phase to phase is told, from the controller's journal, and each step of a record from state to state.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::aws::short;
use crate::chronicle::{Entry, Happened};
use crate::clock::StoryClock;

/// The longest line.
const WIDTH: usize = 116;

/// What was told before, so that nothing is told twice.
#[derive(Debug, Default)]
pub(crate) struct Teller {
    /// What was last said of each request, and of each record.
    said: HashMap<String, String>,
    /// What was last said of each condition of settings and policies.
    conditions: HashMap<String, String>,
    /// Whose each record is, and what it is about.
    records: HashMap<String, (String, String)>,
}

/// Lines of one second, each with the person it is about.
#[derive(Default)]
struct Second {
    lines: Vec<(String, String)>,
    /// Requests whose status was written, as it is at the end of the second.
    requests: BTreeMap<String, (String, String)>,
    /// Records that were written without a step to another state, in the same way.
    records: BTreeMap<String, (String, String)>,
    /// Whom events are about that say the same, by what they say.
    events: BTreeMap<String, (String, BTreeSet<String>)>,
}

impl Teller {
    /// The lines for what happened.
    pub(crate) fn tell(&mut self, entries: &[Entry]) -> Vec<String> {
        let mut told: Vec<(String, String)> = vec![];
        let mut rest = entries;
        while let Some(first) = rest.first() {
            let second = first.at.timestamp();
            let end = rest
                .iter()
                .position(|entry| entry.at.timestamp() != second)
                .unwrap_or(rest.len());
            let lines = self.second(&rest[..end]).into_iter();
            told.extend(lines.map(|line| (time(first.at), line)));
            rest = &rest[end..];
        }
        let same = told.chunk_by(|one, other| one.1 == other.1);
        same.flat_map(repeated).collect()
    }

    fn second(&mut self, entries: &[Entry]) -> Vec<String> {
        let mut second = Second::default();
        for entry in entries {
            match &entry.what {
                Happened::Told(sentence) => second.lines.push((String::new(), sentence.clone())),
                Happened::Aws { person, sentence } => second.lines.push((person.clone(), sentence.clone())),
                Happened::Journal(line) => self.journal(line, &mut second),
                Happened::Object {
                    plural,
                    before,
                    after,
                } => self.object(plural, before.as_deref(), after.as_deref(), &mut second),
            }
        }
        let records = std::mem::take(&mut second.records);
        for (name, (person, sentence)) in records.into_iter().chain(std::mem::take(&mut second.requests)) {
            self.say(&name, &person, sentence, &mut second);
        }
        // Nobody waits for an event: when it arrives within the second is nobody's promise.
        for (sentence, (person, about)) in std::mem::take(&mut second.events) {
            let about: Vec<String> = about.into_iter().collect();
            let line = format!("event on {}: {sentence}", about.join(" and "));
            second.lines.push((person, line));
        }
        second.lines.sort_by(|one, other| one.0.cmp(&other.0));
        let mut lines: Vec<String> = second.lines.into_iter().map(|(_, line)| line).collect();
        // Between two calls of AWS the order of two requests is nobody's promise either.
        for run in lines.chunk_by_mut(|one, other| request_of(one).is_some() && request_of(other).is_some()) {
            run.sort_by(|one, other| request_of(one).cmp(&request_of(other)));
        }
        lines
    }

    fn say(&mut self, name: &str, person: &str, sentence: String, second: &mut Second) {
        if self.said.get(name) != Some(&sentence) {
            self.said.insert(name.to_owned(), sentence.clone());
            second.lines.push((person.to_owned(), sentence));
        }
    }

    fn journal(&mut self, line: &Value, second: &mut Second) {
        let (entry, facts) = (&line["entry"], &line["facts"]);
        match text(&line["kind"]) {
            "RequestStep" if entry["step"]["stage"].is_null() => {
                let (name, step) = (text(&entry["request"]["name"]).to_owned(), &entry["step"]);
                let sentence = format!(
                    "{name} is {}, {}: {}",
                    text(&step["phase"]),
                    text(&step["reason"]),
                    text(&step["message"])
                );
                self.say(&name, &person_of(&facts["spec"]), sentence, second);
            }
            "RequestRemoval" => {
                let object = &entry["object"];
                let sentence = format!(
                    "journal: the whole of {} is kept before it is removed",
                    text(&object["metadata"]["name"])
                );
                second.lines.push((person_of(&object["spec"]), sentence));
            }
            "Alert" if entry["permissionSetName"].is_string() => {
                let (set, account) = (text(&entry["permissionSetName"]), text(&entry["accountId"]));
                let sentence = format!("journal: {}, {set} in account {account}", text(&entry["reason"]));
                second.lines.push((String::new(), sentence));
            }
            // Records, Events and policies themselves show it.
            _ => {}
        }
    }

    fn object(&mut self, plural: &str, before: Option<&Value>, after: Option<&Value>, second: &mut Second) {
        match (plural, before, after) {
            ("elevationrequests", _, Some(request)) => request_line(before, request, second),
            ("accountassignments", _, Some(record)) => self.record_line(before, record, second),
            ("accountassignments", Some(gone), None) => {
                let sentence = format!("record: {} is removed", subject(gone));
                self.said.remove(&name(gone));
                second.records.remove(&name(gone));
                second.lines.push((user_of(gone), sentence));
            }
            ("elevationrequests" | "eligibilityreviews", Some(gone), None) => {
                second
                    .lines
                    .push((person_of(&gone["spec"]), format!("{} is removed", name(gone))));
            }
            ("eligibilityreviews", _, Some(review)) if review["status"]["complete"] == true => {
                let status = &review["status"];
                let sentence = format!(
                    "{}: {}: {}",
                    name(review),
                    text(&status["reason"]),
                    text(&status["message"])
                );
                second.lines.push((person_of(&review["spec"]), sentence));
            }
            ("namespaces", _, None) => second
                .lines
                .push(("~".to_owned(), "the namespace is gone".to_owned())),
            ("events", None, Some(event)) if matches!(text(&event["action"]), "Alert" | "Notice") => {
                self.event_line(event, second);
            }
            ("teamsettings" | "eligibilitypolicies" | "approverpolicies", _, Some(object)) => {
                self.condition_lines(object, second);
            }
            _ => {}
        }
    }

    /// The record as it is now: at once when its state is another, at the end of the second otherwise.
    fn record_line(&mut self, before: Option<&Value>, record: &Value, second: &mut Second) {
        let (name, person) = (name(record), user_of(record));
        self.records
            .insert(name.clone(), (person.clone(), subject(record)));
        let sentence = format!("record: {} is {}", subject(record), state_and_claims(record));
        let is_step = before.is_some_and(|before| before["status"]["state"] != record["status"]["state"]);
        if is_step {
            second.records.remove(&name);
            self.say(&name, &person, sentence, second);
        } else {
            second.records.insert(name, (person, sentence));
        }
    }

    /// One line for all that are told the same.
    fn event_line(&mut self, event: &Value, second: &mut Second) {
        let regarding = &event["regarding"];
        let name = text(&regarding["name"]);
        let (person, about) = match self.records.get(name) {
            Some((person, subject)) if regarding["kind"] == "AccountAssignment" => {
                (person.clone(), format!("the record of {subject}"))
            }
            _ => (
                name.split('-').next().unwrap_or_default().to_owned(),
                name.to_owned(),
            ),
        };
        let sentence = format!("{}: {}", text(&event["reason"]), text(&event["note"]));
        let (_, abouts) = second.events.entry(sentence).or_insert((person, BTreeSet::new()));
        abouts.insert(about);
    }

    fn condition_lines(&mut self, object: &Value, second: &mut Second) {
        for condition in object["status"]["conditions"].as_array().into_iter().flatten() {
            let (name, kind) = (name(object), text(&condition["type"]));
            let reason = text(&condition["reason"]);
            let sentence = format!(
                "{name}: {kind} is {}, {reason}: {}",
                text(&condition["status"]),
                text(&condition["message"])
            );
            if self
                .conditions
                .insert(format!("{name} {kind}"), sentence.clone())
                .as_ref()
                != Some(&sentence)
            {
                // Behind refusals, before people.
                second.lines.push((format!("!{name}"), sentence));
            }
        }
    }
}

/// The status as it is now, and the verdicts that are new.
fn request_line(before: Option<&Value>, request: &Value, second: &mut Second) {
    let (person, status) = (person_of(&request["spec"]), &request["status"]);
    let known = before.map(verdicts).unwrap_or_default();
    let mut new: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (who, verdict) in verdicts(request)
        .into_iter()
        .filter(|verdict| !known.contains(verdict))
    {
        new.entry(verdict).or_default().push(who);
    }
    for (verdict, people) in new {
        let sentence = verdict.replace("{who}", &people.join(", "));
        second
            .lines
            .push((person.clone(), format!("{}: {sentence}", name(request))));
    }
    if status["reason"].is_string() {
        let phase = status["phase"].as_str().unwrap_or("new");
        let (reason, message) = (text(&status["reason"]), text(&status["message"]));
        let sentence = format!("{} is {phase}, {reason}: {message}", name(request));
        second.requests.insert(name(request), (person, sentence));
    }
}

/// What a record is about: `ReadOnlyAccess in payments for alice`.
fn subject(record: &Value) -> String {
    let spec = &record["spec"];
    let (set, account) = (text(&spec["permissionSetName"]), text(&spec["accountName"]));
    format!("{set} in {account} for {}", user_of(record))
}

fn user_of(record: &Value) -> String {
    short(text(&record["spec"]["userName"]))
}

/// `Present, claimed by alice-1 until 2026-12-01T10:00:00Z`: claims that have not ended, with their ends where they have one.
fn state_and_claims(record: &Value) -> String {
    let status = &record["status"];
    let mut open: Vec<String> = vec![];
    for claim in status["claims"].as_array().into_iter().flatten() {
        if claim["ended"].is_object() {
            continue;
        }
        let name = text(&claim["request"]["name"]);
        open.push(match claim["endTime"].as_str() {
            Some(end) => format!("{name} until {end}"),
            None => name.to_owned(),
        });
    }
    let mut sentence = text(&status["state"]).to_owned();
    if !open.is_empty() {
        sentence = format!("{sentence}, claimed by {}", open.join(" and "));
    }
    if record["metadata"]["deletionTimestamp"].is_string() {
        sentence.push_str(", to be deleted as somebody asked");
    }
    sentence
}

/// Who voted, and what the controller made of it.
fn verdicts(request: &Value) -> Vec<(String, String)> {
    let all = request["status"]["review"]["verdicts"]
        .as_array()
        .into_iter()
        .flatten();
    let told = all.map(|verdict| {
        let decision = text(&verdict["decision"]);
        let sentence = if verdict["counted"] == true {
            format!("{decision} by {{who}} counts")
        } else {
            format!(
                "{decision} by {{who}} does not count, {}",
                text(&verdict["reason"])
            )
        };
        (short(text(&verdict["approver"])), sentence)
    });
    told.collect()
}

/// The request that a line begins with: a name and a number.
fn request_of(line: &str) -> Option<&str> {
    let first = line.split([' ', ':']).next()?;
    let (_, number) = first.rsplit_once('-')?;
    number
        .chars()
        .all(|letter| letter.is_ascii_digit())
        .then_some(first)
}

fn time(at: DateTime<Utc>) -> String {
    if (at - StoryClock::first_midnight()).num_days() == 0 {
        return at.format("%H:%M:%S").to_string();
    }
    at.format("%-d %b %H:%M:%S").to_string()
}

fn person_of(spec: &Value) -> String {
    short(text(&spec["requester"]))
}

fn name(object: &Value) -> String {
    match text(&object["metadata"]["name"]) {
        "default" => "settings".to_owned(),
        name => name.to_owned(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What happens again and again is told once.
fn repeated(same: &[(String, String)]) -> Vec<String> {
    let (first, last) = (&same[0], &same[same.len() - 1]);
    let line = match same.len() - 1 {
        0 => first.1.clone(),
        1 => format!("{} (once more at {})", first.1, last.0),
        more => format!("{} ({more} times more, the last at {})", first.1, last.0),
    };
    wrapped(&first.0, &line)
}

/// Long lines go on further to the right.
fn wrapped(time: &str, line: &str) -> Vec<String> {
    let mut lines = vec![format!("{time} ")];
    for word in line.split(' ') {
        let last = lines.last_mut().unwrap();
        if word.is_empty() {
            continue;
        }
        if last.chars().count() + word.chars().count() >= WIDTH {
            lines.push(format!("            {word}"));
        } else {
            last.push(' ');
            last.push_str(word);
        }
    }
    lines
}
