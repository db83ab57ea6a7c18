//! The API server's audit log: every call of the controller, with its times.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::Value;

/// The user name of the controller.
pub const CONTROLLER: &str = "system:serviceaccount:team-operator-system:team-operator";

/// One call that was answered.
#[derive(Debug, Clone)]
pub struct Call {
    pub user: String,
    pub began: DateTime<Utc>,
    pub ended: DateTime<Utc>,
    pub verb: String,
    pub uri: String,
    pub resource: String,
    pub subresource: String,
    pub name: String,
    pub code: i64,
    pub body: Value,
    pub kind: Kind,
}

/// What a call of the controller is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The status of a request is written.
    Status,
    /// The finalizer of a request is written.
    Finalizer,
    /// The record of an assignment is created, written or removed.
    Record,
    /// Policies or bindings are read.
    Policies,
    /// A definition is read.
    Definition,
    /// A forged request, as a dry run.
    ForgedRequest,
    /// A forged decision on a request, as a dry run.
    ForgedDecision,
    /// What the guard remembers is read.
    GuardMemory,
    /// Policies or settings of ours are listed, to see whether the watches have shown the latest.
    Rules,
    /// Another read.
    Read,
    /// Another write.
    Write,
    /// Watches, leases and Events: not counted anywhere.
    Uncounted,
}

impl Kind {
    /// Whether something is stored.
    pub fn writes(self) -> bool {
        matches!(self, Kind::Status | Kind::Finalizer | Kind::Record | Kind::Write)
    }
}

/// The log, and a place in it.
#[derive(Debug, Clone)]
pub struct AuditLog {
    file: PathBuf,
}

impl AuditLog {
    pub fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// The present end: what is logged later comes after it.
    pub fn end(&self) -> u64 {
        std::fs::metadata(&self.file).unwrap().len()
    }

    /// Everything that was answered and logged after that place, in the order in which it began.
    pub fn since(&self, place: u64) -> Vec<Call> {
        let mut file = std::fs::File::open(&self.file).unwrap();
        file.seek(SeekFrom::Start(place)).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut calls: Vec<Call> = whole.lines().filter_map(call).collect();
        calls.sort_by_key(|call| call.began);
        calls
    }
}

fn call(line: &str) -> Option<Call> {
    let event: Value = serde_json::from_str(line).unwrap();
    if event["stage"] != "ResponseComplete" {
        return None;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let time = |field: &str| event[field].as_str()?.parse().ok();
    let about = &event["objectRef"];
    let call = Call {
        user: text(&event["user"]["username"]),
        began: time("requestReceivedTimestamp")?,
        ended: time("stageTimestamp")?,
        verb: text(&event["verb"]),
        uri: text(&event["requestURI"]),
        resource: text(&about["resource"]),
        subresource: text(&about["subresource"]),
        name: text(&about["name"]),
        code: event["responseStatus"]["code"].as_i64().unwrap_or_default(),
        body: event["requestObject"].clone(),
        kind: Kind::Uncounted,
    };
    Some(Call {
        kind: kind(&call),
        ..call
    })
}

fn kind(call: &Call) -> Kind {
    let for_show = call.uri.contains("dryRun=All");
    match (
        call.resource.as_str(),
        call.verb.as_str(),
        call.subresource.as_str(),
    ) {
        (_, "watch", _) | ("leases" | "events", ..) => Kind::Uncounted,
        ("elevationrequests", "patch", "status") if for_show => Kind::ForgedDecision,
        ("elevationrequests", "create", _) if for_show => Kind::ForgedRequest,
        ("elevationrequests", "patch", "status") => Kind::Status,
        ("elevationrequests", "patch", _) => Kind::Finalizer,
        ("accountassignments", "create" | "update" | "delete", _) => Kind::Record,
        ("configmaps", "get", _) if call.name == "team-operator-guard" => Kind::GuardMemory,
        (resource, "get" | "list", _) if resource.contains("admissionpolic") => Kind::Policies,
        ("eligibilitypolicies" | "approverpolicies" | "teamsettings", "list", _) => Kind::Rules,
        ("customresourcedefinitions", "get", _) => Kind::Definition,
        (_, "get" | "list", _) => Kind::Read,
        _ => Kind::Write,
    }
}
