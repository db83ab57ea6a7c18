//! Which record's turn it is: one pass at a time for each, at the time that its last pass named or when something woke it.
//! Ends have a lane of their own and never wait for what else is due. A pass that waits for AWS to take a create or delete takes
//! no place meanwhile: many ends in one account do not hold up those in others.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How often what waits in the ordinary lane is looked at for ends that have come meanwhile.
const PROMOTION_INTERVAL: Duration = Duration::from_secs(1);

/// Where a pass waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Access is being taken away.
    Ending,
    /// Everything else.
    Ordinary,
}

/// The queue of passes over records.
pub struct Queue {
    inner: Mutex<Inner>,
    changed: Notify,
    /// How many passes run at once in each lane.
    width: usize,
}

#[derive(Default)]
struct Inner {
    states: HashMap<String, State>,
    timers: BTreeSet<(Instant, String)>,
    ending: VecDeque<String>,
    ordinary: VecDeque<String>,
    running: [usize; 2],
    promoted: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting(Instant),
    Ready(Lane),
    Running { lane: Lane, again: bool },
}

impl Queue {
    /// An empty queue in which so many passes run at once in each lane.
    pub fn new(width: u16) -> Self {
        Self {
            inner: Mutex::default(),
            changed: Notify::new(),
            width: usize::from(width),
        }
    }

    /// Something changed around this record: its next pass is now, or right after the one that runs.
    pub fn wake(&self, name: &str) {
        self.inner().wake(name, Instant::now());
        self.changed.notify_one();
    }

    /// The record whose pass begins now, if there is one. `lane` says in which lane a record waits that is due.
    pub fn take(&self, lane: impl Fn(&str) -> Lane) -> Option<String> {
        let mut inner = self.inner();
        inner.make_ready(Instant::now(), &lane);
        inner.take(self.width)
    }

    /// A pass is over; `rest` says when the next one is due, if one is.
    pub fn done(&self, name: &str, rest: Option<Duration>) {
        let now = Instant::now();
        self.inner().done(name, rest.map(|rest| now + rest), now);
        self.changed.notify_one();
    }

    /// The pass over this record waits for AWS: its place is free for another one until the returned value is dropped.
    pub fn away(&self, name: &str) -> Away<'_> {
        let lane = self.inner().leave(name);
        self.changed.notify_one();
        Away { queue: self, lane }
    }

    /// Whether a pass that takes access away runs, or waits for its turn.
    pub fn has_endings(&self) -> bool {
        let inner = self.inner();
        let lane = |state: &State| {
            matches!(
                state,
                State::Running {
                    lane: Lane::Ending,
                    ..
                }
            )
        };
        inner.states.values().any(lane) || !inner.ending.is_empty()
    }

    /// Waits until there may be something to take.
    pub async fn changed(&self) {
        let next = self.inner().next_look();
        tokio::select! {
            () = self.changed.notified() => {}
            () = until(next) => {}
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pass that waits for AWS, and takes no place meanwhile.
pub struct Away<'a> {
    queue: &'a Queue,
    lane: Option<Lane>,
}

impl Drop for Away<'_> {
    /// It takes a place again at once, also where all are taken by now: what AWS answered is not kept waiting.
    fn drop(&mut self) {
        if let Some(lane) = self.lane {
            self.queue.inner().running[lane as usize] += 1;
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

impl Inner {
    fn wake(&mut self, name: &str, now: Instant) {
        match self.states.get_mut(name) {
            Some(State::Running { again, .. }) => *again = true,
            Some(State::Ready(_)) => {}
            Some(State::Waiting(_)) | None => self.wait(name, now),
        }
    }

    fn wait(&mut self, name: &str, until: Instant) {
        if let Some(State::Waiting(before)) = self.states.get(name) {
            self.timers.remove(&(*before, name.to_owned()));
        }
        self.timers.insert((until, name.to_owned()));
        self.states.insert(name.to_owned(), State::Waiting(until));
    }

    fn make_ready(&mut self, now: Instant, lane: &impl Fn(&str) -> Lane) {
        while self.timers.first().is_some_and(|(due, _)| *due <= now) {
            let Some((_, name)) = self.timers.pop_first() else {
                break;
            };
            self.ready(name, lane);
        }
        if self.promoted.is_none_or(|last| now - last >= PROMOTION_INTERVAL) {
            self.promoted = Some(now);
            for name in std::mem::take(&mut self.ordinary) {
                self.ready(name, lane);
            }
        }
    }

    fn ready(&mut self, name: String, lane: &impl Fn(&str) -> Lane) {
        let lane = lane(&name);
        self.states.insert(name.clone(), State::Ready(lane));
        match lane {
            Lane::Ending => self.ending.push_back(name),
            Lane::Ordinary => self.ordinary.push_back(name),
        }
    }

    fn take(&mut self, width: usize) -> Option<String> {
        for lane in [Lane::Ending, Lane::Ordinary] {
            if self.running[lane as usize] >= width {
                continue;
            }
            let ready = match lane {
                Lane::Ending => self.ending.pop_front(),
                Lane::Ordinary => self.ordinary.pop_front(),
            };
            if let Some(name) = ready {
                self.running[lane as usize] += 1;
                self.states
                    .insert(name.clone(), State::Running { lane, again: false });
                return Some(name);
            }
        }
        None
    }

    fn leave(&mut self, name: &str) -> Option<Lane> {
        let Some(State::Running { lane, .. }) = self.states.get(name) else {
            return None;
        };
        let lane = *lane;
        self.running[lane as usize] = self.running[lane as usize].saturating_sub(1);
        Some(lane)
    }

    fn done(&mut self, name: &str, next: Option<Instant>, now: Instant) {
        let Some(State::Running { lane, again }) = self.states.remove(name) else {
            return;
        };
        self.running[lane as usize] = self.running[lane as usize].saturating_sub(1);
        if let Some(next) = if again { Some(now) } else { next } {
            self.wait(name, next);
        }
    }

    fn next_look(&self) -> Option<Instant> {
        let timer = self.timers.first().map(|(due, _)| *due);
        let promotion = self.promoted.filter(|_| !self.ordinary.is_empty());
        let promotion = promotion.map(|last| last + PROMOTION_INTERVAL);
        timer.into_iter().chain(promotion).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordinary(_: &str) -> Lane {
        Lane::Ordinary
    }

    #[tokio::test(start_paused = true)]
    async fn one_pass_at_a_time_runs_for_a_record_and_a_wake_meanwhile_is_not_lost() {
        let queue = Queue::new(4);
        queue.wake("one");
        queue.wake("one");
        assert_eq!(queue.take(ordinary).as_deref(), Some("one"));
        queue.wake("one");
        assert_eq!(queue.take(ordinary), None);
        queue.done("one", Some(Duration::from_mins(5)));
        assert_eq!(queue.take(ordinary).as_deref(), Some("one"));
        queue.done("one", None);
        assert_eq!(queue.take(ordinary), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_is_over_at_its_time_or_with_the_next_wake() {
        let queue = Queue::new(4);
        for name in ["one", "two"] {
            queue.wake(name);
            queue.take(ordinary);
            queue.done(name, Some(Duration::from_mins(1)));
        }
        queue.wake("two");
        assert_eq!(queue.take(ordinary).as_deref(), Some("two"));
        assert_eq!(queue.take(ordinary), None);
        let before = Instant::now();
        queue.changed().await; // the notice of the wake
        queue.changed().await;
        assert_eq!(before.elapsed(), Duration::from_mins(1));
        assert_eq!(queue.take(ordinary).as_deref(), Some("one"));
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_waits_for_no_place_that_others_have() {
        let queue = Queue::new(1);
        let lane = |name: &str| match name {
            "end" => Lane::Ending,
            _ => Lane::Ordinary,
        };
        for name in ["one", "two", "end"] {
            queue.wake(name);
        }
        assert_eq!(queue.take(lane).as_deref(), Some("end"));
        assert_eq!(queue.take(lane).as_deref(), Some("one"));
        assert_eq!(queue.take(lane), None, "the only place is taken");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pass_that_waits_for_aws_takes_no_place() {
        let queue = Queue::new(1);
        for name in ["a", "b", "c"] {
            queue.wake(name);
        }
        assert_eq!(queue.take(|_| Lane::Ending).as_deref(), Some("a"));
        assert_eq!(queue.take(|_| Lane::Ending), None, "the only place is taken");
        let away = queue.away("a");
        assert_eq!(queue.take(|_| Lane::Ending).as_deref(), Some("b"));
        drop(away);
        queue.done("b", None);
        assert_eq!(queue.take(|_| Lane::Ending), None, "the first is back");
        queue.done("a", None);
        assert_eq!(queue.take(|_| Lane::Ending).as_deref(), Some("c"));
        queue.done("c", None);
        assert!(!queue.has_endings());
    }

    #[tokio::test(start_paused = true)]
    async fn what_begins_to_end_while_it_waits_changes_its_lane() {
        let queue = Queue::new(1);
        for name in ["one", "two"] {
            queue.wake(name);
        }
        assert!(queue.take(ordinary).is_some());
        assert_eq!(queue.take(ordinary), None);
        queue.changed().await;
        queue.changed().await;
        assert!(queue.take(|_| Lane::Ending).is_some());
    }
}
