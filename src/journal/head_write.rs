//! A write of the head under way. Lines go into the sink meanwhile: a create waits for the sink, and not for the head.

use std::pin::Pin;
use std::sync::Arc;

use super::head::{Head, HeadError, Heads, StoredHead};
use super::tree::CompactRange;

/// A write of the head, repeated as it is until it is known what became of it.
pub(super) struct Attempt {
    /// How many lines it covers that no head covered before.
    pub count: usize,
    /// The tree that it covers.
    pub range: CompactRange,
    /// The head.
    pub head: Head,
}

/// What became of a write of the head.
pub(super) enum Moved {
    /// It is stored, like this.
    Stored(StoredHead),
    /// Nobody knows: it is tried again.
    Unknown(String),
    /// Another writer was first; what is there.
    Lost(Option<StoredHead>),
}

/// A write of the head under way.
pub(super) type Moving = Pin<Box<dyn Future<Output = (Attempt, Moved)> + Send>>;

/// Puts a head in the place of this version.
pub(super) fn begin(heads: Arc<dyn Heads>, over: Option<StoredHead>, attempt: Attempt) -> Moving {
    Box::pin(async move {
        let moved = match heads.write(&attempt.head, over.as_ref()).await {
            Ok(stored) => Moved::Stored(stored),
            Err(HeadError::NoAnswer(why)) => Moved::Unknown(why),
            Err(HeadError::Conflict) => found(&*heads, &attempt).await,
        };
        (attempt, moved)
    })
}

/// Whose head is there after a conflict: ours, where only the answer to an earlier write was lost.
async fn found(heads: &dyn Heads, attempt: &Attempt) -> Moved {
    match heads.read().await {
        Err(why) => Moved::Unknown(why),
        Ok(Some(stored))
            if stored
                .head
                .as_ref()
                .is_some_and(|head| head.note == attempt.head.note) =>
        {
            Moved::Stored(stored)
        }
        Ok(stored) => Moved::Lost(stored),
    }
}

/// What became of the write that is under way; for ever where none is.
pub(super) async fn settled(moving: &mut Option<Moving>) -> (Attempt, Moved) {
    match moving {
        Some(moving) => moving.await,
        None => std::future::pending().await,
    }
}
