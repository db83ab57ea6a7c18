//! Answers kept for a while, each with the moment it was given.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::ports::{Aged, Ask, Freshness};

/// Entries kept before the old ones are swept out; Identity Center has at most 100,000 users.
const ENTRIES_BEFORE_SWEEP: usize = 10_000;

/// Answers by question. Failures are never kept: they are not answers.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    max_age: Duration,
    entries: Mutex<HashMap<K, Aged<V>>>,
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    /// Empty, keeping answers this long.
    pub(super) fn new(max_age: Duration) -> Self {
        Self {
            max_age,
            entries: Mutex::new(HashMap::new()),
        }
    }

    /// A kept answer that is young enough, unless a fresh one is asked for.
    pub(super) fn get(&self, ask: &Ask, key: &K, now: DateTime<Utc>) -> Option<Aged<V>> {
        if ask.freshness == Freshness::Fresh {
            return None;
        }
        self.lock().get(key).filter(|kept| self.young(kept, now)).cloned()
    }

    /// Keeps an answer, unless a younger one came in between.
    pub(super) fn put(&self, key: K, answer: &Aged<V>) {
        let mut entries = self.lock();
        if entries.len() >= ENTRIES_BEFORE_SWEEP {
            let now = answer.observed_at;
            entries.retain(|_, kept| self.young(kept, now));
        }
        if entries
            .get(&key)
            .is_none_or(|kept| kept.observed_at <= answer.observed_at)
        {
            entries.insert(key, answer.clone());
        }
    }

    /// An answer from the future (the clock stepped back) is no answer.
    fn young(&self, kept: &Aged<V>, now: DateTime<Utc>) -> bool {
        let age = now - kept.observed_at;
        age >= TimeDelta::zero() && age.to_std().is_ok_and(|age| age < self.max_age)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Aged<V>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_used_until_it_is_too_old_and_never_when_a_fresh_one_is_asked_for() {
        let cache = Cache::new(Duration::from_mins(1));
        let start = DateTime::<Utc>::UNIX_EPOCH;
        cache.put(
            "alice",
            &Aged {
                value: 1,
                observed_at: start,
            },
        );
        let ask = Ask::background();
        let value = |seconds, ask: &Ask| {
            cache
                .get(ask, &"alice", start + TimeDelta::seconds(seconds))
                .map(|kept| kept.value)
        };
        assert_eq!(value(59, &ask), Some(1));
        assert_eq!(value(60, &ask), None);
        assert_eq!(value(-1, &ask), None);
        assert_eq!(value(0, &ask.clone().fresh()), None);
        cache.put(
            "alice",
            &Aged {
                value: 0,
                observed_at: start - TimeDelta::seconds(5),
            },
        );
        assert_eq!(
            value(0, &ask),
            Some(1),
            "a slower, older answer does not replace a younger one"
        );
    }
}
