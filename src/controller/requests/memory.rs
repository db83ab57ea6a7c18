//! What the process remembers of requests between passes. All of it can be lost: it saves questions and writes.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::stored_request::StoredRequest;
use crate::api::Timestamp;
use crate::domain::{RequestFacts, SealCheck, is_later_version};

/// The first and the longest delay after a pass that failed.
const FAILURE_DELAYS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How often the same alert about one object is told.
const ALERT_INTERVAL: Duration = Duration::from_mins(1);

/// What the process remembers of requests between passes.
#[derive(Debug, Default)]
pub struct Memory {
    requests: Mutex<HashMap<String, Remembered>>,
    absences: Mutex<HashMap<String, Timestamp>>,
    alerts: Mutex<HashMap<(String, String), Instant>>,
    leftovers: Mutex<Vec<StoredRequest>>,
}

/// What is remembered of one request.
#[derive(Debug, Default)]
struct Remembered {
    newest: Option<StoredRequest>,
    /// The highest sequence of its status that was seen, and the version that had it.
    highest: Option<(i64, String)>,
    idle: Option<Idle>,
    /// Counts what woke it.
    woken: u64,
    failures: u32,
    /// In which epoch it was decided, and what of it.
    decided: Option<(u64, u64)>,
    told_that_it_ends: bool,
}

/// Nothing has to be decided until then, unless something changes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Idle {
    resource_version: String,
    epoch: u64,
    until: Instant,
}

/// A pass that begins: what woke the request before it is in its eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit(u64);

impl Memory {
    /// The newer one of what the watch brought and what was written last: the watch lags behind our own writes.
    pub fn newest(&self, seen: StoredRequest) -> StoredRequest {
        self.newer(seen.uid(), seen.resource_version()).unwrap_or(seen)
    }

    /// What was written last, where that is newer than this version of the request.
    pub fn newer(&self, uid: &str, than: &str) -> Option<StoredRequest> {
        let remembered = self.requests();
        let known = remembered.get(uid)?.newest.as_ref()?;
        is_later_version(known.resource_version(), than).then(|| known.clone())
    }

    /// Notes what was just written or read.
    pub fn remember_version(&self, request: &StoredRequest) {
        self.about(request.uid(), |remembered| {
            remembered.newest = Some(request.clone());
        });
    }

    /// What is believed of a request that was read: a status from before what was seen already is a forged one, when it is in a
    /// later version. An earlier version is an answer that was on its way while the controller wrote.
    pub fn believed(&self, facts: RequestFacts) -> RequestFacts {
        self.about(&facts.uid.clone(), |remembered| {
            let facts = match &remembered.highest {
                Some((sequence, version)) if is_later_version(&facts.version, version) => {
                    facts.after(Some(*sequence))
                }
                _ => facts,
            };
            let known = remembered.highest.as_ref().map(|(sequence, _)| *sequence);
            if facts.seal == SealCheck::Valid && facts.status.sequence > known {
                remembered.highest = facts
                    .status
                    .sequence
                    .map(|sequence| (sequence, facts.version.clone()));
            }
            facts
        })
    }

    /// How much longer nothing has to be decided about this very version, with nothing changed around it.
    pub fn resting(&self, request: &StoredRequest, epoch: u64) -> Option<Duration> {
        let remembered = self.requests();
        let idle = remembered.get(request.uid())?.idle.as_ref()?;
        let same = idle.resource_version == request.resource_version() && idle.epoch == epoch;
        let left = idle.until.checked_duration_since(Instant::now())?;
        (same && !left.is_zero()).then_some(left)
    }

    /// A pass over the request begins.
    pub fn visit(&self, uid: &str) -> Visit {
        Visit(self.about(uid, |remembered| remembered.woken))
    }

    /// Something beside the request changed that it rests on, such as its record.
    pub fn wake(&self, uid: &str) {
        if let Some(remembered) = self.requests().get_mut(uid) {
            remembered.woken += 1;
            remembered.idle = None;
        }
    }

    /// Notes that a pass came through, and that nothing has to be decided for a while, unless it was woken meanwhile.
    pub fn mark_idle(&self, request: &StoredRequest, epoch: u64, visit: Visit, wait: Duration) {
        let idle = Idle {
            resource_version: request.resource_version().to_owned(),
            epoch,
            until: Instant::now() + wait,
        };
        self.about(request.uid(), |remembered| {
            remembered.idle = Some(idle).filter(|_| remembered.woken == visit.0);
            remembered.failures = 0;
            remembered.decided = Some((epoch, request.substance()));
        });
    }

    /// Whether a pass over what this version says came through in this epoch or later. New labels are no reason to decide anew.
    pub fn was_decided_in(&self, request: &StoredRequest, epoch: u64) -> bool {
        let remembered = self.requests();
        let decided = remembered
            .get(request.uid())
            .and_then(|remembered| remembered.decided.as_ref());
        decided
            .is_some_and(|(decided_in, substance)| *decided_in >= epoch && *substance == request.substance())
    }

    /// How long to wait after one more failure.
    pub fn failed(&self, uid: &str) -> Duration {
        let (first, longest) = FAILURE_DELAYS;
        self.about(uid, |remembered| {
            remembered.idle = None;
            remembered.failures = remembered.failures.saturating_add(1);
            let doubled = first * 2_u32.saturating_pow(remembered.failures.min(8).saturating_sub(1));
            doubled.min(longest)
        })
    }

    /// Whether people have still to be told that this access ends soon; true once.
    pub fn tells_that_it_ends(&self, uid: &str) -> bool {
        self.about(uid, |remembered| {
            !std::mem::replace(&mut remembered.told_that_it_ends, true)
        })
    }

    /// Whether this alert about an object is to be told now; the same one once a minute.
    pub fn should_alert(&self, about: &str, alert: &str) -> bool {
        let mut alerts = lock(&self.alerts);
        alerts.retain(|_, told| told.elapsed() < ALERT_INTERVAL);
        let key = (about.to_owned(), alert.to_owned());
        let is_new = !alerts.contains_key(&key);
        if is_new {
            alerts.insert(key, Instant::now());
        }
        is_new
    }

    /// A request that is finished or gone needs no memory. Only its last version is kept until it has left the watch: what the
    /// watch brings late is no news, and a pass over it would end the request once more.
    pub fn forget(&self, uid: &str) {
        if let Some(remembered) = self.requests().get_mut(uid) {
            *remembered = Remembered {
                newest: remembered.newest.take(),
                highest: remembered.highest.take(),
                ..Remembered::default()
            };
        }
    }

    /// Forgets the requests that are no longer live.
    pub fn keep_only(&self, live: &HashSet<String>) {
        self.requests().retain(|uid, _| live.contains(uid));
    }

    /// Since when a group is absent; the first sight counts.
    pub fn absent_since(&self, group: &str, now: Timestamp) -> Timestamp {
        *lock(&self.absences).entry(group.to_owned()).or_insert(now)
    }

    /// The group is there.
    pub fn group_seen(&self, group: &str) {
        lock(&self.absences).remove(group);
    }

    /// The end of this request is stored, and its finalizer is left to be taken off.
    pub fn push_leftover(&self, request: StoredRequest) {
        lock(&self.leftovers).push(request);
    }

    /// What was left, to be taken up.
    pub fn take_leftovers(&self) -> Vec<StoredRequest> {
        std::mem::take(&mut lock(&self.leftovers))
    }

    fn requests(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        lock(&self.requests)
    }

    fn about<T>(&self, uid: &str, change: impl FnOnce(&mut Remembered) -> T) -> T {
        change(self.requests().entry(uid.to_owned()).or_default())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::SealKey;
    use serde_json::json;

    fn request(version: &str) -> StoredRequest {
        let object = json!({ "metadata": { "uid": "u", "resourceVersion": version } });
        StoredRequest::new(&serde_json::from_value(object).unwrap())
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from(chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second))
    }

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn the_watch_never_takes_us_back_behind_our_own_write() {
        let memory = Memory::default();
        memory.remember_version(&request("10"));
        assert_eq!(memory.newest(request("9")).resource_version(), "10");
        assert_eq!(memory.newest(request("11")).resource_version(), "11");
    }

    #[test]
    fn a_lower_sequence_is_forged_in_a_later_version_and_late_in_an_earlier_one() {
        let (memory, key) = (Memory::default(), SealKey::generate().unwrap());
        let sealed = |version: &str, sequence: i64| {
            let mut object = json!({
                "metadata": { "uid": "u", "namespace": "orders", "name": "fix", "resourceVersion": version },
                "spec": { "accountId": "111122223333", "permissionSet": "Admin", "duration": "1h" },
                "status": { "phase": "Approved", "sequence": sequence },
            });
            object["status"]["seal"] = json!(key.seal(&object));
            StoredRequest::new(&serde_json::from_value(object).unwrap()).facts(&key)
        };
        let seal = |version, sequence| memory.believed(sealed(version, sequence)).seal;
        assert_eq!(seal("10", 2), SealCheck::Valid);
        assert_eq!(seal("9", 1), SealCheck::Valid, "it was read before the write");
        assert_eq!(seal("11", 1), SealCheck::Broken, "somebody wrote it back");
        assert_eq!(seal("12", 2), SealCheck::Valid);
        memory.forget("u");
        assert_eq!(seal("13", 1), SealCheck::Broken);
    }

    #[test]
    fn what_the_watch_brings_of_a_finished_request_is_no_news() {
        let memory = Memory::default();
        memory.remember_version(&request("10"));
        memory.forget("u");
        assert_eq!(memory.newest(request("9")).resource_version(), "10");
        memory.keep_only(&HashSet::new());
        assert_eq!(memory.newest(request("9")).resource_version(), "9");
    }

    #[tokio::test(start_paused = true)]
    async fn an_unchanged_request_rests_and_any_change_wakes_it() {
        let memory = Memory::default();
        memory.mark_idle(&request("10"), 1, memory.visit("u"), MINUTE);
        assert_eq!(memory.resting(&request("10"), 1), Some(MINUTE));
        assert_eq!(memory.resting(&request("10"), 2), None);
        assert_eq!(memory.resting(&request("11"), 1), None);
        tokio::time::advance(MINUTE).await;
        assert_eq!(memory.resting(&request("10"), 1), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_wakes_a_request_during_its_pass_is_not_slept_over() {
        let memory = Memory::default();
        let visit = memory.visit("u");
        memory.wake("u");
        memory.mark_idle(&request("10"), 1, visit, MINUTE);
        assert_eq!(memory.resting(&request("10"), 1), None);
        memory.mark_idle(&request("10"), 1, memory.visit("u"), MINUTE);
        assert_eq!(memory.resting(&request("10"), 1), Some(MINUTE));
        memory.wake("u");
        assert_eq!(memory.resting(&request("10"), 1), None);
    }

    #[test]
    fn failures_wait_longer_and_longer_and_a_success_begins_anew() {
        let memory = Memory::default();
        let waits: Vec<u64> = (0..7).map(|_| memory.failed("u").as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        memory.mark_idle(&request("10"), 1, memory.visit("u"), MINUTE);
        assert_eq!(memory.failed("u").as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_alert_is_told_once_a_minute() {
        let memory = Memory::default();
        assert!(memory.should_alert("u", "SealBroken"));
        assert!(!memory.should_alert("u", "SealBroken"));
        assert!(memory.should_alert("u", "AccessLost"));
        tokio::time::advance(MINUTE).await;
        assert!(memory.should_alert("u", "SealBroken"));
    }

    #[test]
    fn a_group_is_absent_since_it_was_first_missed() {
        let memory = Memory::default();
        assert_eq!(memory.absent_since("g", at(1)), at(1));
        assert_eq!(memory.absent_since("g", at(9)), at(1));
        memory.group_seen("g");
        assert_eq!(memory.absent_since("g", at(10)), at(10));
    }
}
