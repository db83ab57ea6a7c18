//! The one writer: lines into the sink, the head after them, a checkpoint after the head.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::handle::{Health, Journal, Published, Shared};
use super::head::{Head, Heads, StoredHead};
use super::head_write::{Attempt, Moved, Moving, begin, settled};
use super::line::{self, Place, StoredCheckpoint};
use super::note::{Checkpoint, SigningKey};
use super::sink::Sink;
use super::tree::{CompactRange, leaf_hash};
use crate::domain::journal::{Kind, Line};
use crate::ports::Clock;

/// The head is written at most this often.
const HEAD_INTERVAL: Duration = Duration::from_secs(1);

/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// How long the sink may take before the journal counts as one that cannot be written.
const SINK_PATIENCE: Duration = Duration::from_secs(5);

/// What the journal is made of.
pub struct JournalParts {
    /// Where lines go.
    pub sink: Box<dyn Sink>,
    /// The newest checkpoint that the sink had at the start, where it can be read.
    pub newest_in_sink: Option<StoredCheckpoint>,
    /// The key that signs checkpoints.
    pub key: SigningKey,
    /// How often the lease had changed hands when this process took it.
    pub term: i64,
}

/// The one writer.
pub struct Writer {
    sink: Option<Box<dyn Sink>>,
    newest_in_sink: Option<StoredCheckpoint>,
    heads: Arc<dyn Heads>,
    clock: Arc<dyn Clock>,
    key: SigningKey,
    term: i64,
    shared: Arc<Shared>,
    tree: Tree,
    /// Lines that are not in the sink yet.
    waiting: Vec<Line>,
    /// Lines in the sink that no head covers yet.
    uncommitted: Vec<Line>,
}

/// The tree as the sink has it, and as the head has it.
#[derive(Default)]
struct Tree {
    origin: String,
    origins: Vec<String>,
    range: CompactRange,
    committed: CompactRange,
    note: Option<String>,
    stored: Option<StoredHead>,
}

impl Writer {
    /// A writer, and what hands lines to it.
    pub fn new(parts: JournalParts, heads: Arc<dyn Heads>, clock: Arc<dyn Clock>) -> (Self, Journal) {
        let shared = Arc::new(Shared::new());
        let journal = Journal::new(Arc::clone(&shared));
        let writer = Self {
            sink: Some(parts.sink),
            newest_in_sink: parts.newest_in_sink,
            heads,
            clock,
            key: parts.key,
            term: parts.term,
            shared,
            tree: Tree::default(),
            waiting: vec![],
            uncommitted: vec![],
        };
        (writer, journal)
    }

    /// Writes for ever.
    pub async fn run(mut self) {
        self.begin().await;
        let mut attempt: Option<Attempt> = None;
        let mut moving: Option<Moving> = None;
        let mut head_at = Instant::now();
        let mut sink_at = Instant::now();
        loop {
            let now = self.clock.now().into();
            self.waiting.extend(self.shared.take(now));
            let due = if self.shared.is_closing() {
                Instant::now()
            } else {
                head_at
            };
            let sinks = !self.waiting.is_empty();
            let commits = moving.is_none() && (attempt.is_some() || !self.uncommitted.is_empty());
            tokio::select! {
                biased;
                () = sleep_until(sink_at), if sinks => {
                    if !self.sink_waiting().await {
                        sink_at = Instant::now() + RETRY;
                    }
                }
                (tried, moved) = settled(&mut moving) => {
                    moving = None;
                    attempt = self.take_moved(tried, moved).await;
                    head_at = Instant::now() + HEAD_INTERVAL;
                }
                () = sleep_until(due), if commits => {
                    let next = attempt.take().unwrap_or_else(|| self.attempt());
                    let heads = Arc::clone(&self.heads);
                    moving = Some(begin(heads, self.tree.stored.clone(), next));
                }
                () = self.shared.wake.notified() => {}
            }
        }
    }

    /// Finds the tree to go on with, or begins another one.
    async fn begin(&mut self) {
        let stored = loop {
            match self.heads.read().await {
                Ok(stored) => break stored,
                Err(why) => self.unwritable(why),
            }
            sleep(RETRY).await;
        };
        self.take_up(stored);
        self.publish();
    }

    /// Goes on with the tree of the head, unless something speaks against it.
    fn take_up(&mut self, stored: Option<StoredHead>) {
        let checked = match &stored {
            None => Err("there is no head".to_owned()),
            Some(stored) => self.checked(stored),
        };
        let head = stored.as_ref().and_then(|stored| stored.head.clone());
        self.tree.stored = stored;
        match (checked, head) {
            (Ok(range), Some(head)) => {
                self.tree.origin = head.origin;
                self.tree.origins = head.origins;
                self.tree.range = range.clone();
                self.tree.committed = range;
                self.tree.note = Some(head.note);
            }
            (Ok(_), None) => self.begin_anew("the head cannot be read", None),
            (Err(why), head) => self.begin_anew(&why, head.as_ref()),
        }
    }

    fn checked(&self, stored: &StoredHead) -> Result<CompactRange, String> {
        let head = stored.head.as_ref().ok_or("the head holds something else")?;
        if head.uid.as_ref().is_some_and(|uid| *uid != stored.uid) {
            return Err("the head was copied from another object".to_owned());
        }
        let range = head
            .tree(&self.key)
            .map_err(|why| format!("the head is not believed: {why}"))?;
        let tail = self.newest_in_sink.as_ref();
        let tail = tail.and_then(|tail| Checkpoint::read(&tail.note).ok());
        let remembered = [
            tail,
            self.tree
                .note
                .as_deref()
                .and_then(|note| Checkpoint::read(note).ok()),
        ];
        for known in remembered.into_iter().flatten() {
            if known.origin == head.origin && known.size > range.size() {
                return Err("the head is behind what was written: a copy was restored".to_owned());
            }
        }
        Ok(range)
    }

    /// A new tree, whose first line names what is known of the one before it.
    fn begin_anew(&mut self, why: &str, head: Option<&Head>) {
        let in_sink = self.newest_in_sink.take().map(|stored| stored.note);
        let size = |note: &String| Checkpoint::read(note).map_or(0, |checkpoint| checkpoint.size);
        let known = [self.tree.note.take(), in_sink, head.map(|head| head.note.clone())];
        let previous = known.into_iter().flatten().max_by_key(size);
        let mut origins = head.map(|head| head.origins.clone()).unwrap_or_default();
        let last = previous.as_deref().and_then(|note| Checkpoint::read(note).ok());
        origins.extend(last.map(|checkpoint| checkpoint.origin));
        let mut random = [0; 8];
        // Without randomness the time still tells two trees apart.
        if getrandom::fill(&mut random).is_err() {
            random = self.clock.now().timestamp_millis().to_be_bytes();
        }
        let origin = format!("team-operator.io/journal/{:016x}", u64::from_be_bytes(random));
        if previous.is_none() {
            tracing::info!(origin, why, "a journal begins");
        } else {
            tracing::error!(origin, why, "a new journal begins in the place of another");
        }
        let entry = json!({ "why": why, "previous": previous, "origins": origins });
        let first = Line::of(Kind::Origin, self.clock.now().into(), entry);
        self.tree = Tree {
            origin,
            origins,
            stored: self.tree.stored.take(),
            ..Tree::default()
        };
        self.waiting.insert(0, first);
    }

    /// Writes what waits into the sink; whether that went well.
    async fn sink_waiting(&mut self) -> bool {
        let mut range = self.tree.range.clone();
        let mut text = String::new();
        for line in &self.waiting {
            let place = Place {
                origin: self.tree.origin.clone(),
                index: range.size(),
                term: self.term,
            };
            let leaf = line::leaf(&place, line);
            range.push(leaf_hash(leaf.as_bytes()));
            text.push_str(&leaf);
            text.push('\n');
        }
        if !self.append(text).await {
            return false;
        }
        self.tree.range = range;
        self.shared.sunk(&self.waiting);
        self.uncommitted.append(&mut self.waiting);
        self.shared.health.send_if_modified(|health| {
            let recovers = *health != Health::Writable;
            *health = Health::Writable;
            recovers
        });
        true
    }

    async fn append(&mut self, text: String) -> bool {
        let Some(mut sink) = self.sink.take() else {
            return false;
        };
        let written = if sink.may_block() {
            let mut writing = tokio::task::spawn_blocking(move || {
                let written = sink.append(&text);
                (sink, written)
            });
            let answer = if let Ok(answer) = timeout(SINK_PATIENCE, &mut writing).await {
                answer
            } else {
                let seconds = SINK_PATIENCE.as_secs();
                self.unwritable(format!("the sink has not answered for {seconds} s"));
                writing.await
            };
            match answer {
                Ok((sink, written)) => {
                    self.sink = Some(sink);
                    written
                }
                // The process is ending: blocking work is no longer begun.
                Err(_) => return false,
            }
        } else {
            let written = sink.append(&text);
            self.sink = Some(sink);
            written
        };
        if let Err(error) = &written {
            self.unwritable(format!("the sink does not take lines: {error}"));
        }
        written.is_ok()
    }

    fn unwritable(&self, why: String) {
        tracing::error!(
            why,
            "the journal cannot be written; nothing is granted until it can"
        );
        self.shared.health.send_replace(Health::Unwritable(why));
    }

    fn attempt(&self) -> Attempt {
        let range = self.tree.range.clone();
        let checkpoint = Checkpoint {
            origin: self.tree.origin.clone(),
            size: range.size(),
            root: range.root(),
        };
        let note = self.key.sign(&checkpoint);
        Attempt {
            count: self.uncommitted.len(),
            head: Head::of(&range, &self.tree.origin, note, self.tree.origins.clone()),
            range,
        }
    }

    /// What follows from a write of the head; the attempt that is to be made again.
    async fn take_moved(&mut self, attempt: Attempt, moved: Moved) -> Option<Attempt> {
        match moved {
            Moved::Stored(stored) => {
                self.committed(attempt, stored).await;
                None
            }
            Moved::Unknown(why) => {
                tracing::warn!(why, "the head of the journal was not moved; it is tried again");
                Some(attempt)
            }
            Moved::Lost(stored) => {
                self.lose_batch(stored);
                None
            }
        }
    }

    /// Another writer moved the head: what it does not cover is written again behind it.
    fn lose_batch(&mut self, stored: Option<StoredHead>) {
        let mut again = std::mem::take(&mut self.uncommitted);
        again.retain(|line| line.kind != Kind::Origin);
        self.waiting.splice(0..0, again);
        self.take_up(stored);
        self.publish();
    }

    async fn committed(&mut self, attempt: Attempt, stored: StoredHead) {
        let Attempt { count, range, head } = attempt;
        self.tree.stored = Some(stored);
        self.tree.committed = range.clone();
        self.tree.note = Some(head.note.clone());
        let lines: Vec<Line> = self.uncommitted.drain(..count).collect();
        let written = line::checkpoint(&StoredCheckpoint {
            note: head.note,
            range,
            term: self.term,
        });
        // Only a convenience for whoever begins to read here: the next one covers these lines too.
        let _ = self.append(format!("{written}\n")).await;
        self.publish();
        self.shared.committed(&lines);
    }

    fn publish(&self) {
        let origin = self.tree.origin.clone();
        let published = Published {
            vkey: self.key.verifier(&origin).to_string(),
            origin,
            checkpoint: self.tree.note.clone().unwrap_or_default(),
        };
        self.shared.newest.send_if_modified(|known| {
            if known
                .as_ref()
                .is_none_or(|known| known.origin != published.origin)
            {
                tracing::info!(
                    origin = published.origin,
                    vkey = published.vkey,
                    "the journal's verifier key"
                );
            }
            *known = Some(published);
            true
        });
    }
}
