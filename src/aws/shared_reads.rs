//! Reads that many callers need at the same time: one call serves them all, and one that fails spoils no other.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use futures::future::{BoxFuture, FutureExt as _, Shared, WeakShared};
use futures::stream::{self, StreamExt as _};

use crate::ports::{CallOptions, Class, PortError, Priority};

/// How many of many reads are sent at once. The budget spaces them; this many hide AWS's delay.
const AT_ONCE: usize = 16;

/// After this many answers that say nothing about a single item (throttled, unavailable), AWS as a whole does not answer.
const FAILURES_IN_A_ROW: usize = 3;

/// A read that was begun.
type Read<V> = BoxFuture<'static, Result<V, PortError>>;

/// What waits for the answer of a read.
type Flight<V> = Shared<Read<V>>;

/// Reads in progress, by what they read. Whoever asks for the same meanwhile waits for the same answer. A read that nobody waits
/// for any more is dropped.
pub(super) struct SharedReads<K, V> {
    in_progress: Mutex<HashMap<K, WeakShared<Read<V>>>>,
}

impl<K, V> Default for SharedReads<K, V> {
    fn default() -> Self {
        Self {
            in_progress: Mutex::default(),
        }
    }
}

impl<K: Hash + Eq, V: Clone> SharedReads<K, V> {
    /// The read in progress for this key, or `begin`, which becomes it.
    pub(super) fn join(&self, key: K, begin: impl FnOnce() -> Read<V>) -> Flight<V> {
        let mut all = self.in_progress.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, flight| flight.upgrade().is_some_and(|flight| flight.peek().is_none()));
        if let Some(flight) = all.get(&key).and_then(WeakShared::upgrade) {
            return flight;
        }
        let flight = begin().shared();
        if let Some(weak) = flight.downgrade() {
            all.insert(key, weak);
        }
        flight
    }
}

/// Whether this caller may wait for a read that another one began. A fresh answer is from after the question, and what ends
/// access waits for nobody else's place in the queue.
pub(super) fn may_share(options: &CallOptions) -> bool {
    options.freshness == crate::ports::Freshness::Cached && options.priority >= Priority::Decision
}

/// The options of a read that serves everybody: somebody who decides may be among those who wait for it.
pub(super) fn for_everybody() -> CallOptions {
    CallOptions::decision("everybody")
}

/// Reads many items, several at once, each answer beside its key. A refusal concerns its item alone. Where AWS repeatedly gives no answer
/// at all, that is the answer, and the rest is not asked.
pub(super) async fn read_each<K, V, F>(
    keys: Vec<K>,
    read: impl Fn(K) -> F,
    mut take: impl FnMut(K, Result<V, PortError>),
) -> Result<(), PortError>
where
    K: Clone,
    F: Future<Output = Result<V, PortError>>,
{
    let mut answers = stream::iter(keys)
        .map(|key| {
            let answer = read(key.clone());
            async move { (key, answer.await) }
        })
        .buffer_unordered(AT_ONCE);
    let mut without_answer = 0;
    while let Some((key, answer)) = answers.next().await {
        match &answer {
            Err(error) if matches!(error.class, Class::Throttled | Class::Unavailable) => without_answer += 1,
            _ => without_answer = 0,
        }
        match answer {
            Err(error) if without_answer >= FAILURES_IN_A_ROW => return Err(error),
            answer => take(key, answer),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::ports::Effect;

    fn failed(class: Class) -> PortError {
        PortError {
            class,
            operation: "DescribeUser",
            resource: "user u".to_owned(),
            sentence: "no.".to_owned(),
            effect: Effect::None,
            retry_after: None,
            source: None,
        }
    }

    #[tokio::test]
    async fn whoever_asks_meanwhile_shares_the_answer_and_whoever_asks_later_does_not() {
        let reads = SharedReads::<&str, usize>::default();
        let count = Arc::new(AtomicUsize::new(0));
        let begin = || {
            let count = Arc::clone(&count);
            async move {
                tokio::task::yield_now().await;
                Ok(count.fetch_add(1, Ordering::SeqCst))
            }
            .boxed()
        };
        let (one, two, other) = tokio::join!(
            reads.join("a", begin),
            reads.join("a", begin),
            reads.join("b", begin)
        );
        assert_eq!(one.unwrap(), two.unwrap());
        other.unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert_eq!(reads.join("a", begin).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_failure_is_shared_too_and_the_next_question_asks_again() {
        let reads = SharedReads::<&str, usize>::default();
        let fails = || async { Err(failed(Class::Unavailable)) }.boxed();
        let (one, two) = tokio::join!(reads.join("a", fails), reads.join("a", fails));
        assert!(one.is_err() && two.is_err());
        assert_eq!(reads.join("a", || async { Ok(1) }.boxed()).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_refusal_costs_its_item_and_silence_costs_the_rest() {
        let table = [
            (Class::Denied, Some(99)),
            (Class::Unavailable, None),
            (Class::Throttled, None),
        ];
        for (class, read) in table {
            let mut found = 0;
            let answer = |key: usize| async move {
                if class == Class::Denied && key != 7 {
                    Ok(key)
                } else {
                    Err(failed(class))
                }
            };
            let all = read_each((0..100).collect(), answer, |_, answer| {
                found += usize::from(answer.is_ok());
            })
            .await;
            assert_eq!(all.ok().map(|()| found), read, "{class:?}");
        }
    }
}
