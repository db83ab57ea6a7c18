//! A writer with a sink and a head in memory, whose faults a test chooses.

use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::api::Timestamp;
use crate::domain::journal::{Around, Kind, Line};
use crate::domain::{RequestFacts, SealCheck};
use crate::journal::*;
use crate::ports::Clock;

/// How long a test waits, by a clock that does not run.
pub(super) const A_WHILE: Duration = Duration::from_mins(1);

struct AlwaysNoon;

impl Clock for AlwaysNoon {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }
}

/// What a sink does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SinkMode {
    Takes,
    /// It takes so many bytes more, and then says that there is no space.
    HasSpaceFor(usize),
    /// Whoever reads the pipe is gone.
    IsClosed,
    Hangs,
    /// It says that it has the lines, and has lost them.
    Forgets,
}

type Inner = (Mutex<(Vec<u8>, SinkMode)>, Condvar);

/// A sink that several processes may have.
#[derive(Clone)]
pub(super) struct Bytes {
    inner: Arc<Inner>,
}

impl Bytes {
    pub(super) fn new() -> Self {
        let state = (vec![], SinkMode::Takes);
        Self {
            inner: Arc::new((Mutex::new(state), Condvar::new())),
        }
    }

    pub(super) fn be(&self, mode: SinkMode) {
        self.inner.0.lock().unwrap().1 = mode;
        self.inner.1.notify_all();
    }

    pub(super) fn text(&self) -> Vec<u8> {
        self.inner.0.lock().unwrap().0.clone()
    }
}

/// One process's way into it: it begins with a newline where the bytes end within a line, as a file does.
struct BytesSink {
    bytes: Bytes,
    may_block: bool,
}

impl Sink for BytesSink {
    fn begin(&mut self) -> io::Result<Option<StoredCheckpoint>> {
        let text = self.bytes.text();
        let lines = text.split(|byte| *byte == b'\n');
        let checkpoints = lines.filter_map(|line| match read(line) {
            Read::Checkpoint(stored) => Some(stored),
            _ => None,
        });
        Ok(checkpoints.fold(None, |_, stored| Some(stored)))
    }

    fn append(&mut self, lines: &str) -> io::Result<()> {
        let (state, changed) = &*self.bytes.inner;
        let mut state = state.lock().unwrap();
        while state.1 == SinkMode::Hangs {
            state = changed.wait(state).unwrap();
        }
        let within_line = state.0.last().is_some_and(|last| *last != b'\n');
        let text = if within_line {
            format!("\n{lines}")
        } else {
            lines.to_owned()
        };
        match state.1 {
            SinkMode::HasSpaceFor(space) if space < text.len() => {
                state.0.extend_from_slice(&text.as_bytes()[..space]);
                state.1 = SinkMode::HasSpaceFor(0);
                Err(io::ErrorKind::StorageFull.into())
            }
            SinkMode::IsClosed => Err(io::ErrorKind::BrokenPipe.into()),
            SinkMode::Forgets => Ok(()),
            _ => {
                state.0.extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
    }

    fn may_block(&self) -> bool {
        self.may_block
    }
}

/// What the API server does with the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadMode {
    Answers,
    /// Nothing arrives.
    IsAway,
    /// Writes arrive, and their answers do not.
    LosesAnswers,
    /// Neither answer nor error, until it answers again.
    Hangs,
}

/// The head that several processes may have.
pub(super) struct FakeHeads {
    pub(super) state: Mutex<HeadState>,
    pub(super) mode: tokio::sync::watch::Sender<HeadMode>,
}

#[derive(Default)]
pub(super) struct HeadState {
    pub(super) stored: Option<StoredHead>,
    pub(super) writes: u64,
    pub(super) made: u64,
}

impl FakeHeads {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            mode: tokio::sync::watch::Sender::new(HeadMode::Answers),
        })
    }

    pub(super) fn be(&self, mode: HeadMode) {
        self.mode.send_replace(mode);
    }

    pub(super) fn stored(&self) -> Option<StoredHead> {
        self.state.lock().unwrap().stored.clone()
    }

    /// Somebody changes the object by hand.
    pub(super) fn change(&self, change: impl FnOnce(&mut Option<StoredHead>)) {
        let mut state = self.state.lock().unwrap();
        state.writes += 1;
        let version = state.writes.to_string();
        change(&mut state.stored);
        if let Some(stored) = &mut state.stored {
            stored.version = version;
        }
    }

    async fn mode(&self) -> HeadMode {
        let mut mode = self.mode.subscribe();
        let found = mode.wait_for(|mode| *mode != HeadMode::Hangs).await;
        *found.unwrap()
    }
}

#[async_trait]
impl Heads for FakeHeads {
    async fn read(&self) -> Result<Option<StoredHead>, String> {
        match self.mode().await {
            HeadMode::IsAway => Err("the API server is away".to_owned()),
            _ => Ok(self.stored()),
        }
    }

    async fn write(&self, head: &Head, over: Option<&StoredHead>) -> Result<StoredHead, HeadError> {
        let mode = self.mode().await;
        if mode == HeadMode::IsAway {
            return Err(HeadError::NoAnswer("the API server is away".to_owned()));
        }
        let mut state = self.state.lock().unwrap();
        let version = |stored: &StoredHead| (stored.uid.clone(), stored.version.clone());
        if state.stored.as_ref().map(version) != over.map(version) {
            return Err(HeadError::Conflict);
        }
        let uid = over.map_or_else(
            || {
                state.made += 1;
                format!("head-{}", state.made)
            },
            |stored| stored.uid.clone(),
        );
        state.writes += 1;
        let stored = StoredHead {
            head: Some(Head {
                uid: over.map(|stored| stored.uid.clone()),
                ..head.clone()
            }),
            uid,
            version: state.writes.to_string(),
        };
        state.stored = Some(stored.clone());
        if mode == HeadMode::LosesAnswers {
            return Err(HeadError::NoAnswer("the answer was lost".to_owned()));
        }
        Ok(stored)
    }
}

pub(super) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; SEED_BYTES]).unwrap()
}

/// A sink and a head, and what processes make of them.
pub(super) struct Bench {
    pub(super) bytes: Bytes,
    pub(super) heads: Arc<FakeHeads>,
}

/// A process that writes.
pub(super) struct Process {
    pub(super) journal: Journal,
    pub(super) task: JoinHandle<()>,
}

impl Process {
    pub(super) fn tells(&self, text: &str) {
        let entry = json!({ "text": text });
        let time = Timestamp::from(DateTime::UNIX_EPOCH);
        self.journal.other(Line::of(Kind::Alert, time, entry));
    }

    /// Hands over the steps of a request with a history of this length.
    pub(super) fn steps(&self, uid: &str, length: i64) -> bool {
        self.journal.steps(&request(uid, length), &Around::default())
    }

    pub(super) async fn is_done(&self) {
        assert!(self.journal.is_empty_within(A_WHILE).await, "{:?}", self.health());
    }

    pub(super) fn health(&self) -> Health {
        self.journal.health().borrow().clone()
    }

    /// Waits until the journal cannot be written; why.
    pub(super) async fn fails(&self) -> String {
        let mut health = self.journal.health();
        let is_broken = |health: &Health| match health {
            Health::Unwritable(why) => !why.contains("not begun"),
            Health::Writable => false,
        };
        let found = tokio::time::timeout(A_WHILE, health.wait_for(is_broken)).await;
        match &*found.unwrap().unwrap() {
            Health::Unwritable(why) => why.clone(),
            Health::Writable => String::new(),
        }
    }

    pub(super) async fn recovers(&self) {
        let mut health = self.journal.health();
        let writable = health.wait_for(|health| *health == Health::Writable);
        tokio::time::timeout(A_WHILE, writable).await.unwrap().unwrap();
    }
}

impl Bench {
    pub(super) fn new() -> Self {
        Self {
            bytes: Bytes::new(),
            heads: FakeHeads::new(),
        }
    }

    /// A process with the usual key.
    pub(super) fn start(&self, term: i64) -> Process {
        self.start_with(term, key(7), false)
    }

    pub(super) fn start_with(&self, term: i64, key: SigningKey, may_block: bool) -> Process {
        let parts = JournalParts {
            sink: Box::new(BytesSink {
                bytes: self.bytes.clone(),
                may_block,
            }),
            key,
            term,
        };
        let heads: Arc<dyn Heads> = self.heads.clone();
        let (writer, journal) = Writer::new(parts, heads, Arc::new(AlwaysNoon));
        Process {
            journal,
            task: tokio::spawn(writer.run()),
        }
    }

    /// What a verifier makes of it that knows the end and the first key; the committed lines.
    pub(super) fn verified(&self) -> (Vec<Value>, Verifier) {
        let note = self.heads.stored().unwrap().head.unwrap().note;
        let held = Held {
            from: "the head".to_owned(),
            checkpoint: Checkpoint::read(&note).unwrap(),
            compared: false,
        };
        let mut verifier = Verifier::new(vec![key(7).verifier("any")], vec![held]);
        let mut lines = vec![];
        let text = self.bytes.text();
        for (bytes, line) in text.split(|byte| *byte == b'\n').zip(1..) {
            let position = Position {
                file: "f".to_owned(),
                line,
            };
            verifier.line(bytes, &position, &mut |one| {
                lines.push(content(one.bytes).unwrap());
            });
        }
        assert_eq!(
            verifier.finish(),
            Verdict::SoundToItsEnd,
            "{:?}\n{}",
            verifier.findings,
            String::from_utf8_lossy(&text)
        );
        (lines, verifier)
    }
}

/// What the alerts among these lines say, in their order.
pub(super) fn texts(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .filter_map(|line| line["entry"]["text"].as_str())
        .collect()
}

/// The entries of steps, by uid and sequence; the same key has one entry only.
pub(super) fn steps_of(lines: &[Value]) -> std::collections::BTreeMap<String, Value> {
    let mut found = std::collections::BTreeMap::new();
    for line in lines.iter().filter(|line| line["kind"] == "RequestStep") {
        let before = found.insert(line["key"].to_string(), line["entry"].clone());
        assert!(before.is_none_or(|before| before == line["entry"]), "{line}");
    }
    found
}

/// A request with a history of this length, of which nothing is recorded.
pub(super) fn request(uid: &str, length: i64) -> RequestFacts {
    let history: Vec<Value> = (1..=length)
        .map(|sequence| {
            json!({
                "sequence": sequence, "time": "2026-12-01T09:00:00Z", "phase": "Pending", "reason": "Valid",
                "message": "A sentence.",
            })
        })
        .collect();
    let spec = json!({ "accountId": "111122223333", "permissionSet": "Admin", "duration": "1h" });
    RequestFacts {
        uid: uid.to_owned(),
        namespace: "orders".to_owned(),
        name: uid.to_owned(),
        version: "1".to_owned(),
        generation: 1,
        created_at: Timestamp::from(DateTime::UNIX_EPOCH),
        deleted_at: None,
        has_finalizer: true,
        spec: serde_json::from_value(spec).unwrap(),
        status: serde_json::from_value(json!({ "phase": "Pending", "history": history })).unwrap(),
        seal: SealCheck::Valid,
    }
}
