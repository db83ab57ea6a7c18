//! The one writer: lines into the sink, the head after them, a checkpoint after the head.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::handle::{Health, Journal, Published};
use super::head::{Head, Heads, StoredHead};
use super::head_write::{self, Attempt, Moved, Moving};
use super::line::{self, StoredCheckpoint};
use super::note::{Checkpoint, SigningKey};
use super::origin::Tree;
use super::shared::{CAPACITY, Shared};
use super::sink::Sink;
use super::sinking::{self, Batch, Sinking, Sunk};
use crate::domain::journal::{Kind, Line};
use crate::ports::Clock;

/// The head is written at most this often.
const HEAD_INTERVAL: Duration = Duration::from_secs(1);

/// How long after a failure it is tried again.
pub(super) const RETRY: Duration = Duration::from_secs(1);

/// How long the sink may take before the journal counts as one that cannot be written.
pub(super) const SINK_PATIENCE: Duration = Duration::from_secs(5);

/// What the journal is made of.
pub struct JournalParts {
    /// Where lines go.
    pub sink: Box<dyn Sink>,
    /// The key that signs checkpoints.
    pub key: SigningKey,
    /// How often the lease had changed hands when this process took it.
    pub term: i64,
}

/// The one writer.
pub struct Writer {
    /// Nothing while a write of it is under way.
    pub(super) sink: Option<Box<dyn Sink>>,
    /// The newest checkpoint that the sink had at the start, where it can be read.
    pub(super) newest_in_sink: Option<StoredCheckpoint>,
    pub(super) heads: Arc<dyn Heads>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) key: SigningKey,
    term: i64,
    pub(super) shared: Arc<Shared>,
    pub(super) tree: Tree,
    /// Lines that are not in the sink yet.
    pub(super) waiting: Vec<Line>,
    /// Lines in the sink that no head covers yet.
    uncommitted: Vec<Line>,
    /// A checkpoint that is to be written into the sink.
    pub(super) checkpoint: Option<String>,
    /// The head of another writer, which is taken up when the sink has settled.
    lost: Option<Found>,
    /// The next key, and the name of its tree, while the last lines under the old one are written.
    rotation: Option<(SigningKey, String)>,
}

/// What is there in the place of our head; nothing where the object is gone.
struct Found(Option<StoredHead>);

/// What is under way, and when the next may begin.
struct UnderWay {
    sinking: Option<Sinking>,
    /// When the sink has hung for too long.
    hangs_at: Instant,
    sink_at: Instant,
    attempt: Option<Attempt>,
    moving: Option<Moving>,
    head_at: Instant,
}

impl Writer {
    /// A writer, and what hands lines to it.
    pub fn new(parts: JournalParts, heads: Arc<dyn Heads>, clock: Arc<dyn Clock>) -> (Self, Journal) {
        let shared = Arc::new(Shared::new());
        let journal = Journal::new(Arc::clone(&shared));
        let writer = Self {
            sink: Some(parts.sink),
            newest_in_sink: None,
            heads,
            clock,
            key: parts.key,
            term: parts.term,
            shared,
            tree: Tree::default(),
            waiting: vec![],
            uncommitted: vec![],
            checkpoint: None,
            lost: None,
            rotation: None,
        };
        (writer, journal)
    }

    /// Writes for ever.
    pub async fn run(mut self) {
        self.begin().await;
        self.publish();
        let now = Instant::now();
        let mut way = UnderWay {
            sinking: None,
            hangs_at: now,
            sink_at: now,
            attempt: None,
            moving: None,
            head_at: now,
        };
        loop {
            self.take_in(&way);
            let sinks = self.may_sink(&way);
            let commits = self.may_commit(&way);
            // A head that failed is not tried again at once, also not at the end.
            let hurries = self.shared.is_closing() && way.attempt.is_none();
            let due = if hurries { Instant::now() } else { way.head_at };
            tokio::select! {
                biased;
                sunk = sinking::settled(&mut way.sinking) => {
                    way.sinking = None;
                    if !self.take_sunk(sunk) {
                        way.sink_at = Instant::now() + RETRY;
                    }
                }
                () = sleep_until(way.hangs_at), if way.sinking.is_some() && self.is_writable() => {
                    let seconds = SINK_PATIENCE.as_secs();
                    self.unwritable(format!("the sink has not answered for {seconds} s"));
                }
                () = sleep_until(way.sink_at), if sinks => {
                    way.sinking = self.begin_sinking();
                    way.hangs_at = Instant::now() + SINK_PATIENCE;
                }
                (tried, moved) = head_write::settled(&mut way.moving) => {
                    way.moving = None;
                    way.attempt = self.take_moved(tried, moved);
                    way.head_at = Instant::now() + HEAD_INTERVAL;
                }
                () = sleep_until(due), if commits => {
                    let next = way.attempt.take().unwrap_or_else(|| self.attempt());
                    let heads = Arc::clone(&self.heads);
                    way.moving = Some(head_write::begin(heads, self.tree.stored.clone(), next));
                }
                () = self.shared.wake.notified() => {}
            }
        }
    }

    /// Takes in what was handed over. What the sink or the head does not take stays in the queue, which has an end.
    fn take_in(&mut self, way: &UnderWay) {
        if way.sinking.is_none()
            && let Some(Found(stored)) = self.lost.take()
        {
            self.lose_batch(stored);
        }
        self.rotate(way);
        let is_behind = self.uncommitted.len() >= CAPACITY;
        if is_behind && self.is_writable() {
            self.unwritable("the head does not follow the lines".to_owned());
        }
        if self.waiting.is_empty() && !is_behind && self.rotation.is_none() {
            self.waiting = self.shared.take(self.clock.now().into());
        }
    }

    fn may_sink(&self, way: &UnderWay) -> bool {
        let has_something = !self.waiting.is_empty() || self.checkpoint.is_some();
        way.sinking.is_none() && has_something && self.sink.is_some()
    }

    fn may_commit(&self, way: &UnderWay) -> bool {
        let has_something = way.attempt.is_some() || !self.uncommitted.is_empty();
        way.moving.is_none() && has_something && self.lost.is_none()
    }

    fn begin_sinking(&mut self) -> Option<Sinking> {
        let sink = self.sink.take()?;
        let batch = Batch::of(
            std::mem::take(&mut self.waiting),
            &self.tree.origin,
            self.term,
            self.tree.range.clone(),
            self.checkpoint.take(),
        );
        Some(sinking::begin(sink, batch))
    }

    /// What follows from a write of the sink; whether it went well.
    fn take_sunk(&mut self, sunk: Sunk) -> bool {
        let Sunk {
            sink,
            mut batch,
            written,
        } = sunk;
        self.sink = sink;
        if let Err(error) = written {
            // Nothing is known of what arrived: the same lines come again, at the same places.
            self.waiting.splice(0..0, batch.lines);
            self.checkpoint = self.checkpoint.take().or(batch.checkpoint);
            self.shared.state().measures.sink_failures += 1;
            self.unwritable(format!("the sink does not take lines: {error}"));
            return false;
        }
        self.tree.range = batch.range;
        self.shared.sunk(&batch.lines);
        self.uncommitted.append(&mut batch.lines);
        if self.uncommitted.len() < CAPACITY {
            self.shared.health.send_if_modified(|health| {
                let recovers = *health != Health::Writable;
                *health = Health::Writable;
                recovers
            });
        }
        true
    }

    fn is_writable(&self) -> bool {
        *self.shared.health.borrow() == Health::Writable
    }

    pub(super) fn unwritable(&self, why: String) {
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
            head: Head::of(
                &range,
                &self.tree.origin,
                note,
                self.term,
                self.tree.origins.clone(),
            ),
            range,
        }
    }

    /// What follows from a write of the head; the attempt that is to be made again.
    fn take_moved(&mut self, attempt: Attempt, moved: Moved) -> Option<Attempt> {
        match moved {
            Moved::Stored(stored) => {
                self.committed(attempt, stored);
                None
            }
            Moved::Unknown(why) => {
                self.shared.state().measures.head_failures += 1;
                tracing::warn!(why, "the head of the journal was not moved; it is tried again");
                Some(attempt)
            }
            Moved::Lost(stored) => {
                self.shared.state().measures.head_failures += 1;
                self.lost = Some(Found(stored));
                None
            }
        }
    }

    /// Another writer moved the head: what it does not cover is written again behind it.
    fn lose_batch(&mut self, stored: Option<StoredHead>) {
        let mut again = std::mem::take(&mut self.uncommitted);
        self.shared.lost(&again);
        again.retain(|line| line.kind != Kind::Origin);
        self.waiting.splice(0..0, again);
        self.checkpoint = None;
        self.take_up(stored);
        self.publish();
    }

    fn committed(&mut self, attempt: Attempt, stored: StoredHead) {
        let Attempt { count, range, head } = attempt;
        self.tree.stored = Some(stored);
        self.tree.note = Some(head.note.clone());
        let lines: Vec<Line> = self.uncommitted.drain(..count).collect();
        // Only a convenience for whoever begins to read here: the next one covers these lines too.
        self.checkpoint = Some(line::checkpoint(&StoredCheckpoint {
            note: head.note,
            range,
            term: self.term,
        }));
        self.publish();
        self.shared.committed(&lines, self.clock.now().into());
    }

    /// Changes the key: a last line signed by the old one names the new one, and another tree begins when a head covers it.
    fn rotate(&mut self, way: &UnderWay) {
        let is_over = self.waiting.is_empty() && self.uncommitted.is_empty() && self.checkpoint.is_none();
        let is_quiet = way.sinking.is_none() && way.moving.is_none() && way.attempt.is_none();
        if let Some((key, origin)) = self.rotation.take_if(|_| is_over && is_quiet) {
            self.key = key;
            self.begin_anew(origin, "the key was exchanged", None);
        }
        if self.rotation.is_none()
            && let Some(next) = self.shared.take_next_key(&self.key)
        {
            let origin = self.new_origin();
            let vkey = next.verifier(&origin).to_string();
            tracing::warn!(vkey, "the journal's key is exchanged");
            let entry = json!({ "next": { "origin": origin, "vkey": vkey } });
            let line = Line::of(Kind::KeyRotation, self.clock.now().into(), entry);
            self.waiting.push(line);
            self.rotation = Some((next, origin));
        }
    }

    fn publish(&self) {
        let origin = self.tree.origin.clone();
        let published = Published {
            vkey: self.key.verifier(&origin).to_string(),
            origin,
            checkpoint: self.tree.note.clone().unwrap_or_default(),
            size: self.tree.stored_size(),
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
