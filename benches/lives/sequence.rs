//! What the controller asks for between two moments of a life, in turns: as it was recorded, and as it is described here.

use std::collections::BTreeMap;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use identity_center_sandbox::LogEntry;
use serde_json::Value;

use crate::audit::{CONTROLLER, Call, Kind};
use crate::lives::Lives;

/// What there is between an approval and `CreateAccountAssignment`, when nothing else goes on. Reads that follow each
/// other are one turn, because nothing makes them wait for each other but the decision.
const GRANT: &[&str] = &[
    "read: DescribeGroup, DescribeUser, GetGroupId, GetUserId, IsMemberInGroups × 2",
    "look: policies × 4, definitions × 6, memory, our rules × 3, a request forged",
    "write status: approvers, conditions, message, phase Approved, reason ApprovalsComplete, review, sequence, window",
    "read: DescribeAccount, DescribeGroup, DescribePermissionSet, DescribeUser × 2, GetGroupId, GetUserId, ListParents",
    "look: policies × 4, definitions × 6, memory, our rules × 3, a request forged, a decision on it forged",
    "write record: Absent (claims 1)",
    "read: IsMemberInGroups, ListAccountAssignments, get elevationrequests",
    "write record: Creating (claims 1)",
];

/// What there is between an end and `DeleteAccountAssignment`.
const REMOVAL: &[&str] = &["write record: Deleting (claims 1, confirmed 1, ended 1)"];

/// One turn: calls that do not wait for each other.
#[derive(Debug, Clone)]
pub enum Turn {
    /// Questions to AWS by operation, and objects that are read.
    Reads {
        operations: BTreeMap<String, usize>,
        calls: Vec<Call>,
    },
    /// A look of the guard and one at our own rules, which requests that are granted at once share, and a forged decision on this very request.
    Look {
        shared: Vec<Call>,
        forgery: Option<Call>,
    },
    /// A write of the request, or of its record.
    Write(Call),
}

/// The turns of one request between two moments.
pub fn recorded(calls: &[Call], log: &[LogEntry], from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Turn> {
    let within = |at: DateTime<Utc>| from <= at && at < to;
    let ours = calls
        .iter()
        .filter(|call| call.user == CONTROLLER && call.kind != Kind::Uncounted && within(call.began));
    let mut turns = vec![];
    let mut asked = log.iter().filter(|entry| within(entry.at)).peekable();
    for call in ours {
        while let Some(entry) = asked.next_if(|entry| entry.at < call.began) {
            ask(&mut turns, entry);
        }
        take(&mut turns, call);
    }
    asked.for_each(|entry| ask(&mut turns, entry));
    turns
}

fn ask(turns: &mut Vec<Turn>, entry: &LogEntry) {
    let (operations, _) = reads(turns);
    *operations.entry(entry.operation.clone()).or_default() += 1;
}

fn take(turns: &mut Vec<Turn>, call: &Call) {
    let call = call.clone();
    match call.kind {
        Kind::Policies | Kind::Definition | Kind::GuardMemory | Kind::Rules | Kind::ForgedRequest => {
            look(turns).0.push(call);
        }
        Kind::ForgedDecision => *look(turns).1 = Some(call),
        kind if kind.writes() => turns.push(Turn::Write(call)),
        _ => reads(turns).1.push(call),
    }
}

fn reads(turns: &mut Vec<Turn>) -> (&mut BTreeMap<String, usize>, &mut Vec<Call>) {
    if !matches!(turns.last(), Some(Turn::Reads { .. })) {
        turns.push(Turn::Reads {
            operations: BTreeMap::new(),
            calls: vec![],
        });
    }
    match turns.last_mut() {
        Some(Turn::Reads { operations, calls }) => (operations, calls),
        _ => panic!("the last turn was just made one of reads"),
    }
}

fn look(turns: &mut Vec<Turn>) -> (&mut Vec<Call>, &mut Option<Call>) {
    if !matches!(turns.last(), Some(Turn::Look { .. })) {
        turns.push(Turn::Look {
            shared: vec![],
            forgery: None,
        });
    }
    match turns.last_mut() {
        Some(Turn::Look { shared, forgery }) => (shared, forgery),
        _ => panic!("the last turn was just made a look"),
    }
}

impl Turn {
    /// As it is described here.
    pub fn describe(&self) -> String {
        match self {
            Turn::Reads { operations, calls } => {
                let asked = operations
                    .iter()
                    .map(|(operation, times)| format!("{operation}{}", repeated(*times)));
                let read = calls
                    .iter()
                    .map(|call| format!("{} {}", call.verb, call.resource));
                let all: Vec<String> = asked.chain(read).collect();
                format!("read: {}", all.join(", "))
            }
            Turn::Look { shared, forgery } => {
                let times = |kind: Kind| shared.iter().filter(|call| call.kind == kind).count();
                let own = forgery.as_ref().map(|_| ", a decision on it forged");
                format!(
                    "look: policies{}, definitions{}, memory{}, our rules{}, a request forged{}",
                    repeated(times(Kind::Policies)),
                    repeated(times(Kind::Definition)),
                    repeated(times(Kind::GuardMemory)),
                    repeated(times(Kind::Rules)),
                    own.unwrap_or_default()
                )
            }
            Turn::Write(call) => format!("write {}", written(call)),
        }
    }
}

fn repeated(times: usize) -> String {
    if times == 1 {
        String::new()
    } else {
        format!(" × {times}")
    }
}

/// What a write changes, by the names of the fields.
pub fn written(call: &Call) -> String {
    match call.kind {
        Kind::Status => {
            let status = &call.body["status"];
            let fields = status.as_object().into_iter().flatten();
            let fields = fields
                .filter(|(name, _)| *name != "seal")
                .map(|(name, value)| shown(name, value));
            format!("status: {}", fields.collect::<Vec<_>>().join(", "))
        }
        Kind::Finalizer => {
            let kept = call.body["metadata"]["finalizers"].as_array().map_or(0, Vec::len);
            let done = if kept > 0 { "put on" } else { "taken off" };
            format!("finalizer: {done}")
        }
        Kind::Record => match call.verb.as_str() {
            "delete" => "record: removed".to_owned(),
            _ => format!("record: {}", state_and_claims(&call.body["status"])),
        },
        _ => format!("{} {} {}", call.verb, call.resource, call.name),
    }
}

/// The state of a record, and how many of its claims are confirmed or have ended.
fn state_and_claims(status: &Value) -> String {
    let claims = status["claims"].as_array().map_or(&[][..], Vec::as_slice);
    let with = |field: &str| claims.iter().filter(|claim| !claim[field].is_null()).count();
    let state = status["state"].as_str().unwrap_or_default();
    let said = [
        (claims.len(), "claims"),
        (with("startTime"), "confirmed"),
        (with("ended"), "ended"),
    ];
    let said = said.iter().filter(|(number, _)| *number > 0);
    let said: Vec<String> = said.map(|(number, what)| format!("{what} {number}")).collect();
    format!("{state} ({})", said.join(", "))
}

fn shown(name: &str, value: &Value) -> String {
    match (name, value) {
        ("phase" | "reason", Value::String(word)) => format!("{name} {word}"),
        ("assignment", Value::Object(fields)) => {
            let names: Vec<&str> = fields.keys().map(String::as_str).collect();
            format!("assignment ({})", names.join(", "))
        }
        _ => name.to_owned(),
    }
}

/// Holds what was recorded against what is described here.
pub fn verdict(lives: &Lives) -> ExitCode {
    let grant = differs("an approval and CreateAccountAssignment", &lives.grant, GRANT);
    let removal = differs("an end and DeleteAccountAssignment", &lives.removal, REMOVAL);
    if grant || removal {
        println!(
            "the description in benches/lives/sequence.rs differs from the observed calls: replace it with the above"
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn differs(name: &str, turns: &[Turn], described: &[&str]) -> bool {
    let recorded: Vec<String> = turns.iter().map(Turn::describe).collect();
    println!("\nBetween {name}, by the audit logs of the API server and the sandbox:");
    for turn in &recorded {
        println!("    {turn}");
    }
    recorded != described
}
