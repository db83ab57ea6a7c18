//! Answers cached for a while, each with the time it was observed.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::ports::{Aged, CallOptions, Freshness};

/// Entries stored before expired ones are evicted; Identity Center has at most 100,000 users.
const ENTRIES_BEFORE_EVICTION: usize = 10_000;

/// Answers by key. Failures are never cached: they are not answers.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    max_age: Duration,
    entries: Mutex<HashMap<K, Aged<V>>>,
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    /// An empty cache that keeps answers this long.
    pub(super) fn new(max_age: Duration) -> Self {
        Self {
            max_age,
            entries: Mutex::new(HashMap::new()),
        }
    }

    /// A cached answer that is young enough, unless the call demands a fresh one.
    pub(super) fn get(&self, options: &CallOptions, key: &K, now: DateTime<Utc>) -> Option<Aged<V>> {
        if options.freshness == Freshness::Fresh {
            return None;
        }
        self.lock().get(key).filter(|kept| self.young(kept, now)).cloned()
    }

    /// Stores an answer, unless a younger one was stored meanwhile.
    pub(super) fn put(&self, key: K, answer: &Aged<V>) {
        let mut entries = self.lock();
        if entries.len() >= ENTRIES_BEFORE_EVICTION {
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

    /// An answer from the future (the clock was set back) does not count.
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
    fn an_answer_is_used_until_it_is_too_old_and_never_for_a_fresh_call() {
        let cache = Cache::new(Duration::from_mins(1));
        let start = DateTime::<Utc>::UNIX_EPOCH;
        cache.put(
            "alice",
            &Aged {
                value: 1,
                observed_at: start,
            },
        );
        let options = CallOptions::background();
        let value = |seconds, options: &CallOptions| {
            cache
                .get(options, &"alice", start + TimeDelta::seconds(seconds))
                .map(|kept| kept.value)
        };
        assert_eq!(value(59, &options), Some(1));
        assert_eq!(value(60, &options), None);
        assert_eq!(value(-1, &options), None);
        assert_eq!(value(0, &options.clone().fresh()), None);
        cache.put(
            "alice",
            &Aged {
                value: 0,
                observed_at: start - TimeDelta::seconds(5),
            },
        );
        assert_eq!(
            value(0, &options),
            Some(1),
            "a slower, older answer does not replace a younger one"
        );
    }
}
