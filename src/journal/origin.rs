//! Which tree a writer goes on with, and when it begins another one.

use serde_json::json;
use tokio::time::{sleep, timeout};

use super::head::{Head, StoredHead};
use super::line::{self, StoredCheckpoint};
use super::note::Checkpoint;
use super::sink::Sink;
use super::tree::CompactRange;
use super::writer::{RETRY, SINK_PATIENCE, Writer};
use crate::domain::journal::{Kind, Line};

/// The tree as the sink has it, and as the head has it.
#[derive(Default)]
pub(super) struct Tree {
    /// Its name.
    pub origin: String,
    /// The trees before it.
    pub origins: Vec<String>,
    /// With every line that is in the sink.
    pub range: CompactRange,
    /// The newest checkpoint.
    pub note: Option<String>,
    /// The head that the next one rests on.
    pub stored: Option<StoredHead>,
}

impl Tree {
    /// The size of the newest checkpoint.
    pub fn stored_size(&self) -> u64 {
        let note = self.note.as_deref().map(Checkpoint::read);
        note.and_then(Result::ok).map_or(0, |checkpoint| checkpoint.size)
    }
}

impl Writer {
    /// Finds the tree to go on with, or begins another one.
    pub(super) async fn begin(&mut self) {
        self.look_at_the_sink().await;
        let stored = loop {
            match self.heads.read().await {
                Ok(stored) => break stored,
                Err(why) => self.unwritable(why),
            }
            sleep(RETRY).await;
        };
        self.take_up(stored);
    }

    /// What is in the sink already, as it is now that this process leads: another one may have written since it was opened.
    async fn look_at_the_sink(&mut self) {
        while let Some(sink) = self.sink.take() {
            if !sink.may_block() {
                self.sink = Some(sink);
                return;
            }
            let mut looking = tokio::task::spawn_blocking(move || looked_at(sink));
            let answer = if let Ok(answer) = timeout(SINK_PATIENCE, &mut looking).await {
                answer
            } else {
                let seconds = SINK_PATIENCE.as_secs();
                self.unwritable(format!("the sink has not answered for {seconds} s"));
                looking.await
            };
            // Otherwise the process is ending.
            let Ok((sink, newest)) = answer else { return };
            self.sink = Some(sink);
            match newest {
                Ok(newest) => {
                    self.newest_in_sink = newest;
                    return;
                }
                Err(error) => self.unwritable(format!("the sink cannot be looked at: {error}")),
            }
            sleep(RETRY).await;
        }
    }

    /// Goes on with the tree of the head, unless something speaks against it.
    pub(super) fn take_up(&mut self, stored: Option<StoredHead>) {
        let checked = match &stored {
            None => Err("there is no head".to_owned()),
            Some(stored) => self.checked(stored),
        };
        let head = stored.as_ref().and_then(|stored| stored.head.clone());
        self.tree.stored = stored;
        match (checked, head) {
            (Ok(range), Some(head)) => {
                self.write_checkpoint_of(&head, &range);
                self.tree.origin = head.origin;
                self.tree.origins = head.origins;
                self.tree.range = range;
                self.tree.note = Some(head.note);
            }
            (Ok(_), None) => self.begin_anew(self.new_origin(), "the head cannot be read", None),
            (Err(why), head) => self.begin_anew(self.new_origin(), &why, head.as_ref()),
        }
    }

    /// Whoever moved the head may have been killed before its checkpoint was in the sink. It goes before the first line of this
    /// process: then no checkpoint covers lines of several writers, of which a verifier had to find out the right ones.
    fn write_checkpoint_of(&mut self, head: &Head, range: &CompactRange) {
        let is_there = |newest: &StoredCheckpoint| newest.note == head.note;
        if !self.newest_in_sink.as_ref().is_some_and(is_there) {
            self.checkpoint = Some(line::checkpoint(&StoredCheckpoint {
                note: head.note.clone(),
                range: range.clone(),
                term: head.term,
            }));
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
        let tail = self.newest_in_sink.as_ref().map(|tail| tail.note.as_str());
        let remembered = [tail, self.tree.note.as_deref()].into_iter().flatten();
        for known in remembered.filter_map(|note| Checkpoint::read(note).ok()) {
            if known.origin != head.origin {
                continue;
            }
            if known.size > range.size() {
                return Err("the head is behind what was written: a copy was restored".to_owned());
            }
            if known.size == range.size() && known.root != range.root() {
                return Err("the head is about other lines than those that were written".to_owned());
            }
        }
        Ok(range)
    }

    /// A name for another tree.
    pub(super) fn new_origin(&self) -> String {
        let mut random = [0; 8];
        // Without randomness the time still tells two trees apart.
        if getrandom::fill(&mut random).is_err() {
            random = self.clock.now().timestamp_millis().to_be_bytes();
        }
        format!("team-operator.io/journal/{:016x}", u64::from_be_bytes(random))
    }

    /// A new tree, whose first line names what is known of the one before it.
    pub(super) fn begin_anew(&mut self, origin: String, why: &str, head: Option<&Head>) {
        let in_sink = self.newest_in_sink.take().map(|stored| stored.note);
        let size = |note: &String| Checkpoint::read(note).map_or(0, |checkpoint| checkpoint.size);
        // Of two about as many lines the one that this process remembers counts.
        let known = [head.map(|head| head.note.clone()), in_sink, self.tree.note.take()];
        let previous = known.into_iter().flatten().max_by_key(size);
        let mut origins = head.map_or_else(|| self.tree.origins.clone(), |head| head.origins.clone());
        let last = previous.as_deref().and_then(|note| Checkpoint::read(note).ok());
        origins.extend(last.map(|checkpoint| checkpoint.origin));
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
}

type Looked = (
    Box<dyn Sink>,
    std::io::Result<Option<super::line::StoredCheckpoint>>,
);

fn looked_at(mut sink: Box<dyn Sink>) -> Looked {
    let newest = sink.begin();
    (sink, newest)
}
