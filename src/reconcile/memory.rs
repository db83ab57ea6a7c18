//! What the process remembers between passes. All of it can be lost: it saves questions and writes, and remembers what
//! could not be written yet.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::order::LONGEST_WAIT;
use super::request::Request;
use crate::api::{AssignmentTuple, Timestamp};
use crate::domain::{Answer, Sibling};

/// The first and the longest delay after a pass that failed.
const FAILURE_DELAYS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How often the same alarm about one request is raised.
const ALARM_INTERVAL: Duration = Duration::from_mins(1);

/// What the process remembers between passes.
#[derive(Debug, Default)]
pub struct Memory {
    requests: Mutex<HashMap<String, Remembered>>,
    absences: Mutex<HashMap<String, Timestamp>>,
    endings: Mutex<Vec<Ending>>,
    leftovers: Mutex<Vec<Request>>,
}

/// What is remembered of one request.
#[derive(Debug, Default)]
struct Remembered {
    newest: Option<Request>,
    rest: Option<Rest>,
    unrecorded: Vec<Answer>,
    failures: u32,
    decided: Option<(u64, String)>,
    told_that_it_ends: bool,
    gives_way_since: Option<Instant>,
    alarms: HashMap<String, Instant>,
}

/// Nothing has to be decided until then, unless something changes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rest {
    resource_version: String,
    epoch: u64,
    until: Timestamp,
}

/// An assignment of ours that is gone.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Which.
    pub tuple: AssignmentTuple,
    /// The request, as others with the same assignment see it.
    pub request: Sibling,
    /// When it was confirmed to be gone.
    pub gone_at: Timestamp,
    /// Whether it was listed once more.
    pub listed_again: bool,
}

impl Memory {
    /// The newer one of what the watch brought and what was written last: the watch lags behind our own writes.
    pub fn newest(&self, seen: Request) -> Request {
        self.newer(seen.uid(), seen.resource_version()).unwrap_or(seen)
    }

    /// What was written last, where that is newer than this version of the request.
    pub fn newer(&self, uid: &str, than: &str) -> Option<Request> {
        let remembered = self.requests();
        let known = remembered.get(uid)?.newest.as_ref()?;
        (version(known) > number(than)).then(|| known.clone())
    }

    /// Notes what was just written or read.
    pub fn saw(&self, request: &Request) {
        self.about(request.uid(), |remembered| {
            remembered.newest = Some(request.clone());
        });
    }

    /// Until when nothing has to be decided about this very version, with nothing changed around it.
    pub fn resting_until(&self, request: &Request, epoch: u64, now: Timestamp) -> Option<Timestamp> {
        let remembered = self.requests();
        let rest = remembered.get(request.uid())?.rest.as_ref()?;
        let same = rest.resource_version == request.resource_version() && rest.epoch == epoch;
        (same && now < rest.until).then_some(rest.until)
    }

    /// Notes that a pass is through.
    pub fn rests(&self, request: &Request, epoch: u64, until: Timestamp) {
        let rest = Rest {
            resource_version: request.resource_version().to_owned(),
            epoch,
            until,
        };
        self.about(request.uid(), |remembered| {
            remembered.rest = Some(rest);
            remembered.failures = 0;
            remembered.decided = Some((epoch, request.resource_version().to_owned()));
        });
    }

    /// Whether a pass over this very version came through in this epoch or later.
    pub fn was_decided_in(&self, request: &Request, epoch: u64) -> bool {
        let remembered = self.requests();
        let decided = remembered
            .get(request.uid())
            .and_then(|remembered| remembered.decided.as_ref());
        decided.is_some_and(|(decided_in, version)| {
            *decided_in >= epoch && version == request.resource_version()
        })
    }

    /// How long to wait after one more failure.
    pub fn failed(&self, uid: &str) -> Duration {
        let (first, longest) = FAILURE_DELAYS;
        self.about(uid, |remembered| {
            remembered.rest = None;
            remembered.failures = remembered.failures.saturating_add(1);
            let doubled = first * 2_u32.saturating_pow(remembered.failures.min(8).saturating_sub(1));
            doubled.min(longest)
        })
    }

    /// The answers of AWS that are not in the status yet, in their order.
    pub fn unrecorded(&self, uid: &str) -> Vec<Answer> {
        let remembered = self.requests();
        remembered
            .get(uid)
            .map(|remembered| remembered.unrecorded.clone())
            .unwrap_or_default()
    }

    /// Keeps an answer of AWS until it is in the status.
    pub fn keep_unrecorded(&self, uid: &str, answer: Answer) {
        self.about(uid, |remembered| remembered.unrecorded.push(answer));
    }

    /// The first so many answers are in the status.
    pub fn recorded(&self, uid: &str, answers: usize) {
        self.about(uid, |remembered| {
            let answers = answers.min(remembered.unrecorded.len());
            remembered.unrecorded.drain(..answers);
        });
    }

    /// Whether people have still to be told that this access ends soon; true once.
    pub fn tells_that_it_ends(&self, uid: &str) -> bool {
        self.about(uid, |remembered| {
            !std::mem::replace(&mut remembered.told_that_it_ends, true)
        })
    }

    /// Whether this request may give way to others: for a while, and not again.
    pub fn may_give_way(&self, uid: &str) -> bool {
        self.about(uid, |remembered| {
            let since = remembered.gives_way_since.get_or_insert_with(Instant::now);
            since.elapsed() < LONGEST_WAIT
        })
    }

    /// Whether this alarm is to be raised now; the same one once a minute.
    pub fn raises(&self, uid: &str, alarm: &str) -> bool {
        self.about(uid, |remembered| {
            let recent = remembered
                .alarms
                .get(alarm)
                .is_some_and(|at| at.elapsed() < ALARM_INTERVAL);
            if !recent {
                remembered.alarms.insert(alarm.to_owned(), Instant::now());
            }
            !recent
        })
    }

    /// A request that is finished or gone needs no memory: there is nothing left that an answer could be recorded in. Only
    /// its last version is kept until it has left the watch: what the watch brings late is no news, and a pass over it
    /// would end the request once more.
    pub fn forget(&self, uid: &str) {
        if let Some(remembered) = self.requests().get_mut(uid) {
            *remembered = Remembered {
                newest: remembered.newest.take(),
                ..Remembered::default()
            };
        }
    }

    /// Forgets the requests that are no longer live, but for answers that are still to be recorded.
    pub fn keep_only(&self, live: &HashSet<String>) {
        self.requests()
            .retain(|uid, remembered| live.contains(uid) || !remembered.unrecorded.is_empty());
    }

    /// Since when a group is absent; the first sight counts.
    pub fn absent_since(&self, group: &str, now: Timestamp) -> Timestamp {
        *lock(&self.absences).entry(group.to_owned()).or_insert(now)
    }

    /// The group is there.
    pub fn is_there(&self, group: &str) {
        lock(&self.absences).remove(group);
    }

    /// Notes an assignment that is gone.
    pub fn ended(&self, ending: Ending) {
        let mut endings = lock(&self.endings);
        if !endings
            .iter()
            .any(|known| known.request.uid == ending.request.uid)
        {
            endings.push(ending);
        }
    }

    /// The requests whose assignment went after that time.
    pub fn ended_since(&self, time: Timestamp) -> Vec<Sibling> {
        let endings = lock(&self.endings);
        endings
            .iter()
            .filter(|ending| ending.gone_at >= time)
            .map(|ending| ending.request.clone())
            .collect()
    }

    /// The assignments that went before that time and were not listed again since.
    pub fn to_list_again(&self, gone_before: Timestamp) -> Vec<Ending> {
        let endings = lock(&self.endings);
        endings
            .iter()
            .filter(|ending| !ending.listed_again && ending.gone_at <= gone_before)
            .cloned()
            .collect()
    }

    /// It was listed again; those that went before `forget_before` are forgotten.
    pub fn listed_again(&self, uid: &str, forget_before: Timestamp) {
        let mut endings = lock(&self.endings);
        if let Some(ending) = endings.iter_mut().find(|ending| ending.request.uid == uid) {
            ending.listed_again = true;
        }
        endings.retain(|ending| !ending.listed_again || ending.gone_at >= forget_before);
    }

    /// The end of this request is stored, and something was left to do.
    pub fn leaves_over(&self, request: Request) {
        lock(&self.leftovers).push(request);
    }

    /// What was left, to be taken up.
    pub fn take_leftovers(&self) -> Vec<Request> {
        std::mem::take(&mut lock(&self.leftovers))
    }

    fn requests(&self) -> MutexGuard<'_, HashMap<String, Remembered>> {
        lock(&self.requests)
    }

    fn about<T>(&self, uid: &str, change: impl FnOnce(&mut Remembered) -> T) -> T {
        change(self.requests().entry(uid.to_owned()).or_default())
    }
}

/// Kubernetes has promised since 1.35 that the versions of one resource can be compared as numbers; etcd's always could.
fn number(version: &str) -> u64 {
    version.parse().unwrap_or(0)
}

fn version(request: &Request) -> u64 {
    number(request.resource_version())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(version: &str) -> Request {
        let object = json!({ "metadata": { "uid": "u", "resourceVersion": version } });
        Request::new(&serde_json::from_value(object).unwrap())
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from(chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second))
    }

    #[test]
    fn the_watch_never_takes_us_back_behind_our_own_write() {
        let memory = Memory::default();
        memory.saw(&request("10"));
        assert_eq!(memory.newest(request("9")).resource_version(), "10");
        assert_eq!(memory.newest(request("11")).resource_version(), "11");
    }

    #[test]
    fn what_the_watch_brings_of_a_finished_request_is_no_news() {
        let memory = Memory::default();
        memory.saw(&request("10"));
        memory.keep_unrecorded("u", Answer::AlreadyGone);
        memory.forget("u");
        assert_eq!(memory.newest(request("9")).resource_version(), "10");
        assert!(memory.unrecorded("u").is_empty());
        memory.keep_only(&HashSet::new());
        assert_eq!(memory.newest(request("9")).resource_version(), "9");
    }

    #[test]
    fn an_unchanged_request_rests_and_any_change_wakes_it() {
        let memory = Memory::default();
        memory.rests(&request("10"), 1, at(60));
        assert_eq!(memory.resting_until(&request("10"), 1, at(59)), Some(at(60)));
        assert_eq!(memory.resting_until(&request("10"), 1, at(60)), None);
        assert_eq!(memory.resting_until(&request("10"), 2, at(59)), None);
        assert_eq!(memory.resting_until(&request("11"), 1, at(59)), None);
    }

    #[test]
    fn failures_wait_longer_and_longer_and_a_success_begins_anew() {
        let memory = Memory::default();
        let waits: Vec<u64> = (0..7).map(|_| memory.failed("u").as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        memory.rests(&request("10"), 1, at(60));
        assert_eq!(memory.failed("u").as_secs(), 1);
    }

    #[test]
    fn a_group_is_absent_since_it_was_first_missed() {
        let memory = Memory::default();
        assert_eq!(memory.absent_since("g", at(1)), at(1));
        assert_eq!(memory.absent_since("g", at(9)), at(1));
        memory.is_there("g");
        assert_eq!(memory.absent_since("g", at(10)), at(10));
    }
}
